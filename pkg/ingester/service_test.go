package ingester_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const (
	november1 = "asp_device/dataset_date=2026-11-01/seaside.parquet"
	november3 = "asp_device/dataset_date=2026-11-03/seaside.parquet"
)

// TestALoadFromArrivalToReceipt has every number worked out by hand; the digest is sha256sum's.
func TestALoadFromArrivalToReceipt(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	out := d.ingest(d.deliver("a.csv", "2026-11-01,1.5\n2026-11-01,2\n2026-11-03,0.25\n"))

	if out.Decision != report.DecideLoad || out.Quarantined || out.File.Status != report.FileLoaded {
		t.Errorf("decided %s, file %s", out.Decision, out.File.Status)
	}
	want := &report.Receipt{
		SHA256: "12001943eec7ce8801fc75a8a44a06c5ff73a9da5914638d5e16acacabdfebb6", Bytes: 44, Rows: 3,
		Sums: map[string]string{"minutes": "3.75"}, LoadedAt: start,
		Partitions: []report.PartitionProof{
			{Date: window.From, Outcome: report.PartitionWritten, Rows: 2, Key: november1, ETag: objectstest.ETag("2026-11-01,1.5\n2026-11-01,2\n")},
			{Date: window.From + 1, Outcome: report.PartitionZero},
			{Date: window.To, Outcome: report.PartitionWritten, Rows: 1, Key: november3, ETag: objectstest.ETag("2026-11-03,0.25\n")},
		},
	}
	if diff := cmp.Diff(want, out.File.Receipt); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
	partition := d.published[window.From]
	partition.Version = 0
	if diff := cmp.Diff(report.Partition{
		Subscription: "seaside", Table: "asp_device", Date: window.From, Generation: asked, Job: "seaside-1", File: "a.csv",
		Rows: 2, Sums: map[string]string{"minutes": "3.5"}, Figures: map[string]report.Figures{"minutes": {Values: 2, Sum: "3.5"}}, Key: november1, ETag: objectstest.ETag("2026-11-01,1.5\n2026-11-01,2\n"),
		SHA256: digest("2026-11-01,1.5\n2026-11-01,2\n"), LoadedAt: start,
	}, partition); diff != "" {
		t.Errorf("slice (-want +got):\n%s", diff)
	}
	if zero := d.published[window.From+1]; zero.Version != 1 || zero.Rows != 0 || zero.Key != "" || !zero.Generation.Equal(asked) {
		t.Errorf("the day without rows is recorded as %+v", zero)
	}
	if diff := cmp.Diff(map[string]string{
		"generation": "2026-11-05T04:00:00Z", "job": "seaside-1", "rows": "2",
		"source-etag": objectstest.ETag("2026-11-01,1.5\n2026-11-01,2\n2026-11-03,0.25\n"), "sha256": digest("2026-11-01,1.5\n2026-11-01,2\n"),
		"format": "2",
	}, d.stored[november1].Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	if d.job.Status != report.JobLoaded || d.closed != 1 {
		t.Errorf("job %s, %d conversions closed", d.job.Status, d.closed)
	}
}

// TestUnknownColumnsAndUnevenMeasures: a measure that only some days have is still added up.
func TestUnknownColumnsAndUnevenMeasures(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	d.converter.convert = func(ctx context.Context, csv io.Reader, c report.Contract) (report.Conversion, error) {
		conversion, err := d.convert(ctx, csv, c)
		conversion.Days[0].Sums["wakes"] = "7"
		return conversion, err
	}
	out := d.ingest(d.deliver("a.csv", "? mood\n2026-11-01,1\n2026-11-02,1\n"))
	if diff := cmp.Diff(map[string]string{"minutes": "2", "wakes": "7"}, out.File.Receipt.Sums); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
	if !slices.Equal(out.File.Receipt.Unknown, []string{"mood"}) {
		t.Errorf("unknown columns %q", out.File.Receipt.Unknown)
	}
}

// TestTheSameDeliveryAgainIsOneCall (I1): no bucket is touched.
func TestTheSameDeliveryAgainIsOneCall(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	delivery := d.deliver("a.csv", "2026-11-01,1\n")
	d.ingest(delivery)
	d.onlyArrivals()
	if out := d.ingest(delivery); out.Decision != report.DecideDuplicate || out.File.Key != "a.csv" {
		t.Errorf("decided %s about %q", out.Decision, out.File.Key)
	}
}

// onlyArrivals makes every call but that of Arrive fail the test.
func (d *fixture) onlyArrivals() {
	*d.claims = claims{t: d.t, arrive: d.claims.arrive}
	*d.days, *d.siblings, *d.converter = days{t: d.t}, siblings{t: d.t}, converter{t: d.t}
	*d.deliveries, *d.dataset = bucket{t: d.t}, bucket{t: d.t}
}

func TestDecisionsThatNeedNothing(t *testing.T) {
	for _, decision := range []report.Decision{report.DecideDuplicate, report.DecideBusy, report.DecideStray, report.DecideReturned} {
		t.Run(decision.String(), func(t *testing.T) {
			d := newFixture(t)
			d.onlyArrivals()
			d.claims.arrive = func(context.Context, report.Delivery, report.Claim, time.Time) (report.File, report.Decision, error) {
				return report.File{Key: "a.csv"}, decision, nil
			}
			out := d.ingest(report.Delivery{Key: "a.csv", ETag: "e", At: start})
			if out.Decision != decision || out.File.Key != "a.csv" || out.Quarantined {
				t.Errorf("outcome %+v", out)
			}
		})
	}
}

// TestAStrayIsNeverOpened (I3), and rests for its grace.
func TestAStrayIsNeverOpened(t *testing.T) {
	for name, c := range map[string]struct{ configured, want time.Duration }{
		"six hours": {6 * time.Hour, 6 * time.Hour}, "as configured": {time.Minute, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.StrayGrace = c.configured
			delivery := d.deliver("gift.csv", "2026-11-01,1\n")
			d.onlyArrivals()
			d.ingest(delivery)
			if f := d.files["gift.csv"]; f.Status != report.FileStray || !f.DueAt.Equal(start.Add(c.want)) {
				t.Errorf("file is %s, due %s", f.Status, f.DueAt)
			}
		})
	}
}

// TestAClaimOutlivesItsWorker: nobody may take it over while the function can still be running.
func TestAClaimOutlivesItsWorker(t *testing.T) {
	cases := map[string]struct {
		lease, left, want time.Duration // left 0: no deadline
	}{
		"no deadline":                {time.Minute, 0, time.Minute},
		"a minute after its end":     {time.Minute, 5 * time.Minute, 6 * time.Minute},
		"as configured":              {10 * time.Second, 5 * time.Minute, 5*time.Minute + 10*time.Second},
		"as configured, no deadline": {10 * time.Second, 0, 10 * time.Second},
		"the end has passed":         {time.Minute, -time.Hour, time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.onlyArrivals()
			d.Lease = c.lease
			ctx := t.Context()
			if c.left != 0 {
				ctx = ending{ctx, start.Add(c.left)}
			}
			d.claims.arrive = func(_ context.Context, _ report.Delivery, claim report.Claim, now time.Time) (report.File, report.Decision, error) {
				if claim.Worker != "worker 1" || !now.Equal(start) || !claim.Lease.Equal(start.Add(c.want)) {
					t.Errorf("%s claims at %s until %s, want for %s", claim.Worker, now, claim.Lease, c.want)
				}
				return report.File{}, report.DecideBusy, nil
			}
			if _, err := d.Ingest(ctx, report.Delivery{Key: "a.csv", ETag: "e", At: start}); err != nil {
				t.Error(err)
			}
		})
	}
}

// ending is a context of which the fixture's clock says when it ends.
type ending struct {
	context.Context
	at time.Time
}

func (e ending) Deadline() (time.Time, bool) { return e.at, true }

// TestContentThatCanNeverLoad is quarantined with its reason, once: no error, so that it does not come again.
func TestContentThatCanNeverLoad(t *testing.T) {
	cases := map[string]struct {
		hold, want time.Duration
		change     func(*fixture)
		reason     string
	}{
		"a broken row":                       {12 * time.Hour, 12 * time.Hour, func(*fixture) {}, "line 2 is no row"},
		"kept as long as configured":         {time.Hour, time.Hour, func(*fixture) {}, "line 2 is no row"},
		"too many bytes to be read":          {12 * time.Hour, 12 * time.Hour, func(d *fixture) { d.MaxBytes = 16; *d.deliveries = bucket{t: d.t} }, "17 bytes; at most 16"},
		"loading it was begun too often":     {12 * time.Hour, 12 * time.Hour, func(d *fixture) { d.begun("a.csv", 8); *d.deliveries = bucket{t: d.t} }, "begun 8 times"},
		"begun often, but not yet too often": {12 * time.Hour, 12 * time.Hour, func(d *fixture) { d.begun("a.csv", 7) }, "line 2 is no row"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.expect("a.csv")
			d.QuarantineHold = c.hold
			delivery := d.deliver("a.csv", "2026-11-01,1\noops")
			c.change(d)
			*d.dataset = bucket{t: t} // nothing of it reaches the dataset
			out := d.ingest(delivery)
			f := d.files["a.csv"]
			if !out.Quarantined || f.Status != report.FileQuarantined || !f.DueAt.Equal(start.Add(c.want)) {
				t.Errorf("outcome %+v, file %s due %s", out, f.Status, f.DueAt)
			}
			if !strings.Contains(f.Reason, c.reason) {
				t.Errorf("reason %q, want %q in it", f.Reason, c.reason)
			}
			if j := d.job; j.Status != report.JobAwaitingFiles || j.Files[0].Status != report.FileQuarantined {
				t.Errorf("job %s, its file %s", j.Status, j.Files[0].Status)
			}
		})
	}
}

// begun says that loading the content that is there was begun before, and each time killed its worker.
func (d *fixture) begun(key string, times int) {
	o := d.delivered[key]
	f := d.files[key]
	f.Status, f.Loads, f.DueAt = report.FileClaimed, times, start.Add(-time.Second)
	f.Delivery = &report.Delivery{Bucket: "delivery", Key: key, ETag: o.ETag, Size: o.Size, At: start}
	d.files[key] = f
}

// TestAFailureInPassing gives the claim back, so that the next attempt need not wait for the lease.
func TestAFailureInPassing(t *testing.T) {
	down := fault.New(fault.Transient, "S3 is down")
	cases := map[string]func(*fixture){
		"opening it": func(d *fixture) {
			d.deliveries.open = func(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
				return nil, report.Object{}, down
			}
		},
		"reading it": func(d *fixture) {
			d.deliveries.open = func(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
				return io.NopCloser(io.MultiReader(strings.NewReader("2026-11-01"), failing{down})), report.Object{}, nil
			}
		},
		"reading the published days": func(d *fixture) {
			d.days.partitions = func(context.Context, string, string, report.Window) ([]report.Partition, error) { return nil, down }
		},
		"fencing them": func(d *fixture) {
			d.days.fence = func(context.Context, report.File, []report.Partition, time.Time, time.Time) ([]report.Partition, error) {
				return nil, down
			}
		},
		"writing a day": func(d *fixture) {
			d.dataset.put = func(context.Context, report.Write) (report.Object, error) {
				return report.Object{}, down
			}
		},
		"committing": func(d *fixture) {
			d.days.commit = func(context.Context, report.Load, time.Time) (report.File, error) {
				return report.File{}, down
			}
		},
	}
	for name, breaks := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.expect("a.csv")
			delivery := d.deliver("a.csv", "2026-11-01,1\n")
			breaks(d)
			if _, err := d.Ingest(t.Context(), delivery); !errors.Is(err, down) || !fault.Is(err, fault.Transient) {
				t.Errorf("error %v", err)
			}
			f := d.files["a.csv"]
			if f.Status != report.FileExpected || !f.DueAt.Equal(start.Add(5*time.Minute)) || f.Setbacks != 1 || !strings.Contains(f.Reason, "S3 is down") {
				t.Errorf("file %s, due %s, %d setbacks: %q; want it given back and due in five minutes", f.Status, f.DueAt, f.Setbacks, f.Reason)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestATruncatedReadIsNotLoaded: the event, or S3, says how many bytes there are.
func TestATruncatedReadIsNotLoaded(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	delivery := d.deliver("a.csv", "2026-11-01,1\n")
	delivery.Size = 14
	*d.dataset = bucket{t: t}
	if _, err := d.Ingest(t.Context(), delivery); !fault.Is(err, fault.Transient) || !strings.Contains(err.Error(), "13 bytes of 14") {
		t.Errorf("error %v", err)
	}
	if f := d.files["a.csv"]; f.Status != report.FileExpected || d.closed != 1 {
		t.Errorf("file %s, %d conversions closed", f.Status, d.closed)
	}
}

// TestTheRunsTimeIsUp: the claim is given back with time of its own.
func TestTheRunsTimeIsUp(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	delivery := d.deliver("a.csv", "2026-11-01,1\n")
	ctx, cancel := context.WithCancel(t.Context())
	d.converter.convert = func(ctx context.Context, _ io.Reader, _ report.Contract) (report.Conversion, error) {
		cancel()
		return report.Conversion{}, ctx.Err()
	}
	if _, err := d.Ingest(ctx, delivery); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if f := d.files["a.csv"]; f.Status != report.FileExpected || f.Setbacks != 0 {
		t.Errorf("file %s, %d setbacks; want it given back, and the load counted: the content may be what takes so long", f.Status, f.Setbacks)
	}
}

// TestAClaimThatCannotBeGivenBack stays until its lease runs out, and is an error whatever the cause was: also when the cause
// alone would have been looked at again.
func TestAClaimThatCannotBeGivenBack(t *testing.T) {
	for _, cause := range []fault.Kind{fault.Transient, fault.Conflict, fault.Internal} {
		t.Run(cause.String(), func(t *testing.T) {
			d := newFixture(t)
			d.expect("a.csv")
			delivery := d.deliver("a.csv", "2026-11-01,1\n")
			d.deliveries.open = func(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
				return nil, report.Object{}, fault.New(cause, "cannot open")
			}
			d.claims.updateFile = func(context.Context, string, time.Time, func(*report.File) error) (report.File, error) {
				return report.File{}, fault.New(fault.Transient, "the ledger is down")
			}
			_, err := d.Ingest(t.Context(), delivery)
			if !fault.Is(err, fault.Transient) || !strings.Contains(err.Error(), "cannot open") || !strings.Contains(err.Error(), "the ledger is down") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestSpilledPartsThatStay are no success, although what is committed is committed.
func TestSpilledPartsThatStay(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	d.converter.convert = func(ctx context.Context, csv io.Reader, c report.Contract) (report.Conversion, error) {
		conversion, err := d.convert(ctx, csv, c)
		conversion.Close = func() error { return errors.New("disk") }
		return conversion, err
	}
	if _, err := d.Ingest(t.Context(), d.deliver("a.csv", "2026-11-01,1\n")); !fault.Is(err, fault.Internal) || !strings.Contains(err.Error(), "disk") {
		t.Errorf("error %v", err)
	}
	if f := d.files["a.csv"]; f.Status != report.FileLoaded {
		t.Errorf("file %s", f.Status)
	}
}

// TestAnArrivalThatCannotBeRecorded is an error, and nothing else happens.
func TestAnArrivalThatCannotBeRecorded(t *testing.T) {
	d := newFixture(t)
	d.onlyArrivals()
	down := fault.New(fault.Transient, "the ledger is down")
	d.claims.arrive = func(context.Context, report.Delivery, report.Claim, time.Time) (report.File, report.Decision, error) {
		return report.File{}, 0, down
	}
	if _, err := d.Ingest(t.Context(), report.Delivery{Key: "a.csv", ETag: "e", At: start}); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
}
