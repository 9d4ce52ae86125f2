package local

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/s3server"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/ingest"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/table"
)

// OpenHolds opens a folder to decide about held reports. A machine that runs there has the dataset for itself: the error says
// so. Close it.
func OpenHolds(ctx context.Context, dir string) (_ *ingest.Holds, closing func() error, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, nil, err
	}
	var closers []func() error
	closeAll := func() error {
		var problems []error
		for _, stop := range slices.Backward(closers) {
			problems = append(problems, stop())
		}
		return errors.Join(problems...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	held, err := takeLock(dir)
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, held.Close)
	c, err := openClock(dir, time.Now)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlitestore.Open(ctx, filepath.Join(dir, "ledger.db"), c.Now)
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, store.Close)
	server, err := s3server.Start(context.WithoutCancel(ctx), s3server.Options{Dir: dir, Clock: c.Now})
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, server.Close)
	return &ingest.Holds{
		Days: ledger.New(store), Dataset: objects.NewBucket(server.Client(), DatasetBucket), Converter: table.NewConverter(), Now: c.Now,
	}, closeAll, nil
}
