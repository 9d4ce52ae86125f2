package architecture_test

import (
	"go/ast"
	"testing"
)

// mostParameters is how many values a function may take one by one. A struct names more of them.
const mostParameters = 6

// TestNoFunctionTakesARowOfValues: of three times in a row two can be swapped, and it compiles; and nobody reads a call with
// seven values.
func TestNoFunctionTakesARowOfValues(t *testing.T) {
	for _, file := range goFiles(t, false, "pkg", "functions", "cmd") {
		ast.Inspect(file.syntax, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncType); ok {
				all, times := rows(f.Params)
				if all > mostParameters || times >= 3 {
					t.Errorf("%s: a function with %d parameters, %d of them times in a row: name them in a struct", file.fset.Position(f.Pos()), all, times)
				}
			}
			return true
		})
	}
}

// rows counts the parameters, and the longest row of times and durations among them.
func rows(params *ast.FieldList) (all, times int) {
	row := 0
	for _, p := range params.List {
		n := max(1, len(p.Names))
		all += n
		row += n
		if !isTime(p.Type) {
			row = 0
		}
		times = max(times, row)
	}
	return all, times
}

func isTime(e ast.Expr) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := s.X.(*ast.Ident)
	return ok && pkg.Name == "time" && (s.Sel.Name == "Time" || s.Sel.Name == "Duration")
}
