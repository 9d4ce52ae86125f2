package table

import "github.com/parquet-go/parquet-go"

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
			out = append(out, func(dst []parquet.Value, b *block) []parquet.Value {
				return repeat(dst, b, e.date)
			})
		case RoleSubscription:
			value := textValue(e.subscription)
			out = append(out, func(dst []parquet.Value, b *block) []parquet.Value {
				return repeat(dst, b, value)
			})
		case RoleUnit:
			out = append(out, e.unitLeaf(c.Name))
		case RoleDimension:
			out = append(out, e.dimensionLeaf(dims))
			dims++
		case RoleMeasure:
			out = append(out, measureLeaf(measures))
			measures++
		case RoleExtra:
			out = append(out, func(dst []parquet.Value, b *block) []parquet.Value {
				for _, n := range b.extras[:b.n] {
					dst = append(dst, e.words.extras.lists[n].keys...)
				}
				return dst
			}, func(dst []parquet.Value, b *block) []parquet.Value {
				for _, n := range b.extras[:b.n] {
					dst = append(dst, e.words.extras.lists[n].values...)
				}
				return dst
			})
		}
	}
	return out
}

func (e *encoder) unitLeaf(name string) leaf {
	switch name {
	case "unit_id":
		return e.perPath(func(p *path) parquet.Value { return p.idList[len(p.idList)-1].Level(0, 0, 0) })
	case "unit_name":
		return e.perPath(func(p *path) parquet.Value { return optional(p.nameList[len(p.nameList)-1]) })
	case "depth":
		return e.perPath(func(p *path) parquet.Value { return parquet.Int32Value(int32(p.depth)) })
	case "row_scope":
		leaf, rollup := textValue(scopeLeaf), textValue(scopeRollup)
		return e.perPath(func(p *path) parquet.Value {
			if p.rollup {
				return rollup
			}
			return leaf
		})
	case "parent_unit_id":
		return e.perPath(func(p *path) parquet.Value {
			if len(p.idList) < 2 {
				return parquet.NullValue()
			}
			return optional(p.idList[len(p.idList)-2])
		})
	case "property_id":
		return e.perPath(func(p *path) parquet.Value { return at(p.idList, p.property) })
	case "property_name":
		return e.perPath(func(p *path) parquet.Value { return at(p.nameList, p.property) })
	case "unit_ids":
		return e.perUnit(func(p *path) []parquet.Value { return p.idList })
	case "unit_names":
		return e.perUnit(func(p *path) []parquet.Value { return p.nameList })
	default:
		panic("table: no encoding for unit column " + name)
	}
}

func (e *encoder) perPath(value func(*path) parquet.Value) leaf {
	return func(dst []parquet.Value, b *block) []parquet.Value {
		list := e.words.paths.list
		for _, n := range b.paths[:b.n] {
			dst = append(dst, value(&list[n]))
		}
		return dst
	}
}

func (e *encoder) perUnit(values func(*path) []parquet.Value) leaf {
	return func(dst []parquet.Value, b *block) []parquet.Value {
		list := e.words.paths.list
		for _, n := range b.paths[:b.n] {
			dst = append(dst, values(&list[n])...)
		}
		return dst
	}
}

func (e *encoder) dimensionLeaf(column int) leaf {
	return func(dst []parquet.Value, b *block) []parquet.Value {
		values := e.words.dims[column].values
		for _, n := range b.dims[column][:b.n] {
			dst = append(dst, optional(values[n]))
		}
		return dst
	}
}

func measureLeaf(column int) leaf {
	return func(dst []parquet.Value, b *block) []parquet.Value {
		for _, n := range b.measures[column][:b.n] {
			if n == null {
				dst = append(dst, parquet.NullValue())
			} else {
				dst = append(dst, parquet.Int64Value(n).Level(0, 1, 0))
			}
		}
		return dst
	}
}

func repeat(dst []parquet.Value, b *block, v parquet.Value) []parquet.Value {
	for range b.n {
		dst = append(dst, v)
	}
	return dst
}

func at(list []parquet.Value, i int) parquet.Value {
	if i < 0 {
		return parquet.NullValue()
	}
	return optional(list[i])
}

// optional gives a value the levels that it has in an optional column at the top of the schema.
func optional(v parquet.Value) parquet.Value {
	if v.IsNull() {
		return parquet.NullValue()
	}
	return v.Level(0, 1, 0)
}
