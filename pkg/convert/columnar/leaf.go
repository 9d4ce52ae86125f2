package columnar

import (
	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// leaf is one column of the Parquet file.
//
// Values are written with levels of their own and column by column. parquet-go's struct writer would take a
// zero in an optional column for NULL.
type leaf struct {
	column *column
	// take makes the values of all rows of a block the pending ones of column, and returns their levels, which
	// are valid until the next call.
	take func(b *block) []parquet.Value
}

// Numbers in the leaf of row_scope.
const (
	numberLeaf   = 1
	numberRollup = 2
)

// leavesOf returns the leaves of the definition's schema, in its order.
func (e *encoder) leavesOf(d dataset.Definition) []leaf {
	var out []leaf
	var dims, measures int
	for _, c := range d.FileColumns() {
		switch c.Role {
		case dataset.RoleDate: // in the path
		case dataset.RoleSubscription:
			words := []string{e.subscription}
			out = append(out, e.textLeaf(func() []string { return words }, func(*block, int) uint32 { return 0 }))
		case dataset.RoleUnit:
			out = append(out, e.unitLeaf(c.Name))
		case dataset.RoleDimension:
			out = append(out, e.dimensionLeaf(c.Type, dims))
			dims++
		case dataset.RoleMeasure:
			out = append(out, e.measureLeaf(measures))
			measures++
		case dataset.RoleExtra:
			out = append(out,
				e.extraLeaf(func() *texts { return e.words.extras.keys }, func(p *pairs) []uint32 { return p.keys }),
				e.extraLeaf(func() *texts { return e.words.extras.values }, func(p *pairs) []uint32 { return p.values }))
		}
	}
	return out
}

func (e *encoder) unitLeaf(name string) leaf {
	ids := func() []string { return e.words.paths.ids.words }
	names := func() []string { return e.words.paths.names.words }
	switch name {
	case "unit_id":
		return e.textLeaf(ids, func(b *block, i int) uint32 { return e.words.paths.unitIDs[b.paths[i]] })
	case "unit_name":
		return e.perPath(names, func(p *paths) []uint32 { return p.unitNames })
	case "depth":
		return e.numberLeaf(func(b *block, i int) int64 { return int64(e.words.paths.list[b.paths[i]].depth) })
	case "row_scope":
		words := []string{numberLeaf: scopeLeaf, numberRollup: scopeRollup}
		return e.textLeaf(func() []string { return words }, func(b *block, i int) uint32 {
			if e.words.paths.list[b.paths[i]].rollup {
				return numberRollup
			}
			return numberLeaf
		})
	case "parent_unit_id":
		return e.perPath(ids, func(p *paths) []uint32 { return p.parentIDs })
	case "property_id":
		return e.perPath(ids, func(p *paths) []uint32 { return p.propertyIDs })
	case "property_name":
		return e.perPath(names, func(p *paths) []uint32 { return p.propertyNames })
	case "unit_ids":
		return e.listLeaf(ids, func(p *path) []uint32 { return p.ids }, 1)
	case "unit_names":
		return e.listLeaf(names, func(p *path) []uint32 { return p.names }, 2)
	default:
		panic("table: no encoding for unit column " + name)
	}
}

// dimensionLeaf is text or an instant. A column that is not nullable has a value in each row, and no levels in the file.
func (e *encoder) dimensionLeaf(t dataset.Type, dim int) leaf {
	if t == dataset.Timestamp {
		return e.instantLeaf(dim)
	}
	return e.optionalLeaf(func() []string { return e.words.dims[dim].words },
		func(dst []uint32, b *block) []uint32 { return append(dst, b.dims[dim][:b.n]...) })
}

// instantLeaf is an instant, whose text the rows have the number of, or NULL.
func (e *encoder) instantLeaf(dim int) leaf {
	entries := &numberEntries{wide: true}
	c := &column{entries: entries}
	return leaf{c, func(b *block) []parquet.Value {
		all, known := b.dims[dim], e.words.dims[dim].words
		for _, n := range all[:b.n] {
			if n != none {
				c.pending = append(c.pending, entries.index(microseconds(known[n])))
			}
		}
		return e.optional(c, b, func(i int) bool { return all[i] == none })
	}}
}

// textLeaf is text that is never NULL.
func (e *encoder) textLeaf(words func() []string, number func(b *block, row int) uint32) leaf {
	c, t := e.textColumn()
	return leaf{c, func(b *block) []parquet.Value {
		known := words()
		for i := range b.n {
			c.pending = append(c.pending, t.index(number(b, i), known))
		}
		return levelRequired[:b.n]
	}}
}

// numberLeaf is a whole number of 32 bits that is never NULL.
func (e *encoder) numberLeaf(number func(b *block, row int) int64) leaf {
	entries := &numberEntries{}
	c := &column{entries: entries}
	return leaf{c, func(b *block) []parquet.Value {
		for i := range b.n {
			c.pending = append(c.pending, entries.index(number(b, i)))
		}
		return levelRequired[:b.n]
	}}
}

// perPath is text that follows from the path, or NULL.
func (e *encoder) perPath(words func() []string, byPath func(*paths) []uint32) leaf {
	return e.optionalLeaf(words, func(dst []uint32, b *block) []uint32 {
		numbers := byPath(e.words.paths)
		for _, p := range b.paths[:b.n] {
			dst = append(dst, numbers[p])
		}
		return dst
	})
}

// optionalLeaf is text, or NULL where the number stands for no text. numbers appends those of all rows.
func (e *encoder) optionalLeaf(words func() []string, numbers func(dst []uint32, b *block) []uint32) leaf {
	c, t := e.textColumn()
	var all []uint32
	return leaf{c, func(b *block) []parquet.Value {
		all = numbers(all[:0], b)
		known := words()
		for _, n := range all {
			if n != none {
				c.pending = append(c.pending, t.index(n, known))
			}
		}
		return e.optional(c, b, func(i int) bool { return all[i] == none })
	}}
}

func (e *encoder) measureLeaf(measure int) leaf {
	entries := &numberEntries{wide: true}
	c := &column{entries: entries}
	return leaf{c, func(b *block) []parquet.Value {
		all := b.measures[measure]
		for _, n := range all[:b.n] {
			if n != Null {
				c.pending = append(c.pending, entries.index(n))
			}
		}
		return e.optional(c, b, func(i int) bool { return all[i] == Null })
	}}
}

// optional returns the levels of a block of which c has the pending values.
func (e *encoder) optional(c *column, b *block, isNull func(row int) bool) []parquet.Value {
	switch len(c.pending) {
	case b.n:
		return levelPresent[:b.n]
	case 0:
		return levelRequired[:b.n]
	}
	e.mixed = append(e.mixed[:0], levelPresent[:b.n]...)
	for i := range e.mixed {
		if isNull(i) {
			e.mixed[i] = parquet.Value{}
		}
	}
	return e.mixed
}

// listLeaf is a list of text, one element for each unit of a path. level is the definition level of an
// element; one less is that of a NULL among them.
func (e *encoder) listLeaf(words func() []string, list func(*path) []uint32, level int) leaf {
	c, t := e.textColumn()
	l := &listLevels{}
	return leaf{c, func(b *block) []parquet.Value {
		known, paths := words(), e.words.paths.list
		l.reset()
		for _, n := range b.paths[:b.n] {
			for i, n := range list(&paths[n]) {
				if n == none {
					l.add(i, level-1)
					continue
				}
				l.add(i, level)
				c.pending = append(c.pending, t.index(n, known))
			}
		}
		return l.values
	}}
}

// extraLeaf is the keys or the values of "extra".
func (e *encoder) extraLeaf(words func() *texts, list func(*pairs) []uint32) leaf {
	c, t := e.textColumn()
	l := &listLevels{}
	return leaf{c, func(b *block) []parquet.Value {
		known, lists := words().words, e.words.extras.lists
		for _, n := range b.extras[:b.n] {
			for _, n := range list(&lists[n]) {
				c.pending = append(c.pending, t.index(n, known))
			}
		}
		if len(c.pending) == 0 {
			return levelRequired[:b.n]
		}
		l.reset()
		for _, n := range b.extras[:b.n] {
			count := len(list(&lists[n]))
			for i := range count {
				l.add(i, 1)
			}
			if count == 0 {
				l.addEmpty()
			}
		}
		return l.values
	}}
}

func (e *encoder) textColumn() (*column, *textEntries) {
	t := &textEntries{}
	return &column{entries: t}, t
}
