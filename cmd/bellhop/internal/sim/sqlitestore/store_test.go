package sqlitestore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

func open(t *testing.T, path string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), path, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	ledgertest.RunStore(t, func(t *testing.T) ledger.Store {
		return open(t, filepath.Join(t.TempDir(), "ledger.db"))
	})
}

func TestFeed(t *testing.T) {
	ledgertest.RunFeed(t, func(t *testing.T) (ledger.Store, func(*testing.T, int) []ledger.Change) {
		s := open(t, filepath.Join(t.TempDir(), "ledger.db"))
		return s, func(t *testing.T, _ int) []ledger.Change {
			changes, last, err := s.Changes(t.Context(), 0, 100)
			if err != nil || last != int64(len(changes)) {
				t.Fatalf("%d changes, last %d: %v", len(changes), last, err)
			}
			return changes
		}
	})
}

// The suite leaves this out, because dynoxide 1.2.1 finds a prefix in either case; DynamoDB, like this store, does not.
func TestPrefixKnowsCase(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	for _, sk := range []string{"OPEN#1", "open#1", "Open#1"} {
		write(t, s, ledger.Record{Key: ledger.Key{PK: "SUB#hotel", SK: sk}, Doc: []byte(`{}`)})
	}
	got, err := s.Query(t.Context(), "SUB#hotel", "OPEN#")
	if err != nil || len(got) != 1 || got[0].SK != "OPEN#1" {
		t.Fatalf("found %v (%v), want OPEN#1 alone", got, err)
	}
}

func write(t *testing.T, s ledger.Store, r ledger.Record) {
	t.Helper()
	if err := s.Write(t.Context(), ledger.Mutation{Record: r}); err != nil {
		t.Fatal(err)
	}
}
