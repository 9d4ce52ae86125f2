package janitor_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// TestEveryStatusMeetsEveryObject: what a sweep does about one file, by the file's status, by what lies under its key, and by
// whether the file is due. Every combination is here.
func TestEveryStatusMeetsEveryObject(t *testing.T) {
	const (
		none      = report.FileStatus("")
		same      = "e1"
		different = "e2"
		absent    = ""
	)
	var (
		left        = janitor.Summary{Left: 1}
		gone        = janitor.Summary{Deleted: 1, Sealed: 1}
		redelivered = janitor.Summary{Redelivered: 1}
		lost        = janitor.Summary{Lost: 1}
		nothing     = janitor.Summary{}
	)
	type row struct {
		status report.FileStatus
		etag   string
		due    bool
		want   janitor.Summary
	}
	rows := []row{
		{none, same, false, redelivered},

		{report.FileExpected, same, false, left}, // its load failed a moment ago
		{report.FileExpected, same, true, redelivered},
		{report.FileExpected, different, false, redelivered},
		{report.FileExpected, different, true, redelivered},
		{report.FileExpected, absent, false, nothing},
		{report.FileExpected, absent, true, lost},

		{report.FileClaimed, same, false, left}, // somebody is loading it
		{report.FileClaimed, same, true, redelivered},
		{report.FileClaimed, different, false, left},
		{report.FileClaimed, different, true, redelivered},
		{report.FileClaimed, absent, false, nothing},
		{report.FileClaimed, absent, true, lost},

		{report.FileLoaded, same, false, gone},
		{report.FileLoaded, same, true, gone},
		{report.FileLoaded, different, false, redelivered},
		{report.FileLoaded, different, true, redelivered},
		{report.FileLoaded, absent, false, nothing},
		{report.FileLoaded, absent, true, gone}, // somebody else removed it: certified as found

		{report.FileDeleted, same, false, redelivered}, // put again
		{report.FileDeleted, same, true, redelivered},
		{report.FileDeleted, different, false, redelivered},
		{report.FileDeleted, different, true, redelivered},
		{report.FileDeleted, absent, false, nothing},
		{report.FileDeleted, absent, true, nothing},

		{report.FileStray, same, false, left}, // its grace lasts
		{report.FileStray, same, true, gone},
		{report.FileStray, different, false, redelivered},
		{report.FileStray, different, true, redelivered},
		{report.FileStray, absent, false, nothing},
		{report.FileStray, absent, true, gone},

		{report.FileQuarantined, same, false, left}, // a person may look
		{report.FileQuarantined, same, true, gone},
		{report.FileQuarantined, different, false, redelivered},
		{report.FileQuarantined, different, true, redelivered},
		{report.FileQuarantined, absent, false, nothing},
		{report.FileQuarantined, absent, true, gone},

		{report.FileLost, same, false, redelivered}, // it came after all
		{report.FileLost, same, true, redelivered},
		{report.FileLost, different, false, redelivered},
		{report.FileLost, different, true, redelivered},
		{report.FileLost, absent, false, nothing},
		{report.FileLost, absent, true, nothing},
	}
	if want := 1 + 6*len(report.FileStatuses()); len(rows) != want {
		t.Fatalf("%d combinations, want %d: a status is missing", len(rows), want)
	}
	for _, r := range rows {
		name := fmt.Sprintf("%s object=%s due=%t", r.status, map[string]string{same: "same", different: "different", absent: "absent"}[r.etag], r.due)
		t.Run(name, func(t *testing.T) {
			y := newFixture(t)
			if r.status != none {
				y.file("a.csv", r.status)
				y.dueIn("a.csv", map[bool]time.Duration{true: 0, false: time.Second}[r.due])
			}
			if r.etag != absent {
				y.put("a.csv", r.etag)
				r.want.Listed, r.want.Oldest = 1, time.Hour
				switch onPurpose := r.status == report.FileStray || r.status == report.FileQuarantined; {
				case r.want.Deleted > 0:
				case onPurpose && r.want.Left > 0:
					r.want.Kept = 1
				default:
					r.want.OldestUnkept = time.Hour
				}
			}
			if got := y.sweep(); got != r.want {
				t.Errorf("summary %+v, want %+v", got, r.want)
			}
			if n := r.want.Deleted; len(y.certificates) != n || n == 0 && len(y.deletes) != 0 {
				t.Errorf("%d certificates, deletions %q", len(y.certificates), y.deletes)
			}
			if r.want.Redelivered == 1 {
				if len(y.started) != 1 || y.started[0].ETag != r.etag || y.started[0].Bucket != "delivery" || y.started[0].Size != 48213 {
					t.Errorf("started %+v, want what lies there", y.started)
				}
			} else if len(y.started) != 0 {
				t.Errorf("started %+v", y.started)
			}
			if r.want.Lost == 1 && y.ledger["a.csv"].Status != report.FileLost {
				t.Errorf("file %s", y.ledger["a.csv"].Status)
			}
		})
	}
}

// TestADueFileThatWasNotListed but is there after all: it came while the bucket was being listed.
func TestADueFileThatWasNotListed(t *testing.T) {
	for _, status := range []report.FileStatus{report.FileExpected, report.FileClaimed} {
		y := newFixture(t)
		y.file("a.csv", status)
		y.dueIn("a.csv", 0)
		y.put("a.csv", "e1")
		y.deliveries.list = func(context.Context, string) iter.Seq2[report.Object, error] {
			return func(func(report.Object, error) bool) {}
		}
		if got := y.sweep(); got != (janitor.Summary{Redelivered: 1}) || !y.started[0].At.Equal(delivered) {
			t.Errorf("%s: summary %+v, started %+v", status, got, y.started)
		}
	}
}

// TestWhatHasNotComeIsNotTheSweeps: the job gives it up.
func TestWhatHasNotComeIsNotTheSweeps(t *testing.T) {
	y := newFixture(t)
	f := y.file("a.csv", report.FileExpected)
	f.Delivery, f.DueAt = nil, start
	y.ledger["a.csv"] = f
	y.deliveries.stat = nil
	if got := y.sweep(); got != (janitor.Summary{}) {
		t.Errorf("summary %+v", got)
	}
}

// TestAnObjectMatchesItsFileByBaseName: the file is not looked at a second time among those that are due.
func TestAnObjectMatchesItsFileByBaseName(t *testing.T) {
	y := newFixture(t)
	f := y.file("a.csv", report.FileLoaded)
	f.Delivery.Key = "out/2026/a.csv"
	y.ledger["a.csv"] = f
	y.dueIn("a.csv", 0)
	y.put("out/2026/a.csv", "e1")
	y.files.match = func(context.Context, string) (report.File, error) { return y.ledger["a.csv"], nil }
	y.files.dueFiles = func(context.Context, time.Time, int) ([]report.File, error) { return []report.File{f}, nil }
	if got := y.sweep(); got.Deleted != 1 || got.Listed != 1 {
		t.Errorf("summary %+v", got)
	}
	if want := []string{"out/2026/a.csv e1 "}; !slices.Equal(y.deletes, want) {
		t.Errorf("deletions %q, want %q", y.deletes, want)
	}
}

// TestAnObjectThatIsPutAgainCameAfterItsDeletion, whatever its time stamp says; one that was only listed before its deletion
// did not come at all.
func TestAnObjectThatIsPutAgainCameAfterItsDeletion(t *testing.T) {
	for name, c := range map[string]struct{ modified, want time.Time }{
		"its time stamp is older":    {delivered, start.Add(-time.Second + time.Millisecond)},
		"its time stamp is the same": {start.Add(-time.Second), start.Add(-time.Second + time.Millisecond)},
		"its time stamp is newer":    {start.Add(-time.Millisecond), start.Add(-time.Millisecond)},
	} {
		t.Run(name, func(t *testing.T) {
			y := newFixture(t)
			y.file("a.csv", report.FileDeleted) // a second before the start
			o := y.put("a.csv", "e1")
			o.ModifiedAt = c.modified
			y.objects["a.csv"] = objectstest.Stored{Object: o}
			y.sweep()
			if len(y.started) != 1 || !y.started[0].At.Equal(c.want) {
				t.Errorf("started %+v, want it to have come at %s", y.started, c.want)
			}
		})
	}
	t.Run("it is gone by now", func(t *testing.T) {
		y := newFixture(t)
		y.file("a.csv", report.FileDeleted)
		y.put("a.csv", "e1")
		y.deliveries.stat = notThere
		if got := y.sweep(); got.Left != 1 || len(y.started) != 0 {
			t.Errorf("summary %+v", got)
		}
	})
}

// TestAListingThatBreaksOff says nothing of what was not listed. What is due is dealt with all the same, by a look at its own
// object: two are certified as gone, and one that was never loaded is lost.
func TestAListingThatBreaksOff(t *testing.T) {
	y := newFixture(t)
	y.file("a.csv", report.FileLoaded)
	first := y.put("a.csv", "e1")
	for _, status := range []report.FileStatus{report.FileLoaded, report.FileStray, report.FileExpected} {
		key := "due-" + string(status)
		y.file(key, status)
		y.dueIn(key, 0)
	}
	down := fault.New(fault.Transient, "page 2 cannot be read")
	y.deliveries.list = func(context.Context, string) iter.Seq2[report.Object, error] {
		return func(yield func(report.Object, error) bool) {
			if yield(first, nil) && yield(report.Object{}, down) {
				t.Error("the sweep goes on after an error of the listing")
			}
		}
	}
	sum, err := y.Sweep(t.Context())
	if !errors.Is(err, down) || sum.Listed != 1 || sum.Deleted != 3 || sum.Lost != 1 || !sum.Unlisted {
		t.Errorf("summary %+v, error %v", sum, err)
	}
	if want := []string{"a.csv e1 ", "due-LOADED e1 ", "due-STRAY e1 "}; !slices.Equal(y.deletes, want) {
		t.Errorf("deletions %q, want %q", y.deletes, want)
	}
}

// TestAtMostSoManyAreDeleted, in the listing and among the due files together; what is left is deleted by the next sweep.
func TestAtMostSoManyAreDeleted(t *testing.T) {
	y := newFixture(t)
	y.MaxDeletions = 4
	for i, status := range []report.FileStatus{
		report.FileLoaded, report.FileStray, report.FileQuarantined, report.FileLoaded, report.FileStray, report.FileQuarantined, report.FileLoaded,
	} {
		key := fmt.Sprintf("listed-%d", i)
		y.file(key, status)
		y.dueIn(key, 0)
		y.put(key, "e1")
	}
	for _, status := range []report.FileStatus{report.FileLoaded, report.FileStray} {
		key := "due-" + string(status)
		y.file(key, status)
		y.dueIn(key, 0)
	}
	if got := y.sweep(); got.Deleted != 4 || got.Left != 3 || len(y.certificates) != 4 {
		t.Errorf("first: %+v with %d certificates", got, len(y.certificates))
	}
	if got := y.sweep(); got.Deleted != 4 || got.Left != 0 {
		t.Errorf("second: %+v", got)
	}
	if got := y.sweep(); got.Deleted != 1 || got.Listed != 0 {
		t.Errorf("third: %+v", got)
	}
}

func TestAThousandDeletionsByDefault(t *testing.T) {
	y := newFixture(t)
	for i := range 1001 {
		key := fmt.Sprintf("%04d", i)
		y.file(key, report.FileLoaded)
		y.put(key, "e1")
	}
	if got := y.sweep(); got.Deleted != 1000 || got.Left != 1 {
		t.Errorf("summary %+v", got)
	}
}

// TestUnfinishedUploadsAreEnded when they are an hour old, or as old as configured.
func TestUnfinishedUploadsAreEnded(t *testing.T) {
	for name, c := range map[string]struct{ configured, want time.Duration }{
		"an hour by default": {0, time.Hour}, "as configured": {time.Minute, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			y := newFixture(t)
			y.UploadAge = cmp.Or(c.configured, y.UploadAge)
			y.deliveries.abort = func(_ context.Context, before time.Time) (int, error) {
				if !before.Equal(start.Add(-c.want)) {
					t.Errorf("ends those before %s", before)
				}
				return 2, nil
			}
			if got := y.sweep(); got.Aborted != 2 {
				t.Errorf("summary %+v", got)
			}
		})
	}
	t.Run("some cannot be", func(t *testing.T) {
		y := newFixture(t)
		down := fault.New(fault.Transient, "down")
		y.deliveries.abort = func(context.Context, time.Time) (int, error) { return 1, down }
		if sum, err := y.Sweep(t.Context()); !errors.Is(err, down) || sum.Aborted != 1 {
			t.Errorf("summary %+v, error %v", sum, err)
		}
	})
}

// TestOneObjectsProblemIsNotTheOthers: each is named, and everything else is done.
func TestOneObjectsProblemIsNotTheOthers(t *testing.T) {
	y := newFixture(t)
	for _, key := range []string{"a.csv", "b.csv", "c.csv"} {
		y.file(key, report.FileLoaded)
		y.put(key, "e1")
	}
	y.file("d.csv", report.FileClaimed)
	y.dueIn("d.csv", 0)
	y.file("e.csv", report.FileClaimed)
	y.dueIn("e.csv", 0)
	match, stat := y.files.match, y.deliveries.stat
	y.files.match = func(ctx context.Context, key string) (report.File, error) {
		if key == "b.csv" {
			return report.File{}, errors.New("cannot match")
		}
		return match(ctx, key)
	}
	y.deliveries.stat = func(ctx context.Context, key string) (report.Object, error) {
		if key == "d.csv" {
			return report.Object{}, errors.New("cannot look")
		}
		return stat(ctx, key)
	}
	sum, err := y.Sweep(t.Context())
	if sum.Deleted != 2 || sum.Lost != 1 || sum.Listed != 3 {
		t.Errorf("summary %+v", sum)
	}
	for _, words := range []string{"object b.csv: cannot match", "file d.csv: cannot look"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v does not say %q", err, words)
		}
	}
	if y.ledger["d.csv"].Status != report.FileClaimed {
		t.Error("a file was given up without having been looked for")
	}
}

func TestDueFilesThatCannotBeRead(t *testing.T) {
	y := newFixture(t)
	down := fault.New(fault.Transient, "the ledger is down")
	aborted := false
	y.files.dueFiles = func(context.Context, time.Time, int) ([]report.File, error) { return nil, down }
	y.deliveries.abort = func(context.Context, time.Time) (int, error) { aborted = true; return 0, nil }
	if _, err := y.Sweep(t.Context()); !errors.Is(err, down) || !aborted {
		t.Errorf("error %v; uploads looked at: %t", err, aborted)
	}
}

// TestALoadThatCannotBeStarted is an error: the next sweep tries again.
func TestALoadThatCannotBeStarted(t *testing.T) {
	y := newFixture(t)
	y.put("a.csv", "e1")
	down := fault.New(fault.Transient, "the queue is down")
	y.queue.redeliver = func(context.Context, report.Delivery) error { return down }
	if sum, err := y.Sweep(t.Context()); !errors.Is(err, down) || sum.Redelivered != 0 {
		t.Errorf("summary %+v, error %v", sum, err)
	}
}

// TestAFileThatMovedOnIsNotGivenUp: between looking and giving up, somebody claimed it.
func TestAFileThatMovedOnIsNotGivenUp(t *testing.T) {
	cases := map[string]func(*report.File){
		"another claim":  func(f *report.File) { f.Epoch++ },
		"another status": func(f *report.File) { f.Status = report.FileLoaded },
	}
	for name, meanwhile := range cases {
		t.Run(name, func(t *testing.T) {
			y := newFixture(t)
			y.file("a.csv", report.FileClaimed)
			y.dueIn("a.csv", 0)
			y.deliveries.stat = func(context.Context, string) (report.Object, error) {
				f := y.ledger["a.csv"]
				meanwhile(&f)
				y.ledger["a.csv"] = f
				return report.Object{}, fault.New(fault.NotFound, "gone")
			}
			if got := y.sweep(); got.Lost != 0 || y.ledger["a.csv"].Status == report.FileLost {
				t.Errorf("summary %+v, file %s", got, y.ledger["a.csv"].Status)
			}
		})
	}
}

// A chain that cannot be continued now is continued by a later sweep: what was deleted stays deleted and counted.
func TestASealThatFailsStopsNothing(t *testing.T) {
	y := newFixture(t)
	y.file("a.csv", report.FileLoaded)
	y.put("a.csv", "e1")
	y.sealErr = fault.New(fault.Transient, "slow down")
	sum, err := y.Sweep(t.Context())
	if !errors.Is(err, y.sealErr) || sum.Deleted != 1 || sum.Failed != 0 || len(y.certificates) != 1 {
		t.Errorf("%+v, %d certificates, %v", sum, len(y.certificates), err)
	}
}
