package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/objects"
)

// The files of a folder that are named in more than one place.
const (
	lockFile     = "lock"
	ledgerFile   = "ledger.db"
	vendorFile   = "vendor.json"
	khorosFile   = "vendor-khoros.json"
	pinpointFile = "vendor-pinpoint.json"
	secretFile   = "secret.json"
	clockFile    = "clock.json"
	firstSecret  = "credentials.json"
)

// kept is what the machine keeps in its folder, besides the lock.
var kept = []string{
	"s3", "versions", ledgerFile, ledgerFile + "-wal", ledgerFile + "-shm", vendorFile, khorosFile, pinpointFile, addressFile, leftoversFile, secretFile, firstSecret,
	clockFile, usageFile,
}

// Has reports whether a machine keeps something in dir.
func Has(dir string) bool {
	return slices.ContainsFunc(append([]string{lockFile}, kept...), func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	})
}

// foreign demands that dir is empty, is not there yet, or has been a machine's before: a slip of --home must not fill a folder
// that is somebody's.
func foreign(dir string) error {
	if Has(dir) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s has other things in it, and nothing of bellhop: choose an empty folder with --home, or one that does not exist", dir)
	}
	return nil
}

// Reset removes everything that the machine keeps in dir. A machine that runs there is left alone, with an error.
func Reset(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	held, err := lock(dir)
	if err != nil {
		return err
	}
	for _, name := range append(slices.Clone(kept), lockFile) {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return errors.Join(err, held.Close())
		}
	}
	return held.Close()
}

// load reads what a file of the folder keeps as JSON, if it is there.
func load(path string, into any) (found bool, err error) {
	content, err := os.ReadFile(path) //nolint:gosec // the folder is the user's choice
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil && json.Unmarshal(content, into) != nil {
		err = fmt.Errorf("%s is damaged: bellhop local reset starts anew", path)
	}
	return err == nil, err
}

// save writes what [load] reads.
func save(path string, what any) error {
	content, err := json.Marshal(what)
	if err != nil {
		return err
	}
	return writeFile(path, content)
}

// writeFile replaces a file as a whole: a reader, or a process that starts after a kill or a power cut, sees the old or the new
// content. Only its owner can read it.
func writeFile(path string, content []byte) error {
	temp := path + ".new"
	file, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the folder is the user's choice
	if err != nil {
		return err
	}
	// The new name must not reach the disk before the content.
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// ownerOnly makes a file if it does not exist, and lets only its owner read it, whatever an earlier release allowed.
func ownerOnly(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the folder is the user's choice
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(0o600), file.Close())
}

// What may be wrong with the ledger of a folder.
var (
	ErrDamaged  = sqlitestore.ErrDamaged
	ErrReadOnly = sqlitestore.ErrReadOnly
)

// OpenedLedger is the ledger of a folder, for looking at.
type OpenedLedger struct {
	*ledger.Ledger
	Now func() time.Time
	// Ahead is by how much Now is ahead of the machine's clock.
	Ahead time.Duration
	Close func() error
}

// OpenLedger opens the ledger in dir, whether or not a machine runs there. Of a folder that this user may not write to it can
// be read. Where the folder has no ledger, the error says what to do.
func OpenLedger(ctx context.Context, dir string) (*OpenedLedger, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, ledgerFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no ledger in %s: bellhop local run makes one, --home chooses another folder", dir)
	}
	c, err := openClock(dir, time.Now)
	if err != nil {
		return nil, err
	}
	store, err := sqlitestore.Open(ctx, path, c.Now)
	if errors.Is(err, sqlitestore.ErrReadOnly) {
		store, err = sqlitestore.OpenToRead(ctx, path)
	}
	if err != nil {
		return nil, err
	}
	return &OpenedLedger{ledger.New(ledger.Checked(store)), c.Now, c.ahead, store.Close}, nil
}

// OpenDeliveries opens the delivery bucket of a folder for putting files into it, whether or not a machine runs there, with the
// ledger. Nothing is told of what is put: the next sweep of a machine finds it.
func OpenDeliveries(ctx context.Context, dir string) (*OpenedDataset, error) {
	opened, err := OpenLedger(ctx, dir)
	if err != nil {
		return nil, err
	}
	m := &Machine{Options: Options{Dir: dir, Now: time.Now}, clock: &clock{machine: time.Now, ahead: opened.Ahead}}
	m.closing(opened.Close)
	if m.Dir, err = filepath.Abs(dir); err == nil {
		err = m.startS3(ctx)
	}
	if err == nil {
		err = m.s3.CreateBucket(ctx, DeliveryBucket, nil)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return &OpenedDataset{opened.Ledger, objects.NewBucket(m.s3.Client(), DeliveryBucket), opened.Now, m.Close}, nil
}

// OpenedDataset is the dataset, or the delivery bucket, of a folder with its ledger, for writing to.
type OpenedDataset struct {
	Ledger *ledger.Ledger
	Bucket *objects.Bucket
	Now    func() time.Time
	Close  func() error
}

// OpenDataset opens the dataset of a folder for a command that writes to it. A machine that runs there has it for itself: the
// error says so.
func OpenDataset(ctx context.Context, dir string) (_ *OpenedDataset, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	m := &Machine{Options: Options{Dir: dir, Now: time.Now}}
	if err = m.openLedger(ctx); err == nil {
		err = m.startS3(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return &OpenedDataset{m.ledger, objects.NewBucket(m.s3.Client(), DatasetBucket), m.clock.Now, m.Close}, nil
}
