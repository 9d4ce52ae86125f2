package ingester_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// TestAnEventWrittenByHand may lack what S3's own always has.
func TestAnEventWrittenByHand(t *testing.T) {
	cases := map[string]report.Delivery{
		"a key alone": {Bucket: "delivery", Key: "a.csv"},
		"no time":     {Bucket: "delivery", Key: "a.csv", ETag: "old"},
		"no ETag":     {Bucket: "delivery", Key: "a.csv", At: start.Add(-time.Hour)},
	}
	for name, delivery := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.expect("a.csv")
			want := d.deliver("a.csv", "2026-11-01,1\n")
			d.ingest(delivery)
			if f := d.files["a.csv"]; f.Status != report.FileLoaded || *f.Delivery != want {
				t.Errorf("file %s with %+v, want %+v", f.Status, f.Delivery, want)
			}
		})
	}
	t.Run("about nothing", func(t *testing.T) {
		d := newFixture(t)
		d.claims.arrive = nil
		if out := d.ingest(report.Delivery{Key: "nothing.csv"}); out.Decision != report.DecideDuplicate {
			t.Errorf("decided %s", out.Decision)
		}
	})
	t.Run("while S3 is down", func(t *testing.T) {
		d := newFixture(t)
		d.claims.arrive = nil
		down := fault.New(fault.Transient, "S3 is down")
		d.deliveries.stat = func(context.Context, string) (report.Object, error) { return report.Object{}, down }
		if _, err := d.Ingest(t.Context(), report.Delivery{Key: "a.csv"}); !errors.Is(err, down) {
			t.Errorf("error %v", err)
		}
	})
}

// TestADeliveryThatIsGone is LOST, without an error: nothing that comes again would help.
func TestADeliveryThatIsGone(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	delivery := d.deliver("a.csv", "2026-11-01,1\n")
	delete(d.delivered, "a.csv")
	d.ingest(delivery)
	f := d.files["a.csv"]
	if f.Status != report.FileLost || f.Reason != "the delivered object is gone" || d.job.Status != report.JobLost {
		t.Errorf("file %s (%s), job %s", f.Status, f.Reason, d.job.Status)
	}
}

// TestADeliveryThatIsGoneFromUnderAClaimThatIsOver is the other worker's to deal with.
func TestADeliveryThatIsGoneFromUnderAClaimThatIsOver(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	delivery := d.deliver("a.csv", "2026-11-01,1\n")
	d.deliveries.open = func(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
		f := d.files["a.csv"]
		f.Epoch++
		d.files["a.csv"] = f
		delete(d.delivered, "a.csv")
		return nil, report.Object{}, fault.New(fault.NotFound, "gone")
	}
	d.ingest(delivery)
	if f := d.files["a.csv"]; f.Status != report.FileClaimed || f.Epoch != 2 {
		t.Errorf("file %s at epoch %d, want the other's claim left alone", f.Status, f.Epoch)
	}
}

// TestContentThatChangedIsLoadedAsItIsNow: the event is a hint, and If-Match tells that it is an old one.
func TestContentThatChangedIsLoadedAsItIsNow(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	old := d.deliver("a.csv", "2026-11-01,1\n")
	d.now = start.Add(time.Minute)
	d.deliver("a.csv", "2026-11-01,2\n")
	d.ingest(old)
	f := d.files["a.csv"]
	if f.Status != report.FileLoaded || f.Delivery.ETag != objectstest.ETag("2026-11-01,2\n") || f.Receipt.Sums["minutes"] != "2" || f.Epoch != 2 {
		t.Errorf("file %s at epoch %d with %+v", f.Status, f.Epoch, f.Delivery)
	}
}

// TestContentThatKeepsChanging is given up for now after four looks.
func TestContentThatKeepsChanging(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	delivery := d.deliver("a.csv", "2026-11-01,0\n")
	looks := 0
	d.deliveries.open = func(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
		looks++
		d.deliver("a.csv", fmt.Sprintf("2026-11-01,%d\n", looks))
		return nil, report.Object{}, fault.New(fault.Conflict, "changed")
	}
	if _, err := d.Ingest(t.Context(), delivery); !fault.Is(err, fault.Transient) || looks != 4 {
		t.Errorf("error %v after %d looks", err, looks)
	}
}

// TestTheSameContentIsKnownWithoutItsVersion: a delivery that tells no version is of the object that is there, so that the claim is
// given back each time, and not kept from the next try until its lease is over.
func TestTheSameContentIsKnownWithoutItsVersion(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	delivery := d.deliver("a.csv", "2026-11-01,1\n")
	o := d.delivered["a.csv"]
	o.VersionID = "v1"
	d.delivered["a.csv"] = o
	d.deliveries.open = func(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
		return nil, report.Object{}, fault.New(fault.Conflict, "the ledger moved")
	}
	out, err := d.Ingest(t.Context(), delivery)
	if f := d.files["a.csv"]; !fault.Is(err, fault.Transient) || f.Status != report.FileExpected {
		t.Errorf("%s, error %v, file %s; want a failure in passing, and the file given back", out.Decision, err, f.Status)
	}
}

// TestLookingAgainMayFail: then nothing is known, and the claim is given back.
func TestLookingAgainMayFail(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	old := d.deliver("a.csv", "2026-11-01,1\n")
	d.deliver("a.csv", "2026-11-01,2\n")
	down := fault.New(fault.Transient, "S3 is down")
	d.deliveries.stat = func(context.Context, string) (report.Object, error) { return report.Object{}, down }
	if _, err := d.Ingest(t.Context(), old); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
	if f := d.files["a.csv"]; f.Status != report.FileExpected {
		t.Errorf("file %s, want it given back", f.Status)
	}
}

// TestACommitThatCameTooLateLooksAgain: a day was published meanwhile by somebody else, so that it is decided anew.
func TestACommitThatCameTooLateLooksAgain(t *testing.T) {
	for name, generation := range map[string]time.Time{"by an older report": asked.Add(-time.Hour), "by a newer report": asked.Add(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.expect("a.csv")
			commits := 0
			d.days.commit = func(ctx context.Context, l report.Load, now time.Time) (report.File, error) {
				if commits++; commits == 1 {
					d.publish("2026-11-01,1.8\n", generation)
				}
				return d.commit(ctx, l, now)
			}
			out := d.ingest(d.deliver("a.csv", "2026-11-01,1\n"))
			want, content := report.PartitionWritten, "2026-11-01,1\n"
			if generation.After(asked) {
				want, content = report.PartitionSuperseded, "2026-11-01,1.8\n"
			}
			if got := out.File.Receipt.Partitions[0].Outcome; got != want || commits != 2 || d.stored[november1].Content != content {
				t.Errorf("outcome %s after %d commits, stored %q; want %s, %q", got, commits, d.stored[november1].Content, want, content)
			}
		})
	}
}

// publish puts a report of 1 November in place: object and record.
func (d *fixture) publish(content string, generation time.Time) {
	day := d.encode(window.From, content)
	d.stored[november1] = objectstest.Stored{Object: report.Object{Key: november1, ETag: objectstest.ETag(content), Metadata: map[string]string{
		report.MetaGeneration: report.FormatGeneration(generation), report.MetaSHA256: day.SHA256,
	}}, Content: content}
	d.published[window.From] = report.Partition{
		Subscription: "seaside", Table: "asp_device", Date: window.From, Generation: generation, Job: "earlier", File: "earlier.csv",
		Rows: day.Rows, Sums: day.Sums, Figures: day.Figures, Key: november1, ETag: objectstest.ETag(content), SHA256: day.SHA256,
		Version: d.published[window.From].Version + 1,
	}
}

// TestDaysThatKeepChanging are given up for now after eight attempts, and the file is given back.
func TestDaysThatKeepChanging(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	commits := 0
	d.days.commit = func(context.Context, report.Load, time.Time) (report.File, error) {
		commits++
		return report.File{}, fault.New(fault.Conflict, "a day has changed")
	}
	if _, err := d.Ingest(t.Context(), d.deliver("a.csv", "2026-11-01,1\n")); !fault.Is(err, fault.Transient) || commits != 8 {
		t.Errorf("error %v after %d commits", err, commits)
	}
	if f := d.files["a.csv"]; f.Status != report.FileExpected || d.closed != 1 {
		t.Errorf("file %s, %d conversions closed", f.Status, d.closed)
	}
}

// TestAClaimThatIsOverCommitsNothing: another worker took the file over while this one was publishing.
func TestAClaimThatIsOverCommitsNothing(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	commits := 0
	d.days.commit = func(ctx context.Context, l report.Load, now time.Time) (report.File, error) {
		commits++
		other := d.files["a.csv"]
		other.Epoch++
		d.files["a.csv"] = other
		return d.commit(ctx, l, now)
	}
	out := d.ingest(d.deliver("a.csv", "2026-11-01,1\n"))
	if out.Decision != report.DecideBusy || commits != 1 || len(d.published) != 0 {
		t.Errorf("decided %s after %d commits, %d days published; want the other's claim respected", out.Decision, commits, len(d.published))
	}
	t.Run("and quarantines nothing", func(t *testing.T) {
		d := newFixture(t)
		d.expect("a.csv")
		d.converter.convert = func(context.Context, io.Reader, report.Contract) (report.Conversion, error) {
			other := d.files["a.csv"]
			other.Epoch++
			d.files["a.csv"] = other
			return report.Conversion{}, fault.New(fault.Poison, "broken")
		}
		out := d.ingest(d.deliver("a.csv", "2026-11-01,1\n"))
		if out.Quarantined || out.Decision != report.DecideBusy || d.files["a.csv"].Status != report.FileClaimed {
			t.Errorf("outcome %+v", out)
		}
	})
}

// TestStoppedBetweenAnyTwoSteps (I2): the worker dies at the n-th call to the outside, before or after that call did its
// work; the lease runs out, and the delivery comes again. Dataset and records end up the same, for every n.
func TestStoppedBetweenAnyTwoSteps(t *testing.T) {
	type end struct {
		Stored     map[string]string
		Partitions map[report.Date]string
		Receipt    report.Receipt
		Job        report.JobStatus
	}
	play := func(t *testing.T, stop int, after bool) (end, int) {
		t.Helper()
		d := newFixture(t)
		d.publish("2026-11-01,1.8\n", asked.Add(-time.Hour)) // to be replaced
		d.expect("a.csv")
		delivery := d.deliver("a.csv", "2026-11-01,1\n2026-11-03,2\n")
		calls := d.dieAt(stop, after)
		for range 3 {
			func() {
				defer func() {
					if cause := recover(); cause != nil {
						if _, meant := cause.(death); !meant {
							panic(cause)
						}
					}
				}()
				if _, err := d.Ingest(t.Context(), delivery); err != nil {
					t.Fatal(err)
				}
			}()
			d.now = d.now.Add(2 * time.Minute) // the lease runs out
		}
		f := d.files["a.csv"]
		if f.Status != report.FileLoaded {
			t.Fatalf("file %s (%s)", f.Status, f.Reason)
		}
		result := end{map[string]string{}, map[report.Date]string{}, *f.Receipt, d.job.Status}
		result.Receipt.LoadedAt = time.Time{}
		for key, o := range d.stored {
			result.Stored[key] = o.Content
		}
		for date, s := range d.published {
			result.Partitions[date] = fmt.Sprint(s.Rows, s.Sums, s.Key, s.ETag, s.SHA256, s.Generation, s.Fence == nil)
		}
		return result, *calls
	}
	want, calls := play(t, 0, false)
	if calls < 7 || maps.Equal(want.Stored, map[string]string{}) {
		t.Fatalf("only %d calls to die at", calls)
	}
	for stop := 1; stop <= calls; stop++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d of %d, after it: %t", stop, calls, after), func(t *testing.T) {
				got, _ := play(t, stop, after)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-undisturbed +stopped):\n%s", diff)
				}
			})
		}
	}
}

// death is how a worker ends that is stopped between two steps.
type death struct{}

// dieAt ends the worker at its n-th call to the outside, once. It returns the count of calls.
func (d *fixture) dieAt(n int, after bool) *int {
	calls := 0
	step := func(isAfter bool) {
		if !isAfter {
			calls++
		}
		if calls == n && after == isAfter {
			panic(death{})
		}
	}
	claims, days, deliveries, dataset := *d.claims, *d.days, *d.deliveries, *d.dataset
	d.claims.arrive = func(ctx context.Context, a report.Delivery, c report.Claim, now time.Time) (report.File, report.Decision, error) {
		step(false)
		defer step(true)
		return claims.arrive(ctx, a, c, now)
	}
	d.deliveries.open = func(ctx context.Context, key, etag, version string) (io.ReadCloser, report.Object, error) {
		step(false)
		defer step(true)
		return deliveries.open(ctx, key, etag, version)
	}
	d.days.partitions = func(ctx context.Context, sub, table string, w report.Window) ([]report.Partition, error) {
		step(false)
		defer step(true)
		return days.partitions(ctx, sub, table, w)
	}
	d.days.fence = func(ctx context.Context, f report.File, s []report.Partition, now, until time.Time) ([]report.Partition, error) {
		step(false)
		defer step(true)
		return days.fence(ctx, f, s, now, until)
	}
	d.dataset.put = func(ctx context.Context, w report.Write) (report.Object, error) {
		step(false)
		defer step(true)
		return dataset.put(ctx, w)
	}
	d.days.commit = func(ctx context.Context, l report.Load, now time.Time) (report.File, error) {
		step(false)
		defer step(true)
		return days.commit(ctx, l, now)
	}
	return &calls
}

var _ ingester.Dataset = (*bucket)(nil)

// TestADayThatNeedNotBeWritten is looked for all the same: this load may have been asked for because somebody missed it.
func TestADayThatNeedNotBeWritten(t *testing.T) {
	other := func(generation time.Time) func(*fixture) {
		return func(d *fixture) {
			day := d.published[window.From]
			d.publish("2026-11-01,1.5\n", generation)
			d.published[window.From] = day
		}
	}
	cases := map[string]struct {
		change  func(*fixture)
		outcome report.PartitionOutcome
		stored  string
		puts    int
	}{
		"it is there":                {func(*fixture) {}, report.PartitionUnchanged, rows(2), 0},
		"it is gone":                 {func(d *fixture) { delete(d.stored, november1) }, report.PartitionWritten, rows(2), 1},
		"an older report lies there": {other(asked.Add(-2 * time.Hour)), report.PartitionWritten, rows(2), 1},
		"a newer report lies there, not yet recorded": {other(asked.Add(time.Hour)), report.PartitionSuperseded, "2026-11-01,1.5\n", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.publish(rows(2), asked.Add(-time.Hour))
			d.expect("a.csv")
			c.change(d)
			out := d.ingest(d.deliver("a.csv", rows(2)))
			proof := out.File.Receipt.Partitions[0]
			if got := d.stored[november1].Content; proof.Outcome != c.outcome || got != c.stored || len(d.puts) != c.puts {
				t.Errorf("%s, stored %q with %d puts; want %s, %q with %d", proof.Outcome, got, len(d.puts), c.outcome, c.stored, c.puts)
			}
			if proof.ETag != d.stored[november1].ETag {
				t.Error("the receipt proves another object than the one that is there")
			}
		})
	}
	t.Run("it cannot be looked for", func(t *testing.T) {
		d := newFixture(t)
		d.publish(rows(2), asked.Add(-time.Hour))
		d.expect("a.csv")
		down := fault.New(fault.Transient, "S3 is down")
		d.dataset.stat = func(context.Context, string) (report.Object, error) { return report.Object{}, down }
		if _, err := d.Ingest(t.Context(), d.deliver("a.csv", rows(2))); !errors.Is(err, down) {
			t.Errorf("error %v", err)
		}
	})
}
