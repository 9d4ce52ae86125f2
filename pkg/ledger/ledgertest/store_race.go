package ledgertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

const (
	workers = 8
	rounds  = 10
)

// increments: many workers read, add one, and write on the condition that no other was faster.
func increments(t *testing.T, s ledger.Store) {
	k := key("COUNTER", "META")
	write(t, s, put(record(k, `{"n":0}`), 0))
	group, ctx := errgroup.WithContext(t.Context())
	for worker := range workers {
		group.Go(func() error {
			for range rounds {
				if err := untilDone(ctx, func() error { return increment(ctx, s, worker, k) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := count(t, present(t, s, k)); got != workers*rounds {
		t.Fatalf("counted %d, want %d", got, workers*rounds)
	}
}

// transactions: as increments, but each adds one to its own record and to two that all share.
func transactions(t *testing.T, s ledger.Store) {
	shared := []ledger.Key{key("COUNTER#1", "META"), key("COUNTER#2", "META")}
	for _, k := range shared {
		write(t, s, put(record(k, `{"n":0}`), 0))
	}
	group, ctx := errgroup.WithContext(t.Context())
	for worker := range workers {
		own := key(fmt.Sprintf("COUNTER#own%d", worker), "META")
		write(t, s, put(record(own, `{"n":0}`), 0))
		group.Go(func() error {
			for range rounds {
				err := untilDone(ctx, func() error { return increment(ctx, s, worker, shared[0], own, shared[1]) })
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, k := range shared {
		if got := count(t, present(t, s, k)); got != workers*rounds {
			t.Errorf("%s counted %d, want %d", k, got, workers*rounds)
		}
	}
	if got := count(t, present(t, s, key("COUNTER#own3", "META"))); got != rounds {
		t.Errorf("a worker's own record counted %d, want %d", got, rounds)
	}
}

// increment adds one to each record. The writer's name keeps two workers' writes from being the same write.
func increment(ctx context.Context, s ledger.Store, worker int, keys ...ledger.Key) error {
	records, err := s.Get(ctx, keys...)
	if err != nil {
		return err
	}
	var mutations []ledger.Mutation
	for _, k := range keys {
		var doc struct{ N int }
		if err := json.Unmarshal(records[k].Doc, &doc); err != nil {
			return err
		}
		mutations = append(mutations,
			put(record(k, fmt.Sprintf(`{"n":%d,"worker":%d}`, doc.N+1, worker)), records[k].Version))
	}
	return s.Write(ctx, mutations...)
}

func untilDone(ctx context.Context, try func() error) error {
	for {
		err := try()
		if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Transient) {
			return err
		}
		var conflict *ledger.ConflictError
		if fault.Is(err, fault.Conflict) && !errors.As(err, &conflict) {
			return fmt.Errorf("a conflict that is not a ConflictError: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

func count(t *testing.T, r ledger.Record) int {
	t.Helper()
	var doc struct{ N int }
	if err := json.Unmarshal(r.Doc, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.N
}
