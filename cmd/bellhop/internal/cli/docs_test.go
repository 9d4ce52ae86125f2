package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
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
			if code != shell.ExitFine || parent && (len(args) > 1 && !strings.HasPrefix(args[1], "-") || strings.Contains(out, "Get started:") && args[0] != "help") {
				t.Errorf("%s calls bellhop %s: %s", filepath.Base(page), line, errs)
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d calls were found", found)
	}
}

var (
	fence   = regexp.MustCompile("^ {0,3}(`{3,})(.*)$")
	heading = regexp.MustCompile(`^#{1,6} +(.+?) *#*$`)
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// dropped is what GitHub leaves out of a heading's anchor.
	dropped = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_ -]`)
)

// page is a page of Markdown: the anchors of its headings, and where its links go.
type page struct {
	anchors map[string]bool
	links   []string
	open    bool // a block of code does not end, or ends with words
}

func readPage(t *testing.T, name string) page {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p, inside := page{anchors: map[string]bool{}}, false
	for line := range strings.Lines(string(content)) {
		line = strings.TrimRight(line, "\n")
		if f := fence.FindStringSubmatch(line); f != nil {
			p.open = p.open || inside && strings.TrimSpace(f[2]) != ""
			inside = !inside
			continue
		}
		if inside {
			continue
		}
		if h := heading.FindStringSubmatch(line); h != nil {
			p.anchors[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-")] = true
		}
		for _, l := range link.FindAllStringSubmatch(line, -1) {
			p.links = append(p.links, l[1])
		}
	}
	p.open = p.open || inside
	return p
}

func TestPagesEndTheirBlocksAndTheirLinksGoSomewhere(t *testing.T) {
	root := "../../../.."
	pages, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(pages, root+"/README.md", root+"/bench/README.md") {
		p := readPage(t, name)
		if p.open {
			t.Errorf("%s: a block of code does not end", name)
		}
		for _, to := range p.links {
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(to, "#")
			target := name
			if file != "" {
				target = filepath.Join(filepath.Dir(name), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: there is no %s", name, to)
				continue
			}
			if anchor != "" && strings.HasSuffix(target, ".md") && !readPage(t, target).anchors[anchor] {
				t.Errorf("%s: there is no heading for %s", name, to)
			}
		}
	}
}
