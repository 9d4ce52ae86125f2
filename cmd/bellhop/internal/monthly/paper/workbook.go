package paper

import (
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Workbook writes what an audience sees of a report as a workbook with a sheet for each block. Numbers are numbers, days are dates, and
// all else is text that no spreadsheet takes for a formula. A number has the 15 digits that a spreadsheet keeps.
func Workbook(w io.Writer, r monthly.Report) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	b := book{File: f}
	if b.bold, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	form := "yyyy-mm-dd"
	if b.date, err = f.NewStyle(&excelize.Style{CustomNumFmt: &form}); err != nil {
		return err
	}
	for _, block := range append([]monthly.Block{summary(r)}, r.Blocks...) {
		if err := b.sheet(block); err != nil {
			return fmt.Errorf("write the sheet %s: %w", block.Name, err)
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		return err
	}
	f.SetActiveSheet(0)
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

// summary is the headline as a block.
func summary(r monthly.Report) monthly.Block {
	b := monthly.Block{
		Name: "summary", Title: title(r), Data: &r.Data,
		Columns: []monthly.Column{
			{Title: "", Role: monthly.Text}, {Title: r.Month.Name(), Role: monthly.Level}, {Title: r.Month.Before().Name(), Role: monthly.Level},
			{Title: "Change", Role: monthly.Level}, {Title: "Change in", Role: monthly.Text},
		},
	}
	for _, f := range r.Headline {
		label, in := f.Label, "%"
		if f.Unit != "" {
			label, in = label+", "+f.Unit, "points"
		}
		b.Rows = append(b.Rows, []any{label, f.Value, f.Before, f.Change, in})
	}
	return b
}

type book struct {
	*excelize.File

	bold, date int
}

// sheet writes a block: its title, its data and its caveat, and the table below them, whose head stays in sight.
func (b book) sheet(block monthly.Block) error {
	name := block.Name
	if _, err := b.NewSheet(name); err != nil {
		return err
	}
	lines := []string{block.Title, "", block.Caveat}
	if block.Data != nil {
		lines[1] = data(block.Data).String()
	}
	for i, line := range lines {
		if err := b.SetCellStr(name, cell(0, i), line); err != nil {
			return err
		}
	}
	const head = 4
	for i, c := range block.Columns {
		if err := b.SetCellStr(name, cell(i, head), c.Title); err != nil {
			return err
		}
		for n, row := range block.Rows {
			if err := b.set(name, cell(i, head+1+n), value(row[i], c.Role)); err != nil {
				return err
			}
		}
	}
	for from, to := range map[string]string{cell(0, 0): cell(0, 0), cell(0, head): cell(len(block.Columns)-1, head)} {
		if err := b.SetCellStyle(name, from, to, b.bold); err != nil {
			return err
		}
	}
	if err := b.SetColWidth(name, "A", column(len(block.Columns)-1), 18); err != nil {
		return err
	}
	return b.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: head + 1, TopLeftCell: cell(0, head+1), ActivePane: "bottomLeft"})
}

// set writes one value.
func (b book) set(sheet, at string, v any) error {
	switch v := v.(type) {
	case nil:
		return nil // an empty cell: the vendor says nothing
	case query.Number:
		n, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return b.SetCellStr(sheet, at, string(v))
		}
		return b.SetCellValue(sheet, at, n)
	case report.Date:
		if err := b.SetCellValue(sheet, at, v.Time()); err != nil {
			return err
		}
		return b.SetCellStyle(sheet, at, at, b.date)
	case page.Missing:
		return b.SetCellStr(sheet, at, "missing")
	case page.Hidden:
		return b.SetCellStr(sheet, at, v.Why)
	default:
		return b.SetCellStr(sheet, at, fmt.Sprint(v))
	}
}

// cell names a cell by its column and row, counted from 0.
func cell(x, y int) string { return column(x) + strconv.Itoa(y+1) }

func column(x int) string {
	name, _ := excelize.ColumnNumberToName(x + 1) // a block has no more columns than a sheet
	return name
}
