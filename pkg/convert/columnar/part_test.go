package columnar

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// emptyPart is a part of a table, as another hand might make it: one row without any value.
func emptyPart(t *testing.T, d dataset.Definition, date report.Date) *io.SectionReader {
	t.Helper()
	schema := schemaOf(d.Name, d.FileColumns())
	var row parquet.Row
	for i, path := range schema.Columns() {
		leaf, _ := schema.Lookup(path...)
		v := parquet.NullValue()
		if leaf.MaxDefinitionLevel == 0 {
			v = parquet.ZeroValue(leaf.Node.Type().Kind())
		}
		row = append(row, v.Level(0, 0, i))
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, schema,
		parquet.KeyValueMetadata(report.ParquetFormat, strconv.Itoa(report.DatasetFormat)), parquet.KeyValueMetadata(report.ParquetDate, date.String()))
	if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return io.NewSectionReader(bytes.NewReader(b.Bytes()), 0, int64(b.Len()))
}

// A row without a unit is none of a table with units, and all of a table without.
func TestPartsWithoutUnits(t *testing.T) {
	t.Parallel()
	date := report.NewDate(2026, 11, 1)
	for name, says := range map[string]string{"asp_device": "without a unit path", "asp_campaigns": ""} {
		d, _ := dataset.Lookup(name)
		w := New(Options{Definition: d, Budget: 1 << 20})
		err := w.AddPart(t.Context(), date, 1, emptyPart(t, d, date))
		if says == "" && err != nil || says != "" && (!fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}
