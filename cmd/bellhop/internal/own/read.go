// Package own imports what people know themselves into the dataset: which room a unit is, when it was occupied, what a survey said,
// and what properties and campaigns are called elsewhere.
package own

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"
	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// Mistake is something in a file that keeps it from being imported. It names lines and columns, and no value: what stands there is a
// person's.
type Mistake struct {
	Line int    `json:"line"`
	Why  string `json:"why"`
}

// form reads and writes the rows of one table.
type form struct {
	read   func(content []byte, lines []int) ([]row, []Mistake, error)
	encode func(rows []row, version int32) ([]byte, error)
	decode func(content []byte) ([]row, error)
}

// forms are the tables by their names, which are those of [dataset.OwnTables].
var forms = map[string]form{
	"campaigns": formOf[campaign](), "occupancy": formOf[stay](), "properties": formOf[property](), "rooms": formOf[room](), "survey": formOf[answer](),
}

func formOf[R row]() form {
	return form{
		read: func(content []byte, lines []int) (all []row, mistakes []Mistake, err error) {
			var read []R
			err = gocsv.UnmarshalWithErrorHandler(bytes.NewReader(content), func(e *csv.ParseError) bool {
				mistakes = append(mistakes, Mistake{lines[e.Line-1], fmt.Sprintf("cell %d: %v", e.Column, e.Err)})
				return true
			}, &read)
			for _, r := range read {
				all = append(all, r)
			}
			return all, mistakes, err
		},
		encode: func(rows []row, version int32) ([]byte, error) {
			var b bytes.Buffer
			w := parquet.NewGenericWriter[R](&b, parquet.Compression(&parquet.Zstd))
			for _, r := range rows {
				stored, ok := r.of(version).(R)
				if !ok {
					return nil, fmt.Errorf("a row is a %T", r)
				}
				if _, err := w.Write([]R{stored}); err != nil {
					return nil, err
				}
			}
			err := w.Close()
			return b.Bytes(), err
		},
		decode: func(content []byte) (all []row, err error) {
			read, err := parquet.Read[R](bytes.NewReader(content), int64(len(content)))
			for _, r := range read {
				all = append(all, r)
			}
			return all, err
		},
	}
}

// read reads a file for a table, whose units must be known, and must not be erased, where that can be told. The rows are in the order of their keys, so that equal content is equal bytes.
func read(table dataset.Own, o Order) (rows []row, mistakes []Mistake, err error) {
	content := bytes.TrimPrefix(o.Content, []byte("\ufeff"))
	lines, mistake := shape(table, content)
	if mistake != nil {
		return nil, []Mistake{*mistake}, nil
	}
	rows, mistakes, err = forms[table.Name].read(content, lines)
	if err != nil {
		return nil, nil, fmt.Errorf("read the file: %w", err)
	}
	seen := map[string]int{}
	for i, r := range rows {
		line := lines[i+1]
		if names := r.lacks(); len(names) > 0 {
			mistakes = append(mistakes, Mistake{line, "it has no " + strings.Join(names, " and no ")})
			continue
		}
		if first, twice := seen[r.key()]; twice {
			mistakes = append(mistakes, Mistake{line, fmt.Sprintf("the same %s as in line %d", strings.Join(table.Key, " and "), first)})
		}
		seen[r.key()] = line
		switch unit := r.unit(); {
		case unit == "":
		case o.Erased != nil && o.Erased(unit):
			mistakes = append(mistakes, Mistake{line, "the unit was erased: leave it out"})
		case o.Known != nil && !o.Known(unit):
			mistakes = append(mistakes, Mistake{line, "the dataset has no such unit"})
		}
	}
	slices.SortStableFunc(mistakes, func(a, b Mistake) int { return cmp.Compare(a.Line, b.Line) })
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.key(), b.key()) })
	return rows, mistakes, nil
}

// shape returns in which line of the file each record begins, or what is wrong with the file as a whole.
func shape(o dataset.Own, content []byte) ([]int, *Mistake) {
	var want []string
	for _, c := range o.Said() {
		want = append(want, c.Name)
	}
	said := strings.Join(want, ",")
	var lines []int
	records := csv.NewReader(bytes.NewReader(content))
	for {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, &Mistake{broken.Line, broken.Err.Error()}
		}
		if err != nil {
			return nil, &Mistake{1, err.Error()}
		}
		line, _ := records.FieldPos(0)
		if lines == nil && !slices.Equal(slices.Sorted(slices.Values(record)), slices.Sorted(slices.Values(want))) {
			return nil, &Mistake{line, "the first line has to name the columns " + said + ", in any order"}
		}
		lines = append(lines, line)
	}
	if len(lines) < 2 {
		return nil, &Mistake{1, "there are no rows: the first line names the columns " + said + ", and the others have them"}
	}
	return lines, nil
}
