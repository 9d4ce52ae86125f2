package rest_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The simulators may know the vendors' documents only. They and their tests use the standard library and their own packages alone,
// so nothing of bellhop can come in through a dependency either. The vendor's own SDK may call what it is the client of.
func TestSimulatorsShareNothingWithTheClients(t *testing.T) {
	const family = "github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/"
	shared := []string{"chance", "rest", "script"}
	for _, vendor := range []string{"alexa", "khoros", "pinpoint", "chance", "rest", "script"} {
		checked := 0
		err := filepath.WalkDir(filepath.Join("..", vendor), func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			checked++
			for _, i := range parsed.Imports {
				path, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					return err
				}
				if !allowed(path, family, append(shared, vendor), strings.HasSuffix(name, "_test.go")) {
					t.Errorf("%s imports %s", name, path)
				}
			}
			return nil
		})
		if err != nil || checked == 0 {
			t.Errorf("%s: checked %d files: %v", vendor, checked, err)
		}
	}
}

func allowed(path, family string, own []string, test bool) bool {
	for _, name := range own {
		if path == family+name || strings.HasPrefix(path, family+name+"/") {
			return true
		}
	}
	if test && strings.HasPrefix(path, "github.com/aws/") {
		return true
	}
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
