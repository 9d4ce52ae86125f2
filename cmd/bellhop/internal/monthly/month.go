// Package monthly computes the report of one month: what people asked, which devices were used, what was silent, and which days the
// numbers rest on. It gives each number together with how many days it covers, compares two months only when both are
// complete, and adds up nothing that [dataset.Definition] says must not be added up: its numbers are those of the questions in
// package catalog.
//
// A [Report] has all that was found. [Report.For] makes of it what an audience may see. A [Frozen] report can be verified later.
package monthly

import (
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Month is a calendar month. Its text form is 2026-10.
type Month struct{ first report.Date }

// ParseMonth reads the text form.
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return Month{}, fmt.Errorf("%q is not a month of the form YYYY-MM", s)
	}
	return Month{report.DateOf(t)}, nil
}

// MonthOf returns the month of a date.
func MonthOf(d report.Date) Month {
	t := d.Time()
	return Month{report.NewDate(t.Year(), t.Month(), 1)}
}

// Days returns the month's days.
func (m Month) Days() report.Window {
	t := m.first.Time()
	return report.Window{From: m.first, To: report.NewDate(t.Year(), t.Month()+1, 0)}
}

// Before returns the month before.
func (m Month) Before() Month { return MonthOf(m.first - 1) }

// String returns the text form.
func (m Month) String() string { return m.first.Time().Format("2006-01") }

// Name returns the month as people write it: October 2026.
func (m Month) Name() string { return m.first.Time().Format("January 2006") }

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *Month) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMonth(string(text))
	return err
}
