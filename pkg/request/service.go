// Package request is the use-case that asks the vendors: it plans what is missing, reserves jobs, submits, polls and
// fetches them, and works off whatever has come due, inside the time it is given. A run may be stopped anywhere, fire
// twice or overlap another: a job is only ever asked for by the run that holds its lease.
package request

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Service plans and asks. All fields are required but those with a default.
type Service struct {
	Boards Boards
	Jobs   Jobs
	// Credentials is what all runs share of the credentials.
	Credentials Credentials
	Queue       Queue
	Deliverer   Deliverer
	Sources     []Source
	// DeliveryBucket is where push sources are told to put their files.
	DeliveryBucket string
	// First is the subscription that the configuration asks for, if any.
	First *report.Subscription

	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// Chance returns a number in [0,1), for jitter.
	Chance func() float64
	// Worker returns a new name for each lease, never the same twice.
	Worker func() string

	// Pace is the least time between two requests with one credential, of whichever run. Default one second: the vendors' rates are unknown.
	Pace time.Duration
	// Reserve is how much of the context's time is kept for recording outcomes. Default 20 seconds.
	Reserve time.Duration
	// Patience is how long a job is tried before it counts as lost. Default 72 hours.
	Patience time.Duration
	// Moved, if set, is told of every job that a run moved, as it is then.
	Moved func(context.Context, report.Job)
}

// Trigger narrows a run. The zero value is the ordinary run.
type Trigger struct {
	// Subscription restricts planning to one subscription.
	Subscription string
	Narrow       report.Narrow
}

// Summary is what a run did.
type Summary struct {
	// Reserved counts new jobs, Submitted the requests that were sent, Accepted those that were taken.
	Reserved  int `json:"reserved"`
	Submitted int `json:"submitted"`
	Accepted  int `json:"accepted"`
	// Postponed counts jobs that were put aside until later; Refused, Unknown and Lost what their names say.
	Postponed int `json:"postponed"`
	Refused   int `json:"refused"`
	Unknown   int `json:"unknown"`
	Lost      int `json:"lost"`
	// Left counts due jobs that the run had no time for, or no credential.
	Left int `json:"left"`
	// Files counts the files that accepted requests named.
	Files int `json:"files"`
	// Waiting counts the credentials that were found missing or refused: their jobs wait until somebody logs in.
	Waiting int `json:"credentials_waiting"`
}

// Run plans and works off what is due. Problems of one subscription or job do not keep the others back: they are joined
// into the error, and everything else is done.
func (s *Service) Run(ctx context.Context, t Trigger) (Summary, error) {
	r := &run{Service: s, credentials: map[string]report.Credential{}, shut: map[string]bool{}, failed: map[string]bool{}}
	planErr := r.plan(ctx, t)
	if r.subs == nil {
		// Without the subscriptions there is no order that a job could be sent as.
		return r.Summary, planErr
	}
	workErr := r.work(ctx)
	return r.Summary, errors.Join(planErr, workErr)
}

// run is one invocation.
type run struct {
	*Service
	Summary
	subs        map[string]report.Subscription
	credentials map[string]report.Credential // each as this run last saw it
	shut        map[string]bool              // credentials with which this run asks nothing more
	failed      map[string]bool              // jobs that this run could not move
	turn        string                       // the name under which this run asks for its turn, until a lease takes it over
	aside       []time.Time                  // when the jobs that were put aside in this run come due
}

func (s *Service) source(name string) (Source, error) {
	for _, src := range s.Sources {
		if src.Name() == name {
			return src, nil
		}
	}
	return nil, fault.New(fault.Poison, "no source is called %q", name)
}

func (r *run) plan(ctx context.Context, t Trigger) error {
	var problems []error
	if r.First != nil {
		if err := r.ensureFirst(ctx, *r.First); err != nil {
			problems = append(problems, err)
		}
	}
	subs, err := r.Boards.Subscriptions(ctx)
	if err != nil {
		return errors.Join(append(problems, fmt.Errorf("read the subscriptions: %w", err))...)
	}
	r.subs = make(map[string]report.Subscription, len(subs))
	for _, sub := range subs {
		r.subs[sub.Name] = sub
		if sub.Paused || t.Subscription != "" && t.Subscription != sub.Name {
			continue
		}
		if err := r.planOne(ctx, sub, t.Narrow); err != nil {
			problems = append(problems, fmt.Errorf("plan subscription %s: %w", sub.Name, err))
		}
	}
	if _, ok := r.subs[t.Subscription]; t.Subscription != "" && !ok {
		problems = append(problems, fault.New(fault.Poison, "there is no subscription %q", t.Subscription))
	}
	return errors.Join(problems...)
}

// ensureFirst brings the configured subscription into the ledger.
func (r *run) ensureFirst(ctx context.Context, sub report.Subscription) error {
	if board, err := r.Boards.Board(ctx, sub.Name); err == nil {
		if board.Subscription.Removed() {
			// A person's removal outweighs the configuration, until a person applies the subscription again.
			return nil
		}
		sub.Paused = board.Subscription.Paused
		if sub.From == 0 {
			sub.From = board.Subscription.From
		}
	} else if !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("read the configured subscription %s: %w", sub.Name, err)
	}
	if _, err := r.Apply(ctx, sub); err != nil {
		return fmt.Errorf("the configured subscription %s: %w", sub.Name, err)
	}
	return nil
}

// Apply checks a subscription against its source and brings it into the ledger. Without a first day it starts as far
// back as its source goes today; that day is fixed from then on, so that a day which expires is noticed. Problems with
// the subscription are Poison.
func (s *Service) Apply(ctx context.Context, sub report.Subscription) (changed bool, err error) {
	src, err := s.source(sub.Source)
	if err != nil {
		return false, err
	}
	if err := errors.Join(sub.Validate(), src.Validate(sub.Params)); err != nil {
		return false, fault.As(fault.Poison, err)
	}
	if sub.From == 0 {
		sub.From = report.DateOf(s.Now()) - report.Date(src.Limits(sub.Params).HorizonDays)
	}
	return s.Boards.Apply(ctx, sub)
}

// planOne plans one subscription within a run.
func (r *run) planOne(ctx context.Context, sub report.Subscription, n report.Narrow) error {
	jobs, err := r.Plan(ctx, sub, n)
	r.Reserved += len(jobs)
	return err
}

// Plan reserves the jobs that close the difference between the days that a subscription wants and those that are there or
// asked for, restricted to n, and returns them, also with an error. Doing it again plans nothing twice: a reserved job
// holds its days. A subscription that its source does not accept is Poison.
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
		board, err := s.Boards.Board(ctx, sub.Name)
		if err != nil {
			return all, err
		}
		requests := report.Plan(board, limits, report.DateOf(now), n)
		jobs, err := s.Boards.Reserve(ctx, board, requests, now)
		switch {
		case fault.Is(err, fault.Conflict) && lostRaces < 8:
			lostRaces++
			continue
		case err != nil:
			return all, err
		}
		all = append(all, jobs...)
		for _, j := range jobs {
			s.tell(ctx, j)
		}
		if len(jobs) == len(requests) {
			return all, s.Boards.Forget(ctx, sub.Name, board.Settled(limits, report.DateOf(now)))
		}
		// What was reserved holds its days, so that a refresh does not plan them twice.
	}
	return all, ctx.Err()
}

func (s *Service) tell(ctx context.Context, j report.Job) {
	if s.Moved != nil {
		s.Moved(ctx, j)
	}
}
