package columnar

import (
	"cmp"
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
	order := numbersTo(len(words))
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(words[a], words[b]) })
	out := make([]uint32, len(words))
	for rank, n := range order {
		out[n] = uint32(rank)
	}
	return out
}

func rankPaths(p *paths) []uint32 {
	ids := rankTexts(p.ids.words)
	order := numbersTo(len(p.list))
	slices.SortFunc(order, func(a, b uint32) int { return p.list[a].compare(&p.list[b], ids) })
	out := make([]uint32, len(p.list))
	rank := uint32(0)
	for i, n := range order {
		if i > 0 && !p.list[n].sameUnit(&p.list[order[i-1]]) {
			rank++
		}
		out[n] = rank
	}
	return out
}

// numbersTo returns the numbers from 0, n of them.
func numbersTo(n int) []uint32 {
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

// compare compares units: a unit comes before those below it.
func (p *path) compare(q *path, ranks []uint32) int {
	for i := range min(len(p.ids), len(q.ids)) {
		if c := cmp.Compare(ranks[p.ids[i]], ranks[q.ids[i]]); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(p.ids), len(q.ids)), cmp.Compare(p.depth, q.depth), cmp.Compare(p.property, q.property))
}

// sameUnit reports whether two paths differ in nothing but names.
func (p *path) sameUnit(q *path) bool {
	return p.depth == q.depth && p.property == q.property && slices.Equal(p.ids, q.ids)
}
