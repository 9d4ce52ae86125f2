package architecture_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is the source of one command's packages of this repository, with types.
type program struct {
	main  *types.Package
	info  types.Info
	body  map[types.Object]ast.Node // of a function, or what a variable of a package begins with
	named []*types.Named            // the types that may stand behind an interface
}

// load reads a command, given as its folder, but for what only the given packages do. What it imports from elsewhere is known by
// its exported types alone.
func load(t *testing.T, command string, without ...string) *program {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Dir,GoFiles,Export", "./"+command)
	list.Dir = root
	var problems bytes.Buffer
	list.Stderr = &problems
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list ./%s: %v\n%s", command, err, problems.String())
	}
	p := &program{
		info: types.Info{
			Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
		body: map[types.Object]ast.Node{},
	}
	fset, exported, own := token.NewFileSet(), map[string]string{}, packages{}
	own.others = importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exported[path]) })
	own.known = map[string]*types.Package{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			ImportPath, Dir, Export string
			GoFiles                 []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return p
		} else if err != nil {
			t.Fatal(err)
		}
		exported[listed.ImportPath] = listed.Export
		if listed.ImportPath != module && !strings.HasPrefix(listed.ImportPath, module+"/") {
			continue
		}
		var files []*ast.File
		for _, name := range listed.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(listed.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		checked, err := (&types.Config{Importer: own}).Check(listed.ImportPath, fset, files, &p.info)
		if err != nil {
			t.Fatal(err)
		}
		own.known[listed.ImportPath], p.main = checked, checked // the command itself comes last
		if !covers(without, strings.TrimPrefix(listed.ImportPath, module+"/")) {
			p.add(files)
		}
	}
}

// packages finds a package of this repository among those that were read, and any other by its exported types.
type packages struct {
	known  map[string]*types.Package
	others types.Importer
}

func (p packages) Import(path string) (*types.Package, error) {
	if own := p.known[path]; own != nil {
		return own, nil
	}
	return p.others.Import(path)
}

func (p *program) add(files []*ast.File) {
	for _, file := range files {
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				if node.Body != nil {
					p.body[p.info.Defs[node.Name]] = node.Body
				}
			case *ast.ValueSpec:
				for i, name := range node.Names {
					if i < len(node.Values) {
						p.body[p.info.Defs[name]] = node.Values[i]
					}
				}
			case *ast.TypeSpec:
				if named, ok := p.info.Defs[node.Name].Type().(*types.Named); ok && !types.IsInterface(named) {
					p.named = append(p.named, named)
				}
			}
			return true
		})
	}
}

// visit calls see for whatever is named in what can run from the command's start on: a function that is named counts as
// called, and a method of an interface as that of every type that has it. Through is the port by which it was come to,
// the last one with a name in ports.
func (p *program) visit(ports map[string]string, see func(in types.Object, through string, used types.Object)) {
	type place struct {
		object  types.Object
		through string
	}
	seen := map[place]bool{}
	var walk func(place)
	walk = func(at place) {
		if seen[at] || p.body[at.object] == nil {
			return
		}
		seen[at] = true
		receivers := map[*ast.Ident]types.Type{}
		ast.Inspect(p.body[at.object], func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.SelectorExpr:
				if selection := p.info.Selections[node]; selection != nil {
					receivers[node.Sel] = selection.Recv()
				}
			case *ast.Ident:
				used := p.info.Uses[node]
				if used == nil {
					return true
				}
				see(at.object, at.through, used)
				method, ok := used.(*types.Func)
				if !ok {
					walk(place{used, at.through})
					return true
				}
				through := at.through
				if named, ok := receivers[node].(*types.Named); ok && ports[named.Obj().Name()] != "" {
					through = ports[named.Obj().Name()]
				}
				walk(place{method.Origin(), through})
				for _, behind := range p.implementations(method) {
					walk(place{behind, through})
				}
			}
			return true
		})
	}
	walk(place{p.main.Scope().Lookup("main"), ""})
}

// implementations are the methods that may be called where an interface's is.
func (p *program) implementations(method *types.Func) []types.Object {
	receiver := method.Signature().Recv()
	if receiver == nil || !types.IsInterface(receiver.Type()) {
		return nil
	}
	wanted, _ := receiver.Type().Underlying().(*types.Interface)
	var found []types.Object
	for _, named := range p.named {
		if named.TypeParams().Len() == 0 && types.Implements(types.NewPointer(named), wanted) {
			behind, _, _ := types.LookupFieldOrMethod(named, true, method.Pkg(), method.Name())
			found = append(found, behind)
		}
	}
	return found
}
