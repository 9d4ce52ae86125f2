package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Merge makes one partition of the parts that several files of one category contributed to one date. Parts are bodies of
// [report.EncodedDay] of the contract's table. Their rows are put in order and row_scope is decided anew over all of them, so the
// result equals, byte for byte, that of one file with the same rows. A row that several parts have counts once.
//
// A part of another table or date is [fault.Poison], and so are two rows of the same unit and dimensions with different
// measures. The body needs no closing: a large one is in an unlinked temporary file, which is released with the last reference
// to it.
func (c *Converter) Merge(ctx context.Context, contract report.Contract, date report.Date, parts []*io.SectionReader) (report.EncodedDay, error) {
	d, ok := Lookup(contract.Table)
	if !ok {
		return report.EncodedDay{}, fmt.Errorf("merge: no table %q", contract.Table)
	}
	r := c.newRun(d, contract.Subscription)
	out, err := r.merge(ctx, date, parts)
	if err = errors.Join(err, r.stored.Close(), r.texts.Close()); err != nil {
		return report.EncodedDay{}, errors.Join(fmt.Errorf("merge parts of %s: %w", d.Name, err), r.bodies.Close())
	}
	return out, nil
}

// merge encodes the rows of parts as one partition.
func (r *run) merge(ctx context.Context, date report.Date, parts []*io.SectionReader) (report.EncodedDay, error) {
	rows := newShelf(r.definition, r.budget, r.stored, r.texts)
	u := unpacker{date: date, shelf: rows}
	u.row.dims, u.row.measures = make([]uint32, rows.dims), make([]int64, rows.measures)
	for i, p := range parts {
		u.row.line = uint32(i + 1)
		f, err := openPart(r.definition, date, p)
		if err == nil {
			u.columns = f.columns
			err = f.rows(ctx, func(row parquet.Row) error { return u.add(ctx, row) })
		}
		if err != nil {
			return report.EncodedDay{}, fmt.Errorf("part %d: %w", i+1, err)
		}
	}
	out, err := r.finish(ctx, rows.day(date), rows)
	if c := (contradiction{}); errors.As(err, &c) {
		return out, fault.New(fault.Poison, "part %d has a row of part %d, the same unit and dimensions, with other values", c.second, c.first)
	}
	return out, err
}

// unpacker puts rows of parts on a shelf.
type unpacker struct {
	columns []Column // of the part that is read
	date    report.Date
	shelf   *shelf
	row     record
	added   int

	ids, names   []string
	keys, values []string
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
		case c.Role == RoleExtra:
			u.keys = left.list(u.keys)
			u.values = left.list(u.values)
		case c.Role == RoleDimension:
			text := view(left.one().ByteArray())
			n, fresh := u.shelf.words.dims[dims].number(text)
			if fresh && hasNUL(text) {
				return errNUL
			}
			u.row.dims[dims] = n
			dims++
		case c.Role == RoleMeasure:
			u.row.measures[measures] = null
			if v := left.one(); !v.IsNull() {
				u.row.measures[measures] = v.Int64()
			}
			measures++
		case c.Name == "depth":
			depth = int(left.one().Int32())
		case c.Name == "property_id":
			propertyID = view(left.one().ByteArray())
		case c.Role == RoleDate:
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
	if len(u.ids) == 0 || len(u.ids) != len(u.names) || len(u.keys) != len(u.values) {
		return fault.New(fault.Poison, "holds a row without a unit path")
	}
	n, fresh := u.shelf.words.paths.number(depth, property, u.ids, u.names)
	if fresh && (slices.ContainsFunc(u.ids, hasNUL) || slices.ContainsFunc(u.names, hasNUL)) ||
		slices.ContainsFunc(u.keys, hasNUL) || slices.ContainsFunc(u.values, hasNUL) {
		return errNUL
	}
	u.row.path = n
	u.row.extra = u.shelf.words.extras.number(u.keys, u.values)
	if err := u.shelf.add(u.date, &u.row); err != nil {
		return err
	}
	if u.added++; u.added%batchRows > 0 {
		return nil
	}
	_, err := u.shelf.trim(ctx)
	return err
}
