package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Remove takes a subscription off the list: from then on no jobs are planned for it, also not by a plan that was begun
// before. Its record stays, with the number of its next job; so do its jobs, days and certificates. Removing it again
// changes nothing. A name that the ledger never knew is NotFound.
func (l *Ledger) Remove(ctx context.Context, name string, now time.Time) error {
	key, entry := subKey(name), subEntryKey(name)
	return l.atomically(ctx, []Key{key, entry}, func(t *tx) error {
		var doc subDoc
		if err := t.must(key, &doc, "subscription "+name); err != nil {
			return err
		}
		if doc.Removed() {
			return nil
		}
		doc.RemovedAt, doc.Planning = now, report.Planning{}
		t.deleteAt(entry, t.read[entry].Version)
		return t.putSubscription(t.read[key].Version, doc)
	})
}

// Disown ends a job of a removed subscription, and forgets the names of its files that have not come: what still comes under
// such a name is a stray. A file that has come stays as it is. A job that is being submitted is a Conflict: its answer
// may name more files, so come again when it is recorded.
func (l *Ledger) Disown(ctx context.Context, id string, now time.Time) (report.Job, error) {
	return l.withFiles(ctx, id, now, func(t *tx, doc *jobDoc) error {
		if doc.Status == report.JobSubmitting {
			return fault.New(fault.Conflict, "job %s is being submitted", id)
		}
		forgotten, err := t.forgetNames(doc)
		switch {
		case err != nil:
			return err
		case doc.Status.Holds():
			return doc.Cancel(now, "its subscription was removed")
		case !forgotten:
			return errUnchanged
		}
		return nil
	})
}

// forgetNames deletes the records of the job's files that have not come, and notes them as lost.
func (t *tx) forgetNames(doc *jobDoc) (forgotten bool, err error) {
	for i, named := range doc.Files {
		key := fileKey(named.Key)
		var f report.File
		exists, err := t.get(key, &f)
		if err != nil {
			return false, err
		}
		if !exists || f.Job != doc.ID || f.Delivery != nil {
			continue
		}
		t.deleteAt(key, t.read[key].Version)
		doc.Files[i].Status, forgotten = report.FileLost, true
	}
	return forgotten, nil
}

// DropDays removes the records of published days, whose objects the caller has deleted, and what was restated of them. A day that
// has changed since it was read is a Conflict, and then some days may be removed and others not.
func (l *Ledger) DropDays(ctx context.Context, days []report.Partition) error {
	// First of all: without the days nobody would find it again.
	if err := l.dropRestated(ctx, days); err != nil {
		return err
	}
	for chunk := range slices.Chunk(days, MaxMutations) {
		t := &tx{}
		for _, s := range chunk {
			t.deleteAt(partitionKey(s.Subscription, s.Table, s.Date), s.Version)
		}
		if err := l.store.Write(ctx, t.writes...); err != nil {
			return fmt.Errorf("remove the records of %d days: %w", len(chunk), err)
		}
	}
	return nil
}
