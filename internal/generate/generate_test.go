package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func TestNothingGeneratedIsStale(t *testing.T) {
	for _, page := range pages {
		is, wouldBe, err := page.fresh(root)
		if err != nil {
			t.Fatal(err)
		}
		if is != wouldBe {
			t.Errorf("%s is stale from %q on: run make generate", page.path, page.begin)
		}
	}
}

func TestOnlyTheMarkedPartIsRewritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "page")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := page{"page", "# begin", "# end", func(string) (string, error) { return "new\n", nil }}
	write("above\n  # begin (why)\n  old\n  # end\nbelow\n")
	for range 2 { // the second time changes nothing
		if err := p.rewrite(dir); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if want := "above\n  # begin (why)\nnew\n  # end\nbelow\n"; string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	write("above\n  # begin\n  old\n")
	if err := p.rewrite(dir); err == nil || !strings.Contains(err.Error(), "page") {
		t.Errorf("a page whose part has no end: %v", err)
	}
}
