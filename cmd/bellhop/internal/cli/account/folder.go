package account

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// folder shows a bucket of the embedded S3 from its files, so that it can be looked at while no server runs, or another
// process runs it. The bucket has no versions.
type folder struct{ root, bucket string }

// List yields the bucket's objects.
func (f folder) List(ctx context.Context, prefix string) iter.Seq2[report.Object, error] {
	return migrate.Folder(filepath.Join(f.root, f.bucket)).List(ctx, prefix)
}

// Versions returns the one object under the key, if it is there.
func (f folder) Versions(_ context.Context, key string) ([]report.ObjectVersion, error) {
	name := filepath.FromSlash(key)
	if !filepath.IsLocal(name) {
		// The server has no place for such a key either.
		return nil, nil
	}
	dir := filepath.Join(f.root, f.bucket)
	info, err := os.Stat(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", key, err)
	}
	etag, err := s3server.ETag(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("read the ETag of %s: %w", key, err)
	}
	return []report.ObjectVersion{{Key: key, VersionID: "null", ETag: etag, Latest: true}}, nil
}
