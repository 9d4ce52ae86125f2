package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// outFile is a file that a command makes. It is there whole or not at all, and none is replaced unasked.
type outFile struct {
	name  string
	force bool
}

// check refuses a file that is there already, before any work is done.
func (o outFile) check() error {
	if o.name == "" || o.force {
		return nil
	}
	if _, err := os.Lstat(o.name); err == nil {
		return &Problem{Code: ExitError, Err: fmt.Errorf("%s is there already", o.name), Remedy: "replace it with --force, or choose another name"}
	}
	return nil
}

// write makes the file of what content writes.
func (o outFile) write(content func(io.Writer) error) error {
	return o.fill(func(unfinished string) error {
		f, err := os.OpenFile(unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) //nolint:gosec // G304, G302: beside the user's file, and as the umask says, like every other form
		if err != nil {
			return err
		}
		return errors.Join(content(f), f.Sync(), f.Close())
	})
}

// fill makes the file by letting do make one of another name in the same folder, and then giving it the right name. Where
// that fails, nothing is left.
func (o outFile) fill(do func(unfinished string) error) (err error) {
	name, err := filepath.Abs(o.name)
	if err != nil {
		return fmt.Errorf("find %s: %w", o.name, err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(name), ".bellhop-*.unfinished")
	if err != nil {
		return fmt.Errorf("write %s: %w", o.name, errors.Unwrap(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	unfinished := filepath.Join(dir, filepath.Base(name))
	if err := do(unfinished); err != nil {
		return err
	}
	// Somebody may have made one while this took its time.
	if err := o.check(); err != nil {
		return err
	}
	if err := os.Rename(unfinished, name); err != nil {
		return fmt.Errorf("write %s: %w", o.name, err)
	}
	return nil
}
