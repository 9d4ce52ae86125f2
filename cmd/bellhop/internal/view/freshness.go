package view

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Freshness says how old the newest data are, and for how long what is missing can still be had.
type Freshness struct {
	AsOf time.Time `json:"as_of"`
	// Fresh tells that no table of a subscription that is in use is stale.
	Fresh  bool         `json:"fresh"`
	Tables []TableAge   `json:"tables"`
	Losing []LosingDays `json:"missing"`
}

// TableAge is how old the newest day of one table of one subscription is.
type TableAge struct {
	Subscription string `json:"subscription"`
	Table        string `json:"table"`
	Paused       bool   `json:"paused"`
	// LastDay is the newest day that is there, and AgeDays how many days ago that was. There is none before the first is loaded.
	LastDay report.Date `json:"last_day,omitzero"`
	AgeDays int         `json:"age_days"`
	// SLODays is how old it may be.
	SLODays int    `json:"slo_days"`
	Status  string `json:"status"`
}

// What a table is by its age.
const (
	Fresh = "ok"
	Stale = "stale"
	// Over is a table that has the last day there will ever be: its vendor ended the service.
	Over = "over"
)

// LosingDays are missing days, with how much time is left.
type LosingDays struct {
	Gap
	// Urgency is 30, 7 or 2: the shortest of these numbers of days in which the first of the days is lost. 0 is longer.
	Urgency int `json:"urgency_days"`
}

// urgencies are the numbers of days by which a loss is announced.
var urgencies = []int{2, report.Week, report.Month}

// FreshnessFilter chooses tables. Zero values choose all.
type FreshnessFilter struct {
	Subscription string
	Tables       []string
	// SLODays is how old the newest day may be; 0 is a day more than a subscription's own lag.
	SLODays int
}

// Freshness compares the newest day of each chosen table with what is promised of it, and counts down what is missing.
func (v *View) Freshness(ctx context.Context, f FreshnessFilter) (Freshness, error) {
	all := Freshness{AsOf: v.Now().UTC(), Fresh: true, Tables: []TableAge{}, Losing: []LosingDays{}}
	subs, err := v.Subscriptions(ctx, f.Subscription)
	if err != nil {
		return all, err
	}
	for _, sub := range subs {
		source, err := v.Source(sub)
		if err != nil {
			return all, err
		}
		limits := source.Limits(sub.Params)
		c, err := v.coverage(ctx, sub, report.Window{}, f.Tables...)
		if err != nil {
			return all, err
		}
		for _, table := range limits.Tables {
			if len(f.Tables) > 0 && !slices.Contains(f.Tables, table) {
				continue
			}
			age := tableAge(sub, table, c.Days, v.today())
			if f.SLODays > 0 {
				age.SLODays = f.SLODays
			}
			age.judge(limits, c.Wanted)
			all.Fresh = all.Fresh && (age.Status != Stale || sub.Paused)
			all.Tables = append(all.Tables, age)
		}
		for _, g := range c.Gaps {
			if g.Status == report.CoverageMissing {
				all.Losing = append(all.Losing, losing(g))
			}
		}
	}
	slices.SortStableFunc(all.Losing, func(x, y LosingDays) int { return cmp.Compare(x.DaysLeft, y.DaysLeft) })
	return all, nil
}

func tableAge(sub report.Subscription, table string, days []report.DayCoverage, today report.Date) TableAge {
	age := TableAge{Subscription: sub.Name, Table: table, Paused: sub.Paused, SLODays: sub.LagDays + 1}
	for _, d := range days {
		if d.Table == table && d.Status.Covered() {
			age.LastDay = max(age.LastDay, d.Date)
		}
	}
	if age.LastDay != 0 {
		age.AgeDays = int(today - age.LastDay)
	}
	return age
}

// judge says whether the table is stale. One of which no day is wanted yet is not.
func (a *TableAge) judge(l report.Limits, wanted report.Window) {
	switch {
	case l.LastDay != 0 && a.LastDay >= l.LastDay:
		a.Status = Over
	case wanted.Len() > 0 && (a.LastDay == 0 || a.AgeDays > a.SLODays):
		a.Status = Stale
	default:
		a.Status = Fresh
	}
}

func losing(g Gap) LosingDays {
	l := LosingDays{Gap: g}
	if i := slices.IndexFunc(urgencies, func(days int) bool { return g.DaysLeft <= days }); i >= 0 {
		l.Urgency = urgencies[i]
	}
	return l
}
