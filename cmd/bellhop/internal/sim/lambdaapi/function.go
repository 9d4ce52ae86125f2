package lambdaapi

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// Options describe a function. Path is required.
type Options struct {
	// Path is the executable, which Lambda calls bootstrap.
	Path string
	// Name is the function's. Default "function".
	Name string
	// Env is its environment as name=value, without what Lambda itself sets. Nothing of this process's environment is
	// inherited.
	Env []string
	// Timeout is how long an invocation may take. Default 3 seconds, as in Lambda.
	Timeout time.Duration
	// MemoryMB is what the function is told of its memory; nothing enforces it. Default 128, as in Lambda.
	MemoryMB int
	// Output, if set, receives what the processes write, one write at a time.
	Output io.Writer
}

// initTime is how long Lambda lets a process take until it asks for its first event.
const initTime = 10 * time.Second

// Function is a function in one execution environment. It is safe for concurrent use; invocations wait for each other.
type Function struct {
	life context.Context
	o    Options

	mu      sync.Mutex
	running *process // nil before the first invocation, and after Close
	starts  int
}

// New returns the function. Its process starts with the first invocation, and is killed by [Function.Close], or when
// ctx ends.
func New(ctx context.Context, o Options) *Function {
	o.Name = cmp.Or(o.Name, "function")
	o.Timeout = cmp.Or(o.Timeout, 3*time.Second)
	o.MemoryMB = cmp.Or(o.MemoryMB, 128)
	return &Function{life: ctx, o: o}
}

// Invoke hands an event over and returns the function's answer. The error is a [*FunctionError] when the function
// reports one, an [*ExitError] when its process ended without an answer, [ErrTimeout] when it was killed at its
// deadline. When ctx ends first, the process is killed at once, at whatever it was doing, and the error is ctx's.
func (f *Function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		fresh, err := f.ensure()
		if err != nil {
			return nil, err
		}
		in, err := f.running.handOver(ctx, event, f.o)
		if gone := (*ExitError)(nil); errors.As(err, &gone) && !fresh {
			// It ended after its last answer, as after a panic: nobody was told of this event yet.
			continue
		}
		if err != nil {
			return nil, err
		}
		return f.running.await(ctx, in)
	}
}

// ensure has a process running, and reports whether it was started for that.
func (f *Function) ensure() (fresh bool, err error) {
	if f.running != nil && !f.running.over() {
		return false, nil
	}
	p, err := start(f.life, f.o)
	if err != nil {
		return false, err
	}
	f.running = p
	f.starts++
	return true, nil
}

// Starts returns how many processes were started so far.
func (f *Function) Starts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.starts
}

// Close kills the process, if there is one, and waits until it has ended. A later invocation starts another.
func (f *Function) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running != nil {
		f.running.kill()
		f.running = nil
	}
}
