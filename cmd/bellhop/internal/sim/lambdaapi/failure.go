package lambdaapi

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrTimeout says that the invocation's time was over, and that the process was killed for it.
var ErrTimeout = errors.New("the time is over: the process was killed")

// FunctionError is an error that the function itself reported: one that its handler returned, a panic, or a failed
// initialization. Lambda gives it to whoever invoked the function.
type FunctionError struct {
	// Type is the name of the error's Go type, such as "errorString".
	Type string `json:"errorType"`
	// Message is the error's text.
	Message string `json:"errorMessage"`
	// Stack has an element for each frame of a panic, and none for a returned error.
	Stack []Frame `json:"stackTrace"`
	// Init is set when the function failed before it asked for an event.
	Init bool `json:"-"`
}

// Frame is one call of a panic's stack.
type Frame struct {
	Path  string `json:"path"`
	Line  int    `json:"line"`
	Label string `json:"label"`
}

// Error returns type and text.
func (e *FunctionError) Error() string {
	if e.Init {
		return "initialization failed: " + e.Type + ": " + e.Message
	}
	return e.Type + ": " + e.Message
}

// ExitError says that the process ended without an answer.
type ExitError struct {
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
func (e *ExitError) Error() string {
	return fmt.Sprintf("the process ended without an answer: %s: %s", e.State, e.Output)
}

// tailSize is how much of the output an [ExitError] shows.
const tailSize = 4 << 10

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	t.kept = bytes.Clone(t.kept[max(0, len(t.kept)-tailSize):])
	return len(p), nil
}
