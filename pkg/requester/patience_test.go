package requester_test

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// TestPatienceDoesNotEndEarly: on the edge of 72 hours, before its first request, and while the unit is too young, a job is
// still asked for.
func TestPatienceDoesNotEndEarly(t *testing.T) {
	cases := map[string]report.Job{
		"exactly 72 hours":                    {Status: report.JobBackoff, TriedSince: start.Add(-72 * time.Hour)},
		"an older release did not note since": {Status: report.JobBackoff, PlannedAt: start.Add(-73 * time.Hour)},
		"planned long ago, and never sent":    {Status: report.JobPlanned, PlannedAt: start.Add(-500 * time.Hour)},
		"the unit was too young for 96 hours": {Status: report.JobNotEligible, PlannedAt: start.Add(-96 * time.Hour)},
	}
	for name, j := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.subscribe("seaside", "push", true)
			j.ID, j.Subscription, j.Source, j.DueAt = "job", "seaside", "push", start
			j.Window = report.Window{From: report.NewDate(2026, 11, 1), To: report.NewDate(2026, 11, 4)}
			d.booked["job"] = j
			d.answer(report.Answer{Outcome: report.OutcomeRefused})
			d.run(t.Context())
			d.want("job", report.JobRefused, never)
		})
	}
}

// TestPatienceBeginsWithTheFirstRequest: a job that waited for days before it, because nobody ran, the unit was too young, or
// a person had to look, is not given up for its first 429.
func TestPatienceBeginsWithTheFirstRequest(t *testing.T) {
	backOff := report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: time.Hour}
	cases := map[string]func(*fixture, *report.Job) error{
		"nobody ran":               func(*fixture, *report.Job) error { return nil },
		"the unit was too young":   func(d *fixture, j *report.Job) error { return d.until(j, report.JobNotEligible) },
		"a person had it repeated": func(d *fixture, j *report.Job) error { return d.until(j, report.JobRefused) },
	}
	for name, before := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			j := d.plan("job", d.subscribe("seaside", "push", true))
			if err := before(d, &j); err != nil {
				t.Fatal(err)
			}
			d.now = start.Add(100 * time.Hour)
			j.DueAt = d.now
			d.booked["job"] = j
			d.answer(backOff, backOff, report.Answer{Outcome: report.OutcomeBackOff})
			d.run(t.Context())
			d.now = d.now.Add(time.Hour)
			d.run(t.Context())
			d.want("job", report.JobBackoff, time.Hour)
			d.now = start.Add(172 * time.Hour)
			d.run(t.Context())
			if got := d.booked["job"].Status; got != report.JobBackoff {
				t.Errorf("after exactly 72 hours of trying the job is %s", got)
			}
			d.now = start.Add(172*time.Hour + 10*time.Minute)
			d.run(t.Context())
			d.want("job", report.JobLost, never)
		})
	}
}

// until takes a planned job through a first request and what came of it.
func (d *fixture) until(j *report.Job, status report.JobStatus) error {
	if err := j.Begin("worker", d.now, d.now); err != nil {
		return err
	}
	if status == report.JobNotEligible {
		return j.Postpone(status, d.now, d.now.Add(96*time.Hour), "too young")
	}
	if err := j.Refuse(d.now, "no"); err != nil {
		return err
	}
	return j.Retry(d.now.Add(99*time.Hour), "a person's wish")
}
