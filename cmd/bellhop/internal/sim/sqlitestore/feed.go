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
	last = after
	changes, err = query(ctx, s.reader, func(rows *sql.Rows) (ledger.Change, error) { return scanChange(rows, &last) },
		"SELECT seq, at, pk, sk, old, new FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", after, max(limit, 0))
	if err != nil {
		return nil, after, failure("read ledger changes", err)
	}
	return changes, last, nil
}

// Notify returns a channel that is ready after a write of this process: time to ask for [Store.Changes]. Several
// writes may be one wake-up. It is for one reader, who should also look now and then without it, for other processes'
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

func scanChange(rows *sql.Rows, seq *int64) (c ledger.Change, err error) {
	var at string
	var before, after sql.NullString
	if err := rows.Scan(seq, &at, &c.Key.PK, &c.Key.SK, &before, &after); err != nil {
		return c, err
	}
	c.Sequence = fmt.Sprintf("%021d", *seq)
	var problems [3]error
	c.At, problems[0] = instant(at)
	c.Old, problems[1] = image(c.Key, before)
	c.New, problems[2] = image(c.Key, after)
	return c, errors.Join(problems[:]...)
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

// LastChange returns the number of the last change that was committed, by any process: while it is the same, no record has
// changed.
func (s *Store) LastChange(ctx context.Context) (number int64, err error) {
	err = s.reader.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence").Scan(&number)
	return number, failure("read the last ledger change", err)
}
