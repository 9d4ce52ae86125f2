package convert

import (
	"context"
	"errors"
	"math"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/pkg/convert/columnar"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// decoder turns the cells of one file into rows, and hands each row to a [columnar.Writer].
type decoder struct {
	layout layout
	window report.Window
	today  report.Date // 0: not known
	rows   *columnar.Writer

	at        int // the column of the next cell
	date      report.Date
	dateCell  string // the cell that date was read from
	row       columnar.Row
	hierarchy *hierarchy
	forms     unitIDs
	root      root
	unknown   []string // cells of unknown columns, in the order of layout.extras
	count     int64    // rows
	lines     []int    // of the batch
	record    int      // of the batch
}

func newDecoder(l layout, c report.Contract, forms unitIDs, rows *columnar.Writer) *decoder {
	dec := &decoder{
		layout: l, window: c.Window, today: c.Today, forms: forms, rows: rows, root: newRoot(c.Root, l.levels),
		unknown: make([]string, len(l.extras)), row: rows.NewRow(),
	}
	dec.learn()
	return dec
}

// learn begins with the numbers of rows, after they have been replaced.
func (d *decoder) learn() {
	d.hierarchy = newHierarchy(d.rows, d.layout.levels, d.forms)
	d.root.forget()
}

// decode reads s to its end.
func (d *decoder) decode(ctx context.Context, s *scanner) error {
	header := make([]string, len(d.layout.columns))
	for i, c := range d.layout.columns {
		header[i] = c.header
	}
	var f feeder
	for {
		if err := s.load(ctx, batchRows); err != nil {
			return err
		}
		if len(s.records) == 0 {
			return nil
		}
		d.at, d.record, d.lines = 0, 0, s.lines
		if record, column, err := f.feed(d, header, s.records); err != nil {
			return d.explain(err, s.lines[record], column)
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

// cell takes the next cell of the current row. The text is valid only until the batch ends.
func (d *decoder) cell(header, text string) (err error) {
	c := &d.layout.columns[d.at]
	if header != c.header {
		return errors.New("gocsv passed a cell out of order")
	}
	switch c.kind {
	case cellDate:
		if text != d.dateCell || text == "" {
			if err := d.setDate(text); err != nil {
				return err
			}
		}
	case cellUnit:
		d.hierarchy.set(c.slot, text)
	case cellDimension:
		n, fresh := d.rows.Dimension(c.slot, text)
		if fresh && !utf8.ValidString(text) {
			return notUTF8
		}
		d.row.Dims[c.slot] = n
	case cellCount:
		if d.row.Measures[c.slot], err = parseCount(text); err != nil {
			return err
		}
	case cellDecimal:
		if d.row.Measures[c.slot], err = parseDecimal(text); err != nil {
			return err
		}
	case cellExtra:
		if !utf8.ValidString(text) {
			return notUTF8
		}
		d.unknown[c.slot] = text
	}
	d.at++
	if d.at == len(d.layout.columns) {
		d.at = 0
		return d.endRow()
	}
	return nil
}

func (d *decoder) setDate(text string) error {
	date, err := parseDate(text)
	if err != nil {
		return err
	}
	switch {
	case date < firstDay:
		return tooOld
	case d.today != 0 && date > d.today+1:
		return inFuture
	case !d.window.Contains(date):
		return outOfWindow
	}
	d.date, d.dateCell = date, string([]byte(text))
	return nil
}

func (d *decoder) endRow() error {
	n, slot, err := d.hierarchy.path()
	if err != nil {
		return d.blameUnit(err, slot)
	}
	if err := d.root.check(n, d.hierarchy.units); err != nil {
		return err
	}
	d.row.Path = n
	if len(d.unknown) > 0 {
		d.row.Extra = d.rows.Extra(d.layout.extras, d.unknown)
	}
	d.row.Line = uint32(min(d.lines[d.record], math.MaxUint32))
	d.record++
	d.count++
	return d.rows.Add(d.date, &d.row)
}

// blameUnit names the unit column that is to blame, since gocsv will say that it was the row's last column.
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
