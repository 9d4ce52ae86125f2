package view_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Today is 20 November, the hotel's days are wanted up to the 17th, three days ago, and may be four days old.
func TestFreshness(t *testing.T) {
	device := view.FreshnessFilter{Tables: []string{"asp_device"}}
	cases := map[string]struct {
		fixture func() *fixture
		filter  view.FreshnessFilter
		fresh   bool
		tables  []string // table, last day, age of SLO: status
	}{
		"all days are there": {newFixture, view.FreshnessFilter{}, true, []string{"asp_device 2026-11-17 3 of 4: ok", "asp_communication 2026-11-17 3 of 4: ok"}},
		"an older day is not": {func() *fixture { f := newFixture(); f.drop(15); return f }, device, true,
			[]string{"asp_device 2026-11-17 3 of 4: ok"}},
		"the newest is not": {func() *fixture { f := newFixture(); f.drop(17); return f }, device, true,
			[]string{"asp_device 2026-11-16 4 of 4: ok"}},
		"the two newest are not": {func() *fixture { f := newFixture(); f.drop(16, 17); return f }, view.FreshnessFilter{}, false,
			[]string{"asp_device 2026-11-15 5 of 4: stale", "asp_communication 2026-11-17 3 of 4: ok"}},
		"more is promised":       {newFixture, view.FreshnessFilter{Tables: device.Tables, SLODays: 2}, false, []string{"asp_device 2026-11-17 3 of 2: stale"}},
		"less is promised":       {func() *fixture { f := newFixture(); f.drop(16, 17); return f }, view.FreshnessFilter{Tables: device.Tables, SLODays: 5}, true, []string{"asp_device 2026-11-15 5 of 5: ok"}},
		"no day is there":        {func() *fixture { f := newFixture(); f.drop(14, 15, 16, 17); return f }, device, false, []string{"asp_device 0 0 of 4: stale"}},
		"no day is wanted yet":   {func() *fixture { f := newFixture(); f.drop(14, 15, 16, 17); f.wantFrom(day(18)); return f }, device, true, []string{"asp_device 0 0 of 4: ok"}},
		"the last there will be": {func() *fixture { f := newFixture(); f.drop(16, 17); f.lastDay = day(15); return f }, device, true, []string{"asp_device 2026-11-15 5 of 4: over"}},
		"the last is not there":  {func() *fixture { f := newFixture(); f.drop(15, 16, 17); f.lastDay = day(15); return f }, device, false, []string{"asp_device 2026-11-14 6 of 4: stale"}},
		"stale, and paused":      {func() *fixture { f := newFixture(); f.drop(16, 17); f.pause(); return f }, device, true, []string{"asp_device 2026-11-15 5 of 4: stale"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := answer(t, func(ctx context.Context) (view.Freshness, error) { return c.fixture().view().Freshness(ctx, c.filter) })
			var tables []string
			for _, a := range got.Tables {
				last := "0"
				if a.LastDay != 0 {
					last = a.LastDay.String()
				}
				tables = append(tables, fmt.Sprintf("%s %s %d of %d: %s", a.Table, last, a.AgeDays, a.SLODays, a.Status))
			}
			if diff := cmp.Diff(c.tables, tables); diff != "" || got.Fresh != c.fresh {
				t.Errorf("fresh: %t, want %t; tables (-want +got):\n%s", got.Fresh, c.fresh, diff)
			}
		})
	}
}

// wantFrom has the hotel want its days from a later one on.
func (f *fixture) wantFrom(d report.Date) {
	sub := f.subs["hotel"]
	sub.From = d
	f.subs["hotel"] = sub
	f.snapshots["hotel"] = report.Snapshot{}
}

// The vendor has a day for 90 days: 24 August until 22 November, 29 August until the 27th, 21 September until 20 December.
func TestMissingDaysAreCountedDown(t *testing.T) {
	f := newFixture()
	sub := hotel()
	sub.From, sub.Params["categories"] = report.NewDate(2026, time.August, 22), "DEVICE"
	f.subs["hotel"] = sub
	missing := map[report.Date]bool{}
	for _, d := range []report.Date{report.NewDate(2026, time.August, 24), report.NewDate(2026, time.August, 29), report.NewDate(2026, time.September, 21), report.NewDate(2026, time.September, 23)} {
		missing[d] = true
	}
	var published []report.Partition
	for d := sub.From; d <= day(17); d++ {
		if !missing[d] {
			published = append(published, report.Partition{Subscription: "hotel", Table: "asp_device", Date: d, Rows: 1})
		}
	}
	f.snapshots["hotel"] = report.Snapshot{Partitions: published}
	var got []string
	for _, l := range answer(t, func(ctx context.Context) (view.Freshness, error) {
		return f.view().Freshness(ctx, view.FreshnessFilter{})
	}).Losing {
		got = append(got, fmt.Sprintf("%s %d days left, within %d", l.Window.From, l.DaysLeft, l.Urgency))
	}
	want := []string{"2026-08-24 2 days left, within 2", "2026-08-29 7 days left, within 7", "2026-09-21 30 days left, within 30", "2026-09-23 32 days left, within 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}
