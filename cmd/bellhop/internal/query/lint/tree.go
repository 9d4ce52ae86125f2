package lint

import (
	"slices"
	"strings"
)

// node is a part of the tree that DuckDB's parser makes of a statement.
type node map[string]any

// child returns the part under a name; it is empty where there is none.
func (n node) child(name string) node {
	c, _ := n[name].(map[string]any)
	return c
}

// list returns the parts under a name.
func (n node) list(name string) []node {
	items, _ := n[name].([]any)
	var all []node
	for _, item := range items {
		if c, ok := item.(map[string]any); ok {
			all = append(all, c)
		}
	}
	return all
}

func (n node) text(name string) string {
	s, _ := n[name].(string)
	return s
}

// path returns the names of a reference to a column, in lower case, the column last.
func (n node) path() []string {
	var all []string
	if n.text("class") == "COLUMN_REF" {
		items, _ := n["column_names"].([]any)
		for _, item := range items {
			s, _ := item.(string)
			all = append(all, strings.ToLower(s))
		}
	}
	return all
}

// function returns the name of the function that is called, in lower case; nothing where none is.
func (n node) function() string {
	if n.text("class") == "FUNCTION" || n.text("class") == "WINDOW" {
		return strings.ToLower(n.text("function_name"))
	}
	return ""
}

// walk visits a part and all below it, as long as into allows; other statements in it are visited only when it is one itself.
func walk(part any, into func(n node) bool) {
	switch part := part.(type) {
	case map[string]any:
		if !into(part) {
			return
		}
		for _, c := range part {
			walk(c, into)
		}
	case node:
		walk(map[string]any(part), into)
	case []node:
		for _, c := range part {
			walk(c, into)
		}
	case []any:
		for _, c := range part {
			walk(c, into)
		}
	}
}

// isStatement reports whether a part is a SELECT of its own.
func isStatement(n node) bool { return strings.HasSuffix(n.text("type"), "_NODE") }

// mentioned returns the names of all columns in a part, but for those of statements in it.
func mentioned(part any) map[string]bool {
	names := map[string]bool{}
	walk(part, func(n node) bool {
		if path := n.path(); len(path) > 0 {
			names[path[len(path)-1]] = true
		}
		return !isStatement(n)
	})
	return names
}

var (
	sums     = []string{"sum", "fsum", "kahan_sum", "sumkahan", "sum_no_overflow"}
	averages = []string{"avg", "mean", "favg"}
	// aggregating are the aggregates that divide a sum into something that is no sum any more.
	aggregating = slices.Concat(sums, averages, []string{"count", "count_star", "max", "min", "max_by", "min_by", "arg_max", "arg_min", "any_value", "first", "last", "median"})
)

// aggregates reports whether a part has an aggregate that is not over a window.
func aggregates(part any) bool {
	found := false
	walk(part, func(n node) bool {
		found = found || n.text("class") == "FUNCTION" && slices.Contains(aggregating, n.function())
		return !found && !isStatement(n)
	})
	return found
}

// bare takes casts, roundings and defaults off an expression.
func bare(n node) node {
	for {
		switch {
		case n.text("class") == "CAST":
			n = n.child("child")
		case n.text("type") == "OPERATOR_COALESCE", n.function() == "round", n.function() == "abs", n.function() == "nullif":
			children := n.list("children")
			if len(children) == 0 {
				return n
			}
			n = children[0]
		default:
			return n
		}
	}
}
