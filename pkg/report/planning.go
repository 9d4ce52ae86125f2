package report

import (
	"slices"
	"time"
)

// lastDays is how many days before its end a day's time to be fetched is about to run out.
const lastDays = 3

// Month and Week are how many days before its end the time to fetch a missing day is counted down.
const (
	Month = 30
	Week  = 7
)

// Gauges count the days of one subscription, or of several together, that are missing or lost.
type Gauges struct {
	// Missing counts days of tables that are wanted and neither there nor on their way, AboutToBeLost those that are not
	// there and can be had for three more days at most (of a source that has its days no longer than that, the missing ones), and Expired those that can never be had again. Days of
	// paused subscriptions do not count.
	Missing       int `json:"missing_days"`
	AboutToBeLost int `json:"days_about_to_be_lost"`
	Expired       int `json:"expired_days"`
	// LostInMonth and LostInWeek count the missing days that can be had for 30 and for 7 more days at most, of sources that have
	// their days for longer than that.
	LostInMonth int `json:"days_lost_in_a_month"`
	LostInWeek  int `json:"days_lost_in_a_week"`
}

// Planning is what the ledger keeps with a subscription for its planner.
type Planning struct {
	// DueAt is when the subscription is to be planned next; the zero time: when something happens to it.
	DueAt time.Time `json:"due_at,omitzero"`
	// Gone saves the planner reading all the days that were ever published.
	Gone Gone `json:"gone,omitzero"`
}

// Due reports whether the subscription is to be planned at now.
func (p Planning) Due(now time.Time) bool { return due(p.DueAt, now) }

// Gone counts the days of a subscription that can never be had again, from its first day through a later one. The
// partitions of all of these days are settled: nothing that the planner does changes the count. What does change it,
// such as a file that comes after all, sets it to zero, and the next plan reads everything once.
type Gone struct {
	Tables  []string `json:"tables,omitempty"`
	Through Date     `json:"through,omitzero"`
	Days    int      `json:"days,omitempty"`
}

// Since returns the first day of the subscription whose partitions a plan has to read.
func (g Gone) Since(sub Subscription, l Limits, today Date) Date {
	if !g.holds(l, today) {
		return sub.From
	}
	return max(sub.From, g.Through+1)
}

// holds reports whether the count can be built upon.
func (g Gone) holds(l Limits, today Date) bool {
	return len(g.Tables) > 0 && slices.Equal(g.Tables, l.Tables) && g.Through < today-Date(l.LostAfterDays)
}

// CountGauges counts the gauges of a snapshot today, and adds to what was gone before. The snapshot has the
// partitions of every day from [Gone.Since] on.
func CountGauges(b Snapshot, l Limits, today Date) (Gauges, Gone) {
	gone := Gone{Tables: l.Tables}
	if b.Since > b.Subscription.From && b.Planning.Gone.holds(l, today) {
		gone.Days = b.Planning.Gone.Days
	}
	// A day that a job is still on may yet come, however old it is: the count ends before it.
	gone.Through = min(today-Date(l.LostAfterDays)-1, l.Wanted(b.Subscription, today).To)
	var expired []Date
	var s Gauges
	for _, d := range Coverage(b, l, today) {
		switch {
		case d.Status.Covered(), d.Date < b.Subscription.From: // nobody wants it
		case d.Status == CoverageExpired:
			expired = append(expired, d.Date)
		default:
			if d.Status == CoverageMissing {
				s.missing(int(d.LostAfter-today), l)
			}
			// Where a day can be had for so few days only, it is about to be lost from the start: that is news when nobody asks for it.
			if d.LostAfter-today <= lastDays && (l.LostAfterDays > lastDays || d.Status == CoverageMissing) {
				s.AboutToBeLost++
			}
			gone.Through = min(gone.Through, d.Date-1)
		}
	}
	s.Expired = gone.Days + len(expired)
	for _, d := range expired {
		if d <= gone.Through {
			gone.Days++
		}
	}
	return s, gone
}

// missing counts a missing day that can be had for so many more days.
func (s *Gauges) missing(left int, l Limits) {
	s.Missing++
	if left <= Month && l.LostAfterDays > Month {
		s.LostInMonth++
	}
	if left <= Week && l.LostAfterDays > Week {
		s.LostInWeek++
	}
}

// Standing is how it stood with a subscription when it was last planned.
type Standing struct {
	Subscription string `json:"subscription"`
	// PlannedAt is zero for one that was never planned, and NextPlan for one that is paused.
	PlannedAt time.Time `json:"planned_at,omitzero"`
	NextPlan  time.Time `json:"next_plan,omitzero"`
	Gauges    Gauges    `json:"stock,omitzero"`
}
