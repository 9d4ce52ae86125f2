// Package scratch makes temporary folders that the next process removes when the one that made them was killed.
package scratch

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const prefix = "bellhop-"

// Make makes a folder that only this user can open, in the system's folder for such. Its name has the process's number, by
// which folders of processes that are no more are known; those are removed first.
func Make() (string, error) {
	sweep()
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", prefix, os.Getpid()))
	if err != nil {
		return "", fmt.Errorf("make a temporary folder: %w", err)
	}
	return dir, nil
}

// sweep removes what killed processes left. What it cannot remove is another user's, or the next one's to remove.
func sweep() {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"[0-9]*-*"))
	if err != nil {
		return
	}
	for _, dir := range left {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		pid, err := strconv.Atoi(number)
		if err != nil || !abandoned(dir, pid) {
			continue
		}
		_ = os.RemoveAll(dir)
	}
}
