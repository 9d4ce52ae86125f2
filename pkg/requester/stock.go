package requester

import (
	"context"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Stock is how it stands with what is asked for.
type Stock struct {
	// Overdue counts files that were named more than an hour ago and have not come, of the five thousand jobs that are due first.
	Overdue int `json:"overdue_files"`
	// The days are as the subscriptions' latest plans have found them.
	report.Stock
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
	// awaited is how many open jobs are looked through for overdue files. Fewer cost less, and more than so many are no use to a
	// person who wants to know whether files are late.
	awaited = 5000
)

// TakeStock counts how it stands now, from what was planned last: it reads the days of no subscription. It changes nothing;
// what it cannot read is an error, because a number that is missing must not look like a good one.
func (s *Service) TakeStock(ctx context.Context) (Stock, error) {
	var stock Stock
	standings, err := s.Boards.Standings(ctx)
	if err != nil {
		return stock, fmt.Errorf("read how it stands with the subscriptions: %w", err)
	}
	for _, at := range standings {
		stock.Missing += at.Stock.Missing
		stock.AboutToBeLost += at.Stock.AboutToBeLost
		stock.Expired += at.Stock.Expired
		never := at.PlannedAt.IsZero() && at.NextPlan.IsZero()
		if never || !at.NextPlan.IsZero() && s.Now().Sub(at.NextPlan) > behindAfter {
			stock.Behind++
		}
	}
	err = s.countOverdue(ctx, &stock)
	return stock, err
}

// countOverdue finds the jobs that await files by their deadlines, which is when they come due.
func (s *Service) countOverdue(ctx context.Context, stock *Stock) error {
	now := s.Now()
	jobs, err := s.Jobs.DueJobs(ctx, now.Add(longestWindow), awaited)
	if err != nil {
		return fmt.Errorf("read the jobs that await files: %w", err)
	}
	for _, j := range jobs {
		if j.Status != report.JobAwaitingFiles || now.Sub(j.SubmittedAt) <= overdueAfter {
			continue
		}
		for _, f := range j.Files {
			if f.Status == report.FileExpected {
				stock.Overdue++
			}
		}
	}
	return nil
}
