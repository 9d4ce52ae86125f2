package look

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// CoverageCommand is bellhop coverage.
func CoverageCommand(a *shell.App) *cobra.Command {
	var filter view.CoverageFilter
	var month, from, to string
	c := &cobra.Command{
		Use: "coverage", Short: "Show a calendar of the days that are there and those that are not", Args: cobra.NoArgs,
		Long: `Show which days of which tables are in the dataset, as a calendar, and below it every gap, with its reason
and the last day on which it can be fetched.

With --check the exit code answers a scheduler: 0 when every chosen day of every chosen table is COMPLETE or ZERO,
3 when one is not. A chosen day that the subscription does not want (yet) counts as missing. A paused
subscription is only checked when --subscription names it.

` + legendHelp(),
		Example: `  bellhop coverage
  bellhop coverage --month 2026-11 --subscription hotel
  bellhop coverage --check --table asp_device --from 2026-11-01 --to 2026-11-07 && ./publish-weekly-figures
  bellhop coverage --json | jq '.subscriptions[].gaps'`,
	}
	f := c.Flags()
	f.StringVar(&filter.Subscription, "subscription", "", "only one subscription, by its `name`")
	f.StringVar(&month, "month", "", "only one `month`, YYYY-MM")
	f.StringVar(&from, "from", "", "the first `day`, YYYY-MM-DD (default: the first that is wanted)")
	f.StringVar(&to, "to", "", "the last `day`, YYYY-MM-DD (default: the last that is wanted)")
	f.StringSliceVar(&filter.Tables, "table", nil, "only this `table`; repeat it for more")
	f.BoolVar(&filter.Check, "check", false, "exit with 3 when a chosen day is not there")
	c.PreRunE = func(*cobra.Command, []string) (err error) {
		if err := shell.KnownTables(filter.Tables...); err != nil {
			return err
		}
		filter.Days, err = chosenDays(month, from, to)
		return err
	}
	c.RunE = shell.Answer(a, func(ctx context.Context, at shell.Account, _ []string) (view.Coverage, error) {
		return at.View.Coverage(ctx, filter)
	}, drawCoverage, func(c view.Coverage) int { return shell.Attention(len(c.Absent) > 0) })
	return c
}

// chosenDays reads the flags that choose days. An end that none of them names stays open.
func chosenDays(month, from, to string) (w report.Window, err error) {
	if month == "" {
		return shell.ParseDays(from, to)
	}
	if from != "" || to != "" {
		return w, shell.Usage("choose the days with one of them", "--month and --from or --to exclude each other")
	}
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return w, shell.Usage("write it like 2026-11", "--month: %q is not a month of the form YYYY-MM", month)
	}
	return monthOf(report.DateOf(first)), nil
}

func drawCoverage(s *shell.Screen, shown view.Coverage) {
	if len(shown.Subscriptions) == 0 {
		s.Line("There are no subscriptions yet. See: bellhop subscriptions apply --help")
		return
	}
	for _, c := range shown.Subscriptions {
		drawCovered(s, c)
	}
	if shown.Absent == nil {
		return
	}
	s.Heading("CHECK")
	if len(shown.Absent) == 0 {
		s.Line("%s", s.Paint(shell.Good, "every chosen day is there"))
	}
	for _, what := range shown.Absent {
		s.Line("%s", s.Paint(shell.Bad, what))
	}
}

func drawCovered(s *shell.Screen, c view.Covered) {
	if len(c.Days) == 0 {
		s.Line("%s  no day is wanted here", s.Paint(shell.Strong, c.Name))
		return
	}
	s.Heading(c.Name)
	s.Line("%s: %s", c.Window, s.CoverageCounts(c.Counts))
	drawCalendar(s, c.Days)
	s.Line("")
	s.Line("%s", drawLegend(s, c.Counts))
	if len(c.Gaps) > 0 {
		s.Heading("GAPS")
		shell.Rows(s, "|subscription|table|days|status|lost after|why", c.Gaps, func(g view.Gap) []shell.Cell {
			t := shell.CoverageTone(g.Status)
			return shell.Row(shell.Toned(phrase.CoverageSign(g.Status), t), g.Subscription, g.Table, phrase.Days(g.Window), shell.Toned(string(g.Status), t), lostAfter(g), shell.Toned(g.Why, shell.Quiet))
		})
	}
	if len(c.Held) > 0 {
		s.Heading("HELD (a newer report would have erased or shrunk these days; the older data stays)")
		shell.Rows(s, "table|day|>rows", c.Held, func(d report.DayCoverage) []shell.Cell { return shell.Row(d.Table, d.Date, phrase.Number(d.Rows)) })
	}
}

func lostAfter(g view.Gap) string {
	switch {
	case g.DaysLeft < 0:
		return g.LostAfter.String()
	case g.DaysLeft == 0:
		return g.LostAfter.String() + " (today)"
	default:
		return fmt.Sprintf("%s (in %s)", g.LostAfter, phrase.Count(g.DaysLeft, "day"))
	}
}

func legendHelp() string {
	var b strings.Builder
	for _, status := range report.CoverageStatuses() {
		fmt.Fprintf(&b, "  %s  %s\n", phrase.CoverageSign(status), phrase.CoverageMeaning(status))
	}
	return strings.TrimRight(b.String(), "\n")
}

// drawLegend explains the glyphs that occur.
func drawLegend(s *shell.Screen, counts map[report.CoverageStatus]int) shell.Painted {
	var parts []string
	for _, status := range report.CoverageStatuses() {
		if counts[status] > 0 {
			parts = append(parts, string(s.Paint(shell.CoverageTone(status), phrase.CoverageSign(status)))+" "+phrase.CoverageMeaning(status))
		}
	}
	return shell.Painted(strings.Join(parts, "   "))
}

// drawCalendar draws a month after the other, a row for each table and a column for each day, with a gap before each Monday.
func drawCalendar(s *shell.Screen, days []report.DayCoverage) {
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
		cellWidth = max(cellWidth, text.StringWidth(phrase.CoverageSign(d.Status)))
		label = max(label, len(d.Table))
	}
	for month := monthOf(first); month.From <= last; month = monthOf(month.To + 1) {
		s.Line("")
		title := month.From.Time().Format("January 2006")
		label = max(label, len(title))
		s.Line("%s  %s", s.Paint(shell.Strong, fmt.Sprintf("%-*s", label, title)), s.Paint(shell.Quiet, ruler(month, cellWidth)))
		for _, table := range tables {
			var row strings.Builder
			for d := range month.Days() {
				row.WriteString(weekGap(month, d))
				status, wanted := known[place{table, d}]
				if !wanted {
					row.WriteString(strings.Repeat(" ", cellWidth))
					continue
				}
				g := phrase.CoverageSign(status)
				row.WriteString(string(s.Paint(shell.CoverageTone(status), g)))
				row.WriteString(strings.Repeat(" ", cellWidth-text.StringWidth(g)))
			}
			s.Line("%s  %s", fmt.Sprintf("%-*s", label, table), shell.Painted(row.String()))
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
