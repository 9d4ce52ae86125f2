package architecture_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// optIn are tests that run only where a person asks for them: path, and why REQUIRE_REAL does not ask.
var optIn = map[string]string{
	"internal/architecture/built_test.go":    "make sam-build and make build run it, on what they have just built",
	"internal/architecture/released_test.go": "make release-snapshot runs it, on what it has just made",
}

// TestSkipsFailWhereRealPartsAreRequired keeps the gate honest: with REQUIRE_REAL=1 a test that cannot run has
// failed, so every file that skips has to know that variable.
func TestSkipsFailWhereRealPartsAreRequired(t *testing.T) {
	folders := []string{"pkg", "functions", "cmd", "internal"}
	for _, file := range slices.Concat(goFiles(t, true, folders...), goFiles(t, false, folders...)) {
		if optIn[file.path] != "" {
			continue
		}
		if place := skips(file); place != "" && !strings.Contains(read(t, file.path), `"REQUIRE_REAL"`) {
			t.Errorf("%s skips a test whatever REQUIRE_REAL says", place)
		}
	}
}

// skips returns where a file skips a test, or nothing. Only the customary names of a *testing.T and its kin count,
// outside of a fuzz target: there, and in a property test, a skip refuses one input. A skip under testing.Short is a
// person's wish, and the gate does not have it.
func skips(file goFile) string {
	place := ""
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		if branch, ok := node.(*ast.IfStmt); ok && isShort(branch.Cond) {
			return false
		}
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, selector.Sel.Name) {
			return !ok || selector.Sel.Name != "Fuzz"
		}
		if on, ok := selector.X.(*ast.Ident); ok && slices.Contains([]string{"t", "tb", "b", "f"}, on.Name) {
			place = file.line(call.Pos())
		}
		return true
	})
	return place
}

// isShort reports whether an expression is testing.Short().
func isShort(condition ast.Expr) bool {
	call, ok := condition.(*ast.CallExpr)
	if !ok {
		return false
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Short"
}
