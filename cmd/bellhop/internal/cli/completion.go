package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// completionTime is how long a shell's user is kept waiting for a proposal.
const completionTime = 2 * time.Second

// complete proposes values of a flag.
func complete(c *cobra.Command, flag string, propose cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, propose); err != nil {
		panic("cli: " + err.Error()) // the flag is not defined yet
	}
}

// tableNames proposes the dataset's tables.
func tableNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, d := range dataset.Definitions() {
		names = append(names, cobra.CompletionWithDesc(d.Name, d.Meaning))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// firstTable proposes a table as the first argument, and nothing after it.
func firstTable(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return tableNames(c, args, typed)
}

// proposed proposes what find finds in the place that the command line names. What cannot be looked up is not proposed: a
// shell has no use for an error.
func (a *app) proposed(find func(ctx context.Context, at Account) ([]cobra.Completion, error)) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), completionTime)
		defer cancel()
		place, err := a.where()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		at, err := a.open(ctx, place)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer func() { _ = at.Close() }() // only read from
		found, err := find(ctx, at)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found = slices.DeleteFunc(found, func(c cobra.Completion) bool { return slices.Contains(args, c) })
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

func subscriptionNames(ctx context.Context, at Account) ([]cobra.Completion, error) {
	subs, err := at.Ledger.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	var names []cobra.Completion
	for _, s := range subs {
		names = append(names, s.Name)
	}
	return names, nil
}

func jobIDs(ctx context.Context, at Account) ([]cobra.Completion, error) {
	subs, err := at.Ledger.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	var ids []cobra.Completion
	for _, s := range subs {
		jobs, err := at.Ledger.Jobs(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		for _, j := range jobs {
			ids = append(ids, j.ID)
		}
	}
	return ids, nil
}

func fileKeys(ctx context.Context, at Account) ([]cobra.Completion, error) {
	var keys []cobra.Completion
	for f, err := range at.Ledger.Files(ctx) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, f.Key)
	}
	slices.Sort(keys)
	return keys, nil
}

// proposals says what is proposed for the arguments of which command, by the command's path, and for flags of all commands.
func (a *app) proposals(root *cobra.Command) {
	jobs, files, subs := a.proposed(jobIDs), a.proposed(fileKeys), a.proposed(subscriptionNames)
	arguments := map[string]cobra.CompletionFunc{
		"bellhop jobs show": jobs, "bellhop jobs retry": jobs, "bellhop jobs cancel": jobs,
		"bellhop files show": files, "bellhop certificates show": files, "bellhop certificates verify": files,
		"bellhop quarantine show": files, "bellhop quarantine replay": files, "bellhop quarantine drop": files,
		"bellhop subscriptions show": subs, "bellhop subscriptions pause": subs, "bellhop subscriptions resume": subs,
		"bellhop subscriptions remove": subs, "bellhop refetch": subs, "bellhop verify": subs,
		"bellhop tables": firstTable, "bellhop explain": a.explainable(),
		"bellhop subscriptions apply": subs,
		"bellhop review show":         a.reviewKeys(""),
		"bellhop held accept":         a.heldDays(), "bellhop held drop": a.heldDays(), "bellhop held show": a.heldDays(),
	}
	for _, verb := range []review.Verb{review.Accept, review.Replay, review.Drop} {
		arguments["bellhop review "+string(verb)] = a.reviewKeys(verb)
	}
	statuses := map[string]cobra.CompletionFunc{
		"bellhop jobs list --status":        fixed(report.JobStatuses()),
		"bellhop files list --status":       fixed(report.FileStatuses()),
		"bellhop certificates list --cause": fixed([]report.FileStatus{report.FileLoaded, report.FileStray, report.FileQuarantined}),
	}
	everyCommand(root, func(c *cobra.Command) {
		if propose, ok := arguments[c.CommandPath()]; ok {
			c.ValidArgsFunction = propose
		}
		for _, flag := range []string{"status", "cause"} {
			if propose, ok := statuses[c.CommandPath()+" --"+flag]; ok {
				complete(c, flag, propose)
			}
		}
		if c.LocalNonPersistentFlags().Lookup("subscription") != nil && c.Name() != "ingest" {
			complete(c, "subscription", subs)
		}
		if c.LocalNonPersistentFlags().Lookup("table") != nil {
			complete(c, "table", tableNames)
		}
	})
}

// fixed proposes statuses.
func fixed[T ~string](statuses []T) cobra.CompletionFunc {
	var all []cobra.Completion
	for _, s := range statuses {
		all = append(all, string(s))
	}
	return cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)
}

// reviewKeys proposes what waits and can be decided with a verb; with none, all that waits.
func (a *app) reviewKeys(verb review.Verb) cobra.CompletionFunc {
	return a.proposed(func(ctx context.Context, at Account) ([]cobra.Completion, error) {
		entries, err := review.List(ctx, at.Ledger, at.Installation, review.Kinds()...)
		var keys []cobra.Completion
		for _, e := range entries {
			if verb == "" || slices.Contains(e.Verbs, verb) {
				keys = append(keys, e.Key)
			}
		}
		return keys, err
	})
}

// heldDays proposes the three words that name a held report, one after the other.
func (a *app) heldDays() cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.proposed(func(ctx context.Context, at Account) ([]cobra.Completion, error) {
			held, err := review.HeldDays(ctx, at.Ledger)
			var found []cobra.Completion
			for _, h := range held {
				words := []string{h.Subscription, h.Table, h.Date.String()}
				if len(args) < len(words) && slices.Equal(words[:len(args)], args) && !slices.Contains(found, words[len(args)]) {
					found = append(found, words[len(args)])
				}
			}
			return found, err
		})(c, nil, typed)
	}
}

// explainable proposes a table, then the units of its newest day, then the days that have rows.
func (a *app) explainable() cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 0 || len(args) > 2 {
			return firstTable(c, args, typed)
		}
		return a.proposed(func(ctx context.Context, at Account) ([]cobra.Completion, error) {
			d, _ := dataset.Lookup(args[0])
			days, err := daysOf(ctx, at, d.Name)
			if err != nil || len(days) == 0 || !d.HasUnits() {
				return nil, err
			}
			if len(args) == 1 {
				return unitsOf(ctx, at, d, days[len(days)-1], typed)
			}
			var dates []cobra.Completion
			for _, s := range days {
				dates = append(dates, s.Date.String())
			}
			return slices.Compact(dates), nil
		})(c, nil, typed)
	}
}

// daysOf returns the published days of a table that have rows, of all subscriptions, the newest last.
func daysOf(ctx context.Context, at Account, name string) ([]report.Partition, error) {
	subs, err := at.Ledger.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	var days []report.Partition
	for _, sub := range subs {
		snapshot, err := at.Ledger.Snapshot(ctx, sub.Name)
		if err != nil {
			return nil, err
		}
		for _, s := range snapshot.Partitions {
			if s.Table == name && s.Rows > 0 && s.Key != "" {
				days = append(days, s)
			}
		}
	}
	slices.SortStableFunc(days, func(x, y report.Partition) int { return cmp.Compare(x.Date, y.Date) })
	return days, nil
}

// unitsOf returns the ids and names of a day's units that begin as typed.
func unitsOf(ctx context.Context, at Account, d dataset.Definition, day report.Partition, typed string) ([]cobra.Completion, error) {
	units, err := at.view.Units(ctx, d, day)
	return slices.DeleteFunc(units, func(name string) bool { return !strings.HasPrefix(name, typed) }), err
}

// everyCommand visits a command and all below it.
func everyCommand(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		everyCommand(sub, visit)
	}
}

// unknownTable says that the dataset has no table of the name on the command line.
func unknownTable(name string) error {
	var names []string
	for _, d := range dataset.Definitions() {
		names = append(names, d.Name)
	}
	remedy := "see which there are: bellhop tables"
	if near := phrase.Nearest(name, names); len(near) > 0 {
		remedy = "did you mean: " + strings.Join(near, ", or ")
	}
	return usage(remedy, "there is no table %q", name)
}

func (a *app) manualCommand() *cobra.Command {
	var output string
	var markdown bool
	c := &cobra.Command{
		Use: "man -o DIR | --markdown", Short: "Write the manual pages, one for each command", Args: cobra.NoArgs,
		Long: `Write the manual pages into a folder, for the man command; or all of them as one page of Markdown, to the standard
output. They say what --help says.`,
		Example: `  bellhop man -o man1 && man man1/bellhop-query.1
  sudo bellhop man -o /usr/local/share/man/man1`,
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the `folder`; it is created when it is missing")
	c.Flags().BoolVar(&markdown, "markdown", false, "one page of Markdown instead")
	c.PreRunE = func(*cobra.Command, []string) error {
		if (output == "") != markdown {
			return usage("give it with -o DIR, or --markdown without it", "bellhop man needs a folder")
		}
		return nil
	}
	c.RunE = a.run(func(*cobra.Command, []string) error {
		if markdown {
			return a.reference()
		}
		if err := os.MkdirAll(output, 0o755); err != nil { //nolint:gosec // G301: manual pages are for everybody
			return fmt.Errorf("make the folder: %w", err)
		}
		// No date: the same version writes the same pages.
		a.root.DisableAutoGenTag = true
		header := &doc.GenManHeader{Title: "BELLHOP", Section: "1", Source: "bellhop " + a.Version, Manual: "bellhop"}
		if err := doc.GenManTree(a.root, header, output); err != nil {
			return fmt.Errorf("write the manual pages: %w", err)
		}
		pages := 0
		everyCommand(a.root, func(c *cobra.Command) {
			if c.IsAvailableCommand() || c == a.root {
				pages++
			}
		})
		return a.show(map[string]any{"folder": output, "pages": pages}, func(s *screen) {
			s.line("%s in %s: man %s/bellhop.1", count(pages, "page"), output, output)
		})
	})
	return c
}

// reference writes all commands as one page of Markdown: a line for each, and what they have in common.
func (a *app) reference() error {
	var b strings.Builder
	b.WriteString("# Commands\n\nA line for each command, by what it is for. `bellhop COMMAND --help` says the rest: its flags, examples and limits;\n" +
		"`bellhop man -o DIR` writes the same as manual pages. Made by `make generate`.\n")
	for _, group := range a.root.Groups() {
		fmt.Fprintf(&b, "\n## %s\n\n| command | what it does |\n|---|---|\n", strings.TrimSuffix(group.Title, ":"))
		for _, family := range a.root.Commands() {
			if family.GroupID == group.ID {
				everyCommand(family, func(c *cobra.Command) { b.WriteString(referenceLine(c)) })
			}
		}
	}
	b.WriteString("\n## Flags of every command\n\n| flag | what it says |\n|---|---|\n")
	a.root.PersistentFlags().VisitAll(func(f *pflag.Flag) {
		value, text := pflag.UnquoteUsage(f)
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.TrimSpace("--"+f.Name+" "+value), text)
	})
	b.WriteString("\n## Exit codes\n\n```text\n" + exitHelp + "\n```\n\n## Environment\n\n```text\n" + environmentHelp + "\n```\n")
	return write(a.Out, b.String())
}

// referenceLine is a command's line; none for what only has other commands, and for cobra's commands for each shell.
func referenceLine(c *cobra.Command) string {
	if c.Name() != "completion" && c.HasSubCommands() || c.Parent().Name() == "completion" {
		return ""
	}
	use := strings.TrimSuffix(c.UseLine(), " [flags]")
	return fmt.Sprintf("| %#q | %s |\n", strings.ReplaceAll(use, "|", "\\|"), strings.ReplaceAll(c.Short, "|", "\\|"))
}
