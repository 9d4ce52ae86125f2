package look

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
)

// FreshnessCommand says how old the newest data are.
func FreshnessCommand(a *shell.App) *cobra.Command {
	var filter view.FreshnessFilter
	var slo shell.Days
	c := &cobra.Command{
		Use: "freshness", Short: "Say how old the newest data are, and what will be lost when", Args: cobra.NoArgs,
		Long: `Show the newest loaded day of each table of each subscription, and whether it is too old. Without --slo, it may
be one day older than the subscription's own lag.

Below are the missing days, most urgent first, with how many days are left until the vendor no longer
has them. A stack has alarms for that too, at 30, 7 and 3 days.

A table is over when it has the last day there will ever be, because its vendor ended the service.

Exit code 0 when nothing is stale, 3 when a table is. A paused subscription is shown and does not count.`,
		Example: `  bellhop freshness
  bellhop freshness --slo 3d --table asp_device && ./publish-daily-figures
  bellhop freshness --json | jq '.missing[] | select(.days_left <= 7)'`,
	}
	f := c.Flags()
	f.Var(&slo, "slo", "how old the newest day may be, such as 3d")
	f.StringVar(&filter.Subscription, "subscription", "", "only one subscription, by its `name`")
	f.StringSliceVar(&filter.Tables, "table", nil, "only this `table`; repeat it for more")
	c.PreRunE = func(*cobra.Command, []string) error {
		filter.SLODays = int(slo)
		return shell.KnownTables(filter.Tables...)
	}
	c.RunE = shell.Answer(a, func(ctx context.Context, at shell.Account, _ []string) (view.Freshness, error) {
		return at.View.Freshness(ctx, filter)
	}, drawFreshness, func(f view.Freshness) int { return shell.Attention(!f.Fresh) })
	return c
}

func drawFreshness(s *shell.Screen, f view.Freshness) {
	if len(f.Tables) == 0 {
		s.Line("There are no subscriptions yet. See: bellhop subscriptions apply --help")
		return
	}
	shell.Rows(s, "subscription|table|newest day|>age|>may be|status", f.Tables, func(a view.TableAge) []shell.Cell {
		status, age := shell.Toned(a.Status, shell.Good), ""
		if a.LastDay != 0 {
			age = phrase.Count(a.AgeDays, "day")
		}
		switch {
		case a.Paused:
			status = shell.Toned(a.Status+", paused", shell.Waiting)
		case a.Status == view.Stale:
			status.Tone = shell.Bad
		case a.Status == view.Over:
			status.Tone = shell.Quiet
		}
		return shell.Row(a.Subscription, a.Table, cmp.Or(phrase.Date(a.LastDay), "none yet"), age, phrase.Count(a.SLODays, "day"), status)
	})
	if len(f.Losing) == 0 {
		return
	}
	s.Heading("MISSING")
	shell.Rows(s, "days left|subscription|table|days|lost after|why", f.Losing, func(l view.LosingDays) []shell.Cell {
		tone := shell.Plain
		if l.Urgency > 0 {
			tone = shell.Bad
		}
		return shell.Row(shell.Toned(fmt.Sprint(l.DaysLeft), tone), l.Subscription, l.Table, phrase.Days(l.Window), l.LostAfter, l.Why)
	})
}
