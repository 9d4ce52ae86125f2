package sqlitestore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
)

// Write is [ledger.Store.Write]. What it refuses as Internal, and what it takes for a write sent again, is as with
// the DynamoDB adapter.
func (s *Store) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	wanted, err := prepare(mutations)
	if err != nil {
		return fault.New(fault.Internal, "write ledger records: %w", err)
	}
	changed := false
	err = s.inTransaction(ctx, func(tx *sql.Tx) error {
		current := make([]ledger.Record, len(wanted))
		conflict := &ledger.ConflictError{Current: map[ledger.Key]ledger.Record{}}
		for i, m := range wanted {
			if current[i], err = get(ctx, tx, m.Record.Key); err != nil {
				return err
			}
			if current[i].Version != m.Expect {
				conflict.Current[m.Record.Key] = current[i]
			}
		}
		if len(conflict.Current) == 0 {
			changed = true
			return s.apply(ctx, tx, wanted)
		}
		if sentAgain(wanted, current) {
			return nil
		}
		return fault.As(fault.Conflict, conflict)
	})
	if err != nil {
		return failure("write ledger records", err)
	}
	if changed {
		s.notify()
	}
	return nil
}

// prepare checks mutations and gives each record the form in which it is kept: what DynamoDB would give back.
func prepare(mutations []ledger.Mutation) ([]ledger.Mutation, error) {
	if n := len(mutations); n == 0 || n > ledger.MaxMutations {
		return nil, fault.New(fault.Internal, "%d mutations; 1 to %d are allowed", n, ledger.MaxMutations)
	}
	seen, size := make(map[ledger.Key]bool, len(mutations)), 0
	wanted := make([]ledger.Mutation, len(mutations))
	for i, m := range mutations {
		if seen[m.Record.Key] {
			return nil, fault.New(fault.Internal, "record %s is in it twice", m.Record.Key)
		}
		seen[m.Record.Key] = true
		if m.Expect < 0 {
			return nil, fault.New(fault.Internal, "record %s cannot have version %d", m.Record.Key, m.Expect)
		}
		if m.Op != ledger.OpPut {
			// Only the key counts; the codec checks that too.
			m.Record = ledger.Record{Key: m.Record.Key, Doc: json.RawMessage("{}")}
		}
		m.Record.Version = m.Expect + 1
		item, err := dynamostore.EncodeImage(m.Record)
		if err != nil {
			return nil, err
		}
		if m.Record, err = dynamostore.DecodeImage(item); err != nil {
			return nil, err
		}
		if m.Op == ledger.OpPut {
			size += dynamostore.Size(item)
		}
		wanted[i] = m
	}
	if size > dynamostore.MaxTransactionSize {
		return nil, fault.New(fault.Internal, "%d bytes in one transaction; %d are allowed", size, dynamostore.MaxTransactionSize)
	}
	return wanted, nil
}

func (s *Store) apply(ctx context.Context, tx *sql.Tx, mutations []ledger.Mutation) error {
	if _, err := tx.ExecContext(ctx, "UPDATE clock SET now = ?", s.clock().UTC().Format(layout)); err != nil {
		return err
	}
	for _, m := range mutations {
		r := m.Record
		due := sql.NullString{String: r.DueAt.Format(layout), Valid: !r.DueAt.IsZero()}
		lane := sql.NullString{String: string(r.Queue), Valid: due.Valid}
		var err error
		switch m.Op {
		case ledger.OpPut:
			// Not INSERT OR REPLACE, which would tell the feed of a new record.
			if m.Expect == 0 {
				_, err = tx.ExecContext(ctx, "INSERT INTO records (version, lane, due_at, doc, pk, sk) VALUES (?, ?, ?, ?, ?, ?)",
					r.Version, lane, due, string(r.Doc), r.PK, r.SK)
			} else {
				_, err = tx.ExecContext(ctx, "UPDATE records SET version = ?, lane = ?, due_at = ?, doc = ? WHERE pk = ? AND sk = ?",
					r.Version, lane, due, string(r.Doc), r.PK, r.SK)
			}
		case ledger.OpDelete:
			_, err = tx.ExecContext(ctx, "DELETE FROM records WHERE pk = ? AND sk = ?", r.PK, r.SK)
		case ledger.OpCheck:
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sentAgain reports whether mutations were done before: every put is there as it was to be, every delete is gone.
// Checks may have changed since, unless no put proves that it was done.
func sentAgain(mutations []ledger.Mutation, current []ledger.Record) bool {
	puts, deletes, checkFailed := 0, 0, false
	for i, m := range mutations {
		switch {
		case m.Op == ledger.OpPut:
			puts++
			if !same(m.Record, current[i]) {
				return false
			}
		case m.Op == ledger.OpDelete && m.Expect > 0:
			deletes++
			if current[i].Version != 0 {
				return false
			}
		default:
			checkFailed = checkFailed || current[i].Version != m.Expect
		}
	}
	return puts > 0 || deletes > 0 && !checkFailed
}

// same compares a record with one of the file. Both went through [prepare], which writes equal records alike but for
// the spelling of numbers; a repeated write spells them as the first did.
func same(a, b ledger.Record) bool {
	return a.Version == b.Version && a.Queue == b.Queue && a.DueAt.Equal(b.DueAt) && bytes.Equal(a.Doc, b.Doc)
}
