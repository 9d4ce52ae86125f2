package report_test

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// quarantined is a file whose load was begun as often as it may, held for twelve hours.
func quarantined() report.File {
	return report.File{
		Key: "1.csv", Job: "hotel-000001", Status: report.FileQuarantined, Reason: "no header", Loads: report.MaxLoads + 1, Epoch: 9,
		Delivery: &report.Delivery{Key: "1.csv", ETag: "x"}, DueAt: noon.Add(12 * time.Hour),
	}
}

func TestAReplayedFileIsLoadedAgain(t *testing.T) {
	f := quarantined()
	if err := f.Replay(noon, "replayed by a person"); err != nil || f.Status != report.FileExpected || !f.DueAt.Equal(noon) || f.Delivery == nil {
		t.Fatalf("it is %+v: %v", f, err)
	}
	// The same content again: a replay that still counted the old loads would end in quarantine at once.
	decision, err := f.Arrive(*f.Delivery, report.Claim{Worker: "w", Lease: noon.Add(time.Minute), Grace: noon}, noon)
	if err != nil || decision != report.DecideLoad || f.Loads != 1 || f.Epoch != 10 {
		t.Errorf("decided %s at load %d, epoch %d: %v", decision, f.Loads, f.Epoch, err)
	}
}

func TestADroppedFileIsDueAndStaysOnRecord(t *testing.T) {
	f := quarantined()
	for range 2 {
		if err := f.Drop(noon, "dropped by a person"); err != nil {
			t.Fatal(err)
		}
	}
	if f.Status != report.FileQuarantined || f.Reason != "no header" || !f.DueAt.Equal(noon) {
		t.Errorf("it is %+v", f)
	}
	if len(f.History) != 1 || f.History[0].Why != "dropped by a person" {
		t.Errorf("its history is %+v", f.History)
	}
}

func TestAPersonDecidesOnQuarantinedFilesOnly(t *testing.T) {
	for _, status := range report.FileStatuses() {
		if status == report.FileQuarantined {
			continue
		}
		f := quarantined()
		f.Status = status
		if err := f.Replay(noon, ""); err == nil || f.Status != status {
			t.Errorf("%s was replayed", status)
		}
		if err := f.Drop(noon, ""); err == nil || f.DueAt.Equal(noon) {
			t.Errorf("%s was dropped", status)
		}
	}
	f := quarantined()
	f.Job = ""
	if err := f.Replay(noon, ""); err == nil || f.Loads != report.MaxLoads+1 {
		t.Error("a file that belongs to no job was replayed")
	}
}
