package realbinaries_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// functionOptions describe a function. Path is required.
type functionOptions struct {
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

// function plays AWS Lambda for one function, so that a test can drive the very executable that is deployed: it serves the
// Lambda Runtime API over HTTP (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), starts the executable with the
// environment that Lambda sets, hands invocations over, and kills the process when an invocation's time is over.
//
// It plays one execution environment: one process, one invocation at a time, kept from one invocation to the next. A
// process that ends, is killed or has panicked is replaced before the next invocation, as Lambda does. What it does
// not play: freezing between invocations, extensions, the ten seconds that Lambda grants before it tries an
// initialization once more, retries of events.
//
// It is safe for concurrent use; invocations wait for each other.
type function struct {
	life context.Context
	o    functionOptions

	mu      sync.Mutex
	running *process // nil before the first invocation, and after Close
	starts  int
}

// newFunction returns the function. Its process starts with the first invocation, and is killed by [function.Close], or when
// ctx ends.
func newFunction(ctx context.Context, o functionOptions) *function {
	o.Name = cmp.Or(o.Name, "function")
	o.Timeout = cmp.Or(o.Timeout, 3*time.Second)
	o.MemoryMB = cmp.Or(o.MemoryMB, 128)
	return &function{life: ctx, o: o}
}

// Invoke hands an event over and returns the function's answer. The error is a [*functionError] when the function
// reports one, an [*exitError] when its process ended without an answer, [errTimeout] when it was killed at its
// deadline. When ctx ends first, the process is killed at once, at whatever it was doing, and the error is ctx's.
func (f *function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		fresh, err := f.ensure()
		if err != nil {
			return nil, err
		}
		in, err := f.running.handOver(ctx, event, f.o)
		if gone := (*exitError)(nil); errors.As(err, &gone) && !fresh {
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
func (f *function) ensure() (fresh bool, err error) {
	if f.running != nil && !f.running.over() {
		return false, nil
	}
	p, err := startProcess(f.life, f.o)
	if err != nil {
		return false, err
	}
	f.running = p
	f.starts++
	return true, nil
}

// Starts returns how many processes were started so far.
func (f *function) Starts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.starts
}

// Close kills the process, if there is one, and waits until it has ended. A later invocation starts another.
func (f *function) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running != nil {
		f.running.kill()
		f.running = nil
	}
}

// errTimeout says that the invocation's time was over, and that the process was killed for it.
var errTimeout = errors.New("the time is over: the process was killed")

// functionError is an error that the function itself reported: one that its handler returned, a panic, or a failed
// initialization. Lambda gives it to whoever invoked the function.
type functionError struct {
	// Type is the name of the error's Go type, such as "errorString".
	Type string `json:"errorType"`
	// Message is the error's text.
	Message string `json:"errorMessage"`
	// Stack has an element for each frame of a panic, and none for a returned error.
	Stack []frame `json:"stackTrace"`
	// Init is set when the function failed before it asked for an event.
	Init bool `json:"-"`
}

// frame is one call of a panic's stack.
type frame struct {
	Path  string `json:"path"`
	Line  int    `json:"line"`
	Label string `json:"label"`
}

// Error returns type and text.
func (e *functionError) Error() string {
	if e.Init {
		return "initialization failed: " + e.Type + ": " + e.Message
	}
	return e.Type + ": " + e.Message
}

// exitError says that the process ended without an answer.
type exitError struct {
	// Code is the process's exit code, -1 when a signal ended it.
	Code int
	// State is how the operating system calls the end, such as "exit status 1" or "signal: killed".
	State string
	// Output is the end of what the process wrote.
	Output string
	// Init is set when it ended before it asked for an event.
	Init bool
}

// Error returns how the process ended, and what it wrote last.
func (e *exitError) Error() string {
	return fmt.Sprintf("the process ended without an answer: %s: %s", e.State, e.Output)
}

// tailSize is how much of the output an [exitError] shows.
const tailSize = 4 << 10

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	t.kept = bytes.Clone(t.kept[max(0, len(t.kept)-tailSize):])
	return len(p), nil
}
