package report

import (
	"fmt"
	"time"
)

// Event is one transition of a job or a file. Events are only ever appended.
type Event struct {
	At      time.Time `json:"at"`
	From    string    `json:"from,omitempty"`
	To      string    `json:"to"`
	Why     string    `json:"why,omitempty"`
	Attempt int       `json:"attempt,omitempty"`
}

// TransitionError says that a state machine does not allow a step. It is a bug in the caller, or news that
// somebody else moved the thing first.
type TransitionError struct {
	What     string // "job hotel-000017"
	From, To string
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("%s cannot go from %s to %s", e.What, e.From, e.To)
}
