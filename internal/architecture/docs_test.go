package architecture_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// madeInDocs is a make target as the pages call it: in a line of a shell block, or in backquotes.
	madeInDocs = regexp.MustCompile("(?m)(?:^|`)make ([a-z][\\w-]*)")
	// linkInDocs is a link to a file of this repository.
	linkInDocs = regexp.MustCompile(`\]\(((?:\.\.?/)?[\w./-]+)(?:#[\w-]+)?\)`)
)

// pages are the README and everything under docs/.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no pages under docs/: %v", err)
	}
	names := []string{"README.md"}
	for _, page := range found {
		names = append(names, "docs/"+filepath.Base(page))
	}
	return names
}

func TestPagesCallTargetsThatExist(t *testing.T) {
	targets := publicTargets(t)
	for _, page := range pages(t) {
		for _, call := range madeInDocs.FindAllStringSubmatch(read(t, page), -1) {
			if !slices.Contains(targets, call[1]) && call[1] != "build" {
				t.Errorf("%s calls make %s, which the Makefile does not have", page, call[1])
			}
		}
	}
}

func TestPagesLinkToFilesThatExist(t *testing.T) {
	links := 0
	for _, page := range pages(t) {
		for _, link := range linkInDocs.FindAllStringSubmatch(read(t, page), -1) {
			links++
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), link[1])); err != nil {
				t.Errorf("%s links to %s: %v", page, link[1], err)
			}
		}
	}
	if links == 0 {
		t.Error("no page links to a file: then this test watches nothing")
	}
}

// TestTroubleshootingQuotesTheCode: every message that the page explains is one that a program says, word for word, but for
// what stands for an ellipsis.
func TestTroubleshootingQuotesTheCode(t *testing.T) {
	var code strings.Builder
	for _, file := range goFiles(t, false, "pkg", "cmd", "functions") {
		code.WriteString(read(t, file.path))
	}
	messages := regexp.MustCompile("(?m)^### `(.*)`$").FindAllStringSubmatch(read(t, "docs/troubleshooting.md"), -1)
	if len(messages) < 20 {
		t.Errorf("the page explains %d messages", len(messages))
	}
	for _, message := range messages {
		for part := range strings.SplitSeq(message[1], "…") {
			if part = strings.TrimSpace(part); len(part) > 2 && !strings.Contains(code.String(), part) {
				t.Errorf("nobody says %q", part)
			}
		}
	}
}

func TestInvariantsNameTestsThatExist(t *testing.T) {
	var tests strings.Builder
	for _, file := range goFiles(t, true, "pkg", "cmd") {
		tests.WriteString(read(t, file.path))
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(read(t, "docs/invariants.md"), -1)
	if len(named) < 12 {
		t.Errorf("docs/invariants.md names %d tests", len(named))
	}
	for _, name := range named {
		if !strings.Contains(tests.String(), "func "+name[1]+"(") {
			t.Errorf("docs/invariants.md names %s, which does not exist", name[1])
		}
	}
}

// The walks lead through functions that exist: `package.Function`, or `package.Type.Method`.
func TestWalksLeadThroughFunctionsThatExist(t *testing.T) {
	_, walks, _ := strings.Cut(read(t, "docs/architecture.md"), "## Two walks")
	walks, _, _ = strings.Cut(walks, "\n## ")
	named := regexp.MustCompile("`(\\w+)\\.(?:(\\w+)\\.)?(\\w+)`").FindAllStringSubmatch(walks, -1)
	if len(named) < 20 {
		t.Errorf("the walks name %d functions", len(named))
	}
	for _, name := range named {
		declared := regexp.MustCompile(`(?m)^func (\(\w+ \*?` + name[2] + `\) )?` + name[3] + `\(`)
		if !slices.ContainsFunc(goFiles(t, false, "pkg"), func(f goFile) bool {
			return filepath.Base(f.dir) == name[1] && declared.MatchString(read(t, f.path))
		}) {
			t.Errorf("there is no %s", strings.Trim(name[0], "`"))
		}
	}
}

// TestDeploymentNamesOutputsAndParametersThatExist looks at the names in backquotes that look like the template's.
func TestDeploymentNamesOutputsAndParametersThatExist(t *testing.T) {
	page := read(t, "docs/deployment.md")
	own, _, _ := strings.Cut(page, "<!-- parameters: begin")
	known := slices.Concat(keysInOrder(t, "Parameters"), keysInOrder(t, "Outputs"))
	named := regexp.MustCompile("`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`").FindAllStringSubmatch(own, -1)
	if len(named) == 0 {
		t.Error("docs/deployment.md names no parameter and no output")
	}
	for _, name := range named {
		// The vendor's and IAM's words are in capitals of their own, and so are Athena's actions.
		if !slices.Contains(known, name[1]) && !strings.HasPrefix(name[1], "Get") && !strings.HasPrefix(name[1], "List") && !strings.HasPrefix(name[1], "Put") {
			t.Errorf("docs/deployment.md names %s, which is neither a parameter nor an output", name[1])
		}
	}
}
