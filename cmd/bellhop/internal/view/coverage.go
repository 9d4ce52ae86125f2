package view

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Coverage says which days of all chosen subscriptions are there.
type Coverage struct {
	AsOf          time.Time `json:"as_of"`
	Subscriptions []Covered `json:"subscriptions"`
	// Absent says what a check found: each reason why a chosen day is not there. It is nil without a check.
	Absent []string `json:"absent"`
}

// Covered is the coverage of one subscription.
type Covered struct {
	Name string `json:"subscription"`
	// Window are the days that are shown, of those that the subscription wants.
	Window report.Window                 `json:"window"`
	Wanted report.Window                 `json:"wanted"`
	Counts map[report.CoverageStatus]int `json:"counts"`
	Gaps   []Gap                         `json:"gaps"`
	Held   []report.DayCoverage          `json:"held"`
	Days   []report.DayCoverage          `json:"days"`
}

// Gap is a run of days of one table that are not covered, for the same reason.
type Gap struct {
	Subscription string                `json:"subscription"`
	Table        string                `json:"table"`
	Window       report.Window         `json:"window"`
	Days         int                   `json:"days"`
	Status       report.CoverageStatus `json:"status"`
	Why          string                `json:"why,omitempty"`
	// LostAfter is the last day on which the first of the days can still be fetched, and DaysLeft how far away it is.
	LostAfter report.Date `json:"lost_after"`
	DaysLeft  int         `json:"days_left"`
}

// CoverageFilter chooses days and tables.
type CoverageFilter struct {
	// Subscription is one subscription's name; all are chosen when it is empty.
	Subscription string
	// Tables are the chosen ones; without any, all are chosen.
	Tables []string
	// Days are the chosen days. Zero leaves an end open.
	Days report.Window
	// Check says what is not there of the chosen days.
	Check bool
}

// Coverage returns the coverage of the chosen days and tables.
func (v *View) Coverage(ctx context.Context, f CoverageFilter) (Coverage, error) {
	all := Coverage{AsOf: v.Now().UTC(), Subscriptions: []Covered{}}
	subs, err := v.Subscriptions(ctx, f.Subscription)
	if err != nil {
		return all, err
	}
	for _, sub := range subs {
		chosen, unwanted := f.within(sub.Wanted(v.today()))
		c, err := v.coverage(ctx, sub, chosen, f.Tables...)
		if err != nil {
			return all, err
		}
		all.Subscriptions = append(all.Subscriptions, c)
		if !sub.Paused || f.Subscription != "" {
			all.Absent = append(all.Absent, c.lacking(unwanted)...)
		}
	}
	if len(subs) == 0 {
		all.Absent = []string{"there are no subscriptions"}
	}
	if all.Absent = some(all.Absent); !f.Check {
		all.Absent = nil
	}
	return all, nil
}

// within returns the chosen days of those that a subscription wants, and how many chosen days it does not want.
func (f CoverageFilter) within(wanted report.Window) (chosen report.Window, unwanted int) {
	asked := wanted
	if f.Days.From != 0 {
		asked.From = f.Days.From
	}
	if f.Days.To != 0 {
		asked.To = f.Days.To
	}
	chosen = asked.Intersect(wanted)
	return chosen, asked.Len() - chosen.Len()
}

// coverage returns the coverage of one subscription, restricted to a window unless that is the zero window, and to tables
// if there are any.
func (v *View) coverage(ctx context.Context, sub report.Subscription, only report.Window, tables ...string) (Covered, error) {
	wanted := sub.Wanted(v.today())
	c := Covered{Name: sub.Name, Window: wanted, Wanted: wanted, Counts: map[report.CoverageStatus]int{}}
	source, err := v.Source(sub)
	if err != nil {
		return c, err
	}
	snapshot, err := v.snapshot(ctx, sub.Name)
	if err != nil {
		return c, err
	}
	if only != (report.Window{}) {
		c.Window = wanted.Intersect(only)
	}
	for _, d := range report.Coverage(snapshot, source.Limits(sub.Params), v.today()) {
		if !c.Window.Contains(d.Date) || len(tables) > 0 && !slices.Contains(tables, d.Table) {
			continue
		}
		c.Days = append(c.Days, d)
		c.Counts[d.Status]++
		if d.Held {
			c.Held = append(c.Held, d)
		}
	}
	c.Days, c.Held, c.Gaps = some(c.Days), some(c.Held), gaps(sub.Name, c.Days, v.today())
	return c, nil
}

// gaps puts neighbouring days with the same fate together.
func gaps(subscription string, days []report.DayCoverage, today report.Date) []Gap {
	all := []Gap{}
	for _, d := range days {
		if d.Status.Covered() {
			continue
		}
		if n := len(all); n > 0 {
			last := &all[n-1]
			if last.Table == d.Table && last.Window.To+1 == d.Date && last.Status == d.Status && last.Why == d.Why {
				last.Window.To = d.Date
				last.Days++
				continue
			}
		}
		all = append(all, Gap{
			Subscription: subscription, Table: d.Table, Window: report.Window{From: d.Date, To: d.Date}, Days: 1,
			Status: d.Status, Why: d.Why, LostAfter: d.LostAfter, DaysLeft: int(d.LostAfter - today),
		})
	}
	return all
}

// lacking says which of the chosen days are not there, a line for each kind.
func (c Covered) lacking(unwanted int) []string {
	var all []string
	for _, status := range report.CoverageStatuses() {
		if n := c.Counts[status]; n > 0 && !status.Covered() {
			all = append(all, fmt.Sprintf("%s: %s %s", c.Name, phrase.Count(n, "day"), status))
		}
	}
	if unwanted > 0 {
		all = append(all, fmt.Sprintf("%s: %s chosen that it does not want: it wants %s", c.Name, phrase.Count(unwanted, "day"), c.Wanted))
	}
	if len(c.Days) == 0 && unwanted == 0 {
		all = append(all, c.Name+": it feeds none of the chosen tables, or wants no day yet")
	}
	return all
}
