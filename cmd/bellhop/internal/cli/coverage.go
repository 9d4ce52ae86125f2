package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

func (a *app) coverageCommand() *cobra.Command {
	var o coverageOptions
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
	f.StringVar(&o.subscription, "subscription", "", "only one subscription, by its `name`")
	f.StringVar(&o.month, "month", "", "only one `month`, YYYY-MM")
	f.StringVar(&o.from, "from", "", "the first `day`, YYYY-MM-DD (default: the first that is wanted)")
	f.StringVar(&o.to, "to", "", "the last `day`, YYYY-MM-DD (default: the last that is wanted)")
	f.StringSliceVar(&o.tables, "table", nil, "only this `table`; repeat it for more")
	f.BoolVar(&o.check, "check", false, "exit with 3 when a chosen day is not there")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.resolve(); err != nil {
			return err
		}
		return a.on(func(ctx context.Context, at Account, _ []string) error {
			return a.coverage(ctx, at, o)
		})(cmd, args)
	}
	return c
}

// coverageOptions choose days and tables.
type coverageOptions struct {
	subscription, month, from, to string
	tables                        []string
	check                         bool

	// first and last bound the chosen days; zero leaves an end open.
	first, last report.Date
}

// resolve reads the days and checks the tables.
func (o *coverageOptions) resolve() error {
	for _, name := range o.tables {
		if _, known := dataset.Lookup(name); !known {
			return unknownTable(name)
		}
	}
	if o.month != "" {
		if o.from != "" || o.to != "" {
			return usage("choose the days with one of them", "--month and --from or --to exclude each other")
		}
		month, err := monthWindow(o.month)
		o.first, o.last = month.From, month.To
		return err
	}
	for _, end := range []struct {
		flag, text string
		day        *report.Date
	}{{"--from", o.from, &o.first}, {"--to", o.to, &o.last}} {
		if end.text == "" {
			continue
		}
		d, err := report.ParseDate(end.text)
		if err != nil {
			return usage("write it like 2026-11-01", "%s: %w", end.flag, err)
		}
		*end.day = d
	}
	if o.first != 0 && o.last != 0 && o.first > o.last {
		return usage("swap them", "--from %s is after --to %s", o.from, o.to)
	}
	return nil
}

// within returns the chosen days of those that a subscription wants, and how many chosen days it does not want.
func (o coverageOptions) within(wanted report.Window) (chosen report.Window, unwanted int) {
	asked := wanted
	if o.first != 0 {
		asked.From = o.first
	}
	if o.last != 0 {
		asked.To = o.last
	}
	chosen = asked.Intersect(wanted)
	return chosen, asked.Len() - chosen.Len()
}

// only drops the tables that are not chosen.
func (c covered) only(tables []string, today report.Date) covered {
	if len(tables) == 0 {
		return c
	}
	unchosen := func(d report.DayCoverage) bool { return !slices.Contains(tables, d.Table) }
	c.Days, c.Held = slices.DeleteFunc(c.Days, unchosen), slices.DeleteFunc(c.Held, unchosen)
	c.Gaps, c.Counts = some(gaps(c.Subscription, c.Days, today)), map[report.CoverageStatus]int{}
	for _, d := range c.Days {
		c.Counts[d.Status]++
	}
	return c
}

// monthWindow returns the days of a month.
func monthWindow(month string) (report.Window, error) {
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return report.Window{}, usage("write it like 2026-11", "--month: %q is not a month of the form YYYY-MM", month)
	}
	return report.Window{From: report.DateOf(first), To: report.DateOf(first.AddDate(0, 1, -1))}, nil
}

// covered is the coverage of one subscription.
type covered struct {
	Subscription string `json:"subscription"`
	// Window are the days that are shown, of those that the subscription wants.
	Window report.Window                 `json:"window"`
	Wanted report.Window                 `json:"wanted"`
	Counts map[report.CoverageStatus]int `json:"counts"`
	Gaps   []gap                         `json:"gaps"`
	Held   []report.DayCoverage          `json:"held"`
	Days   []report.DayCoverage          `json:"days"`
}

// gap is a run of days of one table that are not covered, for the same reason.
type gap struct {
	Subscription string                `json:"subscription"`
	Table        string                `json:"table"`
	Window       report.Window         `json:"window"`
	Days         int                   `json:"days"`
	Status       report.CoverageStatus `json:"status"`
	Why          string                `json:"why,omitempty"`
	// LostAfter is the last day on which the first of the days can still be fetched, and DaysLeft how far away it is.
	LostAfter report.Date `json:"lost_after"`
	DaysLeft  int         `json:"days_left"`
}

// source returns the vendor of a subscription, if its parameters are good.
func (a *app) source(sub report.Subscription) (requester.Source, error) {
	for _, s := range a.Sources {
		if s.Name() == sub.Source {
			if err := s.Validate(sub.Params); err != nil {
				return nil, &Problem{Code: ExitError, Err: fmt.Errorf("subscription %s: %w", sub.Name, err), Remedy: "correct it with: bellhop subscriptions apply " + sub.Name + " --param name=value"}
			}
			return s, nil
		}
	}
	return nil, fault.New(fault.Poison, "subscription %s: this bellhop knows no source %q", sub.Name, sub.Source)
}

// coverageOf returns the coverage of a subscription, restricted to a window unless that is the zero window.
func (a *app) coverageOf(ctx context.Context, at Account, sub report.Subscription, only report.Window) (covered, error) {
	source, err := a.source(sub)
	if err != nil {
		return covered{}, err
	}
	snapshot, err := at.Ledger.Snapshot(ctx, sub.Name)
	if err != nil {
		return covered{}, err
	}
	if snapshot.Partitions, err = a.asListed(ctx, at, snapshot.Partitions); err != nil {
		return covered{}, err
	}
	today := report.DateOf(at.Now())
	c := covered{Subscription: sub.Name, Window: sub.Wanted(today), Wanted: sub.Wanted(today), Counts: map[report.CoverageStatus]int{}}
	if only != (report.Window{}) {
		c.Window = c.Window.Intersect(only)
	}
	for _, d := range report.Coverage(snapshot, source.Limits(sub.Params), today) {
		if !c.Window.Contains(d.Date) {
			continue
		}
		c.Days = append(c.Days, d)
		c.Counts[d.Status]++
		if d.Held {
			c.Held = append(c.Held, d)
		}
	}
	c.Days, c.Held, c.Gaps = some(c.Days), some(c.Held), some(gaps(sub.Name, c.Days, today))
	return c, nil
}

// gaps puts neighbouring days with the same fate together.
func gaps(subscription string, days []report.DayCoverage, today report.Date) []gap {
	var all []gap
	for _, d := range days {
		if d.Status.Covered() {
			continue
		}
		if n := len(all); n > 0 {
			last := &all[n-1]
			if last.Table == d.Table && last.Window.To+1 == d.Date && last.Status == d.Status && last.Why == d.Why {
				last.Window.To = d.Date
				last.Days++
				continue
			}
		}
		all = append(all, gap{
			Subscription: subscription, Table: d.Table, Window: report.Window{From: d.Date, To: d.Date}, Days: 1,
			Status: d.Status, Why: d.Why, LostAfter: d.LostAfter, DaysLeft: int(d.LostAfter - today),
		})
	}
	return all
}

// shownCoverage is the answer of the coverage command.
type shownCoverage struct {
	AsOf          time.Time `json:"as_of"`
	Subscriptions []covered `json:"subscriptions"`
	// Absent says what --check found: each reason why a chosen day is not there. Null without --check.
	Absent []string `json:"absent"`
}

func (a *app) coverage(ctx context.Context, at Account, o coverageOptions) error {
	subs, err := subscriptionsOf(ctx, at, o.subscription)
	if err != nil {
		return err
	}
	shown := shownCoverage{AsOf: at.Now().UTC(), Subscriptions: []covered{}}
	today := report.DateOf(shown.AsOf)
	if o.check {
		shown.Absent = []string{}
	}
	for _, sub := range subs {
		chosen, unwanted := o.within(sub.Wanted(today))
		c, err := a.coverageOf(ctx, at, sub, chosen)
		if err != nil {
			return err
		}
		c = c.only(o.tables, today)
		shown.Subscriptions = append(shown.Subscriptions, c)
		if o.check && (!sub.Paused || o.subscription != "") {
			shown.Absent = append(shown.Absent, lacking(c, unwanted)...)
		}
	}
	if o.check && len(subs) == 0 {
		shown.Absent = append(shown.Absent, "there are no subscriptions")
	}
	err = a.show(shown, func(s *screen) { s.coverages(shown) })
	if err == nil && len(shown.Absent) > 0 {
		return exit(ExitAttention)
	}
	return err
}

// lacking says which of the chosen days are not there, a line for each kind.
func lacking(c covered, unwanted int) []string {
	var all []string
	for _, status := range report.CoverageStatuses() {
		if n := c.Counts[status]; n > 0 && !status.Covered() {
			all = append(all, fmt.Sprintf("%s: %s %s", c.Subscription, count(n, "day"), status))
		}
	}
	if unwanted > 0 {
		all = append(all, fmt.Sprintf("%s: %s chosen that it does not want: it wants %s", c.Subscription, count(unwanted, "day"), c.Wanted))
	}
	if len(c.Days) == 0 && unwanted == 0 {
		all = append(all, c.Subscription+": it feeds none of the chosen tables, or wants no day yet")
	}
	return all
}

func (s *screen) coverages(shown shownCoverage) {
	if len(shown.Subscriptions) == 0 {
		s.line("There are no subscriptions yet. See: bellhop subscriptions apply --help")
		return
	}
	for _, c := range shown.Subscriptions {
		s.coverage(c, report.DateOf(shown.AsOf))
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

func (s *screen) coverage(c covered, today report.Date) {
	if len(c.Days) == 0 {
		s.line("%s  no day is wanted here", s.paint(strong, c.Subscription))
		return
	}
	s.heading(c.Subscription)
	s.line("%s: %s", c.Window, s.coverageCounts(c.Counts))
	s.calendar(c.Days)
	s.line("")
	s.line("%s", s.legend(c.Counts))
	if len(c.Gaps) > 0 {
		s.heading("GAPS")
		s.gaps(c.Gaps, today)
	}
	if len(c.Held) > 0 {
		s.heading("HELD (a newer report would have erased or shrunk these days; the older data stays)")
		var rows [][]cell
		for _, d := range c.Held {
			rows = append(rows, cells(d.Table, d.Date.String(), number(d.Rows)))
		}
		s.table("", []string{"table", "day", "rows"}, []string{"rows"}, rows)
	}
}

func (s *screen) gaps(all []gap, today report.Date) {
	var rows [][]cell
	for _, g := range all {
		when := g.Window.From.String()
		if g.Days > 1 {
			when = g.Window.String()
		}
		rows = append(rows, []cell{
			{glyph(g.Status), coverageTone(g.Status)}, {g.Subscription, plain}, {g.Table, plain}, {when, plain},
			{string(g.Status), coverageTone(g.Status)}, {lostAfter(g, today), plain}, {g.Why, quiet},
		})
	}
	s.table("", []string{"", "subscription", "table", "days", "status", "lost after", "why"}, nil, rows)
}

func lostAfter(g gap, today report.Date) string {
	switch left := int(g.LostAfter - today); {
	case left < 0:
		return g.LostAfter.String()
	case left == 0:
		return g.LostAfter.String() + " (today)"
	default:
		return fmt.Sprintf("%s (in %s)", g.LostAfter, count(left, "day"))
	}
}

// coverageCounts counts days by status, in the order of the statuses.
func (s *screen) coverageCounts(counts map[report.CoverageStatus]int) painted {
	var parts []string
	for _, status := range report.CoverageStatuses() {
		if n := counts[status]; n > 0 {
			parts = append(parts, string(s.paint(coverageTone(status), fmt.Sprintf("%s %s", number(int64(n)), status))))
		}
	}
	return joined(parts)
}

func coverageTone(status report.CoverageStatus) tone {
	switch status {
	case report.CoverageComplete, report.CoverageZero:
		return good
	case report.CoveragePending, report.CoverageNotEligible:
		return waiting
	case report.CoverageMissing, report.CoverageExpired:
		return bad
	default:
		panic("cli: unhandled coverage status " + string(status))
	}
}

// newest tells days that became wanted only today, which the next run asks for, from days that were forgotten.
func newest(g gap, wanted report.Window) bool {
	return g.Status == report.CoverageMissing && g.Why == "" && g.Window.From == wanted.To
}
