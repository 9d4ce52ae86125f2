package columnar

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// shelf holds the rows of a file by date, within a budget of bytes, and passes those of a date on in canonical order. Rows
// that do not fit are stored in a temporary file. When it is the text that does not fit, all rows move to runs in another
// one, sorted and with their text, which are merged when the date is asked for.
type shelf struct {
	words  *vocabulary
	budget int64
	rows   *spool // stored
	runs   *spool

	// For stored rows.
	buffer, packed []byte
	loaded         *block

	ranks *ranks
	out   *block // the next full block of rows that are passed on

	dims, measures int
	repeats        bool // equal rows are kept
	days           map[report.Date]*day
	current        *day // of the row before
	held           int64
	free           []*block
}

func newShelf(d dataset.Definition, budget int64, rows, runs *spool) *shelf {
	dims, measures := len(d.Dimensions()), len(d.Measures())
	return &shelf{
		words: newVocabulary(dims), budget: budget, rows: rows, runs: runs,
		dims: dims, measures: measures, repeats: d.Repeats, days: map[report.Date]*day{},
		loaded: newBlock(dims, measures), out: newBlock(dims, measures),
	}
}

// day returns what is held of a date.
func (s *shelf) day(date report.Date) *day {
	if s.current == nil || s.current.date != date {
		d := s.days[date]
		if d == nil {
			d = &day{date: date}
			s.days[date] = d
		}
		s.current = d
	}
	return s.current
}

// add appends a row to its date.
func (s *shelf) add(date report.Date, r *Row) error {
	d := s.day(date)
	if n := len(d.blocks); n == 0 || d.blocks[n-1].n == blockRows {
		if err := s.makeRoom(1, nil); err != nil {
			return err
		}
		d.blocks = append(d.blocks, s.take())
	}
	d.blocks[len(d.blocks)-1].add(r)
	return nil
}

// capacity is how many blocks are in memory at most, one at least. They take a quarter of the budget: storing rows costs
// little, while text that does not fit costs much.
func (s *shelf) capacity() int { return int(max(1, s.budget/4/blockBytes(s.dims, s.measures))) }

// makeRoom stores rows of other dates than d until so many more blocks fit.
func (s *shelf) makeRoom(blocks int, d *day) error {
	size := int64(blocks) * blockBytes(s.dims, s.measures)
	for s.held+size > s.budget/4 || s.held+size+s.words.arena.size > s.budget {
		var largest *day
		for _, other := range s.sorted() {
			if other != d && len(other.blocks) > 0 && (largest == nil || other.rowsInMemory() > largest.rowsInMemory()) {
				largest = other
			}
		}
		if largest == nil {
			return nil
		}
		if err := s.store(largest); err != nil {
			return err
		}
	}
	return nil
}

// take returns an empty block.
func (s *shelf) take() *block {
	s.held += blockBytes(s.dims, s.measures)
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		b.n = 0
		return b
	}
	return newBlock(s.dims, s.measures)
}

// release gives back the blocks of a date whose rows are no longer needed.
func (s *shelf) release(d *day) {
	s.held -= int64(len(d.blocks)) * blockBytes(s.dims, s.measures)
	s.free = append(s.free, d.blocks...)
	d.blocks = nil
}

// trim moves all rows to runs and forgets all text when the text alone has passed three quarters of the
// budget. It must not be called within a row, and reports whether words was replaced.
func (s *shelf) trim(ctx context.Context) (replaced bool, err error) {
	if s.words.arena.size <= s.budget/4*3 {
		return false, nil
	}
	for _, d := range s.sorted() {
		if err := s.spill(ctx, d); err != nil {
			return false, fmt.Errorf("move rows of %s to the temporary file: %w", d.date, err)
		}
	}
	s.words, s.ranks = newVocabulary(s.dims), nil
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
