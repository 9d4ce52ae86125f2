package cost

import (
	"context"
	"iter"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/dynamo"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
)

// Ledger counts the calls of any ledger as those that dynamostore would make, and derives DynamoDB's request units from the
// sizes of the items: "Read and write operations" in its developer guide.
//
// Reads are strongly consistent, a unit for each 4 KB, but for the list of due work, which costs half. A single write
// costs a unit for each KB of the larger of the item before and after, and one in a transaction twice that, checks included.
// An entry of the due index costs a unit to write and a unit to remove. A write that is refused costs the same, but nothing of
// the index. What DynamoDB does not write down is taken for the dearer: a check counts as writing the item, and a
// transaction that fails as one that does not.
//
// Not seen from here, and not counted: the read by which dynamostore finds out, rarely, whether a refused write had gone
// through before, and what a Scan leaves out of its answer. No function scans.
type Ledger struct{ ledger.Store }

var _ ledger.Store = Ledger{}

const (
	readUnit  = 4096
	writeUnit = 1024
)

// units returns how many units of a size bytes take: one at least.
func units(bytes, size int) float64 { return float64(max(1, (bytes+size-1)/size)) }

func countRead(ctx context.Context, operation string, n float64) {
	MeterOf(ctx).Add(Work{Calls: map[string]int64{"DynamoDB " + operation: 1}, ReadUnits: n})
}

// sizeOf returns the bytes of the items of records.
func sizeOf(records ...ledger.Record) (total int) {
	for _, r := range records {
		item, err := dynamostore.EncodeImage(r)
		if err != nil {
			// DynamoDB would not take it either; the other adapter may.
			total += len(r.PK) + len(r.SK) + len(r.Doc)
			continue
		}
		total += dynamo.Size(item)
	}
	return total
}

// Get is a GetItem, or a BatchGetItem, in which each item is rounded up on its own. An item that does not exist costs a unit.
func (s Ledger) Get(ctx context.Context, keys ...ledger.Key) (map[ledger.Key]ledger.Record, error) {
	found, err := s.Store.Get(ctx, keys...)
	asked, n := map[ledger.Key]bool{}, 0.0
	for _, k := range keys {
		if !asked[k] {
			asked[k] = true
			n += units(sizeOf(found[k]), readUnit)
		}
	}
	switch len(asked) {
	case 0:
	case 1:
		countRead(ctx, "GetItem", n)
	default:
		countRead(ctx, "BatchGetItem", n)
	}
	return found, err
}

// Query is a Query, which is rounded up as a whole.
func (s Ledger) Query(ctx context.Context, pk, prefix string) ([]ledger.Record, error) {
	found, err := s.Store.Query(ctx, pk, prefix)
	countRead(ctx, "Query", units(sizeOf(found...), readUnit))
	return found, err
}

// Between is a Query; for bounds in the wrong order nothing is sent.
func (s Ledger) Between(ctx context.Context, pk, first, last string) ([]ledger.Record, error) {
	found, err := s.Store.Between(ctx, pk, first, last)
	if last != "" && first <= last {
		countRead(ctx, "Query", units(sizeOf(found...), readUnit))
	}
	return found, err
}

// Due is a Query of the index, eventually consistent. An entry has the attributes pk, sk, due_pk ("DUE#" and the queue) and
// due_at.
func (s Ledger) Due(ctx context.Context, queue ledger.DueQueue, now time.Time, limit int) ([]ledger.Key, error) {
	found, err := s.Store.Due(ctx, queue, now, limit)
	if limit > 0 {
		total := 0
		for _, k := range found {
			total += len("pk"+"sk"+"due_pk"+"due_at"+"DUE#"+"2006-01-02T15:04:05.000000000Z") + len(k.PK) + len(k.SK) + len(queue)
		}
		countRead(ctx, "Query", units(total, readUnit)/2)
	}
	return found, err
}

// Scan is a Scan, of which only what it yields is seen.
func (s Ledger) Scan(ctx context.Context, prefix string) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		total := 0
		defer func() { countRead(ctx, "Scan", units(total, readUnit)) }()
		for r, err := range s.Store.Scan(ctx, prefix) {
			total += sizeOf(r)
			if !yield(r, err) {
				return
			}
		}
	}
}

// Write is a PutItem or DeleteItem for one mutation, and a TransactWriteItems otherwise. The records are read before,
// uncounted: what a write costs depends on what it replaces.
func (s Ledger) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	before := s.replaced(ctx, mutations)
	err := s.Store.Write(ctx, mutations...)
	operation, factor := "TransactWriteItems", 2.0
	if len(mutations) == 1 && mutations[0].Op != ledger.OpCheck {
		operation, factor = "PutItem", 1
		if mutations[0].Op == ledger.OpDelete {
			operation = "DeleteItem"
		}
	}
	w := Work{Calls: map[string]int64{"DynamoDB " + operation: 1}}
	for _, m := range mutations {
		old, fresh := before[m.Record.Key], ledger.Record{}
		if m.Op == ledger.OpPut {
			fresh = m.Record
		}
		larger := sizeOf(old)
		if m.Op == ledger.OpPut {
			larger = max(larger, sizeOf(fresh))
		}
		w.WriteUnits += factor * units(larger, writeUnit)
		if err == nil && m.Op != ledger.OpCheck {
			w.WriteUnits += indexUnits(old, fresh)
		}
	}
	MeterOf(ctx).Add(w)
	return err
}

// replaced returns the records as they are before a write. When they cannot be had, a write counts as one of new records.
func (s Ledger) replaced(ctx context.Context, mutations []ledger.Mutation) map[ledger.Key]ledger.Record {
	var keys []ledger.Key
	for _, m := range mutations {
		if m.Expect > 0 {
			keys = append(keys, m.Record.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	before, err := s.Store.Get(ctx, keys...)
	if err != nil {
		return nil
	}
	return before
}

// indexUnits returns what a change costs in the due index, whose entries hold keys only: an entry that stays costs nothing.
func indexUnits(old, fresh ledger.Record) (n float64) {
	if old.Queue == fresh.Queue && old.DueAt.Equal(fresh.DueAt) {
		return 0
	}
	for _, r := range []ledger.Record{old, fresh} {
		if !r.DueAt.IsZero() {
			n++
		}
	}
	return n
}
