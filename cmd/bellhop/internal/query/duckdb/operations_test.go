//go:build cgo

package duckdb_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// withOperations opens an empty dataset whose operations tables are as told, and notes which ones were asked for.
func withOperations(t *testing.T, tell func(table string) ([][]any, error)) (*duckdb.Engine, *[]string) {
	t.Helper()
	var asked []string
	e, err := duckdb.Open(t.Context(), duckdb.Options{
		Dataset: t.TempDir(), Memory: "1GB", Threads: 1,
		Operations: func(_ context.Context, table string) ([][]any, error) {
			asked = append(asked, table)
			return tell(table)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, &asked
}

// A thousand rows are inserted at once; these are one more than twice that.
func manyDays() [][]any {
	row := []any{"o'hare", "asp_device", "2026-11-14", "COMPLETE", "41", "2026-11-20T06:00:01.5Z", "2026-11-20T06:12:30Z", nil, nil}
	missing := []any{"o'hare", "asp_device", "2026-11-15", "MISSING", "0", nil, nil, "2027-02-13", "'); DROP TABLE operations.days; --"}
	return append(slices.Repeat([][]any{row}, 2000), missing)
}

func TestOperationsTablesAreFilledWhenTheyAreNamed(t *testing.T) {
	e, asked := withOperations(t, func(table string) ([][]any, error) {
		if table == "days" {
			return manyDays(), nil
		}
		return [][]any{{"hotel-000001", "hotel", "asp-analytics", "vendor", "LOADED", nil, "2026-11-14", "2026-11-17", []string{"asp_device", "it's"},
			"1", "2", "2", "2026-11-20T06:00:00Z", nil, nil}}, nil
	})
	wants(t, e, "SELECT count(*) FROM asp_device", []string{"0"})
	wants(t, e, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'operations'", []string{"7"})
	if len(*asked) > 0 {
		t.Fatalf("statements that name none ask for %q", *asked)
	}
	wants(t, e, `SELECT sum(rows), count(DISTINCT generation), max(lost_after), max(reason) FROM "Operations" . "DAYS" WHERE subscription = 'o''hare'`,
		[]string{"82000", "1", "2027-02-13", "'); DROP TABLE operations.days; --"})
	wants(t, e, "SELECT typeof(dataset_date), typeof(generation), date_diff('millisecond', generation, loaded_at) FROM operations.days LIMIT 1",
		[]string{"DATE", "TIMESTAMP WITH TIME ZONE", "748500"})
	wants(t, e, "SELECT tables[2], requests FROM operations.jobs JOIN operations.days AS d ON dataset_date = first_date LIMIT 1", []string{"it's", "1"})
	if want := []string{"days", "jobs"}; !slices.Equal(*asked, want) {
		t.Errorf("asked for %q, want each once: %q", *asked, want)
	}
}

func TestOperationsTablesThatCannotBeFilled(t *testing.T) {
	down := fault.New(fault.Transient, "the ledger is down")
	e, _ := withOperations(t, func(string) ([][]any, error) { return nil, down })
	for range 2 {
		if err := e.Run(t.Context(), "FROM operations.days", &rows{}); !errors.Is(err, down) {
			t.Errorf("error %v", err)
		}
	}
	if err := e.Run(t.Context(), "FROM operations.nights", &rows{}); !fault.Is(err, fault.Poison) {
		t.Errorf("a table that is none: %v", err)
	}
	if err := folder(t.TempDir()).open(t).Run(t.Context(), "FROM operations.days", &rows{}); !fault.Is(err, fault.Poison) {
		t.Errorf("without a ledger: %v", err)
	}
}

func TestTheRestatementLog(t *testing.T) {
	restated := func(day, measure, before, after string) []any {
		return []any{"hotel", "asp_device", day, measure, before, after, "2026-10-20T06:12:30Z", "2026-10-15T06:00:00Z", "2026-10-20T06:00:00Z", nil, "hotel-000002", nil}
	}
	e, _ := withOperations(t, func(string) ([][]any, error) {
		return [][]any{
			restated("2026-10-04", "dialog_count", "1", "2"), // the day before the fortnight
			restated("2026-10-06", "rows", "40", "41"), restated("2026-10-06", "dialog_count", "0", "9.5"), restated("2026-10-05", "dialog_count", "8", "6"),
		}, nil
	})
	// 6 for 8 is a quarter less, 41 for 40 a fortieth more; of nothing there is no share.
	wants(t, e, "SELECT dataset_date, measure, change, ratio FROM ("+questionNamed(t, "restatement-log").Statement(october)+")",
		[]string{"2026-10-05", "dialog_count", "-2.000000", "-0.25"}, []string{"2026-10-06", "dialog_count", "9.500000", "NULL"}, []string{"2026-10-06", "rows", "1.000000", "0.025"})
}
