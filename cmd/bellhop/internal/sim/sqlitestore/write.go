package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/dynamo"
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
		current := map[ledger.Key]ledger.Record{}
		conflict := &ledger.ConflictError{Current: map[ledger.Key]ledger.Record{}}
		for _, m := range wanted {
			key := m.Record.Key
			if current[key], err = get(ctx, tx, key); err != nil {
				return err
			}
			if current[key].Version != m.Expect {
				conflict.Current[key] = current[key]
			}
		}
		if len(conflict.Current) == 0 {
			changed = true
			return s.apply(ctx, tx, wanted)
		}
		if done, _ := ledger.SentAgain(wanted, current); done {
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
	if err := ledger.CheckMutations(mutations); err != nil {
		return nil, err
	}
	total := 0
	wanted := make([]ledger.Mutation, len(mutations))
	for i, m := range mutations {
		if m.Op != ledger.OpPut {
			// Only the key counts; the codec checks that too.
			m.Record = ledger.Record{Key: m.Record.Key, Doc: json.RawMessage("{}")}
		}
		m.Record.Version = m.Expect + 1
		item, size, err := dynamo.Encode(m.Record)
		if err != nil {
			return nil, err
		}
		if m.Record, err = dynamostore.DecodeImage(item); err != nil {
			return nil, err
		}
		if m.Op == ledger.OpPut {
			total += size
		}
		wanted[i] = m
	}
	if total > dynamo.MaxTransactionSize {
		return nil, fault.New(fault.Internal, "%d bytes in one transaction; %d are allowed", total, dynamo.MaxTransactionSize)
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
			_, err = tx.ExecContext(ctx, "INSERT INTO records (pk, sk, version, lane, due_at, doc) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (pk, sk) DO UPDATE "+
				"SET version = excluded.version, lane = excluded.lane, due_at = excluded.due_at, doc = excluded.doc",
				r.PK, r.SK, r.Version, lane, due, string(r.Doc))
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
