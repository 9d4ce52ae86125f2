// Package requester asks the vendors for reports. [Handler] takes the function's events: any schedule event is an
// ordinary run, and {"subscription": "…", "tables": […], "from": "…", "to": "…", "refresh": true} narrows it. [Service]
// does the work: it plans what is missing, reserves jobs, submits, polls and fetches them, and works off whatever has
// come due, inside the time it is given. A run may be stopped anywhere, start twice or overlap another: only the run
// that holds a job's lease asks for it.
package requester

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Service plans and asks. All fields are required but First and OnJobChange. [Service.Apply] and [Service.Plan] use Ledger,
// Sources, Now and OnJobChange alone.
type Service struct {
	Ledger    Ledger
	Queue     Queue
	Deliverer Deliverer
	Sources   []Source
	// DeliveryBucket is where push sources are told to put their files.
	DeliveryBucket string
	// First is the subscription that the configuration asks for, if any.
	First *report.Subscription

	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// Chance returns a number in [0,1), for jitter.
	Chance func() float64
	// NewWorkerID returns a new name for each lease, never the same twice.
	NewWorkerID func() string

	// Pace is the least time between two requests with one credential, of whichever run. The vendors' rates are unknown.
	Pace time.Duration
	// Reserve is how much of the context's time is kept for recording outcomes.
	Reserve time.Duration
	// RequestTime is how long one request to a vendor may take. None is begun that might not end before the Reserve.
	RequestTime time.Duration
	// Patience is how long a job is tried before it counts as lost.
	Patience time.Duration
	// OnJobChange, if set, is told of every job that a run moved, as it is then.
	OnJobChange func(context.Context, report.Job)
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
	// Outdated counts jobs whose window began to leave the vendor's reach while they waited: their days are planned anew.
	Outdated int `json:"outdated"`
	// Left counts due jobs that the run had no time for, or no credential.
	Left int `json:"left"`
	// Files counts the files that accepted requests named.
	Files int `json:"files"`
	// Waiting counts the credentials that were found missing or refused: their jobs wait until somebody logs in.
	Waiting int `json:"credentials_waiting"`
}

// Run works off what is due, plans, and asks for what it has planned. What is due comes first, so that no number of
// subscriptions keeps a job from being asked for; planning has a share of the time, so that no number of jobs keeps a
// subscription from being planned. Problems of one subscription or job do not keep the others back: they are joined into
// the error, and everything else is done.
func (s *Service) Run(ctx context.Context, t Trigger) (Summary, error) {
	r := &run{
		Service: s, subs: map[string]report.Subscription{}, planned: map[string]bool{},
		credentials: map[string]report.Credential{}, shut: map[string]bool{}, failed: map[string]bool{},
	}
	var problems []error
	if r.First != nil {
		problems = append(problems, r.ensureFirst(ctx, *r.First))
	}
	r.until = r.Now().Add(r.remaining(ctx) / 4 * 3)
	problems = append(problems, r.work(ctx))
	r.until = time.Time{}
	problems = append(problems, r.plan(ctx, t), r.work(ctx))
	if !r.blind {
		problems = append(problems, r.unread)
	}
	return r.Summary, errors.Join(problems...)
}

// run is one invocation.
type run struct {
	*Service
	Summary
	subs        map[string]report.Subscription // those that the jobs of this run are of
	planned     map[string]bool                // subscriptions that this run has planned, or tried to
	until       time.Time                      // when the present part of the run is to end; zero: with the run
	blind       bool                           // the due jobs cannot be read
	unread      error                          // records of due jobs that cannot be read
	credentials map[string]report.Credential   // each as this run last saw it
	shut        map[string]bool                // credentials with which this run asks nothing more
	failed      map[string]bool                // jobs that this run could not move
	turn        string                         // the name under which this run asks for its turn, until a lease takes it over
	aside       []time.Time                    // when the jobs that were put aside in this run come due
}

func (s *Service) source(name string) (Source, error) {
	if src, ok := SourceNamed(s.Sources, name); ok {
		return src, nil
	}
	return nil, fault.New(fault.Poison, "no source is called %q", name)
}

// ensureFirst brings the configured subscription into the ledger.
func (r *run) ensureFirst(ctx context.Context, sub report.Subscription) error {
	// The snapshot tells of a removed one too.
	known, err := r.Ledger.RecentSnapshot(ctx, sub.Name, report.Limits{}, report.DateOf(r.Now()))
	if err == nil {
		if known.Subscription.Removed() {
			// A person's removal outweighs the configuration, until a person applies the subscription again.
			return nil
		}
		sub.Paused = known.Subscription.Paused
		if sub.From == 0 {
			sub.From = known.Subscription.From
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
	return s.Ledger.Apply(ctx, sub, s.Now())
}

func (s *Service) tell(ctx context.Context, j report.Job) {
	if s.OnJobChange != nil {
		s.OnJobChange(ctx, j)
	}
}
