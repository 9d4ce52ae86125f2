package architecture_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// injected are the standard doors to time and chance. A package under pkg/ is handed a clock and a source instead, so
// that a whole system can run under a virtual clock.
var injected = map[string]struct {
	forbidden []string // these names; nil means every name but the allowed ones
	allowed   []string
}{
	"time": {forbidden: []string{
		"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker",
	}},
	"math/rand":              {},
	"math/rand/v2":           {allowed: []string{"New", "Rand", "Source", "NewPCG", "PCG", "NewChaCha8", "ChaCha8"}},
	"crypto/rand":            {},
	"github.com/google/uuid": {forbidden: []string{"New", "NewString", "NewRandom", "NewUUID", "NewV6", "NewV7"}},
}

// wiring may use a door all the same: path and name, and why.
var wiring = map[string]string{}

func TestTimeAndChanceAreInjected(t *testing.T) {
	used := map[string]bool{}
	for _, file := range goFiles(t, false, "pkg") {
		// A suite that adapters run is a test, if by another file name: it waits on real clocks.
		if strings.HasSuffix(file.dir, "test") {
			continue
		}
		for _, door := range doorsIn(file) {
			use := file.path + " " + door.name
			used[use] = true
			if wiring[use] == "" {
				t.Errorf("%s uses %s: take a clock or a source from the caller", door.place, door.name)
			}
		}
	}
	for use := range wiring {
		if !used[use] {
			t.Errorf("%q is allowed and not used any more: take it off the list", use)
		}
	}
}

// door is one place in the code that reaches for time or chance by itself.
type door struct{ place, name string }

// doorsIn finds the doors that a file uses, called or passed on.
func doorsIn(file goFile) []door {
	imports := file.imports()
	var found []door
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		base, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		rule, watched := injected[imports[base.Name]]
		name := selector.Sel.Name
		if !watched || slices.Contains(rule.allowed, name) || rule.forbidden != nil && !slices.Contains(rule.forbidden, name) {
			return true
		}
		found = append(found, door{file.line(selector.Pos()), imports[base.Name] + "." + name})
		return true
	})
	return found
}
