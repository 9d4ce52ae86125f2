package sqlitestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

func TestALedgerThatMayOnlyBeReadIsRead(t *testing.T) {
	record := ledger.Record{Key: ledger.Key{PK: "SUB#hotel", SK: "JOB#1"}, Doc: []byte(`{}`)}
	for name, running := range map[string]bool{"while a process runs there": true, "when it has ended": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "ledger.db")
			owner, err := sqlitestore.Open(t.Context(), path, clock)
			if err != nil {
				t.Fatal(err)
			}
			write(t, owner, record)
			if running {
				defer func() { _ = owner.Close() }()
			} else if err := owner.Close(); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadDir(dir)
			s, err := sqlitestore.OpenToRead(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if found, err := s.Query(t.Context(), "SUB#hotel", "JOB#"); err != nil || len(found) != 1 {
				t.Errorf("%v, %v", found, err)
			}
			if err := s.Write(t.Context(), ledger.Mutation{Record: record}); !errors.Is(err, sqlitestore.ErrReadOnly) {
				t.Errorf("a write: %v", err)
			}
			if err := s.TrimChanges(t.Context(), 1); !errors.Is(err, sqlitestore.ErrReadOnly) {
				t.Errorf("trimming: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if after, _ := os.ReadDir(dir); len(after) != len(before) {
				t.Errorf("%d files before, %d after", len(before), len(after))
			}
		})
	}
}

func TestADamagedLedgerIsSaidToBeDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no ledger. ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlitestore.Open(t.Context(), path, clock); !errors.Is(err, sqlitestore.ErrDamaged) {
		t.Errorf("opened for writing: %v", err)
	}
	if _, err := sqlitestore.OpenToRead(t.Context(), path); !errors.Is(err, sqlitestore.ErrDamaged) {
		t.Errorf("opened for reading: %v", err)
	}
}
