package pace_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// clock is the time of several processes. It stands still while one of them works, and goes on to where the first wakes when all
// of them sleep: nobody waits, and what a process does takes no time.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	alive  map[string]bool
	asleep map[string]sleeper
}

type sleeper struct {
	until time.Time
	wake  chan struct{}
}

// newClock returns a clock that waits for each of the processes, from before they start.
func newClock(now time.Time, processes ...string) *clock {
	c := &clock{now: now, alive: map[string]bool{}, asleep: map[string]sleeper{}}
	for _, name := range processes {
		c.alive[name] = true
	}
	return c
}

// Now returns the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// end tells that a process has ended, however it did.
func (c *clock) end(process string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.alive, process)
	delete(c.asleep, process)
	c.advance()
}

// ServeHTTP lets a process sleep, and answers with the time.
func (c *clock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.FormValue("for"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if d > 0 {
		<-c.sleep(r.FormValue("process"), d)
	}
	_, _ = io.WriteString(w, c.Now().Format(time.RFC3339Nano))
}

func (c *clock) sleep(process string, d time.Duration) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := sleeper{c.now.Add(d), make(chan struct{})}
	c.asleep[process] = s
	c.advance()
	return s.wake
}

// advance goes on to where the first wakes, and wakes all who wake then: they meet in what they do next.
func (c *clock) advance() {
	if len(c.asleep) == 0 || len(c.asleep) < len(c.alive) {
		return
	}
	var next time.Time
	for _, s := range c.asleep {
		if next.IsZero() || s.until.Before(next) {
			next = s.until
		}
	}
	c.now = next
	for name, s := range c.asleep {
		if !s.until.After(next) {
			delete(c.asleep, name)
			close(s.wake)
		}
	}
}

// watch is the clock as a process sees it: its time is that at which it last woke.
type watch struct {
	url, process string
	now          time.Time
}

func newWatch(url, process string) (*watch, error) {
	w := &watch{url: url, process: process}
	err := w.Sleep(context.Background(), 0)
	return w, err
}

// Now returns the time.
func (w *watch) Now() time.Time { return w.now }

// Sleep returns when so much time has passed.
func (w *watch) Sleep(ctx context.Context, d time.Duration) error {
	query := url.Values{"process": {w.process}, "for": {max(d, 0).String()}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it is read
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("the clock answers %d %s: %w", response.StatusCode, text, err)
	}
	w.now, err = time.Parse(time.RFC3339Nano, string(text))
	return err
}

// until is a context that ends on the clock.
type until struct {
	context.Context
	at time.Time
}

func (u until) Deadline() (time.Time, bool) { return u.at, true }
