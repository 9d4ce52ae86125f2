package cli

import (
	"context"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// aftermath is what became of a job's days after it failed.
type aftermath struct {
	// ReplacedBy are the later jobs that asked for some of its days.
	ReplacedBy []string `json:"replaced_by,omitempty"`
	// Healed tells that all of its days are there now, so that a retry would fetch them once more for nothing.
	Healed bool `json:"healed,omitempty"`
	// TooOld tells that none of its days can be asked for any more.
	TooOld bool `json:"too_old,omitempty"`
}

// aftermathOf looks at a job that ended without its files; of others there is nothing to say.
func (a *app) aftermathOf(ctx context.Context, at Account, job report.Job) (after aftermath, err error) {
	if !job.Status.NeedsPerson() && job.Status != report.JobLost && job.Status != report.JobCancelled {
		return after, nil
	}
	sub, err := at.Ledger.Subscription(ctx, job.Subscription)
	if fault.Is(err, fault.NotFound) {
		return after, nil
	}
	if err != nil {
		return after, err
	}
	jobs, err := at.Ledger.Jobs(ctx, job.Subscription)
	if err != nil {
		return after, err
	}
	for _, later := range jobs {
		shared := slices.ContainsFunc(later.Tables, func(t string) bool { return slices.Contains(job.Tables, t) })
		if later.ID != job.ID && later.PlannedAt.After(job.PlannedAt) && later.Window.Overlaps(job.Window) && shared {
			after.ReplacedBy = append(after.ReplacedBy, later.ID)
		}
	}
	source, err := a.source(sub)
	if err != nil {
		return after, nil //nolint:nilerr // without knowing what it wants its coverage cannot be told
	}
	first, _ := job.Outdated(source.Limits(sub.Params), report.DateOf(at.Now()))
	after.TooOld = job.Window.To < first
	c, err := a.coverageOf(ctx, at, sub, job.Window)
	if err != nil {
		return after, err
	}
	there := 0
	for _, d := range c.Days {
		if slices.Contains(job.Tables, d.Table) && job.Window.Contains(d.Date) && d.Status.Covered() {
			there++
		}
	}
	after.Healed = there > 0 && there == job.Window.Len()*len(job.Tables)
	return after, nil
}
