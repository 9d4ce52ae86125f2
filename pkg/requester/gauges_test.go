package requester_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// With a lag of three days, days are wanted up to 17 November.
func TestStockIsWhatThePlansHaveFound(t *testing.T) {
	d := newFixture(t)
	// Of the 17 days of November the first four are on their way, and those from the tenth on are asked for by the run.
	sub := d.subscribe("harbour", "push", false)
	d.plan("job", sub)
	d.subscribe("asleep", "push", true)
	early := d.subscribe("quay", "push", false)
	early.From = report.NewDate(2026, 8, 20)
	d.subs["quay"] = early
	d.source.submit = func(context.Context, report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeRefused}
	}
	d.run(t.Context())
	// All that was asked for was refused, which the next plan finds. The quay has lost two days, and 22 August is not asked
	// for any more.
	d.run(t.Context())
	got, err := d.Measure(t.Context())
	want := requester.Gauges{Gauges: report.Gauges{Missing: 17 + 88, AboutToBeLost: 4, Expired: 2, LostInMonth: 31, LostInWeek: 8}}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	// A plan is due at midnight, and late after six hours. That of a paused subscription is never due.
	d.now = time.Date(2026, 11, 21, 6, 0, 1, 0, time.UTC)
	if got, err := d.Measure(t.Context()); err != nil || got.Behind != 2 {
		t.Errorf("%d subscriptions are behind (%v), want 2", got.Behind, err)
	}
}

func TestWhatWasNeverPlannedIsBehind(t *testing.T) {
	d := newFixture(t)
	d.subscribe("harbour", "push", false)
	if got, err := d.Measure(t.Context()); err != nil || got != (requester.Gauges{Behind: 1}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAFileIsOverdueAfterAnHour(t *testing.T) {
	d := newFixture(t)
	// Paused, it plans nothing more; its job runs all the same, and so does the time of its files.
	sub := d.subscribe("harbour", "push", true)
	d.plan("job", sub)
	d.answer(report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{{Name: "a.csv", Table: "asp_device"}, {Name: "b.csv", Table: "asp_device"}}})
	d.run(t.Context())
	// However many jobs are due before it, as all of a refused credential are.
	for i := range 2000 {
		id := fmt.Sprintf("waiting-%d", i)
		d.booked[id] = report.Job{ID: id, Status: report.JobBackoff, DueAt: start}
	}
	overdueAt := func(after time.Duration, want int) {
		t.Helper()
		d.now = start.Add(after)
		if got, err := d.Measure(t.Context()); err != nil || got.Overdue != want {
			t.Errorf("after %s %d files are overdue (%v), want %d", after, got.Overdue, err, want)
		}
	}
	overdueAt(time.Hour-time.Second, 0)
	overdueAt(time.Hour+time.Second, 2)
	j := d.booked["job"]
	j.Files[0].Status = report.FileLoaded
	d.booked["job"] = j
	overdueAt(2*time.Hour, 1)
	j.Files[1].Status = report.FileQuarantined
	d.booked["job"] = j
	overdueAt(3*time.Hour, 0)
}

// TestFilesToFetchAreNotLate before they are delivered, however long that takes; an hour after that they are.
func TestFilesToFetchAreNotLate(t *testing.T) {
	d := newFixture(t)
	d.fetching()
	overdueAt := func(after time.Duration, want int) {
		t.Helper()
		d.now = start.Add(after)
		if got, err := d.Measure(t.Context()); err != nil || got.Overdue != want {
			t.Errorf("after %s %d files are overdue (%v), want %d", after, got.Overdue, err, want)
		}
	}
	overdueAt(3*time.Hour, 0)
	d.content()
	d.run(t.Context())
	overdueAt(4*time.Hour, 0)
	overdueAt(4*time.Hour+2*time.Second, 2) // the second file was fetched a second after the first
}

func TestStockThatCannotBeTakenIsAnError(t *testing.T) {
	broken := fault.New(fault.Transient, "throttled")
	tests := map[string]func(d *fixture){
		"what the plans have found": func(d *fixture) {
			d.snapshots.standings = func(context.Context) ([]report.Standing, error) { return nil, broken }
		},
		"due jobs": func(d *fixture) {
			d.jobs.dueJobs = func(context.Context, time.Time, int) ([]report.Job, error) { return nil, broken }
		},
	}
	for name, breaks := range tests {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.subscribe("harbour", "push", false)
			breaks(d)
			if _, err := d.Measure(t.Context()); !fault.Is(err, fault.Transient) {
				t.Errorf("got %v, want the store's error", err)
			}
		})
	}
}
