package cli_test

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// jobs show says of every file that did not simply load why, also after the file is deleted.
func TestAJobsFilesSayWhyTheyDidNotLoad(t *testing.T) {
	gone := report.Event{At: at("07:30:00"), From: "QUARANTINED", To: "DELETED", Why: "verified gone"}
	broken := report.Event{At: at("06:30:00"), From: "CLAIMED", To: "QUARANTINED", Why: "line 508: 6 cells where the header has 13"}
	loaded := report.Event{At: at("06:40:00"), From: "CLAIMED", To: "LOADED"}
	held := func(days ...int) *report.Receipt {
		r := &report.Receipt{Rows: 26, Partitions: []report.PartitionProof{{Date: day(13), Outcome: report.PartitionWritten}}}
		for _, d := range days {
			r.Partitions = append(r.Partitions, report.PartitionProof{Date: day(d), Outcome: report.PartitionHeld})
		}
		return r
	}
	for name, tt := range map[string]struct {
		file report.File
		want string
	}{
		"quarantined":             {report.File{Status: report.FileQuarantined, Reason: broken.Why, Timeline: report.Timeline{History: []report.Event{broken}}}, broken.Why},
		"deleted from quarantine": {report.File{Status: report.FileDeleted, Reason: gone.Why, Timeline: report.Timeline{History: []report.Event{broken, gone}}}, broken.Why},
		"loaded after a replay":   {report.File{Status: report.FileDeleted, Reason: gone.Why, Timeline: report.Timeline{History: []report.Event{broken, loaded, {From: "LOADED", To: "DELETED"}}}}, ""},
		"lost":                    {report.File{Status: report.FileLost, Reason: "the deadline passed with files missing"}, "the deadline passed with files missing"},
		"a held day":              {report.File{Status: report.FileLoaded, Receipt: held(14)}, "held: it would have erased or shrunk 2026-11-14"},
		"held days, deleted":      {report.File{Status: report.FileDeleted, Reason: gone.Why, Receipt: held(14, 15, 16)}, "held: it would have erased or shrunk 2026-11-14 and 2 more days"},
		"loaded":                  {report.File{Status: report.FileLoaded, Receipt: held()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			f := tt.file
			f.Key, f.Job, f.Table, f.Subscription = "d.csv", "hotel-000001", "asp_device", "hotel"
			b.ledger.files[f.Key] = f
			_, out, _ := b.run(t.Context(), "jobs", "show", "hotel-000001")
			files := decode[struct {
				Files []struct{ Reason string } `json:"files"`
			}](t, out).Files
			if len(files) != 1 || files[0].Reason != tt.want {
				t.Errorf("got %+v, want %q", files, tt.want)
			}
			b.terminal = true
			for _, args := range [][]string{{"jobs", "show", "hotel-000001"}, {"files", "list"}} {
				if _, out, _ := b.run(t.Context(), args...); !strings.Contains(out, tt.want) || tt.want == "" && strings.Contains(out, "verified gone") {
					t.Errorf("%v shows\n%s", args, out)
				}
			}
		})
	}
}
