package view

import (
	"context"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Present says how many of some days of a table are there. A day is there when each subscription that wants it, or has it, has it
// COMPLETE or ZERO; one that nobody wants is not.
type Present struct {
	Table string `json:"table"`
	Days  int    `json:"days"`
	There int    `json:"there"`
	// Until is the last day that is there; nil when none is.
	Until *report.Date `json:"until"`
}

// Present counts the days of a window for each of the tables.
func (v *View) Present(ctx context.Context, tables []string, days report.Window) ([]Present, error) {
	all := []Present{}
	c, err := v.Coverage(ctx, CoverageFilter{Tables: tables, Days: days})
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		there := map[report.Date]bool{}
		for _, sub := range c.Subscriptions {
			for _, d := range sub.Days {
				if known, said := there[d.Date]; d.Table == table {
					there[d.Date] = d.Status.Covered() && (known || !said)
				}
			}
		}
		p := Present{Table: table, Days: days.Len()}
		for d := range days.Days() {
			if there[d] {
				p.There, p.Until = p.There+1, &d
			}
		}
		all = append(all, p)
	}
	return all, nil
}
