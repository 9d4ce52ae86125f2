package ingester_test

import (
	"context"
	"io"
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
	*claims
	*days
	*siblings
}

type claims struct {
	t          *testing.T
	arrive     func(ctx context.Context, d report.Delivery, claim report.Claim, now time.Time) (report.File, report.Decision, error)
	updateFile func(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error)
}

func (c *claims) Arrive(ctx context.Context, d report.Delivery, claim report.Claim, now time.Time) (report.File, report.Decision, error) {
	c.t.Helper()
	if c.arrive == nil {
		unset(c.t, "Arrive")
	}
	return c.arrive(ctx, d, claim, now)
}

func (c *claims) UpdateFile(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error) {
	c.t.Helper()
	if c.updateFile == nil {
		unset(c.t, "UpdateFile")
	}
	return c.updateFile(ctx, key, now, change)
}

type days struct {
	t          *testing.T
	partitions func(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error)
	fence      func(ctx context.Context, f report.File, days []report.Partition, now, until time.Time) ([]report.Partition, error)
	commit     func(ctx context.Context, l report.Load, now time.Time) (report.File, error)
	erased     func(ctx context.Context) (report.ErasedUnits, error)
}

func (d *days) Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error) {
	d.t.Helper()
	if d.partitions == nil {
		unset(d.t, "Partitions")
	}
	return d.partitions(ctx, subscription, table, w)
}

func (d *days) Fence(ctx context.Context, f report.File, days []report.Partition, now, until time.Time) ([]report.Partition, error) {
	d.t.Helper()
	if d.fence == nil {
		unset(d.t, "Fence")
	}
	return d.fence(ctx, f, days, now, until)
}

func (d *days) Commit(ctx context.Context, l report.Load, now time.Time) (report.File, error) {
	d.t.Helper()
	if d.commit == nil {
		unset(d.t, "Commit")
	}
	return d.commit(ctx, l, now)
}

func (d *days) ErasedUnits(ctx context.Context) (report.ErasedUnits, error) {
	d.t.Helper()
	if d.erased == nil {
		return nil, nil
	}
	return d.erased(ctx)
}

type siblings struct {
	t    *testing.T
	job  func(ctx context.Context, id string) (report.Job, error)
	file func(ctx context.Context, key string) (report.File, error)
}

func (s *siblings) Job(ctx context.Context, id string) (report.Job, error) {
	s.t.Helper()
	if s.job == nil {
		unset(s.t, "Job")
	}
	return s.job(ctx, id)
}

func (s *siblings) File(ctx context.Context, key string) (report.File, error) {
	s.t.Helper()
	if s.file == nil {
		unset(s.t, "File")
	}
	return s.file(ctx, key)
}

// bucket is one bucket: the delivery bucket has no use for put.
type bucket struct {
	t    *testing.T
	open func(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error)
	stat func(ctx context.Context, key string) (report.Object, error)
	put  func(ctx context.Context, w report.Write) (report.Object, error)
}

func (b *bucket) Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error) {
	b.t.Helper()
	if b.open == nil {
		unset(b.t, "Open")
	}
	return b.open(ctx, key, etag, versionID)
}

func (b *bucket) Stat(ctx context.Context, key string) (report.Object, error) {
	b.t.Helper()
	if b.stat == nil {
		unset(b.t, "Stat")
	}
	return b.stat(ctx, key)
}

func (b *bucket) Put(ctx context.Context, w report.Write) (report.Object, error) {
	b.t.Helper()
	if b.put == nil {
		unset(b.t, "Put")
	}
	return b.put(ctx, w)
}

type converter struct {
	t       *testing.T
	convert func(ctx context.Context, csv io.Reader, c report.Contract) (report.Conversion, error)
	merge   func(ctx context.Context, c report.Contract, d report.Date, parts []*io.SectionReader) (report.EncodedDay, error)
}

func (c *converter) Convert(ctx context.Context, csv io.Reader, contract report.Contract) (report.Conversion, error) {
	c.t.Helper()
	if c.convert == nil {
		unset(c.t, "Convert")
	}
	return c.convert(ctx, csv, contract)
}

func (c *converter) Merge(ctx context.Context, contract report.Contract, d report.Date, parts []*io.SectionReader) (report.EncodedDay, error) {
	c.t.Helper()
	if c.merge == nil {
		unset(c.t, "Merge")
	}
	return c.merge(ctx, contract, d, parts)
}
