package objectstest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// md5OfHello is the ETag that S3 gives to the bytes "hello" in one PUT without KMS: their MD5.
const md5OfHello = "5d41402abc4b2a76b9719d911017c592"

func testRoundTrip(t *testing.T, s tested) {
	metadata := map[string]string{"generation": "2026-11-05T04:00:03Z", "rows": "12"}
	put, err := s.Put(t.Context(), report.Write{Key: "dir/k.csv", Body: strings.NewReader("hello"), Metadata: metadata, ContentType: "text/csv"})
	if err != nil {
		t.Fatal(err)
	}
	want := report.Object{Key: "dir/k.csv", ETag: md5OfHello, Size: 5, Metadata: metadata}
	if diff := cmp.Diff(want, put); diff != "" {
		t.Errorf("put: -want +got\n%s", diff)
	}
	stat, err := s.Stat(t.Context(), "dir/k.csv")
	if err != nil {
		t.Fatal(err)
	}
	if stat.ModifiedAt.IsZero() {
		t.Error("stat: no modification time")
	}
	want.ModifiedAt = stat.ModifiedAt
	if diff := cmp.Diff(want, stat); diff != "" {
		t.Errorf("stat: -want +got\n%s", diff)
	}
	body, opened, err := s.Open(t.Context(), "dir/k.csv", md5OfHello, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, opened); diff != "" {
		t.Errorf("open: -want +got\n%s", diff)
	}
	if got := s.content(t, "dir/k.csv"); got != "hello" {
		t.Errorf("content %q", got)
	}

	// Other content takes the metadata with it.
	s.put(t, "dir/k.csv", "")
	stat, err = s.Stat(t.Context(), "dir/k.csv")
	if err != nil || stat.Size != 0 || len(stat.Metadata) != 0 || stat.ETag == md5OfHello {
		t.Errorf("overwritten: %+v, %v", stat, err)
	}
	if got := s.content(t, "dir/k.csv"); got != "" {
		t.Errorf("content %q", got)
	}
}

func testMissing(t *testing.T, s tested) {
	_, err := s.Stat(t.Context(), "none")
	wantKind(t, "stat", err, fault.NotFound)
	_, _, err = s.Open(t.Context(), "none", "", "")
	wantKind(t, "open", err, fault.NotFound)
	_, err = s.Put(t.Context(), report.Write{Key: "none", Body: strings.NewReader("x"), Condition: report.Condition{ETag: md5OfHello}})
	wantKind(t, "replace", err, fault.NotFound)
	if versions, err := s.Versions(t.Context(), "none"); err != nil || len(versions) != 0 {
		t.Errorf("versions: %v, %v", versions, err)
	}
	if keys := s.keys(t); len(keys) != 0 {
		t.Errorf("list: %q", keys)
	}
}

func testMissingBucket(t *testing.T, s store) {
	gone := objects.NewBucket(s.client, s.Name()+"-gone")
	_, _, err := gone.Open(t.Context(), "k", "", "")
	wantKind(t, "open", err, fault.Internal)
	_, err = gone.Delete(t.Context(), "k", md5OfHello, "")
	wantKind(t, "delete", err, fault.Internal)
	_, err = gone.Versions(t.Context(), "k")
	wantKind(t, "versions", err, fault.Internal)
	calls := 0
	for info, err := range gone.List(t.Context(), "") {
		calls++
		wantKind(t, "list", err, fault.Internal)
		if info.Key != "" {
			t.Errorf("list yields %+v with its error", info)
		}
	}
	if calls != 1 {
		t.Errorf("list yields %d times; want its error, once", calls)
	}
}

func testCreateRace(t *testing.T, s tested) {
	const creators = 32
	errs := make([]error, creators)
	var all sync.WaitGroup
	for i := range creators {
		all.Go(func() {
			content := fmt.Sprintf("creator %02d", i)
			_, errs[i] = s.Put(t.Context(), report.Write{Key: "k", Body: strings.NewReader(content), Condition: report.Condition{Absent: true}})
		})
	}
	all.Wait()
	var winners []string
	for i, err := range errs {
		if err == nil {
			winners = append(winners, fmt.Sprintf("creator %02d", i))
			continue
		}
		wantKind(t, fmt.Sprintf("creator %d", i), err, fault.Conflict)
	}
	if got := s.content(t, "k"); !slices.Equal(winners, []string{got}) {
		t.Errorf("winners %q, content %q", winners, got)
	}
}

func testReplace(t *testing.T, s tested) {
	first := s.put(t, "k", "first")
	second, err := s.Put(t.Context(), report.Write{Key: "k", Body: strings.NewReader("second"), Condition: report.Condition{ETag: first.ETag}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Put(t.Context(), report.Write{Key: "k", Body: strings.NewReader("late"), Condition: report.Condition{ETag: first.ETag}})
	wantKind(t, "a stale etag", err, fault.Conflict)
	_, err = s.Put(t.Context(), report.Write{Key: "k", Body: strings.NewReader("late"), Condition: report.Condition{Absent: true}})
	wantKind(t, "create what exists", err, fault.Conflict)
	if stat, err := s.Stat(t.Context(), "k"); err != nil || stat.ETag != second.ETag {
		t.Errorf("got %+v, %v; want etag %s", stat, err, second.ETag)
	}
}

func testOpenIfMatch(t *testing.T, s tested) {
	info := s.put(t, "k", "hello")
	_, _, err := s.Open(t.Context(), "k", "0cc175b9c0f1b6a831c399e269772661", "")
	wantKind(t, "another etag", err, fault.Conflict)
	body, _, err := s.Open(t.Context(), "k", info.ETag, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}

func testDelete(t *testing.T, s tested) {
	old := s.put(t, "k", "old")
	present := s.put(t, "k", "present")
	_, err := s.Delete(t.Context(), "k", old.ETag, "")
	wantKind(t, "a stale etag", err, fault.Conflict)
	_, err = s.Delete(t.Context(), "k", "", "")
	wantKind(t, "no etag and no version", err, fault.Internal)
	if got := s.content(t, "k"); got != "present" {
		t.Fatalf("content %q", got)
	}
	versions, err := s.Versions(t.Context(), "k")
	if err != nil || len(versions) != 1 || versions[0].VersionID != "null" || versions[0].ETag != present.ETag || !versions[0].Latest {
		t.Errorf("versions %+v, %v", versions, err)
	}

	if _, err := s.Delete(t.Context(), "k", present.ETag, ""); err != nil {
		t.Fatal(err)
	}
	_, err = s.Stat(t.Context(), "k")
	wantKind(t, "stat after deletion", err, fault.NotFound)
	if versions, err := s.Versions(t.Context(), "k"); err != nil || len(versions) != 0 {
		t.Errorf("versions after deletion: %v, %v", versions, err)
	}
	if _, err := s.Delete(t.Context(), "k", present.ETag, ""); err != nil && !fault.Is(err, fault.NotFound) {
		t.Errorf("deleted again: %v", err)
	}
}

func testRequestID(t *testing.T, s store) {
	o := s.put(t, "k", "content")
	requestID, err := s.Delete(t.Context(), "k", o.ETag, "")
	if err != nil || (requestID == "") != s.differs.NoRequestID {
		t.Errorf("request id %q, %v", requestID, err)
	}
}
