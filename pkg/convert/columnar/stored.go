package columnar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

var errStored = errors.New("rows in the temporary file are damaged")

// appendBlock appends a block in the form that rows have in the temporary file: column by column, numbers of
// the vocabulary as varints. Reports list units in an order of their own, so that paths and lines are written as
// differences. A row of a device report takes six to eleven bytes.
func appendBlock(dst []byte, b *block) []byte {
	dst = binary.AppendUvarint(dst, uint64(b.n))
	last := int64(0)
	for _, n := range b.paths[:b.n] {
		dst = binary.AppendVarint(dst, int64(n)-last)
		last = int64(n)
	}
	for _, n := range b.extras[:b.n] {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	last = 0
	for _, n := range b.lines[:b.n] {
		dst = binary.AppendVarint(dst, int64(n)-last)
		last = int64(n)
	}
	for _, column := range b.dims {
		for _, n := range column[:b.n] {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
	}
	for _, column := range b.measures {
		for _, v := range column[:b.n] {
			dst = appendMeasure(dst, v)
		}
	}
	return dst
}

func appendMeasure(dst []byte, v int64) []byte {
	if v == Null {
		return append(dst, 0)
	}
	return binary.AppendUvarint(dst, uint64(v)+1)
}

// measureOf is the measure that was written as n.
func measureOf(n uint64) int64 {
	if n == 0 {
		return Null
	}
	return int64(n - 1)
}

// damaged is what an early end of the temporary file means.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errStored
	}
	return err
}

// varints reads what appendBlock wrote.
type varints struct {
	rest []byte
	bad  bool
}

func (v *varints) unsigned() uint64 {
	n, width := binary.Uvarint(v.rest)
	if width <= 0 {
		v.bad, v.rest = true, nil
		return 0
	}
	v.rest = v.rest[width:]
	return n
}

func (v *varints) signed() int64 {
	n := v.unsigned()
	return int64(n>>1) ^ -int64(n&1)
}

// block replaces the rows of b by those of the next block.
func (v *varints) block(b *block) error {
	n := v.unsigned()
	if n > uint64(len(b.paths)) {
		return errStored
	}
	b.n = int(n)
	last := int64(0)
	for i := range b.n {
		last += v.signed()
		b.paths[i] = uint32(last)
	}
	for i := range b.n {
		b.extras[i] = uint32(v.unsigned())
	}
	last = 0
	for i := range b.n {
		last += v.signed()
		b.lines[i] = uint32(last)
	}
	for _, column := range b.dims {
		for i := range b.n {
			column[i] = uint32(v.unsigned())
		}
	}
	for _, column := range b.measures {
		for i := range b.n {
			column[i] = measureOf(v.unsigned())
		}
	}
	if v.bad {
		return errStored
	}
	return nil
}

// store moves the rows that a date has in memory to the temporary file, as they are. Their numbers remain
// those of the shelf's vocabulary.
func (s *shelf) store(d *day) error {
	s.buffer = s.buffer[:0]
	for _, b := range d.blocks {
		s.buffer = appendBlock(s.buffer, b)
	}
	at := section{s.rows.size, int64(len(s.buffer))}
	if _, err := s.rows.Write(s.buffer); err != nil {
		return fmt.Errorf("store rows of one date: %w", err)
	}
	d.mark(s.words)
	d.stored = append(d.stored, at)
	d.storedRows += d.rowsInMemory()
	s.release(d)
	return nil
}

// load makes the rows of a day, in their order, those of its blocks. There must be room for them.
func (s *shelf) load(d *day) error {
	if len(d.stored) == 0 {
		return nil
	}
	if len(d.blocks) > 0 {
		if err := s.store(d); err != nil {
			return err
		}
	}
	err := s.eachStored(d, func(b *block) error { s.fill(d, b); return nil })
	d.stored, d.storedRows = nil, 0
	return err
}

// fill appends the rows of a block to those of a day.
func (s *shelf) fill(d *day, b *block) {
	for from := 0; from < b.n; {
		if n := len(d.blocks); n == 0 || d.blocks[n-1].n == blockRows {
			d.blocks = append(d.blocks, s.take())
		}
		from += d.blocks[len(d.blocks)-1].copy(b, from)
	}
}

// eachStored passes the stored rows of a day to visit. A block is valid during the visit.
func (s *shelf) eachStored(d *day, visit func(*block) error) error {
	for _, at := range d.stored {
		if err := s.read(at); err != nil {
			return err
		}
		for v := (varints{rest: s.buffer}); len(v.rest) > 0; {
			if err := v.block(s.loaded); err != nil {
				return err
			}
			if err := visit(s.loaded); err != nil {
				return err
			}
		}
	}
	return nil
}

// read fills the buffer with a section of the stored rows.
func (s *shelf) read(at section) error {
	s.buffer = slices.Grow(s.buffer[:0], int(at.size))[:at.size]
	if _, err := io.ReadFull(s.rows.reader(at), s.buffer); err != nil {
		return fmt.Errorf("read stored rows: %w", err)
	}
	return nil
}
