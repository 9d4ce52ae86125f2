package requester_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// TestTenThousandSubscriptions: one request each, with a pace of a second, is some 250 requests in a run of 290 seconds. Every run
// ends in its time, though a call to the ledger takes a hundredth of a second and an answer a fifth; each subscription is planned
// once and asked for once, and the lists of what is due are read page by page.
func TestTenThousandSubscriptions(t *testing.T) {
	const many, page = 10_000, 25
	d := newFixture(t)
	d.source.limits.DeliveryWindow = 48 * time.Hour
	calls := map[string]int{}
	call := func(name string) {
		calls[name]++
		d.now = d.now.Add(10 * time.Millisecond)
	}
	asked := map[string]int{}
	d.source.submit = func(_ context.Context, o report.Order) report.Answer {
		asked[o.Subscription.Name]++
		d.now = d.now.Add(200 * time.Millisecond)
		return report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{{Name: o.Job + ".csv", Table: "asp_device"}}}
	}
	// The fixture's own lists are sorted at every call.
	var due []report.Subscription
	d.snapshots.due = func(_ context.Context, now time.Time, limit int) ([]report.Subscription, error) {
		call("due subscriptions")
		due = slices.DeleteFunc(due, func(s report.Subscription) bool { return d.planning[s.Name].DueAt.After(now) })
		return slices.Clone(due[:min(limit, len(due))]), nil
	}
	d.snapshots.snapshot = func(_ context.Context, name string) (report.Snapshot, error) {
		call("plans")
		return report.Snapshot{Subscription: d.subs[name], Version: 1, NextJob: 1, Planning: d.planning[name]}, nil
	}
	var open []report.Job
	d.snapshots.reserve = func(ctx context.Context, b report.Snapshot, requests []report.Request, now time.Time) ([]report.Job, error) {
		made, err := d.reserve(ctx, b, requests, now)
		open = append(open, made...)
		return made, err
	}
	d.jobs.dueJobs = func(_ context.Context, now time.Time, limit int) ([]report.Job, error) {
		call("due jobs")
		open = slices.DeleteFunc(open, func(j report.Job) bool { return d.booked[j.ID].DueAt.After(now) })
		return slices.Clone(open[:min(limit, len(open))]), nil
	}
	d.jobs.updateJob = func(ctx context.Context, id string, change func(*report.Job) error) (report.Job, error) {
		call("updates")
		return d.update(ctx, id, change)
	}
	for i := range many {
		sub := d.subscribe(fmt.Sprintf("hotel-%04d", i), "push", false)
		d.planning[sub.Name], due = report.Planning{DueAt: start}, append(due, sub)
	}
	runs := 0
	for ; len(asked) < many && runs < 60; runs++ {
		began := d.now
		d.run(d.endingIn(290 * time.Second))
		if took := d.now.Sub(began); took > 290*time.Second {
			t.Errorf("run %d took %s", runs, took)
		}
		d.now = began.Add(15 * time.Minute)
	}
	for name := range d.subs {
		if asked[name] != 1 {
			t.Fatalf("%s was asked for %d times in %d runs, want once", name, asked[name], runs)
		}
	}
	if calls["plans"] != many || calls["updates"] != many {
		t.Errorf("calls %v, want %d plans and updates", calls, many)
	}
	// A page each, and a look or two more in each run.
	for _, list := range []string{"due subscriptions", "due jobs"} {
		if most := many/page + 3*runs; calls[list] > most {
			t.Errorf("%s were read %d times, want %d at most", list, calls[list], most)
		}
	}
}
