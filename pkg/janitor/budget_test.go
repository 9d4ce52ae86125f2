package janitor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// A hundred thousand strays lie before a file whose event was lost. Each takes 24 milliseconds of the run's 290 seconds:
// three fifths of what is not kept for the end are 138 seconds, or 5,750 objects, so the file's turn comes with the 18th
// sweep. What is due has its turn in each.
func TestStraysDoNotStarveWhatSortsBehindThem(t *testing.T) {
	const strays = 100_000
	y := newFixture(t)
	for i := range strays {
		y.put(fmt.Sprintf("a-%06d.csv", i), "e1")
	}
	y.put("z.csv", "e1")
	expected := y.file("z.csv", report.FileExpected)
	expected.Delivery = nil
	y.ledger["z.csv"] = expected
	match := y.files.match
	y.files.match = func(ctx context.Context, key string) (report.File, error) {
		y.now = y.now.Add(24 * time.Millisecond)
		if key[0] == 'a' {
			grace := y.now.Add(time.Hour)
			return report.File{Key: key, Status: report.FileStray, DueAt: grace, Delivery: &report.Delivery{Key: key, ETag: "e1"}}, nil
		}
		return match(ctx, key)
	}
	for n := 1; ; n++ {
		due := fmt.Sprintf("due-%d.csv", n)
		y.file(due, report.FileLoaded)
		y.dueIn(due, 0)
		began := y.now
		sum, err := y.Sweep(ending{t.Context(), began.Add(290 * time.Second)})
		if err != nil || sum.Deleted != 1 || y.now.Sub(began) > 230*time.Second {
			t.Fatalf("sweep %d took %s: %+v, %v", n, y.now.Sub(began), sum, err)
		}
		if len(y.started) == 1 {
			if n != 18 || y.started[0].Key != "z.csv" {
				t.Errorf("%s has its turn in sweep %d, want 18", y.started[0].Key, n)
			}
			break
		}
		if !sum.CutShort || n > 18 {
			t.Fatalf("sweep %d: %+v", n, sum)
		}
	}
}

// A sweep with time for everything begins at the first key, also after one that had not.
func TestASweepGoesRoundTheEndOfTheBucket(t *testing.T) {
	y := newFixture(t)
	for _, key := range []string{"a.csv", "b.csv", "c.csv"} {
		y.file(key, report.FileLoaded)
		y.put(key, "e1")
	}
	y.sweptTo = "b.csv"
	if sum := y.sweep(); sum.Listed != 3 || sum.Deleted != 3 || sum.CutShort || y.sweptTo != "" {
		t.Errorf("%+v, and the next sweep begins behind %q", sum, y.sweptTo)
	}
	if want := "c.csv a.csv b.csv"; strings.ReplaceAll(strings.Join(y.deletes, ""), " e1 ", " ") != want+" " {
		t.Errorf("deletions %q, want the order %s", y.deletes, want)
	}
}

// The error of a sweep has an end, however much goes wrong.
func TestProblemsAreCountedWhenTheyAreMany(t *testing.T) {
	y := newFixture(t)
	for i := range 200 {
		y.put(fmt.Sprintf("a-%03d.csv", i), "e1")
	}
	y.files.match = func(context.Context, string) (report.File, error) {
		return report.File{}, fault.New(fault.Transient, "the ledger is down")
	}
	sum, err := y.Sweep(t.Context())
	if err == nil || sum.Failed != 200 || strings.Count(err.Error(), "the ledger is down") != 50 || !strings.Contains(err.Error(), "and 150 problems more") {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestAnUnreadableFileKeepsNoOtherBack: it is an error of the sweep, and the file beside it is dealt with.
func TestAnUnreadableFileKeepsNoOtherBack(t *testing.T) {
	y := newFixture(t)
	f := y.file("a.csv", report.FileLoaded)
	unreadable := errors.New("b.csv cannot be read")
	y.files.dueFiles = func(context.Context, time.Time, int) ([]report.File, error) { return []report.File{f}, unreadable }
	sum, err := y.Sweep(t.Context())
	if !errors.Is(err, unreadable) || sum.Deleted != 1 {
		t.Errorf("summary %+v, error %v", sum, err)
	}
}
