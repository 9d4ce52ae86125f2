package sim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// leftoversAt runs a folder's demonstration as "bellhop local run" does, on a clock that begins at a time.
func leftoversAt(t *testing.T, dir string, at time.Time) Summary {
	t.Helper()
	return demonstrated(t, Options{Dir: dir, Leftovers: true, Now: func() time.Time { return at }})
}

// A new folder's demonstration ends with one of each, whatever the time of day, and all else is as it has to be. The next one asks
// for nothing and finds the same.
func TestADemonstrationLeavesSomethingToTry(t *testing.T) {
	for name, start := range map[string]time.Time{"in the morning": morning, "before midnight": morning.Add(21 * time.Hour)} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			first := leftoversAt(t, dir, start)
			today := report.DateOf(start)
			l := first.Left
			if len(l.Quarantined) != 1 || len(l.Held) != 1 || len(l.Gaps) != 1 || l.Silent != 2 {
				t.Fatalf("it leaves %+v", l)
			}
			if l.Gaps[0].Date != today-24 || l.Held[0].Date != today-15 || l.Held[0].HeldRows*2 > l.Held[0].Rows || l.Held[0].HeldRows == 0 {
				t.Errorf("the gap is %+v, the held report %+v", l.Gaps[0], l.Held[0])
			}
			there := first.Coverage[report.CoverageComplete] + first.Coverage[report.CoverageZero]
			if first.Wanted-there != 1 || first.Coverage[report.CoverageMissing] != 1 || first.RawObjects != 1 || first.Unverified != 0 {
				t.Errorf("%v of %d, %d raw objects, %d without proof", first.Coverage, first.Wanted, first.RawObjects, first.Unverified)
			}
			second := leftoversAt(t, dir, start)
			if second.NewPosts != 0 || len(second.Faults) != 0 {
				t.Errorf("the second run sends %d requests, and says that %q", second.NewPosts, second.Faults)
			}
			for what, diff := range map[string]string{
				"left": cmp.Diff(first.Left, second.Left), "coverage": cmp.Diff(first.Coverage, second.Coverage), "rows": cmp.Diff(first.Rows, second.Rows),
			} {
				if diff != "" {
					t.Errorf("%s (-first +second):\n%s", what, diff)
				}
			}
			// When its time is over the file goes, as any quarantined file does. Nothing else is asked for but the new days.
			later := leftoversAt(t, dir, start.Add(24*time.Hour))
			if len(later.Left.Quarantined) != 0 || later.RawObjects != 0 || later.Unverified != 0 {
				t.Errorf("a day later %d raw objects are left: %+v", later.RawObjects, later.Left.Quarantined)
			}
			if len(later.Left.Held) != 1 || len(later.Left.Gaps) != 1 || later.Coverage[report.CoverageMissing] != 1 {
				t.Errorf("a day later %+v is left, and the days are %v", later.Left, later.Coverage)
			}
		})
	}
}
