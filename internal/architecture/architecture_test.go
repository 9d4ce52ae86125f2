// Package architecture_test holds what the design promises about the repository as a whole: which way imports
// point, what each function's binary links, that time and chance are injected, and that template.yaml, the Makefile
// and the code agree with each other.
package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/bellhop-asp/bellhop"

// root is the repository's top folder, seen from this package's.
const root = "../.."

// goFile is one Go file outside of tests, or one test file.
type goFile struct {
	// path and dir are relative to the repository's top, with slashes.
	path, dir string
	syntax    *ast.File
	fset      *token.FileSet
}

// line is where in the repository pos is, as path:line.
func (f goFile) line(pos token.Pos) string {
	return f.path + ":" + strconv.Itoa(f.fset.Position(pos).Line)
}

// imports maps the name under which the file knows a package to that package's path.
func (f goFile) imports() map[string]string {
	byName := map[string]string{}
	for _, spec := range f.syntax.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(imported)
		if major := strings.TrimPrefix(name, "v"); major != name && strings.Trim(major, "0123456789") == "" {
			name = path.Base(path.Dir(imported))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		byName[name] = imported
	}
	return byName
}

// goFiles parses every Go file of both modules under the given folders, tests or all but tests.
func goFiles(t *testing.T, tests bool, folders ...string) []goFile {
	t.Helper()
	var files []goFile
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules") {
				return filepath.SkipDir
			}
			if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") != tests {
				return nil
			}
			relative, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			fset := token.NewFileSet()
			syntax, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			slashed := filepath.ToSlash(relative)
			files = append(files, goFile{path: slashed, dir: path.Dir(slashed), syntax: syntax, fset: fset})
			return nil
		})
		if err != nil {
			t.Fatalf("reading the Go files of %s: %v", folder, err)
		}
	}
	if len(files) == 0 {
		t.Fatalf("no Go files under %s", strings.Join(folders, ", "))
	}
	return files
}

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// covers reports whether one of patterns is name, or is a family ("a/b/...") that name belongs to.
func covers(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		family, isFamily := strings.CutSuffix(pattern, "/...")
		return pattern == name || isFamily && (name == family || strings.HasPrefix(name, family+"/"))
	})
}

func sorted(items []string) []string {
	items = slices.Clone(items)
	slices.Sort(items)
	return items
}
