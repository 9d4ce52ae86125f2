package migrate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Folder is a dataset in a folder, as bellhop ingest makes it: files have no metadata and no ETag, so the format is read from the
// file, and its SHA-256 stands for the ETag.
type Folder string

// List yields the files below the folder; a folder that does not exist is empty. What the embedded S3 keeps for itself begins with
// ".sgwtmp", and a file may be deleted meanwhile.
func (d Folder) List(ctx context.Context, prefix string) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		err := filepath.WalkDir(string(d), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case entry.IsDir() && entry.Name() == ".sgwtmp":
				return fs.SkipDir
			}
			name, err := filepath.Rel(string(d), path)
			if err != nil || !entry.Type().IsRegular() || !strings.HasPrefix(filepath.ToSlash(name), prefix) {
				return err
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil && !yield(report.Object{Key: filepath.ToSlash(name), Size: info.Size(), ModifiedAt: info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return err
		})
		if err != nil {
			yield(report.Object{}, fmt.Errorf("look into %s: %w", string(d), err))
		}
	}
}

func (d Folder) read(key string) ([]byte, report.Object, error) {
	content, err := os.ReadFile(filepath.Join(string(d), filepath.FromSlash(key)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, report.Object{}, fault.New(fault.NotFound, "there is no file %s", key)
	}
	sum := sha256.Sum256(content)
	return content, report.Object{Key: key, ETag: hex.EncodeToString(sum[:]), Size: int64(len(content))}, err
}

// Format returns the format that the dataset in the folder says of itself; 0 when it says none. One that this bellhop does not know is
// Poison.
func (d Folder) Format() (int, error) {
	content, err := os.ReadFile(filepath.Join(string(d), report.FormatKey))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return report.DecodeFormat(content)
}

// Stat returns the file, with the format that it says.
func (d Folder) Stat(_ context.Context, key string) (report.Object, error) {
	content, o, err := d.read(key)
	if err != nil {
		return o, err
	}
	format, err := convert.FormatOf(bytes.NewReader(content), o.Size)
	o.Metadata = map[string]string{report.MetaFormat: format}
	return o, err
}

// Open returns the file's content.
func (d Folder) Open(_ context.Context, key, etag, _ string) (io.ReadCloser, report.Object, error) {
	content, o, err := d.read(key)
	if err == nil && etag != "" && etag != o.ETag {
		err = fault.New(fault.Conflict, "the file %s has changed", key)
	}
	return io.NopCloser(bytes.NewReader(content)), o, err
}

// Put replaces the file in one step. Nobody is kept from writing to a folder, so the condition is looked at just before.
func (d Folder) Put(_ context.Context, w report.Write) (o report.Object, err error) {
	_, there, err := d.read(w.Key)
	if missing := fault.Is(err, fault.NotFound); err != nil && !missing {
		return o, err
	} else if w.Condition.Absent != missing || w.Condition.ETag != there.ETag {
		return o, fault.New(fault.Conflict, "the file %s has changed", w.Key)
	}
	if _, err := w.Body.Seek(0, io.SeekStart); err != nil {
		return o, fmt.Errorf("rewind: %w", err)
	}
	hash, size := sha256.New(), int64(0)
	err = d.Write(w.Key, func(to io.Writer) (err error) {
		size, err = io.Copy(io.MultiWriter(to, hash), w.Body)
		return err
	})
	return report.Object{Key: w.Key, ETag: hex.EncodeToString(hash.Sum(nil)), Size: size}, err
}

// Write writes a file so that readers see all of it, or what was there before. The name of the unfinished one begins with a dot
// and does not end as a reader looks for it.
func (d Folder) Write(key string, content func(io.Writer) error) (err error) {
	name := filepath.Join(string(d), filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	unfinished, err := os.CreateTemp(filepath.Dir(name), ".bellhop-*.unfinished")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(unfinished.Name()))
		}
	}()
	if err := errors.Join(content(unfinished), unfinished.Sync(), unfinished.Close()); err != nil {
		return err
	}
	return os.Rename(unfinished.Name(), name)
}
