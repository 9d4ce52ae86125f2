package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) coverageCommand() *cobra.Command {
	var filter view.CoverageFilter
	var month, from, to string
	c := &cobra.Command{
		Use: "coverage", Short: "Show a calendar of the days that are there and those that are not", Args: cobra.NoArgs,
		Long: `Show which days of which tables are in the dataset, as a calendar, and below it every gap: why it is one,
and until when it can still be fetched.

With --check the exit code answers a scheduler: 0 when every chosen day of every chosen table is COMPLETE or ZERO,
3 when one is not. A chosen day that the subscription does not want (yet) is not there either. A paused
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
		for _, name := range filter.Tables {
			if _, known := dataset.Lookup(name); !known {
				return unknownTable(name)
			}
		}
		filter.Days, err = chosenDays(month, from, to)
		return err
	}
	c.RunE = answer(a, func(ctx context.Context, at Account, _ []string) (view.Coverage, error) {
		return at.view.Coverage(ctx, filter)
	}, (*screen).coverage, func(c view.Coverage) int { return attention(len(c.Absent) > 0) })
	return c
}

// chosenDays reads the flags that choose days. An end that none of them names stays open.
func chosenDays(month, from, to string) (w report.Window, err error) {
	if month != "" {
		if from != "" || to != "" {
			return w, usage("choose the days with one of them", "--month and --from or --to exclude each other")
		}
		first, err := time.Parse("2006-01", month)
		if err != nil {
			return w, usage("write it like 2026-11", "--month: %q is not a month of the form YYYY-MM", month)
		}
		return monthOf(report.DateOf(first)), nil
	}
	for _, end := range []struct {
		flag, text string
		day        *report.Date
	}{{"--from", from, &w.From}, {"--to", to, &w.To}} {
		if end.text == "" {
			continue
		}
		if *end.day, err = report.ParseDate(end.text); err != nil {
			return w, usage("write it like 2026-11-01", "%s: %w", end.flag, err)
		}
	}
	if w.From != 0 && w.To != 0 && w.From > w.To {
		return w, usage("swap them", "--from %s is after --to %s", from, to)
	}
	return w, nil
}

func (s *screen) coverage(shown view.Coverage) {
	if len(shown.Subscriptions) == 0 {
		s.line("There are no subscriptions yet. See: bellhop subscriptions apply --help")
		return
	}
	for _, c := range shown.Subscriptions {
		s.covered(c)
	}
	if shown.Absent == nil {
		return
	}
	s.heading("CHECK")
	if len(shown.Absent) == 0 {
		s.line("%s", s.paint(good, "every chosen day is there"))
	}
	for _, what := range shown.Absent {
		s.line("%s", s.paint(bad, what))
	}
}

func (s *screen) covered(c view.Covered) {
	if len(c.Days) == 0 {
		s.line("%s  no day is wanted here", s.paint(strong, c.Name))
		return
	}
	s.heading(c.Name)
	s.line("%s: %s", c.Window, s.coverageCounts(c.Counts))
	s.calendar(c.Days)
	s.line("")
	s.line("%s", s.legend(c.Counts))
	if len(c.Gaps) > 0 {
		s.heading("GAPS")
		rows(s, "|subscription|table|days|status|lost after|why", c.Gaps, func(g view.Gap) []cell {
			t := coverageTone(g.Status)
			return row(cell{glyph(g.Status), t}, g.Subscription, g.Table, phrase.Days(g.Window), cell{string(g.Status), t}, lostAfter(g), cell{g.Why, quiet})
		})
	}
	if len(c.Held) > 0 {
		s.heading("HELD (a newer report would have erased or shrunk these days; the older data stays)")
		rows(s, "table|day|>rows", c.Held, func(d report.DayCoverage) []cell { return row(d.Table, d.Date, number(d.Rows)) })
	}
}

func lostAfter(g view.Gap) string {
	switch {
	case g.DaysLeft < 0:
		return g.LostAfter.String()
	case g.DaysLeft == 0:
		return g.LostAfter.String() + " (today)"
	default:
		return fmt.Sprintf("%s (in %s)", g.LostAfter, count(g.DaysLeft, "day"))
	}
}

// coverageCounts counts days by status.
func (s *screen) coverageCounts(days map[report.CoverageStatus]int) painted {
	return counts(s, report.CoverageStatuses(), days, coverageTone)
}

// look is how days in one status are shown.
type look struct {
	glyph, meaning string
	tone           tone
}

func lookOf(status report.CoverageStatus) look {
	switch status {
	case report.CoverageComplete:
		return look{"■", "complete", good}
	case report.CoverageZero:
		return look{"□", "zero (loaded, and the vendor reports nothing)", good}
	case report.CoveragePending:
		return look{"◌", "pending", waiting}
	case report.CoverageMissing:
		return look{"✖", "missing", bad}
	case report.CoverageNotEligible:
		return look{"–", "not eligible yet (the unit is too young)", waiting}
	case report.CoverageExpired:
		return look{"⌛", "expired (can no longer be fetched)", bad}
	default:
		panic("cli: unhandled coverage status " + string(status))
	}
}

func glyph(status report.CoverageStatus) string      { return lookOf(status).glyph }
func coverageTone(status report.CoverageStatus) tone { return lookOf(status).tone }

func legendHelp() string {
	var b strings.Builder
	for _, status := range report.CoverageStatuses() {
		fmt.Fprintf(&b, "  %s  %s\n", glyph(status), lookOf(status).meaning)
	}
	return strings.TrimRight(b.String(), "\n")
}

// legend explains the glyphs that occur.
func (s *screen) legend(counts map[report.CoverageStatus]int) painted {
	var parts []string
	for _, status := range report.CoverageStatuses() {
		if counts[status] > 0 {
			parts = append(parts, string(s.paint(coverageTone(status), glyph(status)))+" "+lookOf(status).meaning)
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
