package columnar

import (
	"errors"
	"io"
	"os"
)

// spool is a temporary file that is only appended to. There is none before the first byte.
type spool struct {
	dir    string
	file   *os.File
	linked bool // the file still has a name
	size   int64
	closed bool
}

// section is a range of a spool.
type section struct{ offset, size int64 }

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "bellhop-*.tmp")
		if err != nil {
			return 0, err
		}
		// Without a name the file goes away with the process, however that ends.
		s.file, s.linked = f, os.Remove(f.Name()) != nil
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	return n, err
}

// ReadAt implements [io.ReaderAt]. It fails after Close.
func (s *spool) ReadAt(p []byte, offset int64) (int, error) {
	switch {
	case s.closed:
		return 0, os.ErrClosed
	case s.file == nil:
		return 0, io.EOF
	}
	return s.file.ReadAt(p, offset)
}

func (s *spool) reader(at section) *io.SectionReader {
	return io.NewSectionReader(s, at.offset, at.size)
}

// clear forgets all that was written, and is ready for more.
func (s *spool) clear() error {
	err := s.Close()
	*s = spool{dir: s.dir}
	return err
}

// Close releases the file. Closing again does nothing.
func (s *spool) Close() error {
	if s.closed || s.file == nil {
		s.closed = true
		return nil
	}
	s.closed = true
	err := s.file.Close()
	if s.linked {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	return err
}
