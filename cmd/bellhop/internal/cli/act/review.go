package act

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const reviewHelp = `Some things wait for a person to decide, in one list, each with the verbs that go with it:

  held           A newer report of a day has fewer than half of the published rows; or a measure has values in fewer than
                 half as many cells, or adds up to less than half, over LEAF rows. bellhop does not publish such a
                 report, and the day keeps its older content. The vendor may have corrected the day, or made a mistake.
                 accept publishes the report, drop forgets it.
  quarantined    A file's content can never load as it is: its header lacks a column, a value is not a number, a day was
                 not asked for. bellhop keeps the file for some hours (BELLHOP_QUARANTINE_HOLD), then deletes it with a
                 certificate, and the planner asks for its days again. replay loads it once more, drop deletes it now.
  dead-letters   On a stack, two queues keep what failed for good, for 14 days. deliveries has notifications of files
                 that could not be loaded after five tries; runs has what schedules started, and batches of changes.
                 replay has deliveries loaded again at once; the sweep does so in any case, as long as the file is there.
                 The next run does the work of runs. drop deletes the messages.

A KEY is SUBSCRIPTION/TABLE/DATE of a held report, the key of a file, or deliveries or runs.`

// ReviewCommand is bellhop review.
func ReviewCommand(a *shell.App) *cobra.Command {
	c := &cobra.Command{Use: "review", Short: "What waits for a person: list, show, accept, replay, drop", Long: reviewHelp}
	a.Parent(c)
	c.AddCommand(
		listReviewCommand(a), showReviewCommand(a),
		decideCommand(a, review.Accept, &cobra.Command{
			Use: "accept KEY...", Short: "Publish held reports instead of the days' older content",
			Long: `Publish held reports: the vendor was right. Each day's object is replaced in one step; a report without rows
removes the object. On AWS the bucket keeps the older content for 30 days. It may be repeated after a failure.`,
			Example: "  bellhop review accept hotel/asp_device/2026-11-14 --dry-run\n  bellhop review accept hotel/asp_device/2026-11-14",
		}),
		decideCommand(a, review.Replay, &cobra.Command{
			Use: "replay KEY...", Short: "Load quarantined files, or deliveries that failed for good, again",
			Long: `Give files another chance, once the cause is gone: a bellhop that did not know a column, a function without memory.
The next sweep starts the loads of quarantined files; on this machine sweeps run while "bellhop local run" or
"bellhop local up" does. A file that cannot load this time either is quarantined again, for the full time.

The key deliveries moves all messages of that queue back into the ingest queue. Every load may be repeated: what was
loaded meanwhile is recognised, and what is deleted is left alone. SQS does the moving; Ctrl-C only stops the watching.`,
			Example: "  bellhop review replay DEVICE_0001.csv --dry-run\n  bellhop review replay deliveries --stack bellhop",
		}),
		decideCommand(a, review.Drop, &cobra.Command{
			Use: "drop KEY...", Short: "Forget held reports, delete quarantined files now, or delete messages",
			Long: `A held report is forgotten: it was an accident, and the day stays as it is published. Another report that would shrink
it is held again.

The hold of a quarantined file ends. The next sweep deletes the file, verifies that it is gone and writes its
certificate; on this machine sweeps run while "bellhop local run" or "bellhop local up" does. Its days are missing
then, and the planner asks for them again.

All messages of deliveries or runs are deleted. No data is lost by that: the ledger knows what is missing, and the
sweep and the next run do whatever these messages asked for and is still undone.`,
			Example: "  bellhop review drop DEVICE_0001.csv --dry-run\n  bellhop review drop runs --stack bellhop --confirm",
		}),
	)
	return c
}

func listReviewCommand(a *shell.App) *cobra.Command {
	var names []string
	c := &cobra.Command{
		Use: "list", Short: "List what waits, why, and what can be done", Args: cobra.NoArgs,
		Long: `List what waits for a person: since when, until when, why, and which verbs decide it. What has no time
limit stays until a person decides. It reads the whole ledger, and on a stack looks at the queues of dead letters.`,
		Example: "  bellhop review list\n  bellhop review list --kind held --json | jq -r '.[].key'",
	}
	kinds := review.Kinds()
	c.Flags().StringSliceVar(&names, "kind", nil, "only this `kind`: held, quarantined or dead-letters; repeat it for more")
	shell.Complete(c, "kind", shell.Fixed(kinds))
	c.PreRunE = func(*cobra.Command, []string) error {
		for i, name := range names {
			if !slices.Contains(review.Kinds(), review.Kind(name)) {
				return shell.Usage("use held, quarantined or dead-letters", "--kind: unknown kind %q", name)
			}
			kinds = append(kinds[:i:i], review.Kind(name))
		}
		return nil
	}
	c.RunE = a.On(func(ctx context.Context, at shell.Account, _ []string) error {
		entries, err := review.List(ctx, at.Ledger, at.Installation, kinds...)
		if err != nil {
			return err
		}
		return a.Show(entries, func(s *shell.Screen) { drawEntries(s, entries, at) })
	})
	return c
}

func drawEntries(s *shell.Screen, entries []review.Entry, at shell.Account) {
	if len(entries) == 0 {
		s.Line("Nothing waits for a person.")
		return
	}
	shell.Rows(s, "kind|key|since|deleted after|verbs|why", entries, func(e review.Entry) []shell.Cell {
		goes, verbs := "", make([]string, len(e.Verbs))
		if !e.Until.IsZero() {
			goes = deletion(e.Until, at.Now())
		}
		for i, v := range e.Verbs {
			verbs[i] = string(v)
		}
		return shell.Row(e.Kind, shell.Toned(e.Key, shell.Strong), phrase.Minute(e.Since), shell.Toned(goes, shell.Waiting), strings.Join(verbs, ", "), shell.Toned(e.Reason, shell.Bad))
	})
	s.Line("")
	s.Line("see one: bellhop review show KEY · then decide: bellhop review VERB KEY")
}

func showReviewCommand(a *shell.App) *cobra.Command {
	most := 20
	c := &cobra.Command{
		Use: "show KEY", Short: "Show all about one thing that waits", Args: shell.Exactly("KEY"),
		Long: `Of a held report: the rows of the published day and of the held report, and for each measure how many cells have a
number and what they add up to, over LEAF rows. A day that an older release loaded has sums over all rows only.

Of a quarantined file: why, since when, until when, whether it is still in the bucket, and its history.

Of deliveries or runs: how many messages there are, and what some of them are about. For a moment they are hidden from
others who look; they stay where they are.`,
		Example: "  bellhop review show hotel/asp_device/2026-11-14\n  bellhop review show DEVICE_0001.csv\n" +
			"  bellhop review show hotel/asp_device/2026-11-14 --json | jq '.measures[] | select(.fell)'",
		PreRunE: func(*cobra.Command, []string) error { return notNegative("last", most) },
	}
	c.Flags().IntVar(&most, "last", most, "how many messages of a queue to show")
	c.RunE = a.On(func(ctx context.Context, at shell.Account, args []string) error {
		return itemOf(a, at, args[0], most).show(ctx)
	})
	return c
}

func notNegative(flag string, n int) error {
	if n < 0 {
		return shell.Usage("0 shows none, and counts", "--%s must not be negative", flag)
	}
	return nil
}

// itemOf returns what a key names. What is neither a held report's key nor a queue's is a file's.
func itemOf(a *shell.App, at shell.Account, key string, most int) reviewItem {
	sub, name, date, ok := review.ParseHeldKey(key)
	if _, known := dataset.Lookup(name); ok && known {
		return &heldItem{a: a, at: at, sub: sub, table: name, date: date}
	}
	if at.Installation != nil && slices.Contains(stack.DeadLetterQueues(), key) {
		return &queueItem{a: a, in: at.Installation, queue: key, most: most}
	}
	return &fileItem{a: a, at: at, changedFile: changedFile{File: key}}
}

// reviewItem is one thing that waits for a person.
type reviewItem interface {
	show(ctx context.Context) error
	// prepare looks at what a verb would do, and returns the question to ask before, if any. It keeps its error for carryOut.
	prepare(ctx context.Context, d decision) (question string)
	// carryOut does it, unless it is a dry run, and returns what became of it.
	carryOut(ctx context.Context, d decision) (shell.Changed, error)
}

// decision is what a person decides about things that wait.
type decision struct {
	verb              review.Verb
	dryRun, confirmed bool
}

// define defines the flags of a decision. Loading again takes nothing away, so it is not asked about.
func (d *decision) define(c *cobra.Command) {
	c.Flags().BoolVar(&d.dryRun, "dry-run", false, "say what would happen, without doing it")
	if d.verb != review.Replay {
		c.Flags().BoolVar(&d.confirmed, "confirm", false, "do not ask")
	}
}

// reviewed is what became of one thing that waited.
type reviewed struct {
	Key    string      `json:"key"`
	Verb   review.Verb `json:"verb"`
	DryRun bool        `json:"dry_run"`
	// Outcome depends on the kind; it is what the older commands say.
	Outcome shell.Changed `json:"outcome,omitempty"`
	Error   string        `json:"error,omitempty"`
}

func (r reviewed) Failed(why string) shell.Changed {
	r.Outcome, r.Error = nil, why
	return r
}

func (r reviewed) Said(s *shell.Screen) {
	if r.Outcome != nil {
		r.Outcome.Said(s)
	}
}

func decideCommand(a *shell.App, verb review.Verb, c *cobra.Command) *cobra.Command {
	d := decision{verb: verb}
	d.define(c)
	c.Args = atLeastOne("KEY", "bellhop review list")
	c.RunE = a.On(func(ctx context.Context, at shell.Account, keys []string) error {
		items := make([]reviewItem, len(keys))
		for i, key := range keys {
			items[i] = itemOf(a, at, key, 0)
		}
		return decideEach(ctx, a, d, keys, items, func(key string, outcome shell.Changed) shell.Changed {
			return reviewed{Key: key, Verb: verb, DryRun: d.dryRun, Outcome: outcome}
		})
	})
	return c
}

// atLeastOne wants one argument at least.
func atLeastOne(what, list string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return shell.Usage("see which there are: "+list, "%s needs a %s", cmd.CommandPath(), what)
		}
		return nil
	}
}

// decideEach asks the person once, carries out the decision about each item, and shows what became of each in the given form.
func decideEach(ctx context.Context, a *shell.App, d decision, keys []string, items []reviewItem, form func(key string, outcome shell.Changed) shell.Changed) error {
	if err := prepareEach(ctx, a, d, items); err != nil {
		return err
	}
	next := 0
	return a.ChangeEach(ctx, keys, func(key string) (shell.Changed, error) {
		next++
		outcome, err := items[next-1].carryOut(ctx, d)
		return form(key, outcome), err
	})
}

func prepareEach(ctx context.Context, a *shell.App, d decision, items []reviewItem) error {
	var questions []string
	for _, item := range items {
		if question := item.prepare(ctx, d); question != "" {
			questions = append(questions, question)
		}
	}
	if len(questions) == 0 || d.dryRun || d.confirmed {
		return nil
	}
	return a.Ask(strings.Join(questions, " ") + " [y/N] ")
}

// The commands of earlier releases about what waits for a person. They stay for one release, with their flags, JSON and exit codes.

// aliasOf makes a command that stands for one of review.
func aliasOf(of, use string, c *cobra.Command) *cobra.Command {
	c.Use, c.Short = use, "Alias of "+of
	c.Long = "An alias of \"bellhop " + of + "\", which stays for one release. See bellhop " + of + " --help."
	return c
}

func aliasFamily(a *shell.App, name, what string, commands ...*cobra.Command) *cobra.Command {
	c := aliasOf("review", name, &cobra.Command{})
	c.Short += ": " + what
	a.Parent(c)
	c.AddCommand(commands...)
	return c
}

// HeldCommand is bellhop held.
func HeldCommand(a *shell.App) *cobra.Command {
	words := func(verb string) string { return verb + " SUBSCRIPTION TABLE DATE" }
	item := func(at shell.Account, args []string) *heldItem {
		date, _ := report.ParseDate(args[2]) // heldArgs has looked at it
		return &heldItem{a: a, at: at, sub: args[0], table: args[1], date: date}
	}
	decide := func(verb review.Verb) *cobra.Command {
		d := decision{verb: verb}
		c := aliasOf("review "+string(verb), words(string(verb)), &cobra.Command{
			Args: heldArgs, Example: "  bellhop held " + string(verb) + " hotel asp_device 2026-11-14 --dry-run",
		})
		d.define(c)
		c.RunE = a.On(func(ctx context.Context, at shell.Account, args []string) error {
			return decideOne(ctx, a, d, item(at, args))
		})
		return c
	}
	return aliasFamily(a, "held", "reports that would have erased or shrunk a day",
		aliasOf("review list --kind held", "list", &cobra.Command{
			Args: cobra.NoArgs, Example: "  bellhop held list\n  bellhop held list --json | jq -r '.[] | [.table, .date, .rows, .held_rows, .why] | @tsv'",
			RunE: listAs(a, review.HeldDays),
		}),
		aliasOf("review show", words("show"), &cobra.Command{
			Args: heldArgs, Example: "  bellhop held show hotel asp_device 2026-11-14",
			RunE: a.On(func(ctx context.Context, at shell.Account, args []string) error { return item(at, args).show(ctx) }),
		}),
		decide(review.Accept), decide(review.Drop))
}

func heldArgs(c *cobra.Command, args []string) error {
	if len(args) != 3 {
		return shell.Usage(seeReview, "%s needs SUBSCRIPTION, TABLE and DATE", c.CommandPath())
	}
	if _, err := report.ParseDate(args[2]); err != nil {
		return shell.Usage("such as 2026-11-14", "the date: %w", err)
	}
	return nil
}

// listAs lists one kind of what waits, in JSON as the older command did.
func listAs[T interface{ Entry() review.Entry }](a *shell.App, read func(context.Context, review.Ledger) ([]T, error)) func(*cobra.Command, []string) error {
	return a.On(func(ctx context.Context, at shell.Account, _ []string) error {
		items, err := read(ctx, at.Ledger)
		if err != nil {
			return err
		}
		return a.Show(items, func(s *shell.Screen) { drawEntries(s, review.Entries(items), at) })
	})
}

// decideOne carries out a decision about one item, and shows what became of it.
func decideOne(ctx context.Context, a *shell.App, d decision, item reviewItem) error {
	if err := prepareEach(ctx, a, d, []reviewItem{item}); err != nil {
		return err
	}
	outcome, err := item.carryOut(ctx, d)
	if err != nil {
		return err
	}
	return a.Show(outcome, outcome.Said)
}

// QuarantineCommand is bellhop quarantine.
func QuarantineCommand(a *shell.App) *cobra.Command {
	decide := func(verb review.Verb) *cobra.Command {
		d := decision{verb: verb}
		c := aliasOf("review "+string(verb), string(verb)+" FILE...", &cobra.Command{
			Args: atLeastOne("FILE", "bellhop review list"), Example: "  bellhop quarantine " + string(verb) + " DEVICE_0001.csv --dry-run",
		})
		d.define(c)
		c.RunE = a.On(func(ctx context.Context, at shell.Account, keys []string) error {
			items := make([]reviewItem, len(keys))
			for i, key := range keys {
				items[i] = &fileItem{a: a, at: at, changedFile: changedFile{File: key}}
			}
			return decideEach(ctx, a, d, keys, items, func(_ string, outcome shell.Changed) shell.Changed { return outcome })
		})
		return c
	}
	return aliasFamily(a, "quarantine", "files that could not be loaded",
		aliasOf("review list --kind quarantined", "list", &cobra.Command{
			Args: cobra.NoArgs, Example: "  bellhop quarantine list\n  bellhop quarantine list --json | jq -r '.[].reason'",
			RunE: listAs(a, review.QuarantinedFiles),
		}),
		aliasOf("review show", "show FILE", &cobra.Command{
			Args: shell.Exactly("FILE"), Example: "  bellhop quarantine show DEVICE_0001.csv",
			RunE: a.On(func(ctx context.Context, at shell.Account, args []string) error {
				return (&fileItem{a: a, at: at, changedFile: changedFile{File: args[0]}}).show(ctx)
			}),
		}),
		decide(review.Replay), decide(review.Drop))
}
