package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
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

func (t tone) colors() text.Colors {
	switch t {
	case good:
		return text.Colors{text.FgGreen}
	case waiting:
		return text.Colors{text.FgYellow}
	case bad:
		return text.Colors{text.FgRed}
	case quiet:
		return text.Colors{text.Faint}
	case strong:
		return text.Colors{text.Bold}
	case plain:
		return nil
	default:
		return nil
	}
}

// cell is text that is not clean yet, and how it is meant.
type cell struct {
	text string
	tone tone
}

func cells(texts ...string) []cell {
	row := make([]cell, len(texts))
	for i, t := range texts {
		row[i].text = t
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
	if colors := t.colors(); s.color && colors != nil && content != "" {
		content = text.Escape(content, colors.EscapeSeq())
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
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", between
	style.Format.Header = text.FormatDefault
	w.SetStyle(style)
	var configs []table.ColumnConfig
	for _, i := range right {
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	w.SetColumnConfigs(configs)
	below := make([]string, 0, len(rows)+1) // what stands below each line
	if len(head) > 0 {
		w.AppendHeader(rowOf(head[:shown], func(name string) string { return string(s.paint(quiet, name)) }))
		below = append(below, "")
	}
	for _, row := range rows {
		at := len(row)
		if len(head) > 0 {
			at = shown
			below = append(below, s.named(head[at:], row[at:]))
		}
		w.AppendRow(rowOf(row[:at], func(c cell) string { return string(s.paint(c.tone, c.text)) }))
	}
	n := 0
	for l := range strings.Lines(w.Render()) {
		s.b.WriteString(strings.TrimRight(indent+l, " \n"))
		s.b.WriteByte('\n')
		if n < len(below) && below[n] != "" {
			s.b.WriteString(indent + "    " + below[n] + "\n")
		}
		n++
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

func rowOf[T any](items []T, text func(T) string) table.Row {
	row := make(table.Row, len(items))
	for i, item := range items {
		row[i] = text(item)
	}
	return row
}

// facts writes names and values in two columns; facts without a value are left out.
func (s *screen) facts(pairs ...cell) {
	var rows [][]cell
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1].text != "" {
			rows = append(rows, []cell{{pairs[i].text, quiet}, pairs[i+1]})
		}
	}
	s.table("", nil, nil, rows)
}

// clean takes out what a terminal would obey instead of showing it: whoever may put an object into the bucket may choose
// its key.
func clean(content string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(content, string(unicode.ReplacementChar)))
}

// minute and second are the forms of instants; nothing for the zero time.
func minute(t time.Time) string { return instant(t, "2006-01-02 15:04Z") }
func second(t time.Time) string { return instant(t, "2006-01-02 15:04:05Z") }

func instant(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}

// span returns a duration in the two units that matter.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + span(-d)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Truncate(time.Second).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
	}
}

// number groups the digits of n by thousands.
func number(n int64) string {
	digits := fmt.Sprint(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + " " + digits[i:]
	}
	return sign + digits
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return number(int64(n)) + " " + thing + "s"
}
