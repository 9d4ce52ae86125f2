package requester_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// exported is the answer of an export that is finished: two files, each to be fetched.
var exported = report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{
	{Name: "cases-1.csv", Table: "asp_device", Fetch: "page-1"},
	{Name: "cases-2.csv", Table: "asp_device", Fetch: "page-2"},
}}

// body notes that it was closed.
type body struct {
	io.Reader
	closed *int
}

func (b body) Close() error { *b.closed++; return nil }

// TestAPolledExport plays the whole life of a source that is polled and fetched: it takes no other way through the
// requester than one that pushes.
func TestAPolledExport(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("seaside", "push", true))
	d.answer(report.Answer{Outcome: report.OutcomePending, Ticket: "t-1", RequestID: "r-1"})
	d.run(t.Context())
	d.want("job", report.JobPolling, 30*time.Second)

	var tickets []string
	answers := []report.Answer{
		{Outcome: report.OutcomePending, Ticket: "t-2", RetryAfter: time.Minute},
		{Outcome: report.OutcomePending}, // no new ticket: the old one goes on
		exported,
	}
	d.source.poll = func(_ context.Context, o report.Order) report.Answer {
		tickets = append(tickets, o.Ticket)
		return answers[len(tickets)-1]
	}
	d.now = start.Add(30 * time.Second)
	d.run(t.Context())
	d.want("job", report.JobPolling, time.Minute)
	d.now = d.now.Add(time.Minute)
	d.run(t.Context())
	d.want("job", report.JobPolling, 30*time.Second)

	delivered := map[string]string{}
	closed := 0
	d.source.fetch = func(_ context.Context, o report.Order, f report.NamedFile) (io.ReadCloser, error) {
		if o.Job != "job" || f.Table != "asp_device" {
			t.Errorf("fetches %+v for job %s", f, o.Job)
		}
		return body{strings.NewReader("content of " + f.Fetch), &closed}, nil
	}
	d.deliverer.deliver = func(_ context.Context, key string, content io.Reader) error {
		if _, named := d.fileOf("job", key); !named {
			t.Errorf("%s is delivered before its name is recorded", key)
		}
		text, err := io.ReadAll(content)
		delivered[key] = string(text)
		return err
	}
	d.now = d.now.Add(30 * time.Second)
	sum := d.run(t.Context())

	if want := []string{"t-1", "t-2", "t-2"}; !slices.Equal(tickets, want) {
		t.Errorf("polled with %q, want %q", tickets, want)
	}
	if want := map[string]string{"cases-1.csv": "content of page-1", "cases-2.csv": "content of page-2"}; !maps.Equal(delivered, want) || closed != 2 {
		t.Errorf("delivered %q, closed %d, want %q and both closed", delivered, closed, want)
	}
	if sum != (requester.Summary{Accepted: 1, Files: 2}) {
		t.Errorf("summary %+v", sum)
	}
	j := d.booked["job"]
	if j.Status != report.JobAwaitingFiles || len(j.ToFetch()) != 0 || !j.DueAt.Equal(j.Deadline) {
		t.Errorf("job is %s with %d to fetch, due %s; want AWAITING_FILES until %s", j.Status, len(j.ToFetch()), j.DueAt, j.Deadline)
	}
	if j.Requests != 1 || j.Ticket != "" {
		t.Errorf("attempt %d, ticket %q: one request was sent, and its ticket is used up", j.Requests, j.Ticket)
	}
}

func (d *fixture) fileOf(job, key string) (report.JobFile, bool) {
	j := d.booked[job]
	return j.File(key)
}

// polling records a job whose export has been asked for.
func (d *fixture) polling(id string) {
	j := d.plan(id, d.subscribe("seaside", "push", true))
	j.Status, j.Ticket, j.SubmittedAt, j.Epoch = report.JobPolling, "t-1", d.now.Add(-time.Hour), 5
	d.booked[id] = j
}

// TestAPollThatFailsLosesNothing: the export goes on at the vendor's, whatever became of asking after it.
func TestAPollThatFailsLosesNothing(t *testing.T) {
	cases := map[string]struct {
		answer report.Answer
		due    time.Duration
	}{
		"throttled":                        {report.Answer{Outcome: report.OutcomeBackOff}, 30 * time.Second},
		"throttled with Retry-After":       {report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: 2 * time.Minute}, 2 * time.Minute},
		"no readable answer":               {report.Answer{Outcome: report.OutcomeUnknown}, 30 * time.Second},
		"not ready":                        {report.Answer{Outcome: report.OutcomeNotReady}, 30 * time.Second},
		"not eligible any more, for a day": {report.Answer{Outcome: report.OutcomeNotEligible, Until: start.Add(24 * time.Hour)}, 24 * time.Hour},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.polling("job")
			d.source.poll = func(context.Context, report.Order) report.Answer { return c.answer }
			if sum := d.run(t.Context()); sum != (requester.Summary{}) {
				t.Errorf("summary %+v, want nothing that counts", sum)
			}
			d.want("job", report.JobPolling, c.due)
			if j := d.booked["job"]; j.Ticket != "t-1" || j.Epoch != 6 {
				t.Errorf("ticket %q, epoch %d: want the ticket kept under a new lease", j.Ticket, j.Epoch)
			}
		})
	}
}

func TestAPollMayBeRefused(t *testing.T) {
	for _, outcome := range []report.Outcome{report.OutcomeRefused} {
		t.Run(outcome.String(), func(t *testing.T) {
			d := newFixture(t)
			d.polling("job")
			d.source.poll = func(context.Context, report.Order) report.Answer { return report.Answer{Outcome: outcome} }
			if sum := d.run(t.Context()); sum != (requester.Summary{Refused: 1}) {
				t.Errorf("summary %+v", sum)
			}
			d.want("job", report.JobRefused, never)
		})
	}
}

// TestAnExportWhoseFilesCannotBeRecorded stays where it is: asking after it is safe to repeat.
func TestAnExportWhoseFilesCannotBeRecorded(t *testing.T) {
	d := newFixture(t)
	d.polling("job")
	d.source.poll = func(context.Context, report.Order) report.Answer { return exported }
	d.jobs.accept = func(context.Context, string, int64, report.Answer, time.Time, time.Time) (report.Job, []report.File, error) {
		return report.Job{}, nil, fault.New(fault.Conflict, "another job expects cases-1.csv")
	}
	if _, err := d.Run(t.Context(), requester.Trigger{}); err == nil || !strings.Contains(err.Error(), "another job expects") {
		t.Errorf("error %v, want one that says why", err)
	}
	d.want("job", report.JobPolling, 30*time.Second)
	if ticket := d.booked["job"].Ticket; ticket != "t-1" {
		t.Errorf("ticket %q", ticket)
	}
}

// TestAPullSourceIsFetchedAtOnce: what needs no export is named by the first answer, and fetched in the same run.
func TestAPullSourceIsFetchedAtOnce(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("seaside", "push", true))
	d.answer(exported)
	closed := 0
	d.source.fetch = func(context.Context, report.Order, report.NamedFile) (io.ReadCloser, error) {
		return body{strings.NewReader("x"), &closed}, nil
	}
	var delivered []string
	d.deliverer.deliver = func(_ context.Context, key string, _ io.Reader) error {
		delivered = append(delivered, key)
		return nil
	}
	d.run(t.Context())
	if want := []string{"cases-1.csv", "cases-2.csv"}; !slices.Equal(delivered, want) {
		t.Errorf("delivered %q, want %q", delivered, want)
	}
	// One request and two fetches, a second apart.
	if passed := d.now.Sub(start); passed != 2*time.Second {
		t.Errorf("three exchanges with the vendor took %s, want 2s", passed)
	}
}

// TestAFetchThatWasCutShort goes on where it ended: between a delivery and its note, or in the middle of the files.
func TestAFetchThatWasCutShort(t *testing.T) {
	fetching := func(t *testing.T) (*fixture, *int) {
		t.Helper()
		d := newFixture(t)
		j := d.plan("job", d.subscribe("seaside", "push", true))
		j.Status = report.JobSubmitting
		if err := j.AwaitFiles(start, exported, start.Add(4*time.Hour)); err != nil {
			t.Fatal(err)
		}
		d.booked["job"] = j
		closed := new(int)
		d.source.fetch = func(_ context.Context, _ report.Order, f report.NamedFile) (io.ReadCloser, error) {
			return body{strings.NewReader(f.Fetch), closed}, nil
		}
		return d, closed
	}
	t.Run("it was delivered, and not noted", func(t *testing.T) {
		d, closed := fetching(t)
		d.deliverer.deliver = func(_ context.Context, key string, _ io.Reader) error {
			if key == "cases-1.csv" {
				return fault.New(fault.Conflict, "something is there")
			}
			return nil
		}
		d.run(t.Context())
		if j := d.booked["job"]; len(j.ToFetch()) != 0 || !j.DueAt.Equal(j.Deadline) {
			t.Errorf("%d to fetch, due %s", len(j.ToFetch()), j.DueAt)
		}
		if *closed != 2 {
			t.Errorf("%d bodies closed, want 2", *closed)
		}
	})
	t.Run("the second file fails", func(t *testing.T) {
		d, closed := fetching(t)
		d.deliverer.deliver = func(_ context.Context, key string, _ io.Reader) error {
			if key == "cases-2.csv" {
				return errors.New("bucket down")
			}
			return nil
		}
		if _, err := d.Run(t.Context(), requester.Trigger{}); err == nil || !strings.Contains(err.Error(), "fetch file cases-2.csv: bucket down") {
			t.Errorf("error %v", err)
		}
		if *closed != 2 {
			t.Errorf("%d bodies closed, want 2", *closed)
		}
		j := d.booked["job"]
		if left := j.ToFetch(); len(left) != 1 || left[0].Key != "cases-2.csv" {
			t.Errorf("to fetch: %v, want the second file alone", left)
		}
		// When the lease has run out, only the second is fetched.
		var again []string
		d.deliverer.deliver = func(_ context.Context, key string, _ io.Reader) error {
			again = append(again, key)
			return nil
		}
		d.now = j.DueAt
		d.run(t.Context())
		if !slices.Equal(again, []string{"cases-2.csv"}) {
			t.Errorf("delivered %q again", again)
		}
	})
	t.Run("the source fails", func(t *testing.T) {
		d, _ := fetching(t)
		d.source.fetch = func(context.Context, report.Order, report.NamedFile) (io.ReadCloser, error) {
			return nil, fault.New(fault.Transient, "vendor down")
		}
		if _, err := d.Run(t.Context(), requester.Trigger{}); err == nil || !strings.Contains(err.Error(), "vendor down") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("another run took the lease", func(t *testing.T) {
		d, _ := fetching(t)
		d.deliverer.deliver = func(context.Context, string, io.Reader) error {
			j := d.booked["job"]
			j.Epoch++
			d.booked["job"] = j
			return nil
		}
		d.run(t.Context()) // the other run's progress is no problem of this one
		if j := d.booked["job"]; len(j.ToFetch()) != 2 {
			t.Errorf("%d to fetch: a lease that is over has noted something", len(j.ToFetch()))
		}
	})
}

// TestOverlappingRunsDoNotDisturbEachOther: the other run has moved the job between reading and leasing it. That is news, and
// no failure.
func TestOverlappingRunsDoNotDisturbEachOther(t *testing.T) {
	cases := map[string]func(*report.Job){
		"leased by the other": func(j *report.Job) { j.Epoch++; j.DueAt = start.Add(time.Hour) },
		"due again, a step further": func(j *report.Job) {
			j.Epoch++
			j.Status = report.JobAwaitingFiles
		},
		"cancelled": func(j *report.Job) { j.Status, j.DueAt = report.JobCancelled, time.Time{} },
	}
	for name, meanwhile := range cases {
		for _, status := range []report.JobStatus{report.JobPlanned, report.JobPolling, report.JobAwaitingFiles, report.JobSubmitting} {
			t.Run(name+" while "+string(status), func(t *testing.T) {
				d := newFixture(t) // any call of the source fails the test
				j := d.plan("job", d.subscribe("seaside", "push", true))
				j.Status, j.SubmittedAt, j.Deadline = status, start, start.Add(time.Hour)
				j.Files = []report.JobFile{{Key: "cases-1.csv", Table: "asp_device", Status: report.FileExpected, Fetch: "page-1"}}
				reads := 0
				d.jobs.dueJobs = func(context.Context, time.Time, int) ([]report.Job, error) {
					if reads++; reads > 1 {
						return nil, nil
					}
					moved := copied(j)
					meanwhile(&moved)
					d.booked["job"] = moved
					return []report.Job{j}, nil
				}
				if sum := d.run(t.Context()); sum != (requester.Summary{}) {
					t.Errorf("summary %+v, want nothing done", sum)
				}
			})
		}
	}
}
