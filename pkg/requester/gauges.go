package requester

import (
	"context"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Gauges are the numbers that alarms watch: late files, missing days, subscriptions without a plan.
type Gauges struct {
	// Overdue counts files that were named more than an hour ago and have not come, of the five thousand jobs that are due first.
	Overdue int `json:"overdue_files"`
	// The days are as the subscriptions' latest plans have found them.
	report.Gauges
	// Behind counts subscriptions that should have been planned for hours and were not.
	Behind int `json:"subscriptions_behind"`
}

const (
	// overdueAfter is how long a file may be awaited before it counts as overdue. The vendor says "minutes"; bellhop waits for
	// hours before it gives up, and somebody may want to know before that.
	overdueAfter = time.Hour
	// longestWindow is longer than any vendor's files are awaited.
	longestWindow = 24 * time.Hour
	// behindAfter is how late a plan may be. All subscriptions are due at midnight, and a run plans as many as it has time for.
	behindAfter = 6 * time.Hour
	// maxAwaitedJobs is how many open jobs are looked through for overdue files. Fewer cost less, and more than so many are no use to a
	// person who wants to know whether files are late.
	maxAwaitedJobs = 5000
)

// Measure counts the gauges from the latest plans, without reading any subscription's days. It changes nothing;
// what it cannot read is an error, because a number that is missing must not look like a good one.
func (s *Service) Measure(ctx context.Context) (Gauges, error) {
	var gauges Gauges
	standings, err := s.Ledger.Standings(ctx)
	if err != nil {
		return gauges, fmt.Errorf("read the latest plans of the subscriptions: %w", err)
	}
	for _, at := range standings {
		gauges.Missing += at.Gauges.Missing
		gauges.AboutToBeLost += at.Gauges.AboutToBeLost
		gauges.Expired += at.Gauges.Expired
		gauges.LostInMonth += at.Gauges.LostInMonth
		gauges.LostInWeek += at.Gauges.LostInWeek
		never := at.PlannedAt.IsZero() && at.NextPlan.IsZero()
		if never || !at.NextPlan.IsZero() && s.Now().Sub(at.NextPlan) > behindAfter {
			gauges.Behind++
		}
	}
	err = s.countOverdue(ctx, &gauges)
	return gauges, err
}

// countOverdue finds the jobs that await files by their deadlines, which is when they come due. Files that the requester has to
// fetch are not late before it has delivered them all.
func (s *Service) countOverdue(ctx context.Context, gauges *Gauges) error {
	now := s.Now()
	jobs, err := s.Ledger.DueJobs(ctx, now.Add(longestWindow), maxAwaitedJobs)
	if err != nil {
		return fmt.Errorf("read the jobs that await files: %w", err)
	}
	for _, j := range jobs {
		named := j.SubmittedAt
		if j.FetchedAt.After(named) {
			named = j.FetchedAt
		}
		if j.Status != report.JobAwaitingFiles || len(j.ToFetch()) > 0 || now.Sub(named) <= overdueAfter {
			continue
		}
		for _, f := range j.Files {
			if f.Status == report.FileExpected {
				gauges.Overdue++
			}
		}
	}
	return nil
}
