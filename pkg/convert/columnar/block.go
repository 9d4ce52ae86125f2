package columnar

import "github.com/bellhop-asp/bellhop/pkg/report"

// blockRows is the number of rows in a full block, and in every write to Parquet: parquet-go decides after
// a write whether a page is full, so pages end at the same rows only if the writes do.
const blockRows = 1024

// block is a piece of one date's rows, column by column. Text is held as numbers of a vocabulary.
type block struct {
	n        int
	paths    []uint32
	dims     [][]uint32
	measures [][]int64
	extras   []uint32
	lines    []uint32
}

func newBlock(dims, measures int) *block { return newBlockOf(blockRows, dims, measures) }

// newBlockOf returns a block with room for some rows only.
func newBlockOf(rows, dims, measures int) *block {
	b := &block{
		paths:    make([]uint32, rows),
		extras:   make([]uint32, rows),
		lines:    make([]uint32, rows),
		dims:     make([][]uint32, dims),
		measures: make([][]int64, measures),
	}
	for i := range b.dims {
		b.dims[i] = make([]uint32, rows)
	}
	for i := range b.measures {
		b.measures[i] = make([]int64, rows)
	}
	return b
}

func blockBytes(dims, measures int) int64 {
	return blockRows * int64(4+4+4+4*dims+8*measures)
}

// Row is one row. Its text is numbers of a [Writer].
type Row struct {
	Path     uint32
	Dims     []uint32 // by dimension of the table
	Measures []int64  // by measure of the table; [Null] for none
	Extra    uint32
	Line     uint32 // of the file; of a merge, which part
}

func (b *block) add(r *Row) {
	i := b.n
	b.paths[i] = r.Path
	b.extras[i] = r.Extra
	b.lines[i] = r.Line
	for c, v := range r.Dims {
		b.dims[c][i] = v
	}
	for c, v := range r.Measures {
		b.measures[c][i] = v
	}
	b.n++
}

// take appends one row of another block.
func (b *block) take(from *block, row int) {
	i := b.n
	b.paths[i], b.extras[i], b.lines[i] = from.paths[row], from.extras[row], from.lines[row]
	for c, column := range from.dims {
		b.dims[c][i] = column[row]
	}
	for c, column := range from.measures {
		b.measures[c][i] = column[row]
	}
	b.n++
}

// copy appends rows of another block, from a row on, as many as fit, and returns how many.
func (b *block) copy(from *block, row int) int {
	n := min(len(b.paths)-b.n, from.n-row)
	copy(b.paths[b.n:], from.paths[row:row+n])
	copy(b.extras[b.n:], from.extras[row:row+n])
	copy(b.lines[b.n:], from.lines[row:row+n])
	for c, column := range from.dims {
		copy(b.dims[c][b.n:], column[row:row+n])
	}
	for c, column := range from.measures {
		copy(b.measures[c][b.n:], column[row:row+n])
	}
	b.n += n
	return n
}

// vocabulary is the text that the numbers in blocks stand for.
type vocabulary struct {
	arena  *arena
	paths  *paths
	dims   []*texts
	extras *extras
}

func newVocabulary(dims int) *vocabulary {
	a := &arena{}
	v := &vocabulary{arena: a, paths: newPaths(a), extras: newExtras(a)}
	for range dims {
		v.dims = append(v.dims, newTexts(a))
	}
	return v
}

// day is what is held of one date. Its rows are, in their order: those in runs, with their text; those that are
// stored; and those in blocks, of which all but the last are full. The latter two are numbers of the same vocabulary.
type day struct {
	date       report.Date
	runs       []textRun
	stored     []section
	storedRows int64
	blocks     []*block

	paths      bitset // that stored rows have
	duplicates int64  // rows that were left out, as they were there already
}

// rows counts the rows that are in no run.
func (d *day) rows() int64 { return d.storedRows + d.rowsInMemory() }

func (d *day) rowsInMemory() (n int64) {
	for _, b := range d.blocks {
		n += int64(b.n)
	}
	return n
}

// mark notes the paths of the rows in memory.
func (d *day) mark(v *vocabulary) {
	d.paths = grow(d.paths, len(v.paths.list))
	for _, b := range d.blocks {
		for _, n := range b.paths[:b.n] {
			d.paths.add(n)
		}
	}
}

// markRollups sets rollup on every path of the day: its unit is an ancestor in another row's path.
func (d *day) markRollups(v *vocabulary) {
	ancestor := d.ancestors(v)
	for n := range v.paths.list {
		p := &v.paths.list[n]
		p.rollup = ancestor.has(p.leaf())
	}
}

// ancestors returns the units that have descendants on the day, as far as its rows are in no run.
func (d *day) ancestors(v *vocabulary) bitset {
	d.mark(v)
	ancestor := newBitset(len(v.paths.ids.words))
	for n := range v.paths.list {
		if !d.paths.has(uint32(n)) {
			continue
		}
		p := &v.paths.list[n]
		for _, unit := range p.ancestors() {
			// A path that names its own unit twice describes no descendant.
			if unit != p.leaf() {
				ancestor.add(unit)
			}
		}
	}
	return ancestor
}

type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (s bitset) has(n uint32) bool {
	return int(n/64) < len(s) && s[n/64]&(1<<(n%64)) != 0
}

// add reports whether n was not in s before.
func (s bitset) add(n uint32) bool {
	old := s[n/64]
	s[n/64] |= 1 << (n % 64)
	return old != s[n/64]
}
