package cli_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// restated is a bench on which 16 November was replaced an hour ago, and 14 November eight days ago. The engine says how one
// property did in both weeks, and that of another a day is not there.
func restated(t *testing.T) *bench {
	t.Helper()
	b, _ := asked(t)
	b.terminal = true
	figures := func(sum string) report.Figures { return report.Figures{Values: 2, Sum: sum} }
	of := func(d int, at time.Time) report.Restatement {
		return report.Restatement{
			Subscription: "hotel", Table: "asp_device", Date: day(d), At: at, Before: report.Edition{Rows: 41}, After: report.Edition{Rows: 42},
			Measures: []report.Change{{Measure: "dialog_count", Before: figures("80"), After: figures("100")}, {Measure: "device_count", Before: figures("2"), After: figures("2")}},
		}
	}
	b.ledger.restated = []report.Restatement{of(14, now.AddDate(0, 0, -8)), of(16, now.Add(-time.Hour))}
	b.engine.rows = [][]any{
		{"p1", "Seaside", query.Number("20"), query.Number("30"), true, query.Number("10"), query.Number("0.5")},
		{"p2", "Harbour", query.Number("9"), query.Number("90"), false, nil, nil},
	}
	return b
}

func TestChangesOnAScreen(t *testing.T) {
	const week = `
RESTATED since 2026-11-13 07:40Z
WHEN               SUBSCRIPTION  TABLE       DAY         MEASURE       BEFORE  AFTER  CHANGE
2026-11-20 06:40Z  hotel         asp_device  2026-11-16  rows              41     42   2.4 %
2026-11-20 06:40Z  hotel         asp_device  2026-11-16  dialog_count      80    100  25.0 %
`
	b := restated(t)
	// The newest day is Tuesday, 17 November: the last week that was over ended on Sunday, the 15th.
	code, out, errs := b.run(t.Context(), "changes")
	lines(t, out, week+`
DIALOGS 2026-11-09..2026-11-15 against 2026-11-02..2026-11-08
PROPERTY  BEFORE  AFTER  CHANGE
Seaside       20     30  50.0 %
Harbour        9     90          a day is not there`)
	if code != shell.ExitFine || errs != "" || b.engine.closed != 1 {
		t.Errorf("exit %d, %s, closed %d times", code, errs, b.engine.closed)
	}
	if _, out, _ := restated(t).run(t.Context(), "changes", "--table", "asp_device"); strings.Contains(out, "DIALOGS") || !strings.Contains(out, "RESTATED") {
		t.Errorf("of a table:\n%s", out)
	}
	if _, out, _ := restated(t).run(t.Context(), "changes", "--since", "9d", "--subscription", "hotel"); strings.Count(out, "dialog_count") != 2 {
		t.Errorf("since nine days:\n%s", out)
	}
	// Without an engine, what was restated is said all the same.
	b = restated(t)
	b.engine = nil
	code, out, _ = b.run(t.Context(), "changes")
	lines(t, out, week+"\nweek is not compared with week: this bellhop has no engine")
	if code != shell.ExitFine {
		t.Errorf("without an engine: exit %d", code)
	}
}

func TestChangesInAPipe(t *testing.T) {
	b := restated(t)
	b.terminal = false
	_, out, _ := b.run(t.Context(), "changes")
	type shown struct {
		Restated []report.Restatement `json:"restated"`
		Weeks    struct {
			Properties []struct {
				Change, Ratio *float64
			}
		}
	}
	got := decode[shown](t, out)
	if len(got.Restated) != 1 || len(got.Restated[0].Measures) != 1 || len(got.Weeks.Properties) != 2 {
		t.Fatalf("%s", out)
	}
	complete, incomplete := got.Weeks.Properties[0], got.Weeks.Properties[1]
	if *complete.Change != 10 || *complete.Ratio != 0.5 || incomplete.Change != nil || incomplete.Ratio != nil {
		t.Errorf("%s", out)
	}
}

// Each of the seven rules finds the same row in this bench.
func TestAChecksFindingsAreKept(t *testing.T) {
	b, home := asked(t)
	b.terminal = true
	folder := filepath.Join(home, "s3", "bellhop-dataset")
	b.engine.rows = [][]any{{"asp_device", "2026-11-16", "r1", nil, query.Number("3"), query.Number("2")}}
	for _, args := range []string{"check run taps", "check run --dry-run"} {
		if code, out, errs := b.run(t.Context(), strings.Fields(args)...); code != shell.ExitAttention || !strings.Contains(out, "taps") {
			t.Errorf("%s: exit %d\n%s%s", args, code, out, errs)
		}
		if _, kept, err := quality.Last(folder); kept || err != nil {
			t.Fatalf("%s keeps what it finds (%v)", args, err)
		}
	}
	if _, out, _ := b.run(t.Context(), "check", "list"); !strings.Contains(out, "they never ran here") {
		t.Errorf("before the first run:\n%s", out)
	}
	code, out, errs := b.run(t.Context(), "check", "run", "--since", "20d")
	if code != shell.ExitAttention || !strings.Contains(out, "3 bad · 2 warn · 2 info found, in the days from 2026-10-31 on") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if last, kept, err := quality.Last(folder); !kept || err != nil || len(last.Findings) != 7 || !last.CheckedAt.Equal(now) {
		t.Errorf("kept is %+v, %v", last, err)
	}
	if _, out, _ := b.run(t.Context(), "check", "list"); !strings.Contains(out, "taps             bad") || !strings.Contains(out, "found 2026-11-20 07:40Z") {
		t.Errorf("afterwards:\n%s", out)
	}
	if code, out, _ := b.run(t.Context(), "status"); code != shell.ExitFine || !strings.Contains(out, "CHECK 3 bad · 2 warn · 2 info, as of 2026-11-20 07:40Z: bellhop check list") {
		t.Errorf("status: exit %d\n%s", code, out)
	}
	// What is worth knowing needs nobody.
	if code, _, _ := b.run(t.Context(), "check", "run", "new-intent"); code != shell.ExitFine {
		t.Errorf("a new intent: exit %d", code)
	}
	b.engine.rows = nil
	if code, out, _ := b.run(t.Context(), "check", "run"); code != shell.ExitFine || !strings.Contains(out, "none found") {
		t.Errorf("nothing is wrong: exit %d\n%s", code, out)
	}
}

// A query over the local folder may name the operations tables; over another folder there is only what the checks found.
func TestTheEngineIsHandedTheOperations(t *testing.T) {
	b, home := asked(t)
	local := filepath.Join(home, "s3", "bellhop-dataset")
	found := quality.Result{CheckedAt: now, Findings: []quality.Finding{{Rule: "taps", Severity: catalog.Bad}}}
	elsewhere := t.TempDir()
	if err := quality.Save(elsewhere, found); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]map[string]int{local: {"days": 8, "jobs": 1, "checks": 0}, elsewhere: {"days": -1, "jobs": -1, "checks": 1}} {
		if code, _, errs := b.run(t.Context(), "query", "SELECT 1", "--dataset", folder); code != shell.ExitFine {
			t.Fatal(errs)
		}
		for table, n := range want {
			rows, err := b.engine.choice.Operations(t.Context(), table)
			if n < 0 && !fault.Is(err, fault.Poison) || n >= 0 && (err != nil || len(rows) != n) {
				t.Errorf("%s of %s has %d rows, %v, want %d", table, folder, len(rows), err, n)
			}
		}
	}
}

func TestWatchingDrawsAgainUntilItIsStopped(t *testing.T) {
	b := newBench(t)
	b.terminal = true
	ctx, stop := context.WithCancel(t.Context())
	opened := 0
	b.clock = func() time.Time {
		if opened = len(b.opened); opened == 3 {
			stop()
		}
		return now
	}
	b.ledger.jobs["hotel-000002"] = report.Job{ID: "hotel-000002", Subscription: "hotel", Status: report.JobRefused} // exit 3, drawn once
	code, out, errs := b.run(ctx, "status", "--watch")
	if drawn := strings.Count(out, "\x1b[H\x1b[2JWHERE"); code != shell.ExitFine || errs != "" || drawn < 2 {
		t.Errorf("exit %d, %s, drawn %d times", code, errs, drawn)
	}
	b.ledger.err = fault.New(fault.Transient, "the ledger is down")
	if code, _, errs := b.run(t.Context(), "status", "--watch"); code != shell.ExitError || !strings.Contains(errs, "the ledger is down") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
