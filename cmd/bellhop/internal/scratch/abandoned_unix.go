//go:build unix

package scratch

import (
	"errors"
	"os"
	"syscall"
)

// abandoned reports whether a folder is this user's, and the process that made it is no more.
func abandoned(dir string, pid int) bool {
	return mine(dir) && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
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
