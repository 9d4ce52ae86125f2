package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
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
			RunE: answer(a, func(ctx context.Context, at Account, _ []string) ([]report.Subscription, error) {
				return at.view.Subscriptions(ctx, "")
			}, (*screen).subscriptions, nil),
		},
		&cobra.Command{
			Use: "show NAME", Short: "Show one subscription with its coverage in numbers", Args: exactly("NAME"),
			Example: "  bellhop subscriptions show hotel",
			RunE:    about(a, (*view.View).State, (*screen).subscription),
		},
		a.applyCommand(), a.pauseCommand(), a.resumeCommand(), a.removeCommand(),
	)
	return c
}

func (s *screen) subscriptions(subs []report.Subscription) {
	if len(subs) == 0 {
		s.line("There are no subscriptions yet. See: bellhop subscriptions apply --help")
		return
	}
	rows(s, "name|source|from|>lag|>refresh|>max window|state", subs, func(sub report.Subscription) []cell {
		state := cell{"active", good}
		if sub.Paused {
			state = cell{"paused", waiting}
		}
		return row(sub.Name, sub.Source, date(sub.From), sub.LagDays, sub.RefreshDays, sub.MaxWindowDays, state)
	})
}

func (s *screen) subscription(v view.SubscriptionState) {
	state := cell{"active", good}
	if v.Paused {
		state = cell{"paused: nothing new is planned", waiting}
	}
	facts := []any{
		"name", cell{v.Name, strong}, "source", v.Source, "state", state, "from", date(v.From), "lag days", v.LagDays,
		"refresh days", v.RefreshDays, "max window", count(v.MaxWindowDays, "day"),
	}
	for _, name := range slices.Sorted(maps.Keys(v.Params)) {
		facts = append(facts, name, strings.ReplaceAll(v.Params[name], ",", ", "))
	}
	s.facts(facts...)
	s.heading("DAYS")
	s.line("%d wanted: %s", v.Wanted, s.coverageCounts(v.Coverage))
	s.heading("JOBS")
	s.line("%s", counts(s, report.JobStatuses(), v.Jobs, jobTone))
}
