package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

var (
	// ErrReadOnly says that the file may be read and not written.
	ErrReadOnly = errors.New("the ledger may only be read: its file or its folder is not writable for this user")
	// ErrDamaged says that the file cannot be understood.
	ErrDamaged = errors.New("the file is damaged, or is not a ledger")
)

// OpenToRead opens the store in a file that exists, without writing to the file or its folder. Its writes fail with
// [ErrReadOnly].
func OpenToRead(ctx context.Context, path string) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, failure("open ledger "+path, err)
	}
	how := url.Values{"mode": {"ro"}}
	if _, err := os.Stat(abs + "-wal"); errors.Is(err, fs.ErrNotExist) {
		// Nobody has the file open, and without this SQLite would make the files of one who has.
		how.Set("immutable", "1")
	}
	s := &Store{wake: make(chan struct{}, 1)}
	if s.reader, err = open(abs, how, "query_only(1)"); err == nil {
		err = checkVersion(ctx, s.reader)
	}
	if err != nil {
		return nil, errors.Join(failure("open ledger "+path, err), s.Close())
	}
	return s, nil
}

func checkVersion(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version != schemaVersion {
		return fault.New(fault.Internal, "its schema has version %d, and this bellhop knows %d", version, schemaVersion)
	}
	return nil
}
