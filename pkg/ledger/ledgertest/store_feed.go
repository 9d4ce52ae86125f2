package ledgertest

import (
	"encoding/json"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// RunFeed is the suite of a change feed: that it carries every committed write, with the record before and after, in
// the order of each record's writes. newFeed returns an empty store and read, which returns all changes so far, once
// there are at least n.
func RunFeed(t *testing.T, newFeed func(t *testing.T) (s ledger.Store, read func(t *testing.T, n int) []ledger.Change)) {
	t.Helper()
	s, read := newFeed(t)
	job, file := key("JOB#1", "META"), key("FILE#ü", "META")
	created := dueRecord(job, ledger.JobQueue, noon)
	created.Doc = json.RawMessage(`{"due_at":"2026-11-01T12:00:00Z","n":12345678901234567890123456789012345678,"x":0.000001,"s":"","l":[],"o":{"é":null}}`)
	moved := dueRecord(job, ledger.JobQueue, noon.Add(1))
	finished := record(job, `{"status":"LOADED","text":"日本 \u0000 <&>"}`)
	expected, loaded := record(file, `{"status":"EXPECTED"}`), record(file, `{"status":"LOADED"}`)

	write(t, s, put(created, 0))
	write(t, s, put(moved, 1), put(expected, 0), demand(key("SUB#hotel", "META"), 0))
	write(t, s, put(moved, 1), put(expected, 0)) // sent again: no change
	conflict(t, s, put(finished, 1))             // nor is this one
	write(t, s, put(finished, 2), put(loaded, 1))
	write(t, s, remove(job, 3))
	write(t, s, put(created, 0))

	type step struct {
		old, new   *ledger.Record
		was, after int64
	}
	wanted := map[ledger.Key][]step{
		job: {
			{new: &created, after: 1},
			{old: &created, was: 1, new: &moved, after: 2},
			{old: &moved, was: 2, new: &finished, after: 3},
			{old: &finished, was: 3},
			{new: &created, after: 1},
		},
		file: {{new: &expected, after: 1}, {old: &expected, was: 1, new: &loaded, after: 2}},
	}
	changes := read(t, 7)
	if len(changes) != 7 {
		t.Fatalf("the feed has %d changes, want 7", len(changes))
	}
	seen, last := map[ledger.Key]int{}, map[ledger.Key]ledger.Change{}
	for _, c := range changes {
		n := seen[c.Key]
		seen[c.Key]++
		if n >= len(wanted[c.Key]) {
			t.Fatalf("one change too many of %s", c.Key)
		}
		step := wanted[c.Key][n]
		wantImage(t, c.Old, step.old, step.was)
		wantImage(t, c.New, step.new, step.after)
		if before := last[c.Key]; n > 0 && (!longer(c.Sequence, before.Sequence) || c.At.Before(before.At)) {
			t.Errorf("change %d of %s is %s at %s, after %s at %s", n, c.Key, c.Sequence, c.At, before.Sequence, before.At)
		}
		last[c.Key] = c
	}
}

// longer compares sequence numbers, which are decimal, and of any length at AWS.
func longer(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

func wantImage(t *testing.T, got, wrote *ledger.Record, version int64) {
	t.Helper()
	switch {
	case wrote == nil && got == nil:
	case wrote == nil || got == nil:
		t.Fatalf("an image is %v, want %v", got, wrote)
	default:
		want(t, *got, *wrote, version)
	}
}
