package report_test

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// On 20 November the vendor has the days of 22 August until today, that of the 25th for three days more. With a lag of three
// days, days are wanted up to 17 November.
func TestStockIsHowItStands(t *testing.T) {
	on := date("2026-11-20")
	job := func(w string) report.Marker {
		return report.Marker{Job: "hotel-000001", Window: window(w), Tables: []string{"a"}, Status: report.JobAwaitingFiles, Attempt: 1}
	}
	tests := map[string]struct {
		from   string
		job    string
		want   report.Gauges
		counts string // through when days are counted as gone
	}{
		"nothing is wanted yet":             {from: "2026-11-18", counts: "2026-08-21"},
		"17 days are missing":               {from: "2026-11-01", want: report.Gauges{Missing: 17}, counts: "2026-08-21"},
		"days on their way are not missing": {from: "2026-11-01", job: "2026-11-01..2026-11-04", want: report.Gauges{Missing: 13}, counts: "2026-08-21"},
		"two days are gone for ever, and four go soon": {
			// 22 August to 17 November: 10 + 30 + 31 + 17; to 21 September, which goes in 30 days, and to 29 August, which goes in 7.
			from: "2026-08-20", want: report.Gauges{Missing: 88, AboutToBeLost: 4, Expired: 2, LostInMonth: 10 + 21, LostInWeek: 8}, counts: "2026-08-21",
		},
		"what is on its way may be too late all the same": {
			from: "2026-08-25", job: "2026-08-25..2026-11-17", want: report.Gauges{AboutToBeLost: 1}, counts: "2026-08-21",
		},
		"a day that a job is still on is not counted for good": {
			from: "2026-08-18", job: "2026-08-20..2026-11-17", want: report.Gauges{AboutToBeLost: 6, Expired: 2}, counts: "2026-08-19",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := limits
			l.Tables = []string{"a"}
			b := report.Snapshot{Subscription: subscription(tt.from)}
			if tt.job != "" {
				b.Markers = []report.Marker{job(tt.job)}
			}
			got, gone := report.CountGauges(b, l, on)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if gone.Through != date(tt.counts) {
				t.Errorf("it counts through %s, want %s", gone.Through, tt.counts)
			}
		})
	}
}

// A snapshot can be taken on its day alone: that is news where nobody is about to take it, and on no other day.
func TestASnapshotIsAboutToBeLostWhenNobodyTakesIt(t *testing.T) {
	on := date("2026-11-20")
	l := report.Limits{Tables: []string{"a"}}
	b := report.Snapshot{Subscription: report.Subscription{Name: "shots", From: on, MaxWindowDays: 1}}
	if got, _ := report.CountGauges(b, l, on); got != (report.Gauges{Missing: 1, AboutToBeLost: 1}) {
		t.Errorf("without a job: %+v", got)
	}
	b.Markers = []report.Marker{{Job: "shots-000001", Window: window("2026-11-20"), Tables: []string{"a"}, Status: report.JobAwaitingFiles, Attempt: 1}}
	if got, _ := report.CountGauges(b, l, on); got != (report.Gauges{}) {
		t.Errorf("with a job: %+v", got)
	}
}

// Where the vendor has a day for no longer than a month, every missing day would be lost within one: that is no news.
func TestDaysThatAreAlwaysSoonLostAreNotCountedDown(t *testing.T) {
	on := date("2026-11-20")
	b := report.Snapshot{Subscription: subscription("2026-11-13")}
	for reach, want := range map[int]report.Gauges{
		// 13 to 17 November are wanted.
		30: {Missing: 5}, 31: {Missing: 5, LostInMonth: 5}, 8: {Missing: 5, AboutToBeLost: 3, LostInWeek: 5}, 7: {Missing: 5, AboutToBeLost: 4},
	} {
		l := report.Limits{Tables: []string{"a"}}.Reaching(reach)
		if got, _ := report.CountGauges(b, l, on); got != want {
			t.Errorf("of a vendor that has %d days: %+v, want %+v", reach, got, want)
		}
	}
}

// TestStockIsTheSameFromPartOfTheDays plans each day of half a year, reads only what it has to, and compares with what
// all of the days say. Every third day is published, and a job holds some days for a while.
func TestStockIsTheSameFromPartOfTheDays(t *testing.T) {
	l := limits
	l.Tables = []string{"a", "b"}
	whole := report.Snapshot{Subscription: subscription("2026-01-01")}
	most := 0
	for on := date("2026-01-01"); on < date("2026-07-01"); on++ {
		for _, table := range l.Tables {
			if day := on - 3; day%3 == 0 {
				whole.Partitions = append(whole.Partitions, report.Partition{Table: table, Date: day, Rows: 1})
			}
		}
		whole.Markers = nil
		if on < date("2026-06-01") {
			whole.Markers = []report.Marker{{Job: "hotel-000001", Window: window("2026-01-20..2026-01-23"), Tables: l.Tables, Status: report.JobUnknown, Attempt: 1}}
		}
		part := whole
		part.Since = whole.Planning.Gone.Since(whole.Subscription, l, on)
		part.Partitions = nil
		for _, s := range whole.Partitions {
			if s.Date >= part.Since {
				part.Partitions = append(part.Partitions, s)
			}
		}
		if on > date("2026-06-02") {
			most = max(most, len(part.Partitions))
		}
		got, gone := report.CountGauges(part, l, on)
		all := whole
		all.Planning = report.Planning{}
		if want, _ := report.CountGauges(all, l, on); got != want {
			t.Fatalf("on %s: %+v, want %+v", on, got, want)
		}
		whole.Planning.Gone = gone
	}
	// 90 days and the one that goes today, a third of them published, of two tables.
	if most > 62 {
		t.Errorf("%d partitions were read for one plan", most)
	}
}

// Each of these says that what was counted no longer stands.
func TestWhatWasGoneIsCountedAnew(t *testing.T) {
	on := date("2026-11-20")
	l := limits
	l.Tables = []string{"a"}
	sub := subscription("2026-01-01")
	good := report.Gone{Tables: []string{"a"}, Through: date("2026-08-20"), Days: 5}
	tests := map[string]struct {
		gone report.Gone
		want string
	}{
		"it stands":                 {good, "2026-08-21"},
		"nothing was counted":       {report.Gone{}, "2026-01-01"},
		"for other tables":          {report.Gone{Tables: []string{"b"}, Through: good.Through}, "2026-01-01"},
		"the vendor keeps longer":   {report.Gone{Tables: l.Tables, Through: date("2026-09-01")}, "2026-01-01"},
		"it begins after the count": {report.Gone{Tables: l.Tables, Through: date("2025-09-01")}, "2026-01-01"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.gone.Since(sub, l, on); got != date(tt.want) {
				t.Errorf("read from %s, want %s", got, tt.want)
			}
		})
	}
}
