package page

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Kind is how the values of a column look.
type Kind int

// The kinds of columns. A value that is not a number looks like text in all of them.
const (
	Text   Kind = iota
	Code        // text in letters of one width, such as an identifier
	Line        // text that is never broken into two lines, such as a time
	Prose       // text that takes room before it takes lines
	Plenty      // a number
	Bar         // a number with a bar beside it: how long says how much of the largest
	Heat        // a number on a background that is darker the nearer the number is to the largest
)

// Column is a column of a table.
type Column struct {
	Title string
	Kind  Kind
}

// Table is a table of values: nil where the vendor says nothing, bool, string, [report.Date], [query.Number], [Missing], [Hidden],
// [Link] or [Word]. The first column names the row.
type Table struct {
	// Caption says what the rows are. It is read out before the table.
	Caption string
	Columns []Column
	Rows    [][]any
	// OneScale lets all columns share the largest number, so that a colour means the same everywhere.
	OneScale bool
	// Folded keeps a long table closed until somebody opens it, or prints the page.
	Folded bool
	// Empty stands in place of a table that has no rows.
	Empty string
}

// Missing stands for a number that is unknown because its day is missing.
type Missing struct{ Why string }

// Hidden stands for a number that is known and not shown.
type Hidden struct{ Why string }

// Word is text that is good or bad news.
type Word struct {
	Text string
	Tone Tone
}

// cell is what the template needs of a value.
type cell struct {
	Text, Class, Title, Address string
	// Bar is how long the bar is, in hundredths; -1 is none.
	Bar int
	// Head marks the cell that names the row.
	Head bool
}

// cells returns the rows as the template writes them.
func cells(t *Table) [][]cell {
	largest := make([]float64, len(t.Columns))
	for _, row := range t.Rows {
		for i, v := range row {
			if f, ok := amount(v); ok {
				largest[i] = max(largest[i], math.Abs(f))
			}
		}
	}
	if t.OneScale && len(largest) > 0 {
		most := slices.Max(largest)
		for i := range largest {
			largest[i] = most
		}
	}
	rows := make([][]cell, len(t.Rows))
	for n, row := range t.Rows {
		rows[n] = make([]cell, len(row))
		for i, v := range row {
			rows[n][i] = t.Columns[i].cell(v, largest[i])
			rows[n][i].Head = i == 0
		}
	}
	return rows
}

func (c Column) cell(v any, largest float64) cell {
	made := plain(v)
	f, number := amount(v)
	switch {
	case c.Kind == Code && made.Class == "":
		made.Class = "code"
	case c.Kind == Line && made.Class == "":
		made.Class = "line"
	case c.Kind == Prose && made.Text != "" && made.Class == "":
		made.Class = "prose"
	case c.Kind == Bar && number && largest > 0:
		made.Bar = int(math.Ceil(100 * math.Abs(f) / largest))
	case c.Kind == Heat && number && f == 0:
		made.Class += " heat0"
	case c.Kind == Heat && number:
		made.Class += fmt.Sprintf(" heat%d", min(5, 1+int(5*math.Abs(f)/largest)))
	}
	return made
}

// plain writes a value as it is without a kind.
func plain(v any) cell {
	switch v := v.(type) {
	case nil:
		return cell{Text: "–", Class: "absent", Title: "no value", Bar: -1}
	case Missing:
		return cell{Text: "missing", Class: "absent missing", Title: v.Why, Bar: -1}
	case Hidden:
		return cell{Text: v.Why, Class: "absent hidden", Bar: -1}
	case Link:
		return cell{Text: v.Name, Address: v.Address, Bar: -1}
	case Word:
		return cell{Text: v.Text, Class: string(v.Tone), Bar: -1}
	case query.Number:
		return cell{Text: grouped(v), Class: "number", Bar: -1}
	case report.Date:
		return cell{Text: v.String(), Class: "date", Bar: -1}
	case bool:
		if v {
			return cell{Text: "yes", Bar: -1}
		}
		return cell{Text: "no", Bar: -1}
	default:
		return cell{Text: fmt.Sprint(v), Bar: -1}
	}
}

// Numeric reports whether the head of the column stands over numbers.
func (c Column) Numeric() bool { return c.Kind >= Plenty }

// body writes the rows. The template would take most of the time of a page with ten thousand cells.
func body(t *Table) template.HTML {
	var b strings.Builder
	for _, row := range cells(t) {
		b.WriteString("<tr>")
		for _, c := range row {
			c.write(&b)
		}
		b.WriteString("</tr>\n")
	}
	return template.HTML(b.String()) //nolint:gosec // G203: each cell has escaped what is in it
}

func (c cell) write(b *strings.Builder) {
	element, scope := "td", ""
	if c.Head {
		element, scope = "th", ` scope="row"`
	}
	b.WriteString("<" + element + scope)
	attribute := func(name, value string) {
		if value != "" {
			b.WriteString(" " + name + `="` + template.HTMLEscapeString(value) + `"`)
		}
	}
	attribute("class", c.Class)
	attribute("title", c.Title)
	b.WriteString(">")
	if c.Bar >= 0 {
		// Its length is an attribute, because the page's policy lets no element have a style of its own.
		fmt.Fprintf(b, `<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="%d" height="8"/></svg>`, c.Bar)
	}
	text := template.HTMLEscapeString(c.Text)
	if c.Address != "" {
		b.WriteString("<a")
		attribute("href", c.Address)
		text = ">" + text + "</a>"
	}
	b.WriteString(text + "</" + element + ">")
}
