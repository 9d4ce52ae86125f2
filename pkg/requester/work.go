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

// jobsPerPage is how many due jobs are read at once.
const jobsPerPage = 25

// maxUnreadable is how many due records a run looks through for one that it can read.
const maxUnreadable = 1600

// work moves due jobs until none is due, or the time is up. A job that was put aside for so short a while that it comes
// due within the run is waited for. Jobs whose credential has to rest are waited for only when nothing else is due, so that no
// vendor keeps another one's jobs back.
func (r *run) work(ctx context.Context) error {
	var problems []error
	for !r.blind {
		jobs, rest, err := r.dueJobs(ctx)
		if err != nil {
			r.blind = true
			return errors.Join(append(problems, err)...)
		}
		if (len(jobs) == 0 || r.comesDueWithin(rest)) && r.waitForNext(ctx) {
			continue
		}
		if len(jobs) == 0 {
			break
		}
		if rest > 0 && !r.until.IsZero() {
			break
		}
		over, err := r.workPage(ctx, jobs, rest > 0)
		if problems = append(problems, err); over {
			break
		}
	}
	return errors.Join(problems...)
}

// workPage moves the jobs of a page, or, when their credentials have to rest, the first. It reports whether the run, or its present
// part, is over.
func (r *run) workPage(ctx context.Context, jobs []report.Job, resting bool) (over bool, _ error) {
	var problems []error
	for i, j := range jobs {
		if _, err := r.subscription(ctx, j.Subscription); err != nil && !fault.Is(err, fault.Poison) {
			r.failed[j.ID] = true
			problems = append(problems, fmt.Errorf("job %s: %w", j.ID, err))
			continue
		}
		credential := r.credentialOf(j)
		if err := r.look(ctx, credential); err != nil {
			return true, errors.Join(append(problems, err)...)
		}
		wait := r.untilAsked(credential)
		if credential != "" && (r.shut[credential] || wait > r.Pace && r.leave(ctx, credential)) {
			r.shut[credential] = true
			r.Left++
			continue
		}
		if wait > r.Pace && !resting {
			continue
		}
		if r.outOfTime(ctx, wait+r.takes(j)) {
			r.Left += len(jobs) - i
			return true, errors.Join(append(problems, ctx.Err())...)
		}
		err := r.move(ctx, j)
		switch {
		case errors.Is(err, errLeft):
			r.shut[credential] = true
			r.Left++
		case errors.Is(err, errNoTime):
			r.Left++
		case err != nil:
			r.failed[j.ID] = true
			if !fault.Is(err, fault.Conflict) {
				problems = append(problems, fmt.Errorf("job %s: %w", j.ID, err))
			}
		}
		if resting {
			break
		}
	}
	return false, errors.Join(problems...)
}

// dueJobs returns a page of due jobs that this run can still move. Those whose credential cannot be used stay due. When the
// credentials of all have to rest, the job that can be moved first is the first, and rest is how long that is.
func (r *run) dueJobs(ctx context.Context) (jobs []report.Job, rest time.Duration, err error) {
	var resting []report.Job
	read := func(limit int) ([]report.Job, error) {
		r.Left, resting = 0, nil
		return r.Ledger.DueJobs(ctx, r.Now(), limit)
	}
	wait := func(j report.Job) time.Duration { return r.untilAsked(r.credentialOf(j)) }
	jobs, err = dueOf(read, func(j report.Job) bool {
		if r.passOver(j) {
			return true
		}
		rests := wait(j) > r.Pace
		if rests {
			resting = append(resting, j)
		}
		return rests
	})
	if len(jobs) == 0 && len(resting) > 0 {
		slices.SortStableFunc(resting, func(a, b report.Job) int { return cmp.Compare(wait(a), wait(b)) })
		jobs, rest = resting, wait(resting[0])
	}
	if err != nil {
		r.unread = fmt.Errorf("read the due jobs: %w", err)
	}
	if jobs == nil && err != nil {
		return nil, 0, r.unread
	}
	return jobs, rest, nil
}

// passOver reports whether this run does nothing more for a job, and counts those that it leaves to another.
func (r *run) passOver(j report.Job) bool {
	shut := r.isShut(j)
	if shut {
		r.Left++
	}
	return r.failed[j.ID] || shut
}

// dueOf returns due records that are not to be passed over, of a list of which read returns the first so many. It reads more of the
// list until it has one. Records that cannot be read, of which there may be whole pages, are an error beside the others. When nothing
// could be read at all there are none, not even an empty list.
func dueOf[T any](read func(limit int) ([]T, error), pass func(T) bool) ([]T, error) {
	for limit := jobsPerPage; ; limit *= 2 {
		due, err := read(limit)
		if due == nil && err != nil {
			return nil, err
		}
		more := len(due) >= limit || err != nil && limit < maxUnreadable
		if due = slices.DeleteFunc(due, pass); len(due) > 0 || !more {
			return due, err
		}
	}
}

func (r *run) remaining(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return deadline.Sub(r.Now()) - r.Reserve
}

// takes is how long moving the job may take: what is not asked of anybody is done at once.
func (r *run) takes(j report.Job) time.Duration {
	if !j.Asks() {
		return 0
	}
	return r.RequestTime
}

// asking is the context for asking a vendor: it ends while there is time left to record what has become of it.
func (r *run) asking(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, limited := ctx.Deadline(); !limited {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, r.remaining(ctx))
}

// outOfTime reports whether the run's time, or that of its present part, is up after a wait.
func (r *run) outOfTime(ctx context.Context, wait time.Duration) bool {
	_, limited := ctx.Deadline()
	if ctx.Err() != nil || !limited {
		return ctx.Err() != nil
	}
	left := r.remaining(ctx)
	if !r.until.IsZero() {
		left = min(left, r.until.Sub(r.Now()))
	}
	return left <= wait
}

// waitForNext sleeps until the first job that was put aside in this run comes due, if that is within the run's time and
// nothing else is left to do in it. A run without a deadline never waits: its jobs are due rows, and another run finds them.
func (r *run) waitForNext(ctx context.Context) bool {
	if len(r.aside) == 0 || !r.until.IsZero() {
		return false
	}
	slices.SortFunc(r.aside, time.Time.Compare)
	wait := r.aside[0].Sub(r.Now())
	if wait >= r.remaining(ctx) {
		return false
	}
	r.aside = r.aside[1:]
	return r.Sleep(ctx, max(wait, 0)) == nil
}

// comesDueWithin reports whether a job that was put aside in this run comes due before a wait is over.
func (r *run) comesDueWithin(wait time.Duration) bool {
	return wait > 0 && slices.ContainsFunc(r.aside, func(at time.Time) bool { return at.Before(r.Now().Add(wait)) })
}

// move takes one due job one step further.
func (r *run) move(ctx context.Context, j report.Job) error {
	switch j.Status {
	case report.JobPlanned, report.JobBackoff, report.JobWaitingUpstream, report.JobNotEligible:
		if j.Status == report.JobBackoff || j.Status == report.JobWaitingUpstream {
			if patience, over := r.outlasted(j, j.TriedSince); over {
				return r.lose(ctx, j, "tried for "+patience.String()+": "+j.Reason)
			}
		}
		return r.submit(ctx, j)
	case report.JobSubmitting:
		return r.doubt(ctx, j, "the requester ended before it recorded an answer")
	case report.JobPolling:
		return r.poll(ctx, j)
	case report.JobAwaitingFiles:
		if len(j.ToFetch()) > 0 {
			return r.fetch(ctx, j)
		}
		return r.lose(ctx, j, "the deadline passed with files missing")
	case report.JobUnknown:
		return r.lose(ctx, j, "the delivery window passed and the outcome of the request is still unknown")
	case report.JobLoaded, report.JobRefused, report.JobLost, report.JobCancelled:
		return fault.New(fault.Internal, "a job that is %s cannot be due", j.Status)
	default:
		panic("request: unhandled job status " + string(j.Status))
	}
}

func (r *run) order(ctx context.Context, j report.Job) (Source, report.Order, report.Limits, error) {
	sub, err := r.subscription(ctx, j.Subscription)
	if err != nil {
		return nil, report.Order{}, report.Limits{}, err
	}
	src, err := r.source(j.Source)
	if err != nil {
		return nil, report.Order{}, report.Limits{}, err
	}
	order := report.Order{
		Job: j.ID, Subscription: sub, Window: j.Window, Tables: j.Tables,
		DeliveryBucket: r.DeliveryBucket, Ticket: j.Ticket,
	}
	return src, order, src.Limits(sub.Params), nil
}

// subscription returns what a job is of. It is read once in a run.
func (r *run) subscription(ctx context.Context, name string) (report.Subscription, error) {
	if sub, ok := r.subs[name]; ok {
		return sub, nil
	}
	sub, err := r.Ledger.Subscription(ctx, name)
	if fault.Is(err, fault.NotFound) {
		return sub, fault.New(fault.Poison, "its subscription %s is gone", name)
	}
	if err != nil {
		return sub, fmt.Errorf("read its subscription %s: %w", name, err)
	}
	r.subs[name] = sub
	return sub, nil
}

// lease is how long this run may be busy with a job: to the end of its own time, and a while longer.
func (r *run) lease(ctx context.Context) time.Time {
	now := r.Now()
	if deadline, ok := ctx.Deadline(); ok {
		return now.Add(max(deadline.Sub(now), 0) + time.Minute)
	}
	return now.Add(5 * time.Minute)
}

// take puts this run's lease on a job, if nobody has moved the job since it was read.
func (r *run) take(ctx context.Context, j report.Job, begin func(current *report.Job, worker string) error) (report.Job, error) {
	worker := r.turn
	if r.turn = ""; worker == "" {
		worker = r.NewWorkerID()
	}
	return r.Ledger.UpdateJob(ctx, j.ID, func(current *report.Job) error {
		if current.Epoch != j.Epoch || current.Status != j.Status || !current.Due(r.Now()) {
			return fault.New(fault.Conflict, "another run has it")
		}
		return begin(current, worker)
	})
}

func (r *run) submit(ctx context.Context, j report.Job) error {
	src, order, limits, err := r.order(ctx, j)
	if err != nil {
		return err
	}
	if first, outdated := j.Outdated(limits, report.DateOf(r.Now())); outdated {
		r.Outdated++
		return r.update(ctx, j, func(current *report.Job) error { return current.Outdate(r.Now(), first) })
	}
	if err := r.admit(ctx, src, order.Subscription.Params); err != nil {
		return err
	}
	held, err := r.take(ctx, j, func(current *report.Job, worker string) error {
		return current.Begin(worker, r.Now(), r.lease(ctx))
	})
	if err != nil {
		return err
	}
	r.tell(ctx, held)
	r.Submitted++
	asking, end := r.asking(ctx)
	defer end()
	return r.record(ctx, limits, held, src.Submit(asking, order))
}

func (r *run) poll(ctx context.Context, j report.Job) error {
	src, order, limits, err := r.order(ctx, j)
	if err != nil {
		return err
	}
	if _, over := r.outlasted(j, j.SubmittedAt); over {
		return r.lose(ctx, j, "the export was never finished")
	}
	if err := r.admit(ctx, src, order.Subscription.Params); err != nil {
		return err
	}
	held, err := r.take(ctx, j, func(current *report.Job, worker string) error {
		return current.BeginPoll(worker, r.Now(), r.lease(ctx))
	})
	if err != nil {
		return err
	}
	asking, end := r.asking(ctx)
	defer end()
	return r.record(ctx, limits, held, src.Poll(asking, order))
}
