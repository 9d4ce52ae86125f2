package columnar

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// The rows of a partition have one order, whatever the order in the file: by unit, the ids from the root down, so that a unit's
// row comes right before those of its descendants; then by dimensions; then by "extra". That is also a row's key: no two rows
// of a partition have the same, unless the table's rows repeat.

// ranks are the places of a vocabulary's numbers in that order. They are numbers themselves, so that sorting rows compares
// no text.
type ranks struct {
	paths  []uint32 // by path; paths that differ in nothing but names have the same
	dims   [][]uint32
	extras []uint32
	sizes  []int // of the vocabulary that was ranked
}

// rank returns the ranks of all numbers in v, and takes those of before when v has not grown since.
func (v *vocabulary) rank(before *ranks) *ranks {
	sizes := []int{len(v.paths.list), len(v.extras.lists)}
	for _, t := range v.dims {
		sizes = append(sizes, len(t.words))
	}
	if before != nil && slices.Equal(before.sizes, sizes) {
		return before
	}
	r := &ranks{paths: rankPaths(v.paths), extras: rankTexts(v.extras.texts.words), sizes: sizes}
	for _, t := range v.dims {
		r.dims = append(r.dims, rankTexts(t.words))
	}
	return r
}

// rankTexts returns the ranks of different words by their number. The empty word 0 has rank 0.
func rankTexts(words []string) []uint32 {
	type keyed struct {
		begin  uint64 // the first bytes behind what all words begin with
		number uint32
	}
	all := make([]keyed, 0, len(words))
	shared := sharedStart(words[1:])
	for n, w := range words[1:] {
		var begin [8]byte
		copy(begin[:], w[shared:])
		all = append(all, keyed{binary.BigEndian.Uint64(begin[:]), uint32(n + 1)})
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if a.begin != b.begin {
			return cmp.Compare(a.begin, b.begin)
		}
		return strings.Compare(words[a.number], words[b.number])
	})
	out := make([]uint32, len(words))
	for i, k := range all {
		out[k.number] = uint32(i + 1)
	}
	return out
}

// sharedStart returns how many bytes all words begin with.
func sharedStart(words []string) int {
	if len(words) == 0 {
		return 0
	}
	start := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, start) {
			n := 0
			for n < min(len(w), len(start)) && w[n] == start[n] {
				n++
			}
			start = start[:n]
		}
	}
	return len(start)
}

func rankPaths(p *paths) []uint32 {
	ids := rankTexts(p.ids.words)
	longest := 0
	for i := range p.list {
		longest = max(longest, len(p.list[i].ids))
	}
	s := newSorter(len(p.list))
	keys := make([]uint32, len(p.list))
	by := func(key func(*path) uint32) {
		for i := range p.list {
			keys[i] = key(&p.list[i])
		}
		s.by(keys)
	}
	by(func(p *path) uint32 { return uint32(p.property + 1) })
	by(func(p *path) uint32 { return uint32(p.depth) })
	for level := range longest {
		level = longest - 1 - level
		by(func(p *path) uint32 {
			if level < len(p.ids) {
				return ids[p.ids[level]]
			}
			return 0
		})
	}
	out := make([]uint32, len(p.list))
	rank := uint32(0)
	for i, n := range s.order {
		if i > 0 && !p.list[n].sameUnit(&p.list[s.order[i-1]]) {
			rank++
		}
		out[n] = rank
	}
	return out
}

// sameUnit reports whether two paths differ in nothing but names.
func (p *path) sameUnit(q *path) bool {
	return p.depth == q.depth && p.property == q.property && slices.Equal(p.ids, q.ids)
}

// sorter sorts the numbers from 0 by keys, one key after the other, the least significant first.
type sorter struct{ order, spare, counts []uint32 }

func newSorter(n int) *sorter {
	s := &sorter{}
	s.reset(n)
	return s
}

// reset begins with n numbers in their own order.
func (s *sorter) reset(n int) {
	s.order = slices.Grow(s.order[:0], n)[:n]
	for i := range s.order {
		s.order[i] = uint32(i)
	}
}

// by sorts by the key of each number. Those with equal keys stay as they are.
func (s *sorter) by(keys []uint32) {
	most, last, sorted := uint32(0), uint32(0), true
	for _, n := range s.order {
		k := keys[n]
		sorted = sorted && k >= last
		most, last = max(most, k), k
	}
	switch {
	case sorted:
	case uint64(most) > 4*uint64(len(s.order)):
		slices.SortStableFunc(s.order, func(a, b uint32) int { return cmp.Compare(keys[a], keys[b]) })
	default:
		s.count(keys, most)
	}
}

// count sorts without comparing: it counts the keys, and with that knows where each number goes.
func (s *sorter) count(keys []uint32, most uint32) {
	s.counts = slices.Grow(s.counts[:0], int(most)+2)[:most+2]
	clear(s.counts)
	for _, k := range keys[:len(s.order)] {
		s.counts[k+1]++
	}
	for i := 1; i < len(s.counts); i++ {
		s.counts[i] += s.counts[i-1]
	}
	s.spare = slices.Grow(s.spare[:0], len(s.order))[:len(s.order)]
	for _, n := range s.order {
		k := keys[n]
		s.spare[s.counts[k]] = n
		s.counts[k]++
	}
	s.order, s.spare = s.spare, s.order
}
