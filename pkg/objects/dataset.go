package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Dataset is a dataset of bellhop's in a bucket. Before the first write, deletion or listing of a process it looks at the dataset's
// format: one that this code does not know is refused. A new dataset gets the number of its format before anything else.
type Dataset struct {
	bucket *Bucket

	mu sync.Mutex
	// known is set when the format is one that this code knows, and numbered when the dataset says it, or need not.
	known, numbered bool
}

// NewDataset returns the dataset in a bucket. It makes no call.
func NewDataset(b *Bucket) *Dataset { return &Dataset{bucket: b} }

// Open is [Bucket.Open]. An object says its own format.
func (d *Dataset) Open(ctx context.Context, key, ifMatchETag, versionID string) (io.ReadCloser, report.Object, error) {
	return d.bucket.Open(ctx, key, ifMatchETag, versionID)
}

// Stat is [Bucket.Stat].
func (d *Dataset) Stat(ctx context.Context, key string) (report.Object, error) {
	return d.bucket.Stat(ctx, key)
}

// Format is [Bucket.Format].
func (d *Dataset) Format(ctx context.Context) (int, error) { return d.bucket.Format(ctx) }

// Put is [Bucket.Put], in a dataset of a format that this code knows.
func (d *Dataset) Put(ctx context.Context, w report.Write) (report.Object, error) {
	if err := d.begin(ctx); err != nil {
		return report.Object{}, err
	}
	return d.bucket.Put(ctx, w)
}

// ListAfter is [Bucket.ListAfter], in a dataset of a format that this code knows. In one of a newer format days may lie elsewhere, so
// that a listing would show them as missing.
func (d *Dataset) ListAfter(ctx context.Context, key string) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		if err := d.check(ctx); err != nil {
			yield(report.Object{}, err)
			return
		}
		d.bucket.ListAfter(ctx, key)(yield)
	}
}

// Delete is [Bucket.Delete], in a dataset of a format that this code knows.
func (d *Dataset) Delete(ctx context.Context, key, etag, versionID string) (requestID string, err error) {
	if err := d.check(ctx); err != nil {
		return "", err
	}
	return d.bucket.Delete(ctx, key, etag, versionID)
}

// check makes sure once that the format is known.
func (d *Dataset) check(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.look(ctx)
}

// begin makes sure once that the format is known, and that a new dataset says it.
func (d *Dataset) begin(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.look(ctx); err != nil || d.numbered {
		return err
	}
	if err := d.number(ctx); err != nil {
		return fmt.Errorf("write the dataset's format: %w", err)
	}
	d.numbered = true
	return nil
}

// look reads the format. What it finds wrong is Internal: no file is to blame for it.
func (d *Dataset) look(ctx context.Context) error {
	if d.known {
		return nil
	}
	format, err := d.bucket.Format(ctx)
	if fault.Is(err, fault.Poison) {
		err = fault.As(fault.Internal, err)
	}
	if err != nil {
		return fmt.Errorf("look at the dataset's format: %w", err)
	}
	d.known, d.numbered = true, format > 0
	return nil
}

// number writes the format of a new dataset. One that has objects is older than the number, and bellhop migrate gives it one.
func (d *Dataset) number(ctx context.Context) error {
	empty := true
	for _, err := range d.bucket.list(ctx, &s3.ListObjectsV2Input{MaxKeys: aws.Int32(1)}) {
		if err != nil {
			return err
		}
		empty = false
		break
	}
	if !empty {
		return nil
	}
	content := report.EncodeFormat()
	_, err := d.bucket.Put(ctx, report.Write{Key: report.FormatKey, Body: bytes.NewReader(content), Condition: report.Condition{Absent: true}, ContentType: "application/json"})
	if fault.Is(err, fault.Conflict) {
		// Another process began the dataset just now. It may be a newer bellhop's.
		d.known = false
		return d.look(ctx)
	}
	return err
}

// Format returns the format that the dataset in the bucket says of itself; 0 when it says none. One that this code does not know is
// Poison.
func (b *Bucket) Format(ctx context.Context) (int, error) {
	body, _, err := b.Open(ctx, report.FormatKey, "", "")
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	content, err := io.ReadAll(io.LimitReader(body, 1<<10))
	if err := errors.Join(err, body.Close()); err != nil {
		return 0, err
	}
	return report.DecodeFormat(content)
}
