package shell

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

// usualWidth is how wide prose is where the terminal's width is not known.
const usualWidth = 100

// Wrapped writes prose behind an indent. A sentence must not be cut as a row may be.
func (s *Screen) Wrapped(indent, prose string) {
	width := usualWidth
	if s.width > 0 {
		width = min(width, s.width)
	}
	column := text.StringWidth(indent)
	for l := range strings.Lines(text.WrapSoft(Clean(prose), max(1, width-column))) {
		s.Line("%s", indent+strings.TrimSpace(l))
		indent = strings.Repeat(" ", column)
	}
}

// Tone is how a word is meant; colour only repeats what the word says.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Good
	Waiting
	Bad
	Quiet
	Strong
)

var colors = map[Tone]text.Color{Good: text.FgGreen, Waiting: text.FgYellow, Bad: text.FgRed, Quiet: text.Faint, Strong: text.Bold}

// Cell is text that is not clean yet, and how it is meant.
type Cell struct {
	Text string
	Tone Tone
}

// Toned is text with a tone.
func Toned(content string, t Tone) Cell { return Cell{content, t} }

// Row makes cells of values: cells are taken as they are, and everything else is plain text.
func Row(values ...any) []Cell {
	row := make([]Cell, len(values))
	for i, v := range values {
		var is bool
		if row[i], is = v.(Cell); !is {
			row[i] = Cell{Text: fmt.Sprint(v)}
		}
	}
	return row
}

// Screen is what a command shows a person.
type Screen struct {
	b     strings.Builder
	color bool
	width int
}

// String returns what was written.
func (s *Screen) String() string { return s.b.String() }

// Painted text is clean.
type Painted string

// Paint gives content a tone, if the screen has colours.
func (s *Screen) Paint(t Tone, content string) Painted {
	content = Clean(content)
	if color, coloured := colors[t]; s.color && coloured && content != "" {
		content = text.Escape(content, color.EscapeSeq())
	}
	return Painted(content)
}

// Line writes a line. Arguments that are text are cleaned, unless they are painted.
func (s *Screen) Line(format string, args ...any) {
	for i, a := range args {
		switch v := a.(type) {
		case Painted:
		case string:
			args[i] = Clean(v)
		case error:
			args[i] = Clean(v.Error())
		case fmt.Stringer:
			args[i] = Clean(v.String())
		}
	}
	s.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	s.b.WriteByte('\n')
}

// filled leaves out the columns in which no row says anything.
func filled(header []string, rows [][]Cell) ([]string, [][]Cell) {
	var names []string
	kept := make([][]Cell, len(rows))
	for i, name := range header {
		if !slices.ContainsFunc(rows, func(row []Cell) bool { return row[i].Text != "" }) {
			continue
		}
		names = append(names, name)
		for r := range rows {
			kept[r] = append(kept[r], rows[r][i])
		}
	}
	if len(header) == 0 {
		return nil, rows
	}
	return names, kept
}

// Heading begins a section.
func (s *Screen) Heading(title string) {
	if s.b.Len() > 0 {
		s.Line("")
	}
	s.Line("%s", s.Paint(Strong, title))
}

// Table writes rows under a header, in columns without lines. Columns named in right are aligned to the right; a column
// without any content is left out.
func (s *Screen) Table(indent string, header []string, right []string, rows [][]Cell) {
	header, rows = filled(header, rows)
	head := make([]string, len(header))
	var numbers []int
	for i, name := range header {
		head[i] = strings.ToUpper(name)
		if slices.Contains(right, name) {
			numbers = append(numbers, i)
		}
	}
	s.grid(indent, head, numbers, rows)
}

// grid writes rows under a head, with the columns at right aligned to the right. What does not fit the screen's width stands
// below its row, each value with the name of its column: nothing is cut. Facts, which have no head, are broken where a line is
// full.
func (s *Screen) grid(indent string, head []string, right []int, rows [][]Cell) {
	shown := s.Fitting(len(indent), head, rows)
	heads := Each(head, func(name string) Cell { return Cell{name, Quiet} })
	widths := map[int]int{}
	for _, row := range append(slices.Clip(rows), heads) {
		for i, c := range row {
			widths[i] = max(widths[i], text.StringWidth(Clean(c.Text)))
		}
	}
	write := func(row []Cell) {
		var line strings.Builder
		line.WriteString(indent)
		for i, c := range row {
			align := text.AlignLeft
			if slices.Contains(right, i) {
				align = text.AlignRight
			}
			line.WriteString(align.Apply(string(s.Paint(c.Tone, c.Text)), widths[i]) + between)
		}
		s.b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if len(head) > 0 {
		write(heads[:shown])
	}
	for _, row := range rows {
		if len(head) == 0 {
			write(row)
			continue
		}
		write(row[:shown])
		if below := s.named(head[shown:], row[shown:]); below != "" {
			s.b.WriteString(indent + "    " + below + "\n")
		}
	}
}

// between is what stands between columns.
const between = "  "

// Fitting returns how many of the first columns fit the screen behind an indent; the first always does.
func (s *Screen) Fitting(indent int, head []string, rows [][]Cell) int {
	if s.width <= 0 {
		return len(head)
	}
	used := indent
	for i, name := range head {
		widest := text.StringWidthWithoutEscSequences(name)
		for _, row := range rows {
			widest = max(widest, text.StringWidthWithoutEscSequences(Clean(row[i].Text)))
		}
		if used+widest > s.width && i > 0 {
			return i
		}
		used += widest + len(between)
	}
	return len(head)
}

// named are the values of a row that say something, each behind the name of its column.
func (s *Screen) named(head []string, row []Cell) string {
	var parts []string
	for i, c := range row {
		if c.Text != "" {
			parts = append(parts, string(s.Paint(Quiet, strings.ToLower(head[i])+":"))+" "+string(s.Paint(c.Tone, c.Text)))
		}
	}
	return strings.Join(parts, " · ")
}

// Facts writes names and values in two columns; facts without a value are left out. Values are those of [row].
func (s *Screen) Facts(pairs ...any) {
	var rows [][]Cell
	for pair := range slices.Chunk(Row(pairs...), 2) {
		if pair[1].Text != "" {
			rows = append(rows, []Cell{{pair[0].Text, Quiet}, pair[1]})
		}
	}
	s.Table("", nil, nil, rows)
}

// Clean takes out what a terminal would obey instead of showing it: anybody who may put an object into the bucket chooses
// its key.
func Clean(content string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(content, string(unicode.ReplacementChar)))
}

// ResultTable keeps the first rows of a result for the screen, and counts all of them.
type ResultTable struct {
	Most  int // 0: no limit
	Lines bool
	Head  []query.Column
	Rows  [][]any
	Count int64
}

// Columns notes the columns, as the engine names them.
func (t *ResultTable) Columns(columns []query.Column) error {
	t.Head = columns
	return nil
}

// Row counts a row, and keeps it while the screen has room.
func (t *ResultTable) Row(values []any) error {
	if t.Count++; t.Most == 0 || t.Count <= int64(t.Most) {
		t.Rows = append(t.Rows, values)
	}
	return nil
}

// Draw shows the rows that were kept, and says how many there are.
func (t *ResultTable) Draw(s *Screen) {
	if t.Lines {
		s.Records(t.Head, t.Rows)
	} else if shown := s.Values(t.Head, t.Rows); shown < len(t.Head) {
		s.Line("%s", s.Paint(Waiting, fmt.Sprintf("%d of %d columns; --line shows all, one below the other", shown, len(t.Head))))
	}
	switch more := t.Count - int64(len(t.Rows)); {
	case more > 0:
		s.Line("%s", s.Paint(Waiting, "the first "+phrase.Number(int64(len(t.Rows)))+" of "+phrase.Number(t.Count)+" rows; all of them: --rows 0, or -o FILE"))
	case t.Count == 0:
		s.Line("%s", s.Paint(Quiet, "no rows"))
	default:
		s.Line("%s", s.Paint(Quiet, phrase.Count(int(t.Count), "row")))
	}
}

// Values writes what an engine gave. Names of columns stay as they are, and NULL is a word in another tone: it is no empty
// text.
//
// It returns how many columns fit. The others are left out whole: half a column looks like the whole of one.
func (s *Screen) Values(columns []query.Column, rows [][]any) int {
	texts := ValueTexts(rows)
	var right []int
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.Name
		if numeric(c, rows, i) {
			right = append(right, i)
		}
	}
	shown := s.Fitting(0, head, texts)
	for i := range texts {
		texts[i] = texts[i][:shown]
	}
	s.grid("", head[:shown], right, texts)
	return shown
}

// Records writes each row as lines of a name and a value.
func (s *Screen) Records(columns []query.Column, rows [][]any) {
	for r, row := range ValueTexts(rows) {
		if r > 0 {
			s.Line("")
		}
		var lines [][]Cell
		for i, c := range columns {
			lines = append(lines, []Cell{{c.Name, Quiet}, row[i]})
		}
		s.Table("", nil, nil, lines)
	}
}

// ValueTexts are values as a person reads them.
func ValueTexts(rows [][]any) [][]Cell {
	texts := make([][]Cell, len(rows))
	for r, row := range rows {
		texts[r] = make([]Cell, len(row))
		for i, v := range row {
			shown, err := query.Text(v)
			if err != nil {
				shown = err.Error()
			}
			texts[r][i].Text = shown
			if v == nil {
				texts[r][i].Tone = Quiet
			}
		}
	}
	return texts
}

// numeric tells whether a column has numbers, which stand under each other by their last digit.
func numeric(c query.Column, rows [][]any, at int) bool {
	for _, row := range rows {
		if row[at] != nil {
			_, is := row[at].(query.Number)
			return is
		}
	}
	return strings.Contains(c.Type, "INT") || strings.HasPrefix(c.Type, "DECIMAL")
}

// MaxLines is how many things of one kind fit on the screen.
const MaxLines = 6
