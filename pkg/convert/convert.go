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

// limits bound what a delivered file may hold. A file beyond them is poison.
type limits struct {
	Columns int   // columns of the header, and with them twice the levels of units; 1,000 by default
	Cell    int   // bytes of a cell; 64 KiB by default
	Bytes   int64 // bytes of the file; 8 GiB by default
}

// maxExtra is what limits.Cell is for a table to which whole rows of unknown columns come in one cell.
const maxExtra = 1 << 20

// Converter turns delivered CSV into encoded partitions. It holds no state: one Converter may be used by any
// number of goroutines, each conversion having the budgets for itself.
type Converter struct {
	budget  int64
	tempDir string
	limits  limits
	unitIDs unitIDs
}

// Option changes a default of [NewConverter].
type Option func(*Converter)

// Budget sets how many bytes of cells a conversion holds in memory before it moves rows to a temporary file:
// up to a quarter of it numbers, and up to three quarters text.
// The default is 40 MiB.
func Budget(bytes int64) Option { return func(c *Converter) { c.budget = bytes } }

// TempDir sets the directory of temporary files. The default is that of [os.TempDir].
func TempDir(dir string) Option { return func(c *Converter) { c.tempDir = dir } }

// MaxBytes sets how many bytes a file may have. The default is 8 GiB.
func MaxBytes(n int64) Option { return func(c *Converter) { c.limits.Bytes = n } }

// NewConverter returns a Converter with the given options.
func NewConverter(opts ...Option) *Converter {
	c := &Converter{
		budget: 40 << 20,
		limits: limits{Columns: 1000, Cell: 64 << 10, Bytes: 8 << 30},
	}
	for _, o := range opts {
		o(c)
	}
	return c
}

// Convert reads a delivered file to its end and encodes each date's rows as one partition, in an order of their own: equal rows
// are equal bytes. A row that comes twice counts once, unless the table's rows repeat; two rows of one [dataset.Definition.Key] that differ are poison.
// It is all or nothing: with an error there are no days and nothing to close.
//
// Content that can never load is [fault.Poison], and the text says why: what the header lacks, or the line
// and column, never a cell's text. A file with a header and nothing else has no rows, and is no error. A
// failure to read csv keeps its kind, or is [fault.Transient] when it has none.
func (c *Converter) Convert(ctx context.Context, csv io.Reader, contract report.Contract) (out report.Conversion, err error) {
	nothing := report.Conversion{Close: func() error { return nil }}
	d, ok := dataset.Lookup(contract.Table)
	if !ok {
		return nothing, fmt.Errorf("convert: no table %q", contract.Table)
	}
	bounds := c.limits
	if d.Open {
		bounds.Cell = max(bounds.Cell, maxExtra)
	}
	scan := newScanner(csv, bounds)
	header, err := scan.open(ctx)
	if err != nil {
		return nothing, fmt.Errorf("convert to %s: %w", d.Name, err)
	}
	columns, err := matchHeader(d, header, bounds)
	if err != nil {
		return nothing, fmt.Errorf("convert to %s: %w", d.Name, err)
	}

	rows := c.newWriter(d, contract)
	defer func() {
		if err = errors.Join(err, rows.Close()); err != nil {
			out, err = nothing, errors.Join(err, rows.Discard())
		}
	}()
	out, err = convert(ctx, scan, newDecoder(columns, d, contract, c.unitIDs, rows))
	if err = byLine(err, d); err != nil {
		return nothing, fmt.Errorf("convert to %s: %w", d.Name, err)
	}
	return out, nil
}

// convert reads and encodes what follows the header.
func convert(ctx context.Context, scan *scanner, dec *decoder) (report.Conversion, error) {
	if err := dec.decode(ctx, scan); err != nil {
		return report.Conversion{}, err
	}
	out := report.Conversion{Unknown: dec.layout.announced(), Erased: dec.left, Close: dec.rows.Discard}
	for _, date := range dec.rows.Dates() {
		encoded, err := dec.rows.Encode(ctx, date)
		if err != nil {
			return report.Conversion{}, err
		}
		out.Days = append(out.Days, encoded)
		out.Rows += encoded.Rows
		out.Duplicates += encoded.Duplicates
	}
	if out.Rows+out.Duplicates != dec.count {
		return report.Conversion{}, fmt.Errorf("%d rows of %d are left", out.Rows+out.Duplicates, dec.count)
	}
	return out, nil
}

// byLine names the lines of two rows that contradict each other.
func byLine(err error, d dataset.Definition) error {
	c := columnar.Contradiction{}
	switch {
	case !errors.As(err, &c):
		return err
	case d.HasUnits():
		return fault.New(fault.Poison, "line %d: the same date, unit and dimensions as in line %d, with other values", c.Second, c.First)
	default:
		return fault.New(fault.Poison, "line %d: the same date and dimensions as in line %d, with other values", c.Second, c.First)
	}
}

// open reads the header.
func (s *scanner) open(ctx context.Context) ([]string, error) {
	if err := s.start(); err != nil {
		return nil, err
	}
	header, err := s.header(ctx)
	if err == nil && header == nil {
		err = fault.New(fault.Poison, "empty file: not even a header")
	}
	return header, err
}

func (c *Converter) newWriter(d dataset.Definition, contract report.Contract) *columnar.Writer {
	return columnar.New(columnar.Options{
		Definition: d, Subscription: contract.Subscription, Erased: contract.Erased, Budget: c.budget, TempDir: c.tempDir,
	})
}
