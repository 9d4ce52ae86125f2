package script

import (
	"fmt"
	"time"
)

// Day counts civil days from 1970-01-01, without a time zone.
type Day int

// ParseDay reads a day of the form YYYY-MM-DD.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date of the form YYYY-MM-DD", s)
	}
	return DayOf(t), nil
}

// DayOf is the civil day of t in t's own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Time is the day's first instant in UTC.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }
