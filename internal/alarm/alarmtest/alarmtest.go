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
	periods := a.Periods + beyond // the newest first
	values, there := make([]float64, periods), make([]bool, periods)
	for _, p := range points {
		i := int(end.Sub(p.At.Truncate(period))/period) - 1
		switch {
		case i < 0 || i >= periods:
			continue
		case a.Statistic != "Sum" && a.Statistic != "Maximum":
			t.Fatalf("nobody computes %s", a.Statistic)
		case !there[i]:
			values[i] = p.Value
		case a.Statistic == "Sum":
			values[i] += p.Value
		default:
			values[i] = max(values[i], p.Value)
		}
		there[i] = true
	}
	found, breaching := 0, 0
	for i := 0; i < periods && found < a.Periods; i++ {
		if there[i] {
			found++
			if breaches(t, a, values[i]) {
				breaching++
			}
		}
	}
	if a.SilenceRings {
		breaching += a.Periods - found
	}
	return breaching >= a.Enough
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
