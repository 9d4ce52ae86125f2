package cost_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

var monday = time.Date(2026, time.November, 16, 6, 0, 0, 0, time.UTC)

// record is a record of about so many kilobytes, a little less.
func record(name string, kilobytes int, due time.Time) ledger.Record {
	doc, err := json.Marshal(map[string]string{"text": strings.Repeat("x", max(0, kilobytes*1024-200))})
	if err != nil {
		panic(err)
	}
	r := ledger.Record{Key: ledger.Key{PK: "FILE#" + name, SK: "META"}, Doc: doc, DueAt: due}
	if !due.IsZero() {
		r.Queue = ledger.FileQueue
	}
	return r
}

func write(r ledger.Record, expect int64) ledger.Mutation {
	return ledger.Mutation{Record: r, Expect: expect}
}

// step is one call, with the request units that DynamoDB's documentation asks for it, worked out by hand.
type step struct {
	name  string
	call  func(ctx context.Context, s ledger.Store) error
	want  string // operation, read units, write units
	fails bool
}

func writes(mutations ...ledger.Mutation) func(context.Context, ledger.Store) error {
	return func(ctx context.Context, s ledger.Store) error { return s.Write(ctx, mutations...) }
}

func gets(names ...string) func(context.Context, ledger.Store) error {
	return func(ctx context.Context, s ledger.Store) error {
		var keys []ledger.Key
		for _, n := range names {
			keys = append(keys, ledger.Key{PK: "FILE#" + n, SK: "META"})
		}
		_, err := s.Get(ctx, keys...)
		return err
	}
}

func due(limit int) func(context.Context, ledger.Store) error {
	return func(ctx context.Context, s ledger.Store) error {
		_, err := s.Due(ctx, ledger.FileQueue, monday.Add(24*time.Hour), limit)
		return err
	}
}

// steps are a short life of a ledger, each on what the ones before left.
func steps() []step {
	tuesday := monday.Add(24 * time.Hour)
	gone := ledger.Mutation{Record: record("a", 0, time.Time{}), Expect: 4, Op: ledger.OpDelete}
	check := ledger.Mutation{Record: record("c", 0, time.Time{}), Expect: 1, Op: ledger.OpCheck}
	day := func(sk string) ledger.Mutation {
		r := record("days", 2, time.Time{})
		r.SK = sk
		return write(r, 0)
	}
	return []step{
		{"a new item of 1 KB", writes(write(record("a", 1, time.Time{}), 0)), "PutItem 0 1", false},
		{"3 KB in its place", writes(write(record("a", 3, time.Time{}), 1)), "PutItem 0 3", false},
		{"1 KB in the place of 3, and due", writes(write(record("a", 1, monday), 2)), "PutItem 0 4", false},
		{"due later: its entry goes and comes", writes(write(record("a", 1, tuesday), 3)), "PutItem 0 3", false},
		{"refused: the item counts, the index does not", writes(write(record("a", 1, monday), 2)), "PutItem 0 1", true},
		{"two new items at once, one due", writes(write(record("b", 1, monday), 0), write(record("c", 2, time.Time{}), 0)), "TransactWriteItems 0 7", false},
		{"one item and a check", writes(write(record("b", 1, monday), 1), check), "TransactWriteItems 0 6", false},
		{"three days", writes(day("D1"), day("D2"), day("D3")), "TransactWriteItems 0 12", false},
		{"one that is there", gets("a"), "GetItem 1 0", false},
		{"one that is not", gets("z"), "GetItem 1 0", false},
		{"the same twice is one", gets("c", "c"), "GetItem 1 0", false},
		{"several are rounded up each", gets("a", "b", "c", "z"), "BatchGetItem 4 0", false},
		{"none", gets(), "", false},
		{"6 KB of days, rounded up as a whole", func(ctx context.Context, s ledger.Store) error {
			_, err := s.Query(ctx, "FILE#days", "D")
			return err
		}, "Query 2 0", false},
		{"4 KB of days", func(ctx context.Context, s ledger.Store) error {
			_, err := s.Between(ctx, "FILE#days", "D2", "D3")
			return err
		}, "Query 1 0", false},
		{"days in the wrong order", func(ctx context.Context, s ledger.Store) error {
			_, err := s.Between(ctx, "FILE#days", "D3", "D2")
			return err
		}, "", false},
		{"what is due", due(10), "Query 0.5 0", false},
		{"nothing wanted of what is due", due(0), "", false},
		{"a delete takes its entry along", writes(gone), "DeleteItem 0 2", false},
	}
}

func sqlite(t *testing.T) *sqlitestore.Store {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"), func() time.Time { return monday })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestUnitsByHand(t *testing.T) {
	store := cost.Ledger{Store: sqlite(t)}
	for _, st := range steps() {
		ctx, made := cost.Start(t.Context())
		if err := st.call(ctx, store); fault.Is(err, fault.Conflict) != st.fails || err != nil && !st.fails {
			t.Fatalf("%s: %v", st.name, err)
		}
		w, got := made.Work(), ""
		for call, n := range w.Calls {
			got = fmt.Sprintf("%s %v %v", strings.TrimPrefix(call, "DynamoDB "), w.ReadUnits, w.WriteUnits)
			if n != 1 {
				t.Errorf("%s: %d calls of %s", st.name, n, call)
			}
		}
		if got != st.want {
			t.Errorf("%s: %q, want %q", st.name, got, st.want)
		}
	}
}

// No function scans; what a person's command asks for is counted by what it yields.
func TestAScanCountsWhatItYields(t *testing.T) {
	store := cost.Ledger{Store: sqlite(t)}
	if err := store.Write(t.Context(), write(record("a", 3, time.Time{}), 0), write(record("b", 3, time.Time{}), 0)); err != nil {
		t.Fatal(err)
	}
	ctx, made := cost.Start(t.Context())
	for _, err := range store.Scan(ctx, "FILE#") {
		if err != nil {
			t.Fatal(err)
		}
	}
	if w := made.Work(); w.ReadUnits != 2 || w.Count("DynamoDB", "Scan") != 1 {
		t.Errorf("6 KB are %+v", w)
	}
}
