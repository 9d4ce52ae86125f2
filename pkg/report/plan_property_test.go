package report_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

type day struct {
	table string
	date  report.Date
}

// drawSnapshot makes up a subscription with any mixture of covered, held and lost days.
func drawSnapshot(t *rapid.T) (report.Snapshot, report.Limits) {
	l := report.Limits{Tables: []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(t, "tables")], HorizonDays: 20, LostAfterDays: 22}
	if rapid.Bool().Draw(t, "bounded") {
		l.MaxWindowDays = rapid.IntRange(1, 9).Draw(t, "source window")
	}
	b := report.Snapshot{Subscription: report.Subscription{
		Name: "p", From: today - report.Date(rapid.IntRange(0, 30).Draw(t, "from")),
		LagDays: rapid.IntRange(0, 5).Draw(t, "lag"), RefreshDays: rapid.IntRange(0, 6).Draw(t, "refresh"),
		MaxWindowDays: rapid.IntRange(1, 12).Draw(t, "window"),
	}}
	for _, table := range l.Tables {
		for d := today - 31; d <= today; d++ {
			if rapid.Bool().Draw(t, "covered") {
				age := time.Duration(rapid.IntRange(0, 3).Draw(t, "age")) * 24 * time.Hour
				s := report.Partition{Table: table, Date: d, Generation: today.Time().Add(time.Hour - age)}
				if rapid.IntRange(0, 3).Draw(t, "held") == 0 {
					s.Held = &report.Held{Generation: s.Generation.Add(time.Duration(rapid.IntRange(-1, 2).Draw(t, "held after")) * 24 * time.Hour)}
				}
				b.Partitions = append(b.Partitions, s)
			}
		}
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "markers") {
		from := today - report.Date(rapid.IntRange(0, 30).Draw(t, "marker from"))
		b.Markers = append(b.Markers, report.Marker{
			Job:     string(rune('j' + i)),
			Window:  report.Window{From: from, To: from + report.Date(rapid.IntRange(0, 9).Draw(t, "marker days"))},
			Tables:  l.Tables[rapid.IntRange(0, len(l.Tables)-1).Draw(t, "marker tables"):],
			Status:  rapid.SampledFrom(report.JobStatuses()).Draw(t, "marker status"),
			Attempt: rapid.IntRange(1, 3).Draw(t, "marker ask"),
		})
	}
	return b, l
}

// needed restates the planner's purpose one day at a time, from the words of the design.
func needed(b report.Snapshot, l report.Limits, table string, d report.Date) bool {
	sub := b.Subscription
	if d < sub.From || d > today-report.Date(sub.LagDays) || d < today-report.Date(l.HorizonDays) {
		return false
	}
	for _, m := range b.Markers {
		if m.Covers(table, d) && (m.Status.Holds() || m.Attempt >= report.MaxAttempts) {
			return false
		}
	}
	for _, s := range b.Partitions {
		if s.Table == table && s.Date == d {
			youngest := today - report.Date(sub.LagDays)
			seen := report.DateOf(s.Generation)
			if s.Held != nil {
				seen = max(seen, report.DateOf(s.Held.Generation))
			}
			return d > youngest-report.Date(sub.RefreshDays) && seen < today
		}
	}
	return true
}

func TestPlanCoversExactlyWhatIsNeeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, l := drawSnapshot(t)
		asked := map[day]int{}
		for _, r := range report.Plan(b, l, today, report.Narrow{}) {
			if r.Window.Len() < 1 || r.Window.Len() > b.Subscription.MaxWindowDays || l.MaxWindowDays > 0 && r.Window.Len() > l.MaxWindowDays {
				t.Fatalf("window %s is longer than allowed", r.Window)
			}
			if len(r.Tables) == 0 || r.Attempt < 1 || r.Attempt > report.MaxAttempts || r.Why == "" {
				t.Fatalf("request is incomplete: %+v", r)
			}
			for _, table := range r.Tables {
				for d := range r.Window.Days() {
					asked[day{table, d}]++
				}
			}
		}
		for _, table := range l.Tables {
			for d := today - 40; d <= today+5; d++ {
				want := 0
				if needed(b, l, table, d) {
					want = 1
				}
				if got := asked[day{table, d}]; got != want {
					t.Fatalf("%s of %s is asked for %d times, want %d", d, table, got, want)
				}
			}
		}
	})
}

func TestPlanningTwicePlansNothingNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, l := drawSnapshot(t)
		for i, r := range report.Plan(b, l, today, report.Narrow{}) {
			job := report.NewJob("new-"+string(rune('a'+i)), b.Subscription, r, today.Time())
			m, keep := job.Marker()
			if !keep {
				t.Fatal("a new job has no marker")
			}
			b.Markers = append(b.Markers, m)
		}
		if again := report.Plan(b, l, today, report.Narrow{}); len(again) != 0 {
			t.Fatalf("the second plan still wants %+v", again)
		}
	})
}

func TestPlanNeedsNoMoreRequestsThanTableByTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, l := drawSnapshot(t)
		b.Markers = nil
		joint := len(report.Plan(b, l, today, report.Narrow{}))
		apart := 0
		for _, table := range l.Tables {
			alone := l
			alone.Tables = []string{table}
			apart += len(report.Plan(b, alone, today, report.Narrow{}))
		}
		if joint > apart {
			t.Fatalf("%d requests for all tables, %d when asked apart", joint, apart)
		}
	})
}
