package convert

import (
	"encoding/csv"
	"errors"

	"github.com/gocarina/gocsv"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// mostMeasures is how many measures a table may have. gocsv makes two rows for each record, so that their size is time.
const mostMeasures = 4

// row is what gocsv makes of a record: those of its cells that have a type.
type row struct {
	Date     report.Date         `csv:"date"`
	Measures [mostMeasures]int64 `csv:"-"` // in the order of the file
	measures int
}

// UnmarshalCSVWithFields receives each cell in order, with its type as the name of its column. gocsv's own conversions read
// 1.9 as 1, 010 as 8 and an empty cell as 0, so the types of the dataset convert their text themselves.
func (r *row) UnmarshalCSVWithFields(column, cell string) (err error) {
	if column == typeDate {
		r.Date, err = parseDate(cell)
		return err
	}
	parse := parseCount
	if column == typeDecimal {
		parse = parseDecimal
	}
	r.Measures[r.measures], err = parse(cell)
	r.measures++
	return err
}

var typeDate, typeDecimal = dataset.Date.SQL(), dataset.Decimal.SQL()

// binder binds the typed cells of records to rows. It is a [gocsv.CSVReader] of a batch of records.
type binder struct {
	columns []int    // of the file, that have a type
	header  []string // their types
	rows    []row
	cells   []string
	records [][]string
}

func newBinder(l layout, d dataset.Definition) *binder {
	b := &binder{rows: make([]row, batchRows)}
	measures := d.Measures()
	for i, c := range l.columns {
		switch c.kind {
		case cellDate:
			b.header = append(b.header, typeDate)
		case cellMeasure:
			b.header = append(b.header, measures[c.slot].Type.SQL())
		case cellUnit, cellDimension, cellInstant, cellExtra, cellExtras:
			continue // text is what it is, and an instant becomes another text
		}
		b.columns = append(b.columns, i)
	}
	return b
}

// bind returns a row for each record, at most [batchRows], until the next call. With an error it returns the rows of the
// records before the one that is at fault, and the column of the file.
func (b *binder) bind(records [][]string) (rows []row, column int, err error) {
	b.records, b.cells = append(b.records[:0], b.header), b.cells[:0]
	for _, r := range records {
		from := len(b.cells)
		for _, c := range b.columns {
			b.cells = append(b.cells, r[c])
		}
		b.records = append(b.records, b.cells[from:])
	}
	err = gocsv.UnmarshalCSV(b, &b.rows)
	if at := (*csv.ParseError)(nil); errors.As(err, &at) {
		// gocsv counts from 1, and its header is record 1.
		return b.rows[:at.Line-2], b.columns[at.Column-1], at.Err
	}
	return b.rows[:len(records)], 0, err
}

// ReadAll returns the batch.
func (b *binder) ReadAll() ([][]string, error) { return b.records, nil }

// Read is never used for a batch.
func (b *binder) Read() ([]string, error) { return nil, errors.ErrUnsupported }
