package report_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// Every status constant must be in its list, so that the tests that go through the lists see a new one; and every
// switch over it must handle it, or panic here.
func TestEveryStatusIsListedAndHandled(t *testing.T) {
	declared := map[string][]string{}
	for _, name := range []string{"jobstatus.go", "filestatus.go", "coverage.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if name, ok := spec.Type.(*ast.Ident); ok && strings.HasSuffix(name.Name, "Status") {
				value, _ := spec.Values[0].(*ast.BasicLit)
				declared[name.Name] = append(declared[name.Name], strings.Trim(value.Value, `"`))
			}
			return true
		})
	}
	listed := map[string][]string{}
	for _, s := range report.JobStatuses() {
		listed["JobStatus"] = append(listed["JobStatus"], string(s))
		_, _, _ = s.Holds(), s.NeedsPerson(), s.Asks()
		job := report.Job{ID: "j", Status: s}
		_ = job.Begin("w", noon, noon) // goes through the table of transitions
	}
	for _, s := range report.FileStatuses() {
		listed["FileStatus"] = append(listed["FileStatus"], string(s))
		_ = s.HoldsObject()
		file := report.File{Key: "f", Status: s}
		_ = file.MarkLost(noon, "")
	}
	for _, s := range report.CoverageStatuses() {
		listed["CoverageStatus"] = append(listed["CoverageStatus"], string(s))
		_ = s.Covered()
	}
	for name, want := range declared {
		got := listed[name]
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("%s: declared %v, listed %v", name, want, got)
		}
	}
	if len(declared) != 3 {
		t.Errorf("found the status types %v, want three", declared)
	}
}

func TestJobTransitions(t *testing.T) {
	answer := report.Answer{RequestID: "r", Files: []report.NamedFile{{Name: "1.csv", Table: "a"}, {Name: "2.csv", Table: "b"}}}
	begin := func(j *report.Job) error { return j.Begin("w", noon, noon.Add(time.Minute)) }
	await := func(j *report.Job) error { return j.AwaitFiles(noon, answer, noon.Add(6*time.Hour)) }
	refuse := func(j *report.Job) error { return j.Refuse(noon, "403") }
	fetch := func(j *report.Job) error {
		return j.AwaitFiles(noon, report.Answer{Files: []report.NamedFile{{Name: "1.csv", Table: "a", Fetch: "1"}}}, noon)
	}
	settle := func(key string, s report.FileStatus) func(*report.Job) error {
		return func(j *report.Job) error { return j.SettleFile(noon, key, s) }
	}
	tests := map[string]struct {
		steps []func(*report.Job) error
		want  report.JobStatus
		fails bool
	}{
		"accepted and loaded": {
			steps: []func(*report.Job) error{begin, await, settle("1.csv", report.FileLoaded), settle("2.csv", report.FileLoaded)},
			want:  report.JobLoaded,
		},
		"one file loaded: still waiting": {
			steps: []func(*report.Job) error{begin, await, settle("1.csv", report.FileLoaded), settle("1.csv", report.FileLoaded)},
			want:  report.JobAwaitingFiles,
		},
		"a quarantined file keeps the job open": {
			steps: []func(*report.Job) error{begin, await, settle("1.csv", report.FileLoaded), settle("2.csv", report.FileQuarantined)},
			want:  report.JobAwaitingFiles,
		},
		"a file that could never load loses the job": {
			steps: []func(*report.Job) error{begin, await, settle("1.csv", report.FileLoaded), settle("2.csv", report.FileQuarantined), settle("2.csv", report.FileLost)},
			want:  report.JobLost,
		},
		"a file that comes after all completes a lost job": {
			steps: []func(*report.Job) error{
				begin, await, settle("1.csv", report.FileLoaded),
				func(j *report.Job) error { return j.MarkLost(noon, noon, "deadline") }, settle("2.csv", report.FileLoaded),
			},
			want: report.JobLoaded,
		},
		"a file that comes for a cancelled job does not bring it back": {
			steps: []func(*report.Job) error{
				begin, await, settle("1.csv", report.FileLoaded),
				func(j *report.Job) error { return j.Cancel(noon, "not wanted") }, settle("2.csv", report.FileLoaded),
			},
			want: report.JobCancelled,
		},
		"a table for which no file was named is lost": {
			steps: []func(*report.Job) error{begin, func(j *report.Job) error {
				return j.AwaitFiles(noon, report.Answer{Files: answer.Files[:1]}, noon)
			}, settle("1.csv", report.FileLoaded)},
			want: report.JobLost,
		},
		"nothing sent: planned again": {
			steps: []func(*report.Job) error{begin, func(j *report.Job) error { return j.Release(noon, "no time left") }},
			want:  report.JobPlanned,
		},
		"a job whose outcome is unknown is not begun again": {
			steps: []func(*report.Job) error{begin, func(j *report.Job) error { return j.MarkUnknown(noon, noon, "cut") }, begin},
			fails: true, want: report.JobUnknown,
		},
		"a loaded job is not begun again": {
			steps: []func(*report.Job) error{begin, await, settle("1.csv", report.FileLoaded), settle("2.csv", report.FileLoaded), begin},
			fails: true, want: report.JobLoaded,
		},
		"what the vendor could not carry out is lost": {
			steps: []func(*report.Job) error{begin, func(j *report.Job) error { return j.MarkLost(noon, noon, "failed") }},
			want:  report.JobLost,
		},
		"refused when a file is fetched: what was delivered does not bring the job back": {
			steps: []func(*report.Job) error{begin, await, refuse, settle("2.csv", report.FileLost), settle("1.csv", report.FileLoaded)},
			want:  report.JobRefused,
		},
		"refused, and the last file had been delivered before": {
			steps: []func(*report.Job) error{begin, await, refuse, settle("1.csv", report.FileLoaded), settle("2.csv", report.FileLoaded)},
			want:  report.JobLoaded,
		},
		"a file to fetch is put off: the job awaits the others": {
			steps: []func(*report.Job) error{begin, fetch, func(j *report.Job) error {
				return j.Postpone(report.JobWaitingUpstream, noon, noon.Add(time.Hour), "not ready")
			}},
			want: report.JobAwaitingFiles,
		},
		"a job without files to fetch cannot be put off": {
			steps: []func(*report.Job) error{begin, await, func(j *report.Job) error {
				return j.Postpone(report.JobBackoff, noon, noon.Add(time.Hour), "429")
			}},
			fails: true, want: report.JobAwaitingFiles,
		},
		"a refused job is a person's to retry": {
			steps: []func(*report.Job) error{
				begin, refuse,
				func(j *report.Job) error { return j.Retry(noon, "fixed") },
			},
			want: report.JobPlanned,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			job := report.NewJob("hotel-000001", report.Subscription{Name: "hotel"}, report.Request{Tables: []string{"a", "b"}, Attempt: 1}, noon)
			var err error
			for _, step := range tt.steps {
				err = step(&job)
			}
			var transition *report.TransitionError
			if errors.As(err, &transition) != tt.fails {
				t.Errorf("the last step answers %v", err)
			}
			if job.Status != tt.want {
				t.Errorf("status %s, want %s", job.Status, tt.want)
			}
			last := job.History[len(job.History)-1]
			if last.To != string(job.Status) {
				t.Errorf("the timeline ends with %s, the job is %s", last.To, job.Status)
			}
			if finished := !job.Status.Holds(); finished == job.FinishedAt.IsZero() || finished && !job.DueAt.IsZero() {
				t.Errorf("a job that is %s is finished at %v and due at %v", job.Status, job.FinishedAt, job.DueAt)
			}
		})
	}
}

// TestTriesOfAFile count from its first, and not while it was too early for any.
func TestTriesOfAFile(t *testing.T) {
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	j := report.Job{ID: "hotel-000001", Status: report.JobSubmitting, TriedSince: noon.Add(-time.Hour)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tried := func(what string, fetches int, since time.Time) {
		t.Helper()
		if j.Fetches != fetches || !j.TriedSince.Equal(since) {
			t.Errorf("%s: %d tries since %s, want %d since %s", what, j.Fetches, j.TriedSince, fetches, since)
		}
	}
	begin := func(minute int) { t.Helper(); must(j.BeginPoll("w", at(minute), at(minute+1))) }
	must(j.AwaitFiles(at(0), report.Answer{Files: []report.NamedFile{{Name: "1.csv", Fetch: "1"}, {Name: "2.csv", Fetch: "2"}}}, at(9)))
	tried("named", 0, time.Time{})
	begin(1)
	must(j.Postpone(report.JobBackoff, at(1), at(2), "429"))
	begin(2)
	tried("tried twice", 2, at(1))
	must(j.Release(at(2), ""))
	tried("given back", 1, at(1))
	if j.Reason != "429" {
		t.Errorf("reason %q", j.Reason)
	}
	begin(3)
	must(j.Postpone(report.JobNotEligible, at(3), at(4), "too early"))
	tried("too early", 0, time.Time{})
	begin(5)
	j.Fetched(at(5), "1.csv", at(60))
	tried("delivered", 0, time.Time{})
	begin(6)
	tried("the next file", 1, at(6))
	j.Fetched(at(6), "2.csv", at(60))
	if !j.Deadline.Equal(at(60)) || !j.DueAt.Equal(at(60)) || !j.FetchedAt.Equal(at(6)) {
		t.Errorf("delivered at %s, due at %s, deadline %s", j.FetchedAt, j.DueAt, j.Deadline)
	}
}

func TestArrivalDecisions(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	delivery := func(etag string, minutes int) report.Delivery {
		return report.Delivery{Bucket: "b", Key: "1.csv", ETag: etag, Size: 1, At: at(minutes)}
	}
	job := report.Job{ID: "hotel-000001", SubmittedAt: noon}
	expected := func() report.File {
		f := report.File{Key: "1.csv"}
		if err := f.Expect(noon, job, report.JobFile{Key: "1.csv", Table: "a"}, 1, at(360)); err != nil {
			t.Fatal(err)
		}
		return f
	}
	arrive := func(f *report.File, d report.Delivery, now int) report.Decision {
		decision, err := f.Arrive(d, report.Claim{Worker: "w", Lease: at(now + 1), Grace: at(now + 360)}, at(now))
		if err != nil {
			t.Fatal(err)
		}
		return decision
	}
	loaded := func() report.File {
		f := expected()
		arrive(&f, delivery("x", 1), 1)
		if err := f.Load(at(2), f.Epoch, report.Receipt{}); err != nil {
			t.Fatal(err)
		}
		return f
	}
	deleted := func() report.File {
		f := loaded()
		if err := f.Delete(at(3), ""); err != nil {
			t.Fatal(err)
		}
		return f
	}
	tests := map[string]struct {
		file   func() report.File
		arrive report.Delivery
		now    int
		want   report.Decision
		status report.FileStatus
	}{
		"expected":                                  {expected, delivery("x", 1), 1, report.DecideLoad, report.FileClaimed},
		"nobody expects it":                         {func() report.File { return report.File{Key: "1.csv"} }, delivery("x", 1), 1, report.DecideStray, report.FileStray},
		"the same event again":                      {loaded, delivery("x", 1), 2, report.DecideDuplicate, report.FileLoaded},
		"an older event later":                      {loaded, delivery("w", 0), 2, report.DecideDuplicate, report.FileLoaded},
		"other content":                             {loaded, delivery("y", 2), 2, report.DecideLoad, report.FileClaimed},
		"an event after deletion":                   {deleted, delivery("x", 1), 9, report.DecideDuplicate, report.FileDeleted},
		"the same content put again after deletion": {deleted, delivery("x", 5), 9, report.DecideReturned, report.FileLoaded},
		"other content put after deletion":          {deleted, delivery("y", 5), 9, report.DecideLoad, report.FileClaimed},
		"claimed by another, lease runs": {func() report.File {
			f := expected()
			arrive(&f, delivery("x", 1), 1)
			return f
		}, delivery("x", 1), 1, report.DecideBusy, report.FileClaimed},
		"claimed by another, lease over": {func() report.File {
			f := expected()
			arrive(&f, delivery("x", 1), 1)
			return f
		}, delivery("x", 1), 2, report.DecideLoad, report.FileClaimed},
		"it kills its worker each time": {func() report.File {
			f := expected()
			for i := range report.MaxLoads {
				arrive(&f, delivery("x", 1), 1+i)
			}
			return f
		}, delivery("x", 1), 1 + report.MaxLoads, report.DecideExhausted, report.FileClaimed},
		"its load fails each time": {func() report.File {
			f := expected()
			failLoads(t, &f, delivery("x", 1), report.MaxLoads, false)
			return f
		}, delivery("x", 1), 600, report.DecideExhausted, report.FileClaimed},
		"an outage does not count": {func() report.File {
			f := expected()
			failLoads(t, &f, delivery("x", 1), 2*report.MaxLoads, true)
			return f
		}, delivery("x", 1), 600, report.DecideLoad, report.FileClaimed},
		"a fault that lasts for a day": {func() report.File {
			f := expected()
			failLoads(t, &f, delivery("x", 1), report.MaxSetbacks, true)
			return f
		}, delivery("x", 1), 600, report.DecideExhausted, report.FileClaimed},
		"other content after an outage": {func() report.File {
			f := expected()
			failLoads(t, &f, delivery("x", 1), 2*report.MaxLoads, true)
			return f
		}, delivery("y", 1), 600, report.DecideLoad, report.FileClaimed},
		"lost, and comes after all": {func() report.File {
			f := expected()
			if err := f.MarkLost(noon, "late"); err != nil {
				t.Fatal(err)
			}
			return f
		}, delivery("x", 400), 400, report.DecideLoad, report.FileClaimed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := tt.file()
			epoch := f.Epoch
			if got := arrive(&f, tt.arrive, tt.now); got != tt.want || f.Status != tt.status {
				t.Errorf("decided %s and is %s, want %s and %s", got, f.Status, tt.want, tt.status)
			}
			if tt.want == report.DecideLoad && f.Epoch != epoch+1 {
				t.Errorf("a claim moves the epoch from %d to %d", epoch, f.Epoch)
			}
		})
	}
}

func TestAFencedWorkerCannotCommit(t *testing.T) {
	f := report.File{Key: "1.csv", Status: report.FileClaimed, Epoch: 2}
	if err := f.Load(noon, 1, report.Receipt{}); err == nil || f.Status != report.FileClaimed {
		t.Errorf("the claim at epoch 1 committed at epoch 2: %v", err)
	}
}

func TestANameThatAnotherJobAwaitsIsNotTakenOver(t *testing.T) {
	f := report.File{Key: "1.csv", Status: report.FileExpected, Job: "hotel-000001"}
	if err := f.Expect(noon, report.Job{ID: "hotel-000002"}, report.JobFile{}, 1, noon); err == nil {
		t.Error("the name of an unfinished job was taken over")
	}
	if err := f.Expect(noon, report.Job{ID: "hotel-000001"}, report.JobFile{}, 1, noon); err != nil || len(f.History) != 0 {
		t.Errorf("recording the same names twice: %v, and then %v", err, f.History)
	}
}

func TestANameMayBeUsedAgainWhenItsJobIsAskedForAgain(t *testing.T) {
	again := report.Job{ID: "hotel-000001", SubmittedAt: noon.Add(time.Hour)}
	delivery := report.Delivery{ETag: "x"}
	tests := map[string]struct {
		file    report.File
		arrived bool
		refused bool
	}{
		"not come":              {file: report.File{Status: report.FileExpected}},
		"loaded, still there":   {file: report.File{Status: report.FileLoaded, Delivery: &delivery, Receipt: &report.Receipt{}}, arrived: true},
		"loaded and deleted":    {file: report.File{Status: report.FileDeleted, Delivery: &delivery}},
		"being loaded just now": {file: report.File{Status: report.FileClaimed, Delivery: &delivery}, refused: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := tt.file
			f.Key, f.Job, f.Generation = "1.csv", again.ID, noon
			err := f.Expect(noon.Add(time.Hour), again, report.JobFile{}, 1, noon.Add(7*time.Hour))
			if (err != nil) != tt.refused {
				t.Fatalf("expecting it answers %v", err)
			}
			if tt.refused {
				return
			}
			if f.Status != report.FileExpected || !f.Generation.Equal(again.SubmittedAt) || (f.Delivery != nil) != tt.arrived || f.Receipt != nil {
				t.Errorf("it is %+v", f)
			}
		})
	}
}
