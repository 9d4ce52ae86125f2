package table

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
	"unsafe"
)

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// path is a unit with all units above it that its rows name, root first.
type path struct {
	depth    int // level number of the deepest unit
	property int // index of the unit at level 1, or -1
	ids      []uint32
	names    []uint32 // none for a unit without a name
	// rollup is valid for one date at a time: another row describes a descendant.
	rollup bool
}

func (p *path) leaf() uint32 { return p.ids[len(p.ids)-1] }

// ancestors yields the numbers of the units above the leaf.
func (p *path) ancestors() []uint32 { return p.ids[:len(p.ids)-1] }

// pathOverhead is roughly what one more path of n units takes up besides its text: a map entry, the path and
// its numbers by path, and for each unit two strings of 16 bytes and two numbers.
func pathOverhead(n int) int64 { return 250 + 40*int64(n) }

// paths numbers the different paths of a file or a partition, from 0.
type paths struct {
	numbers    map[string]uint32
	list       []path
	ids, names *texts

	// By path, for the leaves: the unit, the one above it and the one at level 1; none where there is none.
	unitIDs, unitNames, parentIDs, propertyIDs, propertyNames []uint32

	arena  *arena
	packed []byte

	// Paths are many and small: their slices are cut from these.
	text   slab[string]
	idents slab[uint32]
}

// slab makes short slices of fixed length, many to an allocation.
type slab[T any] struct{ free []T }

func (s *slab[T]) cut(n int) []T {
	if n > len(s.free) {
		s.free = make([]T, max(n, 1024))
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}

func newPaths(a *arena) *paths {
	return &paths{numbers: map[string]uint32{}, ids: newTexts(a), names: newTexts(a), arena: a}
}

// number returns the number of a path, whose strings may be short-lived. fresh says that it has not been
// seen before.
func (t *paths) number(depth, property int, ids, names []string) (n uint32, fresh bool) {
	count := len(ids)
	t.packed = binary.LittleEndian.AppendUint32(t.packed[:0], uint32(depth))
	t.packed = binary.LittleEndian.AppendUint32(t.packed, uint32(property+1))
	for i := range count {
		id, _ := t.ids.number(ids[i])
		name, _ := t.names.number(names[i])
		t.packed = binary.LittleEndian.AppendUint32(t.packed, id)
		t.packed = binary.LittleEndian.AppendUint32(t.packed, name)
	}
	if n, known := t.numbers[view(t.packed)]; known {
		return n, false
	}
	p := path{
		depth: depth, property: property,
		ids: t.idents.cut(count), names: t.idents.cut(count),
	}
	for i := range count {
		p.ids[i] = binary.LittleEndian.Uint32(t.packed[8+8*i:])
		p.names[i] = binary.LittleEndian.Uint32(t.packed[8+8*i+4:])
	}
	n = uint32(len(t.list))
	t.numbers[t.arena.keep(view(t.packed))] = n
	t.list = append(t.list, p)
	t.unitIDs = append(t.unitIDs, p.leaf())
	t.unitNames = append(t.unitNames, p.names[count-1])
	t.parentIDs = append(t.parentIDs, at(p.ids, count-2))
	t.propertyIDs = append(t.propertyIDs, at(p.ids, property))
	t.propertyNames = append(t.propertyNames, at(p.names, property))
	t.arena.size += pathOverhead(count)
	return n, true
}

func at(list []uint32, i int) uint32 {
	if i < 0 {
		return none
	}
	return list[i]
}

// hierarchy turns the unit cells of delivered rows into path numbers.
type hierarchy struct {
	paths  *paths
	levels []int
	forms  unitIDs

	now  []string // cells of the current row as they were delivered: id and name for each level
	seen [][]string
	next []uint32 // by path: the one that followed it last time, plus 1

	want  []string // cells of the path that is expected now, while hit
	guess uint32
	hit   bool
	last  int // path of the row before, or -1

	ids, names []string
	units      []string // ids by level of the path that was looked up last; empty where it has none
}

func newHierarchy(p *paths, levels []int, forms unitIDs) *hierarchy {
	return &hierarchy{
		paths: p, levels: levels, forms: forms,
		now: make([]string, 2*len(levels)), last: -1, units: make([]string, len(levels)),
	}
}

// set takes the next unit cell of the current row. Units come in the same order each day, so that comparing
// with what followed last time mostly replaces hashing several hundred bytes.
func (h *hierarchy) set(slot int, cell string) {
	h.now[slot] = cell
	h.hit = h.hit && h.want[slot] == cell
}

// path ends the current row's unit cells and returns the number of their path, or the slot that is to blame.
func (h *hierarchy) path() (n uint32, slot int, err error) {
	switch {
	case h.hit:
		n = h.guess
	case h.last >= 0 && h.matches(h.last):
		n = uint32(h.last)
	default:
		if n, slot, err = h.lookUp(); err != nil {
			return 0, slot, err
		}
	}
	if h.last >= 0 {
		h.next[h.last] = n + 1
	}
	h.last = int(n)
	h.hit = h.next[n] > 0
	if h.hit {
		h.guess = h.next[n] - 1
		h.want = h.seen[h.guess]
	}
	return n, 0, nil
}

func (h *hierarchy) matches(path int) bool {
	// Backwards, since paths differ at their deep end.
	seen := h.seen[path]
	for i, now := range slices.Backward(h.now) {
		if now != seen[i] {
			return false
		}
	}
	return true
}

func (h *hierarchy) lookUp() (n uint32, slot int, err error) {
	depth, property := 0, -1
	h.ids, h.names = h.ids[:0], h.names[:0]
	for i, level := range h.levels {
		id, name := idText(h.now[2*i]), h.now[2*i+1]
		h.units[i] = id
		if id == "" {
			if idText(name) != "" {
				return 0, 2*i + 1, nameWithout
			}
			continue
		}
		if level == 1 {
			property = len(h.ids)
		}
		depth = level
		h.ids, h.names = append(h.ids, id), append(h.names, name)
	}
	if len(h.ids) == 0 {
		return 0, 0, noUnit
	}
	n, fresh := h.paths.number(depth, property, h.ids, h.names)
	if !fresh {
		return n, 0, nil
	}
	for i, cell := range h.now {
		if !utf8.ValidString(cell) {
			return 0, i, notUTF8
		}
	}
	for i, id := range h.units {
		if id == "" {
			continue
		}
		if err := h.forms.accept(id); err != nil {
			return 0, 2 * i, err
		}
	}
	h.seen = append(h.seen, h.kept(n))
	h.paths.arena.size += 32 * int64(len(h.levels)-len(h.ids)) // the cells of levels that it has no unit at
	h.next = append(h.next, 0)
	return n, 0, nil
}

// kept returns the current cells as strings that share the memory of path n, as far as the path has them.
func (h *hierarchy) kept(n uint32) []string {
	p, at := &h.paths.list[n], 0
	cells := h.paths.text.cut(len(h.now))
	for i := range h.levels {
		var id, name string
		if h.units[i] != "" {
			id, name = h.paths.ids.words[p.ids[at]], h.paths.names.words[p.names[at]]
			at++
		}
		cells[2*i], cells[2*i+1] = h.share(h.now[2*i], id), h.share(h.now[2*i+1], name)
	}
	return cells
}

// share returns known when it is the same text as the cell, and else a copy of the cell.
func (h *hierarchy) share(cell, known string) string {
	if cell == known {
		return known
	}
	return h.paths.arena.keep(cell)
}
