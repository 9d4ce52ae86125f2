package act

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// SubscriptionsCommand is bellhop subscriptions.
func SubscriptionsCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{
		Use:     "subscriptions",
		Aliases: []string{"subscription", "subs"},
		Short:   "What is collected: list, show, apply, pause, resume, remove",
		Long: `A subscription says which days of which reports must exist: a source, its parameters, from which day on, and
how fresh. The requester asks for whatever is missing, every day, until it is there.`,
	},
		&cobra.Command{
			Use: "list", Short: "List the subscriptions", Args: cobra.NoArgs,
			Example: "  bellhop subscriptions list\n  bellhop subscriptions list --json | jq '.[].name'",
			RunE: shell.Answer(a, func(ctx context.Context, at shell.Account, _ []string) ([]report.Subscription, error) {
				return at.View.Subscriptions(ctx, "")
			}, drawSubscriptions, nil),
		},
		&cobra.Command{
			Use: "show NAME", Short: "Show one subscription with its coverage in numbers", Args: shell.Exactly("NAME"),
			Example: "  bellhop subscriptions show hotel",
			RunE:    shell.About(a, (*view.View).State, drawSubscription),
		},
		applyCommand(a), pauseCommand(a), resumeCommand(a), removeCommand(a),
	)
}

func drawSubscriptions(s *shell.Screen, subs []report.Subscription) {
	if len(subs) == 0 {
		s.Line("There are no subscriptions yet. See: bellhop subscriptions apply --help")
		return
	}
	shell.Rows(s, "name|source|from|>lag|>refresh|>max window|state", subs, func(sub report.Subscription) []shell.Cell {
		state := shell.Toned("active", shell.Good)
		if sub.Paused {
			state = shell.Toned("paused", shell.Waiting)
		}
		return shell.Row(sub.Name, sub.Source, phrase.Date(sub.From), sub.LagDays, sub.RefreshDays, sub.MaxWindowDays, state)
	})
}

func drawSubscription(s *shell.Screen, v view.SubscriptionState) {
	state := shell.Toned("active", shell.Good)
	if v.Paused {
		state = shell.Toned("paused: nothing new is planned", shell.Waiting)
	}
	facts := []any{
		"name", shell.Toned(v.Name, shell.Strong), "source", v.Source, "state", state, "from", phrase.Date(v.From), "lag days", v.LagDays,
		"refresh days", v.RefreshDays, "max window", phrase.Count(v.MaxWindowDays, "day"),
	}
	for _, name := range slices.Sorted(maps.Keys(v.Params)) {
		facts = append(facts, name, strings.ReplaceAll(v.Params[name], ",", ", "))
	}
	s.Facts(facts...)
	s.Heading("DAYS")
	s.Line("%d wanted: %s", v.Wanted, s.CoverageCounts(v.Coverage))
	s.Heading("JOBS")
	s.Line("%s", shell.Counts(s, report.JobStatuses(), v.Jobs, shell.JobTone))
}

func pauseCommand(a *shell.App) *cobra.Command {
	return pausing(a, true, &cobra.Command{
		Use: "pause NAME", Short: "Plan nothing new for a subscription for a while",
		Long: `Plan nothing new for a subscription until "subscriptions resume". Jobs that are planned or under way go on; cancel
them with "jobs cancel". Its missing days raise no alarm meanwhile, but the vendor goes on forgetting them: see
"lost after" in "bellhop coverage".`,
		Example: "  bellhop subscriptions pause hotel",
	})
}

func resumeCommand(a *shell.App) *cobra.Command {
	return pausing(a, false, &cobra.Command{
		Use: "resume NAME", Short: "Plan for a paused subscription again",
		Long: `Plan for a paused subscription again. The next run of the requester asks for all days that became missing
meanwhile, as far back as the vendor still has them.`,
		Example: "  bellhop subscriptions resume hotel",
	})
}

// pausing applies the subscription with another state: what "subscriptions apply NAME --paused" does.
func pausing(a *shell.App, paused bool, c *cobra.Command) *cobra.Command {
	c.Args = shell.Exactly("NAME")
	dryRun := c.Flags().Bool("dry-run", false, "say what would change, without changing it")
	c.RunE = a.On(func(ctx context.Context, at shell.Account, args []string) error {
		sub, err := at.Ledger.Subscription(ctx, args[0])
		if err != nil {
			return shell.Missing(err, "see which there are: bellhop subscriptions list")
		}
		changed := sub.Paused != paused
		sub.Paused = paused
		if changed && !*dryRun {
			// Whatever else is wrong with the subscription, it can be paused.
			if _, err := at.Ledger.Apply(ctx, sub, at.Now()); err != nil {
				return fmt.Errorf("change subscription %s: %w", sub.Name, err)
			}
		}
		return a.Show(map[string]any{"subscription": sub.Name, "paused": paused, "changed": changed, "dry_run": *dryRun}, func(s *shell.Screen) {
			state := map[bool]string{true: "paused: nothing new is planned", false: "active: missing days are planned at the next run"}[paused]
			switch {
			case !changed:
				s.Line("subscription %s was already %s", s.Paint(shell.Strong, sub.Name), state)
			case *dryRun:
				s.Line("subscription %s would be %s", s.Paint(shell.Strong, sub.Name), state)
			default:
				s.Line("subscription %s is %s", s.Paint(shell.Strong, sub.Name), state)
			}
		})
	})
	return c
}

const removeHelp = `Stop collecting for a subscription, for good. Nothing is planned for it any more, its open jobs are cancelled,
and files that the vendor still delivers for it are strays: they are never loaded, and deleted with a certificate.

What happens to the days that it has loaded is your decision:
  --keep-dataset   they stay and can be queried; "subscriptions apply" with the same name takes them up again
  --drop-dataset   they are deleted, with the reports held for them; on AWS the bucket keeps the versions for 30 days

Jobs, files and certificates stay in the ledger as proof. To stop for a while only, use "subscriptions pause".
The command may be repeated after a failure; it goes on where it stopped.`

type removeOptions struct{ keep, drop, confirmed, dryRun bool }

func removeCommand(a *shell.App) *cobra.Command {
	var o removeOptions
	c := &cobra.Command{
		Use: "remove NAME", Short: "Stop collecting for a subscription, and keep or delete its days", Long: removeHelp,
		Example: `  bellhop subscriptions remove hotel --drop-dataset --dry-run
  bellhop subscriptions remove hotel --keep-dataset
  bellhop subscriptions remove hotel --drop-dataset --confirm`,
		Args: shell.Exactly("NAME"),
	}
	c.Flags().BoolVar(&o.keep, "keep-dataset", false, "keep the days that are loaded")
	c.Flags().BoolVar(&o.drop, "drop-dataset", false, "delete the days that are loaded")
	c.MarkFlagsMutuallyExclusive("keep-dataset", "drop-dataset")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would happen, without doing it")
	c.Flags().BoolVar(&o.confirmed, "confirm", false, "do not ask")
	c.RunE = a.On(func(ctx context.Context, at shell.Account, args []string) error {
		return remove(ctx, a, at, args[0], o)
	})
	return c
}

// removal is the answer of the remove command.
type removal struct {
	Subscription string `json:"subscription"`
	// Jobs are those that were cancelled; Days and Rows are what the dataset holds of the subscription.
	Jobs    []string `json:"jobs_cancelled"`
	Days    int      `json:"days"`
	Rows    int64    `json:"rows"`
	Dropped bool     `json:"dataset_dropped"`
	DryRun  bool     `json:"dry_run"`
	// Waiting says what has to end before the rest can be done, by running the command again.
	Waiting []string `json:"waiting"`
}

func remove(ctx context.Context, a *shell.App, at shell.Account, name string, o removeOptions) error {
	snapshot, err := at.Ledger.Snapshot(ctx, name)
	if err != nil {
		return shell.Missing(err, "see which there are: bellhop subscriptions list")
	}
	if snapshot.Subscription.Removed() && len(snapshot.Partitions) == 0 {
		return shell.Refuse("see which there are: bellhop subscriptions list", "subscription %s was removed on %s", name, phrase.Minute(snapshot.Subscription.RemovedAt))
	}
	r := removal{Subscription: name, Jobs: []string{}, Days: len(snapshot.Partitions), DryRun: o.dryRun, Waiting: []string{}}
	for _, s := range snapshot.Partitions {
		r.Rows += s.Rows
	}
	if !o.keep && !o.drop {
		return shell.Usage("say --keep-dataset or --drop-dataset", "subscription %s has %s with %s in the dataset, and they can be kept or deleted", name, phrase.Count(r.Days, "day"), phrase.Count(int(r.Rows), "row"))
	}
	if o.drop && at.Drop == nil {
		return shell.NoDataset()
	}
	fate := "Keep"
	if o.drop {
		fate = "Delete"
	}
	question := fmt.Sprintf("Stop collecting for %s? %s its %s with %s. [y/N] ", name, fate, phrase.Count(r.Days, "day"), phrase.Count(int(r.Rows), "row"))
	if err := a.Confirm(o.dryRun || o.confirmed, question); err != nil {
		return err
	}
	if err := carryOut(ctx, at, &r, o); err != nil {
		return err
	}
	if err := a.Show(r, func(s *shell.Screen) { drawRemoval(s, r, o) }); err != nil {
		return err
	}
	if len(r.Waiting) > 0 {
		return shell.Exit(shell.ExitPartly)
	}
	return nil
}

// carryOut takes the subscription off the list first, so that nothing new begins while the rest is ended.
func carryOut(ctx context.Context, at shell.Account, r *removal, o removeOptions) error {
	if !o.dryRun {
		if err := at.Ledger.Remove(ctx, r.Subscription, at.Now()); err != nil {
			return err
		}
	}
	if err := endJobs(ctx, at, r, o.dryRun); err != nil {
		return err
	}
	if !o.drop {
		return nil
	}
	for f, err := range at.Ledger.Files(ctx) {
		if err != nil {
			return err
		}
		if f.Subscription == r.Subscription && f.Delivery != nil && f.Status.HoldsObject() {
			r.Waiting = append(r.Waiting, fmt.Sprintf("file %s is %s and still in the delivery bucket", f.Key, f.Status))
		}
	}
	if len(r.Waiting) > 0 || o.dryRun {
		return nil
	}
	r.Dropped = true
	return dropDataset(ctx, at, r.Subscription)
}

// endJobs cancels the open jobs of the subscription and forgets the files that have not come for any of its jobs.
func endJobs(ctx context.Context, at shell.Account, r *removal, dryRun bool) error {
	jobs, err := at.Ledger.Jobs(ctx, r.Subscription)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if dryRun && j.Status == report.JobSubmitting {
			r.Waiting = append(r.Waiting, "job "+j.ID+" is being submitted")
			continue
		}
		if !dryRun {
			if _, err := at.Ledger.Disown(ctx, j.ID, at.Now()); fault.Is(err, fault.Conflict) {
				r.Waiting = append(r.Waiting, "job "+j.ID+" is being submitted")
				continue
			} else if err != nil {
				return err
			}
		}
		if j.Status.Holds() {
			r.Jobs = append(r.Jobs, j.ID)
		}
	}
	return nil
}

// dropDataset deletes the objects of all days, each only as the ledger knows it, and then the days' records. A day whose object
// is gone already loses its record, too; one whose object another hand has replaced is left, and said.
func dropDataset(ctx context.Context, at shell.Account, name string) (err error) {
	snapshot, err := at.Ledger.Snapshot(ctx, name)
	if err != nil {
		return err
	}
	bucket, closing, err := at.Drop(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	var gone []report.Partition
	var problems []error
	for _, s := range snapshot.Partitions {
		if err := deleteDay(ctx, bucket, s); err != nil {
			problems = append(problems, fmt.Errorf("delete %s of %s: %w", s.Date, s.Table, err))
			if ctx.Err() != nil {
				break
			}
			continue
		}
		gone = append(gone, s)
	}
	// What was deleted is recorded also after Ctrl-C.
	problems = append(problems, at.Ledger.DropDays(context.WithoutCancel(ctx), gone))
	return errors.Join(problems...)
}

func deleteDay(ctx context.Context, bucket shell.Dropper, s report.Partition) error {
	objects := map[string]string{}
	if s.Key != "" {
		objects[s.Key] = s.ETag
	}
	if s.Held != nil && s.Held.Key != "" {
		o, err := bucket.Stat(ctx, s.Held.Key)
		if err == nil {
			objects[s.Held.Key] = o.ETag
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	for key, etag := range objects {
		if _, err := bucket.Delete(ctx, key, etag, ""); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

func drawRemoval(s *shell.Screen, r removal, o removeOptions) {
	word := func(done, would string) string {
		if r.DryRun {
			return would
		}
		return done
	}
	s.Line("subscription %s %s", s.Paint(shell.Strong, r.Subscription), word("is removed: nothing is planned for it any more", "would be removed"))
	if len(r.Jobs) > 0 {
		s.Line("  %s %s", phrase.Count(len(r.Jobs), "open job"), word("cancelled; what still arrives for them is a stray and is deleted", "would be cancelled"))
	}
	days := fmt.Sprintf("%s with %s", phrase.Count(r.Days, "day"), phrase.Count(int(r.Rows), "row"))
	switch {
	case !o.drop:
		s.Line("  %s %s", days, word("stay in the dataset", "would stay in the dataset"))
	case r.Dropped:
		s.Line("  %s are deleted from the dataset", days)
	case len(r.Waiting) == 0:
		s.Line("  %s would be deleted from the dataset", days)
	}
	for i, what := range r.Waiting {
		if i == shell.MaxLines {
			s.Line("  … and %d more", len(r.Waiting)-i)
			break
		}
		s.Line("  %s", s.Paint(shell.Waiting, what))
	}
	if len(r.Waiting) > 0 {
		s.Line("  %s", s.Paint(shell.Bad, "The rest has to wait for that: run the same command again in some minutes"))
	}
}
