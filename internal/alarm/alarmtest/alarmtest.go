// Package alarmtest evaluates alarms as CloudWatch does, for tests.
package alarmtest

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/internal/alarm"
)

// Point is one value of a series that an alarm watches.
type Point struct {
	At    time.Time
	Value float64
}

// Rings evaluates the alarm over the last whole periods before now. Where periods have no value CloudWatch looks at further
// ones, so many as it does not say, and takes the values that it finds there before it fills in what is missing ("Configuring
// how CloudWatch alarms treat missing data"): beyond is how many.
func Rings(t testing.TB, a alarm.Alarm, points []Point, now time.Time, beyond int) bool {
	t.Helper()
	period := time.Duration(a.Period) * time.Second
	end := now.Truncate(period)
	values := make([]*float64, a.Periods+beyond) // the newest first
	for _, p := range points {
		i := int(end.Sub(p.At.Truncate(period))/period) - 1
		if i < 0 || i >= len(values) {
			continue
		}
		values[i] = together(t, a.Statistic, values[i], p.Value)
	}
	found, breaching := 0, 0
	for _, v := range values {
		if v == nil || found == a.Periods {
			continue
		}
		found++
		if breaches(t, a, *v) {
			breaching++
		}
	}
	if a.SilenceRings {
		breaching += a.Periods - found
	}
	return breaching >= a.Enough
}

func together(t testing.TB, statistic string, before *float64, value float64) *float64 {
	t.Helper()
	switch {
	case statistic != "Sum" && statistic != "Maximum":
		t.Fatalf("nobody computes %s", statistic)
	case before == nil:
	case statistic == "Sum":
		value += *before
	default:
		value = max(value, *before)
	}
	return &value
}

func breaches(t testing.TB, a alarm.Alarm, value float64) bool {
	t.Helper()
	switch a.Comparison {
	case ">":
		return value > a.Threshold
	case ">=":
		return value >= a.Threshold
	case "<":
		return value < a.Threshold
	}
	t.Fatalf("nobody compares by %s", a.Comparison)
	return false
}
