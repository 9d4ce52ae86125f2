package table

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// shelf holds the rows of a file by date, within a budget of bytes. Rows that do not fit are stored in a
// temporary file. When it is the text that does not fit, all rows move to parts: slices in a temporary file,
// which are merged into one slice when the date is asked for.
type shelf struct {
	words  *vocabulary
	budget int64
	rows   *spool // stored
	parts  *spool
	encode func(d *day, s *shelf, to *spool) (spilled, error)

	// For stored rows.
	buffer         []byte
	loaded, packed *block

	dims, measures int
	days           map[report.Date]*day
	current        *day // of the row before
	held           int64
	free           []*block
}

func newShelf(d Definition, budget int64, rows, parts *spool, encode func(*day, *shelf, *spool) (spilled, error)) *shelf {
	dims, measures := len(d.Dimensions()), len(d.Measures())
	return &shelf{
		words: newVocabulary(dims), budget: budget, rows: rows, parts: parts, encode: encode,
		dims: dims, measures: measures, days: map[report.Date]*day{},
		loaded: newBlock(dims, measures), packed: newBlock(dims, measures),
	}
}

// add appends a row to its date.
func (s *shelf) add(date report.Date, r *record) error {
	d := s.current
	if d == nil || d.date != date {
		if d = s.days[date]; d == nil {
			d = &day{date: date}
			s.days[date] = d
		}
		s.current = d
	}
	if n := len(d.blocks); n == 0 || d.blocks[n-1].n == blockRows {
		b, err := s.block()
		if err != nil {
			return err
		}
		d.blocks = append(d.blocks, b)
	}
	d.blocks[len(d.blocks)-1].add(r)
	return nil
}

// block returns an empty block, making room for it first. Blocks take a quarter of the budget at most: storing
// rows costs little, while text that does not fit costs much.
func (s *shelf) block() (*block, error) {
	size := blockBytes(s.dims, s.measures)
	for s.held > 0 && (s.held+size > s.budget/4 || s.held+size+s.words.arena.size > s.budget) {
		if err := s.storeLargest(); err != nil {
			return nil, err
		}
	}
	s.held += size
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		b.n = 0
		return b, nil
	}
	return newBlock(s.dims, s.measures), nil
}

func (s *shelf) storeLargest() error {
	return s.store(slices.MaxFunc(s.sorted(), func(a, b *day) int {
		return cmp.Compare(a.rowsInMemory(), b.rowsInMemory())
	}))
}

// spill moves the rows of a date to a part.
func (s *shelf) spill(d *day) error {
	if d.rows() == 0 {
		return nil
	}
	part, err := s.encode(d, s, s.parts)
	if err != nil {
		return fmt.Errorf("spill rows of one date: %w", err)
	}
	d.parts = append(d.parts, part)
	d.stored, d.storedRows, d.paths = nil, 0, nil
	s.release(d)
	return nil
}

// release gives back the blocks of a date whose rows are no longer needed.
func (s *shelf) release(d *day) {
	s.held -= int64(len(d.blocks)) * blockBytes(s.dims, s.measures)
	s.free = append(s.free, d.blocks...)
	d.blocks = nil
}

// trim moves all rows to parts and forgets all text when the text alone has passed three quarters of the
// budget. It must not be called within a row, and reports whether words was replaced.
func (s *shelf) trim() (replaced bool, err error) {
	if s.words.arena.size <= s.budget/4*3 {
		return false, nil
	}
	for _, d := range s.sorted() {
		if err := s.spill(d); err != nil {
			return false, err
		}
	}
	s.words = newVocabulary(s.dims)
	return true, s.rows.clear()
}

// sorted returns the days in order of date.
func (s *shelf) sorted() []*day {
	days := make([]*day, 0, len(s.days))
	for _, d := range s.days {
		days = append(days, d)
	}
	slices.SortFunc(days, func(a, b *day) int { return cmp.Compare(a.date, b.date) })
	return days
}
