package bench_test

import (
	"context"
	"iter"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// work is what was asked of a ledger's store.
type work struct {
	calls, read, written int
	// units are DynamoDB's capacity units, read and written together; 0 where there are none.
	units float64
}

func (w work) minus(before work) work {
	return work{w.calls - before.calls, w.read - before.read, w.written - before.written, w.units - before.units}
}

// countedStore counts what is asked of a store. It is for one goroutine.
type countedStore struct {
	ledger.Store
	done work
	// units tells the capacity units so far; nil where there are none.
	units func() float64
}

func (s *countedStore) sofar() work {
	w := s.done
	if s.units != nil {
		w.units = s.units()
	}
	return w
}

func (s *countedStore) add(read, written int) {
	s.done.calls++
	s.done.read += read
	s.done.written += written
}

func (s *countedStore) Get(ctx context.Context, keys ...ledger.Key) (map[ledger.Key]ledger.Record, error) {
	found, err := s.Store.Get(ctx, keys...)
	s.add(len(found), 0)
	return found, err
}

func (s *countedStore) Query(ctx context.Context, pk, prefix string) ([]ledger.Record, error) {
	found, err := s.Store.Query(ctx, pk, prefix)
	s.add(len(found), 0)
	return found, err
}

func (s *countedStore) Between(ctx context.Context, pk, first, last string) ([]ledger.Record, error) {
	found, err := s.Store.Between(ctx, pk, first, last)
	s.add(len(found), 0)
	return found, err
}

func (s *countedStore) Due(ctx context.Context, queue ledger.DueQueue, now time.Time, limit int) ([]ledger.Key, error) {
	found, err := s.Store.Due(ctx, queue, now, limit)
	s.add(len(found), 0)
	return found, err
}

func (s *countedStore) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	s.add(0, len(mutations))
	return s.Store.Write(ctx, mutations...)
}

func (s *countedStore) Scan(ctx context.Context, prefix string) iter.Seq2[ledger.Record, error] {
	s.done.calls++
	return func(yield func(ledger.Record, error) bool) {
		for r, err := range s.Store.Scan(ctx, prefix) {
			s.done.read++
			if !yield(r, err) {
				return
			}
		}
	}
}
