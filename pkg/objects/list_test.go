package objects_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// pages answers each listing with the page that its markers ask for, and fails on any other request.
func pages(t *testing.T, byMarker map[string]string) *objects.Bucket {
	t.Helper()
	return bucketOn(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		marker := q.Get("continuation-token") + q.Get("key-marker") + "," + q.Get("version-id-marker") + q.Get("upload-id-marker")
		page, known := byMarker[marker]
		if !known || q.Get("encoding-type") != "url" {
			t.Errorf("unexpected request %s with marker %q", r.URL, marker)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `<?xml version="1.0"?>`+page)
	})
}

func TestListDecodesKeysAndFollowsPages(t *testing.T) {
	bucket := pages(t, map[string]string{
		",": `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t1</NextContinuationToken>
			<Contents><Key>a+b%2Bc%01.csv</Key><ETag>"e1"</ETag><Size>3</Size><LastModified>2026-11-05T04:10:27.000Z</LastModified></Contents></ListBucketResult>`,
		"t1,": `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>plain+%41</Key><Size>4</Size></Contents></ListBucketResult>`,
	})
	var got []report.Object
	for info, err := range bucket.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, info)
	}
	want := []report.Object{
		{Key: "a b+c\x01.csv", ETag: "e1", Size: 3, ModifiedAt: time.Date(2026, 11, 5, 4, 10, 27, 0, time.UTC)},
		// This page does not say that it is encoded.
		{Key: "plain+%41", Size: 4, ModifiedAt: time.Time{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestListEndsWithTheErrorOfALaterPage(t *testing.T) {
	bucket := bucketOn(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("continuation-token") != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t1</NextContinuationToken>
			<Contents><Key>a</Key></Contents></ListBucketResult>`)
	})
	var seen []string
	for info, err := range bucket.List(t.Context(), "") {
		if err != nil {
			seen = append(seen, fault.KindOf(err).String())
			continue
		}
		seen = append(seen, info.Key)
	}
	if diff := cmp.Diff([]string{"a", "transient"}, seen); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestVersionsTakesOneKeyFromAllItsPages(t *testing.T) {
	bucket := pages(t, map[string]string{
		",": `<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
			<NextKeyMarker>a+b</NextKeyMarker><NextVersionIdMarker>v2</NextVersionIdMarker>
			<DeleteMarker><Key>a+b</Key><VersionId>m1</VersionId><IsLatest>true</IsLatest></DeleteMarker>
			<Version><Key>a+b</Key><VersionId>v2</VersionId><ETag>"e2"</ETag><Size>2</Size></Version></ListVersionsResult>`,
		"a b,v2": `<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
			<NextKeyMarker>a+b.csv</NextKeyMarker><NextVersionIdMarker>w1</NextVersionIdMarker>
			<Version><Key>a+b</Key><VersionId>v1</VersionId><ETag>"e1"</ETag><Size>1</Size></Version>
			<Version><Key>a+b.csv</Key><VersionId>w1</VersionId><ETag>"e9"</ETag><Size>9</Size></Version></ListVersionsResult>`,
		// Nothing beyond: the next page would begin after the key.
	})
	got, err := bucket.Versions(t.Context(), "a b")
	if err != nil {
		t.Fatal(err)
	}
	want := []report.ObjectVersion{
		{Key: "a b", VersionID: "v2", ETag: "e2", Size: 2}, {Key: "a b", VersionID: "m1", Marker: true, Latest: true}, {Key: "a b", VersionID: "v1", ETag: "e1", Size: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestUploadsTakesTheOldOnesFromAllPages(t *testing.T) {
	bucket := pages(t, map[string]string{
		",": `<ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
			<NextKeyMarker>a+b</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker>
			<Upload><Key>a+b</Key><UploadId>u1</UploadId><Initiated>2026-11-05T03:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>`,
		"a b,u1": `<ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>
			<Upload><Key>a+b</Key><UploadId>u2</UploadId><Initiated>2026-11-05T04:00:00.000Z</Initiated></Upload>
			<Upload><Key>c</Key><UploadId>u3</UploadId><Initiated>2026-11-05T03:59:59.000Z</Initiated></Upload></ListMultipartUploadsResult>`,
	})
	four := time.Date(2026, 11, 5, 4, 0, 0, 0, time.UTC)
	got, err := bucket.Uploads(t.Context(), four)
	if err != nil {
		t.Fatal(err)
	}
	want := []objects.Upload{
		{Key: "a b", ID: "u1", StartedAt: four.Add(-time.Hour)}, {Key: "c", ID: "u3", StartedAt: four.Add(-time.Second)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAListingThatDoesNotAdvanceEnds(t *testing.T) {
	for _, element := range []string{"ListVersionsResult", "ListMultipartUploadsResult"} {
		bucket := bucketOn(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<"+element+"><IsTruncated>true</IsTruncated></"+element+">")
		})
		_, err := bucket.Versions(t.Context(), "k")
		if strings.HasPrefix(element, "ListMultipart") {
			_, err = bucket.Uploads(t.Context(), time.Unix(0, 0))
		}
		if err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: got %v", element, err)
		}
	}
}

func TestListVersionsEndsWithTheErrorOfALaterPage(t *testing.T) {
	bucket := bucketOn(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("key-marker") != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `<?xml version="1.0"?><ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
			<NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>
			<Version><Key>a</Key><VersionId>v1</VersionId><ETag>"e1"</ETag><Size>1</Size></Version></ListVersionsResult>`)
	})
	var seen []string
	for v, err := range bucket.ListVersions(t.Context(), "") {
		if err != nil {
			seen = append(seen, fault.KindOf(err).String())
			continue
		}
		seen = append(seen, v.Key)
	}
	if diff := cmp.Diff([]string{"a", fault.Transient.String()}, seen); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
