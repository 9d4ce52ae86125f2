//go:build cgo

package duckdb_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// folder is one with a dataset.
type folder string

// load converts a file as the ingester does.
func (d folder) load(t *testing.T, subscription, name, csv string) {
	t.Helper()
	from, to := report.NewDate(2000, time.January, 1), report.NewDate(2100, time.January, 1)
	c, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(csv), report.Contract{
		Subscription: subscription, Table: name, Window: report.Window{From: from, To: to},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range c.Days {
		file := filepath.Join(string(d), filepath.FromSlash(report.PartitionKey(subscription, name, day.Date)))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(day.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func sample(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "..", "testdata", "asp", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// hotels is a dataset with the report of an organisation with all of its units.
func hotels(t *testing.T) folder {
	t.Helper()
	d := folder(t.TempDir())
	d.load(t, "hotels", "asp_device", sample(t, "device_subunits.csv"))
	return d
}

func (d folder) open(t *testing.T) *duckdb.Engine {
	t.Helper()
	e, err := duckdb.Open(t.Context(), duckdb.Options{Dataset: string(d), Memory: "1GB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// rows collects a result as text.
type rows struct {
	columns []query.Column
	texts   [][]string
	values  [][]any
}

func (r *rows) Columns(c []query.Column) error { r.columns = c; return nil }

func (r *rows) Row(values []any) error {
	texts := make([]string, len(values))
	for i, v := range values {
		var err error
		if texts[i], err = query.Text(v); err != nil {
			return err
		}
	}
	r.texts, r.values = append(r.texts, texts), append(r.values, values)
	return nil
}

func ask(t *testing.T, e query.Engine, statement string) *rows {
	t.Helper()
	r := &rows{}
	if err := e.Run(t.Context(), statement, r); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return r
}

func wants(t *testing.T, e query.Engine, statement string, want ...[]string) {
	t.Helper()
	if diff := cmp.Diff(want, ask(t, e, statement).texts); diff != "" {
		t.Errorf("%s\n%s", statement, diff)
	}
}

// The file has six rows of the first day and three of the second. By hand: on the first the rooms 101 and 102 and the
// property South, which has no room there, are the leaves: 20 + 1 + 10 = 31 dialogs, and 31 + 21 + 21 + 31 = 104 are those of
// all rows. On the second they are room 201 and North: 7 + 0, of 7 + 7 + 0.
func TestSumsAreRightByDefault(t *testing.T) {
	e := hotels(t).open(t)
	byDay := " GROUP BY dataset_date ORDER BY dataset_date"
	wants(t, e, "SELECT dataset_date, sum(dialog_count), count(*) FROM asp_device"+byDay,
		[]string{"2026-11-01", "31", "3"}, []string{"2026-11-02", "7", "2"})
	wants(t, e, "SELECT dataset_date, sum(dialog_count), count(*) FROM raw.asp_device"+byDay,
		[]string{"2026-11-01", "104", "6"}, []string{"2026-11-02", "14", "3"})
}

const header = "dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,device_count,active_device_count,dialog_count\n"

func TestNothingCountsTwiceWhereSubscriptionsOverlap(t *testing.T) {
	tests := map[string]struct {
		subscription, csv string
		want              []string
	}{
		"a property without its rooms": {
			"alone", header + "11/1/2026,amzn1.alexa.unit.did.org,Hotels,amzn1.alexa.unit.did.north,North,3,2,21\n",
			[]string{"31", "3", "hotels"},
		},
		"the same leaf again, under a later name": {
			"same", header + "11/1/2026,amzn1.alexa.unit.did.org,Hotels,amzn1.alexa.unit.did.south,South,2,2,99\n",
			[]string{"31", "3", "hotels"},
		},
		// 20 + 1 of hotels, and 8 of the subscription that comes first.
		"the same leaf again, under an earlier name": {
			"before", header + "11/1/2026,amzn1.alexa.unit.did.org,Hotels,amzn1.alexa.unit.did.south,South,2,2,8\n",
			[]string{"29", "3", "before,hotels"},
		},
		"a unit that nobody else has": {
			"other", header + "11/1/2026,amzn1.alexa.unit.did.org,Hotels,amzn1.alexa.unit.did.west,West,1,1,5\n",
			[]string{"36", "4", "hotels,other"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := hotels(t)
			d.load(t, test.subscription, "asp_device", test.csv)
			wants(t, d.open(t), `SELECT sum(dialog_count), count(*), string_agg(DISTINCT subscription, ',' ORDER BY subscription)
				FROM asp_device WHERE dataset_date = DATE '2026-11-01'`, test.want)
		})
	}
}

// A unit's rows of one day come from one report, whatever dimensions the other one has.
func TestNoDayOfAUnitIsMixedFromTwoReports(t *testing.T) {
	head := "dataset_date,unitId_level_0,unitName_level_0,Business Domain,active_device_count,dialog_count\n"
	d := folder(t.TempDir())
	d.load(t, "a", "asp_domain_engagement", head+"8/16/2023,u,U,Audio,1,10\n")
	d.load(t, "b", "asp_domain_engagement", head+"8/16/2023,u,U,Audio,1,11\n8/16/2023,u,U,Other,1,1\n")
	wants(t, d.open(t), "SELECT subscription, business_domain, dialog_count FROM asp_domain_engagement", []string{"a", "Audio", "10"})
}

// A company's day comes from one subscription, with each row as often as its export has it.
func TestADayOfACompanyIsOfOneSubscription(t *testing.T) {
	d := folder(t.TempDir())
	const head, harbour, inland = "dataset_date,company,extra\n", "2026-11-01,Harbour,\n", "2026-11-01,Inland,\n"
	d.load(t, "a", "khoros_author", head+harbour+harbour)
	d.load(t, "b", "khoros_author", head+harbour+inland+inland+inland)
	wants(t, d.open(t), "SELECT company, subscription, count(*) FROM khoros_author GROUP BY ALL ORDER BY ALL",
		[]string{"Harbour", "a", "2"}, []string{"Inland", "b", "3"})
}

// duckTypes are what DuckDB calls the types.
var duckTypes = map[dataset.Type]string{
	dataset.Date: "DATE", dataset.Int: "INTEGER", dataset.Bigint: "BIGINT", dataset.Decimal: "DECIMAL(18,6)", dataset.String: "VARCHAR",
	dataset.Strings: "VARCHAR[]", dataset.StringMap: "MAP(VARCHAR, VARCHAR)",
	dataset.Timestamp: "TIMESTAMP WITH TIME ZONE",
}

func TestColumnsHaveTheirTypesWithAndWithoutFiles(t *testing.T) {
	full := folder(t.TempDir())
	for name, file := range map[string]string{
		"asp_device": "device.csv", "asp_domain_engagement": "domain_engagement.csv", "asp_communication": "communication.csv",
		"asp_proactive_campaign": "proactive_campaign.csv", "asp_property_skill": "property_skill.csv",
		"skill_metrics": "../fetched/skill_metrics.csv", "asp_campaigns": "../fetched/asp_campaigns.csv",
	} {
		full.load(t, "s", name, sample(t, file))
	}
	full.load(t, "s", "pinpoint_kpis", "dataset_date,application_id,level,resource_id,kpi_name,group_key,group_value,value_key,value_type,given,amount,reading\n"+
		"2026-10-01,app,application,app,txn-emails-sent,,,EmailsSent,Double,,12,\n")
	for _, d := range dataset.Definitions() {
		if d.Open {
			names := []string{"dataset_date"}
			for _, c := range d.Dimensions() {
				names = append(names, c.Name)
			}
			full.load(t, "s", d.Name, strings.Join(names, ",")+"\n2026-11-01"+strings.Repeat(",text", len(names)-1)+"\n")
		}
	}
	for state, e := range map[string]*duckdb.Engine{"with files": full.open(t), "without files": folder(t.TempDir()).open(t)} {
		for _, d := range dataset.Definitions() {
			for _, from := range []string{d.Name, "raw." + d.Name} {
				t.Run(state+" "+from, func(t *testing.T) {
					var want, got [][]string
					for _, c := range d.Columns {
						want = append(want, []string{c.Name, duckTypes[c.Type]})
					}
					for _, row := range ask(t, e, "DESCRIBE "+from).texts {
						got = append(got, row[:2])
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Error(diff)
					}
					if n := len(ask(t, e, "FROM "+from).texts); (n > 0) != (state == "with files") {
						t.Errorf("%d rows", n)
					}
				})
			}
		}
	}
}

func TestValuesArriveAsTheyAre(t *testing.T) {
	d := folder(t.TempDir())
	d.load(t, "s", "asp_communication", sample(t, "communication.csv"))
	d.load(t, "s", "asp_device", "dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,device_count,active_device_count,dialog_count,Colour\n"+
		"11/1/2026,o,,p,Inn,,0,9223372036854775807,blue\n")
	e := d.open(t)
	// 164.33 + 157.95, by hand.
	wants(t, e, "SELECT sum(calling_duration_minutes + dropin_duration_minutes) FROM asp_communication", []string{"322.280000"})
	r := ask(t, e, "SELECT dataset_date, device_count, active_device_count, dialog_count, unit_ids, unit_names, extra FROM asp_device")
	want := []any{
		"2026-11-01", nil, query.Number("0"), query.Number("9223372036854775807"), []any{"o", "p"}, []any{nil, "Inn"},
		query.Object{{Name: "Colour", Value: "blue"}},
	}
	if diff := cmp.Diff(want, r.values[0]); diff != "" {
		t.Error(diff)
	}
	// Beyond 64 bits, and beyond what a float holds.
	wants(t, e, "SELECT 2 * sum(dialog_count) FROM asp_device", []string{"18446744073709551614"})
	wants(t, e, `SELECT DATE '2026-11-01', TIMESTAMP '2026-11-01 10:00:00.5', TIMESTAMPTZ '2026-11-01 10:00:00+02', TIME '10:30:00',
		1.5::DOUBLE, 'nan'::DOUBLE, -0.05::DECIMAL(4,2), {'b': 1, 'a': [DATE '2026-11-01']}, [DATE '2026-11-01'],
		'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID, 'a'::BLOB, true, NULL`,
		[]string{
			"2026-11-01", "2026-11-01 10:00:00.5", "2026-11-01 08:00:00Z", "10:30:00", "1.5", "NaN", "-0.05",
			`{"a":["2026-11-01T00:00:00Z"],"b":1}`, `["2026-11-01"]`, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "61", "true", "NULL",
		})
}

func TestNothingButReadingIsPossible(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside.csv")
	if err := os.WriteFile(outside, []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := hotels(t)
	inside := filepath.Join(string(d), "asp_device", "new.parquet")
	tests := map[string]struct{ statement, says string }{
		"write into the dataset":           {"COPY (SELECT 1) TO '" + inside + "'", "only read-only statements are allowed"},
		"write while explaining":           {"EXPLAIN ANALYZE COPY (SELECT 1) TO '" + inside + "'", "only read-only statements are allowed"},
		"write behind a SELECT":            {"SELECT 1; COPY (SELECT 1) TO '" + inside + "'", "only read-only statements are allowed"},
		"write by an expression":           {"WITH x AS (SELECT 1) COPY x TO '" + inside + "'", "syntax error"},
		"attach a database":                {"ATTACH '" + inside + "' AS other", "only read-only statements are allowed"},
		"change a setting":                 {"SET enable_external_access = true", "only read-only statements are allowed"},
		"load code":                        {"LOAD httpfs", "only read-only statements are allowed"},
		"drop a view":                      {"DROP VIEW asp_device", "only read-only statements are allowed"},
		"read another file":                {"FROM read_csv('" + outside + "')", "disabled by configuration"},
		"read another file by its name":    {"FROM '" + outside + "'", "disabled by configuration"},
		"read above the dataset":           {"FROM read_csv('" + filepath.Join(string(d), "..", "x.csv") + "')", "disabled by configuration"},
		"read from the net":                {"FROM read_csv('http://127.0.0.1:1/x.csv')", ""},
		"two statements":                   {"SELECT 1; SELECT 2", "2 statements"},
		"no statement":                     {" -- nothing", "there is no statement"},
		"a word that is wrong":             {"SELECT 1\nFORM asp_device WHERE x", "(line 2, column"},
		"a column that is not there":       {"SELECT no_such FROM asp_device", "no_such"},
		"a table that is not there":        {"SELECT * FROM asp_devices", "asp_devices"},
		"what cannot be computed":          {"SELECT CAST('x' AS INTEGER)", "Conversion Error"},
		"a type that no output has":        {"SELECT union_value(k := 1)", "cast it to VARCHAR"},
		"explain what is no statement":     {"EXPLAIN", "syntax error"},
		"explain two":                      {"EXPLAIN SELECT 1; SELECT 2", "2 statements"},
		"a comment and a write behind it":  {"/* SELECT */ COPY (SELECT 1) TO '" + inside + "'", "only read-only statements are allowed"},
		"a prepared write":                 {"PREPARE p AS COPY (SELECT 1) TO '" + inside + "'", "only read-only statements are allowed"},
		"a comment inside an explained":    {"EXPLAIN /* */ ANALYZE COPY (SELECT 1) TO '" + inside + "'", ""},
		"an option inside an explained":    {"EXPLAIN (ANALYZE) COPY (SELECT 1) TO '" + inside + "'", ""},
		"a format inside an explained one": {"EXPLAIN (FORMAT json, ANALYZE) COPY (SELECT 1) TO '" + inside + "'", ""},
	}
	e := d.open(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := e.Run(t.Context(), test.statement, &rows{})
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want Poison that says %q", err, test.says)
			}
			if _, err := os.Stat(inside); err == nil {
				t.Error("the dataset has a new file")
			}
		})
	}
	for _, statement := range []string{
		"SELECT 1;", "-- a comment\nSELECT 1 -- another", "DESCRIBE asp_device", "SHOW TABLES", "SUMMARIZE asp_device", "FROM asp_device", "VALUES (1)",
		"WITH a AS (SELECT 1) FROM a", "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT 1",
	} {
		if len(ask(t, e, statement).texts) == 0 {
			t.Errorf("%s has no rows", statement)
		}
	}
}

// A view over years of files must not read them all for the one day that is asked for, on neither side of its join.
func TestAFilterOnTheDayReachesTheFiles(t *testing.T) {
	plan := ask(t, hotels(t).open(t), "EXPLAIN SELECT sum(dialog_count) FROM asp_device WHERE dataset_date = DATE '2026-11-02'").texts[0][1]
	if n := strings.Count(plan, "Scanning Files: 1/2"); n != 2 {
		t.Errorf("%d of the two scans open the one file of two:\n%s", n, plan)
	}
}

func TestAQueryEndsWithItsContext(t *testing.T) {
	e := hotels(t).open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	// This would take days.
	err := e.Run(ctx, "SELECT count(*) FROM range(10000000000) AS a, range(10000000000) AS b WHERE a.range <> b.range", &rows{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
	wants(t, e, "SELECT 1", []string{"1"})
}

func TestAFolderMayHaveAnyName(t *testing.T) {
	d := folder(filepath.Join(t.TempDir(), "it's [a] *folder*, isn't it?"))
	d.load(t, "hotels", "asp_device", sample(t, "device_subunits.csv"))
	wants(t, d.open(t), "SELECT sum(dialog_count) FROM asp_device", []string{"38"})
}

func TestADatasetThatIsNotThereIsEmpty(t *testing.T) {
	wants(t, folder(filepath.Join(t.TempDir(), "none")).open(t), "SELECT count(*) FROM asp_device", []string{"0"})
}

func TestClosingLeavesNothingBehind(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	e, err := duckdb.Open(t.Context(), duckdb.Options{Dataset: t.TempDir(), Memory: "1GB"})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
