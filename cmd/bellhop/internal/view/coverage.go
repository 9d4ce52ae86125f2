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
	// Window are the days that are shown: those that the subscription wants, and before them what was imported.
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
		source, err := v.Source(sub)
		if err != nil {
			return all, err
		}
		asked := f.asked(source.Limits(sub.Params).Wanted(sub, v.today()))
		c, err := v.coverage(ctx, sub, asked, f.Tables...)
		if err != nil {
			return all, err
		}
		all.Subscriptions = append(all.Subscriptions, c)
		if !sub.Paused || f.Subscription != "" {
			all.Absent = append(all.Absent, c.lacking(c.unwanted(asked))...)
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

// asked returns the chosen days. An end that is open is that of the days that a subscription wants, and so is the first day when
// none is chosen: then days before it that were imported are chosen too.
func (f CoverageFilter) asked(wanted report.Window) report.Window {
	if f.Days == (report.Window{}) {
		return f.Days
	}
	if f.Days.From != 0 {
		wanted.From = f.Days.From
	}
	if f.Days.To != 0 {
		wanted.To = f.Days.To
	}
	return wanted
}

// unwanted counts the chosen days that the subscription does not want and that were not imported.
func (c Covered) unwanted(asked report.Window) int {
	if asked == (report.Window{}) {
		return 0
	}
	imported := map[report.Date]bool{}
	for _, d := range c.Days {
		if d.Date < c.Wanted.From {
			imported[d.Date] = true
		}
	}
	return asked.Len() - asked.Intersect(c.Wanted).Len() - len(imported)
}

// coverage returns the coverage of one subscription, restricted to a window unless that is the zero window, and to tables
// if there are any.
func (v *View) coverage(ctx context.Context, sub report.Subscription, only report.Window, tables ...string) (Covered, error) {
	c := Covered{Name: sub.Name, Counts: map[report.CoverageStatus]int{}}
	source, err := v.Source(sub)
	if err != nil {
		return c, err
	}
	wanted := source.Limits(sub.Params).Wanted(sub, v.today())
	c.Window, c.Wanted = wanted, wanted
	snapshot, err := v.snapshot(ctx, sub.Name)
	if err != nil {
		return c, err
	}
	days := report.Coverage(snapshot, source.Limits(sub.Params), v.today())
	for _, d := range days {
		c.Window.From = min(c.Window.From, d.Date)
	}
	if only != (report.Window{}) {
		c.Window = c.Window.Intersect(only)
	}
	for _, d := range days {
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
