package objectstest

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // G501: S3's ETags are what they are
	"encoding/hex"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Memory is a bucket in memory for the tests of use-cases. It decides as S3 does, by the same suite, and keeps no versions; a version
// that a test gave to an object can nevertheless be deleted by its name.
type Memory struct {
	Now func() time.Time
	// Objects may be read and changed by a test, between the calls.
	Objects map[string]Stored
	mu      sync.Mutex
}

// Stored is an object with its content.
type Stored struct {
	report.Object
	Content string
}

// NewMemory returns an empty bucket on a clock.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{Now: now, Objects: map[string]Stored{}}
}

// ETag is what S3 gives to content that comes in one PUT.
func ETag(content string) string {
	sum := md5.Sum([]byte(content)) //nolint:gosec // G401: see above
	return hex.EncodeToString(sum[:])
}

func (m *Memory) find(ctx context.Context, key string) (Stored, error) {
	o, ok := m.Objects[key]
	switch {
	case ctx.Err() != nil:
		return Stored{}, ctx.Err()
	case !ok:
		return Stored{}, fault.New(fault.NotFound, "%s is not there", key)
	}
	return o, nil
}

// Stat is as [objects.Bucket.Stat].
func (m *Memory) Stat(ctx context.Context, key string) (report.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, err := m.find(ctx, key)
	return o.Object, err
}

// Open is as [objects.Bucket.Open].
func (m *Memory) Open(ctx context.Context, key, etag, _ string) (io.ReadCloser, report.Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, err := m.find(ctx, key)
	if err == nil && etag != "" && o.ETag != etag {
		err = fault.New(fault.Conflict, "%s has changed", key)
	}
	if err != nil {
		return nil, report.Object{}, err
	}
	return io.NopCloser(strings.NewReader(o.Content)), o.Object, nil
}

// Put is as [objects.Bucket.Put].
func (m *Memory) Put(ctx context.Context, w report.Write) (report.Object, error) {
	if _, err := w.Body.Seek(0, io.SeekStart); err != nil {
		return report.Object{}, err
	}
	content, err := io.ReadAll(w.Body)
	if err != nil {
		return report.Object{}, err
	}
	key, c := w.Key, w.Condition
	m.mu.Lock()
	defer m.mu.Unlock()
	there, err := m.find(ctx, key)
	switch absent := fault.Is(err, fault.NotFound); {
	case err != nil && !absent, absent && c.ETag != "":
		return report.Object{}, err
	case !absent && (c.Absent || c.ETag != "" && there.ETag != c.ETag):
		return report.Object{}, fault.New(fault.Conflict, "the condition on %s does not hold", key)
	}
	o := report.Object{Key: key, ETag: ETag(string(content)), Size: int64(len(content)), Metadata: w.Metadata}
	stored := o
	stored.ModifiedAt = m.Now()
	m.Objects[key] = Stored{stored, string(content)}
	return o, nil
}

// Delete is as [objects.Bucket.Delete].
func (m *Memory) Delete(ctx context.Context, key, etag, versionID string) (requestID string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, err := m.find(ctx, key)
	switch {
	case etag == "" && versionID == "":
		return "", fault.New(fault.Internal, "delete %s: neither an ETag nor a version is named", key)
	case versionID != "" && fault.Is(err, fault.NotFound), err == nil && versionID != "" && version(o.Object) != versionID:
		return requestOfMemory, nil
	case err != nil:
		return "", err
	case versionID == "" && o.ETag != etag:
		return "", fault.New(fault.Conflict, "%s has changed", key)
	}
	delete(m.Objects, key)
	return requestOfMemory, nil
}

const requestOfMemory = "request-1"

func version(o report.Object) string { return cmp.Or(o.VersionID, "null") }

// Versions is as [objects.Bucket.Versions].
func (m *Memory) Versions(ctx context.Context, key string) ([]report.ObjectVersion, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, err := m.find(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []report.ObjectVersion{{Key: key, VersionID: version(o.Object), ETag: o.ETag, Size: o.Size, ModifiedAt: o.ModifiedAt, Latest: true}}, nil
}

// List is as [objects.Bucket.List]. It lists the objects of the moment in which it begins.
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[report.Object, error] {
	return m.list(ctx, func(key string) bool { return strings.HasPrefix(key, prefix) })
}

// ListAfter is as [objects.Bucket.ListAfter].
func (m *Memory) ListAfter(ctx context.Context, after string) iter.Seq2[report.Object, error] {
	return m.list(ctx, func(key string) bool { return key > after })
}

func (m *Memory) list(ctx context.Context, wanted func(string) bool) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		m.mu.Lock()
		listed := maps.Clone(m.Objects)
		m.mu.Unlock()
		for _, key := range slices.Sorted(maps.Keys(listed)) {
			if ctx.Err() != nil {
				yield(report.Object{}, ctx.Err())
				return
			}
			o := listed[key].Object
			o.Metadata, o.VersionID = nil, ""
			if wanted(key) && !yield(o, nil) {
				return
			}
		}
	}
}
