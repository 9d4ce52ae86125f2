// Package review is what waits for a person: reports that are held because they would shrink a published day, files that are
// quarantined because they cannot be loaded, and messages about what failed for good. It lists all of it as entries of one form,
// and does what a person decides about them.
package review

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Kind is what waits.
type Kind string

// The kinds.
const (
	Held        Kind = "held"
	Quarantined Kind = "quarantined"
	DeadLetters Kind = "dead-letters"
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{Held, Quarantined, DeadLetters} }

// Verb is what a person may decide.
type Verb string

// The verbs. Accept publishes a held report. Replay loads a file again, or has deliveries that failed for good loaded again. Drop
// forgets a held report, deletes a quarantined file, or deletes messages.
const (
	Accept Verb = "accept"
	Replay Verb = "replay"
	Drop   Verb = "drop"
)

// Entry is one thing that waits.
type Entry struct {
	Kind Kind `json:"kind"`
	// Key names it for the verbs: SUBSCRIPTION/TABLE/DATE for a held report, the file's key, or the queue of the messages.
	Key   string    `json:"key"`
	Since time.Time `json:"since,omitzero"`
	// Until is when it goes without a decision; zero for what stays.
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason"`
	Verbs  []Verb    `json:"verbs"`
}

// Ledger is what is read of the ledger, and changed.
type Ledger interface {
	Subscriptions(ctx context.Context) ([]report.Subscription, error)
	Snapshot(ctx context.Context, name string) (report.Snapshot, error)
	Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error)
	File(ctx context.Context, key string) (report.File, error)
	Files(ctx context.Context) iter.Seq2[report.File, error]
	UpdateFile(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error)
}

// Holds carries out decisions about held reports; see [ingester.Holds].
//
// [ingester.Holds]: https://pkg.go.dev/github.com/bellhop-asp/bellhop/pkg/ingester#Holds
type Holds interface {
	Accept(ctx context.Context, subscription, table string, d report.Date, held time.Time) (report.Partition, error)
	Drop(ctx context.Context, subscription, table string, d report.Date, held time.Time) (report.Partition, error)
}

// List returns what waits, in the order of the kinds, and of each kind what goes first first. In is nil where there is no stack,
// and so no messages.
func List(ctx context.Context, l Ledger, in *stack.Installation, kinds ...Kind) ([]Entry, error) {
	entries := []Entry{}
	for _, kind := range kinds {
		var found []Entry
		var err error
		switch kind {
		case Held:
			var days []HeldDay
			days, err = HeldDays(ctx, l)
			found = Entries(days)
		case Quarantined:
			var files []QuarantinedFile
			files, err = QuarantinedFiles(ctx, l)
			found = Entries(files)
		case DeadLetters:
			found, err = deadLetterEntries(ctx, in)
		default:
			return nil, fmt.Errorf("there is no kind %q", kind)
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
	}
	return entries, nil
}

// Entries describes held days or quarantined files as entries.
func Entries[T interface{ Entry() Entry }](items []T) []Entry {
	entries := make([]Entry, len(items))
	for i, item := range items {
		entries[i] = item.Entry()
	}
	return entries
}

// sample is of how many messages an entry tells what they are about.
const sample = 3

func deadLetterEntries(ctx context.Context, in *stack.Installation) ([]Entry, error) {
	if in == nil {
		return nil, nil
	}
	given, err := Messages(ctx, in, sample, stack.DeadLetterQueues()...)
	return given.Entries(), err
}

// Entries describes each queue that has messages: since when the oldest known one waits, and what they are about.
func (g GivenUp) Entries() []Entry {
	var entries []Entry
	for _, name := range stack.DeadLetterQueues() {
		if g.Counts[name] == 0 {
			continue
		}
		e := Entry{Kind: DeadLetters, Key: name, Verbs: []Verb{Drop}}
		if name == stack.Deliveries {
			e.Verbs = []Verb{Replay, Drop}
		}
		var about []string
		for _, m := range g.Letters {
			if m.Queue == name {
				about = append(about, strings.Join(m.What, ", "))
				if e.Since.IsZero() || m.SentAt.Before(e.Since) {
					e.Since = m.SentAt
				}
			}
		}
		e.Reason = fmt.Sprintf("about %d that failed for good", g.Counts[name])
		if len(about) > 0 {
			e.Reason += ", such as " + strings.Join(slices.Compact(about), "; ")
		}
		entries = append(entries, e)
	}
	return entries
}

// GivenUp is what failed for good: about how many messages each queue has, and some of them.
type GivenUp struct {
	Counts  map[string]int  `json:"counts"`
	Letters []stack.Message `json:"letters"`
}

// Messages returns how many messages the queues have, and at most so many of each.
func Messages(ctx context.Context, in *stack.Installation, most int, queues ...string) (GivenUp, error) {
	all := GivenUp{Counts: map[string]int{}, Letters: []stack.Message{}}
	for _, name := range queues {
		queue, err := in.DeadLetters(name)
		if err != nil {
			return all, err
		}
		if all.Counts[name], err = queue.Count(ctx); err != nil {
			return all, err
		}
		letters, err := queue.Peek(ctx, most)
		if err != nil {
			return all, err
		}
		all.Letters = append(all.Letters, letters...)
	}
	return all, nil
}
