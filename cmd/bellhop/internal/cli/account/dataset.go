package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// bucket reads a bucket on AWS.
type bucket struct{ *objects.Dataset }

// Read returns the whole object.
func (b bucket) Read(ctx context.Context, key string) ([]byte, error) {
	body, _, err := b.Open(ctx, key, "", "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // only read from
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return content, nil
}

// datasetFolder shows the dataset of a local folder with the ETags of its objects.
type datasetFolder struct{ folder }

// ListAfter yields the objects behind a key with their ETags, in a dataset of a format that is known.
func (f datasetFolder) ListAfter(ctx context.Context, key string) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		_, err := f.Format(ctx)
		var objects []report.Object
		for o, listErr := range f.List(ctx, "") {
			if err = errors.Join(err, listErr); err == nil && o.Key > key {
				objects = append(objects, o)
			}
		}
		if err != nil {
			yield(report.Object{}, err)
			return
		}
		// A folder is walked in another order than that of keys.
		slices.SortFunc(objects, func(a, b report.Object) int { return strings.Compare(a.Key, b.Key) })
		for _, o := range objects {
			o.ETag, err = s3server.ETag(filepath.Join(f.root, f.bucket, filepath.FromSlash(o.Key)))
			if errors.Is(err, fs.ErrNotExist) {
				continue // it was replaced just now
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// Format returns the format that the dataset says of itself; 0 when it says none.
func (f datasetFolder) Format(context.Context) (int, error) {
	return migrate.Folder(filepath.Join(f.root, f.bucket)).Format()
}

// Stat returns the object under the key with its ETag and metadata, or a NotFound.
func (f datasetFolder) Stat(_ context.Context, key string) (report.Object, error) {
	o, path, err := f.object(key)
	if err != nil {
		return report.Object{}, err
	}
	o.Metadata, err = s3server.Metadata(path)
	return o, err
}
