package monthly

import (
	"fmt"
	"slices"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// covered says which days were loaded, of the subscriptions that a report rests on.
type covered struct {
	subscriptions []view.Covered
}

// wants reports whether each of the tables is asked for by some subscription.
func (c covered) wants(tables []string) bool {
	return !slices.ContainsFunc(tables, func(table string) bool {
		return !slices.ContainsFunc(c.subscriptions, func(s view.Covered) bool {
			return slices.ContainsFunc(s.Days, func(d report.DayCoverage) bool { return d.Table == table })
		})
	})
}

// state is what is known of one day of some tables, over all subscriptions.
type state struct {
	// asked says that a subscription wants the day, there that part of it is loaded, and lacking that part of it is missing.
	asked, there, lacking bool
	why                   string
}

func (c covered) day(tables []string, date report.Date) state {
	var s state
	for _, sub := range c.subscriptions {
		for _, d := range sub.Days {
			if d.Date != date || !slices.Contains(tables, d.Table) {
				continue
			}
			s.asked = true
			if d.Status.Covered() {
				s.there = true
			} else {
				s.lacking, s.why = true, string(d.Status)
			}
		}
	}
	if !s.asked {
		s.why = "no subscription wants it"
	}
	return s
}

// data counts the complete days of a window.
func (c covered) data(tables []string, days report.Window) Data {
	d := Data{Of: days.Len()}
	for date := range days.Days() {
		if s := c.day(tables, date); s.there && !s.lacking {
			d.There++
			d.Until = date
		}
	}
	return d
}

// everyDay returns a row for each day of a block by day: the rows that it has, zeros for a loaded day without rows, and
// [Missing] for a missing day.
func (c covered) everyDay(tables []string, days report.Window, b Block) [][]any {
	byDay := map[any][]any{}
	for _, row := range b.Rows {
		byDay[row[0]] = row
	}
	var all [][]any
	for date := range days.Days() {
		row, found := byDay[date.String()]
		if s := c.day(tables, date); !found || !s.there {
			row = []any{date.String()}
			for _, column := range b.Columns[1:] {
				switch {
				case !s.there:
					row = append(row, Missing{s.why})
				case column.Role == Level:
					row = append(row, nil) // the vendor lists no device
				default:
					row = append(row, query.Number("0"))
				}
			}
		}
		all = append(all, row)
	}
	return all
}

// block says which days are missing, and why.
func (c covered) block(days report.Window) Block {
	b := Block{
		Name: completeness, Title: "Missing days",
		Columns: []Column{
			text("table", "Table"), {Name: "first_day", Title: "First day", Role: Day}, {Name: "last_day", Title: "Last day", Role: Day}, level("days", "Days"),
			text("status", "Status"), {Name: "lost_after", Title: "Can be fetched until", Role: Day}, {Name: "subscription", Title: "Subscription", Role: ID}, {Name: "why", Title: "Why", Role: Reason},
		},
		Rows: [][]any{}, Command: fmt.Sprintf("bellhop coverage --from %s --to %s", days.From, days.To),
		of: &subject{say: sayGaps, empty: "No wanted day is missing."},
	}
	for _, s := range c.subscriptions {
		for _, g := range s.Gaps {
			w := g.Window.Intersect(days)
			if w.Len() == 0 {
				continue
			}
			b.Rows = append(b.Rows, []any{
				g.Table, w.From.String(), w.To.String(), count(w.Len()), string(g.Status), (g.LostAfter + w.From - g.Window.From).String(), s.Name, g.Why,
			})
		}
	}
	return b
}

func count(n int) query.Number { return query.Number(fmt.Sprint(n)) }

func sayGaps(b Block) string {
	missing, _ := b.total("days", anyRow)
	return fmt.Sprintf("%s days of tables are missing. Above, their numbers are shown as missing, not as zero.", missing)
}
