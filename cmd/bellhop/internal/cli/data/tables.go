package data

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// TablesCommand is bellhop tables.
func TablesCommand(a *shell.App) *cobra.Command {
	var markdown bool
	c := &cobra.Command{
		Use: "tables [TABLE]", Short: "What is in the dataset: columns, types, meaning, and how to add it up",
		Long: `List the dataset's tables, or show one: its columns with their types and meaning, over what its measures may
be summed, when a newer report of a day is held, and the traps that give wrong numbers without any error.

The ingester loads by the same dictionary. It is the same for every account and folder.`,
		Example: `  bellhop tables
  bellhop tables asp_device
  bellhop tables --json | jq '.[].columns[] | select(.kind == "measure") | {name, additivity}'
  bellhop tables --markdown > docs/dataset.md`,
		Args: cobra.MaximumNArgs(1),
	}
	c.Flags().BoolVar(&markdown, "markdown", false, "the whole dictionary as one page of Markdown, traps and layout included")
	c.RunE = a.Run(func(_ *cobra.Command, args []string) error {
		switch {
		case markdown && (len(args) > 0 || a.JSON):
			return shell.Usage("leave the TABLE and --json out", "--markdown writes the whole page")
		case markdown:
			return shell.Write(a.Out, dataset.Markdown())
		case len(args) > 0:
			return showTable(a, args[0])
		default:
			return listTables(a)
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
	return describedTable{
		Name: d.Name, Meaning: d.Meaning, Grain: d.Grain, Source: d.Source, View: d.DefaultView(),
		Traps: d.Traps(), ShrinkBelow: d.ShrinkBelow, heldWhen: d.HeldWhen(), units: d.HasUnits(),
		Key: shell.Each(d.Key(), func(c dataset.Column) string { return c.Name }), keySaid: d.KeySaid(), Columns: describedColumns(d.Columns),
	}
}

func describedColumns(columns []dataset.Column) []describedColumn {
	return shell.Each(columns, func(c dataset.Column) describedColumn {
		return describedColumn{c.Name, c.Type.SQL(), c.Nullable, c.Role.String(), c.Additivity, c.Meaning}
	})
}

// describedView is a view over tables, as the dictionary has it.
type describedView struct {
	Name    string            `json:"name"`
	Meaning string            `json:"meaning"`
	Columns []describedColumn `json:"columns"`
}

func listTables(a *shell.App) error {
	all := shell.Each(dataset.Definitions(), described)
	return a.Show(all, func(s *shell.Screen) {
		shell.Rows(s, "table|>columns|what it has", all, func(t describedTable) []shell.Cell {
			return shell.Row(shell.Toned(t.Name, shell.Strong), len(t.Columns), t.Meaning)
		})
		s.Heading("VIEWS")
		for _, v := range dataset.ViewsOverOthers() {
			s.Line("%s", s.Paint(shell.Strong, v.Name))
			s.Wrapped("    ", v.Meaning)
		}
		s.Heading("WHERE")
		for _, p := range dataset.Layout() {
			s.Line("%s", p.Path)
			s.Wrapped("    ", p.Meaning)
		}
		s.Line("")
		s.Line("columns and traps of one table: bellhop tables %s", all[0].Name)
	})
}

func showTable(a *shell.App, name string) error {
	d, known := dataset.Lookup(name)
	if !known {
		for _, v := range dataset.ViewsOverOthers() {
			if v.Name == name {
				return showView(a, describedView{v.Name, v.Meaning, describedColumns(v.Columns)})
			}
		}
		return shell.UnknownTable(name)
	}
	t := described(d)
	return a.Show(t, func(s *shell.Screen) { drawDescribedTable(s, t) })
}

func showView(a *shell.App, v describedView) error {
	return a.Show(v, func(s *shell.Screen) {
		s.Line("%s  %s", s.Paint(shell.Strong, v.Name), v.Meaning)
		drawDescribedColumns(s, v.Columns)
	})
}

func drawDescribedTable(s *shell.Screen, t describedTable) {
	s.Line("%s  %s", s.Paint(shell.Strong, t.Name), t.Meaning)
	s.Wrapped("", t.Grain+" "+t.keySaid+" Source: "+t.Source+".")
	drawDescribedColumns(s, t.Columns)
	counted := "the rows of the default view"
	if t.units {
		counted = "rows with row_scope = 'LEAF'"
	}
	s.Heading("WHAT ADDS UP (" + counted + " only)")
	var sums [][]shell.Cell
	for _, c := range t.Columns {
		if c.Additivity != dataset.NotMeasured {
			sums = append(sums, shell.Row(c.Name, shell.Toned(string(c.Additivity), additivityTone(c.Additivity))))
		}
	}
	s.Table("", nil, nil, sums)
	s.Heading("THE DEFAULT VIEW")
	s.Wrapped("", t.View)
	s.Heading("WHEN A REPORT IS HELD")
	s.Wrapped("", t.heldWhen+" See them with: bellhop review list")
	s.Heading("TRAPS")
	for _, trap := range t.Traps {
		s.Line("%s", s.Paint(shell.Bad, trap.Name))
		s.Wrapped("  ", trap.Wrong)
		s.Wrapped("  → ", trap.Right)
	}
}

func drawDescribedColumns(s *shell.Screen, columns []describedColumn) {
	s.Heading("COLUMNS")
	longest := 0
	for _, c := range columns {
		longest = max(longest, len(c.Name))
	}
	for _, c := range columns {
		facts := c.Type
		if c.Nullable {
			facts += ", may be NULL"
		}
		s.Line("%s  %s  %s", s.Paint(shell.Strong, fmt.Sprintf("%-*s", longest, c.Name)), facts, s.Paint(shell.Quiet, c.Kind))
		s.Wrapped("    ", c.Meaning)
	}
}

func additivityTone(a dataset.Additivity) shell.Tone {
	return map[dataset.Additivity]shell.Tone{dataset.Additive: shell.Good, dataset.AdditiveDay: shell.Waiting, dataset.NotAdditive: shell.Bad}[a]
}
