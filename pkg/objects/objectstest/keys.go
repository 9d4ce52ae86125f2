package objectstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// OddKeys are keys that somewhere between a writer and a reader tend to be decoded once too often or too seldom.
func OddKeys() []string {
	return []string{
		"space in name.csv",
		"plus+sign.csv",
		"percent%20encoded.csv",
		"100%.csv",
		"Übersicht/日本語.csv",
		"dataset_date=2026-11-01/slug.parquet",
		"colon:and;semicolon.csv",
		"?query&more#fragment@at.csv",
		"~tilde'quote(paren)*star!bang.csv",
		`back\slash"quote<angle>.csv`,
		".hidden/..twodots/a..b.csv",
		" leading and trailing ",
	}
}

func testOddKeys(t *testing.T, s tested) {
	for i, key := range OddKeys() {
		s.put(t, key, fmt.Sprint("content ", i))
	}
	want := slices.Sorted(slices.Values(OddKeys()))
	if diff := cmp.Diff(want, s.keys(t)); diff != "" {
		t.Errorf("list: -want +got\n%s", diff)
	}
	for i, key := range OddKeys() {
		if got, want := s.content(t, key), fmt.Sprint("content ", i); got != want {
			t.Errorf("%q holds %q, want %q", key, got, want)
		}
		info, err := s.Stat(t.Context(), key)
		if err != nil {
			t.Errorf("stat %q: %v", key, err)
		}
		if versions, err := s.Versions(t.Context(), key); err != nil || len(versions) != 1 {
			t.Errorf("versions of %q: %v, %v", key, versions, err)
		}
		if _, err := s.Delete(t.Context(), key, info.ETag, ""); err != nil {
			t.Errorf("delete %q: %v", key, err)
		}
	}
	if keys := s.keys(t); len(keys) != 0 {
		t.Errorf("left after deletion: %q", keys)
	}
}

func testList(t *testing.T, s store) {
	var want []string
	for i := range 11 {
		key := fmt.Sprintf("table/dataset_date=2026-11-%02d/slug.parquet", i+1)
		s.put(t, key, strings.Repeat("x", i))
		want = append(want, key)
	}
	s.put(t, "other/slug.parquet", "x")

	paged := objects.NewBucket(smallPages(s.client), s.Name())
	i := 0
	for info, err := range paged.List(t.Context(), "table/") {
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(want) || info.Key != want[i] || info.Size != int64(i) || len(info.ETag) != 32 || info.ModifiedAt.IsZero() {
			t.Errorf("object %d: %+v", i, info)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d objects, want %d", i, len(want))
	}
	for _, err := range paged.List(t.Context(), "") {
		if err != nil {
			t.Error(err)
		}
		break // A caller may stop early.
	}
}

func testVersions(t *testing.T, s store) {
	_, err := s.client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket:                  aws.String(s.Name()),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatalf("enable versioning: %v", err)
	}
	first := s.put(t, "k", "first")
	second := s.put(t, "k", "second!")
	s.put(t, "k-longer", "a sibling")
	if first.VersionID == "" || first.VersionID == second.VersionID {
		t.Fatalf("version ids %q and %q", first.VersionID, second.VersionID)
	}
	body, info, err := s.Open(t.Context(), "k", "", first.VersionID)
	if err != nil || info.Size != 5 || info.VersionID != first.VersionID {
		t.Fatalf("open the first version: %+v, %v", info, err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	_, err = s.Delete(t.Context(), "k", first.ETag, "")
	wantKind(t, "the first version's etag is not the present one", err, fault.Conflict)
	if _, err := s.Delete(t.Context(), "k", second.ETag, ""); err != nil {
		t.Fatalf("delete by etag: %v", err)
	}
	_, err = s.Stat(t.Context(), "k")
	wantKind(t, "stat behind a delete marker", err, fault.NotFound)

	paged := objects.NewBucket(smallPages(s.client), s.Name())
	versions, err := paged.Versions(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int64{}
	markers := 0
	for _, v := range versions {
		sizes[v.VersionID] = v.Size
		if v.Marker {
			markers++
		}
		if v.Marker != v.Latest {
			t.Errorf("only the marker is the latest: %+v", v)
		}
	}
	if len(versions) != 3 || markers != 1 || sizes[first.VersionID] != 5 || sizes[second.VersionID] != 7 {
		t.Errorf("versions %+v; want two contents and a marker", versions)
	}
	listsVersions(t, paged, first, second)
	for _, v := range versions {
		if _, err := s.Delete(t.Context(), "k", "", v.VersionID); err != nil {
			t.Errorf("delete version: %v", err)
		}
	}
	if versions, err := s.Versions(t.Context(), "k"); err != nil || len(versions) != 0 {
		t.Errorf("left: %+v, %v", versions, err)
	}
	if versions, err := s.Versions(t.Context(), "k-longer"); err != nil || len(versions) != 1 {
		t.Errorf("the sibling: %+v, %v", versions, err)
	}
}

func testUploads(t *testing.T, s store) {
	keys := []string{"a.csv", "b c.csv", "d+e.csv", "f.csv"}
	for _, key := range keys {
		upload, err := s.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
			Bucket: aws.String(s.Name()), Key: &key,
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.client.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: aws.String(s.Name()), Key: &key, UploadId: upload.UploadId, PartNumber: aws.Int32(1),
			Body: strings.NewReader("part"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if keys := s.keys(t); len(keys) != 0 {
		t.Errorf("unfinished uploads are listed as objects: %q", keys)
	}
	// The store's clock is not the test's: only what lies far away is certain.
	past, future := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	if young, err := s.Uploads(t.Context(), past); err != nil || len(young) != 0 {
		t.Errorf("older than 2000: %+v, %v", young, err)
	}
	uploads, err := objects.NewBucket(smallPages(s.client), s.Name()).Uploads(t.Context(), future)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, upload := range uploads {
		found = append(found, upload.Key)
		if err := s.Abort(t.Context(), upload); err != nil {
			t.Errorf("abort %q: %v", upload.Key, err)
		}
		wantKind(t, "abort again", s.Abort(t.Context(), upload), fault.NotFound)
	}
	if diff := cmp.Diff(keys, found); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if left, err := s.Uploads(t.Context(), future); err != nil || len(left) != 0 {
		t.Errorf("left: %+v, %v", left, err)
	}
}

// listsVersions: a listing tells of all keys with a prefix, with all their versions.
func listsVersions(t *testing.T, paged *objects.Bucket, first, second report.Object) {
	t.Helper()
	// The embedded server may tell of a version on two pages.
	listed := map[string]string{}
	for v, err := range paged.ListVersions(t.Context(), "k") {
		if err != nil {
			t.Fatal(err)
		}
		listed[v.VersionID] = v.Key
	}
	if len(listed) != 4 || listed[first.VersionID] != "k" || listed[second.VersionID] != "k" {
		t.Errorf("listed with all versions: %v", listed)
	}
	for _, err := range paged.ListVersions(t.Context(), "k") {
		if err != nil {
			t.Error(err)
		}
		break // a caller may stop
	}
}
