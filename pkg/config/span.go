package config

import (
	"strconv"
	"strings"
	"time"
)

// Span is the bounds of a duration. Its form is a whole number and one unit, so that one expression can say exactly what is
// accepted: CloudFormation refuses a parameter by expression alone, and what it lets through must start a function.
type Span struct{ Least, Most time.Duration }

// spans are the bounds of every duration of the environment.
var spans = map[string]Span{
	"BELLHOP_REQUEST_INTERVAL": {time.Millisecond, 5 * time.Minute},
	"BELLHOP_REQUEST_PATIENCE": {time.Hour, 720 * time.Hour},
	// The delivery bucket's lifecycle deletes after a day, and must not come first.
	"BELLHOP_STRAY_GRACE":     {time.Minute, 24 * time.Hour},
	"BELLHOP_QUARANTINE_HOLD": {time.Minute, 24 * time.Hour},
}

// Accepts reports whether text is a whole number and a unit within the bounds.
func (s Span) Accepts(text string) bool {
	digits := strings.TrimRight(text, "hms")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != digits {
		return false
	}
	unit, known := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour}[text[len(digits):]]
	return known && between(n, int64((s.Least+unit-1)/unit), int64(s.Most/unit))
}
