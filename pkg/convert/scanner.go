package convert

import (
	"bytes"
	"context"
	"errors"
	"io"
	"unsafe"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

const (
	readBuffer = 256 << 10
	maxRecord  = 16 << 20
	// batchRows is how many records are bound at once, if the buffer has as many. gocsv makes some thirty
	// allocations a batch.
	batchRows = 1024
)

// scanner splits RFC 4180 text into records, in batches that lie wholly in its buffer.
//
// It accepts what encoding/csv accepts, except that it keeps \r\n inside quotes as it is and refuses NUL
// bytes and wrong numbers of cells. It exists because gocsv needs a reader that yields batches without
// copying them: encoding/csv alone takes longer than this scanner and gocsv together.
type scanner struct {
	in     io.Reader
	limits limits

	buf      []byte
	pos, end int
	eof      bool
	total    int64

	line  int // physical number of the line at pos, from 1
	width int // cells per record; 0 until the header has been read

	// The current batch. Strings point into buf or unescaped, and die with the next call of load.
	cells     []string
	records   [][]string
	lines     []int
	unescaped []byte
}

func newScanner(in io.Reader, limits limits) *scanner {
	return &scanner{in: in, limits: limits, buf: make([]byte, readBuffer), line: 1}
}

// start reads the first bytes, drops a byte order mark and refuses what is evidently no CSV.
func (s *scanner) start() error {
	if err := s.read(); err != nil {
		return err
	}
	head := s.buf[:s.end]
	for _, m := range []struct{ magic, what string }{
		{"\x1f\x8b", "gzip data"}, {"PK\x03\x04", "a zip archive"}, {"PK\x05\x06", "a zip archive"},
		{"\x28\xb5\x2f\xfd", "zstd data"}, {"PAR1", "a Parquet file"},
		{"\xff\xfe", "UTF-16 text"}, {"\xfe\xff", "UTF-16 text"},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return fault.New(fault.Poison, "not CSV: the file is %s", m.what)
		}
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		s.pos = 3
	}
	return s.checkNUL(0)
}

// header returns the first record, copied. It is nil when there is none.
func (s *scanner) header(ctx context.Context) ([]string, error) {
	if err := s.load(ctx, 1); err != nil || len(s.records) == 0 {
		return nil, err
	}
	out := make([]string, len(s.records[0]))
	for i, c := range s.records[0] {
		out[i] = string([]byte(c))
	}
	s.width = len(out)
	return out, nil
}

// load makes the next batch current: at least one record and at most n, or none at the end of the input.
func (s *scanner) load(ctx context.Context, n int) error {
	s.cells, s.records, s.lines, s.unescaped = s.cells[:0], s.records[:0], s.lines[:0], s.unescaped[:0]
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		for len(s.records) < n {
			complete, err := s.record()
			if err != nil {
				return err
			}
			if !complete {
				break
			}
		}
		if len(s.records) > 0 || (s.eof && s.pos == s.end) {
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// fill drops what has been read and fills the buffer, doubling it when it is full. Nothing of the current batch may be in use.
func (s *scanner) fill() error {
	if s.pos > 0 {
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= maxRecord {
			return fault.New(fault.Poison, "line %d: a record is longer than %d bytes; is a closing quote missing?", s.line, maxRecord)
		}
		s.buf = append(make([]byte, 0, 2*len(s.buf)), s.buf...)[:2*len(s.buf)]
	}
	from := s.end
	if err := s.read(); err != nil {
		return err
	}
	return s.checkNUL(from)
}

// read fills the rest of the buffer.
func (s *scanner) read() error {
	// Filled to the brim, a record that does not fit is scanned again only after the buffer has doubled.
	for tries := 0; s.end < len(s.buf) && !s.eof; tries++ {
		n, err := s.in.Read(s.buf[s.end:])
		s.end += n
		s.total += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			s.eof = true
		case err != nil && fault.KindOf(err) == fault.Internal && !canceled(err):
			return fault.New(fault.Transient, "read the delivered file: %w", err)
		case err != nil:
			return err
		case n > 0:
			tries = 0
		case tries == 100:
			return fault.As(fault.Transient, io.ErrNoProgress)
		}
	}
	if s.total > s.limits.Bytes {
		return fault.New(fault.Poison, "the file is longer than %d bytes", s.limits.Bytes)
	}
	return nil
}

func canceled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func (s *scanner) checkNUL(from int) error {
	if i := bytes.IndexByte(s.buf[from:s.end], 0); i >= 0 {
		return fault.New(fault.Poison, "not CSV: NUL byte at offset %d", s.total-int64(s.end-from)+int64(i))
	}
	return nil
}

// record adds the next record to the batch. It reports false when the buffer holds no complete one.
func (s *scanner) record() (complete bool, err error) {
	for {
		rest := s.buf[s.pos:s.end]
		size := bytes.IndexByte(rest, '\n') + 1
		content := rest[:max(0, size-1)]
		if size == 0 {
			if !s.eof || len(rest) == 0 {
				return false, nil
			}
			size, content = len(rest), rest
		}
		content = bytes.TrimSuffix(content, []byte{'\r'})
		if len(content) == 0 {
			s.pos += size
			s.line++
			continue
		}
		if bytes.IndexByte(content, '"') >= 0 {
			return s.quoted(rest)
		}
		if size > readBuffer && bytes.Count(content, []byte{','}) >= s.limits.Columns {
			return false, s.tooWide()
		}
		first := len(s.cells)
		for {
			i := bytes.IndexByte(content, ',')
			if i < 0 {
				break
			}
			s.cells = append(s.cells, view(content[:i]))
			content = content[i+1:]
		}
		s.cells = append(s.cells, view(content))
		return true, s.finish(first, size, 1)
	}
}

// finish closes the record whose cells begin at first and which took up size bytes on lines lines.
func (s *scanner) finish(first, size, lines int) error {
	record := s.cells[first:len(s.cells):len(s.cells)]
	at := s.line
	s.pos += size
	s.line += lines
	if s.width != 0 && len(record) != s.width {
		return fault.New(fault.Poison, "line %d: %d cells where the header has %d", at, len(record), s.width)
	}
	if size > s.limits.Cell {
		for i, c := range record {
			if len(c) > s.limits.Cell {
				return fault.New(fault.Poison, "line %d: cell %d is longer than %d bytes", at, i+1, s.limits.Cell)
			}
		}
	}
	s.records = append(s.records, record)
	s.lines = append(s.lines, at)
	return nil
}

// tooWide refuses a long record before its cells take up more memory than it does.
func (s *scanner) tooWide() error {
	return fault.New(fault.Poison, "line %d: more than %d cells", s.line, s.limits.Columns)
}

// view is a string on the bytes of b, which must not change while it is in use. The batch is consumed before
// the buffer is filled again, so a caller that keeps a cell copies it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
