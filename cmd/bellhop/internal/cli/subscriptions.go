package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) subscriptionsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "subscriptions",
		Aliases: []string{"subscription", "subs"},
		Short:   "What is collected: list, show, apply, pause, resume, remove",
		Long: `A subscription says which days of which reports must exist: a source, its parameters, since when and
how fresh. The requester asks for whatever is missing, every day, until it is there.`,
	}
	a.parent(c)
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the subscriptions", Args: cobra.NoArgs,
			Example: "  bellhop subscriptions list\n  bellhop subscriptions list --json | jq '.[].name'",
			RunE:    a.on(a.listSubscriptions),
		},
		&cobra.Command{
			Use: "show NAME", Short: "Show one subscription with its coverage in numbers", Args: exactly("NAME"),
			Example: "  bellhop subscriptions show hotel",
			RunE:    a.on(a.showSubscription),
		},
		a.applyCommand(), a.pauseCommand(), a.resumeCommand(), a.removeCommand(),
	)
	return c
}

func (a *app) listSubscriptions(ctx context.Context, at Account, _ []string) error {
	subs, err := at.Ledger.Subscriptions(ctx)
	if err != nil {
		return err
	}
	return a.show(some(subs), func(s *screen) {
		if len(subs) == 0 {
			s.line("There are no subscriptions yet. See: bellhop subscriptions apply --help")
			return
		}
		var rows [][]cell
		for _, sub := range subs {
			state := cell{"active", good}
			if sub.Paused {
				state = cell{"paused", waiting}
			}
			rows = append(rows, append(cells(sub.Name, sub.Source, date(sub.From), fmt.Sprint(sub.LagDays), fmt.Sprint(sub.RefreshDays), fmt.Sprint(sub.MaxWindowDays)), state))
		}
		s.table("", []string{"name", "source", "from", "lag", "refresh", "max window", "state"}, []string{"lag", "refresh", "max window"}, rows)
	})
}

// shownSubscription is a subscription with what became of it.
type shownSubscription struct {
	report.Subscription
	Coverage map[report.CoverageStatus]int `json:"coverage"`
	Wanted   int                           `json:"wanted"`
	Jobs     map[report.JobStatus]int      `json:"jobs"`
}

func (a *app) showSubscription(ctx context.Context, at Account, args []string) error {
	sub, err := at.Ledger.Subscription(ctx, args[0])
	if err != nil {
		return missing(err, "see which there are: bellhop subscriptions list")
	}
	covered, err := a.coverageOf(ctx, at, sub, report.Window{})
	if err != nil {
		return err
	}
	jobs, err := at.Ledger.Jobs(ctx, sub.Name)
	if err != nil {
		return err
	}
	shown := shownSubscription{Subscription: sub, Coverage: covered.Counts, Wanted: len(covered.Days), Jobs: map[report.JobStatus]int{}}
	for _, j := range jobs {
		shown.Jobs[j.Status]++
	}
	return a.show(shown, func(s *screen) {
		s.facts(subscriptionFacts(sub)...)
		s.heading("DAYS")
		s.line("%d wanted: %s", shown.Wanted, s.coverageCounts(covered.Counts))
		s.heading("JOBS")
		s.line("%s", s.jobCounts(shown.Jobs))
	})
}

func subscriptionFacts(sub report.Subscription) []cell {
	state := cell{"active", good}
	if sub.Paused {
		state = cell{"paused: nothing new is planned", waiting}
	}
	facts := []cell{
		{"name", plain}, {sub.Name, strong},
		{"source", plain}, {sub.Source, plain},
		{"state", plain}, state,
		{"from", plain}, {date(sub.From), plain},
		{"lag days", plain}, {fmt.Sprint(sub.LagDays), plain},
		{"refresh days", plain}, {fmt.Sprint(sub.RefreshDays), plain},
		{"max window", plain}, {count(sub.MaxWindowDays, "day"), plain},
	}
	for _, name := range slices.Sorted(maps.Keys(sub.Params)) {
		facts = append(facts, cell{name, plain}, cell{strings.ReplaceAll(sub.Params[name], ",", ", "), plain})
	}
	return facts
}

func date(d report.Date) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
