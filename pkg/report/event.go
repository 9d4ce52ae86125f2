package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Event is one transition of a job or a file.
type Event struct {
	At      time.Time `json:"at"`
	From    string    `json:"from,omitempty"`
	To      string    `json:"to"`
	Why     string    `json:"why,omitempty"`
	Attempt int       `json:"attempt,omitempty"`
}

// A history is kept in the record that it tells of, and a record of the ledger holds 400 KB at most. So the events in the
// middle of a long one are left out, and long reasons are cut.
const (
	FirstEvents = 10
	lastEvents  = 50
	longestWhy  = 500
)

// remember appends an event to a history of which some events may have been left out already. It never changes the events of
// the partition that it is given, which the caller may still compare with.
func remember(history []Event, leftOut int, e Event) ([]Event, int) {
	if len(e.Why) > longestWhy {
		e.Why = strings.ToValidUTF8(e.Why[:longestWhy], "") + "…"
	}
	history = append(history, e)
	if over := len(history) - FirstEvents - lastEvents; over > 0 {
		history = slices.Concat(history[:FirstEvents], history[FirstEvents+over:])
		leftOut += over
	}
	return history, leftOut
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
