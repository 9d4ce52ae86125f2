package view

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Changes says which published numbers have changed.
type Changes struct {
	AsOf  time.Time `json:"as_of"`
	Since time.Time `json:"since"`
	// Restated are the days that were replaced by other content, newest first: when it came, not of which day it is. Of their
	// measures there are those that changed.
	Restated []report.Restatement `json:"restated"`
}

// ChangesFilter chooses restated days. A subscription or table without a name chooses all.
type ChangesFilter struct {
	Subscription, Table string
	Since               time.Time
}

// Changes returns what was restated since a time.
func (v *View) Changes(ctx context.Context, f ChangesFilter) (Changes, error) {
	changes := Changes{AsOf: v.Now().UTC(), Since: f.Since.UTC(), Restated: []report.Restatement{}}
	subs, err := v.Subscriptions(ctx, f.Subscription)
	if err != nil {
		return changes, err
	}
	for _, sub := range subs {
		restated, err := v.Ledger.Restatements(ctx, sub.Name, f.Since)
		if err != nil {
			return changes, err
		}
		for _, r := range restated {
			if f.Table != "" && f.Table != r.Table {
				continue
			}
			r.Measures = slices.DeleteFunc(some(r.Measures), func(c report.Change) bool { return c.Before == c.After })
			changes.Restated = append(changes.Restated, r)
		}
	}
	slices.SortStableFunc(changes.Restated, func(x, y report.Restatement) int {
		return cmp.Or(y.At.Compare(x.At), cmp.Compare(y.Date, x.Date))
	})
	return changes, nil
}

// Day is the coverage of one day of one table of one subscription, with what is published of it.
type Day struct {
	Subscription string
	report.DayCoverage
	// Generation and LoadedAt are of what is published; zero where nothing is there.
	Generation, LoadedAt time.Time
}

// Days returns every day that is wanted or there, of all subscriptions that are in use.
func (v *View) Days(ctx context.Context) ([]Day, error) {
	subs, err := v.Ledger.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	var days []Day
	for _, sub := range subs {
		source, err := v.Source(sub)
		if err != nil {
			return nil, err
		}
		snapshot, err := v.snapshot(ctx, sub.Name)
		if err != nil {
			return nil, err
		}
		published := make(map[string]report.Partition, len(snapshot.Partitions))
		for _, s := range snapshot.Partitions {
			published[report.PartitionKey(s.Subscription, s.Table, s.Date)] = s
		}
		for _, d := range report.Coverage(snapshot, source.Limits(sub.Params), v.today()) {
			day := Day{Subscription: sub.Name, DayCoverage: d}
			if d.Status.Covered() {
				s := published[report.PartitionKey(sub.Name, d.Table, d.Date)]
				day.Generation, day.LoadedAt = s.Generation, s.LoadedAt
			}
			days = append(days, day)
		}
	}
	return days, nil
}
