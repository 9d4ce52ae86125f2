package requester

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// recordTimeout bounds the writes that record an answer, also when the run's own time has ended meanwhile.
const recordTimeout = 15 * time.Second

// pollSoonest is how soon an export may be asked after again.
const pollSoonest = 5 * time.Second

// record puts an answer into the ledger. An answer that cannot be recorded leaves the job under its lease; when that has
// run out, the job counts as one whose outcome is not known.
func (r *run) record(ctx context.Context, limits report.Limits, j report.Job, a report.Answer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	// What the answer means for the job is recorded also when the credential's record cannot be written.
	return errors.Join(r.heed(ctx, j, a), r.recordAnswer(ctx, limits, j, a))
}

func (r *run) recordAnswer(ctx context.Context, limits report.Limits, j report.Job, a report.Answer) error {
	now := r.Now()
	switch a.Outcome {
	case report.OutcomePending, report.OutcomeNotReady, report.OutcomeBackOff, report.OutcomeNotEligible, report.OutcomeUnknown:
		if j.Status == report.JobPolling {
			// The export goes on at the vendor's whatever became of asking after it.
			return r.askLater(ctx, j, a)
		}
	default:
	}
	switch a.Outcome {
	case report.OutcomeAccepted:
		return r.accept(ctx, limits, j, a)
	case report.OutcomePending:
		return r.askLater(ctx, j, a)
	case report.OutcomeNotReady:
		// Hours, not quite the same for all, so that they do not all come back at once.
		wait := 3*time.Hour + time.Duration(r.Chance()*float64(time.Hour)) - 30*time.Minute
		return r.postpone(ctx, j, report.JobWaitingUpstream, now.Add(max(wait, a.RetryAfter)), a.Why)
	case report.OutcomeBackOff:
		return r.postpone(ctx, j, report.JobBackoff, now.Add(max(r.backOff(tries(j)), a.RetryAfter)), a.Why)
	case report.OutcomeNotEligible:
		until := a.Until
		if !until.After(now) {
			until = now.Add(24 * time.Hour)
		}
		return r.postpone(ctx, j, report.JobNotEligible, until, a.Why)
	case report.OutcomeUnauthorized:
		return r.unauthorized(ctx, j, a)
	case report.OutcomeRefused:
		r.Refused++
		return r.refuse(ctx, j, a.Why)
	case report.OutcomeUnknown:
		return r.doubt(ctx, j, a.Why)
	case report.OutcomeFailed:
		return r.lose(ctx, j, a.Why)
	default:
		panic("request: unhandled outcome " + a.Outcome.String())
	}
}

// refuse records the vendor's no. What was awaited of a job is given up with it, and what was delivered is loaded.
func (r *run) refuse(ctx context.Context, j report.Job, why string) error {
	now := r.Now()
	refuse := r.holding(j, func(current *report.Job) error { return current.Refuse(now, why) })
	var err error
	if j.Status == report.JobAwaitingFiles {
		j, err = r.Ledger.ChangeJob(ctx, j.ID, now, refuse)
	} else {
		j, err = r.Ledger.UpdateJob(ctx, j.ID, refuse)
	}
	if err == nil {
		r.tell(ctx, j)
	}
	return err
}

// tries counts the requests, in a row, for what the job is asking for now.
func tries(j report.Job) int {
	if j.Status == report.JobAwaitingFiles {
		return j.Fetches
	}
	return j.Requests
}

// askLater notes when to ask after an export, or for a file that is not ready, next.
func (r *run) askLater(ctx context.Context, j report.Job, a report.Answer) error {
	now := r.Now()
	until := a.Until
	if until.IsZero() {
		until = now.Add(max(a.RetryAfter, 30*time.Second))
	}
	// A vendor whose clock is slow, or who names the time when it began, must not be asked without end.
	named := until
	if soonest := now.Add(pollSoonest); until.Before(soonest) {
		until = soonest
	}
	if j.Status == report.JobAwaitingFiles {
		return r.postpone(ctx, j, report.JobBackoff, until, a.Why)
	}
	if a.Ticket == "" {
		a.Ticket = j.Ticket
	}
	err := r.update(ctx, j, func(current *report.Job) error { return current.MarkPolling(now, a, until) })
	if err == nil && until.Equal(named) {
		r.aside = append(r.aside, until) // of a wait that was lengthened, the next run sees the end
	}
	return err
}

// accept records an accepted request, and starts the loads of files that came before their names.
func (r *run) accept(ctx context.Context, limits report.Limits, j report.Job, a report.Answer) error {
	now := r.Now()
	a.Files = r.keys(j, a.Files)
	job, arrived, err := r.Ledger.Accept(ctx, j.ID, j.Epoch, a, now, now.Add(limits.DeliveryWindow))
	if fault.Is(err, fault.Poison) || fault.Is(err, fault.Conflict) {
		return r.unrecorded(ctx, j, a, err)
	}
	if err != nil {
		return err
	}
	r.Accepted++
	r.Files += len(job.Files)
	r.tell(ctx, job)
	for _, f := range arrived {
		if err := r.Queue.Redeliver(ctx, *f.Delivery); err != nil {
			return fmt.Errorf("start the load of file %s: %w", f.Key, err)
		}
	}
	return nil
}

// keys gives files that are to be fetched the keys under which they are delivered. Nobody can guess them, so that nobody can put
// anything there first, and each accepted answer has its own, so that what one request has left is never taken for another's.
func (r *run) keys(j report.Job, files []report.NamedFile) []report.NamedFile {
	files = slices.Clone(files)
	random := ""
	for i, f := range files {
		if f.Fetch != "" {
			random = cmp.Or(random, r.NewWorkerID())
			files[i].Name = fmt.Sprintf("%s/%s/%s-%s", j.Source, j.ID, random, f.Name)
		}
	}
	return files
}

// unrecorded deals with an accepted request whose files the ledger does not take. A job that this run no longer holds is a
// Conflict; everything else is for a person to hear of, whatever kind the cause has.
func (r *run) unrecorded(ctx context.Context, j report.Job, a report.Answer, cause error) error {
	var err error
	cause = fault.As(fault.Internal, fmt.Errorf("accepted, but its files cannot be recorded: %w", cause))
	if j.Status == report.JobPolling {
		// Asking after an export is safe to repeat, and what stands in the way may have gone by then.
		a.Ticket = ""
		err = r.askLater(ctx, j, a)
	} else {
		// The vendor has taken the request, so it must not be sent again before its files can have come.
		err = r.doubt(ctx, j, cause.Error())
	}
	if err != nil {
		return err
	}
	return cause
}

// backOff returns a random wait below a bound that doubles from two seconds to four minutes, and after that is two hours.
func (r *run) backOff(attempt int) time.Duration {
	const quick = 8
	bound := 2 * time.Hour
	if attempt <= quick {
		bound = time.Second << attempt
	}
	return time.Duration(r.Chance() * float64(bound))
}

func (r *run) postpone(ctx context.Context, j report.Job, status report.JobStatus, until time.Time, why string) error {
	r.Postponed++
	err := r.update(ctx, j, func(current *report.Job) error {
		return current.Postpone(status, r.Now(), until, why)
	})
	if err == nil {
		r.aside = append(r.aside, until)
	}
	return err
}

// doubt puts a job to rest whose request may or may not have been taken. One that is safe to repeat is sent again soon.
func (r *run) doubt(ctx context.Context, j report.Job, why string) error {
	_, _, limits, err := r.order(ctx, j)
	if err != nil {
		return err
	}
	now := r.Now()
	if limits.Repeatable || j.Status == report.JobAwaitingFiles {
		return r.postpone(ctx, j, report.JobBackoff, now.Add(r.backOff(tries(j))), why)
	}
	err = r.update(ctx, j, func(current *report.Job) error {
		return current.MarkUnknown(now, now.Add(limits.DeliveryWindow), why)
	})
	if err == nil {
		r.Unknown++
	}
	return err
}

func (r *run) lose(ctx context.Context, j report.Job, why string) error {
	now := r.Now()
	if !j.Due(now) {
		// This run holds it. If it ends here, another one asks again.
		_, err := r.Ledger.UpdateJob(ctx, j.ID, r.holding(j, func(current *report.Job) error {
			current.EndLease(now)
			return nil
		}))
		if err != nil {
			return err
		}
	}
	job, err := r.Ledger.LoseJob(ctx, j.ID, now, now.Add(time.Hour), why)
	if err != nil {
		return err
	}
	if job.Status == report.JobLost {
		r.Lost++
	}
	r.tell(ctx, job)
	return nil
}

// update applies a transition to a job that this run holds.
func (r *run) update(ctx context.Context, j report.Job, change func(*report.Job) error) error {
	job, err := r.Ledger.UpdateJob(ctx, j.ID, r.holding(j, change))
	if err == nil {
		r.tell(ctx, job)
	}
	return err
}

// holding is a change on the condition that the job is as this run has it.
func (r *run) holding(j report.Job, change func(*report.Job) error) func(*report.Job) error {
	return func(current *report.Job) error {
		if current.Epoch != j.Epoch || current.Status != j.Status {
			return fault.New(fault.Conflict, "another run, or a person, has moved it")
		}
		return change(current)
	}
}
