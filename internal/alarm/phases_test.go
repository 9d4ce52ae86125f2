package alarm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/internal/alarm"
	"github.com/bellhop-asp/bellhop/internal/alarm/alarmtest"
)

// emission are the values of an alarm's metric from one moment on, at these intervals, in turn.
type emission struct {
	every []time.Duration
	value float64
}

func (e emission) between(from, to time.Time) (points []alarmtest.Point) {
	for i := 0; len(e.every) > 0 && from.Before(to); i++ {
		points = append(points, alarmtest.Point{At: from, Value: e.value})
		from = from.Add(e.every[i%len(e.every)])
	}
	return points
}

// ailment is a fault that lasts: how the metric is when all is well, and while it lasts.
type ailment struct {
	well, ill emission
	lasts     time.Duration
	// Once says that the fault is seen once and not again; the alarm rings for it all the same.
	once bool
}

const (
	minutes = time.Minute
	hours   = time.Hour
)

// schedule has the runs of a schedule, which EventBridge Scheduler starts within a minute.
func schedule(every time.Duration, value float64) emission {
	return emission{[]time.Duration{every + 50*time.Second, every - 55*time.Second, every, every + 5*time.Second}, value}
}

// tries has the runs of a schedule that fail, each with Lambda's second try after a minute.
func tries(every time.Duration) emission {
	return emission{[]time.Duration{minutes, every - minutes}, 1}
}

// ailments are those of each alarm, by its name, with the requester's runs and the sweeps at these intervals.
func ailments(runs, sweeps time.Duration) map[string]ailment {
	const day = 24 * hours
	daily := emission{[]time.Duration{day}, 1}
	// A message that failed is hidden for half an hour, and comes five times.
	messages := emission{[]time.Duration{30*minutes + 10*time.Second}, 1}
	stuck := emission{[]time.Duration{30*minutes + 300*time.Second}, 1} // a load that takes all of its time, and fails
	return map[string]ailment{
		"No request was accepted for 26 hours":   {well: daily, lasts: 60 * hours},
		"Requests are refused or in doubt":       {ill: daily, lasts: day},
		"Access tokens cannot be had":            {ill: schedule(max(runs, 10*minutes), 1), lasts: 2 * hours},
		"Files are overdue":                      {ill: schedule(runs, 3), lasts: 3 * hours},
		"Days are about to be lost":              {ill: schedule(runs, 3), lasts: 6 * hours},
		"Days are lost within a week":            {ill: schedule(runs, 3), lasts: 6 * hours},
		"Days are lost within a month":           {ill: schedule(runs, 3), lasts: 6 * hours},
		"Days stay missing":                      {ill: schedule(runs, 3), lasts: 30 * hours},
		"Files came that nobody expects":         {ill: daily, lasts: hours, once: true},
		"A file cannot be loaded":                {ill: daily, lasts: hours, once: true},
		"Loads keep failing":                     {ill: stuck, lasts: 150 * minutes},
		"Raw files stay too long":                {well: schedule(sweeps, 0), ill: schedule(sweeps, 5000), lasts: 2 * hours},
		"A raw file stayed longer than intended": {well: daily, ill: emission{[]time.Duration{hours}, 1000}, lasts: 2 * hours},
		"Deletions keep failing":                 {ill: schedule(sweeps, 1), lasts: 3 * hours},
		"A published day vanished":               {ill: daily, lasts: hours, once: true},
		"A deletion cannot be verified":          {ill: schedule(sweeps, 1), lasts: hours},
		"Deliveries are dead letters":            {ill: emission{[]time.Duration{minutes}, 1}, lasts: hours},
		"Runs failed for good":                   {ill: schedule(runs, 1), lasts: 3 * hours},
		"Requester fails":                        {ill: tries(runs), lasts: 2 * hours},
		"Ingester fails":                         {ill: messages, lasts: 150 * minutes},
		"Janitor fails":                          {ill: tries(sweeps), lasts: 2 * hours},
		"Requester is throttled":                 {ill: schedule(runs, 1), lasts: 4 * hours},
		"Ingester is throttled":                  {ill: messages, lasts: 5 * hours},
		"Janitor is throttled":                   {ill: schedule(sweeps, 1), lasts: 4 * hours},
		"Ingester is slow":                       {well: emission{[]time.Duration{hours}, 2000}, ill: daily.of(250_000), lasts: 2 * hours, once: true},
		"Janitor lags behind the changes":        {ill: emission{[]time.Duration{minutes}, 90_000}, lasts: hours},
		"The ledger is throttled":                {ill: schedule(sweeps, 4), lasts: 3 * hours},
	}
}

func (e emission) of(value float64) emission { return emission{e.every, value} }

// Every alarm rings when its fault lasts and is quiet before and after, wherever the schedules' runs lie in its periods, for
// each interval that the template allows; five files a day are enough for it.
func TestAlarmsRingAtEveryPhaseOfTheSchedules(t *testing.T) {
	for _, every := range []time.Duration{5 * minutes, 10 * minutes, 15 * minutes} {
		known := ailments(every, every)
		for _, a := range alarm.All() {
			what, ok := known[a.Name]
			delete(known, a.Name)
			t.Run(fmt.Sprintf("%s, every %s", strings.ReplaceAll(a.Name, " ", "-"), every), func(t *testing.T) {
				if !ok {
					t.Fatal("no fault is known that it rings for")
				}
				for phase := time.Duration(0); phase < time.Duration(a.Period)*time.Second; phase += minutes {
					for _, beyond := range []int{0, 2} {
						what.pass(t, a, phase, beyond)
					}
				}
			})
		}
		for name := range known {
			t.Errorf("no alarm is called %q", name)
		}
	}
}

// pass lets the fault come and go, and looks at the alarm at the end of each of its periods.
func (f ailment) pass(t *testing.T, a alarm.Alarm, phase time.Duration, beyond int) {
	t.Helper()
	start := time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC).Add(phase)
	period := time.Duration(a.Period) * time.Second
	looks := period * time.Duration(a.Periods+beyond+1)
	begin := start.Add(max(2*looks, 48*hours))
	end := begin.Add(f.lasts)
	ill := f.ill.between(begin, end)
	if f.once {
		ill = ill[:1]
	}
	points := slices.Concat(f.well.between(start, begin), ill, f.well.between(end, end.Add(2*looks)))
	rang := false
	for now := begin.Add(-looks).Truncate(period); now.Before(end.Add(looks)); now = now.Add(period) {
		rings := alarmtest.Rings(t, a, near(points, now, looks), now, beyond)
		if rings && !now.After(begin) {
			t.Fatalf("at phase %s it rings while all is well", phase)
		}
		rang = rang || rings
	}
	if !rang {
		t.Fatalf("at phase %s, looking %d periods further back, it does not ring for a fault that lasts %s", phase, beyond, f.lasts)
	}
	if now := end.Add(looks); alarmtest.Rings(t, a, near(points, now, looks), now, beyond) {
		t.Fatalf("at phase %s it rings %s after the fault has ended", phase, looks)
	}
}

// near are the points that an evaluation can see.
func near(points []alarmtest.Point, now time.Time, looks time.Duration) []alarmtest.Point {
	from, _ := slices.BinarySearchFunc(points, now.Add(-looks), func(p alarmtest.Point, at time.Time) int { return p.At.Compare(at) })
	to, _ := slices.BinarySearchFunc(points, now, func(p alarmtest.Point, at time.Time) int { return p.At.Compare(at) })
	return points[from:max(from, to)]
}

// One failure in passing wakes nobody where the alarm says that it is tried again.
func TestAFailureInPassingIsQuiet(t *testing.T) {
	start := time.Date(2026, 11, 17, 9, 0, 0, 0, time.UTC)
	for _, name := range []string{
		"Access tokens cannot be had", "Loads keep failing", "Deletions keep failing",
		"Requester fails", "Ingester fails", "Janitor fails", "Requester is throttled", "Ingester is throttled", "Janitor is throttled", "The ledger is throttled",
	} {
		a := byName(t, name)
		for now := start; now.Before(start.Add(4 * hours)); now = now.Add(minutes) {
			if alarmtest.Rings(t, a, []alarmtest.Point{{At: start, Value: 1}}, now, 2) {
				t.Errorf("%s rings for one failure", name)
				break
			}
		}
	}
}

func byName(t *testing.T, name string) alarm.Alarm {
	t.Helper()
	at := slices.IndexFunc(alarm.All(), func(a alarm.Alarm) bool { return a.Name == name })
	if at < 0 {
		t.Fatalf("there is no alarm %q", name)
	}
	return alarm.All()[at]
}
