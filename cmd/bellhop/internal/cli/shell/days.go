package shell

import (
	"fmt"
	"strconv"
	"strings"
)

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
