package janitor_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// unset ends a test that made a call it said nothing about.
func unset(t *testing.T, method string) {
	t.Helper()
	t.Fatalf("unexpected call of %s", method)
}

// records is the ledger, of which a test replaces a part.
type records struct {
	*files
	*transitions
	*fixture
}

type files struct {
	t        *testing.T
	file     func(ctx context.Context, key string) (report.File, error)
	match    func(ctx context.Context, key string) (report.File, error)
	dueFiles func(ctx context.Context, now time.Time, limit int) ([]report.File, error)
}

func (f *files) File(ctx context.Context, key string) (report.File, error) {
	f.t.Helper()
	if f.file == nil {
		unset(f.t, "File")
	}
	return f.file(ctx, key)
}

func (f *files) Match(ctx context.Context, key string) (report.File, error) {
	f.t.Helper()
	if f.match == nil {
		unset(f.t, "Match")
	}
	return f.match(ctx, key)
}

func (f *files) DueFiles(ctx context.Context, now time.Time, limit int) ([]report.File, error) {
	f.t.Helper()
	if f.dueFiles == nil {
		unset(f.t, "DueFiles")
	}
	return f.dueFiles(ctx, now, limit)
}

type transitions struct {
	t          *testing.T
	updateFile func(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error)
	certify    func(ctx context.Context, key string, c report.Certificate, now time.Time) (report.File, error)
}

func (tr *transitions) UpdateFile(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error) {
	tr.t.Helper()
	if tr.updateFile == nil {
		unset(tr.t, "UpdateFile")
	}
	return tr.updateFile(ctx, key, now, change)
}

func (tr *transitions) Certify(ctx context.Context, key string, c report.Certificate, now time.Time) (report.File, error) {
	tr.t.Helper()
	if tr.certify == nil {
		unset(tr.t, "Certify")
	}
	return tr.certify(ctx, key, c, now)
}

// bucket is the delivery bucket, its unfinished uploads, or, with stat alone, the dataset bucket.
type bucket struct {
	t        *testing.T
	list     func(ctx context.Context, after string) iter.Seq2[report.Object, error]
	stat     func(ctx context.Context, key string) (report.Object, error)
	delete   func(ctx context.Context, key, etag, versionID string) (string, error)
	versions func(ctx context.Context, key string) ([]report.ObjectVersion, error)
	abort    func(ctx context.Context, before time.Time) (int, error)
}

func (b *bucket) ListAfter(ctx context.Context, key string) iter.Seq2[report.Object, error] {
	b.t.Helper()
	if b.list == nil {
		unset(b.t, "ListAfter")
	}
	return b.list(ctx, key)
}

func (b *bucket) Stat(ctx context.Context, key string) (report.Object, error) {
	b.t.Helper()
	if b.stat == nil {
		unset(b.t, "Stat")
	}
	return b.stat(ctx, key)
}

func (b *bucket) Delete(ctx context.Context, key, etag, versionID string) (string, error) {
	b.t.Helper()
	if b.delete == nil {
		unset(b.t, "Delete")
	}
	return b.delete(ctx, key, etag, versionID)
}

func (b *bucket) Versions(ctx context.Context, key string) ([]report.ObjectVersion, error) {
	b.t.Helper()
	if b.versions == nil {
		unset(b.t, "Versions")
	}
	return b.versions(ctx, key)
}

func (b *bucket) AbortUploads(ctx context.Context, before time.Time) (int, error) {
	b.t.Helper()
	if b.abort == nil {
		unset(b.t, "AbortUploads")
	}
	return b.abort(ctx, before)
}

type queue struct {
	t         *testing.T
	redeliver func(ctx context.Context, d report.Delivery) error
}

func (q *queue) Redeliver(ctx context.Context, d report.Delivery) error {
	q.t.Helper()
	if q.redeliver == nil {
		unset(q.t, "Redeliver")
	}
	return q.redeliver(ctx, d)
}
