package convert

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Cut copies the rows of a delivered file into one file for each window, in the order of windows, cell by cell and in the order
// of the rows. Each has the header. Rows of other days are left out; what [Converter.Convert] refuses may be copied. A failure
// to read or to write keeps its kind.
func (c *Converter) Cut(ctx context.Context, file io.Reader, table string, windows []report.Window, into []io.Writer) error {
	d, ok := dataset.Lookup(table)
	if !ok || len(windows) != len(into) {
		return fmt.Errorf("cut %s into %d windows and %d files", table, len(windows), len(into))
	}
	scan := newScanner(file, c.limits)
	header, err := scan.open(ctx)
	if err != nil {
		return fmt.Errorf("cut %s: %w", table, err)
	}
	columns, err := matchHeader(d, header, c.limits)
	if err != nil {
		return fmt.Errorf("cut %s: %w", table, err)
	}
	dates := slices.IndexFunc(columns.columns, func(c delivered) bool { return c.kind == cellDate })
	parts := make([]*csv.Writer, len(into))
	for i, to := range into {
		parts[i] = csv.NewWriter(to)
		if err := parts[i].Write(header); err != nil {
			return err
		}
	}
	if err := cut(ctx, scan, dates, windows, parts); err != nil {
		return fmt.Errorf("cut %s: %w", table, err)
	}
	for _, part := range parts {
		if part.Flush(); part.Error() != nil {
			return part.Error()
		}
	}
	return nil
}

// cut copies what follows the header.
func cut(ctx context.Context, scan *scanner, dates int, windows []report.Window, parts []*csv.Writer) error {
	for {
		if err := scan.load(ctx, batchRows); err != nil || len(scan.records) == 0 {
			return err
		}
		for i, record := range scan.records {
			date, err := parseDate(record[dates])
			if err != nil {
				return fault.New(fault.Poison, "line %d: %w", scan.lines[i], err)
			}
			at, found := slices.BinarySearchFunc(windows, date, func(w report.Window, d report.Date) int {
				switch {
				case w.To < d:
					return -1
				case w.From > d:
					return 1
				default:
					return 0
				}
			})
			if !found {
				continue
			}
			if err := parts[at].Write(record); err != nil {
				return err
			}
		}
	}
}
