package requester_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// TestPlanningAndAskingShareTheTime: reading each of 450 snapshots takes 700 ms, and 20 jobs are due. Each run asks for what is
// due first, ends in time, and goes on planning where the last one stopped.
func TestPlanningAndAskingShareTheTime(t *testing.T) {
	d := newFixture(t)
	var last report.Subscription
	for i := range 450 {
		last = d.subscribe(fmt.Sprintf("hotel-%04d", i), "push", false)
	}
	for i := range 20 {
		d.plan(fmt.Sprintf("due-%d", i), last)
	}
	read := map[string]int{}
	d.snapshots.snapshot = func(ctx context.Context, name string) (report.Snapshot, error) {
		d.now = d.now.Add(700 * time.Millisecond)
		read[name]++
		b, err := d.snapshot(ctx, name)
		b.Subscription.From = report.DateOf(d.now) // nothing is missing
		return b, err
	}
	sent := 0
	d.source.submit = func(context.Context, report.Order) report.Answer {
		sent++
		return report.Answer{Outcome: report.OutcomeRefused}
	}
	begin := d.now
	for run := range 2 {
		d.now = begin.Add(time.Duration(run) * 5 * time.Minute)
		end := d.now.Add(290 * time.Second)
		d.run(d.endingIn(290 * time.Second))
		if d.now.After(end) {
			t.Errorf("run %d ended %s late", run, d.now.Sub(end))
		}
		if sent != 20 {
			t.Errorf("after run %d, %d of the 20 due jobs were sent", run, sent)
		}
	}
	if len(read) != 450 {
		t.Errorf("%d of 450 subscriptions were planned", len(read))
	}
	for name, n := range read {
		if n > 2 {
			t.Errorf("%s was planned %d times", name, n)
		}
	}
}

// TestJobsDoNotStarveThePlan: more is due than three runs can ask for, and still a subscription that is due is planned.
func TestJobsDoNotStarveThePlan(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("busy", "push", true)
	for i := range 1000 {
		d.plan(fmt.Sprintf("busy-%d", i), sub)
	}
	d.subscribe("harbour", "push", false)
	d.source.submit = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeRefused}
	}
	sum := d.run(d.endingIn(290 * time.Second))
	if sum.Reserved != 1 || sum.Submitted < 200 {
		t.Errorf("summary %+v, want one job reserved and the rest of the time used", sum)
	}
}

// TestAQuietSourceDoesNotStarveAnother: one vendor wants to be left alone for longer than the run has.
func TestAQuietSourceDoesNotStarveAnother(t *testing.T) {
	d := newFixture(t)
	other := newVendor(t, "zother")
	d.Sources = []requester.Source{d.source, other}
	a, b := d.subscribe("a", "push", true), d.subscribe("b", "zother", true)
	d.plan("a-1", a)
	d.plan("a-2", a)
	d.plan("b-1", b)
	d.source.submit = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: time.Hour}
	}
	sent := 0
	other.submit = func(context.Context, report.Order) report.Answer {
		sent++
		return report.Answer{Outcome: report.OutcomeNotReady}
	}
	d.run(d.endingIn(290 * time.Second))
	if sent != 1 {
		t.Errorf("the other source was asked %d times, want once", sent)
	}
}

// TestAWindowThatAgedIsCutAnew: the vendor has no data for four days. A day that can no longer be asked for by then does not
// take the others with it, and its job was no attempt.
func TestAWindowThatAgedIsCutAnew(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("hotel", "push", false)
	today := report.DateOf(d.now)
	sub.From, sub.LagDays, sub.MaxWindowDays = today-88, 59, 30
	d.subs["hotel"] = sub
	d.source.submit = func(_ context.Context, o report.Order) report.Answer {
		if report.DateOf(d.now)-o.Window.From > 90 {
			return report.Answer{Outcome: report.OutcomeRefused, Why: "400: data of the past 90 days only"}
		}
		return report.Answer{Outcome: report.OutcomeNotReady, Why: "not yet available"}
	}
	for range 24 * 4 {
		d.run(d.endingIn(290 * time.Second))
		d.now = d.now.Add(time.Hour)
	}
	cut := 0
	for id, j := range d.booked {
		if j.Status == report.JobRefused {
			t.Errorf("job %s is refused: %s", id, j.Reason)
		}
		if j.Status == report.JobLost && j.Attempt == 0 {
			cut++
		}
	}
	if cut == 0 {
		t.Errorf("no job was cut anew: %v", d.windows())
	}
	held := 0
	for _, j := range d.booked {
		if j.Status.Holds() && j.Attempt == 1 {
			held += j.Window.Len()
		}
	}
	if held == 0 {
		t.Error("the days that are left are not asked for, or not for the first time")
	}
}

// TestAnAnswersTimeIsNotPast: what an answer names as the time to come again cannot make a run ask without end.
func TestAnAnswersTimeIsNotPast(t *testing.T) {
	t.Run("a poll", func(t *testing.T) {
		d := newFixture(t)
		j := d.plan("hotel-1", d.subscribe("hotel", "push", true))
		if err := j.Begin("w", d.now, d.now); err != nil {
			t.Fatal(err)
		}
		if err := j.MarkPolling(d.now, report.Answer{Ticket: "t"}, d.now); err != nil {
			t.Fatal(err)
		}
		d.booked[j.ID] = j
		polls := 0
		d.source.poll = func(context.Context, report.Order) report.Answer {
			polls++
			return report.Answer{Outcome: report.OutcomePending, Until: d.now.Add(-time.Second)}
		}
		d.run(d.endingIn(290 * time.Second))
		if polls > 2 {
			t.Errorf("it was asked after %d times in one run", polls)
		}
		if d.booked[j.ID].DueAt.Sub(d.now) > 5*time.Second {
			t.Errorf("it is due in %s", d.booked[j.ID].DueAt.Sub(d.now))
		}
	})
	t.Run("a unit that is too young", func(t *testing.T) {
		d := newFixture(t)
		d.plan("hotel-1", d.subscribe("hotel", "push", true))
		d.answer(report.Answer{Outcome: report.OutcomeNotEligible, Until: d.now.Add(-time.Hour)})
		d.run(d.endingIn(290 * time.Second))
		d.want("hotel-1", report.JobNotEligible, 24*time.Hour)
	})
}

// TestNoRequestIsBegunThatCannotEnd: with a minute for a request, none is begun in the last 80 seconds.
func TestNoRequestIsBegunThatCannotEnd(t *testing.T) {
	for name, c := range map[string]struct {
		left time.Duration
		sent int
	}{"just enough": {80*time.Second + 1, 1}, "too little": {80 * time.Second, 0}} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.RequestTime = time.Minute
			d.plan("hotel-1", d.subscribe("hotel", "push", true))
			sent := 0
			d.source.submit = func(context.Context, report.Order) report.Answer {
				sent++
				return report.Answer{Outcome: report.OutcomeRefused}
			}
			if d.run(d.endingIn(c.left)); sent != c.sent {
				t.Errorf("%d requests were begun, want %d", sent, c.sent)
			}
		})
	}
}

// TestAskingEndsBeforeTheRun: a vendor that never answers leaves the run the time to record that.
func TestAskingEndsBeforeTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t)
		d.Now = time.Now
		d.now = time.Now()
		sub := d.subscribe("hotel", "push", true)
		j := d.plan("hotel-1", sub)
		today := report.DateOf(d.now)
		j.Window = report.Window{From: today - 9, To: today - 5}
		d.booked["hotel-1"] = j
		began := time.Now()
		d.source.submit = func(ctx context.Context, _ report.Order) report.Answer {
			<-ctx.Done()
			return report.Answer{Outcome: report.OutcomeUnknown, Why: "no answer"}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 290*time.Second)
		defer cancel()
		d.run(ctx)
		if took := time.Since(began); took != 270*time.Second {
			t.Errorf("the run ended after %s, want 20 s before its end", took)
		}
		if d.booked["hotel-1"].Status != report.JobUnknown {
			t.Errorf("the job is %s", d.booked["hotel-1"].Status)
		}
	})
}

// TestAnUnreadableJobKeepsNoOtherBack: its record is an error of the run, and the job behind it is asked for.
func TestAnUnreadableJobKeepsNoOtherBack(t *testing.T) {
	d := newFixture(t)
	d.plan("hotel-1", d.subscribe("hotel", "push", true))
	unreadable := errors.New("hotel-0 cannot be read")
	d.jobs.dueJobs = func(ctx context.Context, now time.Time, limit int) ([]report.Job, error) {
		// A page of such records comes before it.
		all, err := d.due(ctx, now, limit)
		if limit == 25 {
			all = []report.Job{}
		}
		return all, errors.Join(err, unreadable)
	}
	d.answer(report.Answer{Outcome: report.OutcomeRefused})
	sum, err := d.Run(t.Context(), requester.Trigger{})
	if !errors.Is(err, unreadable) || sum.Refused != 1 {
		t.Errorf("summary %+v, error %v", sum, err)
	}
}

// TestAnUnreadableSubscriptionKeepsNoOtherBack: its record is an error of the run, told once, and the one behind it is planned.
func TestAnUnreadableSubscriptionKeepsNoOtherBack(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("hotel", "push", false)
	unreadable := errors.New("annex cannot be read")
	d.snapshots.due = func(context.Context, time.Time, int) ([]report.Subscription, error) {
		return []report.Subscription{sub}, unreadable
	}
	d.answer(report.Answer{Outcome: report.OutcomeRefused})
	sum, err := d.Run(t.Context(), requester.Trigger{})
	if !errors.Is(err, unreadable) || strings.Count(err.Error(), unreadable.Error()) != 1 || sum.Reserved != 1 {
		t.Errorf("summary %+v, error %v", sum, err)
	}
}
