package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// 60 events of at most 700 bytes (a reason of 503, and 197 for the rest) and a file of less than 6,000 bytes: DynamoDB's
// limit for a record is 400 KB.
const mostBytes = 60*700 + 6000

func TestAHistoryOfTenThousandEventsStaysSmall(t *testing.T) {
	f := report.File{Key: "1.csv", Status: report.FileStray}
	for i := range 10_000 {
		arrival := report.Delivery{Bucket: "b", Key: "1.csv", ETag: string(rune('a' + i%2)), At: noon.Add(time.Duration(i) * time.Second)}
		if _, err := f.Arrive(arrival, report.Claim{Worker: "worker", Lease: arrival.At, Grace: arrival.At}, arrival.At); err != nil {
			t.Fatal(err)
		}
	}
	keptOfAll(t, f.History, f.LeftOut)
	if f.Events() != 10_000 {
		t.Errorf("it counts %d events, want 10000", f.Events())
	}
	smallEnough(t, f)

	j := report.Job{ID: "hotel-000001", Status: report.JobPlanned}
	for i := 0; i < 10_000; i += 2 {
		now := noon.Add(time.Duration(i) * time.Second)
		if err := j.Begin("worker", now, now); err != nil {
			t.Fatal(err)
		}
		if err := j.Postpone(report.JobBackoff, now.Add(time.Second), now, strings.Repeat("ü", 5000)); err != nil {
			t.Fatal(err)
		}
	}
	keptOfAll(t, j.History, j.LeftOut)
	j.Reason = ""
	smallEnough(t, j)
}

// keptOfAll checks that of 10,000 events, one in each second, the first ten and the last fifty are kept.
func keptOfAll(t *testing.T, history []report.Event, leftOut int) {
	t.Helper()
	if len(history) != 60 || leftOut != 9940 {
		t.Fatalf("%d events are kept and %d left out, want 60 and 9940", len(history), leftOut)
	}
	for i, second := range map[int]int{0: 0, 9: 9, 10: 9950, 59: 9999} {
		if want := noon.Add(time.Duration(second) * time.Second); !history[i].At.Equal(want) {
			t.Errorf("event %d is of %s, want %s", i, history[i].At, want)
		}
	}
}

func smallEnough(t *testing.T, record any) {
	t.Helper()
	if doc, err := json.Marshal(record); err != nil || len(doc) > mostBytes {
		t.Errorf("the record takes %d bytes (%v), want %d at most", len(doc), err, mostBytes)
	}
}

// An older release kept every event.
func TestALongHistoryOfAnOlderReleaseIsCutAtTheNextWrite(t *testing.T) {
	old := report.File{Key: "1.csv", Status: report.FileStray}
	for i := range 1000 {
		old.History = append(old.History, report.Event{At: noon.Add(time.Duration(i) * time.Second), From: "STRAY", To: "STRAY"})
	}
	doc, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	var f report.File
	if err := json.Unmarshal(doc, &f); err != nil || f.Events() != 1000 {
		t.Fatalf("%d events were read (%v), want 1000", f.Events(), err)
	}
	if err := f.Delete(noon.Add(time.Hour), "gone"); err != nil {
		t.Fatal(err)
	}
	if len(f.History) != 60 || f.LeftOut != 941 || f.History[10].At != noon.Add(951*time.Second) {
		t.Errorf("%d are kept, %d left out, the eleventh is of %s", len(f.History), f.LeftOut, f.History[10].At)
	}
}
