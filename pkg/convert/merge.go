package convert

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/bellhop-asp/bellhop/pkg/convert/columnar"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Merge makes one partition of the parts that several files of one category contributed to one date. Parts are bodies of
// [report.EncodedDay] of the contract's table. Their rows are put in order and row_scope is decided anew over all of them, so the
// result equals, byte for byte, that of one file with the same rows. A row that several parts have counts once, unless
// the table's rows repeat. Rows of erased units are left out: what remains may be no row at all.
//
// A part of another table or date is [fault.Poison], and so are two rows of the same key with different
// measures. The body needs no closing: a large one is in an unlinked temporary file, which is released with the last reference
// to it.
func (c *Converter) Merge(ctx context.Context, contract report.Contract, date report.Date, parts []*io.SectionReader) (report.EncodedDay, error) {
	d, ok := dataset.Lookup(contract.Table)
	if !ok {
		return report.EncodedDay{}, fmt.Errorf("merge: no table %q", contract.Table)
	}
	rows := c.newWriter(d, contract)
	out, err := merge(ctx, rows, date, parts)
	if err = errors.Join(err, rows.Close()); err != nil {
		return report.EncodedDay{}, errors.Join(fmt.Errorf("merge parts of %s: %w", d.Name, err), rows.Discard())
	}
	return out, nil
}

// merge encodes the rows of parts as one partition.
func merge(ctx context.Context, rows *columnar.Writer, date report.Date, parts []*io.SectionReader) (report.EncodedDay, error) {
	for i, p := range parts {
		if err := rows.AddPart(ctx, date, uint32(i+1), p); err != nil {
			return report.EncodedDay{}, fmt.Errorf("part %d: %w", i+1, err)
		}
	}
	out, err := rows.Encode(ctx, date)
	out.Erased, out.Stripped = rows.Erased()
	if c := (columnar.Contradiction{}); errors.As(err, &c) {
		return out, fault.New(fault.Poison, "part %d has a row of part %d, with the same key and other values", c.Second, c.First)
	}
	return out, err
}
