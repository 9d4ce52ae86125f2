package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// schedule is the event of an EventBridge schedule.
var schedule = json.RawMessage(`{"version":"0","detail-type":"Scheduled Event","source":"aws.scheduler","detail":"{}"}`)

// patience is how much time the demonstration skips at most before it says that something is stuck.
const patience = 21 * 24 * time.Hour

// Demonstrate runs the machine until every wanted day is covered, nothing is under way and the delivery bucket is empty, but for
// what a new folder's demonstration leaves on purpose. Times in which nothing happens are skipped. It goes on where an earlier
// run was stopped; when there is nothing to do, it asks the vendor for nothing.
func (m *Machine) Demonstrate(ctx context.Context) (Summary, error) {
	began := m.Now()
	before := m.vendor.Requests()
	resumed := before > 0
	m.before = m.vendor.faults()
	// Somebody may have taken objects out of the folder since the last run. The janitor's own round comes once a day.
	if _, err := m.verifier.All(ctx); err != nil {
		return Summary{}, fmt.Errorf("verify the dataset: %w", err)
	}
	if err := m.askForGap(ctx); err != nil {
		return Summary{}, err
	}
	imported, err := m.importSaved(ctx)
	if err != nil {
		return Summary{}, fmt.Errorf("import the saved answers of a vendor who is there no more: %w", err)
	}
	if err := m.play(ctx); err != nil {
		return Summary{}, err
	}
	sum, err := m.Summarize(ctx)
	sum.Imported = imported
	sum.Resumed, sum.NewPosts = resumed, m.vendor.Requests()-before
	sum.Elapsed, sum.Skipped = m.Now().Sub(began), m.clock.Skipped()
	if err == nil && !m.outside.unmeasured {
		sum.Usage, err = m.measure(ctx, int64(sum.NewPosts))
	}
	return sum, err
}

// play goes from one thing that happens to the next until nothing does any more. Then it asks for what is to be left, and plays on.
func (m *Machine) play(ctx context.Context) error {
	end := m.clock.Now().Add(patience)
	for left := false; ; {
		if err := m.tick(ctx); err != nil {
			return err
		}
		next, idle, err := m.next(ctx)
		switch {
		case err != nil:
			return err
		case idle && left:
			return nil
		case idle:
			left = true
			if asked, err := m.askForOthers(ctx); err != nil || !asked {
				return err
			}
		case next.After(end):
			return fmt.Errorf("after %s of simulated time there is still work under way: bellhop jobs list and bellhop files list show which", patience)
		default:
			if err := m.clock.SkipTo(next); err != nil {
				return err
			}
		}
	}
}

// tick does what has come due by the clock: the schedules, and the vendor's deliveries with all that they set going.
func (m *Machine) tick(ctx context.Context) error {
	if m.requested.due(m.clock.Now(), requestEvery) {
		if err := m.ask(ctx, schedule); err != nil {
			return err
		}
	}
	if err := m.deliver(ctx); err != nil {
		return err
	}
	m.queue.Wake()
	if err := m.settle(ctx); err != nil {
		return err
	}
	if m.swept.due(m.clock.Now(), sweepEvery) {
		m.sweepRuns++
		if _, err := m.handle.janitor(ctx, schedule); err != nil && ctx.Err() == nil {
			m.Log.ErrorContext(ctx, "the sweep failed in part", "error", err)
		}
		if err := m.settle(ctx); err != nil {
			return err
		}
	}
	m.tell(ctx, "loading")
	return ctx.Err()
}

// ask runs the requester.
func (m *Machine) ask(ctx context.Context, event json.RawMessage) error {
	m.tell(ctx, "requesting")
	m.requesterRuns++
	if _, err := m.handle.requester(ctx, event); err != nil && ctx.Err() == nil {
		m.Log.ErrorContext(ctx, "the requester failed in part", "error", err)
	}
	return m.vendor.Save()
}

// rate is a schedule: when it last fired.
type rate struct{ last time.Time }

// due reports whether a tick of the schedule has passed since it last fired, and notes that it fires now. It fires at once
// when it never did.
func (r *rate) due(now time.Time, every time.Duration) bool {
	if r.last.IsZero() || !onTick(r.last, every).After(now) {
		r.last = now
		return true
	}
	return false
}

func (m *Machine) deliver(ctx context.Context) error {
	if _, err := m.vendor.DeliverDue(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("the simulated vendor cannot deliver: %w", err)
	}
	return m.vendor.Save()
}

// settle waits until all events that are on their way have been dealt with.
func (m *Machine) settle(ctx context.Context) error {
	for ctx.Err() == nil {
		if m.outside.stepwise && m.queue.WorkOne(ctx) {
			continue
		}
		worked, err := m.feed.Drain(ctx)
		if err != nil {
			return err
		}
		if !worked && m.queue.Idle() {
			// The queue may have been about to commit when the feed was looked at.
			if worked, err = m.feed.Drain(ctx); err != nil || !worked && m.queue.Idle() {
				return err
			}
			continue
		}
		m.tell(ctx, "loading")
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}

// next returns when something is to happen next, at a tick of the schedules. Idle means that nothing is, before another day
// begins.
func (m *Machine) next(ctx context.Context) (at time.Time, idle bool, err error) {
	now := m.clock.Now()
	if _, err := m.ledger.Snapshot(ctx, Subscription); fault.Is(err, fault.NotFound) {
		// The requester has not brought its first subscription into the ledger yet.
		return onTick(now, requestEvery), false, nil
	}
	var sooner soonest
	sooner.of(m.vendor.NextDelivery())
	sooner.of(m.queue.NextVisible())
	subs, err := m.ledger.Subscriptions(ctx)
	if err != nil {
		return at, false, err
	}
	for _, sub := range subs {
		if err := m.nextOf(ctx, sub.Name, now, &sooner); err != nil {
			return at, false, err
		}
	}
	for o, err := range m.deliveries.List(ctx, "") {
		if err != nil {
			return at, false, err
		}
		f, err := m.ledger.Match(ctx, o.Key)
		if err != nil {
			return at, false, err
		}
		due := now
		if f.Status == report.FileStray || f.Status == report.FileQuarantined {
			due = later(f.DueAt, now)
		}
		sooner.of(onTick(due, sweepEvery), !m.rests(f))
	}
	return sooner.at, sooner.at.IsZero(), nil
}

// soonest keeps the first of several instants; zero while there is none.
type soonest struct{ at time.Time }

func (s *soonest) of(t time.Time, ok bool) {
	if ok && (s.at.IsZero() || t.Before(s.at)) {
		s.at = t
	}
}

// nextOf looks at when the requester has to see to a subscription's jobs, and to its plan.
func (m *Machine) nextOf(ctx context.Context, subscription string, now time.Time, sooner *soonest) error {
	snapshot, err := m.ledger.Snapshot(ctx, subscription)
	if err != nil {
		return err
	}
	for _, marker := range snapshot.Markers {
		if !marker.Status.Holds() {
			continue
		}
		job, err := m.ledger.Job(ctx, marker.Job)
		if err != nil {
			return err
		}
		left, err := m.waitsForPerson(ctx, job)
		if err != nil {
			return err
		}
		sooner.of(onTick(later(job.DueAt, now), requestEvery), !job.DueAt.IsZero() && !left)
	}
	due := snapshot.Planning.DueAt
	sooner.of(onTick(later(due, now), requestEvery), !due.IsZero() && report.DateOf(due) <= report.DateOf(now))
	return nil
}

// onTick returns the first tick of a schedule after t.
func onTick(t time.Time, every time.Duration) time.Time {
	return t.Truncate(every).Add(every)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (m *Machine) limits(sub report.Subscription) (report.Limits, error) {
	if source, ok := requester.SourceNamed(m.requests.Sources, sub.Source); ok {
		return source.Limits(sub.Params), source.Validate(sub.Params)
	}
	return report.Limits{}, fault.New(fault.Poison, "no source is called %q", sub.Source)
}

// Up keeps the machine running on the real clock, with its schedules, until ctx ends, which is not an error.
func (m *Machine) Up(ctx context.Context) error {
	if _, err := m.importSaved(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		m.second(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// second does what has come due by the real clock.
func (m *Machine) second(ctx context.Context) {
	now := m.clock.Now()
	err := m.deliver(ctx)
	m.queue.Wake()
	if m.requested.due(now, requestEvery) {
		_, runErr := m.handle.requester(ctx, schedule)
		err = errors.Join(err, runErr, m.vendor.Save())
	}
	brought, listErr := m.brought(ctx)
	err = errors.Join(err, listErr)
	if m.swept.due(now, sweepEvery) || brought {
		_, sweepErr := m.handle.janitor(ctx, schedule)
		err = errors.Join(err, sweepErr)
	}
	if err != nil && ctx.Err() == nil {
		m.Log.ErrorContext(ctx, "a schedule failed in part", "error", err)
	}
	m.tell(ctx, "running")
}

// brought reports whether an import from another process lies there, of which no event has told: its S3 server is another one. The
// sweep starts its load.
func (m *Machine) brought(ctx context.Context) (bool, error) {
	for o, err := range m.deliveries.List(ctx, imports.Prefix) {
		if err != nil {
			return false, err
		}
		f, err := m.ledger.File(ctx, o.Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return false, err
		}
		if f.Status == report.FileExpected && f.Delivery == nil {
			return true, nil
		}
	}
	return false, nil
}
