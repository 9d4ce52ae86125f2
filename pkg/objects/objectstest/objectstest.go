// Package objectstest is the suite that every S3-compatible store must pass before bellhop's tests may believe
// what happens on it. It exercises package objects, and through it the store.
package objectstest

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Factory returns a client and the name of a bucket that is empty, never had versioning, and is this test's own.
type Factory func(t *testing.T) (client *s3.Client, bucket string)

// Differs says in what a store is known to differ from S3. The suite demands that it does: a difference that is gone has to go
// from here and from docs/architecture.md, too.
type Differs struct {
	// NoRequestID: its answers have no x-amz-request-id.
	NoRequestID bool
}

// Bucket is what use-cases do with a bucket.
type Bucket interface {
	Put(ctx context.Context, w report.Write) (report.Object, error)
	Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error)
	Stat(ctx context.Context, key string) (report.Object, error)
	Delete(ctx context.Context, key, etag, versionID string) (requestID string, err error)
	Versions(ctx context.Context, key string) ([]report.ObjectVersion, error)
	List(ctx context.Context, prefix string) iter.Seq2[report.Object, error]
	ListAfter(ctx context.Context, key string) iter.Seq2[report.Object, error]
}

// RunBucket runs the part of the suite that a stand-in of the bucket itself must pass, too.
func RunBucket(t *testing.T, factory func(t *testing.T) Bucket) {
	t.Helper()
	tests := map[string]func(*testing.T, tested){
		"what was put is read back":            testRoundTrip,
		"what is missing is not found":         testMissing,
		"of 32 creators one wins":              testCreateRace,
		"a replacement needs the present etag": testReplace,
		"reading is bound to an etag":          testOpenIfMatch,
		"deletion needs the present etag":      testDelete,
		"odd keys stay themselves":             testOddKeys,
		"a cancelled context passes through":   testCancelled,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, tested{factory(t)}) })
	}
}

// Run runs the suite, with a bucket for each of its tests.
func Run(t *testing.T, factory Factory, differs Differs) {
	t.Helper()
	RunBucket(t, func(t *testing.T) Bucket {
		client, name := factory(t)
		return objects.NewBucket(client, name)
	})
	tests := map[string]func(*testing.T, store){
		"a missing bucket is not a missing object":   testMissingBucket,
		"a deletion tells the request's id":          testRequestID,
		"a list spans pages":                         testList,
		"versions are listed and deleted one by one": testVersions,
		"unfinished uploads are found and aborted":   testUploads,
		"a delivery is made once, for its job":       testDeliver,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client, name := factory(t)
			bucket := objects.NewBucket(client, name)
			test(t, store{tested: tested{bucket}, Bucket: bucket, client: client, differs: differs})
		})
	}
}

// tested is a bucket under test.
type tested struct{ Bucket }

// store is S3 itself under test, with the bare client for what package objects does not do.
type store struct {
	tested
	*objects.Bucket
	client  *s3.Client
	differs Differs
}

func (s tested) put(t *testing.T, key, content string) report.Object {
	t.Helper()
	info, err := s.Put(t.Context(), report.Write{Key: key, Body: strings.NewReader(content)})
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return info
}

// content reads the object's current content.
func (s tested) content(t *testing.T, key string) string {
	t.Helper()
	body, _, err := s.Open(t.Context(), key, "", "")
	if err != nil {
		t.Fatalf("open %q: %v", key, err)
	}
	raw, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		t.Fatalf("read %q: %v", key, err)
	}
	return string(raw)
}

// keys lists all keys, in order.
func (s tested) keys(t *testing.T) []string {
	t.Helper()
	var keys []string
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		keys = append(keys, info.Key)
	}
	slices.Sort(keys)
	return keys
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: got %v (%v), want %v", what, err, fault.KindOf(err), kind)
	}
}

func testCancelled(t *testing.T, s tested) {
	s.put(t, "k", "content")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := map[string]func() error{
		"stat":     func() error { _, err := s.Stat(ctx, "k"); return err },
		"open":     func() error { _, _, err := s.Open(ctx, "k", "", ""); return err },
		"delete":   func() error { _, err := s.Delete(ctx, "k", "e", ""); return err },
		"versions": func() error { _, err := s.Versions(ctx, "k"); return err },
		"put": func() error {
			_, err := s.Put(ctx, report.Write{Key: "k", Body: strings.NewReader("x")})
			return err
		},
	}
	for name, call := range calls {
		err := call()
		if !errors.Is(err, context.Canceled) || fault.Is(err, fault.Transient) {
			t.Errorf("%s: got %v (%v)", name, err, fault.KindOf(err))
		}
	}
	if got := s.content(t, "k"); got != "content" {
		t.Errorf("the object is now %q", got)
	}
}
