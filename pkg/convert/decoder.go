package convert

import (
	"context"
	"errors"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/pkg/convert/columnar"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// decoder turns the cells of one file into rows, and hands each row to a [columnar.Writer].
type decoder struct {
	layout layout
	window report.Window
	today  report.Date // 0: not known
	rows   *columnar.Writer

	typed     *binder
	date      report.Date // of the row before; of the first, none
	dated     int         // column of the instant whose date is the row's, or -1
	begins    report.Date // of that instant
	row       columnar.Row
	hierarchy *hierarchy
	forms     unitIDs
	erased    report.ErasedUnits
	root      root
	unknown   []string // cells of unknown columns, in the order of layout.extras
	extras    extras
	count     int64 // rows
	left      int64 // rows of erased units, which are not among them
}

func newDecoder(l layout, d dataset.Definition, c report.Contract, forms unitIDs, rows *columnar.Writer) *decoder {
	dec := &decoder{
		layout: l, window: c.Window, today: c.Today, forms: forms, erased: c.Erased, rows: rows, root: newRoot(c.Root, l.levels),
		unknown: make([]string, len(l.extras)), row: rows.NewRow(), typed: newBinder(l, d), date: math.MinInt32,
		dated: slices.IndexFunc(l.columns, func(c delivered) bool { return c.dates }),
	}
	dec.learn()
	return dec
}

// learn begins with the numbers of rows, after they have been replaced.
func (d *decoder) learn() {
	d.hierarchy = newHierarchy(d.rows, d.layout.levels, d.forms, d.erased)
	d.root.forget()
}

// decode reads s to its end.
func (d *decoder) decode(ctx context.Context, s *scanner) error {
	for {
		if err := s.load(ctx, batchRows); err != nil {
			return err
		}
		if len(s.records) == 0 {
			return nil
		}
		if err := d.batch(s); err != nil {
			return err
		}
		replaced, err := d.rows.Trim(ctx)
		if err != nil {
			return err
		}
		if replaced {
			d.learn()
		}
	}
}

// batch decodes the records of a batch. Of several errors it returns the one that comes first in the file.
func (d *decoder) batch(s *scanner) error {
	rows, wrong, unbound := d.typed.bind(s.records)
	for i, record := range s.records {
		known := len(record)
		if i == len(rows) {
			rows, known = append(rows, row{}), wrong
			rows[i].Date, _ = parseDate(record[slices.IndexFunc(d.layout.columns, func(c delivered) bool { return c.kind == cellDate })])
		}
		if column, err := d.take(record[:known], &rows[i], s.lines[i]); err != nil {
			return d.explain(err, s.lines[i], column)
		}
		if known < len(record) {
			return d.explain(unbound, s.lines[i], wrong)
		}
	}
	return unbound
}

// explain says where a complaint arose. Other errors are passed on.
func (d *decoder) explain(err error, line, column int) error {
	var (
		row  wholeRow
		cell complaint
	)
	switch {
	case errors.As(err, &row):
		return fault.New(fault.Poison, "line %d: %w", line, err)
	case errors.As(err, &cell):
		return fault.New(fault.Poison, "line %d, column %s: %w", line, printable(d.layout.columns[column].header), err)
	default:
		return err
	}
}

// take decodes the cells of a record, whose text is valid only until the batch ends, and adds the row when it is whole. An error comes
// with the column that is at fault.
func (d *decoder) take(cells []string, typed *row, line int) (column int, err error) {
	measure := 0
	for at, text := range cells {
		switch c := &d.layout.columns[at]; c.kind {
		case cellDate:
			if typed.Date != d.date {
				err = d.setDate(typed.Date)
			}
		case cellUnit:
			d.hierarchy.set(c.slot, text)
		case cellDimension:
			if c.units {
				text, _ = d.erased.Strip(text)
			}
			n, fresh := d.rows.Dimension(c.slot, text)
			if fresh && !utf8.ValidString(text) {
				err = notUTF8
			}
			if c.filled && text == "" {
				err = emptyCell
			}
			d.row.Dims[c.slot] = n
		case cellInstant:
			err = d.instant(c, text)
		case cellMeasure:
			d.row.Measures[c.slot] = typed.Measures[measure]
			measure++
		case cellExtra:
			if !utf8.ValidString(text) {
				err = notUTF8
			}
			d.unknown[c.slot] = text
		case cellExtras:
			err = d.extras.read(text)
		}
		if err != nil {
			return at, err
		}
	}
	if len(cells) < len(d.layout.columns) {
		return 0, nil
	}
	if d.dated >= 0 && d.begins != d.date {
		return d.dated, otherDay
	}
	return len(cells) - 1, d.endRow(line)
}

// instant takes the cell of a timestamp.
func (d *decoder) instant(c *delivered, text string) error {
	if text == "" {
		d.row.Dims[c.slot], _ = d.rows.Dimension(c.slot, text)
		if c.filled {
			return emptyCell
		}
		return nil
	}
	at, err := parseInstant(text)
	if err != nil {
		return err
	}
	if c.dates {
		d.begins = report.DateOf(at)
	}
	d.row.Dims[c.slot], err = d.rows.Instant(c.slot, at)
	return err
}

func (d *decoder) setDate(date report.Date) error {
	switch {
	case date < firstDay:
		return tooOld
	case d.today != 0 && date > d.today+1:
		return inFuture
	case !d.window.Contains(date):
		return outOfWindow
	}
	d.date = date
	return nil
}

func (d *decoder) endRow(line int) error {
	n, slot, err := d.hierarchy.path()
	if err != nil {
		return d.blameUnit(err, slot)
	}
	if err := d.root.check(n, d.hierarchy.units); err != nil {
		return err
	}
	if d.hierarchy.isGone(n) {
		d.left++
		return nil
	}
	d.row.Path = n
	switch {
	case d.layout.open:
		d.row.Extra = d.rows.Extra(d.extras.with(d.layout.extras, d.unknown))
	case len(d.unknown) > 0:
		d.row.Extra = d.rows.Extra(d.layout.extras, d.unknown)
	}
	d.row.Line = uint32(min(line, math.MaxUint32))
	d.count++
	return d.rows.Add(d.date, &d.row)
}

// blameUnit names the unit column that is to blame, since the row's last column is not.
func (d *decoder) blameUnit(err error, slot int) error {
	if errors.As(err, new(wholeRow)) {
		return err
	}
	for _, c := range d.layout.columns {
		if c.kind == cellUnit && c.slot == slot {
			return wholeRow{complaint("column " + printable(c.header) + ": " + err.Error())}
		}
	}
	return err
}
