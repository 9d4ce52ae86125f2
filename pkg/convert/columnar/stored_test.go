package columnar

import (
	"errors"
	"math"
	"reflect"
	"testing"
)

func TestStoredBlocks(t *testing.T) {
	t.Parallel()
	rows := []Row{
		{Path: 7, Dims: []uint32{none, 300}, Measures: []int64{Null, 0}, Extra: none, Line: 2},
		{Path: 3, Dims: []uint32{1, 2}, Measures: []int64{math.MaxInt64, 1}, Extra: 70_000, Line: math.MaxUint32},
		{Path: math.MaxUint32, Dims: []uint32{math.MaxUint32, none}, Measures: []int64{127, Null}, Extra: 1},
	}
	fill := func(rows []Row) *block {
		b := newBlock(2, 2)
		for i := range rows {
			b.add(&rows[i])
		}
		return b
	}
	data := appendBlock(appendBlock(nil, fill(rows)), fill(rows[1:]))
	got := newBlock(2, 2)
	v := varints{rest: data}
	for _, want := range [][]Row{rows, rows[1:]} {
		if err := v.block(got); err != nil {
			t.Fatal(err)
		}
		if got.n != len(want) {
			t.Fatalf("%d rows, want %d", got.n, len(want))
		}
		for i, w := range want {
			r := Row{
				Path: got.paths[i], Extra: got.extras[i], Line: got.lines[i],
				Dims: []uint32{got.dims[0][i], got.dims[1][i]}, Measures: []int64{got.measures[0][i], got.measures[1][i]},
			}
			if !reflect.DeepEqual(r, w) {
				t.Errorf("row %d is %+v, want %+v", i, r, w)
			}
		}
	}
	if len(v.rest) > 0 {
		t.Errorf("%d bytes left", len(v.rest))
	}
	first := len(appendBlock(nil, fill(rows)))
	for n := range first {
		if err := (&varints{rest: data[:n]}).block(got); !errors.Is(err, errStored) {
			t.Errorf("of %d bytes, %d are enough: %v", first, n, err)
		}
	}
	if err := (&varints{rest: []byte{0xff, 0xff, 0x7f}}).block(got); !errors.Is(err, errStored) {
		t.Errorf("more rows than a block has: %v", err)
	}
}

func TestNumberEntries(t *testing.T) {
	t.Parallel()
	e := &numberEntries{wide: true}
	for round := range 2 {
		for n := range int64(3000) {
			// Multiples of 2^32 differ in high bits only, where a poor hash does not look.
			if got := int64(e.index(n << 32)); got != n {
				t.Fatalf("round %d: %d has index %d", round, n, got)
			}
		}
		if got := e.index(2999 << 32); got != 2999 || e.len() != 3000 {
			t.Errorf("round %d: a known number has index %d, and there are %d", round, got, e.len())
		}
		least, most := e.bounds([]int32{5, 9, 2})
		if least.Int64() != 2<<32 || most.Int64() != 9<<32 {
			t.Errorf("bounds %v to %v", least, most)
		}
		e.reset()
		if got := e.index(1 << 32); got != 0 || e.len() != 1 {
			t.Errorf("round %d: index %d after a reset, and there are %d", round, got, e.len())
		}
		e.reset()
	}
}

// What text is kept of the partition before is used only as far as the numbers are the same.
func TestTextEntriesOfTheSliceBefore(t *testing.T) {
	t.Parallel()
	words := []string{"", "a", "bb", "ccc", "d"}
	e := &textEntries{}
	for _, numbers := range [][]uint32{{1, 2, 3}, {1, 2}, {1, 3, 2, 4}, {2, 3}, {1, 3, 2, 4}} {
		e.reset()
		var want string
		for i, n := range numbers {
			if got := e.index(n, words); got != int32(i) {
				t.Errorf("%v: %d has index %d", numbers, n, got)
			}
			want += words[n]
		}
		values := e.values()
		text, offsets := values.ByteArray()
		if string(text) != want || len(offsets) != len(numbers)+1 || e.size() != int64(len(want)) {
			t.Errorf("%v: text %q with offsets %v, want %q", numbers, text, offsets, want)
		}
	}
	e.reset()
	if e.index(1, []string{"", "another"}); e.len() != 1 || string(e.entry(0)) != "another" {
		t.Errorf("of another vocabulary: %q", e.entry(0))
	}
}

// Parquet pages end where writes end, so writes must not depend on where rows were stored.
func TestBlocksAreFilledWhateverTheRowsCameIn(t *testing.T) {
	t.Parallel()
	s, d := &shelf{}, &day{}
	row := uint32(0)
	for _, n := range []int{blockRows, 1000, blockRows, 1, 23, 30, blockRows} {
		b := newBlock(0, 0)
		for range n {
			b.add(&Row{Path: row})
			row++
		}
		s.fill(d, b)
	}
	var sizes []int
	next := uint32(0)
	for _, b := range d.blocks {
		sizes = append(sizes, b.n)
		for _, n := range b.paths[:b.n] {
			if n != next {
				t.Fatalf("row %d comes where row %d should", n, next)
			}
			next++
		}
	}
	// 3 blocks of 1,024 and 1,054 other rows: 4 full blocks, and 30 rows are left.
	if want := []int{blockRows, blockRows, blockRows, blockRows, 30}; !reflect.DeepEqual(sizes, want) {
		t.Errorf("blocks of %v", sizes)
	}
}
