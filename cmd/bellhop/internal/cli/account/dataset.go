package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
)

// bucket reads a bucket on AWS.
type bucket struct{ *objects.Bucket }

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

// Read returns the whole object.
func (f folder) Read(_ context.Context, key string) ([]byte, error) {
	name := filepath.FromSlash(key)
	if !filepath.IsLocal(name) {
		return nil, fault.New(fault.NotFound, "there is no object %s", key)
	}
	content, err := os.ReadFile(filepath.Join(f.root, f.bucket, name)) //nolint:gosec // G304: below the bucket's folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "there is no object %s", key)
	}
	return content, err
}
