package architecture_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/config"
)

var spanUnits = []struct {
	name   string
	length time.Duration
}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}}

// first and last are the bounds in whole units.
func first(s config.Span, unit time.Duration) int64 { return int64((s.Least + unit - 1) / unit) }
func last(s config.Span, unit time.Duration) int64  { return int64(s.Most / unit) }

// TestAnExpressionSaysWhatIsAccepted holds every duration's expression, which CloudFormation gets, against what the functions accept.
func TestAnExpressionSaysWhatIsAccepted(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for _, variable := range config.Variables() {
		name, s := variable.Name, variable.Span
		if s == (config.Span{}) {
			continue
		}
		expression := regexp.MustCompile(pattern(s))
		texts := []string{"", "1", "0s", "-1s", "+1s", "01s", "1.5h", "1h30m", "1S", "1 s", "1mss", "99999999999999999999s", "s"}
		for _, unit := range spanUnits {
			for _, edge := range []int64{first(s, unit.length), last(s, unit.length)} {
				for n := edge - 2; n <= edge+2; n++ {
					texts = append(texts, fmt.Sprint(n, unit.name))
				}
			}
			for range 2000 {
				texts = append(texts, fmt.Sprint(chance.Int64N(2*last(s, unit.length)+10), unit.name))
			}
		}
		for _, text := range texts {
			if got := s.Accepts(text); got != expression.MatchString(text) {
				t.Errorf("%s=%q: accepted %t, by the expression %t", name, text, got, !got)
			}
			if d, err := time.ParseDuration(text); s.Accepts(text) && (err != nil || d < s.Least || d > s.Most) {
				t.Errorf("%s=%q is accepted: %s, %v", name, text, d, err)
			}
		}
	}
}

// pattern is the expression that matches what [config.Span.Accepts] accepts.
func pattern(s config.Span) string {
	var forms []string
	for _, unit := range spanUnits {
		if from, to := first(s, unit.length), last(s, unit.length); from <= to {
			forms = append(forms, "("+strings.Join(numerals(from, to), "|")+")"+unit.name)
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
