package sim

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/objects"
)

// OpenHolds opens a folder to decide about held reports. A machine that runs there has the dataset for itself: the error says
// so. Close it.
func OpenHolds(ctx context.Context, dir string) (_ *ingester.Holds, closing func() error, err error) {
	m, dataset, err := openBuckets(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	return &ingester.Holds{Days: m.ledger, Dataset: objects.NewDataset(dataset), Converter: convert.NewConverter(), Now: m.clock.Now}, m.Close, nil
}

// OpenMigration opens a folder's dataset for bringing it to the format of today. A machine that runs there has it for itself: the
// error says so. Close it.
func OpenMigration(ctx context.Context, dir string) (_ *migrate.Service, closing func() error, err error) {
	m, dataset, err := openBuckets(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	return &migrate.Service{Dataset: dataset, Days: m.ledger, Converter: convert.NewConverter(), Now: m.clock.Now}, m.Close, nil
}

// OpenDataset opens a folder's dataset for deleting. A machine that runs there has it for itself: the error says so. Close it.
func OpenDataset(ctx context.Context, dir string) (_ *objects.Dataset, closing func() error, err error) {
	m, dataset, err := openBuckets(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	return objects.NewDataset(dataset), m.Close, nil
}

// openBuckets opens the ledger and the buckets of a folder, without starting anything that works by itself.
func openBuckets(ctx context.Context, dir string) (_ *Machine, dataset *objects.Bucket, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, nil, err
	}
	m := &Machine{Options: Options{Dir: dir, Now: time.Now}}
	if err = m.openLedger(ctx); err == nil {
		err = m.startS3(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, m.Close())
	}
	return m, objects.NewBucket(m.s3.Client(), DatasetBucket), nil
}
