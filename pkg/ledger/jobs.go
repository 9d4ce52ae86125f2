package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// jobDoc is a job's record. The version of its marker is kept with it: the two are only ever written together,
// so the marker never has to be read for that.
type jobDoc struct {
	report.Job
	MarkerVersion int64 `json:"marker_version"`
}

// putJob writes a job, which stood at before, and brings its marker and its subscription into line, in the transaction t.
func putJob(t *tx, version int64, doc jobDoc, before report.JobStatus) error {
	marker, keep := doc.Marker()
	key := markerKey(doc.Subscription, doc.ID)
	switch {
	case keep:
		if err := t.putAt(key, doc.MarkerVersion, "", time.Time{}, marker); err != nil {
			return err
		}
		doc.MarkerVersion++
	case doc.MarkerVersion > 0:
		t.deleteAt(key, doc.MarkerVersion)
		doc.MarkerVersion = 0
	}
	if err := t.putJobAlone(version, doc); err != nil {
		return err
	}
	return t.jobMoved(doc.Job, before)
}

// putJobAlone writes a job, and leaves its marker to the caller. A finished one may be forgotten after its retention.
func (t *tx) putJobAlone(version int64, doc jobDoc) error {
	if err := t.putAt(jobKey(doc.ID), version, JobQueue, doc.DueAt, doc); err != nil {
		return err
	}
	t.retain(doc.Finished())
	return nil
}

// Job returns the job with the given id, or a NotFound.
func (l *Ledger) Job(ctx context.Context, id string) (report.Job, error) {
	var doc jobDoc
	err := l.read(ctx, jobKey(id), &doc, "job "+id)
	return doc.Job, err
}

// Jobs returns all jobs of a subscription, oldest first.
func (l *Ledger) Jobs(ctx context.Context, subscription string) ([]report.Job, error) {
	entries, err := l.store.Query(ctx, subPrefix+subscription, jobPrefix)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = strings.TrimPrefix(e.SK, jobPrefix)
	}
	return l.jobs(ctx, ids)
}

// DueJobs returns up to limit jobs that are due at now, the longest overdue first. Of records that cannot be read the error
// tells, and the other jobs are returned beside it; when nothing could be read at all, there are none, not even an empty list.
func (l *Ledger) DueJobs(ctx context.Context, now time.Time, limit int) ([]report.Job, error) {
	keys, err := l.store.Due(ctx, JobQueue, now, limit)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, k := range keys {
		if id, ok := JobID(k); ok {
			ids = append(ids, id)
		}
	}
	jobs, err := l.jobs(ctx, ids)
	// The list may lag behind: only what the record itself says counts.
	return slices.DeleteFunc(jobs, func(j report.Job) bool { return !j.Due(now) }), err
}

func (l *Ledger) jobs(ctx context.Context, ids []string) ([]report.Job, error) {
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = jobKey(id)
	}
	return readEach(ctx, l.store, keys, func(doc jobDoc) (report.Job, bool) { return doc.Job, true })
}

// UpdateJob applies a transition to a job, and returns the job as it is afterwards. Change may run more than once.
// Its error ends the update and is returned as it is.
func (l *Ledger) UpdateJob(ctx context.Context, id string, change func(*report.Job) error) (report.Job, error) {
	key := jobKey(id)
	var doc jobDoc
	err := l.atomically(ctx, []Key{key, subKey(subscriptionOf(id))}, func(t *tx) error {
		doc = jobDoc{}
		if err := t.must(key, &doc, "job "+id); err != nil {
			return err
		}
		before := doc.Status
		if err := change(&doc.Job); err != nil {
			return err
		}
		return putJob(t, t.read[key].Version, doc, before)
	})
	return doc.Job, err
}

// ChangeJob applies a transition after which a job awaits nothing more: a person cancels it or has it asked for again, or the
// vendor refuses a file. In the same transaction those of its files are given up that were awaited and have not come. One that
// comes all the same is still loaded.
func (l *Ledger) ChangeJob(ctx context.Context, id string, now time.Time, change func(*report.Job) error) (report.Job, error) {
	return l.withFiles(ctx, id, now, func(t *tx, doc *jobDoc) error {
		awaited := slices.Clone(doc.Files)
		if err := change(&doc.Job); err != nil {
			return err
		}
		for i, named := range awaited {
			var f report.File
			exists, err := t.get(fileKey(named.Key), &f)
			if err != nil {
				return err
			}
			if !exists || f.Job != id || f.Status != report.FileExpected || f.Delivery != nil {
				continue
			}
			if err := f.MarkLost(now, "its job is "+string(doc.Status)+": "+doc.Reason); err != nil {
				return err
			}
			if err := t.putFile(f); err != nil {
				return err
			}
			if i < len(doc.Files) {
				doc.Files[i].Status = report.FileLost
			}
		}
		return nil
	})
}

// errUnchanged ends a change that found nothing to write.
var errUnchanged = errors.New("nothing is to be written")

// withFiles changes a job together with the records of its files, all or nothing. Change may run more than once; what it puts
// of the files is written with the job, and with errUnchanged nothing is. Files that are named while the job is being read
// make it a Conflict.
func (l *Ledger) withFiles(ctx context.Context, id string, now time.Time, change func(*tx, *jobDoc) error) (report.Job, error) {
	job, err := l.Job(ctx, id)
	if err != nil {
		return job, err
	}
	keys := []Key{jobKey(id), subKey(job.Subscription)}
	for _, f := range job.Files {
		keys = append(keys, fileKey(f.Key))
	}
	var doc jobDoc
	err = l.atomically(ctx, keys, func(t *tx) error {
		doc = jobDoc{}
		if _, err := t.get(jobKey(id), &doc); err != nil {
			return err
		}
		// Files that were named since the keys were read have not been looked at.
		if len(doc.Files) != len(job.Files) {
			return fault.New(fault.Conflict, "job %s has moved on: it is %s", id, doc.Status)
		}
		before := doc.Status
		if err := change(t, &doc); err != nil {
			return err
		}
		return putJob(t, t.read[jobKey(id)].Version, doc, before)
	})
	if errors.Is(err, errUnchanged) {
		return doc.Job, nil
	}
	if err == nil && len(job.Files) == maxNamedFiles {
		// The transaction had no room left for the subscription.
		if err = l.PlanNow(ctx, job.Subscription, now); fault.Is(err, fault.NotFound) {
			err = nil
		}
	}
	return doc.Job, err
}

// maxNamedFiles is how many files one answer may name: they are recorded with the job and its marker in one transaction.
const maxNamedFiles = MaxMutations - 2

// Accept records an accepted request: the job and every file that the answer names, all or nothing. The job must be
// held at the given epoch. It returns the job and those of its files that have arrived already; the caller has to
// start their loads. A name that another unfinished job expects makes it a Conflict; more names than one transaction
// takes, a Poison. In both cases nothing is written.
func (l *Ledger) Accept(ctx context.Context, id string, epoch int64, a report.Answer, now, deadline time.Time) (report.Job, []report.File, error) {
	if len(a.Files) > maxNamedFiles {
		return report.Job{}, nil, fault.New(fault.Poison, "the answer names %d files: at most %d are taken; ask for shorter windows", len(a.Files), maxNamedFiles)
	}
	keys := []Key{jobKey(id)}
	if len(a.Files) == 0 {
		// The job is at its end at once.
		keys = append(keys, subKey(subscriptionOf(id)))
	}
	parts := map[string]int{}
	for _, f := range a.Files {
		keys = append(keys, fileKey(f.Name))
		parts[f.Table]++
	}
	var doc jobDoc
	var arrived []report.File
	err := l.atomically(ctx, keys, func(t *tx) error {
		doc, arrived = jobDoc{}, nil
		if err := heldJob(t, id, epoch, &doc); err != nil {
			return err
		}
		before := doc.Status
		if err := doc.AwaitFiles(now, a, deadline); err != nil {
			return err
		}
		for _, named := range doc.Files {
			f := report.File{Key: named.Key}
			if _, err := t.get(fileKey(named.Key), &f); err != nil {
				return err
			}
			until := deadline
			if named.Fetch != "" {
				// The job's requester delivers it, and loses it if it comes to that.
				until = time.Time{}
			}
			if err := f.Expect(now, doc.Job, named, parts[named.Table], until); err != nil {
				return err
			}
			if f.Delivery != nil {
				arrived = append(arrived, f)
			}
			if err := t.putFile(f); err != nil {
				return err
			}
		}
		return putJob(t, t.read[jobKey(id)].Version, doc, before)
	})
	return doc.Job, arrived, err
}

// heldJob decodes the job into doc and demands that it is held at epoch.
func heldJob(t *tx, id string, epoch int64, doc *jobDoc) error {
	if err := t.must(jobKey(id), doc, "job "+id); err != nil {
		return err
	}
	if doc.Epoch != epoch {
		return fault.New(fault.Conflict, "job %s is at epoch %d: the lease at epoch %d is over", id, doc.Epoch, epoch)
	}
	return nil
}

// LoseJob gives a job up at its deadline, together with those of its files that have not come. A file that arrived and
// is being loaded, or waits to be, keeps the job open: recheck says until when.
func (l *Ledger) LoseJob(ctx context.Context, id string, now, recheck time.Time, why string) (report.Job, error) {
	job, err := l.withFiles(ctx, id, now, func(t *tx, doc *jobDoc) error {
		if !doc.Due(now) {
			return fault.New(fault.Conflict, "job %s has moved on: it is %s", id, doc.Status)
		}
		underway := false
		for _, named := range doc.Files {
			var f report.File
			exists, err := t.get(fileKey(named.Key), &f)
			if err != nil {
				return err
			}
			if !exists || f.Job != id || named.Status != report.FileExpected {
				continue
			}
			if f.Delivery != nil {
				underway = true
				continue
			}
			if err := f.MarkLost(now, why); err != nil {
				return err
			}
			if err := t.putFile(f); err != nil {
				return err
			}
		}
		if underway {
			t.writes = nil
			doc.DueAt = recheck
			return nil
		}
		return doc.MarkLost(now, recheck, why)
	})
	if err != nil {
		err = fmt.Errorf("give job %s up: %w", id, err)
	}
	return job, err
}
