package view_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestStatusNeedsAttention(t *testing.T) {
	overdue := func(f *fixture, due string) {
		f.jobs["w"] = report.Job{ID: "w", Subscription: "hotel", Status: report.JobBackoff, DueAt: at(due)}
	}
	for name, tt := range map[string]struct {
		spoil func(f *fixture)
		says  string // empty: nothing
	}{
		"today's newest day is not there yet": {func(f *fixture) { f.drop(17) }, ""},
		"an older day is not there":           {func(f *fixture) { f.drop(16) }, "1 day of asp_device"},
		"a quarantined file": {func(f *fixture) {
			f.files["q"] = report.File{Key: "q", Status: report.FileQuarantined, Reason: "header", Delivery: &report.Delivery{Key: "q", At: at("01:00:00")}}
			f.deliveries.objects["q"] = report.Object{Key: "q", ModifiedAt: at("01:00:00")}
		}, "bellhop files show q"},
		"a raw object for 15 minutes":      {func(f *fixture) { f.deliveries.objects["r"] = report.Object{Key: "r", ModifiedAt: at("07:25:00")} }, ""},
		"a raw object for longer":          {func(f *fixture) { f.deliveries.objects["r"] = report.Object{Key: "r", ModifiedAt: at("07:24:59")} }, "does the janitor run"},
		"a job that is overdue by an hour": {func(f *fixture) { overdue(f, "06:40:00") }, ""},
		"a job that is overdue by more":    {func(f *fixture) { overdue(f, "06:39:59") }, "does the requester run"},
		"nobody is logged in": {func(f *fixture) {
			f.credential = report.Credential{ShutSince: at("01:00:00"), Reason: "invalid_grant"}
		}, "all jobs wait for a login since 2026-11-20 01:00"},
		"a day held back":                     {func(f *fixture) { f.snapshots["hotel"].Partitions[0].Held = &report.Held{} }, "bellhop review list"},
		"a paused subscription with a gap":    {func(f *fixture) { f.drop(16); f.pause() }, ""},
		"a subscription of an unknown source": {func(f *fixture) { s := hotel(); s.Source = "fax"; f.subs["hotel"] = s }, `no source "fax"`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			tt.spoil(f)
			needs := strings.Join(answer(t, f.view().Status).Attention, "\n")
			if !strings.Contains(needs, tt.says) || tt.says == "" && needs != "" {
				t.Errorf("needs %q, want %q", needs, tt.says)
			}
		})
	}
}

// TestJobsThatWaitForALoginAreNotOverdue: they are due, and nothing is wrong with the requester.
func TestJobsThatWaitForALoginAreNotOverdue(t *testing.T) {
	f := newFixture()
	f.jobs["w"] = report.Job{ID: "w", Subscription: "hotel", Status: report.JobPlanned, DueAt: at("01:00:00")}
	if s := answer(t, f.view().Status); len(s.Jobs.Overdue) != 1 {
		t.Fatalf("with a credential the job is overdue, and the status has %+v", s.Jobs)
	}
	f.credential = report.Credential{ShutSince: at("01:00:00")}
	if s := answer(t, f.view().Status); len(s.Jobs.Overdue) != 0 || len(s.Attention) != 1 || !strings.Contains(s.Attention[0], "bellhop auth login") {
		t.Errorf("%+v needs %q", s.Jobs, s.Attention)
	}
}

// One refused unit is one cause, whatever the number of jobs, tables and days that it costs.
func TestStatusGroupsByCauseAndNamesTheFixFirst(t *testing.T) {
	f := newFixture()
	snapshot := report.Snapshot{}
	for i, d := range []int{14, 15, 16} {
		id := fmt.Sprintf("hotel-00000%d", i+2)
		job := report.Job{ID: id, Subscription: "hotel", Status: report.JobRefused, Reason: "404: no such unit", Window: days(d, d), Tables: []string{"asp_device", "asp_communication"}}
		f.jobs[id] = job
		snapshot.Markers = append(snapshot.Markers, report.Marker{Job: id, Window: job.Window, Tables: job.Tables, Status: job.Status, Attempt: 1, Reason: job.Reason})
	}
	f.snapshots["hotel"] = snapshot
	needs := answer(t, f.view().Status).Attention
	want := []string{
		"3 jobs refused: bellhop jobs show hotel-000002, and bellhop subscriptions show hotel; when the cause is gone: bellhop jobs retry hotel-000002 hotel-000003 hotel-000004",
		"6 days of 2 tables (hotel) missing: refused by the vendor",
	}
	if len(needs) != 2 || needs[0] != want[0] || needs[1] != want[1] {
		t.Errorf("needs %q, want %q", needs, want)
	}
}

func TestStatusSaysWhatToDoAboutDaysThatStayMissing(t *testing.T) {
	lost := report.Marker{Job: "hotel-000002", Window: days(14, 15), Tables: []string{"asp_device"}, Status: report.JobLost, Attempt: report.MaxAttempts, Reason: "files missing"}
	for name, tt := range map[string]struct {
		markers []report.Marker
		dropped []int
		want    string
	}{
		"given up":             {[]report.Marker{lost}, []int{14, 15}, "2 days of asp_device (hotel) missing, and no open job asks for them; ask once more: bellhop refetch hotel 2026-11-14..2026-11-15 --table asp_device"},
		"one day, given up":    {[]report.Marker{lost}, []int{14}, "1 day of asp_device (hotel) missing, and no open job asks for it; ask once more: bellhop refetch hotel 2026-11-14 --table asp_device"},
		"not asked for so far": {nil, []int{14}, "1 day of asp_device (hotel) missing, and no open job asks for it"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			f.drop(tt.dropped...)
			snapshot := f.snapshots["hotel"]
			snapshot.Markers = tt.markers
			f.snapshots["hotel"] = snapshot
			if needs := answer(t, f.view().Status).Attention; len(needs) != 1 || needs[0] != tt.want {
				t.Errorf("needs %q, want %q", needs, tt.want)
			}
		})
	}
}

// The JSON of a status is what scripts and a console read: its names stay.
func TestStatusAsJSON(t *testing.T) {
	f := troubled()
	f.jobs["hotel-000003"] = report.Job{
		ID: "hotel-000003", Subscription: "hotel", Status: report.JobAwaitingFiles, Deadline: at("09:05:00"), DueAt: at("09:05:00"),
		Files: []report.JobFile{{Key: "x", Status: report.FileLoaded}, {Key: "y", Status: report.FileExpected}},
	}
	f.files["s"] = report.File{Key: "s", Status: report.FileStray, Reason: "nobody expects it", DueAt: at("13:00:00")}
	f.deliveries.objects["s"] = report.Object{Key: "s", ModifiedAt: at("07:39:00")}
	got, err := json.Marshal(answer(t, f.view().Status))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"place":"here","as_of":"2026-11-20T07:40:00Z",` +
		`"data":[{"subscription":"hotel","paused":false,"wanted":90,"counts":{"COMPLETE":86,"EXPIRED":1,"MISSING":1,"NOT_ELIGIBLE":1,"PENDING":1},"held":0}],` +
		`"jobs":{"open":1,"counts":{"AWAITING_FILES":1,"LOADED":1,"REFUSED":1},"refused":["hotel-000002"],"overdue":[],"files_named":2,"files_loaded":1,"deadline":"2026-11-20T09:05:00Z"},` +
		`"gaps":[{"subscription":"hotel","table":"asp_device","window":{"from":"2026-08-20","to":"2026-08-20"},"days":1,"status":"EXPIRED","why":"the vendor no longer has it","lost_after":"2026-11-18","days_left":-2},` +
		`{"subscription":"hotel","table":"asp_device","window":{"from":"2026-11-15","to":"2026-11-15"},"days":1,"status":"MISSING","why":"job hotel-000002 was refused: 403: no permission","lost_after":"2027-02-13","days_left":85}],` +
		`"files":{"counts":{"DELETED":1,"STRAY":1},"held":[{"key":"s","status":"STRAY","reason":"nobody expects it","rows":0,"bytes":0,"until":"2026-11-20T13:00:00Z"}],"last_deleted":"2026-11-20T06:12:31Z"},` +
		`"raw":{"known":true,"objects":1,"overdue":[],"oldest_ns":60000000000},` +
		`"attention":["1 job refused: bellhop jobs show hotel-000002, and bellhop subscriptions show hotel; when the cause is gone: bellhop jobs retry hotel-000002",` +
		`"1 day of asp_device (hotel) missing: refused by the vendor","1 file quarantined or unexpected: bellhop files show s"]}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Without the delivery bucket, what lies in it is what the ledger knows.
func TestStatusWithoutTheDeliveryBucket(t *testing.T) {
	f := newFixture()
	f.files["c"] = report.File{Key: "c", Status: report.FileClaimed, Delivery: &report.Delivery{Key: "c", At: at("07:00:00")}}
	v := f.view()
	v.Deliveries = nil
	if s := answer(t, v.Status); s.Raw.Known || s.Raw.Objects != 1 || s.Raw.Oldest != 40*time.Minute || len(s.Raw.Overdue) != 1 {
		t.Errorf("%+v", s.Raw)
	}
}
