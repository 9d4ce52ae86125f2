package view_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// restatement is of a day of the hotel, with the sums of two measures, of which one changed.
func restatement(table string, d int, clock, dialogs string) report.Restatement {
	figures := func(sum string) report.Figures { return report.Figures{Values: 2, Sum: sum} }
	return report.Restatement{
		Subscription: "hotel", Table: table, Date: day(d), At: at(clock), Before: report.Edition{Rows: 2}, After: report.Edition{Rows: 3},
		Measures: []report.Change{
			{Measure: "device_count", Before: figures("2"), After: figures("2")}, {Measure: "dialog_count", Before: figures("7"), After: figures(dialogs)},
		},
	}
}

func TestChanges(t *testing.T) {
	f := newFixture()
	inn := hotel()
	inn.Name = "inn"
	f.subs["inn"] = inn
	ofInn := restatement("asp_device", 15, "03:00:00", "9")
	ofInn.Subscription = "inn"
	f.restated = []report.Restatement{
		restatement("asp_device", 14, "01:00:00", "9"), restatement("asp_device", 15, "02:00:00", "10"), restatement("asp_device", 16, "02:00:00", "7"),
		restatement("asp_communication", 14, "04:00:00", "11"), ofInn,
	}
	cases := map[string]struct {
		filter view.ChangesFilter
		want   []string // the new sum of what changed, newest first
	}{
		"all":                  {want: []string{"hotel asp_communication 2026-11-14: 11", "inn asp_device 2026-11-15: 9", "hotel asp_device 2026-11-16:", "hotel asp_device 2026-11-15: 10", "hotel asp_device 2026-11-14: 9"}},
		"since a time":         {view.ChangesFilter{Since: at("03:00:00")}, []string{"hotel asp_communication 2026-11-14: 11", "inn asp_device 2026-11-15: 9"}},
		"of a subscription":    {view.ChangesFilter{Subscription: "inn"}, []string{"inn asp_device 2026-11-15: 9"}},
		"of a table":           {view.ChangesFilter{Table: "asp_communication"}, []string{"hotel asp_communication 2026-11-14: 11"}},
		"of a table, too late": {view.ChangesFilter{Table: "asp_communication", Since: at("04:00:01")}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, r := range answer(t, func(ctx context.Context) (view.Changes, error) { return f.view().Changes(ctx, c.filter) }).Restated {
				line := r.Subscription + " " + r.Table + " " + r.Date.String() + ":"
				for _, m := range r.Measures {
					line += " " + m.After.Sum
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("restated (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := f.view().Changes(t.Context(), view.ChangesFilter{Subscription: "barn"}); err == nil {
		t.Error("a subscription that does not exist has no changes, without an error")
	}
}

func TestDaysSayWhatIsPublished(t *testing.T) {
	f := troubled()
	snapshot := f.snapshots["hotel"]
	last := &snapshot.Partitions[len(snapshot.Partitions)-1] // 14 November
	last.Generation, last.LoadedAt = at("06:00:01"), at("06:12:30")
	days := answer(t, f.view().Days)
	loaded, missing := days[len(days)-4], days[len(days)-3]
	if loaded.Date != day(14) || loaded.Status != report.CoverageComplete || !loaded.Generation.Equal(at("06:00:01")) || !loaded.LoadedAt.Equal(at("06:12:30")) {
		t.Errorf("14 November: %+v", loaded)
	}
	// The vendor has a day for 90 days.
	if missing.Date != day(15) || missing.Status != report.CoverageMissing || missing.LostAfter != report.NewDate(2027, time.February, 13) || !missing.LoadedAt.IsZero() {
		t.Errorf("15 November: %+v", missing)
	}
	snapshot.Partitions[len(snapshot.Partitions)-1].Vanished = &report.Vanished{At: at("07:00:00")}
	if gone := answer(t, f.view().Days)[len(days)-4]; gone.Status != report.CoverageMissing || !gone.LoadedAt.IsZero() {
		t.Errorf("14 November, vanished: %+v", gone)
	}
}
