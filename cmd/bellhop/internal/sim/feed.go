package sim

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/dynamo"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// feed is the ledger's change stream before the janitor: in order, filtered, at least once, with partial failures.
type feed struct {
	store  *sqlitestore.Store
	handle func(ctx context.Context, event json.RawMessage) ([]string, error) // returns the sequence numbers that failed
	log    *slog.Logger
	off    bool

	mu    sync.Mutex
	after int64
}

// pollEvery is how often the feed looks for writes of other processes, which do not wake it.
const pollEvery = 200 * time.Millisecond

// Follow hands changes over as they are committed, until ctx ends.
func (f *feed) Follow(ctx context.Context) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		if _, err := f.Drain(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-f.store.Notify():
		case <-ticker.C:
		}
	}
}

// Drain hands over all changes that there are, and reports whether there were any.
func (f *feed) Drain(ctx context.Context) (worked bool, err error) {
	if f.off {
		return false, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		changes, last, err := f.store.Changes(ctx, f.after, 256)
		if err != nil || len(changes) == 0 {
			return worked, err
		}
		worked = true
		changes = slices.DeleteFunc(changes, func(c ledger.Change) bool { return !wanted(c) })
		for batch := range slices.Chunk(changes, feedBatch) {
			if err := f.deliver(ctx, batch); err != nil {
				return worked, err
			}
		}
		f.after = last
		// What is handed over is forgotten; what is not comes again after a restart.
		if err := f.store.TrimChanges(ctx, last+1); err != nil {
			return worked, err
		}
	}
}

// wanted is the filter of the event source mapping in template.yaml: files that have become LOADED.
func wanted(c ledger.Change) bool {
	if c.New == nil || !strings.HasPrefix(c.Key.PK, "FILE#") {
		return false
	}
	var image struct {
		Status report.FileStatus `json:"status"`
	}
	return json.Unmarshal(c.New.Doc, &image) == nil && image.Status == report.FileLoaded
}

// deliver hands a batch over until all of it is done: from the first record that failed on it comes again, as from Lambda. After
// the last retry the rest is left to the sweep.
func (f *feed) deliver(ctx context.Context, batch []ledger.Change) error {
	for try := 0; len(batch) > 0; try++ {
		if try > feedRetries {
			f.log.ErrorContext(ctx, "stream records are given up", "records", len(batch))
			return nil
		}
		event, err := stream.Event(batch)
		if err != nil {
			return err
		}
		failed, err := f.handle(ctx, event)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			continue
		}
		first := slices.IndexFunc(batch, func(c ledger.Change) bool { return slices.Contains(failed, c.Sequence) })
		if first < 0 {
			return nil
		}
		batch = batch[first:]
	}
	return nil
}

var stream = dynamo.Stream{
	Region: "us-east-1",
	ARN:    "arn:aws:dynamodb:us-east-1:000000000000:table/bellhop/stream/2026-01-01T00:00:00.000",
}
