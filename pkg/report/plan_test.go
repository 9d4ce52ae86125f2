package report_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The hand-made cases live in November 2026 with lag 3, so on the 20th the youngest wanted day is the 17th.
var (
	today  = date("2026-11-20")
	tables = []string{"a", "b"}
	limits = report.Limits{Tables: tables, HorizonDays: 88, LostAfterDays: 90}
)

func date(s string) report.Date {
	d, err := report.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func window(s string) report.Window {
	w, err := report.ParseWindow(s)
	if err != nil {
		panic(err)
	}
	return w
}

func subscription(from string, edit ...func(*report.Subscription)) report.Subscription {
	s := report.Subscription{Name: "hotel", Source: "test", From: date(from), LagDays: 3, MaxWindowDays: 30}
	for _, e := range edit {
		e(&s)
	}
	return s
}

// covered returns partitions for every day of a window, loaded by a job submitted at noon of a day.
func covered(table, w, submitted string) []report.Partition {
	var days []report.Partition
	for d := range window(w).Days() {
		days = append(days, report.Partition{Table: table, Date: d, Rows: 1, Generation: date(submitted).Time().Add(12 * time.Hour)})
	}
	return days
}

// held says that a newer report of each day is held, which was asked for at noon of a day.
func held(days []report.Partition, submitted string) []report.Partition {
	for i := range days {
		days[i].Held = &report.Held{Generation: date(submitted).Time().Add(12 * time.Hour)}
	}
	return days
}

type request struct {
	Window string
	Tables []string
	Ask    int
}

func plan(b report.Snapshot, l report.Limits, day report.Date, n report.Narrow) []request {
	var got []request
	for _, r := range report.Plan(b, l, day, n) {
		got = append(got, request{r.Window.String(), r.Tables, r.Attempt})
	}
	return got
}

func TestPlanByHand(t *testing.T) {
	refresh := func(days int) func(*report.Subscription) {
		return func(s *report.Subscription) { s.RefreshDays = days }
	}
	longest := func(days int) func(*report.Subscription) {
		return func(s *report.Subscription) { s.MaxWindowDays = days }
	}
	tests := map[string]struct {
		snapshot report.Snapshot
		limits   report.Limits
		today    string
		narrow   report.Narrow
		want     []request
	}{
		"nothing known: one request for all tables up to the lag": {
			snapshot: report.Snapshot{Subscription: subscription("2026-11-10")},
			want:     []request{{"2026-11-10..2026-11-17", tables, 1}},
		},
		"everything covered: nothing": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-10"),
				Partitions:   slices.Concat(covered("a", "2026-11-10..2026-11-17", "2026-11-20"), covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
		},
		"the subscription starts within the lag: nothing yet": {
			snapshot: report.Snapshot{Subscription: subscription("2026-11-18")},
		},
		"the lag ends on the first day: one day": {
			snapshot: report.Snapshot{Subscription: subscription("2026-11-17")},
			want:     []request{{"2026-11-17..2026-11-17", tables, 1}},
		},
		"the horizon: day 88 is asked for, day 89 is not": {
			// 88 days before 2026-11-20 is 2026-08-24 (7 days of August, 30, 31 and 20 make 88).
			snapshot: report.Snapshot{Subscription: subscription("2026-01-01", longest(90))},
			want:     []request{{"2026-08-24..2026-11-17", tables, 1}},
		},
		"a gap in the middle of one table": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-10"),
				Partitions: slices.Concat(
					covered("a", "2026-11-10..2026-11-12", "2026-11-20"), covered("a", "2026-11-15..2026-11-17", "2026-11-20"),
					covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
			want: []request{{"2026-11-13..2026-11-14", []string{"a"}, 1}},
		},
		"different gaps: table by table is fewer than day by day": {
			// a misses 10 to 17, b misses 13: day by day would be three requests.
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-10"),
				Partitions: slices.Concat(
					covered("b", "2026-11-10..2026-11-12", "2026-11-20"), covered("b", "2026-11-14..2026-11-17", "2026-11-20")),
			},
			want: []request{{"2026-11-10..2026-11-17", []string{"a"}, 1}, {"2026-11-13..2026-11-13", []string{"b"}, 1}},
		},
		"the longest window cuts from the old end": {
			snapshot: report.Snapshot{Subscription: subscription("2026-11-11", longest(3))},
			want: []request{
				{"2026-11-11..2026-11-13", tables, 1}, {"2026-11-14..2026-11-16", tables, 1}, {"2026-11-17..2026-11-17", tables, 1},
			},
		},
		"the source's longest window counts when it is shorter": {
			snapshot: report.Snapshot{Subscription: subscription("2026-11-14")},
			limits:   report.Limits{Tables: tables, HorizonDays: 88, LostAfterDays: 90, MaxWindowDays: 2},
			want:     []request{{"2026-11-14..2026-11-15", tables, 1}, {"2026-11-16..2026-11-17", tables, 1}},
		},
		"a leap day is a day": {
			today:    "2028-03-04",
			snapshot: report.Snapshot{Subscription: subscription("2028-02-28")},
			want:     []request{{"2028-02-28..2028-03-01", tables, 1}},
		},
		"the youngest days are asked again on another day": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-10", refresh(2)),
				Partitions:   slices.Concat(covered("a", "2026-11-10..2026-11-17", "2026-11-19"), covered("b", "2026-11-10..2026-11-17", "2026-11-19")),
			},
			want: []request{{"2026-11-16..2026-11-17", tables, 1}},
		},
		"the youngest days were asked for today: nothing": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-10", refresh(2)),
				Partitions:   slices.Concat(covered("a", "2026-11-10..2026-11-17", "2026-11-20"), covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
		},
		"a report that came today and is held: its days are not asked for again today": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-10", refresh(2)),
				Partitions: slices.Concat(
					held(covered("a", "2026-11-10..2026-11-17", "2026-11-19"), "2026-11-20"), covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
		},
		"a report that came yesterday and is held: they are": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-10", refresh(2)),
				Partitions: slices.Concat(
					held(covered("a", "2026-11-10..2026-11-17", "2026-11-18"), "2026-11-19"), covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
			want: []request{{"2026-11-16..2026-11-17", []string{"a"}, 1}},
		},
		"an open job holds its days, for its tables only": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-15"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-15..2026-11-17"), Tables: []string{"a"}, Status: report.JobAwaitingFiles, Attempt: 1}},
			},
			want: []request{{"2026-11-15..2026-11-17", []string{"b"}, 1}},
		},
		"a unit younger than four days: the job that waits for it holds its days": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-17"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-17..2026-11-17"), Tables: tables, Status: report.JobNotEligible, Attempt: 1}},
			},
		},
		"a refused job holds its days until a person acts": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-17"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-17..2026-11-17"), Tables: tables, Status: report.JobRefused, Attempt: 1}},
			},
		},
		"lost days are asked again, and counted, apart from others": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-16"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-16..2026-11-16"), Tables: tables, Status: report.JobLost, Attempt: 1}},
			},
			want: []request{{"2026-11-16..2026-11-16", tables, 2}, {"2026-11-17..2026-11-17", tables, 1}},
		},
		"days that were lost three times are given up": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-17"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-17..2026-11-17"), Tables: tables, Status: report.JobLost, Attempt: 3}},
			},
		},
		"a person may ask again for days that were given up, and for covered ones": {
			snapshot: report.Snapshot{
				Subscription: subscription("2026-11-10"),
				Partitions:   covered("a", "2026-11-10..2026-11-17", "2026-11-20"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-10..2026-11-17"), Tables: []string{"b"}, Status: report.JobLost, Attempt: 3}},
			},
			narrow: report.Narrow{Window: window("2026-11-12..2026-11-13"), Refresh: true},
			want:   []request{{"2026-11-12..2026-11-13", tables, 1}},
		},
		"a narrowed run asks for what is missing in its range, and nothing else": {
			snapshot: report.Snapshot{Subscription: subscription("2026-11-10"), Partitions: covered("a", "2026-11-10..2026-11-17", "2026-11-20")},
			narrow:   report.Narrow{Window: window("2026-11-12..2026-11-30")},
			want:     []request{{"2026-11-12..2026-11-17", []string{"b"}, 1}},
		},
		"a narrowed run asks for the chosen tables alone": {
			snapshot: report.Snapshot{Subscription: subscription("2026-11-16")},
			narrow:   report.Narrow{Tables: []string{"b", "unknown"}},
			want:     []request{{"2026-11-16..2026-11-17", []string{"b"}, 1}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l, day := limits, today
			if tt.limits.Tables != nil {
				l = tt.limits
			}
			if tt.today != "" {
				day = date(tt.today)
			}
			if diff := cmp.Diff(tt.want, plan(tt.snapshot, l, day, tt.narrow)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTodayChangesAtMidnightUTC(t *testing.T) {
	snapshot := report.Snapshot{Subscription: subscription("2026-11-17")}
	late := time.Date(2026, 11, 19, 23, 59, 59, 999999999, time.UTC)
	if got := plan(snapshot, limits, report.DateOf(late), report.Narrow{}); got != nil {
		t.Errorf("a nanosecond before midnight the 17th is within the lag, planned %v", got)
	}
	// The same instant in a zone behind UTC: the planner's day is UTC's.
	midnight := late.Add(1).In(time.FixedZone("behind", -5*3600))
	want := []request{{"2026-11-17..2026-11-17", tables, 1}}
	if diff := cmp.Diff(want, plan(snapshot, limits, report.DateOf(midnight), report.Narrow{})); diff != "" {
		t.Errorf("at midnight (-want +got):\n%s", diff)
	}
}

// A status that a later release wrote is an error of its record, and no panic when a plan asks about it.
func TestAnUnknownStatusIsNotRead(t *testing.T) {
	var m report.Marker
	if err := json.Unmarshal([]byte(`{"job":"hotel-000001","status":"TELEPORTED"}`), &m); err == nil || !strings.Contains(err.Error(), "TELEPORTED") {
		t.Errorf("read as %+v, %v", m, err)
	}
	var f report.File
	if err := json.Unmarshal([]byte(`{"key":"a.csv","status":"TELEPORTED"}`), &f); err == nil || !strings.Contains(err.Error(), "TELEPORTED") {
		t.Errorf("read as %+v, %v", f, err)
	}
	for _, s := range report.JobStatuses() {
		if err := json.Unmarshal([]byte(`{"status":"`+string(s)+`"}`), &m); err != nil || m.Status != s {
			t.Errorf("%s is read as %s, %v", s, m.Status, err)
		}
	}
}
