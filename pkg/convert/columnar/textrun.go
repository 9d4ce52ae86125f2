package columnar

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// textRun is a sorted run of rows with their text, in the temporary file. It needs no vocabulary.
//
// A row is its key, the names of its units, its measures and its line. Keys compare as bytes: the ids, each with a NUL behind
// it, which no text has, and another one; depth and property; the dimensions, each with a NUL; the pairs of "extra" and a NUL. Of
// key and names only that is written which differs from the row before.
type textRun struct {
	rows      section
	count     int64
	ancestors section // ids of units that have descendants in the run, each with a NUL
}

// runBuffer is what reading one run holds. There are as many as the text of a file is larger than the budget for it.
const runBuffer = 32 << 10

// maxText is what the texts of one row take up at most: twice the longest record that is read.
const maxText = 32 << 20

// spill moves the rows of a day that are in no run to one.
func (s *shelf) spill(ctx context.Context, d *day) error {
	if d.rows() == 0 {
		return nil
	}
	ancestors := d.ancestors(s.words)
	w := &textWriter{to: bufio.NewWriterSize(s.runs, 1<<16)}
	from := s.runs.size
	err := s.emitNumbers(ctx, d, sink{begin: func(int64) {}, write: func(b *block, words *vocabulary) (bool, error) {
		for i := range b.n {
			if err := w.row(words, b, i); err != nil {
				return false, err
			}
		}
		return false, nil
	}})
	if err != nil {
		return err
	}
	if err := w.to.Flush(); err != nil {
		return err
	}
	run := textRun{rows: section{from, s.runs.size - from}, count: w.count}
	for n, id := range s.words.paths.ids.words {
		if ancestors.has(uint32(n)) {
			if _, err := w.to.Write(appendText(nil, id)); err != nil {
				return err
			}
		}
	}
	if err := w.to.Flush(); err != nil {
		return err
	}
	end := run.rows.offset + run.rows.size
	run.ancestors = section{end, s.runs.size - end}
	d.runs = append(d.runs, run)
	d.paths = nil
	return nil
}

// textWriter writes the rows of a run.
type textWriter struct {
	to                   *bufio.Writer
	key, names           []byte // of the row before
	freshKey, freshNames []byte
	numbers              []byte
	count                int64
}

func (w *textWriter) row(words *vocabulary, b *block, i int) error {
	p := &words.paths.list[b.paths[i]]
	key, names := w.freshKey[:0], w.freshNames[:0]
	for at, id := range p.ids {
		key = appendText(key, words.paths.ids.words[id])
		names = appendText(names, words.paths.names.words[p.names[at]])
	}
	key = append(key, 0)
	key = binary.BigEndian.AppendUint32(key, uint32(p.depth))
	key = binary.BigEndian.AppendUint32(key, uint32(p.property+1))
	for c, column := range b.dims {
		key = appendText(key, words.dims[c].words[column[i]])
	}
	key = appendText(key, words.extras.texts.words[b.extras[i]])
	n := appendDifference(w.numbers[:0], key, w.key)
	n = appendDifference(n, names, w.names)
	for _, column := range b.measures {
		n = appendMeasure(n, column[i])
	}
	n = binary.AppendUvarint(n, uint64(b.lines[i]))
	w.freshKey, w.key = w.key, key
	w.freshNames, w.names = w.names, names
	w.numbers = n
	w.count++
	_, err := w.to.Write(n)
	return err
}

// appendDifference appends what makes a text of the one before: how much of that stays, and what follows.
func appendDifference(dst, text, before []byte) []byte {
	same := 0
	for same < min(len(text), len(before)) && text[same] == before[same] {
		same++
	}
	dst = binary.AppendUvarint(dst, uint64(same))
	dst = binary.AppendUvarint(dst, uint64(len(text)-same))
	return append(dst, text[same:]...)
}

// textCursor goes through a textRun.
type textCursor struct {
	from       *bufio.Reader
	left       int64
	key, names []byte
	measures   []int64
	line       uint32
}

func (c *textCursor) next() (bool, error) {
	if c.left == 0 {
		return false, nil
	}
	c.left--
	var err error
	if c.key, err = c.text(c.key); err != nil {
		return false, err
	}
	if c.names, err = c.text(c.names); err != nil {
		return false, err
	}
	for i := range c.measures {
		n, err := binary.ReadUvarint(c.from)
		if err != nil {
			return false, damaged(err)
		}
		c.measures[i] = measureOf(n)
	}
	line, err := binary.ReadUvarint(c.from)
	c.line = uint32(line)
	return true, damaged(err)
}

// text replaces the text of the row before by the next one.
func (c *textCursor) text(before []byte) ([]byte, error) {
	same, err := binary.ReadUvarint(c.from)
	if err != nil {
		return nil, damaged(err)
	}
	more, err := binary.ReadUvarint(c.from)
	if err != nil {
		return nil, damaged(err)
	}
	if same > uint64(len(before)) || more > maxText {
		return nil, errStored
	}
	text := slices.Grow(before[:same], int(more))[:same+more]
	_, err = io.ReadFull(c.from, text[same:])
	return text, damaged(err)
}

func (c *textCursor) compare(other *textCursor) int { return bytes.Compare(c.key, other.key) }

func (c *textCursor) same(other *textCursor) error {
	if bytes.Equal(c.names, other.names) && slices.Equal(c.measures, other.measures) {
		return nil
	}
	return contradicting(c.line, other.line)
}

func (c *textCursor) keep(other *textCursor) {
	c.key, c.names = append(c.key[:0], other.key...), append(c.names[:0], other.names...)
	c.measures, c.line = append(c.measures[:0], other.measures...), other.line
}

// emitRuns passes on the rows of a day that are all in runs.
func (s *shelf) emitRuns(ctx context.Context, d *day, to sink) error {
	m := merger{shelf: s, to: to, parents: &parents{ids: map[string]struct{}{}, budget: s.budget}, words: newVocabulary(s.dims)}
	m.row.Dims, m.row.Measures = make([]uint32, s.dims), make([]int64, s.measures)
	var largest int64
	for _, run := range d.runs {
		largest = max(largest, run.count)
		if err := m.parents.read(s.runs.reader(run.ancestors)); err != nil {
			return err
		}
	}
	open := func() (cursors []*textCursor, last *textCursor) {
		for _, run := range d.runs {
			from := bufio.NewReaderSize(s.runs.reader(run.rows), runBuffer)
			cursors = append(cursors, &textCursor{from: from, left: run.count, measures: make([]int64, s.measures)})
		}
		return cursors, &textCursor{}
	}
	s.out.n = 0
	duplicates, err := passOn(to, s.repeats, largest, open, func(c *textCursor) error { return m.add(ctx, c) })
	if err == nil {
		err = m.flush()
	}
	d.duplicates += duplicates
	d.runs = nil
	return err
}

// parents is the set of units that have descendants, held within a budget of bytes.
type parents struct {
	ids    map[string]struct{}
	size   int64
	budget int64
}

// read adds the ids of a run.
func (p *parents) read(from io.Reader) error {
	in := bufio.NewReader(from)
	for {
		id, err := in.ReadBytes(0)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read stored rows: %w", err)
		}
		if err := p.add(id[:len(id)-1]); err != nil {
			return err
		}
	}
}

func (p *parents) add(id []byte) error {
	if _, known := p.ids[string(id)]; known {
		return nil
	}
	p.ids[string(id)] = struct{}{}
	if p.size += int64(len(id)) + textOverhead; p.size > max(p.budget, 1<<20) {
		return fault.New(fault.Poison, "more units with descendants on one date than %d bytes of memory hold", p.budget)
	}
	return nil
}

// merger makes blocks of rows with text again, with a vocabulary for each row group.
type merger struct {
	shelf   *shelf
	to      sink
	parents *parents
	words   *vocabulary
	row     Row

	path, pathNames []byte // of the row before, in words

	ids, names, keys, values []string
}

func (m *merger) add(ctx context.Context, c *textCursor) error {
	rest := view(c.key)
	m.ids, m.names, m.keys, m.values = m.ids[:0], m.names[:0], m.keys[:0], m.values[:0]
	for rest != "" && rest[0] != 0 {
		var id string
		id, rest = cutText(rest)
		m.ids = append(m.ids, id)
	}
	if len(rest) < 1+8 {
		return errStored
	}
	numbers := bytesOf(rest[1:9])
	rest = rest[9:]
	if path := c.key[:len(c.key)-len(rest)]; !bytes.Equal(path, m.path) || !bytes.Equal(c.names, m.pathNames) {
		for names := view(c.names); names != ""; {
			var name string
			name, names = cutText(names)
			m.names = append(m.names, name)
		}
		if len(m.ids) != len(m.names) {
			return errStored
		}
		n, fresh := m.words.paths.number(int(binary.BigEndian.Uint32(numbers)), int(binary.BigEndian.Uint32(numbers[4:]))-1, m.ids, m.names)
		if fresh {
			p := &m.words.paths.list[n]
			_, p.rollup = m.parents.ids[m.words.paths.ids.words[p.leaf()]]
		}
		m.row.Path = n
		m.path, m.pathNames = append(m.path[:0], path...), append(m.pathNames[:0], c.names...)
	}
	for i := range m.row.Dims {
		var text string
		text, rest = cutText(rest)
		m.row.Dims[i], _ = m.words.dims[i].number(text)
	}
	for rest = strings.TrimSuffix(rest, "\x00"); rest != ""; {
		var key, value string
		key, rest = cutText(rest)
		value, rest = cutText(rest)
		m.keys, m.values = append(m.keys, key), append(m.values, value)
	}
	m.row.Extra = m.words.extras.number(m.keys, m.values)
	copy(m.row.Measures, c.measures)
	m.shelf.out.add(&m.row)
	if m.shelf.out.n < blockRows {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return m.flush()
}

func (m *merger) flush() error {
	if m.shelf.out.n == 0 {
		return nil
	}
	ended, err := m.to.write(m.shelf.out, m.words)
	m.shelf.out.n = 0
	if ended {
		m.words = newVocabulary(m.shelf.dims)
		m.path, m.pathNames = m.path[:0], m.pathNames[:0]
	}
	return err
}
