package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
)

func TestEveryCommandHasAManualPageWithAnExample(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(t.TempDir(), "man1")
	code, out, errs := b.run(t.Context(), "man", "-o", dir)
	if code != shell.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil {
		t.Fatal(err)
	}
	if said := decode[struct{ Pages int }](t, out).Pages; said != len(pages) || said < 30 {
		t.Errorf("%d pages are said, %d are there", said, len(pages))
	}
	for _, name := range pages {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page, base := string(content), strings.TrimSuffix(filepath.Base(name), ".1")
		// What only has other commands shows those; completion is cobra's.
		if strings.Contains(page, "SEE ALSO") && strings.Count(page, base+"-") > 0 || strings.HasPrefix(base, "bellhop-completion") {
			continue
		}
		if !strings.Contains(page, ".SH EXAMPLE") {
			t.Errorf("%s has no example", base)
		}
	}
	first, err := os.ReadFile(filepath.Join(dir, "bellhop-query.1"))
	if err != nil || !strings.Contains(string(first), "v1.2.3") {
		t.Errorf("the page does not tell the version: %v", err)
	}
}

func TestTheReferenceIsFresh(t *testing.T) {
	code, out, errs := newBench(t).run(t.Context(), "man", "--markdown")
	if code != shell.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	page, err := os.ReadFile("../../../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	if out != string(page) {
		t.Error("docs/cli.md is not what --help says: make generate")
	}
	for _, args := range [][]string{{"man"}, {"man", "--markdown", "-o", "x"}} {
		if code, _, _ := newBench(t).run(t.Context(), args...); code != shell.ExitUsage {
			t.Errorf("%q: exit %d", args, code)
		}
	}
}

func TestShellsAreProposedWhatIsThere(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"a subscription to show":   {[]string{"subscriptions", "show", ""}, "hotel"},
		"what waits":               {[]string{"review", "show", ""}, "hotel/asp_device/2026-11-15"},
		"what can be accepted":     {[]string{"review", "accept", ""}, "hotel/asp_device/2026-11-15"},
		"kinds of what waits":      {[]string{"review", "list", "--kind", ""}, "quarantined"},
		"what is held":             {[]string{"held", "accept", ""}, "hotel"},
		"its table":                {[]string{"held", "accept", "hotel", ""}, "asp_device"},
		"its day":                  {[]string{"held", "accept", "hotel", "asp_device", ""}, "2026-11-15"},
		"a table to explain":       {[]string{"explain", ""}, "asp_device\tDevices and their use, per unit and day (category DEVICE)."},
		"a unit of it by its name": {[]string{"explain", "asp_device", "The"}, "The Inn"},
		"a unit of it by its id":   {[]string{"explain", "asp_device", ""}, "inn"},
		"a day of it":              {[]string{"explain", "asp_device", "inn", ""}, "2026-11-14"},
		"jobs":                     {[]string{"jobs", "show", ""}, "hotel-000001"},
		"files":                    {[]string{"files", "show", ""}, "d.csv"},
		"tables":                   {[]string{"explain", "asp_d"}, "asp_device\tDevices and their use, per unit and day (category DEVICE)."},
		"tables of a flag":         {[]string{"export", "--table", ""}, "asp_communication\tCalls and drop-ins per unit and day (category COMMUNICATION)."},
		"subscriptions":            {[]string{"coverage", "--subscription", ""}, "hotel"},
		"statuses":                 {[]string{"jobs", "list", "--status", ""}, "REFUSED"},
		"file statuses":            {[]string{"files", "list", "--status", ""}, "QUARANTINED"},
		"forms of a result":        {[]string{"query", "--format", ""}, "parquet"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := holding(t)
			b.dataset = fakeDataset{}
			b.publish(t, "hotel", rooms)
			_, out, _ := b.run(t.Context(), append([]string{"__complete"}, test.args...)...)
			if !strings.Contains("\n"+out, "\n"+test.want+"\n") {
				t.Errorf("proposed: %q, without %q", out, test.want)
			}
		})
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, out, _ := newBench(t).run(t.Context(), "completion", shell); code != 0 || !strings.Contains(out, "bellhop") {
			t.Errorf("%s: exit %d, %d bytes", shell, code, len(out))
		}
	}
}
