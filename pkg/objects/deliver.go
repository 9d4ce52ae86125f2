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
	size, err := io.Copy(spool, content)
	if err != nil {
		return fault.New(fault.Transient, "deliver object: read its content: %w", err)
	}
	_, err = b.Put(ctx, key, spool, size, report.Condition{Absent: true}, nil, "text/csv")
	return err
}
