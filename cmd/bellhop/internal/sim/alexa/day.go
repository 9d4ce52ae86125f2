package alexa

import (
	"fmt"
	"time"
)

// day counts civil days from 1970-01-01, without a time zone.
type day int

const isoDay = "2006-01-02"

func parseDay(s string) (day, error) {
	t, err := time.Parse(isoDay, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date of the form YYYY-MM-DD", s)
	}
	return dayOf(t), nil
}

// dayOf is the civil day of t in t's own location.
func dayOf(t time.Time) day {
	y, m, d := t.Date()
	return day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d day) time() time.Time             { return time.Unix(int64(d)*86400, 0).UTC() }
func (d day) String() string              { return d.time().Format(isoDay) }
func (d day) weekday() time.Weekday       { return d.time().Weekday() }
func (d day) within(from, to day) bool    { return from <= d && d <= to }
func (d day) format(layout string) string { return d.time().Format(layout) }
