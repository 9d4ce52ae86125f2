package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Key names a record: a partition and a place in it.
type Key struct {
	PK string
	SK string
}

func (k Key) String() string { return k.PK + "/" + k.SK }

// DueQueue is one kind of due work. Records of different due queues never appear in the same due list.
type DueQueue string

// The due queues.
const (
	JobQueue  DueQueue = "JOB"
	FileQueue DueQueue = "FILE"
	// SubscriptionQueue is of the subscriptions that are to be planned.
	SubscriptionQueue DueQueue = "SUB"
)

// Record is one item of the ledger. Records are replaced whole, each time under the next version.
type Record struct {
	Key
	// Version is 1 for a new record and grows by one with each write.
	Version int64
	// Queue and DueAt put the record on the list of due work. A zero DueAt keeps it off: the index is sparse.
	Queue DueQueue
	DueAt time.Time
	// Doc is a JSON object: the type of package report that the record holds.
	Doc json.RawMessage
	// ForgetAt is from when on the store may remove the record, at some time or never; zero keeps it. It is for
	// the store alone: what is read of a record has none.
	ForgetAt time.Time
}

// Mutation is one part of a [Store.Write].
type Mutation struct {
	// Record is written with the version Expect+1. Its own Version is ignored.
	Record Record
	// Expect is the version that the record must have now; 0 means that it must not exist.
	Expect int64
	Op     Op
}

// Op is what a mutation does.
type Op int

// The operations. OpPut is the zero value.
const (
	OpPut    Op = iota // write the record
	OpDelete           // remove it; only Key is used
	OpCheck            // only demand that it has the expected version; only Key is used
)

// leavesTrace reports whether one can see afterwards that the mutation was done. To delete what is not there is only a check.
func (m Mutation) leavesTrace() bool { return m.Op == OpPut || m.Op == OpDelete && m.Expect > 0 }

// done reports whether a record that left a trace is now as the mutation was to leave it. Stores may spell numbers their own
// way (1E2 for 100), so documents are compared by what they say. When a record is to be forgotten is for the store alone.
func (m Mutation) done(now Record) bool {
	if m.Op == OpDelete {
		return now.Version == 0
	}
	want := m.Record
	if now.Key != want.Key || now.Version != m.Expect+1 || now.Queue != want.Queue || !now.DueAt.Equal(want.DueAt) {
		return false
	}
	var a, b any
	return json.Unmarshal(now.Doc, &a) == nil && json.Unmarshal(want.Doc, &b) == nil && reflect.DeepEqual(a, b)
}

// SentAgain reports whether a write that did not go through was done before, and its answer lost: every record that it puts
// is there as it was to be, and every record that it deletes is gone. Its checks may have changed since, unless it only
// deletes: then nothing proves that it was done. The mutations are as the store keeps them, and current holds the present
// records by key, with Version 0 for one that does not exist.
//
// A store that was not told about every record leaves out what it does not know. Then open are the keys that decide: the
// store reads them, and asks again.
func SentAgain(mutations []Mutation, current map[Key]Record) (done bool, open []Key) {
	puts, deletes, checkFailed := 0, 0, false
	for _, m := range mutations {
		now, told := current[m.Record.Key]
		switch {
		case !m.leavesTrace():
			checkFailed = checkFailed || told && now.Version != m.Expect
			continue
		case !told:
			open = append(open, m.Record.Key)
		case !m.done(now):
			return false, nil
		}
		if m.Op == OpPut {
			puts++
		} else {
			deletes++
		}
	}
	if puts == 0 && (deletes == 0 || checkFailed) || len(open) == puts+deletes {
		return false, nil
	}
	return len(open) == 0, open
}

// MaxMutations is how many mutations one [Store.Write] takes: the limit of a DynamoDB transaction.
const MaxMutations = 100

// CheckMutations refuses, as Internal, what no [Store] takes in one write: no mutation or more than [MaxMutations], a key that
// comes twice, and a version below 0.
func CheckMutations(mutations []Mutation) error {
	if n := len(mutations); n == 0 || n > MaxMutations {
		return fault.New(fault.Internal, "%d mutations; 1 to %d are allowed", n, MaxMutations)
	}
	seen := make(map[Key]bool, len(mutations))
	for _, m := range mutations {
		if seen[m.Record.Key] {
			return fault.New(fault.Internal, "record %s is in it twice", m.Record.Key)
		}
		seen[m.Record.Key] = true
		if m.Expect < 0 {
			return fault.New(fault.Internal, "record %s cannot have version %d", m.Record.Key, m.Expect)
		}
	}
	return nil
}

// ConflictError says that records did not have the expected versions, so that nothing was written. Its kind is
// fault.Conflict.
type ConflictError struct {
	// Current holds the present record of each mutation that failed, by key; a record that does not exist has
	// Version 0. A mutation that failed only because another transaction was under way is not in it.
	Current map[Key]Record
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%d ledger records have changed meanwhile", max(1, len(e.Current)))
}

// Change is one committed write of one record, as the change feed carries it.
type Change struct {
	// Sequence orders the changes of one record.
	Sequence string
	At       time.Time
	Key      Key
	// Old and New are the record before and after; nil for one that did not exist.
	Old, New *Record
}

// Store keeps records. Every adapter passes the suite in package ledgertest.
//
// Errors are of kind Transient when the same call may succeed later, and Internal otherwise, but where a method
// says more. Every method is safe for concurrent use.
type Store interface {
	// Get returns the records of the given keys that exist, by key, consistently: every write that was
	// acknowledged before is seen. Up to 100 keys, in one call to the server.
	Get(ctx context.Context, keys ...Key) (map[Key]Record, error)

	// Query returns the records of a partition whose place begins with prefix, in order of place,
	// consistently and completely.
	Query(ctx context.Context, pk, prefix string) ([]Record, error)

	// Between is Query for the places from first to last, both included.
	Between(ctx context.Context, pk, first, last string) ([]Record, error)

	// Due returns the keys of up to limit records of a due queue that are due at now, the longest overdue first. The
	// list may lag behind the records: the caller reads each record and looks again.
	Due(ctx context.Context, lane DueQueue, now time.Time, limit int) ([]Key, error)

	// Write applies all mutations or none, at most [MaxMutations], each key once. When a version is not as
	// expected the error is a *[ConflictError] of kind Conflict. A write whose answer was lost and that is
	// sent again unchanged succeeds: the record is already as it was to be.
	Write(ctx context.Context, mutations ...Mutation) error

	// Scan yields every record whose partition begins with prefix, in no order, reading the whole table: for
	// people and reports, never on the way of the data. After an error it ends.
	Scan(ctx context.Context, prefix string) iter.Seq2[Record, error]
}
