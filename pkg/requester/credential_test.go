package requester_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// tenJobs are due, and the function has its five minutes.
func (d *fixture) tenJobs() {
	sub := d.subscribe("hotel", "push", true)
	for i := range 10 {
		d.plan(fmt.Sprintf("hotel-%d", i), sub)
	}
}

func (d *fixture) scheduled() requester.Summary {
	d.t.Helper()
	began := d.now
	sum := d.run(d.endingIn(290 * time.Second))
	d.now = began.Add(15 * time.Minute)
	return sum
}

// untried checks that nothing that happened has cost a job anything.
func (d *fixture) untried() {
	d.t.Helper()
	for id, j := range d.booked {
		if j.Status != report.JobPlanned || j.Requests != 0 || !j.Due(d.now) {
			d.t.Errorf("job %s is %s at attempt %d, due at %s", id, j.Status, j.Requests, j.DueAt)
		}
	}
}

func TestJobsWaitForALoginAtNoCost(t *testing.T) {
	for name, cause := range map[string]error{
		"nobody has logged in yet":  fault.New(fault.NotFound, "the secret has no value"),
		"the credential is refused": fault.New(fault.Poison, "invalid_grant"),
	} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.tenJobs()
			tried := 0
			d.source.authorize = func() error { tried++; return cause }
			for range 6 {
				if sum := d.scheduled(); sum.Submitted != 0 || sum.Refused != 0 || sum.Left != 10 {
					t.Errorf("summary %+v", sum)
				}
				d.untried()
			}
			if c := d.used["push"]; tried != 6 || !c.ShutSince.Equal(start) || !strings.Contains(c.Reason, cause.Error()) {
				t.Errorf("tried %d times in 6 runs; %+v", tried, c)
			}
			// A run between the scheduled ones leaves it alone.
			d.now = d.now.Add(-10 * time.Minute)
			d.run(d.endingIn(290 * time.Second))
			if tried != 6 {
				t.Error("it was tried again within ten minutes")
			}
			// Somebody logs in.
			d.source.authorize = nil
			c := d.used["push"]
			c.Open(d.now)
			d.used["push"] = c
			d.source.submit = func(context.Context, report.Order) report.Answer {
				return report.Answer{Outcome: report.OutcomeNotReady}
			}
			if sum := d.scheduled(); sum.Submitted != 10 || sum.Left != 0 {
				t.Errorf("after the login: %+v", sum)
			}
		})
	}
}

// TestTheFirstSuccessMakesAllDue: somebody mended the credential, and told nobody.
func TestTheFirstSuccessMakesAllDue(t *testing.T) {
	d := newFixture(t)
	d.tenJobs()
	d.source.authorize = func() error { return fault.New(fault.Poison, "invalid_grant") }
	d.scheduled()
	d.source.authorize = nil
	d.source.submit = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeNotReady}
	}
	if sum := d.scheduled(); sum.Submitted != 10 || sum.Left != 0 {
		t.Errorf("summary %+v", sum)
	}
	if c := d.used["push"]; c.Shut() || c.Reason != "" {
		t.Errorf("the record still says %+v", c)
	}
}

func TestARefusedCredentialIsTriedByOneRequestARun(t *testing.T) {
	d := newFixture(t)
	d.tenJobs()
	sent := 0
	d.source.submit = func(context.Context, report.Order) report.Answer {
		sent++
		return report.Answer{Outcome: report.OutcomeUnauthorized, Why: "401"}
	}
	for range 10 {
		d.scheduled()
		d.untried()
	}
	if sent != 10 {
		t.Errorf("%d requests in ten runs", sent)
	}
}

func TestRetryAfterHoldsForEveryRun(t *testing.T) {
	limit := report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: time.Hour}
	for name, poll := range map[string]bool{"a request was throttled": false, "a poll was throttled": true} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.tenJobs()
			asked := 0
			answer := func(context.Context, report.Order) report.Answer { asked++; return limit }
			d.source.submit = answer
			if poll {
				d.polling("hotel-")
				d.source.poll = answer
			}
			for d.now.Sub(start) < time.Hour {
				d.scheduled()
			}
			if asked != 1 {
				t.Errorf("asked %d times in the hour in which the vendor was to be left alone", asked)
			}
		})
	}
}

func TestARefusedCredentialLeavesAnotherAlone(t *testing.T) {
	d := newFixture(t)
	d.tenJobs()
	other, third := newVendor(t, "other"), newVendor(t, "third")
	third.credential = "push" // shares it with the first
	d.plan("other-1", d.subscribe("b", "other", true))
	d.plan("third-1", d.subscribe("c", "third", true))
	d.Sources = append(d.Sources, other, third)
	d.source.authorize = func() error { return fault.New(fault.Poison, "invalid_grant") }
	other.submit = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeNotReady}
	}
	if sum := d.run(d.endingIn(290 * time.Second)); sum.Submitted != 1 || sum.Left != 11 {
		t.Errorf("summary %+v", sum)
	}
	if got := d.booked["other-1"].Status; got != report.JobWaitingUpstream {
		t.Errorf("the other credential's job is %s", got)
	}
}

// TestTokensThatCannotBeHadForNow: the wait grows, and no job pays for it.
func TestTokensThatCannotBeHadForNow(t *testing.T) {
	d := newFixture(t)
	d.tenJobs()
	tried := 0
	d.source.authorize = func() error { tried++; return fault.New(fault.Transient, "the token endpoint answered 503") }
	d.scheduled()
	d.untried()
	if tried < 3 || tried > 8 {
		t.Errorf("tried %d times in one run", tried)
	}
	d.source.authorize = nil
	d.source.submit = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeNotReady}
	}
	if sum := d.scheduled(); sum.Submitted != 10 {
		t.Errorf("when they can be had again: %+v", sum)
	}
}

// TestPatienceDoesNotCountTheTimeWithoutACredential: a job was put off, and then nobody could log in for a week.
func TestPatienceDoesNotCountTheTimeWithoutACredential(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("hotel", "push", true))
	d.answer(report.Answer{Outcome: report.OutcomeNotReady}, report.Answer{Outcome: report.OutcomeNotReady})
	d.scheduled()
	d.now = d.now.Add(4 * time.Hour)
	d.source.authorize = func() error { return fault.New(fault.Poison, "invalid_grant") }
	d.scheduled()
	d.now = d.now.Add(7 * 24 * time.Hour)
	d.source.authorize = nil
	c := d.used["push"]
	c.Open(d.now)
	d.used["push"] = c
	if sum := d.scheduled(); sum.Submitted != 1 || sum.Lost != 0 {
		t.Errorf("summary %+v", sum)
	}
}

// TestAPollWhoseCredentialIsRefused goes on when there is a new one.
func TestAPollWhoseCredentialIsRefused(t *testing.T) {
	d := newFixture(t)
	d.polling("job")
	d.source.poll = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeUnauthorized, Why: "invalid_grant"}
	}
	if sum := d.run(t.Context()); sum.Refused != 0 || sum.Waiting != 1 {
		t.Errorf("summary %+v", sum)
	}
	d.want("job", report.JobPolling, 0)
	if got := d.booked["job"].Ticket; got != "t-1" {
		t.Errorf("the ticket is %q", got)
	}
}

// TestDeadlinesPassWithoutACredential: what sends nothing is done whatever becomes of the credential.
func TestDeadlinesPassWithoutACredential(t *testing.T) {
	d := newFixture(t)
	j := d.plan("job", d.subscribe("hotel", "push", true))
	j.Status = report.JobUnknown
	d.booked["job"] = j
	d.used["push"] = report.Credential{ID: "push", ShutSince: start, ProbeAt: start.Add(time.Hour)}
	d.scheduled()
	if got := d.booked["job"].Status; got != report.JobLost {
		t.Errorf("the job is %s", got)
	}
}
