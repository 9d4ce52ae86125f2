package operations

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Store is where the dataset lies. *objects.Bucket and migrate.Folder are some.
type Store interface {
	Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error)
	Put(ctx context.Context, w report.Write) (report.Object, error)
}

// Publish puts the Parquet of a table in the place of what was published before, in one step. Equal bytes are not written again:
// changed is false then. A dry run only tells.
func Publish(ctx context.Context, s Store, table string, content []byte, dryRun bool) (changed bool, err error) {
	key := report.OperationsKey(table)
	condition := report.Condition{Absent: true}
	body, o, err := s.Open(ctx, key, "", "")
	switch {
	case err == nil:
		before, err := io.ReadAll(body)
		_ = body.Close() // only read from
		if err != nil {
			return false, fmt.Errorf("read %s: %w", key, err)
		}
		if bytes.Equal(before, content) {
			return false, nil
		}
		condition = report.Condition{ETag: o.ETag}
	case !fault.Is(err, fault.NotFound):
		return false, err
	}
	if dryRun {
		return true, nil
	}
	_, err = s.Put(ctx, report.Write{Key: key, Body: bytes.NewReader(content), Condition: condition, ContentType: "application/vnd.apache.parquet"})
	return err == nil, err
}
