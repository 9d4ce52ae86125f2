package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// glyph is how a day looks in the calendar.
func glyph(status report.CoverageStatus) string {
	switch status {
	case report.CoverageComplete:
		return "■"
	case report.CoverageZero:
		return "□"
	case report.CoveragePending:
		return "◌"
	case report.CoverageMissing:
		return "✖"
	case report.CoverageNotEligible:
		return "–"
	case report.CoverageExpired:
		return "⌛"
	default:
		panic("cli: unhandled coverage status " + string(status))
	}
}

// meaning of a status, for the legend.
func meaning(status report.CoverageStatus) string {
	switch status {
	case report.CoverageComplete:
		return "complete"
	case report.CoverageZero:
		return "zero (loaded, and the vendor reports nothing)"
	case report.CoveragePending:
		return "pending"
	case report.CoverageMissing:
		return "missing"
	case report.CoverageNotEligible:
		return "not eligible yet (the unit is too young)"
	case report.CoverageExpired:
		return "expired (can no longer be fetched)"
	default:
		panic("cli: unhandled coverage status " + string(status))
	}
}

func legendHelp() string {
	var b strings.Builder
	for _, status := range report.CoverageStatuses() {
		fmt.Fprintf(&b, "  %s  %s\n", glyph(status), meaning(status))
	}
	return strings.TrimRight(b.String(), "\n")
}

// legend explains the glyphs that occur.
func (s *screen) legend(counts map[report.CoverageStatus]int) painted {
	var parts []string
	for _, status := range report.CoverageStatuses() {
		if counts[status] > 0 {
			parts = append(parts, string(s.paint(coverageTone(status), glyph(status)))+" "+meaning(status))
		}
	}
	return painted(strings.Join(parts, "   "))
}

// calendar draws a month after the other, a row for each table and a column for each day, with a gap before each Monday.
func (s *screen) calendar(days []report.DayCoverage) {
	type place struct {
		table string
		date  report.Date
	}
	known := map[place]report.CoverageStatus{}
	var tables []string
	first, last := days[0].Date, days[0].Date
	cellWidth, label := 1, 0
	for _, d := range days {
		known[place{d.Table, d.Date}] = d.Status
		if !slices.Contains(tables, d.Table) {
			tables = append(tables, d.Table)
		}
		first, last = min(first, d.Date), max(last, d.Date)
		// An hourglass takes two columns: then every day does.
		cellWidth = max(cellWidth, text.StringWidth(glyph(d.Status)))
		label = max(label, len(d.Table))
	}
	for month := monthOf(first); month.From <= last; month = monthOf(month.To + 1) {
		s.line("")
		title := month.From.Time().Format("January 2006")
		label = max(label, len(title))
		s.line("%s  %s", s.paint(strong, fmt.Sprintf("%-*s", label, title)), s.paint(quiet, ruler(month, cellWidth)))
		for _, table := range tables {
			var row strings.Builder
			for d := range month.Days() {
				row.WriteString(weekGap(month, d))
				status, wanted := known[place{table, d}]
				if !wanted {
					row.WriteString(strings.Repeat(" ", cellWidth))
					continue
				}
				g := glyph(status)
				row.WriteString(string(s.paint(coverageTone(status), g)))
				row.WriteString(strings.Repeat(" ", cellWidth-text.StringWidth(g)))
			}
			s.line("%s  %s", fmt.Sprintf("%-*s", label, table), painted(row.String()))
		}
	}
}

func monthOf(d report.Date) report.Window {
	y, m, _ := d.Time().Date()
	return report.Window{From: report.NewDate(y, m, 1), To: report.NewDate(y, m+1, 0)}
}

func weekGap(month report.Window, d report.Date) string {
	if d != month.From && d.Time().Weekday() == time.Monday {
		return " "
	}
	return ""
}

// ruler numbers the first day of each week, as far as there is room for it.
func ruler(month report.Window, cellWidth int) string {
	var b strings.Builder
	column := 0
	for d := range month.Days() {
		gap := weekGap(month, d)
		column += len(gap)
		if d == month.From || gap != "" {
			day := fmt.Sprint(d.Time().Day())
			if pad := column - b.Len(); pad >= 0 && (b.Len() == 0 || pad > 0) {
				b.WriteString(strings.Repeat(" ", pad))
				b.WriteString(day)
			}
		}
		column += cellWidth
	}
	return b.String()
}
