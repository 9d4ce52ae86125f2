package sim

import (
	"context"
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
	c := &clock{path: filepath.Join(dir, clockFile), machine: machine}
	var state clockState
	found, err := load(c.path, &state)
	if found {
		c.ahead = max(state.Ahead, state.Now.Sub(machine()), 0)
	}
	return c, err
}

// Ahead returns by how much the clock of a folder is ahead of the machine's.
func Ahead(dir string) (time.Duration, error) {
	c, err := openClock(dir, time.Now)
	return c.ahead, err
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
	if err := save(c.path, clockState{Ahead: c.ahead + by, Now: t.UTC()}); err != nil {
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
	return save(c.path, clockState{Ahead: c.ahead, Now: c.machine().Add(c.ahead).UTC()})
}
