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
	"github.com/bellhop-asp/bellhop/pkg/fault"
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
	o, _, err := f.object(key)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []report.ObjectVersion{{Key: key, VersionID: "null", ETag: o.ETag, Latest: true}}, nil
}

// object returns the object under the key, without its metadata, and the file that it is in; or a NotFound.
func (f folder) object(key string) (o report.Object, path string, err error) {
	path, err = f.file(key)
	if err != nil {
		return o, path, err
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return o, path, absent(key)
	}
	if err != nil {
		return o, path, fmt.Errorf("look at %s: %w", key, err)
	}
	etag, err := s3server.ETag(path)
	if err != nil {
		return o, path, fmt.Errorf("read the ETag of %s: %w", key, err)
	}
	return report.Object{Key: key, ETag: etag, Size: info.Size(), ModifiedAt: info.ModTime()}, path, nil
}

// file returns the file for a key. The server has no place for a key that leads out of the bucket: there is no such object.
func (f folder) file(key string) (string, error) {
	name := filepath.FromSlash(key)
	if !filepath.IsLocal(name) {
		return "", absent(key)
	}
	return filepath.Join(f.root, f.bucket, name), nil
}

func absent(key string) error { return fault.New(fault.NotFound, "there is no object %s", key) }

// Read returns the whole object.
func (f folder) Read(_ context.Context, key string) ([]byte, error) {
	path, err := f.file(key)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path) //nolint:gosec // G304: below the bucket's folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, absent(key)
	}
	return content, err
}
