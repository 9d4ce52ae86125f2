package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is the bounds of a duration. Its form is a whole number and one unit, so that one expression can say exactly what is
// accepted: CloudFormation refuses a parameter by expression alone, and what it lets through must start a function.
type span struct{ least, most time.Duration }

// spans are the bounds of every duration of the environment.
var spans = map[string]span{
	"BELLHOP_REQUEST_INTERVAL": {time.Millisecond, 5 * time.Minute},
	"BELLHOP_REQUEST_PATIENCE": {time.Hour, 720 * time.Hour},
	// The delivery bucket's lifecycle deletes after a day, and must not come first.
	"BELLHOP_STRAY_GRACE":     {time.Minute, 24 * time.Hour},
	"BELLHOP_QUARANTINE_HOLD": {time.Minute, 24 * time.Hour},
}

var spanUnits = []struct {
	name   string
	length time.Duration
}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}}

// accepts reports whether text is a whole number and a unit within the bounds.
func (s span) accepts(text string) bool {
	digits := strings.TrimRight(text, "hms")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != digits {
		return false
	}
	for _, unit := range spanUnits {
		if text == digits+unit.name {
			return between(n, s.first(unit.length), s.last(unit.length))
		}
	}
	return false
}

// first and last are the bounds in whole units.
func (s span) first(unit time.Duration) int64 { return int64((s.least + unit - 1) / unit) }
func (s span) last(unit time.Duration) int64  { return int64(s.most / unit) }

// pattern is the expression that matches what [span.accepts] accepts.
func (s span) pattern() string {
	var forms []string
	for _, unit := range spanUnits {
		if first, last := s.first(unit.length), s.last(unit.length); first <= last {
			forms = append(forms, "("+strings.Join(numerals(first, last), "|")+")"+unit.name)
		}
	}
	return "^(" + strings.Join(forms, "|") + ")$"
}

// numerals are expressions for the numbers from least to most, which are not negative: for each length those of that length.
func numerals(least, most int64) []string {
	var all []string
	for from := least; from <= most; {
		end := int64(10)
		for end <= from {
			end *= 10
		}
		to := min(end-1, most)
		all = append(all, sameLength(strconv.FormatInt(from, 10), strconv.FormatInt(to, 10))...)
		from = to + 1
	}
	return all
}

func sameLength(from, to string) []string {
	if from == "" {
		return []string{""}
	}
	rest := len(from) - 1
	zeros, nines := strings.Repeat("0", rest), strings.Repeat("9", rest)
	low, high := from[0], to[0]
	if low == high && (from[1:] != zeros || to[1:] != nines) {
		return prefixed(low, sameLength(from[1:], to[1:]))
	}
	var before, after []string
	if from[1:] != zeros {
		before = prefixed(low, sameLength(from[1:], nines))
		low++
	}
	if to[1:] != nines {
		after = prefixed(high, sameLength(zeros, to[1:]))
		high--
	}
	if low <= high {
		digits := fmt.Sprintf("[%c-%c]", low, high)
		if low == high {
			digits = string(rune(low))
		}
		switch {
		case rest == 1:
			digits += "[0-9]"
		case rest > 1:
			digits += fmt.Sprintf("[0-9]{%d}", rest)
		}
		before = append(before, digits)
	}
	return append(before, after...)
}

func prefixed(digit byte, forms []string) []string {
	all := make([]string, len(forms))
	for i, form := range forms {
		all[i] = string(rune(digit)) + form
	}
	return all
}
