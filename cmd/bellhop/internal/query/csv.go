package query

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// CSV writes a result as RFC 4180 CSV with a header. NULL is an empty cell; lists and objects are JSON.
type CSV struct {
	to *csv.Writer
	// neutral makes cells harmless to a spreadsheet.
	neutral bool
	cells   []string
}

// NewCSV returns a writer to w. A spreadsheet takes a cell that begins like a formula for one and runs it, and the names of
// rooms and skills are chosen by people: unless raw is set, text that begins with =, +, -, @, a tab or a line break gets an
// apostrophe before it, which spreadsheets hide. Numbers stay as they are.
func NewCSV(w io.Writer, raw bool) *CSV { return &CSV{to: csv.NewWriter(w), neutral: !raw} }

// ForSpreadsheets writes what spreadsheets of many countries open by a double click: a byte order mark, by which they know
// UTF-8, and semicolons between cells, where their decimal sign is a comma. It is called before the first row.
func (c *CSV) ForSpreadsheets(w io.Writer, bom, semicolons bool) error {
	if semicolons {
		c.to.Comma = ';'
	}
	if !bom {
		return nil
	}
	_, err := io.WriteString(w, "\ufeff")
	return err
}

// Columns writes the header.
func (c *CSV) Columns(columns []Column) error {
	names := make([]any, len(columns))
	for i, column := range columns {
		names[i] = column.Name
	}
	return c.Row(names)
}

// Row writes a record.
func (c *CSV) Row(values []any) error {
	c.cells = c.cells[:0]
	for _, v := range values {
		cell, err := text(v)
		if err != nil {
			return err
		}
		if _, isText := v.(string); isText && c.neutral {
			cell = Neutral(cell)
		}
		c.cells = append(c.cells, cell)
	}
	if err := c.to.Write(c.cells); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// Close writes what is still held back. It is called once, after the last row.
func (c *CSV) Close() error {
	c.to.Flush()
	if err := c.to.Error(); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// Neutral puts an apostrophe before text that a spreadsheet would run as a formula, as OWASP's page on CSV injection asks
// for. Lists and objects begin with a bracket, and so never do.
func Neutral(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
