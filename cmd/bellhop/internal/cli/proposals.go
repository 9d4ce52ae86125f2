package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func subscriptionNames(ctx context.Context, at shell.Account) ([]cobra.Completion, error) {
	subs, err := at.Ledger.Subscriptions(ctx)
	return shell.Each(subs, func(s report.Subscription) cobra.Completion { return s.Name }), err
}

func jobIDs(ctx context.Context, at shell.Account) ([]cobra.Completion, error) {
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

func fileKeys(ctx context.Context, at shell.Account) ([]cobra.Completion, error) {
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
func proposals(a *shell.App, root *cobra.Command) {
	jobs, files, subs := a.Proposed(jobIDs), a.Proposed(fileKeys), a.Proposed(subscriptionNames)
	arguments := map[string]cobra.CompletionFunc{
		"bellhop jobs show": jobs, "bellhop jobs retry": jobs, "bellhop jobs cancel": jobs,
		"bellhop files show": files, "bellhop certificates show": files, "bellhop certificates verify": files,
		"bellhop quarantine show": files, "bellhop quarantine replay": files, "bellhop quarantine drop": files,
		"bellhop subscriptions show": subs, "bellhop subscriptions pause": subs, "bellhop subscriptions resume": subs,
		"bellhop subscriptions remove": subs, "bellhop refetch": subs, "bellhop verify": subs,
		"bellhop tables": shell.FirstTable, "bellhop explain": explainable(a),
		"bellhop subscriptions apply": subs,
		"bellhop review show":         reviewKeys(a, ""),
		"bellhop held accept":         heldDays(a), "bellhop held drop": heldDays(a), "bellhop held show": heldDays(a),
	}
	for _, verb := range []review.Verb{review.Accept, review.Replay, review.Drop} {
		arguments["bellhop review "+string(verb)] = reviewKeys(a, verb)
	}
	statuses := map[string]cobra.CompletionFunc{
		"bellhop jobs list --status":        shell.Fixed(report.JobStatuses()),
		"bellhop files list --status":       shell.Fixed(report.FileStatuses()),
		"bellhop certificates list --cause": shell.Fixed([]report.FileStatus{report.FileLoaded, report.FileStray, report.FileQuarantined}),
	}
	shell.EveryCommand(root, func(c *cobra.Command) {
		if propose, ok := arguments[c.CommandPath()]; ok {
			c.ValidArgsFunction = propose
		}
		for _, flag := range []string{"status", "cause"} {
			if propose, ok := statuses[c.CommandPath()+" --"+flag]; ok {
				shell.Complete(c, flag, propose)
			}
		}
		if c.LocalNonPersistentFlags().Lookup("subscription") != nil && c.Name() != "ingest" {
			shell.Complete(c, "subscription", subs)
		}
		if c.LocalNonPersistentFlags().Lookup("table") != nil {
			shell.Complete(c, "table", shell.TableNames)
		}
	})
}

// reviewKeys proposes what waits and can be decided with a verb; with none, all that waits.
func reviewKeys(a *shell.App, verb review.Verb) cobra.CompletionFunc {
	return a.Proposed(func(ctx context.Context, at shell.Account) ([]cobra.Completion, error) {
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
func heldDays(a *shell.App) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.Proposed(func(ctx context.Context, at shell.Account) ([]cobra.Completion, error) {
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
func explainable(a *shell.App) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 0 || len(args) > 2 {
			return shell.FirstTable(c, args, typed)
		}
		return a.Proposed(func(ctx context.Context, at shell.Account) ([]cobra.Completion, error) {
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
func daysOf(ctx context.Context, at shell.Account, name string) ([]report.Partition, error) {
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
func unitsOf(ctx context.Context, at shell.Account, d dataset.Definition, day report.Partition, typed string) ([]cobra.Completion, error) {
	units, err := at.View.Units(ctx, d, day)
	return slices.DeleteFunc(units, func(name string) bool { return !strings.HasPrefix(name, typed) }), err
}
