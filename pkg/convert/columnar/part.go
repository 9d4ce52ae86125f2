package columnar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// part is an encoded partition that is read back, of this format or of an earlier one.
type part struct {
	file    *parquet.File
	columns []dataset.Column // of the file
}

func openPart(d dataset.Definition, date report.Date, r *io.SectionReader) (*part, error) {
	file, err := parquet.OpenFile(r, r.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	p := &part{file: file}
	switch format, said := file.Lookup(report.ParquetFormat); {
	case !said: // The first format said nothing, and had the date in each row.
		p.columns = d.Columns
	case format == strconv.Itoa(report.DatasetFormat):
		p.columns = d.FileColumns()
		if said, _ := file.Lookup(report.ParquetDate); said != date.String() {
			return nil, otherDate(date)
		}
	default:
		return nil, fault.New(fault.Poison, "is of the dataset's format %q, and this bellhop knows none after %d: use a newer one", format, report.DatasetFormat)
	}
	want := schemaOf(d.Name, p.columns)
	if !slices.EqualFunc(want.Columns(), file.Schema().Columns(), slices.Equal) || file.Schema().String() != want.String() {
		return nil, fault.New(fault.Poison, "is not a slice of %s", d.Name)
	}
	return p, nil
}

func otherDate(want report.Date) error {
	return fault.New(fault.Poison, "holds rows of another date than %s", want)
}

// rows passes each row to add, which must keep nothing of it.
func (p *part) rows(ctx context.Context, add func(parquet.Row) error) error {
	batch := make([]parquet.Row, blockRows)
	for _, group := range p.file.RowGroups() {
		if err := groupRowsOf(ctx, group, batch, add); err != nil {
			return err
		}
	}
	return nil
}

func groupRowsOf(ctx context.Context, group parquet.RowGroup, batch []parquet.Row, add func(parquet.Row) error) (err error) {
	rows := group.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := rows.ReadRows(batch)
		for _, row := range batch[:n] {
			if err := add(row); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read rows: %w", err)
		}
	}
}
