package sim

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What the machine writes is dated by its clock, and a certificate proves nothing when the deletion is dated before the
// delivery. So a clock that is opened again must not show an earlier time than the one before it, however that ended.
func TestTheClockNeverGoesBack(t *testing.T) {
	start := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		// skipped is by how much the first clock skips; then the machine's own clock shows another time.
		skipped time.Duration
		// last is what the machine's clock shows when the first process ends, and again when the second begins.
		last, again time.Duration
		closed      bool
		want        time.Duration
	}{
		{name: "killed before anything was skipped", last: 5 * time.Second, again: 6 * time.Second, want: 6 * time.Second},
		{name: "killed some time after a skip", skipped: time.Hour, last: 5 * time.Second, again: 6 * time.Second, want: time.Hour + 6*time.Second},
		{name: "closed", skipped: time.Hour, last: 5 * time.Second, again: 6 * time.Second, closed: true, want: time.Hour + 6*time.Second},
		{name: "opened a week later", skipped: time.Hour, last: time.Second, again: 7 * 24 * time.Hour, want: 7*24*time.Hour + time.Hour},
		{name: "closed, and the machine's clock was set back", skipped: time.Hour, last: time.Minute, again: -time.Hour, closed: true, want: time.Hour + time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, now := t.TempDir(), start
			machine := func() time.Time { return now }
			first, err := openClock(dir, machine)
			if err != nil {
				t.Fatal(err)
			}
			if err := first.SkipTo(start.Add(c.skipped)); err != nil {
				t.Fatal(err)
			}
			now = start.Add(c.last)
			seen := first.Now()
			if c.closed {
				if err := first.Close(); err != nil {
					t.Fatal(err)
				}
			}
			now = start.Add(c.again)
			second, err := openClock(dir, machine)
			if err != nil {
				t.Fatal(err)
			}
			if got := second.Now(); !got.Equal(start.Add(c.want)) || got.Before(seen) {
				t.Errorf("it shows %s after %s, want %s", got, seen, start.Add(c.want))
			}
		})
	}
}

// A folder that an earlier release left says what time it was, and not by how much its clock was ahead.
func TestTheClockOfAnEarlierRelease(t *testing.T) {
	dir, start := t.TempDir(), time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	if err := os.WriteFile(filepath.Join(dir, "clock.json"), []byte(`{"now":"2026-11-21T09:00:00Z"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := openClock(dir, func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	if want := start.Add(25 * time.Hour); !c.Now().Equal(want) {
		t.Errorf("it shows %s, want %s", c.Now(), want)
	}
}
