package sim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFolderOfSomebodyElseIsNotFilled(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "has other things in it") || !strings.Contains(err.Error(), "--home") {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %d entries, %v", len(entries), err)
	}
	if Has(dir) {
		t.Error("it is taken for a folder of bellhop")
	}
}
