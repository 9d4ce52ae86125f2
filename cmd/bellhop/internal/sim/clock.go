package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// clock runs like the machine's, and can skip forward over times in which nothing happens. It never goes back, whether it was
// closed or killed.
type clock struct {
	path    string
	machine func() time.Time

	mu      sync.Mutex
	ahead   time.Duration
	skipped time.Duration
}

// clockState is what a clock writes down. By how much it is ahead is what a clock that was killed later needs: the time runs
// on after it is written. The time itself bounds how far the next one can fall back when the machine's own clock is set back.
type clockState struct {
	Ahead time.Duration `json:"ahead_nanoseconds"`
	Now   time.Time     `json:"now"`
}

func openClock(dir string, machine func() time.Time) (*clock, error) {
	c := &clock{path: filepath.Join(dir, "clock.json"), machine: machine}
	content, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	var state clockState
	if err := json.Unmarshal(content, &state); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", c.path, err)
	}
	c.ahead = max(state.Ahead, state.Now.Sub(machine()), 0)
	return c, nil
}

// Ahead returns by how much the clock of a folder is ahead of the machine's.
func Ahead(dir string) (time.Duration, error) {
	c, err := openClock(dir, time.Now)
	if err != nil {
		return 0, err
	}
	return c.ahead, nil
}

// Now returns the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.machine().Add(c.ahead).UTC()
}

// SkipTo moves the clock forward to t. The new time is on disk before anybody sees it.
func (c *clock) SkipTo(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	by := t.Sub(c.machine().Add(c.ahead))
	if by <= 0 {
		return nil
	}
	if err := c.write(clockState{Ahead: c.ahead + by, Now: t.UTC()}); err != nil {
		return err
	}
	c.ahead += by
	c.skipped += by
	return nil
}

// Sleep skips over d.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.SkipTo(c.Now().Add(d))
}

// Skipped returns how much time was skipped since the clock was opened.
func (c *clock) Skipped() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skipped
}

// Close writes the time down.
func (c *clock) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write(clockState{Ahead: c.ahead, Now: c.machine().Add(c.ahead).UTC()})
}

func (c *clock) write(state clockState) error {
	content, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return writeFile(c.path, content)
}

// writeFile replaces a file as a whole: a reader, or a process that starts after a kill or a power cut, sees the old or the new
// content. Only its owner can read it.
func writeFile(path string, content []byte) error {
	temp := path + ".new"
	file, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the folder is the user's choice
	if err != nil {
		return err
	}
	// The new name must not reach the disk before the content.
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// ownerOnly makes a file if there is none, and lets nobody but its owner read it, whatever an earlier release allowed.
func ownerOnly(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the folder is the user's choice
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(0o600), file.Close())
}
