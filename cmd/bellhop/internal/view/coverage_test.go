package view_test

import (
	"context"
	"slices"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// A check says of each chosen day that is not there why.
func TestCoverageCheck(t *testing.T) {
	paused := func() *fixture {
		f := troubled()
		f.pause()
		return f
	}
	for name, tt := range map[string]struct {
		fixture func() *fixture
		filter  view.CoverageFilter
		absent  []string
	}{
		"all that is wanted is there": {newFixture, view.CoverageFilter{}, []string{}},
		"each kind of absence has its line": {troubled, view.CoverageFilter{}, []string{
			"hotel: 1 day PENDING", "hotel: 1 day MISSING", "hotel: 1 day NOT_ELIGIBLE", "hotel: 1 day EXPIRED",
		}},
		"the chosen days are there, others are not": {troubled, view.CoverageFilter{Days: days(1, 14)}, []string{}},
		"one of the chosen days is not there":       {troubled, view.CoverageFilter{Days: days(14, 15)}, []string{"hotel: 1 day MISSING"}},
		"the other table is there":                  {newFixture, view.CoverageFilter{Tables: []string{"asp_communication"}}, []string{}},
		"a table that nobody feeds": {troubled, view.CoverageFilter{Tables: []string{"asp_communication"}}, []string{
			"hotel: it feeds none of the chosen tables, or wants no day yet",
		}},
		"days that are not wanted yet": {newFixture, view.CoverageFilter{Days: report.Window{To: day(20)}}, []string{
			"hotel: 3 days chosen that it does not want: it wants 2026-11-14..2026-11-17",
		}},
		"a paused one raises no alarm": {paused, view.CoverageFilter{}, []string{}},
		"unless it is named":           {paused, view.CoverageFilter{Subscription: "hotel", Days: days(15, 15)}, []string{"hotel: 1 day MISSING"}},
		"there is nothing to check": {func() *fixture {
			f := newFixture()
			f.subs = nil
			return f
		}, view.CoverageFilter{}, []string{"there are no subscriptions"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := tt.fixture().view()
			tt.filter.Check = true
			ask := func(ctx context.Context) (view.Coverage, error) { return v.Coverage(ctx, tt.filter) }
			if got := answer(t, ask).Absent; got == nil || !slices.Equal(got, tt.absent) {
				t.Errorf("absent %q, want %q", got, tt.absent)
			}
			tt.filter.Check = false
			if got := answer(t, ask).Absent; got != nil {
				t.Errorf("without a check: %q", got)
			}
		})
	}
}

// What is chosen is counted, and nothing else.
func TestCoverageOfChosenDays(t *testing.T) {
	f := newFixture()
	f.drop(15, 16)
	f.snapshots["hotel"].Partitions[0].Held = &report.Held{}
	all := answer(t, func(ctx context.Context) (view.Coverage, error) {
		return f.view().Coverage(ctx, view.CoverageFilter{Tables: []string{"asp_device"}, Days: days(14, 16)})
	})
	c := all.Subscriptions[0]
	if len(c.Days) != 3 || len(c.Held) != 1 || c.Counts[report.CoverageMissing] != 2 || c.Window != days(14, 16) || c.Wanted != days(14, 17) {
		t.Errorf("%+v", c)
	}
	want := view.Gap{Subscription: "hotel", Table: "asp_device", Window: days(15, 16), Days: 2, Status: report.CoverageMissing, LostAfter: day(15) + 90, DaysLeft: 85}
	if len(c.Gaps) != 1 || c.Gaps[0] != want {
		t.Errorf("gaps %+v, want %+v", c.Gaps, want)
	}
}
