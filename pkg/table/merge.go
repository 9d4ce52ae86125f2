package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Merge makes one slice of the parts that several files of one category contributed to one date, in the
// given order. Parts are bodies of [report.EncodedDay] of the contract's table. row_scope is decided anew
// over all rows, so the result equals, byte for byte, that of one file with the same rows in the same order.
//
// A part of another table or date is [fault.Poison]. The body needs no closing: a large one is in an
// unlinked temporary file, which is released with the last reference to it.
func (c *Converter) Merge(ctx context.Context, contract report.Contract, date report.Date, parts []*io.SectionReader) (report.EncodedDay, error) {
	d, ok := Lookup(contract.Table)
	if !ok {
		return report.EncodedDay{}, fmt.Errorf("merge: no table %q", contract.Table)
	}
	r := c.newRun(d, contract.Subscription)
	out, err := r.merge(ctx, date, parts)
	if err != nil {
		return report.EncodedDay{}, errors.Join(fmt.Errorf("merge parts of %s: %w", d.Name, err), r.bodies.Close())
	}
	return out, nil
}

// merge encodes the rows of parts as one slice.
func (r *run) merge(ctx context.Context, date report.Date, parts []*io.SectionReader) (report.EncodedDay, error) {
	files := make([]*part, len(parts))
	var rows int64
	for i, p := range parts {
		f, err := openPart(r.definition, date, p)
		if err != nil {
			return report.EncodedDay{}, fmt.Errorf("part %d: %w", i+1, err)
		}
		files[i] = f
		rows += f.file.NumRows()
	}
	return r.body(date, rows, func() error { return r.writeParts(ctx, date, files) })
}

// writeParts streams the rows of parts into the open slice. It reads them twice: first for the units that
// have descendants, then for the rows.
func (r *run) writeParts(ctx context.Context, date report.Date, files []*part) error {
	parents := &parents{ids: map[string]struct{}{}, budget: r.budget}
	for i, f := range files {
		if err := f.ancestors(ctx, parents); err != nil {
			return fmt.Errorf("part %d: %w", i+1, err)
		}
	}
	m := merger{run: r, date: date, parents: parents, block: newBlock(len(r.definition.Dimensions()), len(r.definition.Measures()))}
	m.row.dims = make([]uint32, len(m.block.dims))
	m.row.measures = make([]int64, len(m.block.measures))
	m.words = newVocabulary(len(m.block.dims))
	for i, f := range files {
		m.columns = f.columns
		if err := f.rows(ctx, m.add); err != nil {
			return fmt.Errorf("part %d: %w", i+1, err)
		}
	}
	return m.flush()
}

// parents is the set of units that have descendants, held within a budget of bytes.
type parents struct {
	ids    map[string]struct{}
	size   int64
	budget int64
}

func (p *parents) add(id []byte) error {
	if _, known := p.ids[string(id)]; known {
		return nil
	}
	p.ids[string(id)] = struct{}{}
	if p.size += int64(len(id)) + textOverhead; p.size > max(p.budget, 1<<20) {
		return fault.New(fault.Poison, "more units with descendants on one date than %d bytes of memory hold", p.budget)
	}
	return nil
}

// merger collects rows of parts into full blocks and writes them.
type merger struct {
	*run
	date    report.Date
	parents *parents
	words   *vocabulary
	block   *block
	row     record
	columns []Column // of the part that is read

	ids, names   []string
	keys, values []string
}

// add takes the values of one row, in column order.
func (m *merger) add(row parquet.Row) error {
	var (
		left           = leaves{row: row}
		dims, measures int
		depth          int
		propertyID     string
	)
	m.ids, m.names, m.keys, m.values = m.ids[:0], m.names[:0], m.keys[:0], m.values[:0]
	for _, c := range m.columns {
		switch {
		case c.Name == "unit_ids":
			m.ids = left.list(m.ids)
		case c.Name == "unit_names":
			m.names = left.list(m.names)
		case c.Role == RoleExtra:
			m.keys = left.list(m.keys)
			m.values = left.list(m.values)
		case c.Role == RoleDimension:
			m.row.dims[dims], _ = m.words.dims[dims].number(view(left.one().ByteArray()))
			dims++
		case c.Role == RoleMeasure:
			m.row.measures[measures] = null
			if v := left.one(); !v.IsNull() {
				m.row.measures[measures] = v.Int64()
			}
			measures++
		case c.Name == "depth":
			depth = int(left.one().Int32())
		case c.Name == "property_id":
			propertyID = view(left.one().ByteArray())
		case c.Role == RoleDate:
			if left.one().Int32() != int32(m.date) {
				return otherDate(m.date)
			}
		default:
			// Derived anew from the path, or the same in all parts.
			left.one()
		}
	}
	return m.shelve(depth, slices.Index(m.ids, propertyID))
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

// shelve adds the row that was taken apart to the block.
func (m *merger) shelve(depth, property int) error {
	if len(m.ids) == 0 || len(m.ids) != len(m.names) || len(m.keys) != len(m.values) {
		return fault.New(fault.Poison, "holds a row without a unit path")
	}
	n, fresh := m.words.paths.number(depth, property, m.ids, m.names)
	if fresh {
		p := &m.words.paths.list[n]
		_, p.rollup = m.parents.ids[m.words.paths.ids.words[p.leaf()]]
	}
	m.row.path = n
	m.row.extra = m.words.extras.number(m.keys, m.values)
	m.block.add(&m.row)
	if m.block.n == blockRows {
		return m.flush()
	}
	return nil
}

func (m *merger) flush() error {
	if m.block.n == 0 {
		return nil
	}
	ended, err := m.write(m.block, m.words)
	m.block.n = 0
	if ended {
		m.words = newVocabulary(len(m.block.dims))
	}
	return err
}
