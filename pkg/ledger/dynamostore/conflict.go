package dynamostore

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// state is what a failed write told about one of its records.
type state int

const (
	unknown  state = iota // nothing
	mismatch              // it does not have the expected version
)

// finding is what a failed write told about one of its records; item is the record as it is now, nil for none.
type finding struct {
	state state
	item  map[string]types.AttributeValue
}

// judge decides what a write that did not go through means: nil when it had gone through before, else a conflict
// with the records as they are now.
func (s *Store) judge(ctx context.Context, writes []write, findings []finding) error {
	again, err := s.sentAgain(ctx, writes, findings)
	if again || err != nil {
		return err
	}
	conflict := &ledger.ConflictError{Current: map[ledger.Key]ledger.Record{}}
	for i, f := range findings {
		if f.state != mismatch {
			continue
		}
		key := writes[i].Record.Key
		conflict.Current[key] = ledger.Record{Key: key}
		if len(f.item) > 0 {
			if conflict.Current[key], err = stored(f.item); err != nil {
				return err
			}
		}
	}
	return fault.As(fault.Conflict, conflict)
}

// sentAgain reports whether the write was done before: every put is there as it was to be, every delete is gone.
func (s *Store) sentAgain(ctx context.Context, writes []write, findings []finding) (bool, error) {
	puts, deletes, checkFailed := 0, 0, false
	var open []write
	for i, w := range writes {
		if !w.leavesTrace() {
			checkFailed = checkFailed || findings[i].state == mismatch
			continue
		}
		if w.Op == ledger.OpPut {
			puts++
		} else {
			deletes++
		}
		switch {
		case findings[i].state == unknown:
			open = append(open, w)
		case !w.done(findings[i].item):
			return false, nil
		}
	}
	if puts == 0 && (deletes == 0 || checkFailed) || len(open) == puts+deletes {
		return false, nil
	}
	// Some records are as they were to be, and of others the answer says nothing: only a look at them can tell.
	return s.allDone(ctx, open)
}

func (s *Store) allDone(ctx context.Context, writes []write) (bool, error) {
	keys := make([]ledger.Key, len(writes))
	for i, w := range writes {
		keys[i] = w.Record.Key
	}
	current, err := s.Get(ctx, keys...)
	if err != nil {
		return false, err
	}
	for _, w := range writes {
		var item map[string]types.AttributeValue
		if r, ok := current[w.Record.Key]; ok {
			if item, err = EncodeImage(r); err != nil {
				return false, err
			}
		}
		if !w.done(item) {
			return false, nil
		}
	}
	return true, nil
}

// leavesTrace reports whether one can see afterwards that the mutation was done. Deleting what is not there is only
// a check.
func (w write) leavesTrace() bool {
	return w.Op == ledger.OpPut || w.Op == ledger.OpDelete && w.Expect > 0
}

// done reports whether the record, now item, is as the mutation was to leave it.
func (w write) done(item map[string]types.AttributeValue) bool {
	if w.Op == ledger.OpDelete {
		return len(item) == 0
	}
	// When a record is to be forgotten is for the table alone: what was read of it does not say.
	return sameItem(remembered(item), remembered(w.item))
}

func remembered(item map[string]types.AttributeValue) map[string]types.AttributeValue {
	rest := maps.Clone(item)
	delete(rest, AttrForgetAt)
	return rest
}
