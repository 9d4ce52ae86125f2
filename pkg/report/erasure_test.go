package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestKeysOfHeldAndStagedReportsAreReadBack(t *testing.T) {
	date := report.NewDate(2026, 11, 1)
	held := report.HeldKey("sea-side", "asp_device", date, time.Date(2026, 11, 5, 4, 0, 0, 7, time.UTC))
	if sub, table, d, ok := report.ParseHeldKey(held); !ok || sub != "sea-side" || table != "asp_device" || d != date {
		t.Errorf("%s: %s %s %s %t", held, sub, table, d, ok)
	}
	staged := report.StagedKey("sea-side-000007", "asp_device", date, "in/a.csv")
	if job, table, d, ok := report.ParseStagedKey(staged); !ok || job != "sea-side-000007" || table != "asp_device" || d != date {
		t.Errorf("%s: %s %s %s %t", staged, job, table, d, ok)
	}
	for _, key := range []string{
		"", staged, report.PartitionKey("sea-side", "asp_device", date), "_held/asp_device/dataset_date=2026-11-01/-20261105T040000.000000000Z.parquet",
		"_held/asp_device/dataset_date=2026-11-01/seaside-20261105T040000Z.parquet", "_held/asp_device/2026-11-01/seaside-20261105T040000.000000000Z.parquet",
	} {
		if _, _, _, ok := report.ParseHeldKey(key); ok {
			t.Errorf("%s is taken for a held report", key)
		}
	}
	for _, key := range []string{"", held, "_staging/job/asp_device/2026-11-31/a.parquet", "_staging/job/asp_device/a.parquet"} {
		if _, _, _, ok := report.ParseStagedKey(key); ok {
			t.Errorf("%s is taken for a staged share", key)
		}
	}
}

func TestTakingErasedUnitsOutOfAList(t *testing.T) {
	units := report.ErasedUnits{report.HashUnit("b"): true, report.HashUnit("d"): true}
	got := map[string]string{}
	for _, list := range []string{"", "a", "b", "a b c", "b d", "a bb", "b a d"} {
		kept, changed := units.Strip(list)
		if changed == (kept == list) {
			t.Errorf("%q became %q, and changed is %t", list, kept, changed)
		}
		got[list] = kept
	}
	if diff := cmp.Diff(map[string]string{"": "", "a": "a", "b": "", "a b c": "a c", "b d": "", "a bb": "a bb", "b a d": "a"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if kept, changed := report.ErasedUnits(nil).Strip("b"); changed || kept != "b" || report.ErasedUnits(nil).Has("b") {
		t.Error("without erased units something is erased")
	}
}
