package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// grid is a table in the making: text that is Markdown too.
type grid struct{ rows [][]string }

func newGrid(header ...string) *grid { return &grid{rows: [][]string{header}} }

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

// show prints the table, the first column to the left and the others to the right, and below it when and where it was measured.
func (b *bench) show(g *grid) error {
	widths := make([]int, len(g.rows[0]))
	for _, row := range g.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	line := func(row []string) {
		for i, width := range widths {
			cell, fill := row[i], strings.Repeat(" ", width-utf8.RuneCountInString(row[i]))
			if i > 0 {
				cell, fill = fill, cell
			}
			text.WriteString("| " + cell + fill + " ")
		}
		text.WriteString("|\n")
	}
	line(g.rows[0])
	for i, width := range widths {
		rule := strings.Repeat("-", width)
		if i > 0 {
			rule = rule[:width-1] + ":"
		}
		text.WriteString("| " + rule + " ")
	}
	text.WriteString("|\n")
	for _, row := range g.rows[1:] {
		line(row)
	}
	_, err := fmt.Fprintf(b.out, "%s\n%s\n\n", text.String(), b.measured)
	return err
}

func decimal(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

// rank returns the value below which percent of all lie, by the nearest rank: one that was really measured.
func rank[T cmp.Ordered](values []T, percent int) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

func median[T cmp.Ordered](values []T) T { return rank(values, 50) }

// ratios divides round by round.
func ratios(of, by []float64) []float64 {
	out := make([]float64, len(of))
	for i := range of {
		out[i] = of[i] / by[i]
	}
	return out
}

// ratio prints the median of ratios, and between what they lay.
func ratio(values []float64) string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", median(values), slices.Min(values), slices.Max(values))
}
