package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// JSON writes a result as one array of objects, one for each row, or, with lines, as an object on each line. Numbers keep
// all of their digits; a reader that makes floats of them may not.
type JSON struct {
	To    io.Writer
	Lines bool

	columns []Column
	rows    int
}

// Columns begins the array.
func (j *JSON) Columns(columns []Column) error {
	j.columns = columns
	if j.Lines {
		return nil
	}
	return emit(j.To, "[")
}

// Row writes an object.
func (j *JSON) Row(values []any) error {
	var b bytes.Buffer
	if !j.Lines {
		if j.rows > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  ")
	}
	j.rows++
	row := make(Object, len(values))
	for i, v := range values {
		row[i] = Member{j.columns[i].Name, v}
	}
	encoded, err := encode(row)
	if err != nil {
		return err
	}
	b.Write(encoded)
	if j.Lines {
		b.WriteByte('\n')
	}
	return emit(j.To, b.String())
}

// Close ends the array. It is called once, after the last row; a result that failed stays an unfinished array, so that
// nobody takes it for the whole.
func (j *JSON) Close() error {
	if j.Lines {
		return nil
	}
	if j.rows > 0 {
		return emit(j.To, "\n]\n")
	}
	return emit(j.To, "]\n")
}

func emit(to io.Writer, content string) error {
	if _, err := io.WriteString(to, content); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// text returns a list or an object as JSON, and other values as they are read by people.
func text(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case Number:
		return string(v), nil
	}
	encoded, err := encode(v)
	return string(encoded), err
}

// Text returns a value as people read it: NULL for nil.
func Text(v any) (string, error) {
	if v == nil {
		return "NULL", nil
	}
	return text(v)
}

// encode returns a value as JSON in one line.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write a value as JSON: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// MarshalJSON returns the digits as they are.
func (n Number) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// MarshalJSON returns the members in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		switch m.Value.(type) {
		case nil, bool, string, Number, []any, Object:
		default:
			return nil, fmt.Errorf("a result has no values of type %T", m.Value)
		}
		name, err := encode(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := encode(m.Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}
