package requester

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

// Requester plans and asks; see [Service.Run].
type Requester interface {
	Run(ctx context.Context, t Trigger) (Summary, error)
	Measure(ctx context.Context) (Gauges, error)
}

// Handler handles the function's events. All fields are required.
type Handler struct {
	Requester Requester
	Log       *slog.Logger
	Metrics   *metric.Sink
}

// trigger is what an ad-hoc event may hold; events/README.md describes it for people. The requester ignores every other
// field of an event.
type trigger struct {
	// Subscription restricts planning to one subscription; empty means all.
	Subscription string `json:"subscription"`
	// Tables restricts planning to these tables; empty means all that the subscription feeds.
	Tables []string `json:"tables"`
	// From and To are the first and the last day, YYYY-MM-DD; either both are given or none.
	From string `json:"from"`
	To   string `json:"to"`
	// Refresh asks again for days that are covered, and for days that were given up.
	Refresh bool `json:"refresh"`
}

// Handle runs the requester once. An error means that a part of the work failed; the rest is done, and what failed is
// still due.
func (h *Handler) Handle(ctx context.Context, event json.RawMessage) (Summary, error) {
	t, err := parse(event)
	if err != nil {
		h.Log.ErrorContext(ctx, "event refused", "outcome", "refused", "error", err)
		return Summary{}, err
	}
	sum, err := h.Requester.Run(ctx, t)
	h.Metrics.Emit(
		metric.ReportsRequested.Int(sum.Accepted), metric.ReportRequestFailures.Int(sum.Refused+sum.Unknown),
		metric.FilesExpected.Int(sum.Files), metric.JobsLost.Int(sum.Lost))
	err = errors.Join(err, h.takeGauges(ctx))
	log := h.Log.With(
		"reserved", sum.Reserved, "submitted", sum.Submitted, "accepted", sum.Accepted, "postponed", sum.Postponed,
		"refused", sum.Refused, "unknown", sum.Unknown, "lost", sum.Lost, "outdated", sum.Outdated, "left", sum.Left, "credentials_waiting", sum.Waiting)
	if err != nil {
		log.ErrorContext(ctx, "run failed in part", "error", err)
		return sum, err
	}
	log.InfoContext(ctx, "run done")
	return sum, nil
}

// LogJobChange logs what a run does to each job, so that a job can be followed through the lines of all functions. It is for
// [Service.OnJobChange].
func LogJobChange(log *slog.Logger) func(context.Context, report.Job) {
	return func(ctx context.Context, j report.Job) {
		level := slog.LevelInfo
		if j.Status.NeedsPerson() || j.Status == report.JobUnknown || j.Status == report.JobLost {
			level = slog.LevelWarn
		}
		line := log.With("job_id", j.ID, "subscription", j.Subscription, "window", j.Window.String(), "attempt", j.Requests, "outcome", string(j.Status))
		if j.Reason != "" {
			line = line.With("reason", j.Reason)
		}
		if j.RequestID != "" {
			line = line.With("vendor_request_id", j.RequestID)
		}
		if !j.DueAt.IsZero() {
			line = line.With("due_at", j.DueAt)
		}
		line.Log(ctx, level, "job moved", "files", len(j.Files))
	}
}

// takeStock emits how it stands. A state that could not be found out is not emitted: it would look like a good one.
func (h *Handler) takeGauges(ctx context.Context) error {
	gauges, err := h.Requester.Measure(ctx)
	if err != nil {
		return err
	}
	h.Metrics.Emit(
		metric.OverdueFiles.Int(gauges.Overdue), metric.DaysMissing.Int(gauges.Missing),
		metric.DaysAboutToBeLost.Int(gauges.AboutToBeLost), metric.DaysExpired.Int(gauges.Expired),
		metric.DaysLostInMonth.Int(gauges.LostInMonth), metric.DaysLostInWeek.Int(gauges.LostInWeek))
	if gauges.Behind > 0 {
		return fault.New(fault.Transient, "%d subscriptions were not planned in time, so what is missing of their days is not known: "+
			"see this run's other problems, or give the requester more memory", gauges.Behind)
	}
	return nil
}

func parse(event json.RawMessage) (Trigger, error) {
	var t trigger
	if err := json.Unmarshal(event, &t); err != nil {
		return Trigger{}, fault.New(fault.Poison, "the event is not a JSON object with texts for subscription, from and to, a list of texts for tables, and true or false for refresh")
	}
	narrow := report.Narrow{Tables: t.Tables, Refresh: t.Refresh}
	if t.From == "" && t.To == "" {
		return Trigger{Subscription: t.Subscription, Narrow: narrow}, nil
	}
	if t.From == "" || t.To == "" {
		return Trigger{}, fault.New(fault.Poison, `the event has only one of "from" and "to": give both, such as "2026-11-01"`)
	}
	w, err := report.ParseWindow(t.From + ".." + t.To)
	if err != nil {
		return Trigger{}, fault.As(fault.Poison, err)
	}
	narrow.Window = w
	return Trigger{Subscription: t.Subscription, Narrow: narrow}, nil
}
