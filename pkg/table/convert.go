package table

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Limits bound what a delivered file may hold. A file beyond them is poison.
type Limits struct {
	Columns int   // columns of the header, and with them twice the levels of units; 1,000 by default
	Cell    int   // bytes of a cell; 64 KiB by default
	Bytes   int64 // bytes of the file; 8 GiB by default
}

// Converter turns delivered CSV into encoded slices. It holds no state: one Converter may be used by any
// number of goroutines, each conversion having the budgets for itself.
type Converter struct {
	budget     int64
	bodyMemory int64
	tempDir    string
	limits     Limits
	unitIDs    unitIDs
}

// Option changes a default of [NewConverter].
type Option func(*Converter)

// Budget sets how many bytes of cells a conversion holds in memory before it moves rows to a temporary file:
// up to a quarter of it numbers, and up to three quarters text.
// The default is 40 MiB.
func Budget(bytes int64) Option { return func(c *Converter) { c.budget = bytes } }

// BodyMemory sets how many bytes of encoded slices stay in memory; beyond that they are in a temporary file.
// The default is 8 MiB.
func BodyMemory(bytes int64) Option { return func(c *Converter) { c.bodyMemory = bytes } }

// TempDir sets the directory of temporary files. The default is that of [os.TempDir].
func TempDir(dir string) Option { return func(c *Converter) { c.tempDir = dir } }

// Limit sets limits; a zero field keeps its default.
func Limit(l Limits) Option {
	return func(c *Converter) {
		if l.Columns > 0 {
			c.limits.Columns = l.Columns
		}
		if l.Cell > 0 {
			c.limits.Cell = l.Cell
		}
		if l.Bytes > 0 {
			c.limits.Bytes = l.Bytes
		}
	}
}

// NewConverter returns a Converter with the given options.
func NewConverter(opts ...Option) *Converter {
	c := &Converter{
		budget:     40 << 20,
		bodyMemory: 8 << 20,
		limits:     Limits{Columns: 1000, Cell: 64 << 10, Bytes: 8 << 30},
	}
	for _, o := range opts {
		o(c)
	}
	return c
}

// Convert reads a delivered file to its end and encodes each date's rows as one slice, in the file's order.
// It is all or nothing: with an error there are no days and nothing to close.
//
// Content that can never load is [fault.Poison], and the text says why: what the header lacks, or the line
// and column, never a cell's text. A file with a header and nothing else has no rows, and is no error. A
// failure to read csv keeps its kind, or is [fault.Transient] when it has none.
func (c *Converter) Convert(ctx context.Context, csv io.Reader, contract report.Contract) (out report.Conversion, err error) {
	nothing := report.Conversion{Close: func() error { return nil }}
	d, ok := Lookup(contract.Table)
	if !ok {
		return nothing, fmt.Errorf("convert: no table %q", contract.Table)
	}
	scan := newScanner(csv, c.limits)
	header, err := scan.open(ctx)
	if err != nil {
		return nothing, fmt.Errorf("convert to %s: %w", d.Name, err)
	}
	columns, err := matchHeader(d, header, c.limits)
	if err != nil {
		return nothing, fmt.Errorf("convert to %s: %w", d.Name, err)
	}

	run := c.newRun(d, contract.Subscription)
	defer func() {
		if err = errors.Join(err, run.stored.Close(), run.parts.Close()); err != nil {
			out, err = nothing, errors.Join(err, run.bodies.Close())
		}
	}()
	rows := newShelf(d, c.budget, run.stored, run.parts, run.spill)
	dec := newDecoder(columns, d, contract, c.unitIDs, rows)
	if err := dec.decode(ctx, scan); err != nil {
		return nothing, fmt.Errorf("convert to %s: %w", d.Name, err)
	}
	out = report.Conversion{Rows: dec.rows, Unknown: columns.unknown, Close: run.bodies.Close}
	for _, day := range rows.sorted() {
		encoded, err := run.finish(ctx, day, rows)
		if err != nil {
			return nothing, fmt.Errorf("convert to %s: %w", d.Name, err)
		}
		out.Days = append(out.Days, encoded)
	}
	return out, nil
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

// run is one conversion or merge.
type run struct {
	*encoder
	budget int64
	stored *spool // rows of all dates
	parts  *spool // slices that are still to be merged
	bodies *spool // finished slices
}

func (c *Converter) newRun(d Definition, subscription string) *run {
	return &run{
		encoder: newEncoder(d, subscription),
		budget:  c.budget,
		stored:  &spool{dir: c.tempDir},
		parts:   &spool{dir: c.tempDir},
		bodies:  &spool{dir: c.tempDir, limit: c.bodyMemory},
	}
}

// spill encodes the rows of a day as a part. Its row_scope holds among the part's own rows.
func (r *run) spill(d *day, rows *shelf, to *spool) (spilled, error) {
	d.markRollups(rows.words)
	at, err := r.encode(d.date, d.rows(), to, func() error { return r.writeBlocks(context.Background(), d, rows) })
	return spilled{at, r.rows, r.totals()}, err
}

// finish encodes a day as a slice, and frees its rows.
func (r *run) finish(ctx context.Context, d *day, rows *shelf) (report.EncodedDay, error) {
	if len(d.parts) == 0 {
		d.markRollups(rows.words)
		defer rows.release(d)
		return r.body(d.date, d.rows(), func() error { return r.writeBlocks(ctx, d, rows) })
	}
	if err := rows.spill(d); err != nil {
		return report.EncodedDay{}, err
	}
	if len(d.parts) == 1 {
		return r.move(d.date, d.parts[0])
	}
	parts := make([]*io.SectionReader, len(d.parts))
	for i, p := range d.parts {
		parts[i] = r.parts.reader(p.section)
	}
	return r.merge(ctx, d.date, parts)
}

// move makes a slice of the only part of a date: in a file that is in order of date, a date that was spilled
// gets no more rows.
func (r *run) move(date report.Date, p spilled) (report.EncodedDay, error) {
	digest := sha256.New()
	at := section{r.bodies.size, p.size}
	if _, err := io.Copy(io.MultiWriter(r.bodies, digest), r.parts.reader(p.section)); err != nil {
		return report.EncodedDay{}, fmt.Errorf("move the only part of a date: %w", err)
	}
	return report.EncodedDay{
		Date: date, Rows: p.rows, Sums: p.sums,
		SHA256: hex.EncodeToString(digest.Sum(nil)), Body: r.bodies.reader(at),
	}, nil
}

func (r *run) writeBlocks(ctx context.Context, d *day, rows *shelf) error {
	return rows.each(d, func(b *block) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := r.write(b, rows.words)
		return err
	})
}

// body encodes a slice among the bodies and describes it.
func (r *run) body(date report.Date, n int64, rows func() error) (report.EncodedDay, error) {
	digest := sha256.New()
	at, err := r.encode(date, n, r.bodies, rows, digest)
	if err != nil {
		return report.EncodedDay{}, err
	}
	return report.EncodedDay{
		Date: date, Rows: r.rows, Sums: r.totals(),
		SHA256: hex.EncodeToString(digest.Sum(nil)), Body: r.bodies.reader(at),
	}, nil
}

// encode writes one slice of n rows to the end of a spool, and to the others.
func (r *run) encode(date report.Date, n int64, to *spool, rows func() error, others ...io.Writer) (section, error) {
	from := to.size
	r.begin(date, n, io.MultiWriter(append([]io.Writer{to}, others...)...))
	if err := rows(); err != nil {
		return section{}, err
	}
	if err := r.end(); err != nil {
		return section{}, err
	}
	return section{from, to.size - from}, nil
}
