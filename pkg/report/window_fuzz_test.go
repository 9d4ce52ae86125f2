package report_test

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Windows come from command lines, events and configuration. What is read is read back from its own text as the same, has
// at least a day, and every date in it is one of the calendar that the time package knows.
func FuzzParseWindow(f *testing.F) {
	for _, s := range []string{
		"2026-11-01..2026-11-04", "2026-11-01", "2024-02-29", "0000-01-01..9999-12-31", "2026-11-04..2026-11-01", "..", "2026-11-01..", "2026-1-1",
		"2026-11-31", "2026-11-01...2026-11-02", " 2026-11-01", "+026-11-01", "2026-11-01T00:00:00Z", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := report.ParseWindow(s)
		if err != nil {
			if w != (report.Window{}) {
				t.Errorf("%q is refused and still is %s", s, w)
			}
			return
		}
		again, err := report.ParseWindow(w.String())
		if err != nil || again != w || w.Len() < 1 || !w.Contains(w.From) || !w.Contains(w.To) {
			t.Fatalf("%q is %s of %d days, and %s read again (%v)", s, w, w.Len(), again, err)
		}
		for _, d := range []report.Date{w.From, w.To} {
			if at, err := time.Parse(time.DateOnly, d.String()); err != nil || report.DateOf(at) != d {
				t.Errorf("%q has a day %s that the calendar has not: %v", s, d, err)
			}
		}
	})
}
