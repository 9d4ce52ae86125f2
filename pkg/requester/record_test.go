package requester_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// TestFilesThatCannotBeRecorded: the vendor has taken the request, so the job must rest, and a person must hear of it.
func TestFilesThatCannotBeRecorded(t *testing.T) {
	for name, kind := range map[string]fault.Kind{"another job expects the name": fault.Conflict, "too many names": fault.Poison} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.plan("job", d.subscribe("seaside", "push", true))
			d.answer(report.Answer{Outcome: report.OutcomeAccepted})
			d.jobs.accept = func(context.Context, string, int64, report.Answer, time.Time, time.Time) (report.Job, []report.File, error) {
				return report.Job{}, nil, fault.New(kind, "no room")
			}
			sum, err := d.Run(t.Context(), requester.Trigger{})
			if err == nil || !strings.Contains(err.Error(), "no room") || !strings.HasPrefix(err.Error(), "job ") {
				t.Errorf("error %v, want one about the job", err)
			}
			if want := (requester.Summary{Submitted: 1, Unknown: 1}); sum != want {
				t.Errorf("summary %+v, want %+v", sum, want)
			}
			d.want("job", report.JobUnknown, 4*time.Hour)
		})
	}
	t.Run("the ledger is out of reach", func(t *testing.T) {
		d := newFixture(t)
		d.plan("job", d.subscribe("seaside", "push", true))
		d.answer(report.Answer{Outcome: report.OutcomeAccepted})
		down := fault.New(fault.Transient, "the ledger is down")
		d.jobs.accept = func(context.Context, string, int64, report.Answer, time.Time, time.Time) (report.Job, []report.File, error) {
			return report.Job{}, nil, down
		}
		if _, err := d.Run(t.Context(), requester.Trigger{}); !errors.Is(err, down) {
			t.Errorf("error %v", err)
		}
		d.want("job", report.JobSubmitting, 5*time.Minute) // under its lease; UNKNOWN when that has run out
	})
}

// TestAnAnswerThatComesTooLateIsNotRecorded: another run has taken the job over meanwhile, and the first says nothing.
func TestAnAnswerThatComesTooLateIsNotRecorded(t *testing.T) {
	for name, outcome := range map[string]report.Outcome{"refused": report.OutcomeRefused, "accepted": report.OutcomeAccepted, "back off": report.OutcomeBackOff} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.plan("job", d.subscribe("seaside", "push", true))
			d.source.submit = func(context.Context, report.Order) report.Answer {
				j := d.booked["job"]
				j.Epoch++
				d.booked["job"] = j
				return report.Answer{Outcome: outcome}
			}
			d.run(t.Context())
			d.want("job", report.JobSubmitting, 5*time.Minute)
		})
	}
}

// TestTheAnswerIsRecordedAfterTheRunHasEnded: what the vendor said must not be lost because the time is up.
func TestTheAnswerIsRecordedAfterTheRunHasEnded(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("seaside", "push", true))
	ctx, cancel := context.WithCancel(t.Context())
	d.source.submit = func(context.Context, report.Order) report.Answer {
		cancel()
		return report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{{Name: "a.csv", Table: "asp_device"}}}
	}
	d.jobs.dueJobs = func(ctx context.Context, now time.Time, limit int) ([]report.Job, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return d.due(ctx, now, limit)
	}
	if _, err := d.Run(ctx, requester.Trigger{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that the run was cancelled", err)
	}
	d.want("job", report.JobAwaitingFiles, 4*time.Hour)
}

// TestFilesThatCameBeforeTheirNamesAreLoaded: whoever comes second starts the load.
func TestFilesThatCameBeforeTheirNamesAreLoaded(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("seaside", "push", true))
	early := report.Delivery{Bucket: "delivery", Key: "out/a.csv", ETag: "e1", Size: 7, At: start.Add(-time.Minute)}
	d.arrived["a.csv"] = early
	d.answer(report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{
		{Name: "a.csv", Table: "asp_device"}, {Name: "b.csv", Table: "asp_device"},
	}})
	var started []report.Delivery
	d.queue.redeliver = func(_ context.Context, got report.Delivery) error {
		started = append(started, got)
		return nil
	}
	d.run(t.Context())
	if !slices.Equal(started, []report.Delivery{early}) {
		t.Errorf("started %v", started)
	}

	d.plan("again", d.subs["seaside"])
	d.answer(report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{{Name: "a.csv", Table: "asp_device"}}})
	d.queue.redeliver = func(context.Context, report.Delivery) error { return errors.New("queue down") }
	if _, err := d.Run(t.Context(), requester.Trigger{}); err == nil || !strings.Contains(err.Error(), "a.csv") {
		t.Errorf("error %v, want one that names the file: the sweep will start its load", err)
	}
}
