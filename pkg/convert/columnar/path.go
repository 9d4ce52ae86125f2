package columnar

import (
	"encoding/binary"
	"unsafe"
)

// view is a string on the bytes of b, which must not change while it is in use.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// path is a unit with all units above it that its rows name, root first. All rows of a table without units have the one path
// that has none.
type path struct {
	depth    int // level number of the deepest unit
	property int // index of the unit at level 1, or -1
	ids      []uint32
	names    []uint32 // none for a unit without a name
	// rollup is valid for one date at a time: another row describes a descendant.
	rollup bool
}

// leaf returns the number of the unit; none where there is no unit.
func (p *path) leaf() uint32 { return at(p.ids, len(p.ids)-1) }

// ancestors yields the numbers of the units above the leaf.
func (p *path) ancestors() []uint32 { return p.ids[:max(0, len(p.ids)-1)] }

// pathOverhead is roughly what one more path of n units takes up besides its text: a map entry, the path and
// its numbers by path, and for each unit two strings of 16 bytes and two numbers.
func pathOverhead(n int) int64 { return 250 + 40*int64(n) }

// paths numbers the different paths of a file or a partition, from 0.
type paths struct {
	numbers    map[string]uint32
	list       []path
	ids, names *texts

	// By path, for the leaves: the unit, the one above it and the one at level 1; no number where there is no such unit.
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
	t.unitNames = append(t.unitNames, at(p.names, count-1))
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

// keep returns cells of delivered units, an id and a name for each level, as strings that live as long as the paths do, and
// share the memory of a path as far as it has them. ids are by level, empty where the path has none.
func (t *paths) keep(n uint32, cells, ids []string) []string {
	p, at := &t.list[n], 0
	kept := t.text.cut(len(cells))
	for i, unit := range ids {
		var id, name string
		if unit != "" {
			id, name = t.ids.words[p.ids[at]], t.names.words[p.names[at]]
			at++
		}
		kept[2*i], kept[2*i+1] = t.share(cells[2*i], id), t.share(cells[2*i+1], name)
	}
	t.arena.size += 32 * int64(len(ids)-len(p.ids)) // the cells of levels that it has no unit at
	return kept
}

// share returns known when it is the same text as the cell, and else a copy of the cell.
func (t *paths) share(cell, known string) string {
	if cell == known {
		return known
	}
	return t.arena.keep(cell)
}
