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

// tell reports progress by the files of the subscription's jobs.
func (m *Machine) tell(ctx context.Context, phase string) {
	if m.Progress == nil {
		return
	}
	jobs, err := m.ledger.Jobs(ctx, Subscription)
	if err != nil {
		// A bar is not worth failing for, and the next reading will tell.
		return
	}
	p := Progress{Phase: phase, Now: m.clock.Now()}
	first := m.told == nil
	if first {
		m.told = map[string]bool{}
	}
	for _, j := range jobs {
		expected := max(len(j.Files), len(j.Tables))
		if j.Status == report.JobLost {
			// What a lost job missed is another job's by now.
			expected = 0
		}
		for _, f := range j.Files {
			if f.Status != report.FileLoaded {
				continue
			}
			p.Done++
			if j.Status == report.JobLost {
				expected++
			}
			if !m.told[f.Key] && !first {
				p.Arrived = append(p.Arrived, Arrival{f.Key, f.Table, j.Window})
			}
			m.told[f.Key] = true
		}
		p.Total += expected
	}
	p.Next, p.At = m.awaited(jobs, p.Now)
	m.Progress(p)
}

// awaited is what happens next, and when.
func (m *Machine) awaited(jobs []report.Job, now time.Time) (what string, at time.Time) {
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
	for _, j := range jobs {
		if j.Status.Asks() {
			sooner("a request", onTick(later(j.DueAt, now), requestEvery))
		}
	}
	if what == "" {
		sooner("a check", onTick(now, requestEvery))
	}
	return what, at
}
