// Package partitionfile reads the rows of a published partition from its Parquet, without DuckDB and so without cgo.
package partitionfile

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Row is one row: the values of the definition's columns in their order, of the kinds of [query.Result].
type Row []any

// batch is how many rows are read at a time.
const batch = 256

// Read hands every row of a partition to row, until that returns an error. The date is what the file says of itself; in the
// dataset's first format it was a column. A file that is not a partition of the table is Poison.
func Read(content io.ReaderAt, size int64, d dataset.Definition, row func(Row) error) error {
	file, err := parquet.OpenFile(content, size)
	if err != nil {
		return fault.New(fault.Poison, "this is not a Parquet file: %w", err)
	}
	leaves, err := match(file.Schema(), d)
	if err != nil {
		return err
	}
	dated := row
	if date, said := file.Lookup(report.ParquetDate); said {
		at := slices.IndexFunc(d.Columns, func(c dataset.Column) bool { return c.Role == dataset.RoleDate })
		dated = func(r Row) error {
			r[at] = date
			return row(r)
		}
	}
	for _, group := range file.RowGroups() {
		if err := readGroup(group, leaves, len(d.Columns), dated); err != nil {
			return err
		}
	}
	return nil
}

func readGroup(group parquet.RowGroup, leaves []leaf, columns int, row func(Row) error) (err error) {
	rows := group.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	buffer := make([]parquet.Row, batch)
	for {
		n, err := rows.ReadRows(buffer)
		for _, r := range buffer[:n] {
			if err := row(assemble(r, leaves, columns)); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fault.New(fault.Poison, "read rows of the partition: %w", err)
		}
	}
}

// leaf is one column of the file: which column of the table it belongs to, and its part in it.
type leaf struct {
	column  int
	kind    dataset.Type
	full    int  // the definition level of a value that is there
	element bool // of a list
	key     bool // of a map
	value   bool // of a map
}

// match finds each of the file's columns in the definition, by its path.
func match(schema *parquet.Schema, d dataset.Definition) ([]leaf, error) {
	paths := schema.Columns()
	leaves := make([]leaf, len(paths))
	for i, path := range paths {
		at := slices.IndexFunc(d.Columns, func(c dataset.Column) bool { return c.Name == path[0] })
		if at < 0 {
			return nil, fault.New(fault.Poison, "the partition has a column %s, which %s has not", path[0], d.Name)
		}
		described, _ := schema.Lookup(path...)
		kind, last := d.Columns[at].Type, path[len(path)-1]
		leaves[i] = leaf{
			column: at, kind: kind, full: described.MaxDefinitionLevel, element: kind == dataset.Strings,
			key: kind == dataset.StringMap && last == "key", value: kind == dataset.StringMap && last == "value",
		}
	}
	return leaves, nil
}

func assemble(r parquet.Row, leaves []leaf, columns int) Row {
	row := make(Row, columns)
	for _, v := range r {
		l := leaves[v.Column()]
		switch {
		case l.element:
			row[l.column] = appendElement(row[l.column], v)
		case l.key && v.DefinitionLevel() == l.full:
			o, _ := row[l.column].(query.Object)
			row[l.column] = append(o, query.Member{Name: text(v)})
		case l.value && v.DefinitionLevel() == l.full:
			setNext(row[l.column], v)
		case l.key, l.value, v.IsNull():
		default:
			row[l.column] = scalar(v, l.kind)
		}
	}
	return row
}

// appendElement adds an element; one that is NULL has its list, but no value. A list without elements has neither.
func appendElement(list any, v parquet.Value) any {
	elements, ok := list.([]any)
	if !ok {
		elements = []any{}
	}
	switch {
	case !v.IsNull():
		return append(elements, text(v))
	case v.DefinitionLevel() > 0:
		return append(elements, nil)
	default:
		return elements
	}
}

// setNext gives a value to the first member that has none: all keys of a map come before its values.
func setNext(object any, v parquet.Value) {
	o, _ := object.(query.Object)
	for i := range o {
		if o[i].Value == nil {
			o[i].Value = text(v)
			return
		}
	}
}

// text copies: the reader uses its memory again.
func text(v parquet.Value) string { return strings.Clone(string(v.ByteArray())) }

func scalar(v parquet.Value, kind dataset.Type) any {
	switch kind {
	case dataset.Date:
		return report.Date(v.Int32()).String()
	case dataset.Int:
		return query.Number(fmt.Sprint(v.Int32()))
	case dataset.Bigint:
		return query.Number(fmt.Sprint(v.Int64()))
	case dataset.Decimal:
		return query.Decimal(big.NewInt(v.Int64()), dataset.DecimalScale)
	case dataset.Timestamp:
		return time.UnixMicro(v.Int64()).UTC().Format("2006-01-02 15:04:05.999999Z")
	case dataset.String:
		return text(v)
	case dataset.Strings, dataset.StringMap:
		return nil // assembled by their elements
	default:
		panic(fmt.Sprintf("partitionfile: unhandled type %d", kind))
	}
}
