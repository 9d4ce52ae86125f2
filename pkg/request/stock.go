package request

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Stock is how it stands with what is asked for.
type Stock struct {
	// Overdue counts files that were named more than an hour ago and have not come.
	Overdue int `json:"overdue_files"`
	// Missing counts days of tables that are wanted and neither there nor on their way, AboutToBeLost those that are not
	// there and can be had for three more days at most, and Expired those that can never be had again. Days of
	// paused subscriptions do not count.
	Missing       int `json:"missing_days"`
	AboutToBeLost int `json:"days_about_to_be_lost"`
	Expired       int `json:"expired_days"`
}

const (
	// overdueAfter is how long a file may be awaited before it counts as overdue. The vendor says "minutes"; bellhop waits for
	// hours before it gives up, and somebody may want to know before that.
	overdueAfter = time.Hour
	// lastDays is how many days before its end a day's time to be fetched is about to run out.
	lastDays = 3
	// awaited is how many open jobs are looked through for overdue files.
	awaited = 200
)

// TakeStock counts how it stands now. It reads, and changes nothing; what it cannot read is an error, because a number that
// is missing must not look like a good one.
func (s *Service) TakeStock(ctx context.Context) (Stock, error) {
	var stock Stock
	subs, err := s.Boards.Subscriptions(ctx)
	if err != nil {
		return stock, fmt.Errorf("read the subscriptions: %w", err)
	}
	var problems []error
	var window time.Duration
	for _, sub := range subs {
		src, err := s.source(sub.Source)
		if err != nil || src.Validate(sub.Params) != nil {
			continue // what is wrong with it, planning says
		}
		limits := src.Limits(sub.Params)
		window = max(window, deliveryWindow(limits))
		if sub.Paused {
			continue
		}
		if err := s.countGaps(ctx, sub.Name, limits, &stock); err != nil {
			problems = append(problems, fmt.Errorf("take stock of subscription %s: %w", sub.Name, err))
		}
	}
	problems = append(problems, s.countOverdue(ctx, window, &stock))
	return stock, errors.Join(problems...)
}

// countOverdue finds the jobs that await files by their deadlines, which is when they come due.
func (s *Service) countOverdue(ctx context.Context, window time.Duration, stock *Stock) error {
	now := s.Now()
	jobs, err := s.Jobs.DueJobs(ctx, now.Add(window), awaited)
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

func (s *Service) countGaps(ctx context.Context, name string, limits report.Limits, stock *Stock) error {
	board, err := s.Boards.Board(ctx, name)
	if err != nil {
		return err
	}
	today := report.DateOf(s.Now())
	for _, d := range report.Coverage(board, limits, today) {
		switch {
		case d.Status.Covered():
		case d.Status == report.CoverageExpired:
			stock.Expired++
		default:
			if d.Status == report.CoverageMissing {
				stock.Missing++
			}
			if d.LostAfter-today <= lastDays {
				stock.AboutToBeLost++
			}
		}
	}
	return nil
}
