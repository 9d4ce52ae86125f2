package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// ReadSums reads a partition back: its rows, and the exact sum of each measure column, in the form of
// [report.EncodedDay.Sums]. It shares nothing with the encoder but the definition, which it finds by the
// schema's name, so that it can bear witness to what was written. A file of no known table is [fault.Poison].
func ReadSums(r *io.SectionReader) (rows int64, sums map[string]string, err error) {
	file, err := parquet.OpenFile(r, r.Size())
	if err != nil {
		return 0, nil, fmt.Errorf("read sums: %w", err)
	}
	d, ok := dataset.Lookup(file.Schema().Name())
	if !ok {
		return 0, nil, fault.New(fault.Poison, "read sums: the file is of no known table")
	}
	sums = map[string]string{}
	for _, c := range d.Measures() {
		leaf, ok := file.Schema().Lookup(c.Name)
		if !ok {
			return 0, nil, fault.New(fault.Poison, "read sums: the file has no column %s", c.Name)
		}
		total := new(big.Int)
		for _, group := range file.RowGroups() {
			err := eachValue(context.Background(), group.ColumnChunks()[leaf.ColumnIndex], func(v parquet.Value) error {
				if !v.IsNull() {
					total.Add(total, big.NewInt(v.Int64()))
				}
				return nil
			})
			if err != nil {
				return 0, nil, fmt.Errorf("read sums of %s: %w", c.Name, err)
			}
		}
		sums[c.Name] = c.Type.Text(total)
	}
	return file.NumRows(), sums, nil
}

// FormatOf returns the dataset's format that a partition says, as a number's text; one of the first says nothing, and is "1".
func FormatOf(r io.ReaderAt, size int64) (string, error) {
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return "", fault.New(fault.Poison, "this is not a Parquet file: %w", err)
	}
	if format, said := file.Lookup(report.ParquetFormat); said {
		return format, nil
	}
	return "1", nil
}

// eachValue passes every value of a column chunk to visit, NULLs included. A value is valid during the visit.
func eachValue(ctx context.Context, chunk parquet.ColumnChunk, visit func(parquet.Value) error) (err error) {
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	values := make([]parquet.Value, batchRows)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a page: %w", err)
		}
		err = pageValues(page, values, visit)
		parquet.Release(page)
		if err != nil {
			return err
		}
	}
}

func pageValues(page parquet.Page, values []parquet.Value, visit func(parquet.Value) error) error {
	reader := page.Values()
	for {
		n, err := reader.ReadValues(values)
		for _, v := range values[:n] {
			if err := visit(v); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read values: %w", err)
		}
	}
}
