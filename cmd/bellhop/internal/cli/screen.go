package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

// tone is how a word is meant; colour only repeats what the word says.
type tone int

const (
	plain tone = iota
	good
	waiting
	bad
	quiet
	strong
)

var colors = map[tone]text.Color{good: text.FgGreen, waiting: text.FgYellow, bad: text.FgRed, quiet: text.Faint, strong: text.Bold}

// cell is text that is not clean yet, and how it is meant.
type cell struct {
	text string
	tone tone
}

// row makes cells of values: cells are taken as they are, and everything else is plain text.
func row(values ...any) []cell {
	row := make([]cell, len(values))
	for i, v := range values {
		var is bool
		if row[i], is = v.(cell); !is {
			row[i] = cell{text: fmt.Sprint(v)}
		}
	}
	return row
}

// screen is what a command shows a person.
type screen struct {
	b     strings.Builder
	color bool
	width int
}

// painted text is clean.
type painted string

func (s *screen) paint(t tone, content string) painted {
	content = clean(content)
	if color, coloured := colors[t]; s.color && coloured && content != "" {
		content = text.Escape(content, color.EscapeSeq())
	}
	return painted(content)
}

// line writes a line. Arguments that are text are cleaned, unless they are painted.
func (s *screen) line(format string, args ...any) {
	for i, a := range args {
		switch v := a.(type) {
		case painted:
		case string:
			args[i] = clean(v)
		case error:
			args[i] = clean(v.Error())
		case fmt.Stringer:
			args[i] = clean(v.String())
		}
	}
	s.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	s.b.WriteByte('\n')
}

// filled leaves out the columns in which no row says anything.
func filled(header []string, rows [][]cell) ([]string, [][]cell) {
	var names []string
	kept := make([][]cell, len(rows))
	for i, name := range header {
		if !slices.ContainsFunc(rows, func(row []cell) bool { return row[i].text != "" }) {
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

func (s *screen) heading(title string) {
	if s.b.Len() > 0 {
		s.line("")
	}
	s.line("%s", s.paint(strong, title))
}

// table writes rows under a header, in columns without lines. Columns named in right are aligned to the right; a column
// without any content is left out.
func (s *screen) table(indent string, header []string, right []string, rows [][]cell) {
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
func (s *screen) grid(indent string, head []string, right []int, rows [][]cell) {
	shown := s.fitting(len(indent), head, rows)
	heads := make([]cell, len(head))
	for i, name := range head {
		heads[i] = cell{name, quiet}
	}
	widths := map[int]int{}
	for _, row := range append(slices.Clip(rows), heads) {
		for i, c := range row {
			widths[i] = max(widths[i], text.StringWidth(clean(c.text)))
		}
	}
	write := func(row []cell) {
		var line strings.Builder
		line.WriteString(indent)
		for i, c := range row {
			align := text.AlignLeft
			if slices.Contains(right, i) {
				align = text.AlignRight
			}
			line.WriteString(align.Apply(string(s.paint(c.tone, c.text)), widths[i]) + between)
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

// fitting returns how many of the first columns fit the screen behind an indent; the first always does.
func (s *screen) fitting(indent int, head []string, rows [][]cell) int {
	if s.width <= 0 {
		return len(head)
	}
	used := indent
	for i, name := range head {
		widest := text.StringWidthWithoutEscSequences(name)
		for _, row := range rows {
			widest = max(widest, text.StringWidthWithoutEscSequences(clean(row[i].text)))
		}
		if used+widest > s.width && i > 0 {
			return i
		}
		used += widest + len(between)
	}
	return len(head)
}

// named are the values of a row that say something, each behind the name of its column.
func (s *screen) named(head []string, row []cell) string {
	var parts []string
	for i, c := range row {
		if c.text != "" {
			parts = append(parts, string(s.paint(quiet, strings.ToLower(head[i])+":"))+" "+string(s.paint(c.tone, c.text)))
		}
	}
	return strings.Join(parts, " · ")
}

// facts writes names and values in two columns; facts without a value are left out. Values are those of [row].
func (s *screen) facts(pairs ...any) {
	var rows [][]cell
	for pair := range slices.Chunk(row(pairs...), 2) {
		if pair[1].text != "" {
			rows = append(rows, []cell{{pair[0].text, quiet}, pair[1]})
		}
	}
	s.table("", nil, nil, rows)
}

// clean takes out what a terminal would obey instead of showing it: anybody who may put an object into the bucket chooses
// its key.
func clean(content string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(content, string(unicode.ReplacementChar)))
}

// The words of screens.
var (
	count, number, tables, bytesText = phrase.Count, phrase.Number, phrase.Tables, phrase.Bytes
	minute, second, span, date       = phrase.Minute, phrase.Second, phrase.Span, phrase.Date
)

// resultTable keeps the first rows of a result for the screen, and counts all of them.
type resultTable struct {
	most    int // 0: no limit
	lines   bool
	columns []query.Column
	rows    [][]any
	count   int64
}

func (t *resultTable) Columns(columns []query.Column) error {
	t.columns = columns
	return nil
}

func (t *resultTable) Row(values []any) error {
	if t.count++; t.most == 0 || t.count <= int64(t.most) {
		t.rows = append(t.rows, values)
	}
	return nil
}

func (t *resultTable) draw(s *screen) {
	if t.lines {
		s.records(t.columns, t.rows)
	} else if shown := s.values(t.columns, t.rows); shown < len(t.columns) {
		s.line("%s", s.paint(waiting, fmt.Sprintf("%d of %d columns; --line shows all, one below the other", shown, len(t.columns))))
	}
	switch more := t.count - int64(len(t.rows)); {
	case more > 0:
		s.line("%s", s.paint(waiting, "the first "+number(int64(len(t.rows)))+" of "+number(t.count)+" rows; all of them: --rows 0, or -o FILE"))
	case t.count == 0:
		s.line("%s", s.paint(quiet, "no rows"))
	default:
		s.line("%s", s.paint(quiet, count(int(t.count), "row")))
	}
}

// values writes what an engine gave. Names of columns stay as they are, and NULL is a word in another tone: it is no empty
// text.
//
// It returns how many columns fit. The others are left out whole: half a column looks like the whole of one.
func (s *screen) values(columns []query.Column, rows [][]any) int {
	texts := valueTexts(rows)
	var right []int
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.Name
		if numeric(c, rows, i) {
			right = append(right, i)
		}
	}
	shown := s.fitting(0, head, texts)
	for i := range texts {
		texts[i] = texts[i][:shown]
	}
	s.grid("", head[:shown], right, texts)
	return shown
}

// records writes each row as lines of a name and a value.
func (s *screen) records(columns []query.Column, rows [][]any) {
	for r, row := range valueTexts(rows) {
		if r > 0 {
			s.line("")
		}
		var lines [][]cell
		for i, c := range columns {
			lines = append(lines, []cell{{c.Name, quiet}, row[i]})
		}
		s.table("", nil, nil, lines)
	}
}

// valueTexts are values as a person reads them.
func valueTexts(rows [][]any) [][]cell {
	texts := make([][]cell, len(rows))
	for r, row := range rows {
		texts[r] = make([]cell, len(row))
		for i, v := range row {
			shown, err := query.Text(v)
			if err != nil {
				shown = err.Error()
			}
			texts[r][i].text = shown
			if v == nil {
				texts[r][i].tone = quiet
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
