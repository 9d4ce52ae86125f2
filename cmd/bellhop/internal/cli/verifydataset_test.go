package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// archived is the hotel of newBench with an object for each day that has rows.
func archived(t *testing.T) *bench {
	b := newBench(t)
	b.dataset = fakeDataset{}
	snapshot := b.ledger.snapshots["hotel"]
	for i, s := range snapshot.Partitions {
		if s.Rows > 0 {
			s.Key, s.ETag, s.LoadedAt = report.PartitionKey("hotel", s.Table, s.Date), "s1", at("00:30:00")
			b.dataset[s.Key] = []byte("rows")
		}
		snapshot.Partitions[i] = s
	}
	return b
}

// What is among the tables and in no record is shown with all that is known of it, and left alone.
func TestVerifyNamesUnknownObjects(t *testing.T) {
	b := archived(t)
	b.dataset["asp_device/copy.parquet"] = []byte("rows")
	code, out, _ := b.run(t.Context(), "verify")
	var got struct {
		Unknown []struct {
			Key          string
			Size         int
			LastModified time.Time `json:"last_modified"`
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != shell.ExitAttention || len(got.Unknown) != 1 {
		t.Fatalf("exit %d, %s, %v", code, out, err)
	}
	if o := got.Unknown[0]; o.Key != "asp_device/copy.parquet" || o.Size != 4 || !o.LastModified.Equal(at("00:30:00")) {
		t.Errorf("%+v", o)
	}
	b.terminal = true
	code, out, _ = b.run(t.Context(), "verify")
	for _, want := range []string{"every published day is there", "UNKNOWN OBJECTS", "asp_device/copy.parquet", "2026-11-20 00:30:00Z"} {
		if code != shell.ExitAttention || !strings.Contains(out, want) {
			t.Errorf("exit %d, and %q is not in\n%s", code, want, out)
		}
	}
	if _, there := b.dataset["asp_device/copy.parquet"]; !there || b.ledger.writes > 0 {
		t.Error("something was done about it")
	}
}

// Every screen says so before any sweep has run.
func TestAVanishedDayIsMissingOnEveryScreen(t *testing.T) {
	b := archived(t)
	delete(b.dataset, report.PartitionKey("hotel", "asp_device", day(15)))
	b.engine = &engine{}
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"status"}, shell.ExitAttention, "vanished from the dataset"},
		{[]string{"coverage", "--check"}, shell.ExitAttention, "1 day MISSING"},
		{[]string{"subscriptions", "show", "hotel"}, 0, `"MISSING": 1`},
		{[]string{"query", "SELECT count(*) FROM asp_device"}, 0, "1 published day of asp_device vanished from the dataset"},
	} {
		code, out, errs := b.run(t.Context(), tt.args...)
		if code != tt.code || !strings.Contains(out+errs, tt.says) {
			t.Errorf("%v: exit %d\n%s%s", tt.args, code, out, errs)
		}
	}
	if _, _, errs := b.run(t.Context(), "query", "SELECT count(*) FROM asp_communication"); errs != "" {
		t.Errorf("a table that is whole: %q", errs)
	}
	if b.ledger.writes > 0 {
		t.Error("looking has marked something")
	}
}
