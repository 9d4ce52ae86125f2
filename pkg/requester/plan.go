package requester

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// plan reserves jobs for what is missing: of the subscriptions that are due to be planned, or of what the trigger says.
func (r *run) plan(ctx context.Context, t Trigger) error {
	switch {
	case t.Subscription != "":
		sub, err := r.Ledger.Subscription(ctx, t.Subscription)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Poison, "there is no subscription %q", t.Subscription)
		}
		if err != nil {
			return fmt.Errorf("read subscription %s: %w", t.Subscription, err)
		}
		return r.planEach(ctx, []report.Subscription{sub}, t.Narrow)
	case t.Narrow.Narrows():
		subs, err := r.Ledger.Subscriptions(ctx)
		if err != nil {
			err = fmt.Errorf("read the subscriptions: %w", err)
		}
		return errors.Join(err, r.planEach(ctx, subs, t.Narrow))
	}
	return errors.Join(r.planDue(ctx), r.planNew(ctx))
}

// planDue plans what is due, the longest overdue first, until nothing is or the time is up. What was planned is due no
// more, so that the next run goes on where this one stops.
func (r *run) planDue(ctx context.Context) error {
	var problems []error
	var unread error
	for !r.outOfTime(ctx, 0) {
		subs, err := r.dueSubscriptions(ctx)
		unread = err
		if len(subs) == 0 {
			break
		}
		problems = append(problems, r.planEach(ctx, subs, report.Narrow{}))
	}
	return errors.Join(append(problems, unread)...)
}

// dueSubscriptions returns due subscriptions that this run has not tried yet. Those that cannot be read are an error beside them.
func (r *run) dueSubscriptions(ctx context.Context) ([]report.Subscription, error) {
	subs, err := dueOf(func(limit int) ([]report.Subscription, error) {
		return r.Ledger.DueSubscriptions(ctx, r.Now(), limit)
	}, func(sub report.Subscription) bool { return r.planned[sub.Name] })
	if err != nil {
		err = fmt.Errorf("read the subscriptions that are to be planned: %w", err)
	}
	return subs, err
}

// planNew plans what was never planned: what an earlier release has left, which put nothing on the list of what is due.
func (r *run) planNew(ctx context.Context) error {
	if r.outOfTime(ctx, 0) {
		return nil
	}
	standings, err := r.Ledger.Standings(ctx)
	if err != nil {
		return fmt.Errorf("read the latest plans of the subscriptions: %w", err)
	}
	var problems []error
	for _, at := range standings {
		if !at.PlannedAt.IsZero() || r.planned[at.Subscription] {
			continue
		}
		if r.outOfTime(ctx, 0) {
			break
		}
		sub, err := r.Ledger.Subscription(ctx, at.Subscription)
		if err != nil {
			problems = append(problems, fmt.Errorf("read subscription %s: %w", at.Subscription, err))
			continue
		}
		problems = append(problems, r.planEach(ctx, []report.Subscription{sub}, report.Narrow{}))
	}
	return errors.Join(problems...)
}

// planEach plans these subscriptions, as far as the time goes. A problem of one does not keep the others back.
func (r *run) planEach(ctx context.Context, subs []report.Subscription, n report.Narrow) error {
	var problems []error
	for _, sub := range subs {
		if r.outOfTime(ctx, 0) {
			break
		}
		r.planned[sub.Name] = true
		if err := r.planOne(ctx, sub, n); err != nil {
			problems = append(problems, fmt.Errorf("plan subscription %s: %w", sub.Name, err))
		}
	}
	return errors.Join(problems...)
}

// planOne plans one subscription within a run.
func (r *run) planOne(ctx context.Context, sub report.Subscription, n report.Narrow) error {
	if sub.Paused {
		if n.Narrows() {
			return nil
		}
		return r.rest(ctx, sub)
	}
	jobs, err := r.Plan(ctx, sub, n)
	r.Reserved += len(jobs)
	return err
}

// Plan reserves the jobs that close the difference between the days that a subscription wants and those that are there or
// asked for, restricted to n, and returns them, also with an error. Doing it again plans nothing twice: a reserved job
// holds its days. A plan that is not restricted is recorded. A subscription that its source does not accept is Poison.
func (s *Service) Plan(ctx context.Context, sub report.Subscription, n report.Narrow) ([]report.Job, error) {
	src, err := s.source(sub.Source)
	if err != nil {
		return nil, err
	}
	if err := src.Validate(sub.Params); err != nil {
		return nil, fault.As(fault.Poison, err)
	}
	limits := src.Limits(sub.Params)
	var all []report.Job
	lostRaces := 0
	// Reserving makes the plan smaller, so this ends.
	for ctx.Err() == nil {
		now := s.Now()
		today := report.DateOf(now)
		snapshot, err := s.Ledger.RecentSnapshot(ctx, sub.Name, limits, today)
		if err != nil {
			return all, err
		}
		requests := report.Plan(snapshot, limits, today, n)
		jobs, err := s.Ledger.Reserve(ctx, snapshot, requests, now)
		if err == nil {
			all = append(all, jobs...)
			for _, j := range jobs {
				s.tell(ctx, j)
			}
			if len(jobs) < len(requests) {
				// What was reserved holds its days, so that a refresh does not plan them twice.
				continue
			}
			err = s.finish(ctx, snapshot.Reserved(jobs), limits, n, now)
		}
		if fault.Is(err, fault.Conflict) && lostRaces < 8 {
			lostRaces++
			continue
		}
		return all, err
	}
	return all, ctx.Err()
}

// finish records a plan that leaves nothing to ask for before tomorrow, unless something happens to the subscription.
func (s *Service) finish(ctx context.Context, b report.Snapshot, l report.Limits, n report.Narrow, now time.Time) error {
	today := report.DateOf(now)
	if err := s.Ledger.Forget(ctx, b.Subscription.Name, b.Settled(l, today)); err != nil || n.Narrows() {
		return err
	}
	gauges, gone := report.CountGauges(b, l, today)
	return s.Ledger.Planned(ctx, b, report.Planning{DueAt: (today + 1).Time(), Gone: gone}, gauges, now)
}

// rest takes a paused subscription off the list: it is due again when somebody changes it.
func (r *run) rest(ctx context.Context, sub report.Subscription) error {
	now := r.Now()
	snapshot, err := r.Ledger.RecentSnapshot(ctx, sub.Name, report.Limits{}, report.DateOf(now))
	if err != nil || !snapshot.Subscription.Paused {
		return err
	}
	err = r.Ledger.Planned(ctx, snapshot, report.Planning{}, report.Gauges{}, now)
	if fault.Is(err, fault.Conflict) {
		// Somebody has changed it since, and it is due for that.
		return nil
	}
	return err
}
