package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

var errStored = errors.New("rows in the temporary file are damaged")

// appendBlock appends a block in the form that rows have in the temporary file: column by column, numbers of
// the vocabulary as varints. Reports list units in an order of their own, so that paths are written as
// differences. A row of a device report takes five to ten bytes.
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
	for _, column := range b.dims {
		for _, n := range column[:b.n] {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
	}
	for _, column := range b.measures {
		for _, v := range column[:b.n] {
			if v == null {
				dst = append(dst, 0)
			} else {
				dst = binary.AppendUvarint(dst, uint64(v)+1)
			}
		}
	}
	return dst
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
	if n > blockRows {
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
	for _, column := range b.dims {
		for i := range b.n {
			column[i] = uint32(v.unsigned())
		}
	}
	for _, column := range b.measures {
		for i := range b.n {
			column[i] = null
			if n := v.unsigned(); n > 0 {
				column[i] = int64(n - 1)
			}
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

// each passes all rows of a day to visit, in their order, in full blocks except for the last. A block is valid
// during the visit.
func (s *shelf) each(d *day, visit func(*block) error) error {
	p := packer{visit: visit, full: s.packed}
	p.full.n = 0
	for _, at := range d.stored {
		s.buffer = slices.Grow(s.buffer[:0], int(at.size))[:at.size]
		if _, err := io.ReadFull(s.rows.reader(at), s.buffer); err != nil {
			return fmt.Errorf("read stored rows: %w", err)
		}
		for v := (varints{rest: s.buffer}); len(v.rest) > 0; {
			if err := v.block(s.loaded); err != nil {
				return err
			}
			if err := p.add(s.loaded); err != nil {
				return err
			}
		}
	}
	for _, b := range d.blocks {
		if err := p.add(b); err != nil {
			return err
		}
	}
	if p.full.n == 0 {
		return nil
	}
	return visit(p.full)
}

// packer makes full blocks of any.
type packer struct {
	visit func(*block) error
	full  *block // not yet
}

func (p *packer) add(b *block) error {
	if p.full.n == 0 && b.n == blockRows {
		return p.visit(b)
	}
	for from := 0; from < b.n; {
		from += p.full.copy(b, from)
		if p.full.n == blockRows {
			if err := p.visit(p.full); err != nil {
				return err
			}
			p.full.n = 0
		}
	}
	return nil
}
