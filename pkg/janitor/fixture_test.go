package janitor_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var (
	// start is when every test begins; objects were delivered an hour before, by a job that was sent two hours before.
	start     = time.Date(2026, 11, 5, 6, 0, 0, 0, time.UTC)
	delivered = start.Add(-time.Hour)
	asked     = start.Add(-2 * time.Hour)
)

const partitionKey = "asp_device/dataset_date=2026-11-01/seaside.parquet"

// fixture is a janitor with all that it needs around it, in memory. What a test does not want is taken out or replaced field
// by field.
type fixture struct {
	*janitor.Service
	t   *testing.T
	now time.Time

	files       *files
	transitions *transitions
	deliveries  *bucket
	dataset     *bucket
	queue       *queue

	ledger       map[string]report.File
	objects      map[string]objectstest.Stored // in the delivery bucket
	stored       map[string]objectstest.Stored // in the dataset
	deletes      []string                      // "key etag version"
	started      []report.Delivery
	certificates []report.Certificate
	sealed       int
	sealErr      error
	sweptTo      string
	published    []report.Partition
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	y := &fixture{t: t, now: start, ledger: map[string]report.File{}}
	now := func() time.Time { return y.now }
	deliveries, dataset := objectstest.NewMemory(now), objectstest.NewMemory(now)
	y.objects, y.stored = deliveries.Objects, dataset.Objects
	read := func(_ context.Context, key string) (report.File, error) {
		f, ok := y.ledger[key]
		if !ok {
			return report.File{Key: key}, nil
		}
		return f, nil
	}
	y.files = &files{t, func(ctx context.Context, key string) (report.File, error) {
		if _, ok := y.ledger[key]; !ok {
			return report.File{}, fault.New(fault.NotFound, "no file %s", key)
		}
		return read(ctx, key)
	}, read, y.due}
	y.transitions = &transitions{t, y.update, y.certify}
	y.deliveries = &bucket{
		t: t, list: deliveries.ListAfter, stat: deliveries.Stat, versions: deliveries.Versions,
		delete: func(ctx context.Context, key, etag, versionID string) (string, error) {
			y.deletes = append(y.deletes, key+" "+etag+" "+versionID)
			return deliveries.Delete(ctx, key, etag, versionID)
		},
		abort: func(context.Context, time.Time) (int, error) { return 0, nil },
	}
	y.dataset = &bucket{t: t, stat: dataset.Stat}
	y.queue = &queue{t, func(_ context.Context, d report.Delivery) error {
		y.started = append(y.started, d)
		return nil
	}}
	y.Service = &janitor.Service{
		Ledger: records{y.files, y.transitions, y}, Deliveries: y.deliveries, Dataset: y.dataset, Queue: y.queue, Now: now, Bucket: "delivery", MaxDeletions: 1000, UploadAge: time.Hour,
	}
	return y
}

// notThere answers for a bucket that is empty by now.
func notThere(_ context.Context, key string) (report.Object, error) {
	return report.Object{}, fault.New(fault.NotFound, "%s is not there", key)
}

// put lays an object into the delivery bucket.
func (y *fixture) put(key, etag string) report.Object {
	o := report.Object{Key: key, ETag: etag, Size: 48213, ModifiedAt: delivered}
	y.objects[key] = objectstest.Stored{Object: o}
	return o
}

// file records a file whose delivery has the ETag "e1"; one that was ever loaded was loaded into one partition, which is there.
func (y *fixture) file(key string, status report.FileStatus) report.File {
	f := report.File{
		Key: key, Status: status, Job: "seaside-1", Subscription: "seaside", Table: "asp_device", Generation: asked, Epoch: 2,
		Delivery: &report.Delivery{Bucket: "delivery", Key: key, ETag: "e1", Size: 48213, At: delivered},
	}
	switch status {
	case report.FileLoaded, report.FileDeleted:
		f.Receipt = &report.Receipt{SHA256: "digest", Bytes: 48213, LoadedAt: start.Add(-time.Minute), Partitions: []report.PartitionProof{
			{Date: report.NewDate(2026, 11, 1), Outcome: report.PartitionWritten, Rows: 7, Key: partitionKey, ETag: "s1"},
			{Date: report.NewDate(2026, 11, 2), Outcome: report.PartitionZero},
		}}
		y.store("s1", map[string]string{"generation": report.FormatGeneration(asked)})
	case report.FileStray:
		f.Job, f.Subscription, f.Table, f.Generation = "", "", "", time.Time{}
	}
	if status == report.FileDeleted {
		f.DeletedAt = start.Add(-time.Second)
	}
	y.ledger[key] = f
	return f
}

// dueIn sets when a file is due.
func (y *fixture) dueIn(key string, wait time.Duration) {
	f := y.ledger[key]
	f.DueAt = start.Add(wait)
	y.ledger[key] = f
}

func (y *fixture) sweep() janitor.Summary {
	y.t.Helper()
	sum, err := y.Sweep(y.t.Context())
	if err != nil {
		y.t.Fatalf("sweep: %v", err)
	}
	return sum
}

// Seal counts the certificates that it has not been asked to seal before.
func (y *fixture) Seal(context.Context, time.Time) (int, error) {
	n := len(y.certificates) - y.sealed
	y.sealed += n
	return n, y.sealErr
}

// SweptTo and NoteSweptTo keep the cursor in the fixture.
func (y *fixture) SweptTo(context.Context) (string, error) { return y.sweptTo, nil }

func (y *fixture) NoteSweptTo(_ context.Context, key string) error {
	y.sweptTo = key
	return nil
}

// Partitions are the days that the ledger has recorded as published.
func (y *fixture) Partitions(_ context.Context, subscription, table string, w report.Window) ([]report.Partition, error) {
	return slices.DeleteFunc(slices.Clone(y.published), func(s report.Partition) bool {
		return s.Subscription != subscription || s.Table != table || !w.Contains(s.Date)
	}), nil
}

// store lays the object of the one day into the dataset.
func (y *fixture) store(etag string, metadata map[string]string) {
	y.stored[partitionKey] = objectstest.Stored{Object: report.Object{Key: partitionKey, ETag: etag, Metadata: metadata}}
}

// replaced makes an object that a report of another time than the file's has put, and records it where recorded is true.
func (y *fixture) replaced(generation time.Time, recorded bool) {
	metadata := map[string]string{report.MetaGeneration: report.FormatGeneration(generation)}
	y.stored[partitionKey] = objectstest.Stored{Object: report.Object{Key: partitionKey, ETag: "s2", ModifiedAt: start.Add(-time.Minute), Metadata: metadata}}
	if recorded {
		y.published = []report.Partition{{
			Subscription: "seaside", Table: "asp_device", Date: report.NewDate(2026, 11, 1), Generation: generation, Key: partitionKey, ETag: "s2",
		}}
	}
}

func (y *fixture) due(_ context.Context, now time.Time, limit int) ([]report.File, error) {
	var due []report.File
	for _, key := range slices.Sorted(maps.Keys(y.ledger)) {
		if f := y.ledger[key]; !f.DueAt.IsZero() && !f.DueAt.After(now) {
			due = append(due, f)
		}
	}
	slices.SortStableFunc(due, func(a, b report.File) int { return a.DueAt.Compare(b.DueAt) })
	return due[:min(limit, len(due))], nil
}

func (y *fixture) update(_ context.Context, key string, _ time.Time, change func(*report.File) error) (report.File, error) {
	f := y.ledger[key]
	f.History = slices.Clone(f.History)
	if err := change(&f); err != nil {
		return f, err
	}
	y.ledger[key] = f
	return f, nil
}

func (y *fixture) certify(ctx context.Context, key string, c report.Certificate, now time.Time) (report.File, error) {
	f, err := y.update(ctx, key, now, func(f *report.File) error { return f.Delete(now, "verified gone") })
	if err == nil {
		y.certificates = append(y.certificates, c)
	}
	return f, err
}
