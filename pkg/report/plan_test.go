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

// covered returns slices for every day of a window, loaded by a job submitted at noon of a day.
func covered(table, w, submitted string) []report.Slice {
	var days []report.Slice
	for d := range window(w).Days() {
		days = append(days, report.Slice{Table: table, Date: d, Rows: 1, Generation: date(submitted).Time().Add(12 * time.Hour)})
	}
	return days
}

// held says that a newer report of each day is held, which was asked for at noon of a day.
func held(days []report.Slice, submitted string) []report.Slice {
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

func plan(b report.Board, l report.Limits, day report.Date, n report.Narrow) []request {
	var got []request
	for _, r := range report.Plan(b, l, day, n) {
		got = append(got, request{r.Window.String(), r.Tables, r.Ask})
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
		board  report.Board
		limits report.Limits
		today  string
		narrow report.Narrow
		want   []request
	}{
		"nothing known: one request for all tables up to the lag": {
			board: report.Board{Subscription: subscription("2026-11-10")},
			want:  []request{{"2026-11-10..2026-11-17", tables, 1}},
		},
		"everything covered: nothing": {
			board: report.Board{
				Subscription: subscription("2026-11-10"),
				Slices:       slices.Concat(covered("a", "2026-11-10..2026-11-17", "2026-11-20"), covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
		},
		"the subscription starts within the lag: nothing yet": {
			board: report.Board{Subscription: subscription("2026-11-18")},
		},
		"the lag ends on the first day: one day": {
			board: report.Board{Subscription: subscription("2026-11-17")},
			want:  []request{{"2026-11-17..2026-11-17", tables, 1}},
		},
		"the horizon: day 88 is asked for, day 89 is not": {
			// 88 days before 2026-11-20 is 2026-08-24 (7 days of August, 30, 31 and 20 make 88).
			board: report.Board{Subscription: subscription("2026-01-01", longest(90))},
			want:  []request{{"2026-08-24..2026-11-17", tables, 1}},
		},
		"a gap in the middle of one table": {
			board: report.Board{
				Subscription: subscription("2026-11-10"),
				Slices: slices.Concat(
					covered("a", "2026-11-10..2026-11-12", "2026-11-20"), covered("a", "2026-11-15..2026-11-17", "2026-11-20"),
					covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
			want: []request{{"2026-11-13..2026-11-14", []string{"a"}, 1}},
		},
		"different gaps: table by table is fewer than day by day": {
			// a misses 10 to 17, b misses 13: day by day would be three requests.
			board: report.Board{
				Subscription: subscription("2026-11-10"),
				Slices: slices.Concat(
					covered("b", "2026-11-10..2026-11-12", "2026-11-20"), covered("b", "2026-11-14..2026-11-17", "2026-11-20")),
			},
			want: []request{{"2026-11-10..2026-11-17", []string{"a"}, 1}, {"2026-11-13..2026-11-13", []string{"b"}, 1}},
		},
		"the longest window cuts from the old end": {
			board: report.Board{Subscription: subscription("2026-11-11", longest(3))},
			want: []request{
				{"2026-11-11..2026-11-13", tables, 1}, {"2026-11-14..2026-11-16", tables, 1}, {"2026-11-17..2026-11-17", tables, 1},
			},
		},
		"the source's longest window counts when it is shorter": {
			board:  report.Board{Subscription: subscription("2026-11-14")},
			limits: report.Limits{Tables: tables, HorizonDays: 88, LostAfterDays: 90, MaxWindowDays: 2},
			want:   []request{{"2026-11-14..2026-11-15", tables, 1}, {"2026-11-16..2026-11-17", tables, 1}},
		},
		"a leap day is a day": {
			today: "2028-03-04",
			board: report.Board{Subscription: subscription("2028-02-28")},
			want:  []request{{"2028-02-28..2028-03-01", tables, 1}},
		},
		"the youngest days are asked again on another day": {
			board: report.Board{
				Subscription: subscription("2026-11-10", refresh(2)),
				Slices:       slices.Concat(covered("a", "2026-11-10..2026-11-17", "2026-11-19"), covered("b", "2026-11-10..2026-11-17", "2026-11-19")),
			},
			want: []request{{"2026-11-16..2026-11-17", tables, 1}},
		},
		"the youngest days were asked for today: nothing": {
			board: report.Board{
				Subscription: subscription("2026-11-10", refresh(2)),
				Slices:       slices.Concat(covered("a", "2026-11-10..2026-11-17", "2026-11-20"), covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
		},
		"a report that came today and is held: its days are not asked for again today": {
			board: report.Board{
				Subscription: subscription("2026-11-10", refresh(2)),
				Slices: slices.Concat(
					held(covered("a", "2026-11-10..2026-11-17", "2026-11-19"), "2026-11-20"), covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
		},
		"a report that came yesterday and is held: they are": {
			board: report.Board{
				Subscription: subscription("2026-11-10", refresh(2)),
				Slices: slices.Concat(
					held(covered("a", "2026-11-10..2026-11-17", "2026-11-18"), "2026-11-19"), covered("b", "2026-11-10..2026-11-17", "2026-11-20")),
			},
			want: []request{{"2026-11-16..2026-11-17", []string{"a"}, 1}},
		},
		"an open job holds its days, for its tables only": {
			board: report.Board{
				Subscription: subscription("2026-11-15"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-15..2026-11-17"), Tables: []string{"a"}, Status: report.JobAwaitingFiles, Ask: 1}},
			},
			want: []request{{"2026-11-15..2026-11-17", []string{"b"}, 1}},
		},
		"a unit younger than four days: the job that waits for it holds its days": {
			board: report.Board{
				Subscription: subscription("2026-11-17"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-17..2026-11-17"), Tables: tables, Status: report.JobNotEligible, Ask: 1}},
			},
		},
		"a refused job holds its days until a person acts": {
			board: report.Board{
				Subscription: subscription("2026-11-17"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-17..2026-11-17"), Tables: tables, Status: report.JobRefused, Ask: 1}},
			},
		},
		"lost days are asked again, and counted, apart from others": {
			board: report.Board{
				Subscription: subscription("2026-11-16"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-16..2026-11-16"), Tables: tables, Status: report.JobLost, Ask: 1}},
			},
			want: []request{{"2026-11-16..2026-11-16", tables, 2}, {"2026-11-17..2026-11-17", tables, 1}},
		},
		"days that were lost three times are given up": {
			board: report.Board{
				Subscription: subscription("2026-11-17"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-17..2026-11-17"), Tables: tables, Status: report.JobLost, Ask: 3}},
			},
		},
		"a person may ask again for days that were given up, and for covered ones": {
			board: report.Board{
				Subscription: subscription("2026-11-10"),
				Slices:       covered("a", "2026-11-10..2026-11-17", "2026-11-20"),
				Markers:      []report.Marker{{Job: "j", Window: window("2026-11-10..2026-11-17"), Tables: []string{"b"}, Status: report.JobLost, Ask: 3}},
			},
			narrow: report.Narrow{Window: window("2026-11-12..2026-11-13"), Refresh: true},
			want:   []request{{"2026-11-12..2026-11-13", tables, 1}},
		},
		"a narrowed run asks for what is missing in its range, and nothing else": {
			board:  report.Board{Subscription: subscription("2026-11-10"), Slices: covered("a", "2026-11-10..2026-11-17", "2026-11-20")},
			narrow: report.Narrow{Window: window("2026-11-12..2026-11-30")},
			want:   []request{{"2026-11-12..2026-11-17", []string{"b"}, 1}},
		},
		"a narrowed run asks for the chosen tables alone": {
			board:  report.Board{Subscription: subscription("2026-11-16")},
			narrow: report.Narrow{Tables: []string{"b", "unknown"}},
			want:   []request{{"2026-11-16..2026-11-17", []string{"b"}, 1}},
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
			if diff := cmp.Diff(tt.want, plan(tt.board, l, day, tt.narrow)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTodayChangesAtMidnightUTC(t *testing.T) {
	board := report.Board{Subscription: subscription("2026-11-17")}
	late := time.Date(2026, 11, 19, 23, 59, 59, 999999999, time.UTC)
	if got := plan(board, limits, report.DateOf(late), report.Narrow{}); got != nil {
		t.Errorf("a nanosecond before midnight the 17th is within the lag, planned %v", got)
	}
	// The same instant in a zone behind UTC: the planner's day is UTC's.
	midnight := late.Add(1).In(time.FixedZone("behind", -5*3600))
	want := []request{{"2026-11-17..2026-11-17", tables, 1}}
	if diff := cmp.Diff(want, plan(board, limits, report.DateOf(midnight), report.Narrow{})); diff != "" {
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
