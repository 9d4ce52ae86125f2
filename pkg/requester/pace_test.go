package requester_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// TestOneSourceIsAskedOneByOne: requests to one source are a pace apart; another source has its own pace.
func TestOneSourceIsAskedOneByOne(t *testing.T) {
	cases := map[string]struct {
		pace time.Duration
		want []time.Duration // after the start, of the requests in the order in which they are sent
	}{
		"a second by default": {0, []time.Duration{0, time.Second, time.Second, 2 * time.Second}},
		"as configured":       {10 * time.Second, []time.Duration{0, 10 * time.Second, 10 * time.Second, 20 * time.Second}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.Pace = cmp.Or(c.pace, d.Pace)
			sub := d.subscribe("seaside", "push", true)
			for _, id := range []string{"1", "2", "4"} {
				d.plan(id, sub)
			}
			d.plan("3", d.subscribe("harbour", "other", true))
			var sent []time.Duration
			submit := func(context.Context, report.Order) report.Answer {
				sent = append(sent, d.now.Sub(start))
				return report.Answer{Outcome: report.OutcomeRefused}
			}
			other := newVendor(t, "other")
			d.source.submit, other.submit = submit, submit
			d.Sources = append(d.Sources, other)
			d.run(t.Context())
			if !slices.Equal(sent, c.want) {
				t.Errorf("sent after %v, want %v", sent, c.want)
			}
		})
	}
}

// TestAVendorThatTakesItsTimeIsNotWaitedForTwice: the pace counts from the beginning of one request to that of the next.
func TestAVendorThatTakesItsTimeIsNotWaitedForTwice(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", true)
	d.plan("1", sub)
	d.plan("2", sub)
	d.source.submit = func(context.Context, report.Order) report.Answer {
		d.now = d.now.Add(3 * time.Second)
		return report.Answer{Outcome: report.OutcomeRefused}
	}
	d.run(t.Context())
	if len(d.slept) != 0 {
		t.Errorf("slept %v", d.slept)
	}
}

// TestARunStopsWhileThereIsTimeToRecord: each request takes ten seconds, and the reserve is kept.
func TestARunStopsWhileThereIsTimeToRecord(t *testing.T) {
	cases := map[string]struct {
		left, reserve, pace time.Duration
		sent                int
	}{
		"the default reserve is twenty seconds":       {left: time.Minute, sent: 4},
		"a reserve of half a minute":                  {left: time.Minute, reserve: 30 * time.Second, sent: 3},
		"not a moment more than the reserve":          {left: 20 * time.Second, sent: 0},
		"a moment more than the reserve":              {left: 20*time.Second + 1, sent: 1},
		"waiting for the pace would use the reserve":  {left: 45 * time.Second, pace: 40 * time.Second, sent: 1},
		"the pace would end just inside of the time":  {left: 60*time.Second + 1, pace: 40 * time.Second, sent: 2},
		"the pace would end just outside of the time": {left: 60 * time.Second, pace: 40 * time.Second, sent: 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.Reserve, d.Pace = cmp.Or(c.reserve, d.Reserve), cmp.Or(c.pace, d.Pace)
			sub := d.subscribe("seaside", "push", true)
			for i := range 8 {
				d.plan(fmt.Sprint("job-", i), sub)
			}
			d.source.submit = func(context.Context, report.Order) report.Answer {
				d.now = d.now.Add(10 * time.Second)
				return report.Answer{Outcome: report.OutcomeRefused}
			}
			sum := d.run(d.endingIn(c.left))
			if want := (requester.Summary{Submitted: c.sent, Refused: c.sent, Left: 8 - c.sent}); sum != want {
				t.Errorf("summary %+v, want %+v", sum, want)
			}
		})
	}
}

// TestLeftCountsBothReasons: no time, and no credential.
func TestLeftCountsBothReasons(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", true)
	d.plan("a1", sub)
	d.plan("a2", sub)
	sub = d.subscribe("harbour", "other", true)
	d.plan("b1", sub)
	d.plan("b2", sub)
	d.answer(report.Answer{Outcome: report.OutcomeUnauthorized})
	other := newVendor(t, "other")
	other.submit = func(context.Context, report.Order) report.Answer {
		d.now = d.now.Add(time.Minute)
		return report.Answer{Outcome: report.OutcomeRefused}
	}
	d.Sources = append(d.Sources, other)
	if sum := d.run(d.endingIn(time.Minute)); sum.Submitted != 2 || sum.Left != 3 {
		t.Errorf("summary %+v, want a1, which was given back, and a2 without credential and b2 without time left", sum)
	}
}

// TestShortWaitsAreWaitedFor: a job that was put aside comes due inside the run's time.
func TestShortWaitsAreWaitedFor(t *testing.T) {
	backOff := func(wait time.Duration) report.Answer {
		return report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: wait}
	}
	refused := report.Answer{Outcome: report.OutcomeRefused}
	cases := map[string]struct {
		jobs    int
		left    time.Duration // 0: the run has no deadline
		answers []report.Answer
		sent    int
		passed  time.Duration
	}{
		"one job":                       {1, time.Minute, []report.Answer{backOff(30 * time.Second), refused}, 2, 30 * time.Second},
		"just inside the time":          {1, 50*time.Second + 1, []report.Answer{backOff(30 * time.Second), refused}, 2, 30 * time.Second},
		"just outside the time":         {1, 50 * time.Second, []report.Answer{backOff(30 * time.Second)}, 1, 0},
		"hours are not waited for":      {1, 10 * time.Minute, []report.Answer{{Outcome: report.OutcomeNotReady}}, 1, 0},
		"without a deadline nothing is": {1, 0, []report.Answer{backOff(30 * time.Second)}, 1, 0},
		// The second is first sent after 10 s; both are quiet until 60 s after that, and then sent a pace apart.
		"what one is told to wait, all wait": {
			2, 2 * time.Minute, []report.Answer{backOff(10 * time.Second), backOff(60 * time.Second), refused, refused}, 4, 71 * time.Second,
		},
		"longer than the run has: no other is sent": {2, time.Minute, []report.Answer{backOff(10 * time.Minute)}, 1, 0},
		"put aside twice": {
			1, 2 * time.Minute, []report.Answer{backOff(10 * time.Second), backOff(20 * time.Second), refused}, 3, 30 * time.Second,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			sub := d.subscribe("seaside", "push", true)
			for i := range c.jobs {
				d.plan(fmt.Sprint("job-", i), sub)
			}
			d.answer(c.answers...)
			ctx := t.Context()
			if c.left > 0 {
				ctx = d.endingIn(c.left)
			}
			sum := d.run(ctx)
			if passed := d.now.Sub(start); sum.Submitted != c.sent || passed != c.passed {
				t.Errorf("%d sent in %s, want %d in %s", sum.Submitted, passed, c.sent, c.passed)
			}
		})
	}
}

// TestASourceInTroubleKeepsNoOtherBack: its jobs are the first that are due, and more than a page. While its vendor wants to be left
// alone the other source is asked at its own pace; after that it has its turn in the same run.
func TestASourceInTroubleKeepsNoOtherBack(t *testing.T) {
	busy := report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: time.Minute, Why: "429"}
	refused := report.Answer{Outcome: report.OutcomeRefused}
	cases := map[string]struct {
		first report.Answer // to the troubled source's first request
		pace  time.Duration // of the troubled source
		other time.Duration // when the other source was asked for the last time
		sent  int           // by the troubled source
	}{
		"throttled": {busy, 0, 4 * time.Second, 61},
		"slow":      {refused, 20 * time.Second, 4 * time.Second, 29},
		"refused":   {report.Answer{Outcome: report.OutcomeUnauthorized, Why: "401"}, 0, 4 * time.Second, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			sub := d.subscribe("seaside", "push", true)
			for i := range 60 {
				d.plan(fmt.Sprintf("a%02d", i), sub)
			}
			sub = d.subscribe("harbour", "other", true)
			for i := range 5 {
				d.plan(fmt.Sprintf("z%d", i), sub)
			}
			sent := 0
			d.source.limits.Pace = c.pace
			d.source.submit = func(context.Context, report.Order) report.Answer {
				if sent++; sent > 1 {
					return refused
				}
				return c.first
			}
			other, last, asked := newVendor(t, "other"), time.Duration(0), 0
			other.submit = func(context.Context, report.Order) report.Answer {
				last = d.now.Sub(start)
				asked++
				return refused
			}
			d.Sources = append(d.Sources, other)
			d.run(d.endingIn(10 * time.Minute))
			if asked != 5 || last > c.other {
				t.Errorf("the other source was asked %d times, the last time after %s, want 5 times in %s", asked, last, c.other)
			}
			if sent != c.sent {
				t.Errorf("the troubled source was asked %d times, want %d", sent, c.sent)
			}
		})
	}
}

// TestWhileASourceRests the run does everything else: it plans, and it asks again what another vendor had put off for less long.
func TestWhileASourceRests(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", true)
	d.plan("a1", sub)
	d.plan("a2", sub)
	d.planning["harbour"] = report.Planning{DueAt: start}
	d.subscribe("harbour", "other", false)
	refused := report.Answer{Outcome: report.OutcomeRefused}
	var sent []string
	note := func(who string, answers ...report.Answer) func(context.Context, report.Order) report.Answer {
		asked := 0
		return func(context.Context, report.Order) report.Answer {
			sent = append(sent, fmt.Sprint(who, " ", d.now.Sub(start)))
			asked++
			return answers[asked-1]
		}
	}
	d.source.submit = note("push", report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: time.Minute}, refused, refused)
	other := newVendor(t, "other")
	other.submit = note("other", report.Answer{Outcome: report.OutcomeBackOff}, refused)
	d.Sources = append(d.Sources, other)
	d.run(d.endingIn(10 * time.Minute))
	if want := []string{"push 0s", "other 0s", "other 1s", "push 1m0s", "push 1m1s"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// TestWhereAllSourcesRest the one that rests least is asked first, although the other's job has been due for longer.
func TestWhereAllSourcesRest(t *testing.T) {
	d := newFixture(t)
	other := newVendor(t, "other")
	d.Sources = append(d.Sources, other)
	d.source.limits.Pace, other.limits.Pace = 2*time.Minute, time.Minute
	var sent []string
	for i, source := range []*vendor{d.source, other} {
		sub := d.subscribe(source.name, source.name, true)
		d.plan(fmt.Sprint(i, " first"), sub)
		d.plan(fmt.Sprint(i, " second"), sub)
		source.submit = func(context.Context, report.Order) report.Answer {
			sent = append(sent, fmt.Sprint(source.name, " ", d.now.Sub(start)))
			return report.Answer{Outcome: report.OutcomeRefused}
		}
	}
	d.run(d.endingIn(10 * time.Minute))
	if want := []string{"push 0s", "other 0s", "other 1m0s", "push 2m0s"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// TestOneJobsProblemIsNotTheOthers: what cannot be moved is tried once, named in the error, and left due.
func TestOneJobsProblemIsNotTheOthers(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", true)
	d.plan("good", sub)
	d.plan("orphan", report.Subscription{Name: "gone", Source: "push"})
	d.plan("sourceless", d.subscribe("harbour", "nobody", true))
	d.answer(report.Answer{Outcome: report.OutcomeRefused})
	sum, err := d.Run(t.Context(), requester.Trigger{})
	if sum != (requester.Summary{Submitted: 1, Refused: 1}) {
		t.Errorf("summary %+v", sum)
	}
	for _, words := range []string{"job orphan", "subscription gone is gone", "job sourceless", `no source is called "nobody"`} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v does not say %q", err, words)
		}
	}
	d.want("good", report.JobRefused, never)
	d.want("orphan", report.JobPlanned, 0)
}

// TestDueJobsThatCannotBeRead end the run, with everything that was found before.
func TestDueJobsThatCannotBeRead(t *testing.T) {
	d := newFixture(t)
	down := fault.New(fault.Transient, "the ledger is down")
	d.jobs.dueJobs = func(context.Context, time.Time, int) ([]report.Job, error) { return nil, down }
	if _, err := d.Run(t.Context(), requester.Trigger{}); !errors.Is(err, down) || !fault.Is(err, fault.Transient) {
		t.Errorf("error %v", err)
	}
}

// TestAJobThatCannotBeDue is a bug somewhere, and is said so.
func TestAJobThatCannotBeDue(t *testing.T) {
	for _, status := range []report.JobStatus{report.JobLoaded, report.JobRefused, report.JobLost, report.JobCancelled} {
		d := newFixture(t)
		j := d.plan("job", d.subscribe("seaside", "push", true))
		j.Status = status
		d.booked["job"] = j
		if _, err := d.Run(t.Context(), requester.Trigger{}); !fault.Is(err, fault.Internal) || !strings.Contains(err.Error(), string(status)) {
			t.Errorf("%s: error %v", status, err)
		}
	}
}
