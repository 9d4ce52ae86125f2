package report

import (
	"fmt"
	"time"
)

// Date is a civil date: a day on the calendar, with no time and no zone. Its value is the number of
// days since 1970-01-01, so dates compare and subtract as integers. The vendors do not say in which zone
// their days begin; bellhop never converts one.
type Date int32

const isoDate = "2006-01-02"

// NewDate returns the date of the given year, month and day, normalised like [time.Date].
func NewDate(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// DateOf returns the date on which t falls in UTC.
func DateOf(t time.Time) Date {
	y, m, d := t.UTC().Date()
	return NewDate(y, m, d)
}

// ParseDate reads the form 2026-11-01, and no other.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(isoDate, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date of the form YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// Time returns midnight UTC at the start of the date.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String returns the form 2026-11-01.
func (d Date) String() string { return d.Time().Format(isoDate) }

// MarshalText implements [encoding.TextMarshaler] with the form of [Date.String].
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler], accepting what [ParseDate] accepts.
func (d *Date) UnmarshalText(text []byte) error {
	v, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
