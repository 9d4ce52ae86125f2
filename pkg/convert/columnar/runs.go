package columnar

import (
	"context"
	"slices"
)

// cursor goes through a sorted run of rows.
type cursor[C any] interface {
	// next goes to the next row; ok is false behind the last.
	next() (ok bool, err error)
	// compare compares the keys of the present rows.
	compare(other C) int
	// same is an error when the present rows, whose keys are equal, differ.
	same(other C) error
	// keep makes a copy of the other's present row the present one.
	keep(other C)
}

// merge passes the rows of sorted runs to visit, in order. A row that is there twice comes once, unless rows repeat. Last is a
// cursor without a run.
func merge[C cursor[C]](repeats bool, runs []C, last C, visit func(C) error) (duplicates int64, err error) {
	heap, err := newRunHeap(runs)
	if err != nil {
		return 0, err
	}
	for first := true; len(heap.by) > 0; first = false {
		run := runs[heap.by[0]]
		if !repeats && !first && last.compare(run) == 0 {
			if err := last.same(run); err != nil {
				return 0, err
			}
			duplicates++
		} else {
			if err := visit(run); err != nil {
				return 0, err
			}
			last.keep(run)
		}
		if err := heap.advance(); err != nil {
			return 0, err
		}
	}
	return duplicates, nil
}

// runHeap finds the run with the least present row; of rows with equal keys, it is the earlier run's.
type runHeap[C cursor[C]] struct {
	runs []C
	by   []int // indexes of those with rows left, as a heap
}

func newRunHeap[C cursor[C]](runs []C) (*runHeap[C], error) {
	h := &runHeap[C]{runs: runs}
	for i, run := range runs {
		ok, err := run.next()
		if err != nil {
			return nil, err
		}
		if ok {
			h.by = append(h.by, i)
		}
	}
	slices.SortFunc(h.by, h.compare)
	return h, nil
}

func (h *runHeap[C]) compare(i, j int) int {
	if c := h.runs[i].compare(h.runs[j]); c != 0 {
		return c
	}
	return i - j
}

// advance goes to the next row of the first run.
func (h *runHeap[C]) advance() error {
	ok, err := h.runs[h.by[0]].next()
	if err != nil {
		return err
	}
	if end := len(h.by) - 1; !ok {
		h.by[0] = h.by[end]
		h.by = h.by[:end]
	}
	for at := 0; ; {
		least := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(h.by); child++ {
			if h.compare(h.by[child], h.by[least]) < 0 {
				least = child
			}
		}
		if least == at {
			return nil
		}
		h.by[at], h.by[least] = h.by[least], h.by[at]
		at = least
	}
}

// passOn merges the runs that open opens, of which the largest has so many rows. It begins by telling how many come.
func passOn[C cursor[C]](to sink, repeats bool, largest int64, open func() (runs []C, last C), visit func(C) error) (duplicates int64, err error) {
	runs, last := open()
	if len(runs) > 1 && largest < manyRows {
		// The runs may have rows in common. How many there are is known when they have been merged.
		largest = 0
		if _, err := merge(repeats, runs, last, func(C) error { largest++; return nil }); err != nil {
			return 0, err
		}
		runs, last = open()
	}
	to.begin(largest)
	return merge(repeats, runs, last, visit)
}

// numberRun is a sorted run of stored rows: blocks of them, in order.
type numberRun []section

// numberCursor goes through a numberRun.
type numberCursor struct {
	shelf *shelf
	left  numberRun
	block *block
	row   int
}

func (c *numberCursor) next() (bool, error) {
	if c.row++; c.row < c.block.n {
		return true, nil
	}
	if len(c.left) == 0 {
		return false, nil
	}
	if err := c.shelf.read(c.left[0]); err != nil {
		return false, err
	}
	c.left, c.row = c.left[1:], 0
	v := varints{rest: c.shelf.buffer}
	return true, v.block(c.block)
}

func (c *numberCursor) compare(other *numberCursor) int {
	return c.shelf.compare(c.block, c.row, other.block, other.row)
}

func (c *numberCursor) same(other *numberCursor) error {
	return sameContent(c.block, c.row, other.block, other.row)
}

func (c *numberCursor) keep(other *numberCursor) {
	c.block.n, c.row = 0, 0
	c.block.take(other.block, other.row)
}

// emitStored passes on the rows of a day that do not fit into memory: as many as fit are sorted at a time and stored again,
// and these runs are merged.
func (s *shelf) emitStored(ctx context.Context, d *day, to sink) error {
	if err := s.store(d); err != nil {
		return err
	}
	if err := s.makeRoom(s.capacity(), d); err != nil {
		return err
	}
	// The runs that are merged have as much in memory as what is sorted.
	full := s.capacity() * blockRows
	count := (int(d.storedRows) + full - 1) / full
	size := min(blockRows, max(16, full/count))
	runs, largest, err := s.sortStored(d, full, newBlockOf(size, s.dims, s.measures))
	if err != nil {
		return err
	}
	open := func() (cursors []*numberCursor, last *numberCursor) {
		for _, run := range runs {
			cursors = append(cursors, &numberCursor{shelf: s, left: run, block: newBlockOf(size, s.dims, s.measures), row: -1})
		}
		return cursors, &numberCursor{shelf: s, block: newBlockOf(1, s.dims, s.measures)}
	}
	s.out.n = 0
	write := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := to.write(s.out, s.words)
		s.out.n = 0
		return err
	}
	duplicates, err := passOn(to, s.repeats, largest, open, func(c *numberCursor) error {
		if s.out.take(c.block, c.row); s.out.n < blockRows {
			return nil
		}
		return write()
	})
	if err == nil && s.out.n > 0 {
		err = write()
	}
	d.duplicates += duplicates
	d.stored, d.storedRows = nil, 0
	return err
}

// sortStored makes sorted runs of the stored rows of a day, of at most full rows each, in blocks as large as out. It tells
// how many rows the largest has.
func (s *shelf) sortStored(d *day, full int, out *block) (runs []numberRun, largest int64, err error) {
	some := &day{date: d.date}
	flush := func() error {
		order, err := s.arrange(some)
		if err != nil {
			return err
		}
		var run numberRun
		err = s.gather(some, order, out, func(b *block) error {
			s.packed = appendBlock(s.packed[:0], b)
			run = append(run, section{s.rows.size, int64(len(s.packed))})
			_, err := s.rows.Write(s.packed)
			return err
		})
		runs, largest = append(runs, run), max(largest, int64(len(order)))
		s.release(some)
		return err
	}
	err = s.eachStored(d, func(b *block) error {
		if int(some.rowsInMemory())+b.n > full {
			if err := flush(); err != nil {
				return err
			}
		}
		s.fill(some, b)
		return nil
	})
	if err == nil {
		err = flush()
	}
	d.duplicates += some.duplicates
	return runs, largest, err
}
