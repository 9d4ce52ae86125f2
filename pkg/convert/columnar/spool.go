package columnar

import (
	"errors"
	"io"
	"os"
)

// spool is storage that is only appended to: in memory up to limit bytes, then in a temporary file.
type spool struct {
	dir   string
	limit int64

	memory [][]byte // chunks of at most spoolChunk bytes, all full but the last
	file   *os.File
	linked bool // the file still has a name
	size   int64
	closed bool
}

const spoolChunk = 1 << 20

// section is a range of a spool.
type section struct{ offset, size int64 }

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.size+int64(len(p)) <= s.limit {
		return s.keep(p), nil
	}
	if s.file == nil {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	return n, err
}

// keep appends p to the chunks in memory, none of which ever moves.
func (s *spool) keep(p []byte) int {
	for rest := p; len(rest) > 0; {
		last := len(s.memory) - 1
		if last < 0 || len(s.memory[last]) == cap(s.memory[last]) {
			s.memory = append(s.memory, make([]byte, 0, max(4<<10, min(spoolChunk, s.size))))
			last++
		}
		chunk := s.memory[last]
		n := copy(chunk[len(chunk):cap(chunk)], rest)
		s.memory[last] = chunk[:len(chunk)+n]
		s.size += int64(n)
		rest = rest[n:]
	}
	return len(p)
}

func (s *spool) spill() error {
	f, err := os.CreateTemp(s.dir, "bellhop-*.tmp")
	if err != nil {
		return err
	}
	// Without a name the file goes away with the process, however that ends.
	s.file, s.linked = f, os.Remove(f.Name()) != nil
	for _, chunk := range s.memory {
		if _, err := f.Write(chunk); err != nil {
			return err
		}
	}
	s.memory = nil
	return nil
}

// ReadAt implements [io.ReaderAt]. It fails after Close.
func (s *spool) ReadAt(p []byte, offset int64) (int, error) {
	switch {
	case s.closed:
		return 0, os.ErrClosed
	case s.file != nil:
		return s.file.ReadAt(p, offset)
	}
	n := 0
	for _, chunk := range s.memory {
		if skip := int64(len(chunk)); offset >= skip {
			offset -= skip
			continue
		}
		n += copy(p[n:], chunk[offset:])
		if n == len(p) {
			return n, nil
		}
		offset = 0
	}
	return n, io.EOF
}

func (s *spool) reader(at section) *io.SectionReader {
	return io.NewSectionReader(s, at.offset, at.size)
}

// clear forgets all that was written, and is ready for more.
func (s *spool) clear() error {
	err := s.Close()
	*s = spool{dir: s.dir, limit: s.limit}
	return err
}

// Close releases memory and file. Closing again does nothing.
func (s *spool) Close() error {
	if s.closed {
		return nil
	}
	s.closed, s.memory = true, nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.linked {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	return err
}
