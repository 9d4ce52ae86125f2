package report_test

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// What is found in the bucket is dated after what the ledger knows of, however S3 dates it.
func TestFoundContentIsDatedAfterTheRecordedContent(t *testing.T) {
	recorded := noon.Add(900 * time.Millisecond)
	deleted := noon.Add(time.Hour)
	const tick = time.Millisecond
	for name, tt := range map[string]struct {
		status   report.FileStatus
		etag     string
		modified time.Time
		want     time.Time
	}{
		"no notification came":                          {report.FileExpected, "", noon, noon},
		"the recorded content, dated by the second":     {report.FileExpected, "e1", noon, recorded},
		"new content, dated by the second":              {report.FileQuarantined, "e2", noon, recorded.Add(tick)},
		"new content, dated by the begin of its upload": {report.FileLoaded, "e2", noon.Add(-time.Minute), recorded.Add(tick)},
		"new content of a later second":                 {report.FileLoaded, "e2", noon.Add(time.Second), noon.Add(time.Second)},
		"the deleted content, put again":                {report.FileDeleted, "e1", noon, deleted.Add(tick)},
		"new content after the deletion":                {report.FileDeleted, "e2", deleted.Add(time.Minute), deleted.Add(time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			f := report.File{Key: "a.csv", Status: tt.status, DeletedAt: deleted}
			if tt.etag != "" {
				f.Delivery = &report.Delivery{Bucket: "b", Key: "a.csv", ETag: "e1", VersionID: "v1", At: recorded}
			}
			got := f.Found("b", report.Object{Key: "a.csv", ETag: tt.etag, Size: 7, ModifiedAt: tt.modified})
			if want := (report.Delivery{Bucket: "b", Key: "a.csv", ETag: tt.etag, Size: 7, At: tt.want}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// In a bucket that keeps versions a notification names one, and a listing does not: it is the same content nevertheless, so its
// loads are counted on.
func TestContentThatKillsItsWorkersIsGivenUpInABucketWithVersions(t *testing.T) {
	now := noon
	f := report.File{Key: "a.csv", Status: report.FileExpected, Job: "hotel-000001"}
	notified := report.Delivery{Bucket: "b", Key: "a.csv", ETag: "e1", VersionID: "v1", At: noon.Add(900 * time.Millisecond)}
	decision, err := f.Arrive(notified, report.Claim{Worker: "w0", Lease: now.Add(time.Minute), Grace: now}, now)
	for loads := 1; loads <= report.MaxLoads; loads++ {
		if err != nil || decision != report.DecideLoad || f.Loads != loads {
			t.Fatalf("load %d: decided %s (%v), %d loads", loads, decision, err, f.Loads)
		}
		now = now.Add(time.Hour)
		listed := report.Object{Key: "a.csv", ETag: "e1", ModifiedAt: noon}
		decision, err = f.Arrive(f.Found("b", listed), report.Claim{Worker: "w1", Lease: now.Add(time.Minute), Grace: now}, now)
	}
	if err != nil || decision != report.DecideExhausted {
		t.Errorf("after %d loads: %s (%v), want exhausted", report.MaxLoads, decision, err)
	}
}
