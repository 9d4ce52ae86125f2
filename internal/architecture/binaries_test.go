package architecture_test

import (
	"go/ast"
	"go/token"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// onMachines are parts that belong on a person's machine or in a test, and in no function.
var onMachines = []string{
	"github.com/versity/versitygw/...", "modernc.org/...", "github.com/duckdb/...", "github.com/marcboeker/go-duckdb/...",
	"github.com/spf13/...", "pgregory.net/rapid", "testing", "net/http/httptest",
	module + "/cmd/...", module + "/pkg/ledger/ledgertest", module + "/pkg/objects/objectstest",
	module + "/pkg/convert/converttest",
}

var (
	parquetCode = []string{"github.com/parquet-go/..."}
	csvCode     = []string{"encoding/csv", "github.com/gocarina/gocsv/...", module + "/pkg/convert/..."}
)

// linked lists every package that is linked into what Lambda runs, built as the Makefile builds it.
func linked(t *testing.T, function string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "lambda.norpc", "./functions/"+function)
	list.Dir = root
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64", "GOWORK=off")
	var problems strings.Builder
	list.Stderr = &problems
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list ./functions/%s: %v\n%s", function, err, problems.String())
	}
	return strings.Fields(string(out))
}

func TestBinariesLinkOnlyWhatTheyNeed(t *testing.T) {
	tests := map[string]struct{ must, mustNot []string }{
		"requester": {mustNot: parquetCode},
		"ingester":  {must: slices.Concat(parquetCode, []string{"github.com/gocarina/gocsv/..."})},
		"janitor":   {mustNot: slices.Concat(parquetCode, csvCode)},
	}
	for function, test := range tests {
		t.Run(function, func(t *testing.T) {
			packages := linked(t, function)
			for _, pattern := range slices.Concat(test.mustNot, onMachines) {
				for _, name := range packages {
					if covers([]string{pattern}, name) {
						t.Errorf("links %s, which has no business there", name)
					}
				}
			}
			for _, pattern := range test.must {
				if !slices.ContainsFunc(packages, func(name string) bool { return covers([]string{pattern}, name) }) {
					t.Errorf("does not link %s: then this test watches the wrong binary", pattern)
				}
			}
		})
	}
	for _, function := range functionFolders(t) {
		if _, known := tests[function]; !known {
			t.Errorf("functions/%s is not in this test's table", function)
		}
	}
}

// functionFolders lists the folders under functions/.
func functionFolders(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(root + "/functions")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

// TestEveryMainCanBeStamped keeps -X main.version in the Makefile honest: the linker does not complain about a variable
// that is not there.
func TestEveryMainCanBeStamped(t *testing.T) {
	stamped := map[string]bool{}
	for _, file := range goFiles(t, false, "functions", "cmd") {
		for _, declaration := range file.syntax.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR || file.syntax.Name.Name != "main" {
				continue
			}
			for _, spec := range group.Specs {
				value, ok := spec.(*ast.ValueSpec)
				stamped[file.dir] = stamped[file.dir] || ok && value.Names[0].Name == "version"
			}
		}
	}
	mains := []string{"cmd/bellhop"}
	for _, function := range functionFolders(t) {
		mains = append(mains, "functions/"+function)
	}
	for _, main := range mains {
		if !stamped[main] {
			t.Errorf("%s has no variable version for the Makefile to set", main)
		}
	}
}
