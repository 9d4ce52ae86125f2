package view_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The hotel wants the days from the 14th to the 17th of two tables.
func TestPresentDaysAreCounted(t *testing.T) {
	until := func(d int) *report.Date { day := day(d); return &day }
	second := func(missing int) *fixture {
		f := newFixture()
		sub, snapshot := f.subs["hotel"], f.snapshots["hotel"]
		sub.Name = "inn"
		f.subs["inn"] = sub
		var kept []report.Partition
		for _, p := range snapshot.Partitions {
			if p.Date != day(missing) {
				p.Subscription = "inn"
				kept = append(kept, p)
			}
		}
		f.snapshots["inn"] = report.Snapshot{Partitions: kept}
		return f
	}
	gap := newFixture()
	gap.drop(15, 16)
	for name, tt := range map[string]struct {
		fixture *fixture
		days    report.Window
		want    []view.Present
	}{
		"all":                           {newFixture(), days(14, 17), []view.Present{{"asp_device", 4, 4, until(17)}, {"asp_skill", 4, 0, nil}}},
		"days that nobody wants":        {newFixture(), days(1, 30), []view.Present{{"asp_device", 30, 4, until(17)}, {"asp_skill", 30, 0, nil}}},
		"some of them":                  {gap, days(14, 16), []view.Present{{"asp_device", 3, 1, until(14)}, {"asp_skill", 3, 0, nil}}},
		"one that one of two lacks":     {second(17), days(14, 17), []view.Present{{"asp_device", 4, 3, until(16)}, {"asp_skill", 4, 0, nil}}},
		"one that the other of two has": {second(1), days(14, 17), []view.Present{{"asp_device", 4, 4, until(17)}, {"asp_skill", 4, 0, nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := answer(t, func(ctx context.Context) ([]view.Present, error) {
				return tt.fixture.view().Present(ctx, []string{"asp_device", "asp_skill"}, tt.days)
			})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
