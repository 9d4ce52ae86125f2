package shell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// OutFile is a file that a command makes. It is there whole or not at all, and none is replaced unasked.
type OutFile struct {
	Name  string
	Force bool
}

// Check refuses a file that is there already, before any work is done.
func (o OutFile) Check() error {
	if o.Name == "" || o.Force {
		return nil
	}
	if _, err := os.Lstat(o.Name); err == nil {
		return Refuse("replace it with --force, or choose another name", "%s is there already", o.Name)
	}
	return nil
}

// Write makes the file of what content writes.
func (o OutFile) Write(content func(io.Writer) error) error {
	return o.Fill(func(unfinished string) error {
		f, err := os.OpenFile(unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) //nolint:gosec // G304, G302: beside the user's file, and as the umask says, like every other form
		if err != nil {
			return err
		}
		return errors.Join(content(f), f.Sync(), f.Close())
	})
}

// Fill makes the file by letting do make one of another name in the same folder, and then giving it the right name. Where
// that fails, nothing is left.
func (o OutFile) Fill(do func(unfinished string) error) (err error) {
	name, err := filepath.Abs(o.Name)
	if err != nil {
		return fmt.Errorf("find %s: %w", o.Name, err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(name), ".bellhop-*.unfinished")
	if err != nil {
		return fmt.Errorf("write %s: %w", o.Name, errors.Unwrap(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	unfinished := filepath.Join(dir, filepath.Base(name))
	if err := do(unfinished); err != nil {
		return err
	}
	// Somebody may have made one while this took its time.
	if err := o.Check(); err != nil {
		return err
	}
	if err := os.Rename(unfinished, name); err != nil {
		return fmt.Errorf("write %s: %w", o.Name, err)
	}
	return nil
}
