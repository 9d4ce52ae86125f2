package review_test

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestKeysOfHeldReports(t *testing.T) {
	day := review.HeldDay{Subscription: "hotel", Table: "asp_device", Date: report.NewDate(2026, time.November, 14)}
	if sub, table, date, ok := review.ParseHeldKey(day.Key()); !ok || sub != "hotel" || table != "asp_device" || date != day.Date {
		t.Errorf("%s is read as %s, %s, %s, %t", day.Key(), sub, table, date, ok)
	}
	for _, other := range []string{"", "DEVICE_0001.csv", "hotel/asp_device", "hotel/asp_device/soon", "a/hotel/asp_device/2026-11-14"} {
		if _, _, _, ok := review.ParseHeldKey(other); ok {
			t.Errorf("%q passes for the key of a held report", other)
		}
	}
}

// A report of a release that looked at rows alone says nothing of what fell: it was the rows.
func TestAHeldReportOfAnOlderReleaseFellInRows(t *testing.T) {
	p := report.Partition{Subscription: "hotel", Table: "asp_device", Rows: 41, Held: &report.Held{Rows: 3, Why: "it has 3 rows"}}
	if d := review.HeldDayOf(p); len(d.Fell) != 1 || d.Fell[0] != report.FellRows || d.Rows != 41 || d.HeldRows != 3 {
		t.Errorf("%+v", d)
	}
	if e := review.HeldDayOf(p).Entry(); e.Kind != review.Held || e.Reason != "it has 3 rows" || len(e.Verbs) != 2 || !e.Until.IsZero() {
		t.Errorf("%+v", e)
	}
}
