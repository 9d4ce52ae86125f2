package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

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
	Columns []describedColumn `json:"columns"`
	Traps   []dataset.Trap    `json:"traps"`
	// ShrinkBelow is the share of a published day below which a newer report of it is held.
	ShrinkBelow float64 `json:"shrink_below"`
	heldWhen    string
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
	t := describedTable{Name: d.Name, Meaning: d.Meaning, Traps: d.Traps(), ShrinkBelow: dataset.ShrinkBelow(d.Name), heldWhen: d.HeldWhen()}
	for _, c := range d.Columns {
		t.Columns = append(t.Columns, describedColumn{c.Name, c.Type.SQL(), c.Nullable, c.Role.String(), c.Additivity, c.Meaning})
	}
	return t
}

func (a *app) listTables() error {
	var all []describedTable
	for _, d := range dataset.Definitions() {
		all = append(all, described(d))
	}
	return a.show(all, func(s *screen) {
		var rows [][]cell
		for _, t := range all {
			rows = append(rows, []cell{{t.Name, strong}, {number(int64(len(t.Columns))), plain}, {t.Meaning, plain}})
		}
		s.table("", []string{"table", "columns", "what it has"}, []string{"columns"}, rows)
		s.heading("WHERE")
		rows = nil
		for _, p := range dataset.Layout() {
			rows = append(rows, []cell{{p.Path, plain}, {p.Meaning, quiet}})
		}
		s.prose(rows)
		s.line("")
		s.line("columns and traps of one table: bellhop tables %s", all[0].Name)
	})
}

func (a *app) showTable(name string) error {
	d, known := dataset.Lookup(name)
	if !known {
		return unknownTable(name)
	}
	t := described(d)
	return a.show(t, func(s *screen) { s.describedTable(t) })
}

func (s *screen) describedTable(t describedTable) {
	s.line("%s  %s", s.paint(strong, t.Name), t.Meaning)
	s.heading("COLUMNS")
	longest := 0
	for _, c := range t.Columns {
		longest = max(longest, len(c.Name))
	}
	for _, c := range t.Columns {
		facts := c.Type
		if c.Nullable {
			facts += ", may be NULL"
		}
		s.line("%s  %s  %s", s.paint(strong, fmt.Sprintf("%-*s", longest, c.Name)), facts, s.paint(quiet, c.Kind))
		s.wrapped("    ", c.Meaning)
	}
	s.heading("WHAT ADDS UP (rows with row_scope = 'LEAF' only)")
	var rows [][]cell
	for _, c := range t.Columns {
		if c.Additivity != dataset.NotMeasured {
			rows = append(rows, []cell{{c.Name, plain}, {string(c.Additivity), additivityTone(c.Additivity)}})
		}
	}
	s.table("", nil, nil, rows)
	s.heading("WHEN A REPORT IS HELD")
	s.wrapped("", t.heldWhen+" See them with: bellhop review list")
	s.heading("TRAPS")
	for _, trap := range t.Traps {
		s.line("%s", s.paint(bad, trap.Name))
		s.wrapped("  ", trap.Wrong)
		s.wrapped("  → ", trap.Right)
	}
}

func additivityTone(a dataset.Additivity) tone {
	switch a {
	case dataset.Additive:
		return good
	case dataset.AdditiveDay:
		return waiting
	case dataset.NotAdditive:
		return bad
	case dataset.NotMeasured:
		return plain
	default:
		return plain
	}
}

// prose writes pairs of a name and a sentence about it, each on lines of its own where both do not fit beside each other.
func (s *screen) prose(pairs [][]cell) {
	for _, p := range pairs {
		s.line("%s", s.paint(p[0].tone, p[0].text))
		s.wrapped("    ", p[1].text)
	}
}

// usualWidth is how wide prose is where nobody knows how wide the terminal is.
const usualWidth = 100

// wrapped writes prose behind an indent. A sentence must not be cut as a row may be.
func (s *screen) wrapped(indent, prose string) {
	width := usualWidth
	if s.width > 0 {
		width = min(width, s.width)
	}
	line := indent
	column := len([]rune(indent))
	blank := strings.Repeat(" ", column)
	for i, word := range strings.Fields(prose) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case column+1+n > width:
			s.line("%s", line)
			line, column = blank, len(blank)
		default:
			line += " "
			column++
		}
		line += word
		column += n
	}
	s.line("%s", line)
}
