package review

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// HeldDay is a day of which a report is held.
type HeldDay struct {
	Subscription string      `json:"subscription"`
	Table        string      `json:"table"`
	Date         report.Date `json:"date"`
	Rows         int64       `json:"rows"`
	HeldRows     int64       `json:"held_rows"`
	// Fell names what fell too far: rows, or measures.
	Fell   []string  `json:"fell"`
	Why    string    `json:"why"`
	HeldAt time.Time `json:"held_at"`
	// AskedAt is when the held report was asked for.
	AskedAt time.Time `json:"asked_at"`
	Job     string    `json:"job"`
	File    string    `json:"file"`
}

// Key names the day in the list of what waits.
func (d HeldDay) Key() string {
	return strings.Join([]string{d.Subscription, d.Table, d.Date.String()}, "/")
}

// Entry describes the day as one of the things that wait.
func (d HeldDay) Entry() Entry {
	return Entry{Kind: Held, Key: d.Key(), Since: d.HeldAt, Reason: d.Why, Verbs: []Verb{Accept, Drop}}
}

// ParseHeldKey undoes [HeldDay.Key]; ok is false for the key of something else.
func ParseHeldKey(key string) (subscription, table string, d report.Date, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 3 {
		return "", "", 0, false
	}
	d, err := report.ParseDate(parts[2])
	return parts[0], parts[1], d, err == nil
}

// HeldDayOf describes a partition of which a report is held.
func HeldDayOf(p report.Partition) HeldDay {
	fell := p.Held.Fell
	if fell == nil {
		fell = []string{report.FellRows} // the only reason of older releases
	}
	return HeldDay{
		Subscription: p.Subscription, Table: p.Table, Date: p.Date, Rows: p.Rows, HeldRows: p.Held.Rows, Fell: fell, Why: p.Held.Why,
		HeldAt: p.Held.At, AskedAt: p.Held.Generation, Job: p.Held.Job, File: p.Held.File,
	}
}

// HeldDays returns the days of all subscriptions of which a report is held, in order.
func HeldDays(ctx context.Context, l Ledger) ([]HeldDay, error) {
	subs, err := l.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	held := []HeldDay{}
	for _, sub := range subs {
		snapshot, err := l.Snapshot(ctx, sub.Name)
		if err != nil {
			return nil, err
		}
		for _, p := range snapshot.Partitions {
			if p.Held != nil {
				held = append(held, HeldDayOf(p))
			}
		}
	}
	slices.SortFunc(held, func(x, y HeldDay) int {
		return cmp.Or(strings.Compare(x.Subscription, y.Subscription), strings.Compare(x.Table, y.Table), cmp.Compare(x.Date, y.Date))
	})
	return held, nil
}

// FindHeld returns a day of which a report is held, or a NotFound.
func FindHeld(ctx context.Context, l Ledger, subscription, table string, d report.Date) (report.Partition, error) {
	found, err := l.Partitions(ctx, subscription, table, report.Window{From: d, To: d})
	if err != nil {
		return report.Partition{}, err
	}
	if len(found) != 1 || found[0].Held == nil {
		return report.Partition{}, fault.New(fault.NotFound, "no report of %s is held for %s of %s", d, table, subscription)
	}
	return found[0], nil
}

// Comparison is a day of which a report is held, with the numbers of both.
type Comparison struct {
	HeldDay
	// Measures is empty where the held report's record is of a release that did not count them.
	Measures []Measure `json:"measures"`
}

// Measure is a measure of the published day and of the held report.
type Measure struct {
	Measure string `json:"measure"`
	// Fell is true when the report is held because of this measure.
	Fell bool `json:"fell"`
	// Values and HeldValues are null where they were not counted; the sums are over all rows then.
	Values     *int64 `json:"values"`
	HeldValues *int64 `json:"held_values"`
	Sum        string `json:"sum"`
	HeldSum    string `json:"held_sum"`
}

// Compare compares a published day with the report that is held for it.
func Compare(p report.Partition) Comparison {
	c := Comparison{HeldDay: HeldDayOf(p), Measures: []Measure{}}
	for _, change := range p.Changes(p.Held.Rows, p.Held.Figures, p.Held.Sums) {
		m := Measure{
			Measure: change.Measure, Fell: slices.Contains(p.Held.Fell, change.Measure), Sum: change.Before.Sum, HeldSum: change.After.Sum,
		}
		if change.Before.Values != report.Uncounted {
			m.Values, m.HeldValues = &change.Before.Values, &change.After.Values
		}
		c.Measures = append(c.Measures, m)
	}
	return c
}
