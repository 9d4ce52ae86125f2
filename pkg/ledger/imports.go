package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// maxImported is how many files one import may have: they are recorded with the job, its marker, its entry and the
// subscription in one transaction.
const maxImported = MaxMutations - 4

// Import records a job for files that a person brings, and every file, all or nothing: the job awaits them at once, until the
// deadline. The caller then delivers them under their names. The snapshot must be the present one, as for [Ledger.Reserve]: else
// it is a Conflict, and the caller reads again. A name that an unfinished job expects is a Conflict too. What can be no import,
// or has more files than one transaction takes, is Poison, and nothing is written.
func (l *Ledger) Import(ctx context.Context, b report.Snapshot, in report.Import, now, deadline time.Time) (report.Job, error) {
	if len(in.Files) > maxImported {
		return report.Job{}, fault.New(fault.Poison, "an import of %d files: at most %d are taken", len(in.Files), maxImported)
	}
	sub := b.Subscription
	if sub.Removed() {
		return report.Job{}, absent("subscription " + sub.Name)
	}
	id := fmt.Sprintf("%s-%06d", sub.Name, b.NextJob)
	keys := make([]Key, len(in.Files))
	parts := map[string]int{}
	for i, f := range in.Files {
		keys[i] = fileKey(f.Name)
		parts[f.Table]++
	}
	var job report.Job
	err := l.atomically(ctx, keys, func(t *tx) (err error) {
		if job, err = report.NewImport(id, sub, in, now); err != nil {
			return err
		}
		if err := job.AwaitFiles(now, report.Answer{Files: in.Files}, deadline); err != nil {
			return err
		}
		for _, named := range job.Files {
			f := report.File{Key: named.Key}
			if _, err := t.get(fileKey(named.Key), &f); err != nil {
				return err
			}
			if err := f.Expect(now, job, named, parts[named.Table], deadline); err != nil {
				return err
			}
			if err := t.putFile(f); err != nil {
				return err
			}
		}
		if err := t.putAt(jobEntryKey(sub.Name, id), 0, "", time.Time{}, struct{}{}); err != nil {
			return err
		}
		doc := subDoc{Subscription: sub, Planning: b.Planning, NextJob: b.NextJob + 1}
		if err := t.putSubscription(b.Version, doc); err != nil {
			return err
		}
		return putJob(t, 0, jobDoc{Job: job}, job.Status)
	})
	if err != nil {
		return report.Job{}, fmt.Errorf("record an import of %s: %w", sub.Name, err)
	}
	return job, nil
}
