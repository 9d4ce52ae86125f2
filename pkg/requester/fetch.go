package requester

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// fetch gets the next file that the source has ready and delivers it, under a name that is in the ledger already. From there it
// takes the way of every delivery. The job is due again for the file after it, behind what other sources have due. A file is
// fetched whole or not at all: what a run did not deliver the next one asks for from its start.
func (r *run) fetch(ctx context.Context, j report.Job) error {
	src, order, limits, err := r.order(ctx, j)
	if err != nil {
		return err
	}
	if patience, over := r.outlasted(j, j.TriedSince); over {
		return r.lose(ctx, j, "tried to fetch a file for "+patience.String()+": "+j.Reason)
	}
	if last := j.Window.From + report.Date(limits.LostAfterDays); last < report.DateOf(r.Now()) {
		return r.lose(ctx, j, fmt.Sprintf("the vendor had its first day until %s: %s", last, j.Reason))
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
	f := held.ToFetch()[0]
	delivered, err := r.fetchFile(ctx, src, order, held, f)
	if err != nil || !delivered {
		return err
	}
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	now := r.Now()
	return r.update(noting, held, func(current *report.Job) error {
		current.Fetched(now, f.Key, now.Add(limits.DeliveryWindow))
		return nil
	})
}

// turnWithin waits for the turn of a further request of a job that this run holds. The error is errNoTime when none may be begun
// before the run, or its present part, ends.
func (r *run) turnWithin(ctx context.Context, src Source, p report.Params) error {
	if r.outOfTime(ctx, r.untilAsked(src.Credential(p))+r.RequestTime) {
		return errNoTime
	}
	return r.admit(ctx, src, p)
}

// fetchFile fetches and delivers the file of a job that this run holds. What kept it from that is recorded; it is an error only
// when it is not the vendor's.
func (r *run) fetchFile(ctx context.Context, src Source, order report.Order, j report.Job, f report.JobFile) (delivered bool, err error) {
	asking, end := r.asking(ctx)
	defer end()
	var noTurn error
	turn := func(asking context.Context) error {
		if noTurn == nil {
			noTurn = errors.Join(asking.Err(), r.turnWithin(ctx, src, order.Subscription.Params))
		}
		return noTurn
	}
	content, answer := src.Fetch(asking, order, report.NamedFile{Name: f.Key, Table: f.Table, Fetch: f.Fetch, Root: f.Root}, turn)
	if content != nil {
		read := &reader{Reader: content}
		err = r.Deliverer.Deliver(asking, j.ID, f.Key, read)
		if err = errors.Join(err, content.Close()); err == nil {
			return true, nil
		}
		answer = report.Answer{Why: "it could not be delivered: " + err.Error()}
		switch {
		case read.failed:
			// The content broke off: that is the vendor's answer.
			err = nil
		case fault.Is(err, fault.Poison):
			// Something else lies under its key. The next request of these days has a new one.
			answer.Outcome, err = report.OutcomeFailed, nil
		}
	}
	switch {
	case noTurn != nil:
		return false, errors.Join(noTurn, r.release(ctx, j, ""))
	case answer.Outcome == report.OutcomeAccepted:
		answer = report.Answer{Why: "the source accepted, and gave no content"}
	}
	return false, errors.Join(err, r.record(ctx, src.Limits(order.Subscription.Params), j, answer))
}

// release gives back a job that this run holds, without a try that counts.
func (r *run) release(ctx context.Context, j report.Job, why string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return r.update(ctx, j, func(current *report.Job) error { return current.Release(r.Now(), why) })
}

// reader notes that content could not be read to its end.
type reader struct {
	io.Reader
	failed bool
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.failed = r.failed || err != nil && err != io.EOF
	return n, err
}
