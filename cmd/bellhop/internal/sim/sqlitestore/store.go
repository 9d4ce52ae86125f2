// Package sqlitestore keeps the ledger in one SQLite file: the store of bellhop on one machine.
//
// It promises what the DynamoDB adapter promises, limits included: records are checked and made alike by package
// dynamostore's codec, so what one refuses the other refuses, and a Doc reads the same from both. An acknowledged write
// survives the death of the process and a power cut. Other processes may read the file meanwhile, and write to it.
package sqlitestore

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

const (
	// schemaVersion is the user_version that schema.sql sets.
	schemaVersion = 1
	// layout is RFC 3339 with a fraction of fixed width, so that strings sort like instants.
	layout = "2006-01-02T15:04:05.000000000Z"
	// maxKeys is how many keys one Get takes, as with DynamoDB.
	maxKeys = 100
	// scanPage is how many records Scan reads at a time, so that no read holds up the file's upkeep for long.
	scanPage = 500

	columns = "pk, sk, version, lane, due_at, doc"
)

//go:embed schema.sql
var schema string

// Store is a [ledger.Store] with a change feed. It is safe for concurrent use.
type Store struct {
	writer, reader *sql.DB
	clock          func() time.Time
	wake           chan struct{}
}

var _ ledger.Store = (*Store)(nil)

var (
	// ErrReadOnly says that the file may be read and not written.
	ErrReadOnly = errors.New("the ledger may only be read: its file or its folder is not writable for this user")
	// ErrDamaged says that the file cannot be understood.
	ErrDamaged = errors.New("the file is damaged, or is not a ledger")
)

// Open opens the store in the file at path, which is created when it does not exist; its folder must exist. clock
// tells the time of changes. A file that is not a ledger, or is that of a later release, is Internal.
func Open(ctx context.Context, path string, clock func() time.Time) (*Store, error) {
	return start(&Store{clock: clock}, path, func(s *Store, abs string) (err error) {
		// One writer, for SQLite has no more; with immediate transactions it never has to upgrade a read lock. FULL makes
		// each commit wait for the disk.
		if s.writer, err = open(abs, nil, "journal_mode(WAL)", "synchronous(FULL)"); err != nil {
			return err
		}
		s.writer.SetMaxOpenConns(1)
		if err := s.inTransaction(ctx, func(tx *sql.Tx) error { return makeSchema(ctx, tx) }); err != nil {
			return err
		}
		s.reader, err = open(abs, nil, "query_only(1)")
		return err
	})
}

// OpenToRead opens the store in a file that exists, without writing to the file or its folder. Its writes fail with
// [ErrReadOnly].
func OpenToRead(ctx context.Context, path string) (*Store, error) {
	return start(&Store{}, path, func(s *Store, abs string) (err error) {
		how := url.Values{"mode": {"ro"}}
		if _, err := os.Stat(abs + "-wal"); errors.Is(err, fs.ErrNotExist) {
			// Nobody has the file open, and without this SQLite would make the files of one who has.
			how.Set("immutable", "1")
		}
		if s.reader, err = open(abs, how, "query_only(1)"); err != nil {
			return err
		}
		version, err := schemaOf(ctx, s.reader)
		if err == nil && version != schemaVersion {
			err = otherSchema(version)
		}
		return err
	})
}

func start(s *Store, path string, do func(s *Store, abs string) error) (*Store, error) {
	s.wake = make(chan struct{}, 1)
	abs, err := filepath.Abs(path)
	if err == nil {
		err = do(s, abs)
	}
	if err != nil {
		return nil, errors.Join(failure("open ledger "+path, err), s.Close())
	}
	return s, nil
}

func open(path string, how url.Values, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
	maps.Copy(query, how)
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String())
}

// makeSchema makes the schema in an empty file. The transaction keeps two processes from doing it at once.
func makeSchema(ctx context.Context, tx *sql.Tx) error {
	version, err := schemaOf(ctx, tx)
	if err != nil || version == schemaVersion {
		return err
	}
	var tables int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if version != 0 || tables > 0 {
		return otherSchema(version)
	}
	_, err = tx.ExecContext(ctx, schema)
	return err
}

func schemaOf(ctx context.Context, db querier) (version int, err error) {
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version, err
}

func otherSchema(version int) error {
	return fault.New(fault.Internal, "its schema has version %d, and this bellhop knows %d", version, schemaVersion)
}

// Close closes the file. Calls under way fail.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *Store) inTransaction(ctx context.Context, do func(*sql.Tx) error) error {
	if s.writer == nil {
		return ErrReadOnly
	}
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		// A rollback has nothing to add to why it came to it; where it fails the connection is discarded.
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// Get is [ledger.Store.Get]. More than 100 keys are Internal.
func (s *Store) Get(ctx context.Context, keys ...ledger.Key) (map[ledger.Key]ledger.Record, error) {
	records := make(map[ledger.Key]ledger.Record, len(keys))
	for _, k := range keys {
		if k.PK == "" || k.SK == "" {
			return nil, fault.New(fault.Internal, "get ledger record: an empty key")
		}
		records[k] = ledger.Record{}
	}
	if len(records) > maxKeys {
		return nil, fault.New(fault.Internal, "get %d ledger records: %d are allowed in one call", len(records), maxKeys)
	}
	for k := range records {
		r, err := get(ctx, s.reader, k)
		switch {
		case err != nil:
			return nil, failure("get ledger record", err)
		case r.Version == 0:
			delete(records, k)
		default:
			records[k] = r
		}
	}
	return records, nil
}

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// get returns the record of a key; one that does not exist has the version 0.
func get(ctx context.Context, db querier, key ledger.Key) (ledger.Record, error) {
	records, err := list(ctx, db, "SELECT "+columns+" FROM records WHERE pk = ? AND sk = ?", key.PK, key.SK)
	if err != nil || len(records) == 0 {
		return ledger.Record{Key: key}, err
	}
	return records[0], nil
}

func list(ctx context.Context, db querier, statement string, args ...any) ([]ledger.Record, error) {
	return query(ctx, db, func(rows *sql.Rows) (r ledger.Record, err error) {
		var lane, due sql.NullString
		var doc string
		if err := rows.Scan(&r.PK, &r.SK, &r.Version, &lane, &due, &doc); err != nil {
			return r, err
		}
		r.Queue, r.Doc = ledger.DueQueue(lane.String), json.RawMessage(doc)
		r.DueAt, err = instant(due.String)
		return r, err
	}, statement, args...)
}

// query returns what scan makes of each row.
func query[T any](ctx context.Context, db querier, scan func(*sql.Rows) (T, error), statement string, args ...any) (found []T, err error) {
	rows, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

func instant(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(layout, s)
}

// Query is [ledger.Store.Query].
func (s *Store) Query(ctx context.Context, pk, prefix string) ([]ledger.Record, error) {
	// Bytes decide the order, here and in DynamoDB, and no UTF-8 text has the byte 0xff.
	records, err := list(ctx, s.reader, "SELECT "+columns+" FROM records WHERE pk = ? AND sk >= ? AND sk < ? ORDER BY sk",
		pk, prefix, prefix+"\xff")
	return records, failure("query ledger records", err)
}

// Between is [ledger.Store.Between].
func (s *Store) Between(ctx context.Context, pk, first, last string) ([]ledger.Record, error) {
	records, err := list(ctx, s.reader, "SELECT "+columns+" FROM records WHERE pk = ? AND sk BETWEEN ? AND ? ORDER BY sk",
		pk, first, last)
	return records, failure("query ledger records", err)
}

// Due is [ledger.Store.Due]. Here the list never lags.
func (s *Store) Due(ctx context.Context, lane ledger.DueQueue, now time.Time, limit int) ([]ledger.Key, error) {
	keys, err := query(ctx, s.reader, func(rows *sql.Rows) (k ledger.Key, err error) {
		err = rows.Scan(&k.PK, &k.SK)
		return k, err
	},
		"SELECT pk, sk FROM records WHERE lane = ? AND due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
		string(lane), now.UTC().Format(layout), max(limit, 0))
	return keys, failure("list due ledger records", err)
}

// Scan is [ledger.Store.Scan]. The records come page by page: one that is written meanwhile may be seen as it was
// before or after.
func (s *Store) Scan(ctx context.Context, prefix string) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		var last ledger.Key
		for {
			page, err := list(ctx, s.reader,
				"SELECT "+columns+" FROM records WHERE (pk, sk) > (?, ?) AND pk >= ? AND pk < ? ORDER BY pk, sk LIMIT ?",
				last.PK, last.SK, prefix, prefix+"\xff", scanPage)
			if err != nil {
				yield(ledger.Record{}, failure("scan ledger records", err))
				return
			}
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
			if len(page) < scanPage {
				return
			}
			last = page[len(page)-1].Key
		}
	}
}

// failure gives an error its kind: Transient when somebody else has the file, the disk is full, or time ran out. The
// kind of an error that has one is kept.
func failure(operation string, err error) error {
	if err == nil {
		return nil
	}
	passing := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if failed, ok := errors.AsType[*sqlite.Error](err); ok {
		switch failed.Code() & 0xff { // the upper bytes refine the code
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT:
			passing = true
		case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
			return fmt.Errorf("%s: %w: %w", operation, ErrDamaged, err)
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return fmt.Errorf("%s: %w: %w", operation, ErrReadOnly, err)
		}
	}
	if passing {
		return fault.New(fault.Transient, "%s: %w", operation, err)
	}
	return fmt.Errorf("%s: %w", operation, err)
}
