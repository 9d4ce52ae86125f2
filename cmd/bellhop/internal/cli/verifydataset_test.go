package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
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

func TestVerifyComparesTheDatasetWithTheLedger(t *testing.T) {
	gone := report.PartitionKey("hotel", "asp_device", day(15))
	tests := map[string]struct {
		harm func(*bench)
		args []string
		days int
		why  string
	}{
		"all is there":             {func(*bench) {}, nil, 7, ""},
		"an object is gone":        {func(b *bench) { delete(b.dataset, gone) }, nil, 7, "vanished from the dataset, last seen 2026-11-20 01:00Z"},
		"an object is another":     {func(b *bench) { b.dataset[gone] = []byte("foreign") }, nil, 7, "replaced in the dataset by another hand, last seen 2026-11-20 01:00Z"},
		"a dry run":                {func(b *bench) { delete(b.dataset, gone) }, []string{"--dry-run"}, 7, "vanished from the dataset, last seen 2026-11-20 01:00Z"},
		"the table that lacks it":  {func(b *bench) { delete(b.dataset, gone) }, []string{"--table", "asp_device"}, 4, "vanished from the dataset, last seen 2026-11-20 01:00Z"},
		"the table that lacks not": {func(b *bench) { delete(b.dataset, gone) }, []string{"hotel", "--table", "asp_communication"}, 3, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := archived(t)
			tt.harm(b)
			code, out, errs := b.run(t.Context(), append([]string{"verify"}, tt.args...)...)
			var got struct {
				Days    int
				Missing []struct{ Key, Why string }
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil || got.Days != tt.days {
				t.Fatalf("exit %d, %q, %q, %v", code, out, errs, err)
			}
			if tt.why == "" {
				if code != 0 || len(got.Missing) != 0 {
					t.Errorf("exit %d, %+v", code, got)
				}
				return
			}
			if code != cli.ExitAttention || len(got.Missing) != 1 || got.Missing[0].Key != gone || got.Missing[0].Why != tt.why {
				t.Errorf("exit %d, %+v", code, got)
			}
			if marks := len(tt.args) == 0 || tt.args[0] != "--dry-run"; marks != (b.ledger.writes == 1) {
				t.Errorf("%d writes", b.ledger.writes)
			}
		})
	}
	if code, _, errs := newBench(t).run(t.Context(), "verify", "--table", "asp_devices"); code != cli.ExitUsage || !strings.Contains(errs, "no table") {
		t.Errorf("exit %d, %q", code, errs)
	}
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
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != cli.ExitAttention || len(got.Unknown) != 1 {
		t.Fatalf("exit %d, %s, %v", code, out, err)
	}
	if o := got.Unknown[0]; o.Key != "asp_device/copy.parquet" || o.Size != 4 || !o.LastModified.Equal(at("00:30:00")) {
		t.Errorf("%+v", o)
	}
	b.terminal = true
	code, out, _ = b.run(t.Context(), "verify")
	for _, want := range []string{"every published day is there", "UNKNOWN OBJECTS", "asp_device/copy.parquet", "2026-11-20 00:30:00Z"} {
		if code != cli.ExitAttention || !strings.Contains(out, want) {
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
		{[]string{"status"}, cli.ExitAttention, "vanished from the dataset"},
		{[]string{"coverage", "--check"}, cli.ExitAttention, "1 day MISSING"},
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
