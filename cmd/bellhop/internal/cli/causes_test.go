package cli_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// One refused unit is one cause, whatever the number of jobs, tables and days that it costs.
func TestStatusGroupsByCauseAndNamesTheFixFirst(t *testing.T) {
	b := newBench(t)
	b.terminal = true
	snapshot := report.Snapshot{}
	for i, d := range []int{14, 15, 16} {
		id := fmt.Sprintf("hotel-00000%d", i+2)
		job := report.Job{ID: id, Subscription: "hotel", Status: report.JobRefused, Reason: "404: no such unit", Window: report.Window{From: day(d), To: day(d)}, Tables: []string{"asp_device", "asp_communication"}}
		b.ledger.jobs[id] = job
		snapshot.Markers = append(snapshot.Markers, report.Marker{Job: id, Window: job.Window, Tables: job.Tables, Status: job.Status, Attempt: 1, Reason: job.Reason})
	}
	b.ledger.snapshots["hotel"] = snapshot
	code, out, _ := b.run(t.Context(), "status")
	if code != cli.ExitAttention || strings.Count(out, "404: no such unit") != 1 {
		t.Errorf("exit %d, the cause stands there %d times:\n%s", code, strings.Count(out, "404: no such unit"), out)
	}
	_, needs, _ := strings.Cut(out, "NEEDS ")
	if !strings.HasPrefix(needs, "3 jobs refused") || !strings.Contains(needs, "bellhop jobs retry hotel-000002 hotel-000003 hotel-000004\n") {
		t.Errorf("what is needed: %s", needs)
	}
	if !strings.Contains(needs, "6 days of 2 tables (hotel) missing") {
		t.Errorf("the days are not summed: %s", needs)
	}
}

func TestStatusSaysWhatToDoAboutDaysThatStayMissing(t *testing.T) {
	lost := report.Marker{Job: "hotel-000002", Window: report.Window{From: day(14), To: day(15)}, Tables: []string{"asp_device"}, Status: report.JobLost, Attempt: report.MaxAttempts, Reason: "files missing"}
	for name, tt := range map[string]struct {
		markers []report.Marker
		without int // days of asp_device that are not there, from 14 November on
		want    string
	}{
		"given up":             {[]report.Marker{lost}, 2, "2 days of asp_device (hotel) missing, and no open job asks for them; ask once more: bellhop refetch hotel 2026-11-14..2026-11-15 --table asp_device\n"},
		"one day, given up":    {[]report.Marker{lost}, 1, "1 day of asp_device (hotel) missing, and no open job asks for it; ask once more: bellhop refetch hotel 2026-11-14 --table asp_device\n"},
		"not asked for so far": {nil, 1, "1 day of asp_device (hotel) missing, and no open job asks for it\n"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.terminal = true
			snapshot := b.ledger.snapshots["hotel"]
			snapshot.Partitions = slices.DeleteFunc(slices.Clone(snapshot.Partitions), func(s report.Partition) bool {
				return s.Table == "asp_device" && s.Date < day(14)+report.Date(tt.without)
			})
			snapshot.Markers = tt.markers
			b.ledger.snapshots["hotel"] = snapshot
			if code, out, _ := b.run(t.Context(), "status"); code != cli.ExitAttention || !strings.Contains(out, tt.want) {
				t.Errorf("exit %d:\n%s", code, out)
			}
		})
	}
}

func TestLinesBreakBetweenWords(t *testing.T) {
	shown := func(width int, env map[string]string) string {
		b := troubled(t)
		b.terminal, b.width, b.env = true, width, env
		_, out, _ := b.run(t.Context(), "status")
		return out
	}
	whole := shown(0, map[string]string{"NO_COLOR": "1"})
	for _, width := range []int{60, 80, 100} {
		narrow := shown(width, map[string]string{"NO_COLOR": "1"})
		if !slices.Equal(strings.Fields(narrow), strings.Fields(whole)) {
			t.Errorf("%d columns: words are lost or broken:\n%s", width, narrow)
		}
		for line := range strings.Lines(narrow) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
				t.Errorf("%d columns: a line has %d: %s", width, n, line)
			}
		}
		// With colours the lines break at the same places.
		coloured := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(shown(width, map[string]string{}), "")
		if coloured != narrow {
			t.Errorf("%d columns: in colours\n%s\nwithout\n%s", width, coloured, narrow)
		}
	}
}
