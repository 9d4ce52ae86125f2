package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const explainHelp = `Say where a number comes from: the rows of one unit on one day, and behind them the partition that they are in
(one day of one table of one subscription: one Parquet file),
the delivered file with its SHA-256, the job that asked for it with the vendor's id of that request, and the
certificate of the file's deletion. If the day is not there, it says why.

UNIT is the unit's id, or its name where no other unit of that day has the same. When several subscriptions
report the unit, each is shown, and which of them the default view takes.`

func (a *app) explainCommand() *cobra.Command {
	var q view.Question
	c := &cobra.Command{
		Use: "explain TABLE UNIT DATE", Short: "Where a number comes from, back to the vendor's request", Long: explainHelp,
		Example: `  bellhop explain asp_device amzn1.alexa.unit.did.EXAMPLE 2026-11-01
  bellhop explain asp_device "Room 101" 2026-11-01 --json | jq '.subscriptions[].certificate'`,
	}
	c.Flags().StringVar(&q.Subscription, "subscription", "", "only one subscription, by its `name`")
	c.Args = func(cmd *cobra.Command, args []string) (err error) {
		if len(args) != 3 {
			return usage("see: "+cmd.CommandPath()+" --help", "%s needs a TABLE, a UNIT and a DATE, and got %d words", cmd.CommandPath(), len(args))
		}
		var known bool
		if q.Table, known = dataset.Lookup(args[0]); !known {
			return unknownTable(args[0])
		}
		if q.Date, err = report.ParseDate(args[2]); err != nil {
			return usage("write it like 2026-11-01", "DATE: %w", err)
		}
		if !q.Table.HasUnits() {
			return usage("ask for its rows: bellhop query \"FROM raw."+q.Table.Name+" WHERE dataset_date = '"+q.Date.String()+"'\"",
				"the rows of %s are of no units", q.Table.Name)
		}
		q.Unit = args[1]
		return nil
	}
	c.RunE = answer(a, func(ctx context.Context, at Account, _ []string) (view.Explanation, error) {
		return at.view.Explain(ctx, q)
	}, func(s *screen, e view.Explanation) { s.explanation(e, q) }, nil)
	return c
}

// explanation writes an explanation from the number back to the vendor.
func (s *screen) explanation(e view.Explanation, q view.Question) {
	s.facts("table", cell{e.Table, strong}, "unit", cmp.Or(e.UnitID, q.Unit), "day", e.Date)
	for _, one := range e.Subscriptions {
		heading := "SUBSCRIPTION " + one.Subscription
		if one.Taken && len(e.Subscriptions) > 1 {
			heading += " (the default view takes this one)"
		}
		s.heading(heading)
		s.origin(one, q.Table)
	}
}

func (s *screen) origin(o view.Origin, d dataset.Definition) {
	status := cell{"not wanted", quiet}
	if o.Coverage != "" {
		status = cell{string(o.Coverage), coverageTone(o.Coverage)}
	}
	s.facts("status", status, "why", o.Why)
	p := o.Partition
	if p == nil {
		return
	}
	s.unitRows(o, d)
	restated, held := "", cell{tone: waiting}
	if p.Restated > 0 {
		restated = count(p.Restated, "time")
	}
	if p.Held != nil {
		held.text = "a newer report waits for a decision: " + p.Held.Why
	}
	facts := []any{
		"partition", p.Key, "ETag", p.ETag, "rows of all units", number(p.Rows), "report requested", second(p.Generation),
		"loaded", second(p.LoadedAt), "replaced since", restated, "held", held,
	}
	if f := o.File; f != nil {
		facts = append(facts, "file", f.Key+" ("+string(f.Status)+")", "SHA-256", f.SHA256, "bytes", number(f.Bytes), "delivered", second(f.DeliveredAt))
	}
	if j := o.Job; j != nil {
		facts = append(facts, "job", fmt.Sprintf("%s (%s, %s)", j.ID, j.Status, j.Window), "asked", second(j.SubmittedAt), "vendor's request", j.VendorRequestID)
	}
	switch c := o.Certificate; {
	case c != nil:
		facts = append(facts, "deleted", cell{second(c.DeletedAt), good},
			"found gone", cell{second(c.VerifiedAt) + ", " + span(c.Exposure()) + " after its delivery", good})
	case o.File != nil:
		facts = append(facts, "deleted", cell{"no certificate yet", waiting})
	}
	s.facts(facts...)
}

// unitRows writes the dimensions and measures of the unit's rows.
func (s *screen) unitRows(o view.Origin, d dataset.Definition) {
	if len(o.Rows) == 0 {
		if o.Partition.Rows > 0 {
			s.line("No row of this unit was reported on that day, or the dataset cannot be read from here.")
		}
		return
	}
	shown := []string{"unit_name", "row_scope"}
	for _, c := range append(d.Dimensions(), d.Measures()...) {
		shown = append(shown, c.Name)
	}
	columns, values := make([]query.Column, len(shown)), make([][]any, len(o.Rows))
	for i, name := range shown {
		columns[i].Name = name
		for r, unit := range o.Rows {
			values[r] = append(values[r], unit.Member(name))
		}
	}
	if s.fitting(0, shown, valueTexts(values)) < len(shown) {
		s.records(columns, values)
		return
	}
	s.values(columns, values)
}

func (a *app) tablesCommand() *cobra.Command {
	var markdown bool
	c := &cobra.Command{
		Use: "tables [TABLE]", Short: "What is in the dataset: columns, types, meaning, and how to add it up",
		Long: `List the dataset's tables, or show one: its columns with their types and meaning, over what its measures may
be summed, when a newer report of a day is held, and the traps that give wrong numbers without any error.

This is the dictionary that the loading itself goes by. It is the same for every account and folder.`,
		Example: `  bellhop tables
  bellhop tables asp_device
  bellhop tables --json | jq '.[].columns[] | select(.kind == "measure") | {name, additivity}'
  bellhop tables --markdown > docs/dataset.md`,
		Args: cobra.MaximumNArgs(1),
	}
	c.Flags().BoolVar(&markdown, "markdown", false, "the whole dictionary as one page of Markdown, traps and layout included")
	c.RunE = a.run(func(_ *cobra.Command, args []string) error {
		switch {
		case markdown && (len(args) > 0 || a.json):
			return usage("leave the TABLE and --json out", "--markdown writes the whole page")
		case markdown:
			return write(a.Out, dataset.Markdown())
		case len(args) > 0:
			return a.showTable(args[0])
		default:
			return a.listTables()
		}
	})
	return c
}

// describedTable is a table as the dictionary has it.
type describedTable struct {
	Name    string            `json:"name"`
	Meaning string            `json:"meaning"`
	Grain   string            `json:"grain"`
	Key     []string          `json:"key"`
	Source  string            `json:"source"`
	View    string            `json:"default_view"`
	Columns []describedColumn `json:"columns"`
	Traps   []dataset.Trap    `json:"traps"`
	// ShrinkBelow is the share of a published day below which a newer report of it is held.
	ShrinkBelow float64 `json:"shrink_below"`
	keySaid     string
	heldWhen    string
	units       bool
}

type describedColumn struct {
	Name       string             `json:"name"`
	Type       string             `json:"type"`
	Nullable   bool               `json:"nullable"`
	Kind       string             `json:"kind"`
	Additivity dataset.Additivity `json:"additivity,omitempty"`
	Meaning    string             `json:"meaning"`
}

func described(d dataset.Definition) describedTable {
	t := describedTable{
		Name: d.Name, Meaning: d.Meaning, Grain: d.Grain, Source: d.Source, View: d.DefaultView(),
		Traps: d.Traps(), ShrinkBelow: d.ShrinkBelow, heldWhen: d.HeldWhen(), units: d.HasUnits(),
		Key: []string{}, keySaid: d.KeySaid(),
	}
	for _, c := range d.Key() {
		t.Key = append(t.Key, c.Name)
	}
	t.Columns = describedColumns(d.Columns)
	return t
}

func describedColumns(columns []dataset.Column) []describedColumn {
	var all []describedColumn
	for _, c := range columns {
		all = append(all, describedColumn{c.Name, c.Type.SQL(), c.Nullable, c.Role.String(), c.Additivity, c.Meaning})
	}
	return all
}

// describedView is a view over tables, as the dictionary has it.
type describedView struct {
	Name    string            `json:"name"`
	Meaning string            `json:"meaning"`
	Columns []describedColumn `json:"columns"`
}

func (a *app) listTables() error {
	var all []describedTable
	for _, d := range dataset.Definitions() {
		all = append(all, described(d))
	}
	return a.show(all, func(s *screen) {
		rows(s, "table|>columns|what it has", all, func(t describedTable) []cell {
			return row(cell{t.Name, strong}, len(t.Columns), t.Meaning)
		})
		s.heading("VIEWS")
		for _, v := range dataset.ViewsOverOthers() {
			s.line("%s", s.paint(strong, v.Name))
			s.wrapped("    ", v.Meaning)
		}
		s.heading("WHERE")
		for _, p := range dataset.Layout() {
			s.line("%s", p.Path)
			s.wrapped("    ", p.Meaning)
		}
		s.line("")
		s.line("columns and traps of one table: bellhop tables %s", all[0].Name)
	})
}

func (a *app) showTable(name string) error {
	d, known := dataset.Lookup(name)
	if !known {
		for _, v := range dataset.ViewsOverOthers() {
			if v.Name == name {
				return a.showView(describedView{v.Name, v.Meaning, describedColumns(v.Columns)})
			}
		}
		return unknownTable(name)
	}
	t := described(d)
	return a.show(t, func(s *screen) { s.describedTable(t) })
}

func (a *app) showView(v describedView) error {
	return a.show(v, func(s *screen) {
		s.line("%s  %s", s.paint(strong, v.Name), v.Meaning)
		s.describedColumns(v.Columns)
	})
}

func (s *screen) describedTable(t describedTable) {
	s.line("%s  %s", s.paint(strong, t.Name), t.Meaning)
	s.wrapped("", t.Grain+" "+t.keySaid+" Source: "+t.Source+".")
	s.describedColumns(t.Columns)
	counted := "the rows of the default view"
	if t.units {
		counted = "rows with row_scope = 'LEAF'"
	}
	s.heading("WHAT ADDS UP (" + counted + " only)")
	var sums [][]cell
	for _, c := range t.Columns {
		if c.Additivity != dataset.NotMeasured {
			sums = append(sums, row(c.Name, cell{string(c.Additivity), additivityTone(c.Additivity)}))
		}
	}
	s.table("", nil, nil, sums)
	s.heading("THE DEFAULT VIEW")
	s.wrapped("", t.View)
	s.heading("WHEN A REPORT IS HELD")
	s.wrapped("", t.heldWhen+" See them with: bellhop review list")
	s.heading("TRAPS")
	for _, trap := range t.Traps {
		s.line("%s", s.paint(bad, trap.Name))
		s.wrapped("  ", trap.Wrong)
		s.wrapped("  → ", trap.Right)
	}
}

func (s *screen) describedColumns(columns []describedColumn) {
	s.heading("COLUMNS")
	longest := 0
	for _, c := range columns {
		longest = max(longest, len(c.Name))
	}
	for _, c := range columns {
		facts := c.Type
		if c.Nullable {
			facts += ", may be NULL"
		}
		s.line("%s  %s  %s", s.paint(strong, fmt.Sprintf("%-*s", longest, c.Name)), facts, s.paint(quiet, c.Kind))
		s.wrapped("    ", c.Meaning)
	}
}

func additivityTone(a dataset.Additivity) tone {
	return map[dataset.Additivity]tone{dataset.Additive: good, dataset.AdditiveDay: waiting, dataset.NotAdditive: bad}[a]
}

// usualWidth is how wide prose is where the terminal's width is not known.
const usualWidth = 100

// wrapped writes prose behind an indent. A sentence must not be cut as a row may be.
func (s *screen) wrapped(indent, prose string) {
	width := usualWidth
	if s.width > 0 {
		width = min(width, s.width)
	}
	column := text.StringWidth(indent)
	for l := range strings.Lines(text.WrapSoft(clean(prose), max(1, width-column))) {
		s.line("%s", indent+strings.TrimSpace(l))
		indent = strings.Repeat(" ", column)
	}
}
