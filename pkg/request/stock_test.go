package request_test

import (
	"context"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/request"
)

// Today is 20 November, and the source keeps a day for 90 days: the day of 22 August until today, that of the 25th for three
// days more. With a lag of three days, days are wanted up to 17 November.
func TestStockIsHowItStands(t *testing.T) {
	tests := map[string]struct {
		set  func(d *desk)
		want request.Stock
	}{
		"nothing is wanted": {func(*desk) {}, request.Stock{}},
		"17 days are missing": {
			func(d *desk) { d.subscribe("harbour", "push", false) },
			request.Stock{Missing: 17},
		},
		"of two subscriptions, one is paused": {
			func(d *desk) { d.subscribe("harbour", "push", false); d.subscribe("asleep", "push", true) },
			request.Stock{Missing: 17},
		},
		"days on their way are not missing": {
			// The job is of the first four of them.
			func(d *desk) { d.plan("job", d.subscribe("harbour", "push", false)) },
			request.Stock{Missing: 13},
		},
		"two days are gone for ever, and four go soon": {
			func(d *desk) {
				sub := d.subscribe("harbour", "push", false)
				sub.From = report.NewDate(2026, 8, 20)
				d.subs["harbour"] = sub
			},
			// 22 August to 17 November: 10 + 30 + 31 + 17.
			request.Stock{Missing: 88, AboutToBeLost: 4, Expired: 2},
		},
		"what is on its way may be too late all the same": {
			func(d *desk) {
				sub := d.subscribe("harbour", "push", false)
				sub.From = report.NewDate(2026, 8, 25)
				d.subs["harbour"] = sub
				j := d.plan("job", sub)
				j.Window = report.Window{From: sub.From, To: report.NewDate(2026, 11, 17)}
				d.booked["job"] = j
			},
			request.Stock{AboutToBeLost: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			test.set(d)
			if got, err := d.TakeStock(t.Context()); err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestAFileIsOverdueAfterAnHour(t *testing.T) {
	d := newDesk(t)
	// Paused, it plans nothing more; its job runs all the same, and so does the time of its files.
	sub := d.subscribe("harbour", "push", true)
	d.plan("job", sub)
	d.answer(report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{{Name: "a.csv", Table: "asp_device"}, {Name: "b.csv", Table: "asp_device"}}})
	d.run(t.Context())
	overdueAt := func(after time.Duration, want int) {
		t.Helper()
		d.now = start.Add(after)
		if got, err := d.TakeStock(t.Context()); err != nil || got.Overdue != want {
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

func TestStockThatCannotBeTakenIsAnError(t *testing.T) {
	broken := fault.New(fault.Transient, "throttled")
	tests := map[string]func(d *desk){
		"subscriptions": func(d *desk) {
			d.boards.subscriptions = func(context.Context) ([]report.Subscription, error) { return nil, broken }
		},
		"a board": func(d *desk) {
			d.boards.board = func(context.Context, string) (report.Board, error) { return report.Board{}, broken }
		},
		"due jobs": func(d *desk) {
			d.jobs.dueJobs = func(context.Context, time.Time, int) ([]report.Job, error) { return nil, broken }
		},
	}
	for name, breaks := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.subscribe("harbour", "push", false)
			breaks(d)
			if _, err := d.TakeStock(t.Context()); !fault.Is(err, fault.Transient) {
				t.Errorf("got %v, want the store's error", err)
			}
		})
	}
}
