package cli_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Painted text that went through fmt is plain text again, and a line shows its escape codes as text.
func TestPaintedTextIsNeverFormattedByFmt(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	for _, name := range files {
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if name, args := called(n); strings.HasPrefix(name, "fmt.") {
				for _, arg := range args {
					if inner, _ := called(arg); strings.HasSuffix(inner, ".paint") {
						t.Errorf("%s: painted text in %s", fset.Position(arg.Pos()), name)
					}
				}
			}
			return true
		})
	}
}

// called returns the name of the function that a node calls, as it is written, and the arguments.
func called(n ast.Node) (name string, args []ast.Expr) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", nil
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", nil
	}
	if of, ok := f.X.(*ast.Ident); ok {
		return of.Name + "." + f.Sel.Name, call.Args
	}
	return "." + f.Sel.Name, call.Args
}

func TestNoCommandShowsEscapeCodesAsText(t *testing.T) {
	for _, line := range []string{
		"jobs retry hotel-000002 --dry-run", "jobs retry hotel-000002", "jobs cancel hotel-000003 --dry-run", "jobs cancel hotel-000003",
		"quarantine replay q.csv --dry-run", "quarantine replay q.csv", "quarantine drop q.csv --dry-run", "quarantine drop q.csv --confirm",
		"quarantine show q.csv", "quarantine list", "status", "coverage", "jobs list", "jobs show hotel-000002", "files list", "files show d.csv",
		"certificates list", "certificates show d.csv", "certificates verify", "subscriptions list", "subscriptions show hotel",
		"review list", "review show q.csv", "review drop q.csv --confirm", "review replay q.csv --dry-run", "held list", "tables", "tables asp_device", "version", "cost --reference", "explain asp_device X 2026-11-14",
		"subscriptions apply hotel --dry-run --param unit_id=amzn1.alexa.unit.did.OTHER",
	} {
		t.Run(line, func(t *testing.T) {
			b := troubled(t)
			b.terminal, b.errTerminal, b.env, b.width = true, true, map[string]string{}, 100
			b.ledger.files["q.csv"] = report.File{
				Key: "q.csv", Status: report.FileQuarantined, Reason: "line 2", DueAt: now,
				Delivery: &report.Delivery{Bucket: bucket, Key: "q.csv", ETag: "e2", At: at("07:00:00")},
			}
			b.deliveries.objects["q.csv"] = report.Object{Key: "q.csv", ETag: "e2"}
			_, out, errs := b.run(t.Context(), strings.Fields(line)...)
			if strings.Contains(out+errs, "\ufffd") || out == "" && errs == "" {
				t.Errorf("shows %q %q", out, errs)
			}
		})
	}
}
