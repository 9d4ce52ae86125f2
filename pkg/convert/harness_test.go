package convert_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// anyDay is a window that holds every date of the tests.
var anyDay = report.Window{From: report.NewDate(2020, 1, 1), To: report.NewDate(2030, 12, 31)}

func contract(name string) report.Contract {
	return report.Contract{Subscription: "seaside", Table: name, Window: anyDay}
}

func golden(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "asp", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func converted(t testing.TB, c *convert.Converter, name, csv string) report.Conversion {
	t.Helper()
	out, err := c.Convert(t.Context(), strings.NewReader(csv), contract(name))
	if err != nil {
		t.Fatalf("Convert: %v", err)
	}
	t.Cleanup(func() {
		if err := out.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return out
}

func body(t testing.TB, d report.EncodedDay) []byte {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(d.Body, 0, d.Body.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bodies returns the body of each day by date.
func bodies(t testing.TB, c report.Conversion) map[string][]byte {
	out := map[string][]byte{}
	for _, d := range c.Days {
		out[d.Date.String()] = body(t, d)
	}
	return out
}

// rows reads partitions as a stranger would: all columns by name, as plain Go values, NULL as nil. The date is in no column.
func rows(t testing.TB, days ...report.EncodedDay) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, d := range days {
		b := body(t, d)
		f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		columns := f.Schema().Columns()
		date, _ := f.Lookup("bellhop.dataset_date")
		for _, g := range f.RowGroups() {
			r := g.Rows()
			for buf := make([]parquet.Row, 1); ; {
				n, err := r.ReadRows(buf)
				if n == 1 {
					read := plain(buf[0], columns)
					read["dataset_date"] = date
					out = append(out, read)
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

func plain(row parquet.Row, columns [][]string) map[string]any {
	out := map[string]any{}
	lists := map[string][]any{}
	for _, v := range row {
		path := columns[v.Column()]
		name := path[0]
		var value any
		switch {
		case v.IsNull():
		case v.Kind() == parquet.ByteArray:
			value = string(v.ByteArray())
		case v.Kind() == parquet.Int32:
			value = int(v.Int32())
		case v.Kind() == parquet.Int64:
			value = int(v.Int64())
		}
		switch {
		case len(path) == 1:
			out[name] = value
		case v.DefinitionLevel() > 0:
			leaf := name + "." + path[len(path)-1]
			lists[leaf] = append(lists[leaf], value)
		}
	}
	out["unit_ids"], out["unit_names"] = lists["unit_ids.element"], lists["unit_names.element"]
	extra := map[string]string{}
	for i, k := range lists["extra.key"] {
		extra[k.(string)] = lists["extra.value"][i].(string)
	}
	out["extra"] = extra
	return out
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func groups(t testing.TB, d report.EncodedDay) int {
	t.Helper()
	f, err := parquet.OpenFile(d.Body, d.Body.Size())
	if err != nil {
		t.Fatal(err)
	}
	return len(f.RowGroups())
}
