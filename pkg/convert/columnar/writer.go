package columnar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Options say whose rows a [Writer] takes, and what it may hold in memory.
type Options struct {
	Definition   dataset.Definition
	Subscription string
	Budget       int64              // bytes of cells; a quarter of it for numbers, the rest for text
	Erased       report.ErasedUnits // rows of parts that are of these units, or below, are left out
	TempDir      string             // of what is beyond, and of encoded partitions; empty is that of [os.TempDir]
}

// Writer takes rows in any order, and encodes those of each date as one partition. It is for one goroutine.
//
// Text is passed once and named by a number from then on. Numbers are valid until [Writer.Trim] reports that they were replaced.
type Writer struct {
	*encoder
	rows   *shelf
	stored *spool // rows
	texts  *spool // rows with their text
	bodies *spool // finished partitions

	instant []byte
	erasure erasure
}

// New returns a Writer without rows.
func New(o Options) *Writer {
	w := &Writer{
		encoder: newEncoder(o.Definition, o.Subscription),
		stored:  &spool{dir: o.TempDir},
		texts:   &spool{dir: o.TempDir},
		bodies:  &spool{dir: o.TempDir},
		erasure: erasure{units: o.Erased},
	}
	w.rows = newShelf(o.Definition, o.Budget, w.stored, w.texts)
	return w
}

// NewRow returns a row of the table, to be filled and added again and again.
func (w *Writer) NewRow() Row {
	return Row{Dims: make([]uint32, w.rows.dims), Measures: make([]int64, w.rows.measures)}
}

// Dimension returns the number of a text of the dimension with that index. The text may be short-lived. fresh says that it has
// not been seen before.
func (w *Writer) Dimension(i int, text string) (n uint32, fresh bool) {
	return w.rows.words.dims[i].number(text)
}

// Instant is [Writer.Dimension] for a [dataset.Timestamp]: the number of an instant, of which no more than microseconds are kept.
// One before the year 1 or after 9999 is an error.
func (w *Writer) Instant(i int, at time.Time) (uint32, error) {
	text, err := appendInstant(w.instant[:0], at.UnixMicro())
	w.instant = text
	n, _ := w.rows.words.dims[i].number(view(text))
	return n, err
}

// Extra returns the number of the map that has the values under the keys, which are sorted. Empty values are left out.
func (w *Writer) Extra(keys, values []string) uint32 { return w.rows.words.extras.number(keys, values) }

// Path returns the number of a unit with the units above it: its level, the index of the unit at level 1 or -1, and the ids and
// names from the root down. The rows of a table without units have the path of no ids at level 0. fresh says that it has not been seen before; numbers count from 0.
func (w *Writer) Path(depth, property int, ids, names []string) (n uint32, fresh bool) {
	return w.rows.words.paths.number(depth, property, ids, names)
}

// KeepUnits returns the cells that a path was made of, an id and a name for each level, as strings that live as long as its
// number. ids has the path's by level, empty where it has none.
func (w *Writer) KeepUnits(path uint32, cells, ids []string) []string {
	return w.rows.words.paths.keep(path, cells, ids)
}

// Add adds a row to a date.
func (w *Writer) Add(date report.Date, r *Row) error { return w.rows.add(date, r) }

// Trim moves what is beyond the budget to a temporary file. It must not be called within a row. When it reports that it
// replaced the numbers of all text, the earlier ones mean nothing any more.
func (w *Writer) Trim(ctx context.Context) (replaced bool, err error) { return w.rows.trim(ctx) }

// AddPart adds the rows of a partition of the table and date, which was encoded earlier. Line stands for their lines.
func (w *Writer) AddPart(ctx context.Context, date report.Date, line uint32, body *io.SectionReader) error {
	p, err := openPart(w.definition, date, body)
	if err != nil {
		return err
	}
	u := unpacker{columns: p.columns, units: w.definition.HasUnits(), date: date, shelf: w.rows, row: w.NewRow(), erasure: &w.erasure}
	u.row.Line = line
	return p.rows(ctx, func(row parquet.Row) error { return u.add(ctx, row) })
}

// Erased returns how many rows of parts were left out because a unit is erased, and how many were kept without it in a list.
func (w *Writer) Erased() (left, stripped int64) { return w.erasure.left, w.erasure.stripped }

// Dates returns the dates of the rows, in order.
func (w *Writer) Dates() []report.Date {
	var dates []report.Date
	for _, d := range w.rows.sorted() {
		dates = append(dates, d.date)
	}
	return dates
}

// Encode makes a partition of a date's rows, and forgets them. Equal rows are equal bytes, whatever the order in which they were
// added. A row that was added twice counts once, unless the table's rows repeat; two rows of one key that differ are a [Contradiction].
func (w *Writer) Encode(ctx context.Context, date report.Date) (report.EncodedDay, error) {
	d := w.rows.day(date)
	digest, from := sha256.New(), w.bodies.size
	begin := func(n int64) { w.begin(date, n, io.MultiWriter(w.bodies, digest)) }
	if err := w.rows.emit(ctx, d, sink{begin: begin, write: w.write}); err != nil {
		return report.EncodedDay{}, err
	}
	if err := w.end(); err != nil {
		return report.EncodedDay{}, err
	}
	return report.EncodedDay{
		Date: date, Rows: w.encoder.rows, Duplicates: d.duplicates, Sums: w.sums(), Figures: w.figures(),
		SHA256: hex.EncodeToString(digest.Sum(nil)), Body: w.bodies.reader(section{from, w.bodies.size - from}),
	}, nil
}

// Close releases the rows. The encoded partitions stay until [Writer.Discard].
func (w *Writer) Close() error { return errors.Join(w.stored.Close(), w.texts.Close()) }

// Discard releases the encoded partitions.
func (w *Writer) Discard() error { return w.bodies.Close() }
