// Package scratch makes temporary folders that the next process removes when the one that made them was killed.
package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
		if err != nil || !mine(dir) || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		_ = os.RemoveAll(dir)
	}
}

// mine reports whether dir is a folder, not a link to one, and this user's.
func mine(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
