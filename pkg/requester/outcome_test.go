package requester_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// TestEveryOutcomeHasItsState plays one answer to one planned job, and looks at where the job stands and when it is due.
func TestEveryOutcomeHasItsState(t *testing.T) {
	const hour = time.Hour
	cases := map[string]struct {
		answer report.Answer
		chance float64
		status report.JobStatus
		due    time.Duration
		sum    requester.Summary
	}{
		"accepted": {
			answer: report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{{Name: "a.csv", Table: "asp_device"}}},
			status: report.JobAwaitingFiles, due: 4 * hour, sum: requester.Summary{Accepted: 1, Files: 1},
		},
		"accepted without files: nothing will ever come": {
			answer: report.Answer{Outcome: report.OutcomeAccepted},
			status: report.JobLost, due: never, sum: requester.Summary{Accepted: 1},
		},
		"not ready, least jitter": {
			answer: report.Answer{Outcome: report.OutcomeNotReady}, chance: 0,
			status: report.JobWaitingUpstream, due: 2*hour + 30*time.Minute, sum: requester.Summary{Postponed: 1},
		},
		"not ready, middle": {
			answer: report.Answer{Outcome: report.OutcomeNotReady}, chance: 0.5,
			status: report.JobWaitingUpstream, due: 3 * hour, sum: requester.Summary{Postponed: 1},
		},
		"not ready, nearly most jitter": {
			answer: report.Answer{Outcome: report.OutcomeNotReady}, chance: 0.75,
			status: report.JobWaitingUpstream, due: 3*hour + 15*time.Minute, sum: requester.Summary{Postponed: 1},
		},
		"not ready, and the vendor names a longer wait": {
			answer: report.Answer{Outcome: report.OutcomeNotReady, RetryAfter: 5 * hour}, chance: 0.5,
			status: report.JobWaitingUpstream, due: 5 * hour, sum: requester.Summary{Postponed: 1},
		},
		"back off": {
			answer: report.Answer{Outcome: report.OutcomeBackOff}, chance: 0.5,
			status: report.JobBackoff, due: time.Second, sum: requester.Summary{Postponed: 1},
		},
		"back off, and Retry-After is longer than the jitter": {
			answer: report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: time.Minute}, chance: 0.75,
			status: report.JobBackoff, due: time.Minute, sum: requester.Summary{Postponed: 1},
		},
		"back off, and Retry-After is shorter than the jitter": {
			answer: report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: time.Second}, chance: 0.75,
			status: report.JobBackoff, due: 1500 * time.Millisecond, sum: requester.Summary{Postponed: 1},
		},
		"not eligible until a date": {
			answer: report.Answer{Outcome: report.OutcomeNotEligible, Until: start.Add(50 * hour)},
			status: report.JobNotEligible, due: 50 * hour, sum: requester.Summary{Postponed: 1},
		},
		"not eligible, nobody says until when": {
			answer: report.Answer{Outcome: report.OutcomeNotEligible},
			status: report.JobNotEligible, due: 24 * hour, sum: requester.Summary{Postponed: 1},
		},
		"refused": {
			answer: report.Answer{Outcome: report.OutcomeRefused, Why: "unit unknown"},
			status: report.JobRefused, due: never, sum: requester.Summary{Refused: 1},
		},
		"failed": {
			answer: report.Answer{Outcome: report.OutcomeFailed, Why: "the export broke"},
			status: report.JobLost, due: never, sum: requester.Summary{Lost: 1},
		},
		"unknown": {
			answer: report.Answer{Outcome: report.OutcomeUnknown, Why: "connection reset"},
			status: report.JobUnknown, due: 4 * hour, sum: requester.Summary{Unknown: 1},
		},
		"pending": {
			answer: report.Answer{Outcome: report.OutcomePending, Ticket: "export-1"},
			status: report.JobPolling, due: 30 * time.Second, sum: requester.Summary{},
		},
		"pending, and the vendor names a wait": {
			answer: report.Answer{Outcome: report.OutcomePending, Ticket: "export-1", RetryAfter: time.Minute},
			status: report.JobPolling, due: time.Minute, sum: requester.Summary{},
		},
		"pending until": {
			answer: report.Answer{Outcome: report.OutcomePending, Ticket: "export-1", Until: start.Add(5 * time.Second)},
			status: report.JobPolling, due: 5 * time.Second, sum: requester.Summary{},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.plan("job", d.subscribe("seaside", "push", true))
			d.chance = c.chance
			d.answer(c.answer)

			sum := d.run(t.Context())

			c.sum.Submitted = 1
			if sum != c.sum {
				t.Errorf("summary %+v, want %+v", sum, c.sum)
			}
			d.want("job", c.status, c.due)
			if want := []string{"job SUBMITTING", "job " + string(c.status)}; !slices.Equal(d.moves, want) {
				t.Errorf("told %q, want %q", d.moves, want)
			}
			if j := d.booked["job"]; j.Requests != 1 || !j.SubmittedAt.Equal(start) || j.Worker != "worker 1" {
				t.Errorf("attempt %d at %s by %s", j.Requests, j.SubmittedAt, j.Worker)
			}
		})
	}
}

// TestBackOffIsFullJitterBelowADoublingBound: half of chance is half of the bound, which is 2s, 4s, 8s … and after eight
// quick attempts two hours.
func TestBackOffIsFullJitterBelowADoublingBound(t *testing.T) {
	cases := map[string]struct {
		attempts int // before this one
		half     time.Duration
	}{
		"first":  {0, time.Second},
		"second": {1, 2 * time.Second},
		"third":  {2, 4 * time.Second},
		"eighth": {7, 128 * time.Second},
		"ninth":  {8, time.Hour},
		"fiftieth: the bound stays and the shift does not overflow": {49, time.Hour},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			j := d.plan("job", d.subscribe("seaside", "push", true))
			j.Requests = c.attempts
			d.booked["job"] = j
			d.answer(report.Answer{Outcome: report.OutcomeBackOff})
			d.run(t.Context())
			d.want("job", report.JobBackoff, c.half)
		})
	}
}

// TestNoChanceIsNoWait: the jitter is full, so that its lower bound is nothing at all; the pace still keeps requests apart.
func TestNoChanceIsNoWait(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("seaside", "push", true))
	d.chance = 0
	d.answer(report.Answer{Outcome: report.OutcomeBackOff}, report.Answer{Outcome: report.OutcomeRefused})
	sum := d.run(t.Context())
	if passed := d.now.Sub(start); sum.Submitted != 2 || passed != time.Second {
		t.Errorf("sent %d within %s, want 2 within the pace of a second", sum.Submitted, passed)
	}
}

func TestTheOrderSaysWhatIsWanted(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", true)
	j := d.plan("job", sub)
	var got report.Order
	d.source.submit = func(_ context.Context, o report.Order) report.Answer {
		got = o
		if held := d.booked["job"]; held.Status != report.JobSubmitting || !held.DueAt.Equal(start.Add(5*time.Minute)) {
			t.Errorf("while asking the job is %s until %s, want SUBMITTING under a lease of five minutes", held.Status, held.DueAt)
		}
		return report.Answer{Outcome: report.OutcomeRefused}
	}
	d.run(t.Context())
	if got.Job != "job" || got.Window != j.Window || !slices.Equal(got.Tables, j.Tables) ||
		got.DeliveryBucket != "delivery" || got.Subscription.Params["unit"] != "u-1" || got.Ticket != "" {
		t.Errorf("order %+v", got)
	}
}

// TestALeaseOutlivesTheRun: who would take the job over must be sure that this run is dead.
func TestALeaseOutlivesTheRun(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("seaside", "push", true))
	d.source.submit = func(context.Context, report.Order) report.Answer {
		if due := d.booked["job"].DueAt; !due.Equal(start.Add(11 * time.Minute)) {
			t.Errorf("leased until %s, want a minute after the end of the run", due)
		}
		return report.Answer{Outcome: report.OutcomeRefused}
	}
	d.run(d.endingIn(10 * time.Minute))
}

func TestARefusedCredentialShutsItsSourceAlone(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", true)
	for _, id := range []string{"a1", "a2", "a3"} {
		d.plan(id, sub)
	}
	d.plan("b1", d.subscribe("harbour", "other", true))
	other := newVendor(t, "other")
	other.submit = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeUnknown}
	}
	d.Sources = append(d.Sources, other)
	d.answer(report.Answer{Outcome: report.OutcomeUnauthorized, Why: "invalid_grant"})

	sum := d.run(t.Context())

	if want := (requester.Summary{Submitted: 2, Unknown: 1, Left: 3, Waiting: 1}); sum != want {
		t.Errorf("summary %+v, want %+v", sum, want)
	}
	d.want("a1", report.JobPlanned, 0)
	d.want("a2", report.JobPlanned, 0)
	d.want("a3", report.JobPlanned, 0)
	d.want("b1", report.JobUnknown, 4*time.Hour)
	if j := d.booked["a1"]; !strings.Contains(j.Reason, "waits for a login") || !strings.Contains(j.Reason, "invalid_grant") || j.Requests != 0 {
		t.Errorf("attempt %d, reason %q", j.Requests, j.Reason)
	}

	// The next scheduled run tries the credential again.
	d.now = d.now.Add(15 * time.Minute)
	no := report.Answer{Outcome: report.OutcomeRefused}
	d.answer(no, no, no)
	if sum := d.run(t.Context()); sum.Submitted != 3 || sum.Left != 0 {
		t.Errorf("next run: %+v", sum)
	}
}

// TestASourceThatIsShutDoesNotHideOthers: more jobs of a shut source are due than one page of due jobs holds.
func TestASourceThatIsShutDoesNotHideOthers(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", true)
	for i := range 60 {
		d.plan("a"+string(rune('0'+i/10))+string(rune('0'+i%10)), sub)
	}
	d.plan("z", d.subscribe("harbour", "other", true))
	other := newVendor(t, "other")
	other.submit = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeRefused}
	}
	d.Sources = append(d.Sources, other)
	d.answer(report.Answer{Outcome: report.OutcomeUnauthorized})
	if sum := d.run(t.Context()); sum.Submitted != 2 || sum.Left != 60 {
		t.Errorf("summary %+v, want 2 sent and 60 left", sum)
	}
	d.want("z", report.JobRefused, never)
}

// TestALostAnswerIsNotAskedAgainBeforeTheDeliveryWindowIsOver: the vendor has no idempotency key.
func TestALostAnswerIsNotAskedAgainBeforeTheDeliveryWindowIsOver(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", false)
	sub.From = report.NewDate(2026, 11, 17) // with a lag of three days: the one day that is wanted
	d.subs["seaside"] = sub
	d.answer(report.Answer{Outcome: report.OutcomeUnknown, Why: "connection reset"})
	d.run(t.Context())
	d.want("seaside-1", report.JobUnknown, 4*time.Hour)

	d.source.submit = nil // a second request fails the test
	d.now = start.Add(4*time.Hour - time.Second)
	if sum := d.run(t.Context()); sum != (requester.Summary{}) {
		t.Errorf("inside the window: %+v", sum)
	}
	d.now = start.Add(4 * time.Hour)
	d.answer(report.Answer{Outcome: report.OutcomeRefused})
	// The run that gives the job up plans its day again.
	if sum := d.run(t.Context()); sum != (requester.Summary{Lost: 1, Reserved: 1, Submitted: 1, Refused: 1}) {
		t.Errorf("after the window: %+v", sum)
	}
	d.want("seaside-1", report.JobLost, never)
	if j := d.booked["seaside-2"]; j.Attempt != 2 {
		t.Errorf("asked for the %d. time, want the second", j.Attempt)
	}
}

func TestADueJobMovesByItsStatus(t *testing.T) {
	file := []report.JobFile{{Key: "a.csv", Table: "asp_device", Status: report.FileExpected}}
	cases := map[string]struct {
		job    report.Job
		status report.JobStatus
		due    time.Duration
		sum    requester.Summary
		why    string
	}{
		"a requester died while it asked": {
			job:    report.Job{Status: report.JobSubmitting, PlannedAt: start},
			status: report.JobUnknown, due: 4 * time.Hour, sum: requester.Summary{Unknown: 1}, why: "ended before",
		},
		"the delivery window of a lost answer is over": {
			job:    report.Job{Status: report.JobUnknown, PlannedAt: start},
			status: report.JobLost, due: never, sum: requester.Summary{Lost: 1}, why: "still unknown",
		},
		"a file did not come": {
			job:    report.Job{Status: report.JobAwaitingFiles, Files: file, Deadline: start},
			status: report.JobLost, due: never, sum: requester.Summary{Lost: 1}, why: "files missing",
		},
		"a quarantined file keeps its job open": {
			job: report.Job{Status: report.JobAwaitingFiles, Deadline: start, Files: []report.JobFile{
				{Key: "a.csv", Table: "asp_device", Status: report.FileQuarantined},
			}},
			status: report.JobAwaitingFiles, due: time.Hour, sum: requester.Summary{},
		},
		"patience with a throttled vendor ends": {
			job:    report.Job{Status: report.JobBackoff, TriedSince: start.Add(-72*time.Hour - 1), Reason: "429"},
			status: report.JobLost, due: never, sum: requester.Summary{Lost: 1}, why: "tried for 72h0m0s: 429",
		},
		"patience with data that is never ready ends": {
			job:    report.Job{Status: report.JobWaitingUpstream, TriedSince: start.Add(-72*time.Hour - 1)},
			status: report.JobLost, due: never, sum: requester.Summary{Lost: 1},
		},
		"patience with an export that is never finished ends": {
			job:    report.Job{Status: report.JobPolling, SubmittedAt: start.Add(-72*time.Hour - 1)},
			status: report.JobLost, due: never, sum: requester.Summary{Lost: 1}, why: "never finished",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			sub := d.subscribe("seaside", "push", true)
			c.job.ID, c.job.Subscription, c.job.Source = "job", sub.Name, sub.Source
			c.job.Tables, c.job.DueAt, c.job.Epoch = []string{"asp_device"}, start, 3
			d.booked["job"] = c.job
			if sum := d.run(t.Context()); sum != c.sum {
				t.Errorf("summary %+v, want %+v", sum, c.sum)
			}
			d.want("job", c.status, c.due)
			if got := d.booked["job"].Reason; !strings.Contains(got, c.why) {
				t.Errorf("reason %q, want %q in it", got, c.why)
			}
		})
	}
}
