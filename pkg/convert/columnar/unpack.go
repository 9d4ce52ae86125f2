package columnar

import (
	"context"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// unpacker puts rows of parts on a shelf.
type unpacker struct {
	columns []dataset.Column // of the part that is read
	units   bool             // the table has units
	date    report.Date
	shelf   *shelf
	row     Row
	added   int
	erasure *erasure

	ids, names   []string
	keys, values []string
	instant      []byte
}

// add takes the values of one row, in column order.
func (u *unpacker) add(ctx context.Context, row parquet.Row) error {
	var (
		left           = leaves{row: row}
		dims, measures int
		depth          int
		propertyID     string
	)
	u.ids, u.names, u.keys, u.values = u.ids[:0], u.names[:0], u.keys[:0], u.values[:0]
	for _, c := range u.columns {
		switch {
		case c.Name == "unit_ids":
			u.ids = left.list(u.ids)
		case c.Name == "unit_names":
			u.names = left.list(u.names)
		case c.Role == dataset.RoleExtra:
			u.keys = left.list(u.keys)
			u.values = left.list(u.values)
		case c.Role == dataset.RoleDimension:
			text, err := u.dimension(left.one(), c.Type)
			if err != nil {
				return err
			}
			if c.Units {
				text = u.erasure.strip(text)
			}
			n, fresh := u.shelf.words.dims[dims].number(text)
			if fresh && hasNUL(text) {
				return errNUL
			}
			u.row.Dims[dims] = n
			dims++
		case c.Role == dataset.RoleMeasure:
			u.row.Measures[measures] = Null
			if v := left.one(); !v.IsNull() {
				u.row.Measures[measures] = v.Int64()
			}
			measures++
		case c.Name == "depth":
			depth = int(left.one().Int32())
		case c.Name == "property_id":
			propertyID = view(left.one().ByteArray())
		case c.Role == dataset.RoleDate:
			if left.one().Int32() != int32(u.date) {
				return otherDate(u.date)
			}
		default:
			// Derived anew from the path, or the same in all parts.
			left.one()
		}
	}
	return u.shelve(ctx, depth, slices.Index(u.ids, propertyID))
}

// dimension returns the text of a dimension, which is valid until the next call.
func (u *unpacker) dimension(v parquet.Value, t dataset.Type) (string, error) {
	if t != dataset.Timestamp || v.IsNull() {
		return view(v.ByteArray()), nil
	}
	var err error
	u.instant, err = appendInstant(u.instant[:0], v.Int64())
	return view(u.instant), err
}

// leaves takes a row apart, leaf by leaf.
type leaves struct {
	row  parquet.Row
	next int
}

// one returns the only value of the next leaf.
func (l *leaves) one() parquet.Value {
	v := l.row[0]
	l.row = l.row[1:]
	l.next++
	return v
}

// list appends the values of the next leaf; NULL, which no delivered text is, becomes "".
func (l *leaves) list(dst []string) []string {
	for len(l.row) > 0 && l.row[0].Column() == l.next {
		if v := l.row[0]; v.DefinitionLevel() > 0 {
			dst = append(dst, view(v.ByteArray()))
		}
		l.row = l.row[1:]
	}
	l.next++
	return dst
}

// Keys of sorted rows end their texts with it; no delivered file has it.
var errNUL = fault.New(fault.Poison, "holds text with a NUL byte")

func hasNUL(text string) bool { return strings.IndexByte(text, 0) >= 0 }

// shelve adds the row that was taken apart.
func (u *unpacker) shelve(ctx context.Context, depth, property int) error {
	if u.units == (len(u.ids) == 0) || len(u.ids) != len(u.names) || len(u.keys) != len(u.values) {
		return fault.New(fault.Poison, "holds a row without a unit path")
	}
	if u.erasure.takes(u.ids) {
		return nil
	}
	n, fresh := u.shelf.words.paths.number(depth, property, u.ids, u.names)
	if fresh && (slices.ContainsFunc(u.ids, hasNUL) || slices.ContainsFunc(u.names, hasNUL)) ||
		slices.ContainsFunc(u.keys, hasNUL) || slices.ContainsFunc(u.values, hasNUL) {
		return errNUL
	}
	u.row.Path = n
	u.row.Extra = u.shelf.words.extras.number(u.keys, u.values)
	if err := u.shelf.add(u.date, &u.row); err != nil {
		return err
	}
	if u.added++; u.added%blockRows > 0 {
		return nil
	}
	_, err := u.shelf.trim(ctx)
	return err
}
