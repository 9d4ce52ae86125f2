package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// engine answers every statement with the same rows, and remembers what it was asked.
type engine struct {
	columns []query.Column
	rows    [][]any
	// failAfter is how many rows come before err.
	failAfter  int
	err        error
	openErr    error
	statements []string
	parts      []query.Copied
	output     string
	closed     int
	choice     shell.EngineChoice
	// states and scanned are what Athena tells, when it is asked.
	states  []string
	scanned int64
}

func (e *engine) Run(_ context.Context, statement string, to query.Result) error {
	e.statements = append(e.statements, statement)
	for _, state := range e.states {
		e.choice.Tell(state)
	}
	if e.err != nil && e.failAfter == 0 {
		return e.err
	}
	if len(e.states) > 0 {
		e.choice.Scanned(e.scanned)
	}
	if err := to.Columns(e.columns); err != nil {
		return err
	}
	for i, row := range e.rows {
		if e.err != nil && i == e.failAfter {
			return e.err
		}
		if err := to.Row(row); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) Copy(_ context.Context, statement string) (int64, error) {
	e.statements = append(e.statements, statement)
	return 7, errors.Join(e.err, os.WriteFile(e.output, []byte("parquet"), 0o600))
}

func (e *engine) Database(_ context.Context, parts []query.Copied) (int64, error) {
	e.parts = parts
	return 9, errors.Join(e.err, os.WriteFile(e.output, []byte("database"), 0o600))
}

func (e *engine) Close() error { e.closed++; return nil }

// asked is a bench with an engine that knows two rooms, and a folder that stands for the dataset.
func asked(t *testing.T) (b *bench, folder string) {
	t.Helper()
	folder = t.TempDir()
	b = newBench(t)
	b.env["BELLHOP_HOME"] = folder
	if err := os.MkdirAll(filepath.Join(folder, "s3", "bellhop-dataset"), 0o750); err != nil {
		t.Fatal(err)
	}
	b.engine = &engine{
		columns: []query.Column{{Name: "Unit", Type: "VARCHAR"}, {Name: "minutes", Type: "DECIMAL(18,6)"}, {Name: "empty", Type: "INTEGER"}},
		rows: [][]any{
			{"Room 1", query.Number("10.500000"), nil},
			{"=Room 2", nil, nil},
		},
	}
	return b, folder
}

func TestResultsHaveTheFormThatFits(t *testing.T) {
	const asJSON = `[
  {"Unit":"Room 1","minutes":10.500000,"empty":null},
  {"Unit":"=Room 2","minutes":null,"empty":null}
]
`
	asTable := "Unit       minutes  empty\n" + "Room 1   10.500000   NULL\n" + "=Room 2       NULL   NULL\n" + "2 rows\n" //nolint:dupword // two NULLs
	tests := map[string]struct {
		terminal bool
		args     []string
		want     string
	}{
		"a table on a terminal":         {true, nil, asTable},
		"JSON in a pipe":                {false, nil, asJSON},
		"JSON on a terminal, if wanted": {true, []string{"--json"}, asJSON},
		"a table in a pipe, if wanted":  {false, []string{"--format", "table"}, asTable},
		"CSV, harmless":                 {true, []string{"--format", "csv"}, "Unit,minutes,empty\nRoom 1,10.500000,\n'=Room 2,,\n"},
		"CSV, as it is":                 {true, []string{"--format", "csv", "--raw"}, "Unit,minutes,empty\nRoom 1,10.500000,\n=Room 2,,\n"},
		"a line for each row": {
			false, []string{"--format", "jsonl"},
			`{"Unit":"Room 1","minutes":10.500000,"empty":null}` + "\n" + `{"Unit":"=Room 2","minutes":null,"empty":null}` + "\n",
		},
		"some of the rows": {
			true, []string{"--rows", "1"},
			"Unit      minutes  empty\nRoom 1  10.500000   NULL\nthe first 1 of 2 rows; all of them: --rows 0, or -o FILE\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, folder := asked(t)
			b.terminal = test.terminal
			code, out, errs := b.run(t.Context(), append([]string{"query", "SELECT 1"}, test.args...)...)
			if code != shell.ExitFine || errs != "" {
				t.Fatalf("exit %d: %s", code, errs)
			}
			if diff := cmp.Diff(test.want, out); diff != "" {
				t.Error(diff)
			}
			want := []shell.EngineChoice{{Name: "duckdb", Dataset: filepath.Join(folder, "s3", "bellhop-dataset"), Memory: "1GB"}}
			if diff := cmp.Diff(want, b.choices); diff != "" {
				t.Error(diff)
			}
			if b.engine.closed != 1 {
				t.Errorf("closed %d times", b.engine.closed)
			}
		})
	}
}

func TestAStatementComesFromWhereItIsSaid(t *testing.T) {
	b, folder := asked(t)
	file := filepath.Join(folder, "q.sql")
	if err := os.WriteFile(file, []byte("SELECT 'from a file'"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.in = "SELECT 'from a pipe'"
	for _, args := range [][]string{{"SELECT 'said'"}, {"-f", file}, {"-f", "-"}} {
		if code, _, errs := b.run(t.Context(), append([]string{"query"}, args...)...); code != shell.ExitFine {
			t.Fatalf("%v: exit %d: %s", args, code, errs)
		}
	}
	if diff := cmp.Diff([]string{"SELECT 'said'", "SELECT 'from a file'", "SELECT 'from a pipe'"}, b.engine.statements); diff != "" {
		t.Error(diff)
	}
}

func TestQueryUsage(t *testing.T) {
	tests := map[string]struct {
		args []string
		says string
	}{
		"no statement":               {[]string{"query"}, "needs a statement"},
		"two words":                  {[]string{"query", "SELECT", "1"}, "quotation marks"},
		"statement and file":         {[]string{"query", "SELECT 1", "-f", "x"}, "exclude each other"},
		"a form that is none":        {[]string{"query", "x", "--format", "xlsx"}, `unknown format "xlsx"`},
		"a file without a form":      {[]string{"query", "x", "-o", "out"}, "does not say which form"},
		"Parquet on the screen":      {[]string{"query", "x", "--format", "parquet"}, "to a file"},
		"Parquet from Athena":        {[]string{"query", "x", "-o", "a.parquet", "--engine", "athena", "--workgroup", "w", "--database", "d"}, "DuckDB only"},
		"rows below zero":            {[]string{"query", "x", "--rows", "-1"}, "negative"},
		"threads below zero":         {[]string{"query", "x", "--threads", "-1"}, "negative"},
		"an engine that is none":     {[]string{"query", "x", "--engine", "spark"}, `unknown engine "spark"`},
		"Athena without a workgroup": {[]string{"query", "x", "--engine", "athena"}, "--workgroup"},
		"Athena over a folder":       {[]string{"query", "x", "--engine", "athena", "--dataset", "d"}, "Athena reads the bucket"},
		"DuckDB on AWS":              {[]string{"query", "x", "--aws"}, "--engine athena"},
		"export to nowhere":          {[]string{"export"}, "-o FILE"},
		"export of what form":        {[]string{"export", "-o", "x.xlsx"}, "does not say what it is to be"},
		"two tables in one CSV":      {[]string{"export", "-o", "x.csv"}, "holds one table"},
		"export of no table":         {[]string{"export", "-o", "x.duckdb", "--table", "nope"}, `no table "nope"`},
		"no such scope":              {[]string{"export", "-o", "x.duckdb", "--scope", "room"}, `unknown scope "room"`},
		"a day that is none":         {[]string{"export", "-o", "x.duckdb", "--from", "1.11.2026"}, "--from"},
		"days the wrong way round":   {[]string{"export", "-o", "x.duckdb", "--from", "2026-11-02", "--to", "2026-11-01"}, "is after"},
		"a name with a quote":        {[]string{"export", "-o", "x.duckdb", "--subscription", "o'brien"}, "not the name of a subscription"},
		"explain too little":         {[]string{"explain", "asp_device", "unit"}, "needs a TABLE, a UNIT and a DATE"},
		"explain no table":           {[]string{"explain", "nope", "unit", "2026-11-01"}, `no table "nope"`},
		"explain no day":             {[]string{"explain", "asp_device", "unit", "today"}, "DATE"},
		"manual pages to nowhere":    {[]string{"man"}, "-o DIR"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, _ := asked(t)
			code, out, errs := b.run(t.Context(), test.args...)
			if code != shell.ExitUsage || out != "" || !strings.Contains(errs, test.says) {
				t.Errorf("exit %d, stdout %q, stderr %q", code, out, errs)
			}
			if len(b.engine.statements) > 0 {
				t.Error("something was asked")
			}
		})
	}
}

func TestAFileIsThereWholeOrNotAtAll(t *testing.T) {
	for _, form := range []string{"csv", "json", "jsonl", "parquet"} {
		t.Run(form, func(t *testing.T) {
			b, folder := asked(t)
			out := filepath.Join(folder, "out", "result."+form)
			if err := os.Mkdir(filepath.Dir(out), 0o750); err != nil {
				t.Fatal(err)
			}
			b.engine.err, b.engine.failAfter = fault.New(fault.Poison, "broken in the middle"), 1
			if code, _, errs := b.run(t.Context(), "query", "SELECT 1", "-o", out); code != shell.ExitError || !strings.Contains(errs, "broken in the middle") {
				t.Fatalf("exit %d: %s", code, errs)
			}
			if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) > 0 {
				t.Fatalf("left behind: %v %v", left, err)
			}
			b.engine.err = nil
			if code, _, errs := b.run(t.Context(), "query", "SELECT 1", "-o", out); code != shell.ExitFine {
				t.Fatalf("exit %d: %s", code, errs)
			}
			before, err := os.ReadFile(out)
			if err != nil || len(before) == 0 {
				t.Fatalf("%q, %v", before, err)
			}
			asks := len(b.engine.statements)
			if code, _, errs := b.run(t.Context(), "query", "SELECT 1", "-o", out); code != shell.ExitError || !strings.Contains(errs, "--force") {
				t.Errorf("exit %d: %s", code, errs)
			}
			if len(b.engine.statements) != asks {
				t.Error("the work was done before the file was refused")
			}
			if code, _, errs := b.run(t.Context(), "query", "SELECT 1", "-o", out, "--force"); code != shell.ExitFine {
				t.Errorf("exit %d: %s", code, errs)
			}
			if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) != 1 {
				t.Errorf("there should be one file: %v %v", left, err)
			}
		})
	}
}

const deviceColumns = "SELECT dataset_date, unit_id, unit_name, depth, row_scope, parent_unit_id, property_id, property_name, unit_ids, unit_names, " +
	"device_count, active_device_count, dialog_count, extra, subscription"

func TestAnExportSelectsWhatIsWanted(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"what adds up": {nil, deviceColumns + " FROM asp_device WHERE row_scope = 'LEAF' ORDER BY ALL"},
		"every row":    {[]string{"--scope", "all"}, deviceColumns + " FROM raw.asp_device ORDER BY ALL"},
		"roll-ups of some days": {
			[]string{"--scope", "rollup", "--from", "2026-11-01", "--to", "2026-11-02"},
			deviceColumns + " FROM raw.asp_device WHERE row_scope = 'ROLLUP' AND dataset_date >= DATE '2026-11-01' AND dataset_date <= DATE '2026-11-02' ORDER BY ALL",
		},
		"one subscription's leaves": {
			[]string{"--subscription", "hotel"}, deviceColumns + " FROM raw.asp_device WHERE row_scope = 'LEAF' AND subscription = 'hotel' ORDER BY ALL",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, form := range []string{"csv", "parquet", "duckdb"} {
				b, folder := asked(t)
				code, out, errs := b.run(t.Context(), append([]string{"export", "--table", "asp_device", "-o", filepath.Join(folder, "x."+form)}, test.args...)...)
				if code != shell.ExitFine {
					t.Fatalf("exit %d: %s", code, errs)
				}
				statements := b.engine.statements
				for _, p := range b.engine.parts {
					statements = append(statements, p.Query)
				}
				if diff := cmp.Diff([]string{test.want}, statements); diff != "" {
					t.Error(diff)
				}
				rows := map[string]int64{"csv": 2, "parquet": 7, "duckdb": 9}[form]
				if got := decode[struct{ Rows int64 }](t, out); got.Rows != rows {
					t.Errorf("%s: %d rows are said, want %d", form, got.Rows, rows)
				}
			}
		})
	}
}

// Without units there is no row_scope to choose by, and nothing has others below it.
func TestAnExportOfATableWithoutUnits(t *testing.T) {
	const columns = "SELECT dataset_date, campaign_id, campaign_group, title, body, locale, locales, template, content, targeting_type, " +
		"target_units, starts_at, ends_at, validation_status, validation_reason, target_unit_count, extra, subscription"
	for scope, want := range map[string]string{
		"leaf": " FROM asp_campaigns ORDER BY ALL", "all": " FROM raw.asp_campaigns ORDER BY ALL",
		"rollup": " FROM raw.asp_campaigns WHERE false ORDER BY ALL",
	} {
		b, folder := asked(t)
		b.run(t.Context(), "export", "--table", "asp_campaigns", "--scope", scope, "-o", filepath.Join(folder, "x.csv"))
		if diff := cmp.Diff([]string{columns + want}, b.engine.statements); diff != "" {
			t.Error(diff)
		}
	}
}

func TestADatabaseHoldsEveryTable(t *testing.T) {
	b, folder := asked(t)
	if code, _, errs := b.run(t.Context(), "export", "-o", filepath.Join(folder, "all.duckdb")); code != shell.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var names []string
	for _, p := range b.engine.parts {
		names = append(names, p.Table)
	}
	var want []string
	for _, d := range dataset.Definitions() {
		want = append(want, d.Name)
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

// Athena takes its time, and money: a person sees the one and is told the other, and neither gets into the result.
func TestAthenaSaysWhatItDoes(t *testing.T) {
	const blank = "\r\x1b[K"
	ask := []string{"query", "SELECT 1", "--engine", "athena", "--workgroup", "w", "--database", "d", "--format", "csv"}
	b, _ := asked(t)
	b.engine.columns, b.engine.rows = []query.Column{{Name: "n", Type: "integer"}}, [][]any{{query.Number("1")}}
	b.engine.states, b.engine.scanned = []string{"QUEUED", "RUNNING"}, 25_000_000
	code, out, errs := b.run(t.Context(), ask...)
	if code != 0 || out != "n\n1\n" || errs != "Athena read 23.8 MiB, for about $0.00013.\n" {
		t.Errorf("in a pipe: exit %d, %q, %q", code, out, errs)
	}
	b.errTerminal = true
	if _, out, errs = b.run(t.Context(), ask...); out != "n\n1\n" ||
		errs != blank+"Athena: queued"+blank+"Athena: running"+blank+"Athena read 23.8 MiB, for about $0.00013.\n"+blank {
		t.Errorf("on a terminal: %q, %q", out, errs)
	}
	b.engine.err = fault.New(fault.Poison, "there is no such table")
	if code, _, errs = b.run(t.Context(), ask...); code == 0 || !strings.HasPrefix(errs, blank+"Athena: queued"+blank+"Athena: running"+blank+"bellhop: ") {
		t.Errorf("when it fails: exit %d, %q", code, errs)
	}
}

func TestAnExportOfNothingFailsAndLeavesNoFile(t *testing.T) {
	b, folder := asked(t)
	b.engine.rows = nil
	file := filepath.Join(folder, "x.csv")
	code, out, errs := b.run(t.Context(), "export", "--table", "asp_device", "--from", "2030-01-01", "-o", file)
	if code != shell.ExitError || out != "" || !strings.Contains(errs, "nothing to export") || !strings.Contains(errs, "→ see which days") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("an empty file is left")
	}
}

func TestAWideResultSaysWhatItLeavesOut(t *testing.T) {
	b, _ := asked(t)
	b.terminal, b.width = true, 20
	if _, out, _ := b.run(t.Context(), "query", "x"); !strings.Contains(strings.Join(strings.Fields(out), " "), "2 of 3 columns; --line shows all") || strings.Contains(out, "NULL\n=") || strings.Contains(out, "…") {
		t.Errorf("shown is %s", out)
	}
	_, out, _ := b.run(t.Context(), "query", "x", "--line")
	lines(t, out, `
Unit     Room 1
minutes  10.500000
empty    NULL

Unit     =Room 2
minutes  NULL
empty    NULL
2 rows`)
	if code, _, errs := b.run(t.Context(), "query", "x", "--line", "--format", "csv"); code != shell.ExitUsage || !strings.Contains(errs, "--line is a form of the table") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

func TestListsCanBeTheNewestOnly(t *testing.T) {
	b := newBench(t)
	b.ledger.files["e.csv"] = report.File{Key: "e.csv", Status: report.FileExpected, Generation: at("07:00:00")}
	_, out, _ := b.run(t.Context(), "files", "list", "--last", "1")
	if files := decode[[]map[string]any](t, out); len(files) != 1 {
		t.Errorf("files: %v", files)
	}
	for _, what := range []string{"files", "certificates"} {
		if code, _, errs := b.run(t.Context(), what, "list", "--last", "-1"); code != shell.ExitUsage || !strings.Contains(errs, "negative") {
			t.Errorf("%s: exit %d, %s", what, code, errs)
		}
	}
}

func TestAResetOfAFolderWithoutBellhopResetsNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	code, out, _ := b.run(t.Context(), "local", "reset", "--home", dir, "--confirm")
	if answer := decode[map[string]any](t, out); code != 0 || answer["reset"] != false || len(b.resets) > 0 {
		t.Errorf("exit %d, %v, %q", code, answer, b.resets)
	}
}

func TestACSVForSpreadsheets(t *testing.T) {
	b, folder := asked(t)
	file := filepath.Join(folder, "x.csv")
	if code, _, errs := b.run(t.Context(), "export", "--table", "asp_device", "-o", file, "--bom", "--semicolons"); code != shell.ExitFine {
		t.Fatalf("exit %d, %s", code, errs)
	}
	if content, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(content), "\ufeffUnit;minutes;empty\n") {
		t.Errorf("%q, %v", content, err)
	}
	if code, _, errs := b.run(t.Context(), "export", "-o", filepath.Join(folder, "x.duckdb"), "--bom"); code != shell.ExitUsage || !strings.Contains(errs, "for CSV") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// A question is asked with its query, in any form that a query has.
func TestAnalyses(t *testing.T) {
	b, _ := asked(t)
	_, out, errs := b.run(t.Context(), "analyses", "list")
	var names []string
	for _, q := range decode[[]struct{ Name string }](t, out) {
		names = append(names, q.Name)
	}
	if !slices.Contains(names, "skill-failure-rate") || !slices.Contains(names, "campaign-click-through") {
		t.Errorf("%v; %s", names, errs)
	}
	for _, name := range names {
		code, out, errs := b.run(t.Context(), "analyses", "run", name, "--format", "csv")
		if code != 0 || !strings.HasPrefix(out, "Unit,minutes,empty\nRoom 1,") {
			t.Errorf("%s: exit %d, %s%s", name, code, out, errs)
		}
	}
	b.terminal = true
	if _, out, _ := b.run(t.Context(), "analyses", "show", "skill-failure-rate"); !strings.Contains(out, "FROM skill_metrics") || !strings.Contains(strings.Join(strings.Fields(out), " "), "NULL on a day without utterances") {
		t.Error(out)
	}
	for _, args := range [][]string{{"run", "no-such-question"}, {"run", "skill-intents", "--engine", "athena", "--workgroup", "w", "--database", "d"}} {
		if code, _, errs := b.run(t.Context(), append([]string{"analyses"}, args...)...); code != shell.ExitUsage {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
}
