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
	if err := encode(&b, row); err != nil {
		return err
	}
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
	var b bytes.Buffer
	if err := encode(&b, v); err != nil {
		return "", err
	}
	return b.String(), nil
}

// Text returns a value as people read it: NULL for nil.
func Text(v any) (string, error) {
	if v == nil {
		return "NULL", nil
	}
	return text(v)
}

func encode(b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		fmt.Fprint(b, v)
	case Number:
		b.WriteString(string(v))
	case string:
		return encodeString(b, v)
	case []any:
		return encodeList(b, '[', ']', len(v), func(i int) error { return encode(b, v[i]) })
	case Object:
		return encodeList(b, '{', '}', len(v), func(i int) error {
			if err := encodeString(b, v[i].Name); err != nil {
				return err
			}
			b.WriteByte(':')
			return encode(b, v[i].Value)
		})
	default:
		return fmt.Errorf("a result has no values of type %T", v)
	}
	return nil
}

func encodeList(b *bytes.Buffer, open, end byte, n int, item func(int) error) error {
	b.WriteByte(open)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := item(i); err != nil {
			return err
		}
	}
	b.WriteByte(end)
	return nil
}

func encodeString(b *bytes.Buffer, s string) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return fmt.Errorf("write text as JSON: %w", err)
	}
	b.Truncate(b.Len() - 1) // the encoder ends each value with a new line
	return nil
}
