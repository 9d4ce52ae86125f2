package report_test

import (
	"slices"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestCoverageByHand(t *testing.T) {
	// One table, one wanted day: the 17th of November 2026, seen on a later day.
	day := window("2026-11-17..2026-11-17")
	marker := func(status report.JobStatus, ask int) report.Snapshot {
		return report.Snapshot{Markers: []report.Marker{{Job: "hotel-000007", Window: day, Tables: []string{"a"}, Status: status, Attempt: ask, Reason: "because"}}}
	}
	partition := func(rows int64, held bool) report.Snapshot {
		s := report.Partition{Table: "a", Date: day.From, Rows: rows}
		if held {
			s.Held = &report.Held{}
		}
		return report.Snapshot{Partitions: []report.Partition{s}}
	}
	tests := map[string]struct {
		snapshot report.Snapshot
		today    string
		want     report.CoverageStatus
		why      string
		held     bool
	}{
		"loaded with rows":                      {snapshot: partition(5, false), want: report.CoverageComplete},
		"loaded, and nothing in it":             {snapshot: partition(0, false), want: report.CoverageZero},
		"loaded, and a newer report held":       {snapshot: partition(5, true), want: report.CoverageComplete, held: true},
		"nobody asked":                          {want: report.CoverageMissing},
		"a job is on it":                        {snapshot: marker(report.JobAwaitingFiles, 1), want: report.CoveragePending, why: "job hotel-000007 is AWAITING_FILES"},
		"it is not known whether one is":        {snapshot: marker(report.JobUnknown, 1), want: report.CoveragePending, why: "job hotel-000007 is UNKNOWN"},
		"the unit is too young":                 {snapshot: marker(report.JobNotEligible, 1), want: report.CoverageNotEligible, why: "because"},
		"the vendor said no":                    {snapshot: marker(report.JobRefused, 1), want: report.CoverageMissing, why: "job hotel-000007 was refused: because"},
		"lost, and to be asked again":           {snapshot: marker(report.JobLost, 2), want: report.CoverageMissing},
		"lost for the last time":                {snapshot: marker(report.JobLost, 3), want: report.CoverageMissing, why: "job hotel-000007 was the last of 3 attempts: because"},
		"on the last day that is asked for":     {today: "2027-02-13", want: report.CoverageMissing},
		"on the last day it can be had":         {today: "2027-02-15", want: report.CoverageMissing, why: "it is older than the 88 days that are safe to ask for"},
		"a day later the vendor has it no more": {today: "2027-02-16", want: report.CoverageExpired, why: "the vendor no longer has it"},
		"expired, but loaded in time":           {snapshot: partition(5, false), today: "2027-02-16", want: report.CoverageComplete},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			at := today
			if tt.today != "" {
				at = date(tt.today)
			}
			tt.snapshot.Subscription = subscription("2026-11-17")
			l := limits
			l.Tables = []string{"a"}
			got := report.Coverage(tt.snapshot, l, at)[0]
			if got.Date != day.From || got.Status != tt.want || got.Why != tt.why || got.Held != tt.held {
				t.Errorf("the day is %+v, want %s because %q", got, tt.want, tt.why)
			}
			// 90 days after 2026-11-17 is 2027-02-15: 13 of November, 31, 31 and 15.
			if missing := !tt.want.Covered(); missing && got.LostAfter != date("2027-02-15") {
				t.Errorf("it can be had until %s", got.LostAfter)
			}
		})
	}
}

// Days before the first one that is wanted are told of when they are there, or on their way.
func TestCoverageBeforeTheFirstDay(t *testing.T) {
	b := report.Snapshot{
		Subscription: subscription("2026-11-16"),
		Partitions: []report.Partition{
			{Table: "a", Date: date("2025-01-01"), Rows: 3},
			{Table: "a", Date: date("2025-01-03"), Rows: 3, Vanished: &report.Vanished{LastSeen: date("2026-11-01").Time()}},
		},
		Markers: []report.Marker{
			{Job: "hotel-000002", Window: window("2025-01-04..2025-01-04"), Tables: []string{"a"}, Status: report.JobAwaitingFiles},
			{Job: "hotel-000001", Window: window("2024-01-04..2024-01-04"), Tables: []string{"a"}, Status: report.JobLost, Attempt: 1},
		},
	}
	l := limits
	l.Tables = []string{"a"}
	var got []string
	for _, d := range report.Coverage(b, l, date("2026-11-20")) {
		got = append(got, d.Date.String()+" "+string(d.Status)+" "+d.Why)
	}
	want := []string{
		"2025-01-01 COMPLETE ",
		"2025-01-03 EXPIRED vanished from the dataset, last seen 2026-11-01 00:00Z: the vendor no longer has it",
		"2025-01-04 PENDING job hotel-000002 is AWAITING_FILES",
		"2026-11-16 MISSING ", "2026-11-17 MISSING ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if gauges, _ := report.CountGauges(b, l, date("2026-11-20")); gauges != (report.Gauges{Missing: 2}) {
		t.Errorf("nobody misses what is before the first day: %+v", gauges)
	}
	if plan := report.Plan(b, l, date("2026-11-20"), report.Narrow{}); len(plan) != 1 || plan[0].Window != window("2026-11-16..2026-11-17") {
		t.Errorf("planned %+v", plan)
	}
}

func TestSettledMarkersTellNothingAnyMore(t *testing.T) {
	lost := report.Marker{Job: "hotel-000001", Window: window("2026-11-16..2026-11-17"), Tables: []string{"a"}, Status: report.JobLost, Attempt: 1}
	later := lost
	later.Job, later.Attempt, later.Status = "hotel-000002", 2, report.JobAwaitingFiles
	tests := map[string]struct {
		snapshot report.Snapshot
		today    string
		want     int
	}{
		"its days are still missing":      {snapshot: report.Snapshot{Markers: []report.Marker{lost}}},
		"one of its days is missing":      {snapshot: report.Snapshot{Markers: []report.Marker{lost}, Partitions: covered("a", "2026-11-16", "2026-11-20")}},
		"its days are covered":            {snapshot: report.Snapshot{Markers: []report.Marker{lost}, Partitions: covered("a", "2026-11-16..2026-11-17", "2026-11-20")}, want: 1},
		"its days were asked for again":   {snapshot: report.Snapshot{Markers: []report.Marker{lost, later}}, want: 1},
		"its days have expired":           {snapshot: report.Snapshot{Markers: []report.Marker{lost}}, today: "2027-03-01", want: 1},
		"it is open: it is never settled": {snapshot: report.Snapshot{Markers: []report.Marker{later}, Partitions: covered("a", "2026-11-16..2026-11-17", "2026-11-20")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			at := today
			if tt.today != "" {
				at = date(tt.today)
			}
			tt.snapshot.Subscription = subscription("2026-11-10")
			if got := tt.snapshot.Settled(limits, at); len(got) != tt.want {
				t.Errorf("settled %+v, want %d", got, tt.want)
			}
		})
	}
}
