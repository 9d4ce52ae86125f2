// Package lint finds what adds up to a lie in a statement of SQL over the dataset, by what the dataset's definitions say of their
// measures. It looks at the tree that DuckDB's parser makes, and at nothing that is in the data.
package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// Finding is a place where a statement says something else than it seems to.
type Finding struct {
	// Wrong says that the number is wrong whatever is in the dataset; else it may be right.
	Wrong bool `json:"wrong"`
	// What is done, Why that is wrong, and what to do Instead.
	What    string `json:"what"`
	Why     string `json:"why"`
	Instead string `json:"instead"`
}

// Check looks at a parsed statement: the answer of DuckDB's json_serialize_sql.
func Check(parsed map[string]any) []Finding {
	found := []Finding{}
	for _, statement := range node(parsed).list("statements") {
		scope{}.statement(statement.child("node"), &found)
	}
	seen := map[Finding]bool{}
	return slices.DeleteFunc(found, func(f Finding) bool {
		twice := seen[f]
		seen[f] = true
		return twice
	})
}

// scope is what names mean in a statement: the queries of WITH, by name.
type scope map[string]relation

// statement looks at a SELECT, or at several that are put together, and returns what it gives.
func (s scope) statement(n node, found *[]Finding) relation {
	s = s.with(n, found)
	switch n.text("type") {
	case "SELECT_NODE":
		return s.selection(n, found)
	case "SET_OPERATION_NODE":
		left := s.statement(n.child("left"), found)
		s.statement(n.child("right"), found)
		left.oneDay = false
		return left
	default:
		return relation{}
	}
}

func (s scope) selection(n node, found *[]Finding) relation {
	q := query{node: n, found: found}
	var on []node
	q.from, on = s.from(n.child("from_table"), found)
	q.group()
	q.choose(on)
	for _, part := range []any{n["select_list"], n["having"], n["where_clause"], n["qualify"], n["modifiers"]} {
		// A statement inside of an expression is looked at by itself.
		walk(part, func(c node) bool {
			if isStatement(c) {
				s.statement(c, found)
			}
			return !isStatement(c)
		})
	}
	for _, part := range []any{n["select_list"], n["having"], n["qualify"], n["modifiers"]} {
		q.check(part, undivided)
	}
	return q.gives()
}

// with returns the scope with the queries of a statement's WITH.
func (s scope) with(statement node, found *[]Finding) scope {
	inner := scope{}
	maps.Copy(inner, s)
	for _, entry := range statement.child("cte_map").list("map") {
		inner[strings.ToLower(entry.text("key"))] = inner.statement(entry.child("value").child("query").child("node"), found)
	}
	return inner
}

// from returns the relations of a FROM, and what its joins compare.
func (s scope) from(n node, found *[]Finding) (all []relation, conditions []node) {
	r := relation{}
	switch n.text("type") {
	case "BASE_TABLE":
		var known bool
		if r, known = s[strings.ToLower(n.text("table_name"))]; !known || n.text("schema_name") != "" {
			r, _ = table(n.text("schema_name"), n.text("table_name"))
		}
		r.alias = n.text("table_name")
	case "SUBQUERY":
		r = s.statement(n.child("subquery").child("node"), found)
	case "JOIN":
		left, on := s.from(n.child("left"), found)
		right, also := s.from(n.child("right"), found)
		conditions = append(append(on, also...), n.child("condition"))
		return append(left, right...), conditions
	}
	if alias := n.text("alias"); alias != "" {
		r.alias = alias
	}
	r.alias = strings.ToLower(r.alias)
	return []relation{r}, nil
}

// division is how an aggregate is divided: a sum that is divided by another one is a ratio, and none of both is said.
type division int

const (
	undivided division = iota
	byNumber
	byAggregate
)

// check looks at the aggregates in a part.
func (q *query) check(part any, how division) {
	walk(part, func(n node) bool {
		switch {
		case isStatement(n):
			return false
		case divides(n) && how == undivided:
			children := n.list("children")
			if len(children) == 2 && aggregates(children[0]) {
				into := byNumber
				if aggregates(children[1]) {
					into = byAggregate
				}
				q.check(n["children"], into)
				return false
			}
		case n.text("class") == "WINDOW" && slices.Contains(sums, n.function()):
			if !aggregates(n["children"]) {
				q.window(n)
			}
		case n.text("class") == "FUNCTION" && slices.Contains(sums, n.function()):
			q.sum(n, how)
			return false
		case n.text("class") == "FUNCTION" && slices.Contains(averages, n.function()):
			q.average(n)
			return false
		}
		return true
	})
}

// sum looks at a sum over the rows of a group.
func (q *query) sum(n node, how division) {
	for _, m := range q.measures(n) {
		for _, missing := range q.unmet(*m, n) {
			q.add(Finding{missing.wrong, "sum(" + m.Name + ") over rows that overlap", missing.why, missing.instead})
		}
		q.additive(m, how, q.byDay || q.oneDay)
	}
	if q.hasRatio(n) {
		q.add(Finding{false, "the sum of ratios", "ratios of different wholes do not add up", "divide the sum of the numerators by the sum of the denominators"})
	}
}

func (q *query) average(n node) {
	for _, m := range q.measures(n) {
		for _, missing := range q.unmet(*m, n) {
			q.add(Finding{false, "avg(" + m.Name + ") over rows that overlap", missing.why, missing.instead})
		}
	}
	if q.hasRatio(n) {
		q.add(Finding{
			false, "the average of ratios", "an average of ratios weighs an empty room like a full one",
			"divide the sum of the numerators by the sum of the denominators",
		})
	}
}

// window looks at a sum over a window of rows that are not grouped.
func (q *query) window(n node) {
	onDay := q.oneDay || slices.ContainsFunc(n.list("partitions"), q.isDay)
	for _, m := range q.measures(n) {
		for _, missing := range q.unmet(*m, n) {
			q.add(Finding{false, "sum(" + m.Name + ") over rows that overlap", missing.why, missing.instead})
		}
		q.additive(m, byNumber, onDay)
	}
}

// additive compares a sum with what the definition says of the measure.
func (q *query) additive(m *measure, how division, onDay bool) {
	switch m.Additivity {
	case dataset.NotMeasured, dataset.Additive:
	case dataset.AdditiveDay:
		if onDay || how == byAggregate {
			return
		}
		q.add(Finding{
			how == undivided, fmt.Sprintf("sum(%s) over several days", m.Name),
			fmt.Sprintf("%s of %s adds up over the units of one day only: what is there on seven days counts seven times", m.Name, m.table),
			fmt.Sprintf("group by dataset_date, or average the days: SELECT avg(n) FROM (SELECT dataset_date, sum(%s) AS n FROM %s GROUP BY dataset_date) AS days", m.Name, m.table),
		})
	case dataset.NotAdditive:
		apart := onDay
		for _, name := range m.dimensions {
			apart = apart && q.chosen[name]
		}
		q.add(Finding{
			how == undivided && !apart, fmt.Sprintf("sum(%s)", m.Name),
			fmt.Sprintf("%s of %s never adds up: rows share what they count, or are no counts. %s", m.Name, m.table, m.Meaning),
			"show the rows side by side, or take max(" + m.Name + ")",
		})
	}
}

func (q *query) add(f Finding) { *q.found = append(*q.found, f) }
