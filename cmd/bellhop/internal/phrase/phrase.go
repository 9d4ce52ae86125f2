// Package phrase writes numbers, instants and spans of time as people read them.
package phrase

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Minute and Second return an instant; nothing for the zero time.
func Minute(t time.Time) string { return instant(t, "2006-01-02 15:04Z") }

// Second is Minute with the seconds.
func Second(t time.Time) string { return instant(t, "2006-01-02 15:04:05Z") }

func instant(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}

// Date returns a day; nothing for the zero date.
func Date(d report.Date) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// Days returns the days of a window, a single one as it is.
func Days(w report.Window) string {
	if w.Len() == 1 {
		return w.From.String()
	}
	return w.String()
}

// Span returns a duration in the two units that matter.
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Span(-d)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Truncate(time.Second).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
	}
}

// Number groups the digits of n by thousands.
func Number(n int64) string { return Grouped(strconv.FormatInt(n, 10), " ") }

// Grouped puts a gap between the thousands of an exact decimal number. Its sign and its decimals stay as they are.
func Grouped(number, gap string) string {
	whole, decimals, broken := strings.Cut(number, ".")
	digits := strings.TrimPrefix(whole, "-")
	sign := whole[:len(whole)-len(digits)]
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + gap + digits[i:]
	}
	if broken {
		digits += "." + decimals
	}
	return sign + digits
}

// Count returns a number of things.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Number(int64(n)) + " " + thing + "s"
}

// Tables returns the name of a single table, and the number of several.
func Tables(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return Count(len(names), "table")
}

// Bytes returns a size.
func Bytes(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
}
