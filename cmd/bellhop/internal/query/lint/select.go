package lint

import (
	"maps"
	"slices"
	"strings"
)

// query is one SELECT, with what its names mean.
type query struct {
	node
	from []relation
	// by are the expressions of GROUP BY, and chosen the names of the columns in conditions and in GROUP BY.
	by     []node
	chosen map[string]bool
	// oneDay says that all rows are of one day, byDay that those of a group are, and grouped that there are groups, or one.
	oneDay, byDay, grouped bool
	found                  *[]Finding
}

// group finds out by what rows are put together.
func (q *query) group() {
	items := q.list("select_list")
	q.by = q.list("group_expressions")
	all := q.text("aggregate_handling") == "FORCE_AGGREGATES"
	for _, item := range items {
		if aggregates(item) {
			q.grouped = true
		} else if all {
			q.by = append(q.by, item)
		}
	}
	for i, e := range q.by {
		q.by[i] = q.item(e, items)
		q.byDay = q.byDay || q.isDay(q.by[i])
	}
	q.grouped = q.grouped || all || len(q.by) > 0
}

// item returns the item of the select list that an expression of GROUP BY names, by its place or its alias, or the expression itself.
func (q *query) item(e node, items []node) node {
	if e.text("class") == "CONSTANT" {
		if at, ok := e.child("value")["value"].(float64); ok && at >= 1 && int(at) <= len(items) {
			return items[int(at)-1]
		}
	}
	if path := e.path(); len(path) == 1 && q.resolve(path) == (value{}) {
		for _, item := range items {
			if strings.EqualFold(item.text("alias"), path[0]) {
				return item
			}
		}
	}
	return e
}

// coarser are the functions that make one of several days.
var coarser = []string{"date_trunc", "datetrunc", "date_part", "datepart", "year", "quarter", "month", "week", "weekofyear", "yearweek", "isoyear", "monthname", "last_day", "time_bucket"}

// isDay reports whether an expression is different on different days, as far as that can be told.
func (q *query) isDay(e node) bool {
	e = bare(e)
	if path := e.path(); len(path) > 0 {
		return q.resolve(path).day
	}
	if !slices.Contains(coarser, e.function()) {
		return slices.ContainsFunc(e.list("children"), q.isDay)
	}
	children := e.list("children")
	if len(children) != 2 {
		return false
	}
	first, _ := children[0].child("value")["value"].(string)
	return strings.EqualFold(first, "day") && q.isDay(children[1])
}

// choose finds the columns by which rows are chosen, and whether they are of one day.
func (q *query) choose(on []node) {
	q.chosen = map[string]bool{}
	for _, part := range append(on, q.child("where_clause")) {
		maps.Copy(q.chosen, mentioned(part))
	}
	for _, e := range q.by {
		maps.Copy(q.chosen, mentioned(e))
	}
	for _, item := range q.list("select_list") {
		walk(item, func(n node) bool {
			if n.text("class") == "WINDOW" {
				maps.Copy(q.chosen, mentioned(n["partitions"]))
				maps.Copy(q.chosen, mentioned(n["orders"]))
			}
			return !isStatement(n)
		})
	}
	q.oneDay = len(q.from) > 0 && !slices.ContainsFunc(q.from, func(r relation) bool { return !r.oneDay }) || q.pinned(q.child("where_clause"))
}

// pinned reports whether a condition lets one day through.
func (q *query) pinned(n node) bool {
	switch n.text("type") {
	case "CONJUNCTION_AND":
		return slices.ContainsFunc(n.list("children"), q.pinned)
	case "COMPARE_EQUAL":
		left, right := n.child("left"), n.child("right")
		return q.isDay(left) && len(mentioned(right)) == 0 || q.isDay(right) && len(mentioned(left)) == 0
	case "COMPARE_IN":
		children := n.list("children")
		return len(children) == 2 && q.isDay(children[0])
	default:
		return false
	}
}

// resolve returns what is known of a column.
func (q *query) resolve(path []string) value {
	name := path[len(path)-1]
	for _, r := range q.from {
		if len(path) > 1 && r.alias != path[len(path)-2] {
			continue
		}
		if v, known := r.columns[name]; known {
			return v
		}
	}
	return value{}
}

// gives returns the columns of the result.
func (q *query) gives() relation {
	r := relation{columns: map[string]value{}, oneDay: q.oneDay}
	for _, item := range q.list("select_list") {
		if item.text("class") == "STAR" {
			for _, from := range q.from {
				if of := strings.ToLower(item.text("relation_name")); of == "" || of == from.alias {
					for name, v := range from.columns {
						r.columns[name] = q.given(v)
					}
				}
			}
			continue
		}
		name := strings.ToLower(item.text("alias"))
		if path := item.path(); name == "" && len(path) > 0 {
			name = path[len(path)-1]
		}
		r.columns[name] = q.given(q.of(item))
	}
	return r
}

// given is a value without the needs that are met.
func (q *query) given(v value) value {
	if v.measure != nil {
		m := *v.measure
		m.needs = q.unmet(m, nil)
		v.measure = &m
	}
	return v
}

// of returns what is known of an expression.
func (q *query) of(e node) value {
	e = bare(e)
	if path := e.path(); len(path) > 0 {
		return q.resolve(path)
	}
	if divides(e) {
		return value{ratio: true}
	}
	// The sum of a day is as good as what was added up; over several days something else came of it.
	if slices.Contains(sums, e.function()) && e.text("class") == "FUNCTION" && (q.byDay || q.oneDay) {
		if all := q.measures(e); len(all) > 0 {
			return value{measure: all[0]}
		}
	}
	if name := e.function(); slices.Contains([]string{"*", "round", "abs", "ceil", "floor"}, name) {
		for _, c := range e.list("children") {
			if v := q.of(c); v.ratio {
				return v
			}
		}
	}
	return value{day: q.isDay(e)}
}

func divides(e node) bool { return e.function() == "/" || e.function() == "//" }

// arguments visits what an aggregate adds up: not its conditions.
func arguments(n node, visit func(c node)) {
	walk(n["children"], func(c node) bool {
		switch c.text("class") {
		case "COMPARISON", "CONJUNCTION", "BETWEEN":
			return false
		case "CASE":
			for _, check := range c.list("case_checks") {
				arguments(node{"children": []any{map[string]any(check.child("then_expr"))}}, visit)
			}
			arguments(node{"children": []any{map[string]any(c.child("else_expr"))}}, visit)
			return false
		}
		visit(c)
		return !isStatement(c)
	})
}

// measures returns the measures that an aggregate is over, each once.
func (q *query) measures(n node) []*measure {
	var all []*measure
	arguments(n, func(c node) {
		if path := c.path(); len(path) > 0 {
			if m := q.resolve(path).measure; m != nil && !slices.ContainsFunc(all, func(o *measure) bool { return o.table == m.table && o.Name == m.Name }) {
				all = append(all, m)
			}
		}
	})
	return all
}

func (q *query) hasRatio(n node) bool {
	found := false
	arguments(n, func(c node) {
		path := c.path()
		found = found || len(path) > 0 && q.resolve(path).ratio || divides(c) && len(c.list("children")) == 2 && len(mentioned(c.list("children")[1])) > 0
	})
	return found
}

// unmet returns the needs of a measure that neither the SELECT nor the conditions of the aggregate meet.
func (q *query) unmet(m measure, aggregate node) []need {
	names := maps.Clone(q.chosen)
	if aggregate != nil {
		maps.Copy(names, mentioned(aggregate["filter"]))
		walk(aggregate["children"], func(n node) bool {
			maps.Copy(names, mentioned(n["when_expr"]))
			return true
		})
	}
	return slices.DeleteFunc(slices.Clone(m.needs), func(n need) bool {
		return slices.ContainsFunc(n.by, func(name string) bool { return names[strings.ToLower(name)] })
	})
}
