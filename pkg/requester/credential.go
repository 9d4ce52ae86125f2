package requester

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const (
	// probeEvery is how often a missing or refused credential is tried again, by one request. It is less than the time between
	// two scheduled runs, so that each of them tries, and an alarm hears of it for as long as it lasts.
	probeEvery = 10 * time.Minute
	// longestQuiet bounds the wait after access tokens could not be had again and again.
	longestQuiet = 15 * time.Minute
)

// errLeft says that a job was left as it is, for a run that may use its credential; errNoTime, for one with more time.
var (
	errLeft   = errors.New("the credential cannot be used in this run")
	errNoTime = errors.New("this run has no time left for a further request")
)

// credentialOf names the credential that moving the job needs; "" when it needs none, or nobody can tell.
func (r *run) credentialOf(j report.Job) string {
	sub, known := r.subs[j.Subscription]
	src, err := r.source(j.Source)
	if !known || err != nil || !j.Asks() {
		return ""
	}
	return src.Credential(sub.Params)
}

// isShut reports whether this run asks nothing more with the job's credential.
func (r *run) isShut(j report.Job) bool {
	c := r.credentialOf(j)
	return c != "" && r.shut[c]
}

// look reads what other runs have found out about a credential, once.
func (r *run) look(ctx context.Context, id string) error {
	if _, seen := r.credentials[id]; seen || id == "" {
		return nil
	}
	return r.credential(ctx, id, func(*report.Credential) bool { return false })
}

// credential changes the record of a credential, and remembers how it is afterwards.
func (r *run) credential(ctx context.Context, id string, change func(*report.Credential) bool) error {
	c, err := r.Ledger.UpdateCredential(ctx, id, change)
	if err != nil {
		return fmt.Errorf("the record of credential %s: %w", id, err)
	}
	r.credentials[id] = c
	return nil
}

// untilAsked is how long nothing may be asked with a credential: for the pace, or because the vendor, or its state, says so.
func (r *run) untilAsked(id string) time.Duration {
	c := r.credentials[id]
	return max(c.Next().Sub(r.Now()), 0)
}

// leave reports whether a credential has to be left alone for longer than the run has. A run without an end waits for the
// pace, and for nothing else.
func (r *run) leave(ctx context.Context, id string) bool {
	if _, limited := ctx.Deadline(); limited {
		wait := r.untilAsked(id)
		return wait > 0 && wait >= r.remaining(ctx)
	}
	c := r.credentials[id]
	c.NotBefore = time.Time{}
	return c.Next().After(r.Now())
}

// pace is the least time between two requests of a source.
func (r *run) pace(src Source, p report.Params) time.Duration {
	return cmp.Or(src.Limits(p).Pace, r.Pace)
}

// admit waits for this run's turn with a credential and makes sure that the credential can be used. Each turn is taken by
// a conditional write, so that runs at the same time keep the pace together. The error is errLeft when the credential
// cannot be used before this run ends.
func (r *run) admit(ctx context.Context, src Source, p report.Params) error {
	id := src.Credential(p)
	if r.turn == "" {
		r.turn = r.NewWorkerID()
	}
	for {
		taken := false
		err := r.credential(ctx, id, func(c *report.Credential) bool {
			taken = c.Take(report.Turn{Worker: r.turn, Pace: r.pace(src, p), ProbeEvery: probeEvery}, r.Now())
			return taken
		})
		if err != nil {
			return err
		}
		if !taken {
			if r.leave(ctx, id) {
				return errLeft
			}
			if err := r.Sleep(ctx, r.untilAsked(id)); err != nil {
				return err
			}
			continue
		}
		asking, end := r.asking(ctx)
		err = src.Authorize(asking, p)
		end()
		if err == nil {
			return r.opened(ctx, id)
		}
		if err := r.unusable(ctx, id, err); err != nil {
			return err
		}
	}
}

// opened records that a credential works again.
func (r *run) opened(ctx context.Context, id string) error {
	if c := r.credentials[id]; !c.Shut() && c.Failures == 0 {
		return nil
	}
	return r.credential(ctx, id, func(c *report.Credential) bool { return c.Open(r.Now()) })
}

// unusable records why a credential cannot be used: until a person logs in, or for a while.
func (r *run) unusable(ctx context.Context, id string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if fault.Is(cause, fault.NotFound) || fault.Is(cause, fault.Poison) {
		return r.shutting(ctx, id, cause.Error())
	}
	return r.credential(ctx, id, func(c *report.Credential) bool {
		c.Failures++
		// The wait doubles from two seconds. It is the same for all, because only one run waits for each turn.
		return c.Quiet(r.Now().Add(min(time.Second<<min(c.Failures, 10), longestQuiet)))
	})
}

// shutting records that a credential waits for a person. The jobs that need it stay as they are, and are due again as soon as
// the record says that it works.
func (r *run) shutting(ctx context.Context, id, why string) error {
	r.Waiting++
	return r.credential(ctx, id, func(c *report.Credential) bool {
		c.Shutting(r.Now(), r.Now().Add(probeEvery), why)
		return true
	})
}

// heed obeys a vendor that wants to be left alone. It throttles a credential, not a request.
func (r *run) heed(ctx context.Context, j report.Job, a report.Answer) error {
	id := r.credentialInUse(ctx, j)
	if a.Outcome != report.OutcomeBackOff || a.RetryAfter <= 0 || id == "" {
		return nil
	}
	return r.credential(ctx, id, func(c *report.Credential) bool { return c.Quiet(r.Now().Add(a.RetryAfter)) })
}

// credentialInUse names the credential of a job that this run holds, whatever its status.
func (r *run) credentialInUse(ctx context.Context, j report.Job) string {
	src, order, _, err := r.order(ctx, j)
	if err != nil {
		return ""
	}
	return src.Credential(order.Subscription.Params)
}

// unauthorized gives a job back whose credential was refused when it was sent: nothing came of it, so it costs no attempt.
func (r *run) unauthorized(ctx context.Context, j report.Job, a report.Answer) error {
	id := r.credentialInUse(ctx, j)
	if err := r.shutting(ctx, id, a.Why); err != nil {
		return err
	}
	now := r.Now()
	if j.Status == report.JobPolling {
		return r.update(ctx, j, func(current *report.Job) error {
			return current.MarkPolling(now, report.Answer{Ticket: j.Ticket}, now)
		})
	}
	return r.release(ctx, j, "the credential waits for a login: "+a.Why)
}

// outlasted returns whether a job has been tried for longer than the patience with its source, and how long that is. Time in which
// its credential could not be used does not count.
func (r *run) outlasted(j report.Job, since time.Time) (time.Duration, bool) {
	patience := r.Patience
	if since.IsZero() {
		return patience, false
	}
	sub, known := r.subs[j.Subscription]
	if src, err := r.source(j.Source); err == nil && known {
		patience = cmp.Or(src.Limits(sub.Params).Patience, patience)
	}
	if c := r.credentials[r.credentialOf(j)]; c.OpenedAt.After(since) {
		since = c.OpenedAt
	}
	return patience, r.Now().Sub(since) > patience
}
