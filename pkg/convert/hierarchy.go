package convert

import (
	"slices"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/pkg/convert/columnar"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// hierarchy turns the unit cells of delivered rows into path numbers. Without levels all rows have one path.
type hierarchy struct {
	rows   *columnar.Writer
	levels []int
	forms  unitIDs
	erased report.ErasedUnits
	gone   []bool // by path: one of its units is erased. Empty as long as no unit is

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

func newHierarchy(rows *columnar.Writer, levels []int, forms unitIDs, erased report.ErasedUnits) *hierarchy {
	return &hierarchy{
		rows: rows, levels: levels, forms: forms, erased: erased,
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
	if len(h.ids) == 0 && len(h.levels) > 0 {
		return 0, 0, noUnit
	}
	n, fresh := h.rows.Path(depth, property, h.ids, h.names)
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
	h.seen = append(h.seen, h.rows.KeepUnits(n, h.now, h.units))
	h.next = append(h.next, 0)
	if len(h.erased) > 0 {
		h.gone = append(h.gone, slices.ContainsFunc(h.ids, h.erased.Has))
	}
	return n, 0, nil
}

// isGone reports whether rows of a path are to be left out.
func (h *hierarchy) isGone(path uint32) bool { return len(h.gone) > 0 && h.gone[path] }
