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

// Timeline is what happened to a job or a file.
type Timeline struct {
	// History is the first and the latest events; LeftOut counts those between them that are no longer kept.
	History []Event `json:"history,omitempty"`
	LeftOut int     `json:"history_left_out,omitempty"`
}

// add appends an event. It never changes the events that are there, which the caller may still compare with.
func (t *Timeline) add(e Event) {
	if len(e.Why) > longestWhy {
		e.Why = strings.ToValidUTF8(e.Why[:longestWhy], "") + "…"
	}
	t.History = append(t.History, e)
	if over := len(t.History) - FirstEvents - lastEvents; over > 0 {
		t.History = slices.Concat(t.History[:FirstEvents], t.History[FirstEvents+over:])
		t.LeftOut += over
	}
}

// Events counts all events, those that were left out too.
func (t *Timeline) Events() int { return len(t.History) + t.LeftOut }

// TransitionError says that a state machine does not allow a step. It is a bug in the caller, or news that
// somebody else moved the thing first.
type TransitionError struct {
	What     string // "job hotel-000017"
	From, To string
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("%s cannot go from %s to %s", e.What, e.From, e.To)
}

// FileChange is what the ledger's change stream tells of one record.
type FileChange struct {
	// Sequence names the change in its stream. A function that answers it is given the change again.
	Sequence string
	// Key is the key of the file, empty for a record of something else.
	Key string
	// File is the file as the change left it; nil for a record of something else, and for a file that was removed.
	File *File
	// Err says why the change cannot be read; nil for one that can. Its kind is Poison, and it quotes no value.
	Err error
}
