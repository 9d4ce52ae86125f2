package convert

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

const notAnObject = complaint("not a JSON object of text by text")

// extras are the unknown columns of one row of an open table.
type extras struct {
	cells        map[string]string
	keys, values []string
}

// read takes the cell that has such columns as a JSON object.
func (e *extras) read(cell string) error {
	clear(e.cells)
	if cell == "" {
		return nil
	}
	if !utf8.ValidString(cell) {
		return notUTF8
	}
	if err := json.Unmarshal([]byte(cell), &e.cells); err != nil {
		return notAnObject
	}
	for name, text := range e.cells {
		// Keys of sorted rows end their texts with a NUL; elsewhere in a file the scanner refuses it.
		if name == "" || len(name) > maxHeaderName || strings.Contains(name, "\x00") || strings.Contains(text, "\x00") {
			return notAnObject
		}
	}
	return nil
}

// with returns these columns and others that came as columns of the file, by name, and begins the next row. A column of the file
// goes before one of the same name in the object. The slices are valid until the next call.
func (e *extras) with(names, cells []string) (keys, values []string) {
	if e.cells == nil {
		e.cells = map[string]string{}
	}
	for i, name := range names {
		if cells[i] != "" {
			e.cells[name] = cells[i]
		}
	}
	e.keys, e.values = slices.AppendSeq(e.keys[:0], maps.Keys(e.cells)), e.values[:0]
	slices.Sort(e.keys)
	for _, name := range e.keys {
		e.values = append(e.values, e.cells[name])
	}
	clear(e.cells)
	return e.keys, e.values
}
