package sim

import (
	"context"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Progress is how far the work is: of the files that were promised, how many are loaded, deleted and certified.
type Progress struct {
	Phase       string
	Done, Total int
	// Arrived are the files that were loaded since this was told the last time; none the first time.
	Arrived []Arrival
	// Next is what happens next, and At when, by the machine's clock, on which it is Now.
	Next    string
	At, Now time.Time
}

// Arrival is a file that was loaded.
type Arrival struct {
	Key, Table string
	Window     report.Window
}

// progress is what was told last. The jobs are read again only when a record of the ledger has changed since.
type progress struct {
	changes     int64
	told        map[string]bool // the loaded files of which it was told; nil before anything was told
	done, total int
	asks        bool      // whether a job is to be sent to the vendor
	asksAt      time.Time // when the first of them is due
}

// tell reports progress by the files of the subscription's jobs.
func (m *Machine) tell(ctx context.Context, phase string) {
	if m.Progress == nil {
		return
	}
	p := Progress{Phase: phase, Now: m.clock.Now()}
	changes, err := m.store.LastChange(ctx)
	if err == nil && (m.progress.told == nil || changes != m.progress.changes) {
		p.Arrived, err = m.readProgress(ctx, changes)
	}
	if err != nil {
		// A bar is not worth failing for, and the next reading will tell.
		return
	}
	p.Done, p.Total = m.progress.done, m.progress.total
	p.Next, p.At = m.awaited(p.Now)
	m.Progress(p)
}

// readProgress reads the jobs as of a change of the ledger, and returns the files that were loaded since the last time.
func (m *Machine) readProgress(ctx context.Context, changes int64) (arrived []Arrival, err error) {
	subs, err := m.ledger.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	var jobs []report.Job
	for _, sub := range subs {
		of, err := m.ledger.Jobs(ctx, sub.Name)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, of...)
	}
	first := m.progress.told == nil
	p := progress{changes: changes, told: map[string]bool{}}
	for _, j := range jobs {
		expected := max(len(j.Files), len(j.Tables))
		if j.Status == report.JobLost {
			// Another job asks for what a lost job missed.
			expected = 0
		}
		for _, f := range j.Files {
			if f.Status != report.FileLoaded {
				continue
			}
			p.done++
			if j.Status == report.JobLost {
				expected++
			}
			if !m.progress.told[f.Key] && !first {
				arrived = append(arrived, Arrival{f.Key, f.Table, j.Window})
			}
			p.told[f.Key] = true
		}
		p.total += expected
		if j.Status.Asks() && (!p.asks || j.DueAt.Before(p.asksAt)) {
			p.asks, p.asksAt = true, j.DueAt
		}
	}
	m.progress = p
	return arrived, nil
}

// awaited is what happens next, and when.
func (m *Machine) awaited(now time.Time) (what string, at time.Time) {
	sooner := func(next string, t time.Time) {
		if at.IsZero() || t.Before(at) {
			what, at = next, t
		}
	}
	if t, ok := m.vendor.NextDelivery(); ok {
		sooner("a delivery", t)
	}
	if t, ok := m.queue.NextVisible(); ok {
		sooner("a load", later(t, now))
	}
	if m.progress.asks {
		sooner("a request", onTick(later(m.progress.asksAt, now), requestEvery))
	}
	if what == "" {
		sooner("a check", onTick(now, requestEvery))
	}
	return what, at
}
