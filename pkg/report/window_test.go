package report_test

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestWindowsOverlap(t *testing.T) {
	w := report.Window{From: report.NewDate(2026, 11, 10), To: report.NewDate(2026, 11, 12)}
	for name, tt := range map[string]struct {
		from, to int
		days     int // that both have
	}{
		"the day before": {8, 9, 0}, "its first day": {8, 10, 1}, "within it": {11, 11, 1}, "around it": {1, 30, 3}, "its last day": {12, 14, 1},
		"the day after": {13, 14, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := report.Window{From: report.NewDate(2026, 11, tt.from), To: report.NewDate(2026, 11, tt.to)}
			if w.Overlaps(o) != (tt.days > 0) || o.Overlaps(w) != (tt.days > 0) || w.Intersect(o).Len() != tt.days {
				t.Errorf("they overlap: %t, %t, in %d days", w.Overlaps(o), o.Overlaps(w), w.Intersect(o).Len())
			}
		})
	}
}
