package requester_test

import (
	"context"
	"io"
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

	c := d.content()
	closed := &c.closed
	d.deliverer.deliver = func(ctx context.Context, job, key string, content io.Reader) error {
		if _, named := d.fileOf(job, key); !named {
			t.Errorf("%s is delivered before its name is recorded", key)
		}
		return c.deliver(ctx, job, key, content)
	}
	d.now = d.now.Add(30 * time.Second)
	sum := d.run(t.Context())

	if want := []string{"t-1", "t-2", "t-2"}; !slices.Equal(tickets, want) {
		t.Errorf("polled with %q, want %q", tickets, want)
	}
	if want := []string{"cases-1.csv: page-1", "cases-2.csv: page-2"}; !slices.Equal(c.delivered, want) || *closed != 2 {
		t.Errorf("delivered %q, closed %d, want %q and both closed", c.delivered, *closed, want)
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

// TestAnExportIsAskedAfterWithinTheRun: it comes due when the source says, and a run that has the time waits for that. One that has
// not leaves the export to another.
func TestAnExportIsAskedAfterWithinTheRun(t *testing.T) {
	cases := map[string]struct {
		left   time.Duration
		status report.JobStatus
		due    time.Duration // after the run
		slept  []time.Duration
	}{
		"time for all":            {2 * time.Minute, report.JobAwaitingFiles, 4 * time.Hour, []time.Duration{15 * time.Second, 18 * time.Second}},
		"time for one":            {45 * time.Second, report.JobPolling, 18 * time.Second, []time.Duration{15 * time.Second}},
		"time for the order only": {35 * time.Second, report.JobPolling, 15 * time.Second, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.plan("job", d.subscribe("seaside", "push", true))
			d.source.submit = func(context.Context, report.Order) report.Answer {
				return report.Answer{Outcome: report.OutcomePending, Ticket: "t-1", Until: d.now.Add(15 * time.Second)}
			}
			polls := 0
			d.source.poll = func(context.Context, report.Order) report.Answer {
				if polls++; polls == 1 {
					return report.Answer{Outcome: report.OutcomePending, Ticket: "t-2", Until: d.now.Add(18 * time.Second)}
				}
				return report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{{Name: "a.csv", Table: "asp_device"}}}
			}
			d.run(d.endingIn(c.left))
			d.want("job", c.status, c.due)
			if !slices.Equal(d.slept, c.slept) {
				t.Errorf("slept %v, want %v", d.slept, c.slept)
			}
		})
	}
}

// TestAnExportIsGivenUpAfterTheSourcesPatience, which counts from the order.
func TestAnExportIsGivenUpAfterTheSourcesPatience(t *testing.T) {
	for name, c := range map[string]struct {
		since time.Duration
		want  report.JobStatus
	}{
		"an hour": {time.Hour, report.JobPolling}, "more than that": {time.Hour + time.Second, report.JobLost},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.source.limits.Patience = time.Hour
			d.polling("job")
			j := d.booked["job"]
			j.SubmittedAt = d.now.Add(-c.since)
			d.booked["job"] = j
			d.source.poll = func(context.Context, report.Order) report.Answer {
				return report.Answer{Outcome: report.OutcomePending}
			}
			d.run(t.Context())
			if got := d.booked["job"].Status; got != c.want {
				t.Errorf("the job is %s, want %s", got, c.want)
			}
		})
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

// TestAnExportThatFailsIsAskedForAnew: nothing will come of it, and its days are planned again.
func TestAnExportThatFailsIsAskedForAnew(t *testing.T) {
	d := newFixture(t)
	d.polling("job")
	d.source.poll = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeFailed, Why: "CLOSED and FAILED"}
	}
	if sum := d.run(t.Context()); sum != (requester.Summary{Lost: 1}) {
		t.Errorf("summary %+v", sum)
	}
	d.want("job", report.JobLost, never)
	if why := d.booked["job"].Reason; why != "CLOSED and FAILED" {
		t.Errorf("reason %q", why)
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
