package page

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// gap stands between groups of three digits: a narrow space at which no line breaks.
const gap = "\u202f"

// grouped writes the digits of a number in groups of three, with all decimals that it has.
func grouped(n query.Number) string {
	return strings.Replace(phrase.Grouped(string(n), gap), "-", "−", 1)
}

// amount is what a value is drawn as; ok is false for what is no number. Drawing needs no more digits than a float has.
func amount(v any) (f float64, ok bool) {
	n, is := v.(query.Number)
	if !is {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(n), 64)
	return f, err == nil
}

// day writes a date for people: 5 October 2026.
func day(d report.Date) string { return d.Time().Format("2 January 2006") }

func (d Data) String() string {
	days := fmt.Sprintf("%d of %d days", d.There, d.Of)
	if d.Of == 1 {
		days = fmt.Sprintf("%d of 1 day", d.There)
	}
	if d.Until == 0 {
		return "No data · " + days
	}
	return "Data until " + day(d.Until) + " · " + days
}
