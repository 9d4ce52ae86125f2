package sim

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestOnlyTheOwnerReadsTheFolder: the folder was made beforehand, open to all, and an earlier release's ledger is in it.
func TestOnlyTheOwnerReadsTheFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ledger.db"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		info, infoErr := e.Info()
		if infoErr != nil {
			t.Fatal(infoErr)
		}
		if info.Mode().Type() == 0 && info.Mode().Perm()&fs.FileMode(0o077) != 0 {
			t.Errorf("others may read %s: %s", e.Name(), info.Mode())
		}
	}
	if err != nil || len(entries) < 3 {
		t.Errorf("%d entries: %v", len(entries), err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
