//go:build cgo

package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// publishing is a bench with a real engine whose ledger has one of everything, and the folder to publish into. The checks found
// something about each of two units.
func publishing(t *testing.T) (b *bench, folder string) {
	t.Helper()
	b, home := asked(t)
	folder, b.dataset, b.realEngine = t.TempDir(), archived(t).dataset, account.OpenEngine
	b.ledger, b.own = archived(t).ledger, migrate.Folder(folder)
	figures := func(sum string) report.Figures { return report.Figures{Values: 2, Sum: sum} }
	b.ledger.restated = []report.Restatement{{
		Subscription: "hotel", Table: "asp_device", Date: day(16), At: at("06:40:00"), Before: report.Edition{Rows: 41}, After: report.Edition{Rows: 42, Job: "hotel-000001"},
		Measures: []report.Change{{Measure: "dialog_count", Before: figures("7.5"), After: figures("100")}},
	}}
	found := quality.Result{CheckedAt: now, Findings: []quality.Finding{
		{Rule: "taps", Severity: catalog.Bad, Table: "asp_proactive_campaign", Date: "2026-11-16", UnitID: "r1", Value: "3", Expected: "2"},
		{Rule: "taps", Severity: catalog.Bad, Table: "asp_proactive_campaign", Date: "2026-11-16", UnitID: "r2", Value: "9", Expected: "2"},
	}}
	if err := quality.Save(filepath.Join(home, "s3", shell.LocalDataset), found); err != nil {
		t.Fatal(err)
	}
	b.ledger.erasures = []report.Erasure{{Unit: report.HashUnit("r2")}}
	return b, folder
}

type outcome struct {
	DryRun bool `json:"dry_run"`
	Tables []struct {
		Table, Key string
		Rows       int
		Changed    bool
	}
}

// changed are the tables that were written, or would be.
func (o outcome) changed() (names []string) {
	for _, table := range o.Tables {
		if table.Changed {
			names = append(names, table.Table)
		}
	}
	return names
}

func publish(t *testing.T, b *bench, args ...string) outcome {
	t.Helper()
	code, out, errs := b.run(t.Context(), append([]string{"operations", "publish"}, args...)...)
	if code != shell.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	return decode[outcome](t, out)
}

// texts collects a result as text.
type texts []string

func (*texts) Columns([]query.Column) error { return nil }

func (r *texts) Row(values []any) error {
	var cells []string
	for _, v := range values {
		cell, err := query.Text(v)
		if err != nil {
			return err
		}
		cells = append(cells, cell)
	}
	*r = append(*r, strings.Join(cells, " "))
	return nil
}

// read asks for something of the Parquet of an operations table, whose name stands for %s.
func read(t *testing.T, folder, table, statement string) []string {
	t.Helper()
	e, err := duckdb.Open(t.Context(), duckdb.Options{Dataset: folder, Memory: "1GB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	var r texts
	file := filepath.Join(folder, filepath.FromSlash(report.OperationsKey(table)))
	if err := e.Run(t.Context(), fmt.Sprintf(statement, "'"+file+"'"), &r); err != nil {
		t.Errorf("%s: %v", table, err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	return r
}

func TestTheOperationsArePublished(t *testing.T) {
	b, folder := publishing(t)
	b.terminal = true
	if code, out, errs := b.run(t.Context(), "operations", "publish", "--dry-run"); code != shell.ExitFine || !strings.Contains(out, "operations.days             8  would be written") || !strings.Contains(out, "As of 2026-11-20 07:40:00Z.") {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
	if _, err := os.Stat(filepath.Join(folder, "operations")); !os.IsNotExist(err) {
		t.Errorf("a dry run writes: %v", err)
	}
	b.terminal = false
	publish(t, b)
	// 40, 41, 42 and 43 rows of one table, none, 1, 2 and 3 of the other.
	for table, tt := range map[string]struct {
		statement string
		want      []string
	}{
		"days":         {"SELECT status, count(*), sum(rows) FROM %s GROUP BY ALL ORDER BY ALL", []string{"COMPLETE 7 172", "ZERO 1 0"}},
		"restatements": {"SELECT measure, old_value, new_value, restated_at, new_job FROM %s", []string{"dialog_count 7.500000 100.000000 2026-11-20 06:40:00Z hotel-000001", "rows 41.000000 42.000000 2026-11-20 06:40:00Z hotel-000001"}},
		"jobs":         {"SELECT job, first_date, tables[2], requests, submitted_at, reason FROM %s", []string{"hotel-000001 2026-11-14 asp_communication 1 2026-11-20 06:00:01Z NULL"}},
		"files":        {"SELECT file, status, rows, bytes, deleted_at FROM %s", []string{"d.csv DELETED 40 2048 2026-11-20 06:12:31Z"}},
		"certificates": {"SELECT file, etag, bytes, cause, verified_at, request_id FROM %s", []string{"d.csv e1 2048 LOADED 2026-11-20 06:12:32Z S3-1"}},
		"runs":         {"SELECT kind, subscription FROM %s ORDER BY ALL", []string{"plan hotel", "verification NULL"}},
		"checks":       {"SELECT unit_id, value, expected, checked_at FROM %s", []string{"r1 3.000000 2.000000 2026-11-20 07:40:00Z"}},
	} {
		if diff := cmp.Diff(tt.want, read(t, folder, table, tt.statement)); diff != "" {
			t.Errorf("%s: %s", table, diff)
		}
	}
}

// inParquet is what Athena must find in a file for a column of the catalogue's type.
var inParquet = map[dataset.Type]string{
	dataset.Date: "INT32 DATE", dataset.Bigint: "INT64 INT_64", dataset.String: "BYTE_ARRAY UTF8", dataset.Decimal: "INT64 DECIMAL 18 6",
	dataset.Timestamp: "INT64 TIMESTAMP_MICROS", dataset.Strings: "LIST",
}

// A table without rows has its columns, too.
func TestThePublishedColumnsAreThoseOfTheCatalogue(t *testing.T) {
	b, folder := publishing(t)
	b.ledger.restated, b.ledger.certificates = nil, nil
	publish(t, b)
	for _, o := range dataset.Operations() {
		var want []string
		for _, c := range o.Columns {
			want = append(want, c.Name+" "+inParquet[c.Type])
		}
		got := read(t, folder, o.Name, "SELECT concat_ws(' ', name, type, converted_type, precision, scale) FROM parquet_schema(%s) WHERE name NOT IN ('duckdb_schema', 'list', 'element')")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", o.Name, diff)
		}
	}
}

func TestWhatIsPublishedAlreadyIsNotWrittenAgain(t *testing.T) {
	b, folder := publishing(t)
	if got := publish(t, b).changed(); len(got) != len(dataset.Operations()) {
		t.Errorf("at first %q are written", got)
	}
	b.own = readOnly{migrate.Folder(folder)}
	if got := publish(t, b); len(got.changed()) > 0 {
		t.Errorf("%q are written again", got.changed())
	}
	job := b.ledger.jobs["hotel-000001"]
	job.Status, b.own = report.JobLost, migrate.Folder(folder)
	b.ledger.jobs["hotel-000001"] = job
	for _, dry := range []bool{true, false} {
		got := publish(t, b, fmt.Sprintf("--dry-run=%v", dry))
		if want := []string{"operations.jobs"}; !slices.Equal(got.changed(), want) || got.DryRun != dry {
			t.Errorf("with --dry-run=%v, %q are written, want %q", dry, got.changed(), want)
		}
	}
	if got := read(t, folder, "jobs", "SELECT status FROM %s"); !slices.Equal(got, []string{"LOST"}) {
		t.Errorf("a job is %q", got)
	}
	// The checks do not run on a stack.
	if got := publish(t, b, "--stack", "s"); got.Tables[1].Table != "operations.checks" || got.Tables[1].Rows != 0 {
		t.Errorf("of a stack: %+v", got.Tables[1])
	}
	b.own = nil
	if code, _, errs := b.run(t.Context(), "operations", "publish"); code != shell.ExitUsage || !strings.Contains(errs, "dataset bucket is not known") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// readOnly takes no writes.
type readOnly struct{ migrate.Folder }

func (readOnly) Put(context.Context, report.Write) (report.Object, error) {
	return report.Object{}, errors.New("nothing is to be written")
}

// In a real folder what is published is in the way of nothing, and nothing of it.
func TestNothingTouchesThePublishedOperations(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	m, err := sim.Open(t.Context(), sim.Options{Dir: home})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Demonstrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		code := cli.Run(t.Context(), append(args, "--home", home), shell.Environment{
			In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(string) string { return "" }, Wait: account.Wait,
			Open: account.Open, OpenEngine: account.OpenEngine, Sources: account.Sources(),
		})
		if code != shell.ExitFine {
			t.Fatalf("%v: exit %d\n%s%s", args, code, &out, &errs)
		}
		return out.String()
	}
	folder := filepath.Join(home, "s3", shell.LocalDataset)
	contents := func() map[string]string {
		all := map[string]string{}
		for _, o := range dataset.Operations() {
			content, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(report.OperationsKey(o.Name))))
			if err != nil {
				t.Fatal(err)
			}
			all[o.Name] = string(content)
		}
		return all
	}
	run("operations", "publish")
	for _, o := range dataset.Operations() {
		rows := decode[[]struct{ N int }](t, run("query", "SELECT count(*) AS n FROM "+o.Table()))
		if got := read(t, folder, o.Name, "SELECT count(*) FROM %s"); got[0] != fmt.Sprint(rows[0].N) || o.Name != quality.Table && o.Name != "restatements" && rows[0].N == 0 {
			t.Errorf("%s has %s rows, the ledger %d", o.Name, got[0], rows[0].N)
		}
	}
	before := contents()
	if again := decode[outcome](t, run("operations", "publish")); len(again.changed()) > 0 {
		t.Errorf("%q are written again", again.changed())
	}
	if verified := run("verify"); strings.Contains(verified, report.OperationsPrefix) {
		t.Errorf("verify names them:\n%s", verified)
	}
	run("migrate")
	run("export", "--table", "asp_domain_engagement", "-o", filepath.Join(t.TempDir(), "domains.csv"))
	unit := decode[[]struct{ Unit string }](t, run("query", "SELECT max(unit_id) AS unit FROM asp_device"))[0].Unit
	if erased := run("privacy", "erase", "--unit", unit, "--confirm"); strings.Contains(erased, `"changed": []`) {
		t.Errorf("%s is nowhere:\n%s", unit, erased)
	}
	if diff := cmp.Diff(before, contents()); diff != "" {
		t.Error("what was published has changed")
	}
}
