//go:build unix

package sim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock makes sure that one process at a time runs the machine in a folder, until the file is closed. It goes with the process,
// however that ends.
func lock(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the folder is the user's choice
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("another bellhop runs in %s: stop it (Ctrl-C), or choose another folder with --home", dir)
	case err != nil:
		err = fmt.Errorf("lock %s: %w", path, err)
	default:
		return file, nil
	}
	return nil, errors.Join(err, file.Close())
}
