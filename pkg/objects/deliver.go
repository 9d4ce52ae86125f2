package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Deliver puts content of unknown length under a key that nothing lies under; else it is a Conflict. The content goes
// through a temporary file, because S3 wants to know the length first; the file is gone when Deliver returns. Content that
// cannot be read to its end is Transient, and nothing is put.
func (b *Bucket) Deliver(ctx context.Context, key string, content io.Reader) (err error) {
	spool, err := os.CreateTemp("", "bellhop-delivery-")
	if err != nil {
		return fmt.Errorf("deliver object: %w", err)
	}
	defer func() { err = errors.Join(err, spool.Close(), os.Remove(spool.Name())) }()
	if _, err := io.Copy(spool, content); err != nil {
		return fault.New(fault.Transient, "deliver object: read its content: %w", err)
	}
	_, err = b.Put(ctx, report.Write{Key: key, Body: spool, Condition: report.Condition{Absent: true}, ContentType: "text/csv"})
	return err
}
