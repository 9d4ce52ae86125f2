package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestThePagerIsAShellsCommandLine(t *testing.T) {
	shown, err := os.Create(filepath.Join(t.TempDir(), "shown"))
	if err != nil {
		t.Fatal(err)
	}
	defer shown.Close() //nolint:errcheck // only read
	t.Setenv("PAGER", "tr a-z A-Z | sed s/^/$LESS:/")
	t.Setenv("LESS", "")
	if err := pager(shown, shown)("one\ntwo\n"); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(shown.Name())
	if want := "FRX:ONE\nFRX:TWO\n"; err != nil || string(content) != want {
		t.Errorf("shown %q (%v), want %q", content, err, want)
	}
	t.Setenv("PAGER", "no-such-program")
	if err := pager(shown, shown)("one\n"); err == nil {
		t.Error("a pager that does not exist shows something")
	}
}
