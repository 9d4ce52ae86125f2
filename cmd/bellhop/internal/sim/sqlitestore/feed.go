package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// Changes returns up to limit committed changes that follow the given one, in the order of their commits, and the
// number of the last of them: what to pass as after the next time. Begin with 0. Without new changes last is after.
//
// A change's Sequence is its number in 21 digits, so that strings sort like numbers.
func (s *Store) Changes(ctx context.Context, after int64, limit int) (changes []ledger.Change, last int64, err error) {
	rows, err := s.reader.QueryContext(ctx,
		"SELECT seq, at, pk, sk, old, new FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", after, max(limit, 0))
	if err != nil {
		return nil, after, failure("read ledger changes", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	last = after
	for rows.Next() {
		c, seq, err := scanChange(rows)
		if err != nil {
			return nil, after, failure("read ledger changes", err)
		}
		changes, last = append(changes, c), seq
	}
	if err := rows.Err(); err != nil {
		return nil, after, failure("read ledger changes", err)
	}
	return changes, last, nil
}

// Notify returns a channel that is ready after a write of this process: time to ask for [Store.Changes]. Several
// writes may be one wake-up. It is for one reader, who should also look now and then by itself, for other processes'
// writes do not wake it.
func (s *Store) Notify() <-chan struct{} { return s.wake }

func (s *Store) notify() {
	select {
	case s.wake <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

// TrimChanges forgets the changes whose number is below before: those that every reader has dealt with. Numbers are
// never given twice.
func (s *Store) TrimChanges(ctx context.Context, before int64) error {
	if s.writer == nil {
		return failure("trim ledger changes", ErrReadOnly)
	}
	_, err := s.writer.ExecContext(ctx, "DELETE FROM changes WHERE seq < ?", before)
	return failure("trim ledger changes", err)
}

func scanChange(rows *sql.Rows) (ledger.Change, int64, error) {
	var c ledger.Change
	var seq int64
	var at string
	var before, after sql.NullString
	err := rows.Scan(&seq, &at, &c.Key.PK, &c.Key.SK, &before, &after)
	if err != nil {
		return ledger.Change{}, 0, err
	}
	c.Sequence = fmt.Sprintf("%021d", seq)
	if c.At, err = instant(at); err != nil {
		return ledger.Change{}, 0, err
	}
	if c.Old, err = image(c.Key, before); err != nil {
		return ledger.Change{}, 0, err
	}
	if c.New, err = image(c.Key, after); err != nil {
		return ledger.Change{}, 0, err
	}
	return c, seq, nil
}

// image decodes what a trigger wrote.
func image(key ledger.Key, text sql.NullString) (*ledger.Record, error) {
	if !text.Valid {
		return nil, nil //nolint:nilnil // no image is an answer
	}
	var i struct {
		Version int64           `json:"version"`
		Lane    ledger.DueQueue `json:"lane"`
		DueAt   string          `json:"due_at"`
		Doc     json.RawMessage `json:"doc"`
	}
	if err := json.Unmarshal([]byte(text.String), &i); err != nil {
		return nil, errors.New("the image of a change is not JSON")
	}
	due, err := instant(i.DueAt)
	if err != nil {
		return nil, err
	}
	return &ledger.Record{Key: key, Version: i.Version, Queue: i.Lane, DueAt: due, Doc: i.Doc}, nil
}
