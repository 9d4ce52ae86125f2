package cli

import (
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
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
