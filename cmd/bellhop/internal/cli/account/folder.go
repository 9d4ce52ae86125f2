package account

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// folder shows a bucket of the embedded S3 from its files, so that it can be looked at while no server runs, or another
// process runs it. The bucket has no versions.
type folder struct{ root, bucket string }

// List walks the bucket's tree. Folders are no objects, and what the server keeps for itself begins with ".sgwtmp".
func (f folder) List(ctx context.Context, prefix string) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		top := filepath.Join(f.root, f.bucket)
		err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				// It was deleted just now, or the bucket is not there yet.
				return nil
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case entry.IsDir() && entry.Name() == ".sgwtmp":
				return fs.SkipDir
			case !entry.Type().IsRegular():
				return nil
			}
			name, err := filepath.Rel(top, path)
			if err != nil || !strings.HasPrefix(filepath.ToSlash(name), prefix) {
				return err
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(report.Object{Key: filepath.ToSlash(name), Size: info.Size(), ModifiedAt: info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(report.Object{}, fmt.Errorf("look into %s: %w", top, err))
		}
	}
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
