package dynamostore

import (
	"context"
	"maps"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// judge decides what a write means that did not go through: nil when it had gone through before, else a conflict with the
// records as they are now. Found are the records that did not have the expected version, of which one that does not exist
// has Version 0; DynamoDB does not always tell of all.
func (s *Store) judge(ctx context.Context, writes []write, found map[ledger.Key]ledger.Record) error {
	mutations := make([]ledger.Mutation, len(writes))
	for i, w := range writes {
		mutations[i] = w.Mutation
		if w.Op != ledger.OpPut {
			continue
		}
		kept, err := DecodeImage(w.item)
		if err != nil {
			return err
		}
		mutations[i].Record = kept
	}
	done, open := ledger.SentAgain(mutations, found)
	if len(open) > 0 {
		read, err := s.Get(ctx, open...)
		if err != nil {
			return err
		}
		told := maps.Clone(found)
		for _, key := range open {
			told[key] = read[key]
		}
		done, _ = ledger.SentAgain(mutations, told)
	}
	if done {
		return nil
	}
	return fault.As(fault.Conflict, &ledger.ConflictError{Current: found})
}
