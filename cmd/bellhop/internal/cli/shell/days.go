package shell

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// ParseDays reads the days of --from and --to. An end that is empty stays open.
func ParseDays(from, to string) (w report.Window, err error) {
	for _, end := range []struct {
		flag, text string
		day        *report.Date
	}{{"--from", from, &w.From}, {"--to", to, &w.To}} {
		if end.text == "" {
			continue
		}
		if *end.day, err = report.ParseDate(end.text); err != nil {
			return w, Usage("write it like 2026-11-01", "%s: %w", end.flag, err)
		}
	}
	if from != "" && to != "" && w.From > w.To {
		return w, Usage("swap them", "--from %s is after --to %s", from, to)
	}
	return w, nil
}

// Days is a flag's number of days, at least one: 7d, or 7.
type Days int

// String is part of [pflag.Value].
func (d *Days) String() string {
	if *d == 0 {
		return ""
	}
	return fmt.Sprintf("%dd", *d)
}

// Set is part of [pflag.Value].
func (d *Days) Set(text string) error {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || n < 1 {
		return fmt.Errorf("%q is no number of days: write it like 7d", text)
	}
	*d = Days(n)
	return nil
}

// Type is part of [pflag.Value].
func (d *Days) Type() string { return "days" }
