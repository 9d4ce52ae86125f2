package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
)

var (
	// inline are command lines in backquotes, blocks are those of a shell, and typed the lines in one.
	inline = regexp.MustCompile("[^`]`(?:build/)?bellhop ([a-z][^`\n]*)`")
	blocks = regexp.MustCompile("(?s)```sh\n(.*?)```")
	typed  = regexp.MustCompile(`(?m)^(?:[A-Z_]+=\S* )*(?:build/)?bellhop ([a-z].*)$`)
	// words are those of a shell, as far as the pages use them.
	words = regexp.MustCompile(`"[^"]*"|'[^']*'|[^\s]+`)
)

// Whoever types what a page says finds the command and its flags.
func TestPagesCallCommandsThatExist(t *testing.T) {
	pages, err := filepath.Glob("../../../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "../../../../README.md") {
		if filepath.Base(page) == "cli.md" {
			continue // made of the commands themselves
		}
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		calls := inline.FindAllStringSubmatch(string(content), -1)
		for _, block := range blocks.FindAllStringSubmatch(string(content), -1) {
			calls = append(calls, typed.FindAllStringSubmatch(block[1], -1)...)
		}
		for _, call := range calls {
			line, _, _ := strings.Cut(call[1], "#")
			line, _, _ = strings.Cut(line, "   ") // what follows explains
			for _, end := range []string{" | ", " && ", " <", " >"} {
				line, _, _ = strings.Cut(line, end)
			}
			args := words.FindAllString(line, -1)
			if strings.Contains(args[0], "|") {
				continue // several commands in one line
			}
			found++
			code, out, errs := newBench(t).run(t.Context(), append(args, "--help")...)
			parent := strings.Contains(out, "Available Commands:") || strings.Contains(out, "Get started:")
			if code != cli.ExitFine || parent && (len(args) > 1 && !strings.HasPrefix(args[1], "-") || strings.Contains(out, "Get started:") && args[0] != "help") {
				t.Errorf("%s calls bellhop %s: %s", filepath.Base(page), line, errs)
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d calls were found", found)
	}
}
