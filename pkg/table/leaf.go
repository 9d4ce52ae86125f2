package table

import "github.com/parquet-go/parquet-go"

// leaf is one column of the Parquet file.
type leaf struct {
	// values appends the values of all rows of a block, text as numbers.
	values func(dst []parquet.Value, b *block) []parquet.Value
	// words returns what the numbers stand for; nil when the leaf is no text.
	words func() []string
}

// Numbers in the leaf of row_scope.
const (
	numberLeaf   = 1
	numberRollup = 2
)

// leavesOf returns the leaves of the definition's schema, in its order.
//
// Values are made with levels of their own and written column by column. parquet-go's struct writer would
// take a zero in an optional column for NULL.
func (e *encoder) leavesOf(d Definition) []leaf {
	var out []leaf
	var dims, measures int
	for _, c := range d.Columns {
		switch c.Role {
		case RoleDate:
			out = append(out, leaf{values: func(dst []parquet.Value, b *block) []parquet.Value {
				return repeat(dst, b, e.date)
			}})
		case RoleSubscription:
			out = append(out, constantLeaf(e.subscription))
		case RoleUnit:
			out = append(out, e.unitLeaf(c.Name))
		case RoleDimension:
			out = append(out, e.dimensionLeaf(dims))
			dims++
		case RoleMeasure:
			out = append(out, measureLeaf(measures))
			measures++
		case RoleExtra:
			out = append(out, e.extraLeaves()...)
		}
	}
	return out
}

func (e *encoder) unitLeaf(name string) leaf {
	ids := func() []string { return e.words.paths.ids.words }
	names := func() []string { return e.words.paths.names.words }
	switch name {
	case "unit_id":
		return leaf{e.perPath(func(p *path) parquet.Value { return numberValue(p.leaf()) }), ids}
	case "unit_name":
		return leaf{e.perPath(func(p *path) parquet.Value { return optional(p.names[len(p.names)-1]) }), names}
	case "depth":
		return leaf{values: e.perPath(func(p *path) parquet.Value { return parquet.Int32Value(int32(p.depth)) })}
	case "row_scope":
		words := []string{numberLeaf: scopeLeaf, numberRollup: scopeRollup}
		return leaf{e.perPath(func(p *path) parquet.Value {
			if p.rollup {
				return numberValue(numberRollup)
			}
			return numberValue(numberLeaf)
		}), func() []string { return words }}
	case "parent_unit_id":
		return leaf{e.perPath(func(p *path) parquet.Value { return at(p.ids, len(p.ids)-2) }), ids}
	case "property_id":
		return leaf{e.perPath(func(p *path) parquet.Value { return at(p.ids, p.property) }), ids}
	case "property_name":
		return leaf{e.perPath(func(p *path) parquet.Value { return at(p.names, p.property) }), names}
	case "unit_ids":
		return leaf{e.perUnit(func(p *path) []parquet.Value { return p.idList }), ids}
	case "unit_names":
		return leaf{e.perUnit(func(p *path) []parquet.Value { return p.nameList }), names}
	default:
		panic("table: no encoding for unit column " + name)
	}
}

func (e *encoder) perPath(value func(*path) parquet.Value) func([]parquet.Value, *block) []parquet.Value {
	return func(dst []parquet.Value, b *block) []parquet.Value {
		list := e.words.paths.list
		for _, n := range b.paths[:b.n] {
			dst = append(dst, value(&list[n]))
		}
		return dst
	}
}

func (e *encoder) perUnit(values func(*path) []parquet.Value) func([]parquet.Value, *block) []parquet.Value {
	return func(dst []parquet.Value, b *block) []parquet.Value {
		list := e.words.paths.list
		for _, n := range b.paths[:b.n] {
			dst = append(dst, values(&list[n])...)
		}
		return dst
	}
}

func (e *encoder) dimensionLeaf(column int) leaf {
	return leaf{func(dst []parquet.Value, b *block) []parquet.Value {
		for _, n := range b.dims[column][:b.n] {
			dst = append(dst, optional(n))
		}
		return dst
	}, func() []string { return e.words.dims[column].words }}
}

// extraLeaves returns the keys and the values of "extra".
func (e *encoder) extraLeaves() []leaf {
	return []leaf{
		{func(dst []parquet.Value, b *block) []parquet.Value {
			for _, n := range b.extras[:b.n] {
				dst = append(dst, e.words.extras.lists[n].keys...)
			}
			return dst
		}, func() []string { return e.words.extras.keys.words }},
		{func(dst []parquet.Value, b *block) []parquet.Value {
			for _, n := range b.extras[:b.n] {
				dst = append(dst, e.words.extras.lists[n].values...)
			}
			return dst
		}, func() []string { return e.words.extras.values.words }},
	}
}

func constantLeaf(text string) leaf {
	words := []string{text}
	return leaf{func(dst []parquet.Value, b *block) []parquet.Value {
		return repeat(dst, b, numberValue(0))
	}, func() []string { return words }}
}

func measureLeaf(column int) leaf {
	return leaf{values: func(dst []parquet.Value, b *block) []parquet.Value {
		for _, n := range b.measures[column][:b.n] {
			if n == null {
				dst = append(dst, parquet.NullValue())
			} else {
				dst = append(dst, parquet.Int64Value(n).Level(0, 1, 0))
			}
		}
		return dst
	}}
}

func repeat(dst []parquet.Value, b *block, v parquet.Value) []parquet.Value {
	for range b.n {
		dst = append(dst, v)
	}
	return dst
}

func at(list []uint32, i int) parquet.Value {
	if i < 0 {
		return parquet.NullValue()
	}
	return optional(list[i])
}

// optional makes the value of a number with the levels of an optional column at the top of the schema.
func optional(n uint32) parquet.Value {
	if n == none {
		return parquet.NullValue()
	}
	return numberValue(n).Level(0, 1, 0)
}
