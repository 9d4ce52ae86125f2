package quality

import (
	"context"
	"fmt"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Weeks compares the dialogs of a week with those of the week before.
type Weeks struct {
	Week   report.Window `json:"week"`
	Before report.Window `json:"before"`
	// Properties are those with the largest change first, those without one last.
	Properties []Mover `json:"properties"`
}

// Mover is one property in both weeks. Change and Ratio are nil where a day of either week is not there: no arrow is better than a
// wrong one. Ratio is nil as well where there was nothing before.
type Mover struct {
	PropertyID    string        `json:"property_id"`
	PropertyName  string        `json:"property_name"`
	DialogsBefore query.Number  `json:"dialogs_before"`
	Dialogs       query.Number  `json:"dialogs"`
	Complete      bool          `json:"complete"`
	Change        *query.Number `json:"change"`
	Ratio         *query.Number `json:"ratio"`
}

// LastWeek returns the Monday of the last week that was over on a day.
func LastWeek(day report.Date) report.Date {
	// 5 January 1970 was a Monday.
	monday := report.NewDate(1970, 1, 5)
	return monday + (day+1-monday)/7*7 - 7
}

// CompareWeeks compares the week that begins on a Monday with the one before. The engine needs the operations tables.
func CompareWeeks(ctx context.Context, e query.Engine, monday report.Date) (Weeks, error) {
	w := Weeks{
		Week: report.Window{From: monday, To: monday + 6}, Before: report.Window{From: monday - 7, To: monday - 1}, Properties: []Mover{},
	}
	statement, err := catalog.Weeks(monday)
	if err != nil {
		return w, err
	}
	err = e.Run(ctx, statement, query.EachRow(func(values []any) error {
		w.Properties = append(w.Properties, mover(values))
		return nil
	}))
	if err != nil {
		return w, fmt.Errorf("compare the week of %s with the one before: %w", monday, err)
	}
	return w, nil
}

func mover(values []any) (m Mover) {
	m.PropertyID, _ = values[0].(string)
	m.PropertyName, _ = values[1].(string)
	m.DialogsBefore, _ = values[2].(query.Number)
	m.Dialogs, _ = values[3].(query.Number)
	m.Complete, _ = values[4].(bool)
	m.Change, m.Ratio = number(values[5]), number(values[6])
	return m
}

func number(v any) *query.Number {
	if n, ok := v.(query.Number); ok {
		return &n
	}
	return nil
}
