package own_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// files are good ones, by table.
var files = map[string]string{
	"campaigns":  "campaign_id,campaign_group\nspa-1,Wellness\n",
	"occupancy":  "unit_id,stay_date,occupied\nu1,2026-11-01,yes\nu1,2026-11-02,0\n",
	"properties": "property_id,property_code,company,tag,application_id\np,TOR1,Harbour,,\n",
	"rooms":      "unit_id,room,building,wing,property_code\nu1,101,Main,,\n",
	"survey":     "unit_id,survey_month,satisfaction\nu1,2026-10,4.5\nu1,2026-11-01,4.25\n",
}

func run(t *testing.T, s own.Store, o own.Order) own.Import {
	t.Helper()
	got, err := own.Run(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A stored file has the columns that the dictionary, DuckDB and Athena know it by.
func TestEveryTableCanBeImported(t *testing.T) {
	for _, table := range dataset.OwnTables() {
		t.Run(table.Name, func(t *testing.T) {
			folder := migrate.Folder(t.TempDir())
			content := []byte("\ufeff" + strings.ReplaceAll(files[table.Name], "\n", "\r\n")) // as Excel writes it
			rows := strings.Count(files[table.Name], "\n") - 1
			got := run(t, folder, own.Order{Table: table.Name, Content: content})
			if diff := cmp.Diff(own.Import{Table: table.Name, Rows: rows, Version: 1, Mistakes: []own.Mistake{}}, got); diff != "" {
				t.Fatal(diff)
			}
			body, _, err := folder.Open(t.Context(), fmt.Sprintf("own/%s/000001.parquet", table.Name), "", "")
			if err != nil {
				t.Fatal(err)
			}
			stored, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			file, err := parquet.OpenFile(bytes.NewReader(stored), int64(len(stored)))
			if err != nil {
				t.Fatal(err)
			}
			var want, have []string
			for _, c := range table.Columns {
				want = append(want, fmt.Sprint(c.Name, " ", map[dataset.Type]string{
					dataset.String: "STRING", dataset.Date: "DATE", dataset.Int: "INT(32,true)", dataset.Decimal: "DECIMAL(18,6)",
				}[c.Type], " ", c.Nullable))
			}
			for _, f := range file.Schema().Fields() {
				have = append(have, fmt.Sprint(f.Name(), " ", f.Type(), " ", f.Optional()))
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnImportIsANewVersionOnlyWhenItSaysSomethingNew(t *testing.T) {
	folder := migrate.Folder(t.TempDir())
	first, second := files["rooms"]+"u2,102,Main,East,\n", "unit_id,room,building,wing,property_code\nu1,101a,Main,,\n"
	steps := []struct {
		content           string
		dryRun, unchanged bool
		version           int
	}{
		{first, true, false, 1},
		{first, false, false, 1},
		{first, false, true, 1},
		{"wing,room,building,unit_id,property_code\nEast,102,Main,u2,\n,101,Main,u1,\n", false, true, 1}, // in another order
		{second, true, false, 2},
		{second, false, false, 2},
		{first, false, false, 3},
	}
	for i, step := range steps {
		got := run(t, folder, own.Order{Table: "rooms", Content: []byte(step.content), DryRun: step.dryRun})
		if got.Version != step.version || got.Unchanged != step.unchanged || len(got.Mistakes) > 0 {
			t.Errorf("step %d: %+v", i, got)
		}
	}
	all, err := own.List(t.Context(), folder, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []own.Version{
		{Table: "rooms", Version: 3, Rows: 2, Key: "own/rooms/000003.parquet"},
		{Table: "rooms", Version: 2, Rows: 1, Key: "own/rooms/000002.parquet"},
		{Table: "rooms", Version: 1, Rows: 2, Key: "own/rooms/000001.parquet"},
	}
	if diff := cmp.Diff(want, all, cmpopts.IgnoreFields(own.Version{}, "ImportedAt")); diff != "" {
		t.Error(diff)
	}
}

// A mistake is found in its line of the file, all of them at once, and no word of the file is in it.
func TestMistakes(t *testing.T) {
	const secret = "Mrs Smith"
	known := func(unit string) bool { return unit == "u1" }
	tests := map[string]struct {
		table, content string
		want           []own.Mistake
	}{
		"a file of nothing": {"rooms", "", []own.Mistake{{1, "there are no rows: the first line names the columns unit_id,room,building,wing,property_code, and the others have them"}}},
		"a missing column":  {"campaigns", "campaign_id\n" + secret + "\n", []own.Mistake{{1, "the first line has to name the columns campaign_id,campaign_group, in any order"}}},
		"a column twice":    {"campaigns", "campaign_id,campaign_id\n", []own.Mistake{{1, "the first line has to name the columns campaign_id,campaign_group, in any order"}}},
		"a broken row":      {"campaigns", files["campaigns"] + secret + "\n", []own.Mistake{{3, "wrong number of fields"}}},
		"a unit twice": {
			"rooms", files["rooms"] + "\"u1\",\"" + secret + "\nand son\",,,\n,7,,,\n",
			[]own.Mistake{{3, "the same unit_id as in line 2"}, {5, "it has no unit_id"}},
		},
		"a unit of nobody": {"rooms", files["rooms"] + secret + ",7,,,\n", []own.Mistake{{3, "the dataset has no such unit"}}},
		"days and words":   {"occupancy", "stay_date,unit_id,occupied\n" + secret + ",u1,perhaps\n", []own.Mistake{{2, "cell 1: write a day like 2026-11-01"}, {2, "cell 3: write 1 or 0, yes or no, true or false"}}},
		"months and marks": {"survey", "unit_id,survey_month,satisfaction\nu1,2026-11-02,4/5\n", []own.Mistake{{2, "cell 2: write a month like 2026-11"}, {2, "cell 3: write a number like 4.5"}}},
		"too exact a mark": {"survey", "unit_id,survey_month,satisfaction\nu1,2026-11,0.1234567\n", []own.Mistake{{2, "cell 3: write a number of at most 6 digits after the point"}}},
		"a day once more":  {"occupancy", files["occupancy"] + "u1,2026-11-01,0\n", []own.Mistake{{4, "the same unit_id and stay_date as in line 2"}}},
		"an empty group":   {"campaigns", "campaign_id,campaign_group\nspa,\n", []own.Mistake{{2, "it has no campaign_group"}}},
		"a property twice": {
			"properties", "property_id,property_code,company,tag,application_id\nu1,,Harbour Inn,north,\nu1,,Harbour,Inn north,\nu1,,Harbour,Inn north,\n",
			[]own.Mistake{{4, "the same property_id and company and tag and application_id as in line 3"}},
		},
		"a property's unit": {"properties", files["properties"], []own.Mistake{{2, "the dataset has no such unit"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			folder := migrate.Folder(t.TempDir())
			got := run(t, folder, own.Order{Table: tt.table, Content: []byte(tt.content), Known: known})
			if diff := cmp.Diff(tt.want, got.Mistakes); diff != "" {
				t.Error(diff)
			}
			if all, err := own.List(t.Context(), folder, ""); err != nil || len(all) > 0 || got.Version != 0 {
				t.Errorf("imported %v, %v", all, err)
			}
		})
	}
}

// late is a store in which somebody else imports at the same moment.
type late struct{ migrate.Folder }

func (s late) Put(ctx context.Context, w report.Write) (report.Object, error) {
	other := report.Write{Key: w.Key, Body: strings.NewReader("theirs"), Condition: report.Condition{Absent: true}}
	if o, err := s.Folder.Put(ctx, other); err != nil {
		return o, err
	}
	return s.Folder.Put(ctx, w)
}

func TestTwoImportsDoNotReplaceEachOther(t *testing.T) {
	_, err := own.Run(t.Context(), late{migrate.Folder(t.TempDir())}, own.Order{Table: "rooms", Content: []byte(files["rooms"])})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v, want a Conflict", err)
	}
}

func TestAnUnknownTable(t *testing.T) {
	if _, err := own.Run(t.Context(), migrate.Folder(t.TempDir()), own.Order{Table: "guests"}); !fault.Is(err, fault.Poison) {
		t.Errorf("got %v, want Poison", err)
	}
}

// A version without a unit stays the version that it was, also when nothing is left of it.
func TestATableWithoutAUnit(t *testing.T) {
	folder := migrate.Folder(t.TempDir())
	first := run(t, folder, own.Order{Table: "rooms", Content: []byte(files["rooms"])})
	second := run(t, folder, own.Order{Table: "rooms", Content: []byte(files["rooms"] + "u2,102,Main,East,\n")})
	for _, tt := range []struct {
		version, left, gone int
		unit                string
	}{{first.Version, 0, 1, "u1"}, {second.Version, 1, 1, "u1"}, {second.Version, 1, 1, "u2"}, {second.Version, 2, 0, "u3"}} {
		key := report.OwnKey("rooms", tt.version)
		table, ok := own.TableOf(key)
		body, _, err := folder.Open(t.Context(), key, "", "")
		if err != nil || !ok {
			t.Fatal(table, ok, err)
		}
		before, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		left, gone, err := own.Without(table, before, func(unit string) bool { return unit == tt.unit })
		if err != nil || gone != tt.gone || bytes.Equal(before, left) != (gone == 0) {
			t.Errorf("%s without %s: %d rows are gone, %v", key, tt.unit, gone, err)
		}
		type room struct {
			Unit    string `parquet:"unit_id"`
			Version int    `parquet:"version"`
		}
		rows, err := parquet.Read[room](bytes.NewReader(left), int64(len(left)))
		if err != nil || len(rows) != tt.left {
			t.Errorf("%s without %s has %v, %v", key, tt.unit, rows, err)
		}
		for _, r := range rows {
			if r.Unit == tt.unit || r.Version != tt.version {
				t.Errorf("%s without %s has %+v", key, tt.unit, r)
			}
		}
	}
	for _, key := range []string{"own/rooms/1.parquet", "own/guests/000001.parquet", "rooms/000001.parquet"} {
		if _, ok := own.TableOf(key); ok {
			t.Errorf("%s is taken for a version", key)
		}
	}
}
