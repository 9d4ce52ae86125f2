package look

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// changes is what the command shows.
type changes struct {
	view.Changes
	// Weeks is null where they were not asked for, the dataset is not in a folder of this machine, or nothing is loaded yet. WhyNoWeeks
	// says what else keeps them from being compared.
	Weeks      *quality.Weeks `json:"weeks"`
	WhyNoWeeks string         `json:"why_no_weeks,omitempty"`
}

// ChangesCommand says which published numbers have changed.
func ChangesCommand(a *shell.App) *cobra.Command {
	var filter view.ChangesFilter
	since := shell.Days(7)
	c := &cobra.Command{
		Use: "changes", Short: "Show which published numbers changed, and week against week", Args: cobra.NoArgs,
		Long: `Show the days that were published and then replaced by other content, the newest replacement first: by a newer
report of the vendor, or by a held one that a person accepted. For each, it shows the number of rows and the sums of
the measures that changed, before and after.

Below them are each property's dialogs in the last complete week, compared with the week before, largest change first.
Where a day of either week is missing, no change is shown: no arrow is better than a wrong one. The weeks
need DuckDB and the dataset of the local folder, and are left out with --subscription and --table.`,
		Example: `  bellhop changes
  bellhop changes --since 30d --table asp_device
  bellhop changes --json | jq '.restated[] | {table, date, measures}'`,
	}
	f := c.Flags()
	f.Var(&since, "since", "how far back to look for what was replaced, such as 30d")
	f.StringVar(&filter.Subscription, "subscription", "", "only one subscription, by its `name`")
	f.StringVar(&filter.Table, "table", "", "only this `table`")
	c.PreRunE = func(*cobra.Command, []string) error { return shell.KnownTables(filter.Table) }
	c.RunE = shell.Answer(a, func(ctx context.Context, at shell.Account, _ []string) (shown changes, err error) {
		filter.Since = at.Now().AddDate(0, 0, -int(since)).Truncate(time.Second)
		if shown.Changes, err = at.View.Changes(ctx, filter); err != nil || filter.Subscription != "" || filter.Table != "" {
			return shown, err
		}
		err = shown.compareWeeks(ctx, a, at)
		return shown, err
	}, drawChanges, nil)
	return c
}

// compareWeeks compares the last week that was over on the newest day that is there.
func (c *changes) compareWeeks(ctx context.Context, a *shell.App, at shell.Account) (err error) {
	if !at.View.Listed {
		return nil
	}
	days, err := at.View.Days(ctx)
	if err != nil {
		return err
	}
	var newest report.Date
	for _, d := range days {
		if d.Table == "asp_device" && d.Status.Covered() {
			newest = max(newest, d.Date)
		}
	}
	if newest == 0 {
		return nil
	}
	choice := shell.EngineChoice{Name: shell.EngineDuckDB, Memory: shell.UsualMemory}
	if err := a.CheckEngine(&choice); err != nil {
		return err
	}
	engine, err := a.OpenEngine(ctx, choice)
	if err != nil {
		// What was restated is said all the same.
		c.WhyNoWeeks = err.Error()
		return nil
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	weeks, err := quality.CompareWeeks(ctx, engine, quality.LastWeek(newest))
	c.Weeks = &weeks
	return err
}

func drawChanges(s *shell.Screen, c changes) {
	s.Heading("RESTATED since " + phrase.Minute(c.Since))
	if len(c.Restated) == 0 {
		s.Line("no published day was replaced by other content")
	}
	var all [][]shell.Cell
	for _, r := range c.Restated {
		of := func(measure, before, after string) {
			all = append(all, shell.Row(phrase.Minute(r.At), r.Subscription, r.Table, r.Date, measure, before, after, growth(before, after)))
		}
		if r.Before.Rows != r.After.Rows || len(r.Measures) == 0 {
			of(report.FellRows, strconv.FormatInt(r.Before.Rows, 10), strconv.FormatInt(r.After.Rows, 10))
		}
		for _, m := range r.Measures {
			of(m.Measure, m.Before.Sum, m.After.Sum)
		}
	}
	if len(all) > 0 {
		shell.Rows(s, "when|subscription|table|day|measure|>before|>after|>change", all, func(row []shell.Cell) []shell.Cell { return row })
	}
	switch {
	case c.WhyNoWeeks != "":
		s.Line("")
		s.Line("week is not compared with week: %s", c.WhyNoWeeks)
	case c.Weeks != nil:
		drawWeeks(s, *c.Weeks)
	}
}

func drawWeeks(s *shell.Screen, w quality.Weeks) {
	s.Heading("DIALOGS " + w.Week.String() + " against " + w.Before.String())
	shell.Rows(s, "property|>before|>after|>change|", w.Properties, func(m quality.Mover) []shell.Cell {
		change, note := growth(string(m.DialogsBefore), string(m.Dialogs)), ""
		if !m.Complete {
			change, note = "", "a day is not there"
		}
		return shell.Row(cmp.Or(m.PropertyName, m.PropertyID), m.DialogsBefore, m.Dialogs, change, shell.Toned(note, shell.Waiting))
	})
}

// growth says by how much a number changed, of what it was; of nothing there is no share.
func growth(before, after string) string {
	old, oldErr := strconv.ParseFloat(before, 64)
	now, nowErr := strconv.ParseFloat(after, 64)
	if oldErr != nil || nowErr != nil || old == 0 {
		return ""
	}
	return strconv.FormatFloat((now-old)/old*100, 'f', 1, 64) + " %"
}
