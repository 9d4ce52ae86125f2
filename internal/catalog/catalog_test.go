package catalog

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

type glueColumn struct {
	Name    string `yaml:"Name"`
	Type    string `yaml:"Type"`
	Comment string `yaml:"Comment"`
}

type glueTable struct {
	Properties struct {
		DatabaseName string `yaml:"DatabaseName"`
		TableInput   struct {
			Name              string       `yaml:"Name"`
			TableType         string       `yaml:"TableType"`
			ViewOriginalText  yaml.Node    `yaml:"ViewOriginalText"`
			PartitionKeys     []glueColumn `yaml:"PartitionKeys"`
			StorageDescriptor struct {
				Location string       `yaml:"Location"`
				Columns  []glueColumn `yaml:"Columns"`
			} `yaml:"StorageDescriptor"`
		} `yaml:"TableInput"`
	} `yaml:"Properties"`
}

// glueTables reads the template as CloudFormation would: tables by name, views by the name and "view".
func glueTables(t *testing.T) map[string]glueTable {
	t.Helper()
	text, err := Template()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Resources map[string]glueTable `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	byName := map[string]glueTable{}
	for _, resource := range read.Resources {
		name := resource.Properties.TableInput.Name
		if resource.Properties.TableInput.TableType == "VIRTUAL_VIEW" {
			name += " view"
		}
		if name != "" {
			byName[name] = resource
		}
	}
	return byName
}

// partition converts the sample for a table, and opens the Parquet that comes out.
func partition(t *testing.T, d dataset.Definition) *parquet.File {
	t.Helper()
	sample := filepath.Join("asp", strings.TrimPrefix(d.Name, "asp_")+".csv")
	if !d.HasUnits() {
		sample = filepath.Join("fetched", d.Name+".csv")
	}
	csv, err := os.ReadFile(filepath.Join("..", "..", "testdata", sample))
	if d.Open {
		// These come from a source that names the columns as the definition does.
		names := []string{"dataset_date"}
		for _, c := range d.Dimensions() {
			names = append(names, c.Name)
		}
		csv, err = []byte(strings.Join(names, ",")+"\n2026-11-01"+strings.Repeat(",text", len(names)-1)+"\n"), nil
	}
	if err != nil {
		t.Fatal(err)
	}
	converted, err := convert.NewConverter().Convert(t.Context(), bytes.NewReader(csv), report.Contract{
		Subscription: "hotel", Table: d.Name,
		Window: report.Window{From: report.NewDate(2020, 1, 1), To: report.NewDate(2030, 12, 31)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := converted.Close(); err != nil {
			t.Error(err)
		}
	})
	body, err := io.ReadAll(io.NewSectionReader(converted.Days[0].Body, 0, converted.Days[0].Body.Size()))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// hive names the type that a reader of Hive's kind sees in a Parquet column, from the file alone.
func hive(node parquet.Node) string {
	if node.Leaf() {
		switch kind := node.Type().String(); kind {
		case "DATE":
			return "date"
		case "INT(32,true)":
			return "int"
		case "INT(64,true)":
			return "bigint"
		case "STRING":
			return "string"
		case "DECIMAL(18,6)":
			return "decimal(18,6)"
		case "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)":
			return "timestamp"
		default:
			return kind
		}
	}
	inner := node.Fields()[0].Fields()
	switch len(inner) {
	case 1:
		return "array<" + hive(inner[0]) + ">"
	case 2:
		return "map<" + hive(inner[0]) + "," + hive(inner[1]) + ">"
	default:
		return "group"
	}
}

// A column whose type in the catalogue is not that in the file fails when it is queried, and not before.
func TestTheCatalogueIsWhatIsInTheFiles(t *testing.T) {
	tables := glueTables(t)
	for _, d := range dataset.Definitions() {
		t.Run(d.Name, func(t *testing.T) {
			var inFile []string
			for _, field := range partition(t, d).Schema().Fields() {
				inFile = append(inFile, field.Name()+" "+hive(field))
			}
			input := tables[d.Name].Properties.TableInput
			var said []string
			for _, c := range input.StorageDescriptor.Columns {
				said = append(said, c.Name+" "+c.Type)
			}
			if !slices.Equal(said, inFile) {
				t.Errorf("the catalogue says %q, the file has %q", said, inFile)
			}
			if len(input.PartitionKeys) != 1 || input.PartitionKeys[0].Name != "dataset_date" || input.PartitionKeys[0].Type != "date" {
				t.Errorf("partitioned by %v, want dataset_date alone, and not from the file", input.PartitionKeys)
			}
			view := tables[d.Name+" view"].Properties.TableInput
			var viewed []string
			for _, c := range view.StorageDescriptor.Columns {
				viewed = append(viewed, c.Name+" "+c.Type)
			}
			if want := append([]string{"dataset_date date"}, inFile...); !slices.Equal(viewed, want) {
				t.Errorf("the view says %q, want the partition's column and those of the file: %q", viewed, want)
			}
		})
	}
}

// The views over the default ones are in the catalogue, with their columns.
func TestTheCatalogueHasEveryView(t *testing.T) {
	tables := glueTables(t)
	for _, v := range dataset.Views() {
		var said, want []string
		for _, c := range tables[v.Name+" view"].Properties.TableInput.StorageDescriptor.Columns {
			said = append(said, c.Name+" "+c.Type)
		}
		for _, c := range v.Columns {
			want = append(want, c.Name+" "+c.Type.SQL())
		}
		if !slices.Equal(said, want) {
			t.Errorf("the view %s has %q, want %q", v.Name, said, want)
		}
	}
}

func TestAQuestionNamesTheDatabaseOfAllRows(t *testing.T) {
	q := Question{SQL: "SELECT raw.t.a, draw.b\nFROM raw.t AS t JOIN\n  raw.u AS draw"}
	if got, want := q.Athena(), "SELECT ${AllRows}.t.a, draw.b\nFROM ${AllRows}.t AS t JOIN\n  ${AllRows}.u AS draw"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Athena has no schema of operations tables: there they are in the database of the views, as they were published.
func TestAQuestionNamesWhatWasPublished(t *testing.T) {
	const sql = "SELECT d.jobs FROM operations.days AS d, operations.jobs WHERE {{days \"d\"}}{{property \"p\"}}"
	q, err := parseQuestion("q", "-- A\n-- B?\n-- Caveat: C.\n-- Adds up: nothing\n-- Days: 7\n"+sql)
	if err != nil || !q.FromLedger || q.OfAllRows() {
		t.Fatalf("%+v, %v", q, err)
	}
	if got, want := q.Athena(), "SELECT d.jobs FROM operations_days AS d, operations_jobs WHERE d >= current_date - INTERVAL '7' DAY"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := q.InAthena(Scope{From: report.NewDate(2026, 10, 1)}), "SELECT d.jobs FROM operations_days AS d, operations_jobs WHERE d >= DATE '2026-10-01'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Each operations table is in the database of the views, over the folder of what was published of it.
func TestTheCatalogueHasEveryOperationsTable(t *testing.T) {
	tables := glueTables(t)
	for _, o := range dataset.Operations() {
		table := tables["operations_"+o.Name].Properties
		var said, want []string
		for _, c := range table.TableInput.StorageDescriptor.Columns {
			said = append(said, c.Name+" "+c.Type)
		}
		for _, c := range o.Columns {
			want = append(want, c.Name+" "+c.Type.SQL())
		}
		if !slices.Equal(said, want) || table.DatabaseName != "Catalog" {
			t.Errorf("%s has %q in %s, want %q", o.Published(), said, table.DatabaseName, want)
		}
		location := table.TableInput.StorageDescriptor.Location
		if want := "s3://${DatasetBucket}/" + strings.TrimSuffix(report.OperationsKey(o.Name), o.Name+".parquet"); location != want {
			t.Errorf("%s lies in %q, want %q", o.Published(), location, want)
		}
	}
}

// Glue refuses a comment of more than 255 characters, and a description of more than 2048.
func TestGlueTakesTheComments(t *testing.T) {
	for name, resource := range glueTables(t) {
		for _, c := range resource.Properties.TableInput.StorageDescriptor.Columns {
			if len(c.Comment) > 255 || c.Comment == "" {
				t.Errorf("%s.%s has a comment of %d characters", name, c.Name, len(c.Comment))
			}
		}
	}
}

func TestAQuestionSaysWhatItAsks(t *testing.T) {
	const known = "-- Calls\n-- Who calls?\n-- Caveat: Twice.\n-- Adds up: n, m\n-- Days: 7\n"
	const sql = "SELECT sum(dialog_count) AS n FROM asp_device WHERE {{days \"dataset_date\"}}{{property \"property_id\"}}\n"
	q, err := parseQuestion("calls_of_rooms", known+sql)
	q.text = nil
	want := Question{
		ID: "CallsOfRooms", Slug: "calls-of-rooms", Name: "Calls", Meaning: "Who calls?", Caveat: "Twice.", AddsUp: []string{"n", "m"}, Days: 7, ByProperty: true,
		Tables: []string{"asp_device"}, Measures: []Measure{{"asp_device", "dialog_count", dataset.Additive}},
		SQL: "SELECT sum(dialog_count) AS n FROM asp_device WHERE dataset_date >= current_date - INTERVAL '7' DAY",
	}
	if !reflect.DeepEqual(q, want) || err != nil {
		t.Errorf("got %+v, %v", q, err)
	}
	for name, content := range map[string]string{
		"no meaning":    strings.Replace(known, "-- Who calls?\n", "", 1) + sql,
		"no caveat":     strings.Replace(known, "Caveat", "Beware", 1) + sql,
		"no days":       strings.Replace(known, "7", "some", 1) + sql,
		"no query":      known,
		"a wrong field": known + "SELECT {{day}}",
	} {
		t.Run(name, func(t *testing.T) {
			if q, err := parseQuestion("calls_of_rooms", content); err == nil {
				t.Errorf("got %+v", q)
			}
		})
	}
}

func TestAScopeNarrowsAQuestion(t *testing.T) {
	q, err := parseQuestion("q", "-- A\n-- B?\n-- Caveat: C.\n-- Adds up: nothing\n-- Days: 7\nSELECT 1 FROM asp_device WHERE {{days \"d\"}}{{property \"p\"}}")
	if err != nil {
		t.Fatal(err)
	}
	from, to := report.NewDate(2026, 10, 1), report.NewDate(2026, 10, 31)
	for name, tt := range map[string]struct {
		scope Scope
		want  string
	}{
		"nothing":            {Scope{}, "d >= current_date - INTERVAL '7' DAY"},
		"both ends":          {Scope{From: from, To: to}, "d BETWEEN DATE '2026-10-01' AND DATE '2026-10-31'"},
		"the first day":      {Scope{From: from}, "d >= DATE '2026-10-01'"},
		"the last day":       {Scope{To: to}, "d BETWEEN DATE '2026-10-25' AND DATE '2026-10-31'"},
		"a property":         {Scope{Property: "inn"}, "d >= current_date - INTERVAL '7' DAY AND p = 'inn'"},
		"one with a quote":   {Scope{Property: "x' OR 'a' = 'a"}, "d >= current_date - INTERVAL '7' DAY AND p = 'x'' OR ''a'' = ''a'"},
		"one with a marker":  {Scope{Property: `{{days "x"}}`}, `d >= current_date - INTERVAL '7' DAY AND p = '{{days "x"}}'`},
		"one with a comment": {Scope{From: from, Property: "--"}, "d >= DATE '2026-10-01' AND p = '--'"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, want := q.Statement(tt.scope), "SELECT 1 FROM asp_device WHERE "+tt.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// Every question can be asked about other days, and each knows what it reads.
func TestEveryQuestionCanBeNarrowed(t *testing.T) {
	all, err := Questions()
	if err != nil || len(all) == 0 {
		t.Fatalf("%d questions, %v", len(all), err)
	}
	for _, q := range all {
		sql := q.Statement(Scope{From: report.NewDate(2001, 2, 3), To: report.NewDate(2001, 2, 4), Property: "inn"})
		if strings.Contains(sql, "current_date") || !strings.Contains(sql, "BETWEEN DATE '2001-02-03' AND DATE '2001-02-04'") || len(q.Tables) == 0 != q.FromLedger {
			t.Errorf("%s reads %q, and of other days: %s", q.Slug, q.Tables, sql)
		}
		if q.ByProperty != strings.Contains(sql, "'inn'") {
			t.Errorf("%s: by property is %v: %s", q.Slug, q.ByProperty, sql)
		}
		if q.Statement(Scope{}) != q.SQL {
			t.Errorf("%s: without a scope it is another question", q.Slug)
		}
	}
}

// CloudFormation takes a template of at most 1,000,000 bytes from S3, with at most 500 resources.
func TestTheStackStaysWithinCloudFormationsLimits(t *testing.T) {
	text, err := Template()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Resources map[string]any `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	if len(text) > 900_000 || len(read.Resources) > 450 {
		t.Errorf("%d bytes and %d resources leave no room", len(text), len(read.Resources))
	}
}

// The text of a view passes through the template and YAML unchanged.
func TestTheTextOfAViewIsTheSameInTheTemplate(t *testing.T) {
	tables := glueTables(t)
	for _, v := range dataset.Views() {
		text, err := viewText(v)
		if err != nil {
			t.Fatal(err)
		}
		join := tables[v.Name+" view"].Properties.TableInput.ViewOriginalText
		if got := join.Content[1].Content[1].Content[1].Value; got != text {
			t.Errorf("%s: YAML reads %q, want %q", v.Name, got, text)
		}
	}
}
