package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"
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
	// ForgetAt is from when on the store may remove the record by itself, some time or never; zero keeps it. It is for
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

// MaxMutations is how many mutations one [Store.Write] takes: the limit of a DynamoDB transaction.
const MaxMutations = 100

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
