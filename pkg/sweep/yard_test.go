package sweep_test

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/sweep"
)

var (
	// start is when every test begins; objects were delivered an hour before, by a job that was sent two hours before.
	start     = time.Date(2026, 11, 5, 6, 0, 0, 0, time.UTC)
	delivered = start.Add(-time.Hour)
	asked     = start.Add(-2 * time.Hour)
)

const sliceKey = "asp_device/dataset_date=2026-11-01/seaside.parquet"

// yard is a janitor with all that it needs around it, in memory. What a test does not want is taken out or replaced field
// by field.
type yard struct {
	*sweep.Service
	t   *testing.T
	now time.Time

	files       *files
	transitions *transitions
	deliveries  *bucket
	dataset     *bucket
	queue       *queue

	ledger       map[string]report.File
	objects      map[string]report.Object
	stored       map[string]report.Object
	deletes      []string // "key etag version"
	started      []report.Delivery
	certificates []report.Certificate
	sweptTo      string
	published    []report.Slice
}

func newYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{t: t, now: start, ledger: map[string]report.File{}, objects: map[string]report.Object{}, stored: map[string]report.Object{}}
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
		t: t, list: y.list, stat: stater(y.objects), delete: y.delete,
		versions: func(context.Context, string) ([]report.ObjectVersion, error) { return nil, nil },
		abort:    func(context.Context, time.Time) (int, error) { return 0, nil },
	}
	y.dataset = &bucket{t: t, stat: stater(y.stored)}
	y.queue = &queue{t, func(_ context.Context, d report.Delivery) error {
		y.started = append(y.started, d)
		return nil
	}}
	y.Service = &sweep.Service{
		Files: y.files, Transitions: y.transitions, Deliveries: y.deliveries, Uploads: y.deliveries, Dataset: y.dataset,
		Slices: y, Cursor: y, Queue: y.queue, Now: func() time.Time { return y.now }, Bucket: "delivery",
	}
	return y
}

func stater(objects map[string]report.Object) func(context.Context, string) (report.Object, error) {
	return func(_ context.Context, key string) (report.Object, error) {
		o, ok := objects[key]
		if !ok {
			return report.Object{}, fault.New(fault.NotFound, "%s is not there", key)
		}
		return o, nil
	}
}

// put lays an object into the delivery bucket.
func (y *yard) put(key, etag string) report.Object {
	o := report.Object{Key: key, ETag: etag, Size: 48213, ModifiedAt: delivered}
	y.objects[key] = o
	return o
}

// file records a file whose delivery has the ETag "e1"; one that was ever loaded was loaded into one slice, which is there.
func (y *yard) file(key string, status report.FileStatus) report.File {
	f := report.File{
		Key: key, Status: status, Job: "seaside-1", Subscription: "seaside", Table: "asp_device", Generation: asked, Epoch: 2,
		Delivery: &report.Delivery{Bucket: "delivery", Key: key, ETag: "e1", Size: 48213, At: delivered},
	}
	switch status {
	case report.FileLoaded, report.FileDeleted:
		f.Receipt = &report.Receipt{SHA256: "digest", Bytes: 48213, LoadedAt: start.Add(-time.Minute), Slices: []report.SliceProof{
			{Date: report.NewDate(2026, 11, 1), Outcome: report.SliceWritten, Rows: 7, Key: sliceKey, ETag: "s1"},
			{Date: report.NewDate(2026, 11, 2), Outcome: report.SliceZero},
		}}
		y.stored[sliceKey] = report.Object{Key: sliceKey, ETag: "s1", Metadata: map[string]string{"generation": report.FormatGeneration(asked)}}
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
func (y *yard) dueIn(key string, wait time.Duration) {
	f := y.ledger[key]
	f.DueAt = start.Add(wait)
	y.ledger[key] = f
}

func (y *yard) sweep() sweep.Summary {
	y.t.Helper()
	sum, err := y.Sweep(y.t.Context())
	if err != nil {
		y.t.Fatalf("sweep: %v", err)
	}
	return sum
}

// SweptTo and NoteSweptTo keep the cursor in the yard.
func (y *yard) SweptTo(context.Context) (string, error) { return y.sweptTo, nil }

func (y *yard) NoteSweptTo(_ context.Context, key string) error {
	y.sweptTo = key
	return nil
}

// Slices are the days that the ledger has recorded as published.
func (y *yard) Slices(_ context.Context, subscription, table string, w report.Window) ([]report.Slice, error) {
	return slices.DeleteFunc(slices.Clone(y.published), func(s report.Slice) bool {
		return s.Subscription != subscription || s.Table != table || !w.Contains(s.Date)
	}), nil
}

// replaced makes an object that a report of another time than the file's has put, and records it where recorded is true.
func (y *yard) replaced(generation time.Time, recorded bool) {
	metadata := map[string]string{report.MetaGeneration: report.FormatGeneration(generation)}
	y.stored[sliceKey] = report.Object{Key: sliceKey, ETag: "s2", ModifiedAt: start.Add(-time.Minute), Metadata: metadata}
	if recorded {
		y.published = []report.Slice{{
			Subscription: "seaside", Table: "asp_device", Date: report.NewDate(2026, 11, 1), Generation: generation, Key: sliceKey, ETag: "s2",
		}}
	}
}

func (y *yard) list(_ context.Context, after string) iter.Seq2[report.Object, error] {
	listed := slices.Sorted(maps.Keys(y.objects))
	objects := maps.Clone(y.objects) // a listing is a moment
	return func(yield func(report.Object, error) bool) {
		for _, key := range listed {
			if key <= after {
				continue
			}
			if !yield(objects[key], nil) {
				return
			}
		}
	}
}

func (y *yard) due(_ context.Context, now time.Time, limit int) ([]report.File, error) {
	var due []report.File
	for _, key := range slices.Sorted(maps.Keys(y.ledger)) {
		if f := y.ledger[key]; !f.DueAt.IsZero() && !f.DueAt.After(now) {
			due = append(due, f)
		}
	}
	slices.SortStableFunc(due, func(a, b report.File) int { return a.DueAt.Compare(b.DueAt) })
	return due[:min(limit, len(due))], nil
}

func (y *yard) update(_ context.Context, key string, _ time.Time, change func(*report.File) error) (report.File, error) {
	f := y.ledger[key]
	f.History = slices.Clone(f.History)
	if err := change(&f); err != nil {
		return f, err
	}
	y.ledger[key] = f
	return f, nil
}

func (y *yard) certify(ctx context.Context, key string, c report.Certificate, now time.Time) (report.File, error) {
	f, err := y.update(ctx, key, now, func(f *report.File) error { return f.Delete(now, "verified gone") })
	if err == nil {
		y.certificates = append(y.certificates, c)
	}
	return f, err
}

// delete decides as S3 does: a version is deleted whatever its ETag is, and one that is not there is no error; without a version
// the ETag decides.
func (y *yard) delete(_ context.Context, key, etag, versionID string) (string, error) {
	y.deletes = append(y.deletes, key+" "+etag+" "+versionID)
	o, ok := y.objects[key]
	switch {
	case versionID != "" && ok && cmp.Or(o.VersionID, "null") == versionID:
	case versionID != "":
		return "request-1", nil
	case !ok:
		return "", fault.New(fault.NotFound, "%s is not there", key)
	case o.ETag != etag:
		return "", fault.New(fault.Conflict, "%s has changed", key)
	}
	delete(y.objects, key)
	return "request-1", nil
}
