package scratch_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/scratch"
)

func TestOnlyFoldersOfProcessesThatAreNoMoreAreRemoved(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	ended := exec.CommandContext(t.Context(), "true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	dead := ended.Process.Pid
	stays := map[string]bool{
		fmt.Sprintf("bellhop-%d-1", dead):        false,
		fmt.Sprintf("bellhop-%d-1", os.Getpid()): true,
		fmt.Sprintf("other-%d-1", dead):          true,
		"bellhop-query-1":                        true,
		fmt.Sprintf("bellhop-%dx-1", dead):       true,
	}
	for name := range stays {
		if err := os.MkdirAll(filepath.Join(temp, name, "rows"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	made, err := scratch.Make()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(made); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("made is %v, %v", info, err)
	}
	for name, want := range stays {
		if _, err := os.Stat(filepath.Join(temp, name)); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", name, err, want)
		}
	}
}
