package view_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestLists(t *testing.T) {
	f := newFixture()
	f.jobs["hotel-000002"] = report.Job{ID: "hotel-000002", Subscription: "hotel", Status: report.JobBackoff, PlannedAt: at("05:00:00")}
	f.files["a.csv"] = report.File{Key: "a.csv", Status: report.FileStray, Delivery: &report.Delivery{Key: "a.csv", At: at("05:00:00")}}
	f.files["e.csv"] = report.File{Key: "e.csv", Status: report.FileExpected, Job: "hotel-000002", Subscription: "hotel", Generation: at("04:00:00")}
	f.certificates = append(f.certificates, report.Certificate{File: "s.csv", Cause: report.FileStray, DeliveredAt: at("01:00:00"), VerifiedAt: at("05:00:00")})
	v := f.view()
	jobs := func(filter view.Filter) (ids []string) {
		for _, j := range answer(t, func(ctx context.Context) ([]view.Job, error) { return v.Jobs(ctx, filter) }) {
			ids = append(ids, j.ID)
		}
		return ids
	}
	files := func(filter view.Filter) (keys []string) {
		for _, file := range answer(t, func(ctx context.Context) ([]view.File, error) { return v.Files(ctx, filter) }) {
			keys = append(keys, file.Key)
		}
		return keys
	}
	certificates := func(filter view.Filter) (keys []string) {
		for _, c := range answer(t, func(ctx context.Context) ([]view.Certificate, error) { return v.Certificates(ctx, filter) }) {
			keys = append(keys, c.File)
		}
		return keys
	}
	for name, tt := range map[string]struct {
		list   func(view.Filter) []string
		filter view.Filter
		want   string
	}{
		"all jobs":                  {jobs, view.Filter{}, "hotel-000001 hotel-000002"},
		"open jobs":                 {jobs, view.Filter{Open: true}, "hotel-000002"},
		"jobs of a status":          {jobs, view.Filter{Statuses: []string{"LOADED", "LOST"}}, "hotel-000001"},
		"the newest job":            {jobs, view.Filter{Last: 1}, "hotel-000001"},
		"more jobs than there are":  {jobs, view.Filter{Last: 9}, "hotel-000001 hotel-000002"},
		"all files":                 {files, view.Filter{}, "e.csv a.csv d.csv"},
		"files of a subscription":   {files, view.Filter{Subscription: "hotel"}, "e.csv d.csv"},
		"files of a job":            {files, view.Filter{Job: "hotel-000002"}, "e.csv"},
		"files of a status":         {files, view.Filter{Statuses: []string{"STRAY"}}, "a.csv"},
		"the newest files":          {files, view.Filter{Last: 2}, "a.csv d.csv"},
		"all certificates":          {certificates, view.Filter{}, "s.csv d.csv"},
		"of strays":                 {certificates, view.Filter{Statuses: []string{"STRAY"}}, "s.csv"},
		"slow ones":                 {certificates, view.Filter{SlowerThan: 3 * time.Second}, "s.csv"},
		"of a subscription":         {certificates, view.Filter{Subscription: "hotel"}, "d.csv"},
		"the newest certificate":    {certificates, view.Filter{Last: 1}, "d.csv"},
		"certificates of no status": {certificates, view.Filter{Statuses: []string{"QUARANTINED"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(tt.list(tt.filter), " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if _, err := v.Jobs(t.Context(), view.Filter{Subscription: "inn"}); err == nil || !strings.Contains(err.Error(), "there is no subscription inn") {
		t.Errorf("jobs of an unknown subscription: %v", err)
	}
}

// The JSON of a list is what scripts and a console read: its names stay, and an empty list is a list.
func TestListsAsJSON(t *testing.T) {
	v := newFixture().view()
	none := view.Filter{Statuses: []string{"NONE"}}
	for name, tt := range map[string]struct {
		list func(context.Context) (any, error)
		want string
	}{
		"jobs": {func(ctx context.Context) (any, error) { return v.Jobs(ctx, view.Filter{}) },
			`[{"id":"hotel-000001","subscription":"hotel","source":"asp-analytics","origin":"vendor","window":{"from":"2026-11-14","to":"2026-11-17"},"tables":["asp_device","asp_communication"],"status":"LOADED",` +
				`"attempt":1,"planned_at":"2026-11-20T06:00:00Z","submitted_at":"2026-11-20T06:00:01Z","finished_at":"2026-11-20T06:12:30Z","files_loaded":1,"files_named":1,"vendor_request_id":"r-1"}]`},
		"files": {func(ctx context.Context) (any, error) { return v.Files(ctx, view.Filter{}) },
			`[{"key":"d.csv","status":"DELETED","subscription":"hotel","job":"hotel-000001","table":"asp_device","window":{"from":"2026-11-14","to":"2026-11-17"},"sha256":"ab12","rows":40,"bytes":2048,` +
				`"expected_at":"2026-11-20T06:00:01Z","delivered_at":"2026-11-20T06:12:29Z","loaded_at":"2026-11-20T06:12:30Z","deleted_at":"2026-11-20T06:12:31Z","exposure_seconds":2}]`},
		"certificates": {func(ctx context.Context) (any, error) { return v.Certificates(ctx, view.Filter{}) },
			`[{"file":"d.csv","bucket":"deliveries","key":"d.csv","etag":"e1","size":2048,"sha256":"ab12","subscription":"hotel","job":"hotel-000001","cause":"LOADED",` +
				`"delivered_at":"2026-11-20T06:12:29Z","loaded_at":"2026-11-20T06:12:30Z","deleted_at":"2026-11-20T06:12:31Z","verified_at":"2026-11-20T06:12:32Z","exposure_seconds":3}]`},
		"no jobs":         {func(ctx context.Context) (any, error) { return v.Jobs(ctx, none) }, `[]`},
		"no files":        {func(ctx context.Context) (any, error) { return v.Files(ctx, none) }, `[]`},
		"no certificates": {func(ctx context.Context) (any, error) { return v.Certificates(ctx, none) }, `[]`},
	} {
		if got, err := json.Marshal(answer(t, tt.list)); err != nil || string(got) != tt.want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", name, err, got, tt.want)
		}
	}
}

// A file that did not simply load says why, also after it is deleted.
func TestAFileSaysWhyItDidNotLoad(t *testing.T) {
	gone := report.Event{At: at("07:30:00"), From: "QUARANTINED", To: "DELETED", Why: "verified gone"}
	broken := report.Event{At: at("06:30:00"), From: "CLAIMED", To: "QUARANTINED", Why: "line 508: 6 cells where the header has 13"}
	loaded := report.Event{At: at("06:40:00"), From: "CLAIMED", To: "LOADED"}
	held := func(days ...int) *report.Receipt {
		r := &report.Receipt{Rows: 26, Partitions: []report.PartitionProof{{Date: day(13), Outcome: report.PartitionWritten}}}
		for _, d := range days {
			r.Partitions = append(r.Partitions, report.PartitionProof{Date: day(d), Outcome: report.PartitionHeld})
		}
		return r
	}
	for name, tt := range map[string]struct {
		file report.File
		want string
	}{
		"quarantined":             {report.File{Status: report.FileQuarantined, Reason: broken.Why, Timeline: report.Timeline{History: []report.Event{broken}}}, broken.Why},
		"deleted from quarantine": {report.File{Status: report.FileDeleted, Reason: gone.Why, Timeline: report.Timeline{History: []report.Event{broken, gone}}}, broken.Why},
		"loaded after a replay":   {report.File{Status: report.FileDeleted, Reason: gone.Why, Timeline: report.Timeline{History: []report.Event{broken, loaded, {From: "LOADED", To: "DELETED"}}}}, ""},
		"lost":                    {report.File{Status: report.FileLost, Reason: "the deadline passed with files missing"}, "the deadline passed with files missing"},
		"a held day":              {report.File{Status: report.FileLoaded, Receipt: held(14)}, "held: it would have erased or shrunk 2026-11-14"},
		"held days, deleted":      {report.File{Status: report.FileDeleted, Reason: gone.Why, Receipt: held(14, 15, 16)}, "held: it would have erased or shrunk 2026-11-14 and 2 more days"},
		"loaded":                  {report.File{Status: report.FileLoaded, Receipt: held()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			file := tt.file
			file.Key, file.Job = "d.csv", "hotel-000001"
			f.files[file.Key] = file
			job := answer(t, func(ctx context.Context) (view.JobDetails, error) { return f.view().Job(ctx, "hotel-000001") })
			if len(job.Files) != 1 || job.Files[0].Reason != tt.want {
				t.Errorf("the job's files are %+v, want %q", job.Files, tt.want)
			}
			listed := answer(t, func(ctx context.Context) ([]view.File, error) { return f.view().Files(ctx, view.Filter{}) })
			if listed[0].Why != tt.want {
				t.Errorf("the list has %q, want %q", listed[0].Why, tt.want)
			}
		})
	}
}

// What the source needs to fetch a job's files lets in anybody who has it.
func TestAJobKeepsWhatFetchesItsFiles(t *testing.T) {
	f := newFixture()
	job := f.jobs["hotel-000001"]
	job.Ticket = "https://example.com/?X-Amz-Signature=planted"
	f.jobs[job.ID] = job
	shown, err := json.Marshal(answer(t, func(ctx context.Context) (view.JobDetails, error) { return f.view().Job(ctx, job.ID) }))
	if err != nil || strings.Contains(string(shown), "planted") || strings.Contains(string(shown), "reference") {
		t.Errorf("%s, %v", shown, err)
	}
}

func TestAftermath(t *testing.T) {
	for name, tt := range map[string]struct {
		there  []int
		status report.JobStatus
		want   view.Aftermath
	}{
		"its days are there":                 {[]int{14, 15}, report.JobLost, view.Aftermath{ReplacedBy: []string{"hotel-000001"}, Healed: true}},
		"one of its days is there":           {[]int{14}, report.JobLost, view.Aftermath{ReplacedBy: []string{"hotel-000001"}}},
		"it was cancelled":                   {[]int{14, 15}, report.JobCancelled, view.Aftermath{ReplacedBy: []string{"hotel-000001"}, Healed: true}},
		"it is open, and so there is no end": {[]int{14, 15}, report.JobBackoff, view.Aftermath{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			snapshot := report.Snapshot{}
			for _, d := range tt.there {
				snapshot.Partitions = append(snapshot.Partitions, partition("asp_device", d, 1))
			}
			f.snapshots["hotel"] = snapshot
			job := report.Job{
				ID: "hotel-000000", Subscription: "hotel", Status: tt.status, Window: days(14, 15), Tables: []string{"asp_device"}, PlannedAt: at("05:00:00"),
			}
			got := answer(t, func(ctx context.Context) (view.Aftermath, error) { return f.view().Aftermath(ctx, job) })
			if !slices.Equal(got.ReplacedBy, tt.want.ReplacedBy) || got.Healed != tt.want.Healed || got.TooOld != tt.want.TooOld {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	old := report.Job{ID: "o", Subscription: "hotel", Status: report.JobLost, Window: report.Window{From: 1, To: 2}, Tables: []string{"asp_device"}}
	if got := answer(t, func(ctx context.Context) (view.Aftermath, error) { return newFixture().view().Aftermath(ctx, old) }); !got.TooOld || got.Healed {
		t.Errorf("of days of 1970: %+v", got)
	}
}
