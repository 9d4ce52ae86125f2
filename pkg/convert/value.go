package convert

import (
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/convert/columnar"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// firstDay is before any report, and after what a year of two digits becomes.
var firstDay = report.NewDate(2000, time.January, 1)

// complaint says what is wrong with a cell or a row. It never quotes what was delivered.
type complaint string

func (c complaint) Error() string { return string(c) }

// wholeRow marks a complaint that is about a row rather than one of its cells.
type wholeRow struct{ complaint }

const (
	notACount   = complaint("not a whole number of digits 0 to 9")
	countTooBig = complaint("number exceeds 64 bits")
	notMinutes  = complaint("not a decimal number of the form 12 or 12.34")
	minutesFine = complaint("more than 6 digits after the decimal point")
	minutesBig  = complaint("more than 12 digits before the decimal point")
	notADate    = complaint("not a date of the form M/D/YYYY or YYYY-MM-DD")
	dayFirst    = complaint("month beyond 12: day-first dates are ambiguous and cannot be accepted")
	noSuchDay   = complaint("no such day in the calendar")
	notUTF8     = complaint("not valid UTF-8")
	nameWithout = complaint("unit name without a unit id")
	emptyDate   = complaint("empty date")
	outOfWindow = complaint("date outside the window that was asked for")
	tooOld      = complaint("date before the year 2000: are digits of the year missing?")
	inFuture    = complaint("date after tomorrow")
	emptyCell   = complaint("empty, which no row's may be")
	notInstant  = complaint("not an instant of the form YYYY-MM-DDThh:mm:ssZ, with a zone and at most 6 digits of a fraction")
	noSuchYear  = complaint("instant outside the years 1 to 9999")
	otherDay    = complaint("instant on another date, in UTC, than dataset_date says")
)

var (
	noUnit  = wholeRow{"no unit id at any level"}
	foreign = wholeRow{"not of the unit that the report was asked for, nor below it"}
)

// parseCount reads digits only: no sign, exponent, grouping, fraction or space, which gocsv's own
// conversions would cut off or interpret.
func parseCount(s string) (int64, error) {
	if s == "" {
		return columnar.Null, nil
	}
	var n uint64
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, notACount
		}
		if n > math.MaxInt64/10 {
			return 0, onlyDigits(s[i:], notACount, countTooBig)
		}
		n = n*10 + uint64(c)
	}
	if n > math.MaxInt64 {
		return 0, countTooBig
	}
	return int64(n), nil
}

// onlyDigits returns otherwise when s has nothing but digits, else malformed.
func onlyDigits(s string, malformed, otherwise complaint) complaint {
	for i := 0; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return malformed
		}
	}
	return otherwise
}

// parseDecimal reads 12 or 12.34 as millionths, exactly or not at all.
func parseDecimal(s string) (int64, error) {
	if s == "" {
		return columnar.Null, nil
	}
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || (point && fraction == "") ||
		onlyDigits(whole, notMinutes, "") != "" || onlyDigits(fraction, notMinutes, "") != "" {
		return 0, notMinutes
	}
	if whole = strings.TrimLeft(whole, "0"); len(whole) > dataset.DecimalDigits-dataset.DecimalScale {
		return 0, minutesBig
	}
	if fraction = strings.TrimRight(fraction, "0"); len(fraction) > dataset.DecimalScale {
		return 0, minutesFine
	}
	var n int64
	for _, c := range []byte(whole) {
		n = n*10 + int64(c-'0')
	}
	for i := range dataset.DecimalScale {
		n *= 10
		if i < len(fraction) {
			n += int64(fraction[i] - '0')
		}
	}
	return n, nil
}

// parseDate reads M/D/YYYY with or without leading zeros, YYYY-MM-DD, and a timestamp that begins so. The
// zone of a timestamp is not applied: the vendor's date is taken as it stands.
func parseDate(s string) (report.Date, error) {
	if s == "" {
		return 0, emptyDate
	}
	if len(s) >= 10 && s[4] == '-' && s[7] == '-' {
		y, ok1 := digits(s[:4])
		m, ok2 := digits(s[5:7])
		d, ok3 := digits(s[8:10])
		if !ok1 || !ok2 || !ok3 || !timeOfDay(s[10:]) {
			return 0, notADate
		}
		return civil(y, m, d)
	}
	month, rest, ok := strings.Cut(s, "/")
	day, year, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || len(month) > 2 || len(day) > 2 || len(year) != 4 {
		return 0, notADate
	}
	m, ok1 := digits(month)
	d, ok2 := digits(day)
	y, ok3 := digits(year)
	if !ok1 || !ok2 || !ok3 {
		return 0, notADate
	}
	if m > 12 {
		return 0, dayFirst
	}
	return civil(y, m, d)
}

// rfc3339 is stricter than [time.Parse], which takes a comma before the fraction and hours of one digit, and drops what is finer
// than it can hold.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6}0*)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// parseInstant reads RFC 3339, of any zone, exactly to the microsecond or not at all. It returns the instant in UTC.
func parseInstant(s string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || !rfc3339.MatchString(s) {
		return at, notInstant
	}
	if at = at.UTC(); at.Year() < 1 || at.Year() > 9999 {
		return at, noSuchYear
	}
	return at, nil
}

func civil(y, m, d int) (report.Date, error) {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y == 0 || m == 0 || d == 0 || int(t.Month()) != m || t.Day() != d {
		return 0, noSuchDay
	}
	return report.DateOf(t), nil
}

func digits(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, s != ""
}

// timeOfDay reports whether s is empty or the rest of an ISO 8601 timestamp.
func timeOfDay(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != 'T' && s[0] != ' ' {
		return false
	}
	for _, layout := range []string{"15:04", "15:04:05", "15:04Z07:00", "15:04:05Z07:00", "15:04:05Z0700"} {
		if _, err := time.Parse(layout, s[1:]); err == nil {
			return true
		}
	}
	return false
}
