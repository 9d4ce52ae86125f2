package columnar

import (
	"cmp"
	"context"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// manyRows is how many rows are so many that more of them are encoded no differently.
const manyRows = pageBytes / rowBytes

// sink takes the rows of a day, in canonical order, and each once unless rows repeat.
type sink struct {
	// begin is told first how many rows will come: exactly, or [manyRows] or more.
	begin func(rows int64)
	// write takes a block, which is full unless it is the last, and is valid until it returns. It reports whether none
	// of the vocabulary is needed any more.
	write func(b *block, words *vocabulary) (ended bool, err error)
}

// emit passes the rows of a day on and frees them. A row that is there twice comes once, unless rows repeat.
func (s *shelf) emit(ctx context.Context, d *day, to sink) error {
	if len(d.runs) > 0 {
		if err := s.spill(ctx, d); err != nil {
			return err
		}
		return s.emitRuns(ctx, d, to)
	}
	d.markRollups(s.words)
	return s.emitNumbers(ctx, d, to)
}

// emitNumbers passes on the rows that are in no run.
func (s *shelf) emitNumbers(ctx context.Context, d *day, to sink) error {
	s.ranks = s.words.rank(s.ranks)
	need := int((d.rows() + blockRows - 1) / blockRows)
	if need > s.capacity() {
		return s.emitStored(ctx, d, to)
	}
	if err := s.makeRoom(need-len(d.blocks), d); err != nil {
		return err
	}
	if err := s.load(d); err != nil {
		return err
	}
	order, err := s.arrange(d)
	if err != nil {
		return err
	}
	to.begin(int64(len(order)))
	err = s.gather(d, order, s.out, func(b *block) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := to.write(b, s.words)
		return err
	})
	s.release(d)
	return err
}

// arrange returns the places of the day's rows, all of which are in memory, in canonical order, and each once unless rows repeat.
func (s *shelf) arrange(d *day) ([]uint32, error) {
	order := numbersTo(int(d.rowsInMemory()))
	slices.SortFunc(order, func(x, y uint32) int {
		a, i := d.at(x)
		b, j := d.at(y)
		return s.compare(a, i, b, j)
	})
	if s.repeats || len(order) == 0 {
		return order, nil
	}
	kept := order[:1]
	for _, place := range order[1:] {
		a, i := d.at(kept[len(kept)-1])
		b, j := d.at(place)
		if s.compare(a, i, b, j) != 0 {
			kept = append(kept, place)
			continue
		}
		if err := sameContent(a, i, b, j); err != nil {
			return nil, err
		}
		d.duplicates++
	}
	return kept, nil
}

// at returns where a row of the day is.
func (d *day) at(row uint32) (b *block, i int) { return d.blocks[row/blockRows], int(row % blockRows) }

// compare compares the keys of two rows.
func (s *shelf) compare(a *block, i int, b *block, j int) int {
	if c := cmp.Compare(s.ranks.paths[a.paths[i]], s.ranks.paths[b.paths[j]]); c != 0 {
		return c
	}
	for d, ranks := range s.ranks.dims {
		if c := cmp.Compare(ranks[a.dims[d][i]], ranks[b.dims[d][j]]); c != 0 {
			return c
		}
	}
	return cmp.Compare(s.ranks.extras[a.extras[i]], s.ranks.extras[b.extras[j]])
}

// Contradiction says that two rows of one key have different measures, or different names of their units. It has their lines.
type Contradiction struct{ First, Second uint32 }

func (c Contradiction) Error() string { return "two rows of one key contradict each other" }

// sameContent is an error when two rows of one key differ.
func sameContent(a *block, i int, b *block, j int) error {
	same := a.paths[i] == b.paths[j]
	for c := range a.measures {
		same = same && a.measures[c][i] == b.measures[c][j]
	}
	if same {
		return nil
	}
	return contradicting(a.lines[i], b.lines[j])
}

func contradicting(line, other uint32) error {
	return fault.As(fault.Poison, Contradiction{min(line, other), max(line, other)})
}

// gather passes the rows at the given places to visit, in blocks that are as large as out, all but the last.
func (s *shelf) gather(d *day, places []uint32, out *block, visit func(*block) error) error {
	for len(places) > 0 {
		n := min(len(places), len(out.paths))
		out.n = n
		for i, place := range places[:n] {
			b, row := d.at(place)
			out.paths[i], out.extras[i], out.lines[i] = b.paths[row], b.extras[row], b.lines[row]
		}
		for c, column := range out.dims {
			for i, place := range places[:n] {
				b, row := d.at(place)
				column[i] = b.dims[c][row]
			}
		}
		for c, column := range out.measures {
			for i, place := range places[:n] {
				b, row := d.at(place)
				column[i] = b.measures[c][row]
			}
		}
		if err := visit(out); err != nil {
			return err
		}
		places = places[n:]
	}
	return nil
}
