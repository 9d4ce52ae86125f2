package khoros

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

func broken(format string, args ...any) error { return fault.New(fault.Transient, format, args...) }

// jsonRows reads an array of objects.
type jsonRows struct {
	in           *bounded
	json         *json.Decoder
	names, cells []string
	row          int64
}

func newJSONRows(r io.Reader) *jsonRows {
	in := &bounded{Reader: r, left: maxRecord}
	return &jsonRows{in: in, json: json.NewDecoder(bufio.NewReaderSize(in, 64<<10))}
}

func (r *jsonRows) next() (names, cells []string, err error) {
	if r.row == 0 {
		if err := r.delim('['); err != nil {
			return nil, nil, err
		}
	}
	r.row++
	r.in.left = maxRecord
	if !r.json.More() {
		if err := r.delim(']'); err != nil {
			return nil, nil, err
		}
		if _, err := r.json.Token(); err != io.EOF {
			return nil, nil, r.wrong(err)
		}
		return nil, nil, io.EOF
	}
	if err := r.delim('{'); err != nil {
		return nil, nil, err
	}
	r.names, r.cells = r.names[:0], r.cells[:0]
	for r.json.More() {
		name, err := r.json.Token()
		if err != nil {
			return nil, nil, r.wrong(err)
		}
		var value json.RawMessage
		if err := r.json.Decode(&value); err != nil {
			return nil, nil, r.wrong(err)
		}
		text, _ := name.(string) // in an object it always is
		r.names, r.cells = append(r.names, text), append(r.cells, textOf(value))
	}
	return r.names, r.cells, r.delim('}')
}

func (r *jsonRows) delim(want json.Delim) error {
	if t, err := r.json.Token(); err != nil || t != want {
		return r.wrong(err)
	}
	return nil
}

// wrong keeps the error of a download that broke off. The decoder's own quote what they read.
func (r *jsonRows) wrong(err error) error {
	if failure := r.in.err; failure != nil && !errors.Is(failure, io.EOF) {
		return failure
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return broken("it ends within row %d", r.row)
	}
	return broken("it is not a JSON array of objects, at row %d", r.row)
}

// textOf is a value as text: a string's, nothing for null, and any other value as it is written.
func textOf(value json.RawMessage) string {
	var text string
	switch {
	case string(value) == "null":
		return ""
	case json.Unmarshal(value, &text) == nil:
		return text
	default:
		var b bytes.Buffer
		if json.Compact(&b, value) != nil {
			return string(value)
		}
		return b.String()
	}
}

// bounded reads no more than left, which who uses it sets anew, and keeps the error that ended it.
type bounded struct {
	io.Reader
	left int
	err  error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.err = broken("a row is longer than %d bytes", maxRecord)
		return 0, b.err
	}
	n, err := b.Reader.Read(p[:min(len(p), b.left)])
	b.left -= n
	b.err = err
	return n, err
}

// csvRows reads CSV as RFC 4180 has it. The vendor says nothing of its own: from the first record that is not of that form on,
// quotes are taken as they come.
type csvRows struct {
	in     *replay
	csv    *csv.Reader
	lazy   bool
	header []string
	row    int64
}

func newCSVRows(r io.Reader) *csvRows {
	in := &replay{from: withoutMark(r)}
	return &csvRows{in: in, csv: reader(in)}
}

func reader(in io.Reader) *csv.Reader {
	c := csv.NewReader(bufio.NewReaderSize(in, 64<<10))
	c.FieldsPerRecord, c.ReuseRecord = -1, true
	return c
}

// withoutMark skips a byte order mark.
func withoutMark(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if start, err := b.Peek(3); err == nil && string(start) == "\xEF\xBB\xBF" {
		_, _ = b.Discard(3) // they are there
	}
	return b
}

func (r *csvRows) next() (names, cells []string, err error) {
	if r.header == nil {
		if cells, err = r.record(); err != nil {
			if errors.Is(err, io.EOF) {
				err = broken("it is empty: not even a header")
			}
			return nil, nil, err
		}
		r.header = append([]string{}, cells...)
		if len(cells) == 1 && strings.ContainsAny(cells[0], ";\t|") {
			return nil, nil, broken("its columns are not separated by commas")
		}
	}
	if cells, err = r.record(); err != nil {
		return nil, nil, err
	}
	if len(cells) != len(r.header) {
		return nil, nil, broken("row %d has %d cells, and the header %d", r.row, len(cells), len(r.header))
	}
	return r.header, cells, nil
}

// record returns the next record.
func (r *csvRows) record() ([]string, error) {
	r.row++
	cells, err := r.csv.Read()
	if at, malformed := errors.AsType[*csv.ParseError](err); (malformed || errors.Is(err, errLong)) && !r.lazy {
		if malformed && errors.Is(at.Err, csv.ErrQuote) && r.in.torn(r.csv.InputOffset()) {
			return nil, broken("it ends within row %d", r.row)
		}
		r.lazy = true
		r.csv = reader(r.in.again())
		r.csv.LazyQuotes = true
		cells, err = r.csv.Read()
	}
	switch _, malformed := errors.AsType[*csv.ParseError](err); {
	case err == io.EOF:
		return nil, err
	case malformed:
		return nil, broken("row %d is no CSV", r.row)
	case err != nil:
		return nil, err
	}
	r.in.done(r.csv.InputOffset())
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], hiddenCR, "\r")
	}
	return cells, nil
}

// hiddenCR stands for a carriage return within quotes: encoding/csv would drop the one before a line feed. No text has a NUL, as one
// that comes becomes a byte that is not UTF-8.
const hiddenCR = "\x00"

var errLong = broken("a row is longer than %d bytes", maxRecord)

// replay gives what it reads on, and once more from the end of the last whole record.
type replay struct {
	from   io.Reader
	quoted bool   // within quotes
	plain  bool   // carriage returns are left as they are
	kept   []byte // what was given on since the last whole record
	offset int64  // of kept, from the beginning of the present reading
	left   []byte // what is to be given on once more
	since  int    // bytes since the last whole record
	ended  bool
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.left) > 0 {
		n := copy(p, r.left)
		r.left = r.left[n:]
		return n, nil
	}
	if r.since > maxRecord {
		return 0, errLong
	}
	n, err := r.from.Read(p)
	r.ended = err == io.EOF
	r.since += n
	for i, c := range p[:n] {
		switch {
		case c == '"':
			r.quoted = !r.quoted
		case c == 0:
			p[i] = 0xFF
		case c == '\r' && r.quoted && !r.plain:
			p[i] = hiddenCR[0]
		}
	}
	if !r.plain {
		r.kept = append(r.kept, p[:n]...)
	}
	return n, err
}

// done tells that everything before an offset has been used.
func (r *replay) done(offset int64) {
	r.since = 0
	if !r.plain {
		r.kept = r.kept[min(int(offset-r.offset), len(r.kept)):]
	}
	r.offset = offset
}

// torn reports whether everything has been used before an offset, and ended within quotes.
func (r *replay) torn(offset int64) bool {
	return r.ended && r.quoted && offset == r.offset+int64(len(r.kept))
}

// again begins once more behind the last whole record, with carriage returns as they are.
func (r *replay) again() io.Reader {
	r.left, r.kept, r.offset, r.plain, r.since = bytes.ReplaceAll(r.kept, []byte(hiddenCR), []byte("\r")), nil, 0, true, len(r.kept)
	return r
}
