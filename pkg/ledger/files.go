package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// File returns the file with the given key, or a NotFound.
func (l *Ledger) File(ctx context.Context, key string) (report.File, error) {
	var f report.File
	err := l.read(ctx, fileKey(key), &f, "file "+key)
	return f, err
}

// DueFiles returns up to limit files that have come and are due at now, the longest overdue first. What has not come is its
// job's to give up, and keeps nothing that has come out of the list, however many there are. Of records that cannot be read the
// error tells, and the other files are returned beside it; when nothing could be read at all, there are none, not even an empty
// list.
func (l *Ledger) DueFiles(ctx context.Context, now time.Time, limit int) ([]report.File, error) {
	files := []report.File{}
	var problems []error
	for read, page := 0, limit; len(files) < limit; page *= 2 {
		keys, err := l.store.Due(ctx, FileQueue, now, page)
		if err != nil {
			return nil, err
		}
		// The list may lag behind: only what the record itself says counts.
		due, err := readEach(ctx, l.store, keys[min(read, len(keys)):], func(f report.File) (report.File, bool) {
			return f, f.Delivery != nil && f.Due(now)
		})
		if due == nil && err != nil {
			return nil, err
		}
		files, problems = append(files, due...), append(problems, err)
		if read = len(keys); read < page {
			break
		}
	}
	return files[:min(limit, len(files))], errors.Join(problems...)
}

// Match returns the file that an object under key belongs to: the one of that very key, else the one that is expected
// under the key's base name and has not come, else a new one.
func (l *Ledger) Match(ctx context.Context, key string) (report.File, error) {
	keys := matchKeys(key)
	records, err := l.store.Get(ctx, keys...)
	if err != nil {
		return report.File{}, err
	}
	f, _, err := match(&tx{read: records}, key)
	return f, err
}

func matchKeys(key string) []Key {
	keys := []Key{fileKey(key)}
	if base, nested := baseName(key); nested {
		keys = append(keys, fileKey(base))
	}
	return keys
}

// match picks the file for key. It also reports whether a record of the very key exists that the match makes obsolete:
// a stray whose name has been recorded since.
func match(t *tx, key string) (f report.File, obsolete bool, err error) {
	exact := report.File{Key: key}
	exists, err := t.get(fileKey(key), &exact)
	if err != nil || exists && exact.Status != report.FileStray {
		return exact, false, err
	}
	if base, nested := baseName(key); nested {
		var byName report.File
		named, err := t.get(fileKey(base), &byName)
		if err != nil {
			return exact, false, err
		}
		// A second object of the same base name is not what was expected: it stays a stray.
		if named && byName.Job != "" && (byName.Delivery == nil || byName.Delivery.Key == key) {
			return byName, exists, nil
		}
	}
	return exact, false, nil
}

// Arrive records an arrival and returns the file with the decision about it; see [report.File.Arrive]. A duplicate
// costs one read and no write.
func (l *Ledger) Arrive(ctx context.Context, d report.Delivery, c report.Claim, now time.Time) (report.File, report.Decision, error) {
	var f report.File
	var decision report.Decision
	err := l.atomically(ctx, matchKeys(d.Key), func(t *tx) error {
		found, obsolete, err := match(t, d.Key)
		if err != nil {
			return err
		}
		f = found
		events := f.Events()
		if decision, err = f.Arrive(d, c, now); err != nil {
			return err
		}
		if f.Events() == events {
			return nil
		}
		if obsolete {
			t.deleteAt(fileKey(d.Key), t.read[fileKey(d.Key)].Version)
		}
		return t.putFile(f)
	})
	if err != nil {
		err = fmt.Errorf("record the arrival of %s: %w", d.Key, err)
	}
	return f, decision, err
}

// UpdateFile applies a transition to a file and settles it with its job, in one transaction; it returns the file as it
// is afterwards. Change may run more than once. Its error ends the update and is returned as it is.
func (l *Ledger) UpdateFile(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error) {
	return l.updateFile(ctx, key, "", now, nil, change)
}

// errOtherContent says that a file has other content by now than a certificate speaks of.
var errOtherContent = errors.New("other content has arrived")

// Certify records a verified deletion: the file and the certificate, all or nothing. When other content has arrived for the
// file meanwhile, the certificate of what is gone is written all the same, and the file is left as it is. A certificate of
// another object, or another job, than the file's is a Conflict.
func (l *Ledger) Certify(ctx context.Context, key string, c report.Certificate, now time.Time) (report.File, error) {
	proof := func(t *tx) error {
		return t.putCertificate(key, c)
	}
	f, err := l.updateFile(ctx, key, c.Job, now, proof, func(f *report.File) error {
		switch {
		case f.Delivery == nil || f.Delivery.Key != c.Key:
			return fault.New(fault.Conflict, "the certificate speaks of another object than file %s", key)
		case f.Delivery.ETag != c.ETag:
			return errOtherContent
		}
		return f.Delete(now, "verified gone")
	})
	if !errors.Is(err, errOtherContent) {
		return f, err
	}
	t := &tx{}
	if err := proof(t); err != nil {
		return f, err
	}
	return f, l.store.Write(ctx, t.writes...)
}

// updateFile is the one way in which a file's record changes after its arrival. Its job, if it has one, learns of it in
// the same transaction. The job is known beforehand or found from the file.
func (l *Ledger) updateFile(ctx context.Context, key, job string, now time.Time, also func(*tx) error, change func(*report.File) error) (report.File, error) {
	if job == "" {
		f, err := l.File(ctx, key)
		if err != nil {
			return f, err
		}
		job = f.Job
	}
	keys := []Key{fileKey(key)}
	if job != "" {
		keys = append(keys, jobKey(job), subKey(subscriptionOf(job)))
	}
	var f report.File
	err := l.atomically(ctx, keys, func(t *tx) error {
		f = report.File{}
		if err := t.must(fileKey(key), &f, "file "+key); err != nil {
			return err
		}
		if f.Job != job {
			return fault.New(fault.Conflict, "file %s has passed from job %s to job %s", key, job, f.Job)
		}
		before := f.Status
		if err := change(&f); err != nil {
			return err
		}
		if err := t.putFile(f); err != nil {
			return err
		}
		if also != nil {
			if err := also(t); err != nil {
				return err
			}
		}
		return settle(t, job, f, before, now)
	})
	return f, err
}

// settle tells the file's job what became of it.
func settle(t *tx, job string, f report.File, before report.FileStatus, now time.Time) error {
	if job == "" {
		return nil
	}
	status := f.Status
	switch f.Status {
	case report.FileDeleted:
		// The job already knows of a loaded file. It has to learn that a file which could not load is deleted.
		if before != report.FileQuarantined {
			return nil
		}
		status = report.FileLost
	case report.FileClaimed, report.FileStray:
		return nil
	case report.FileExpected, report.FileLoaded, report.FileQuarantined, report.FileLost:
	}
	var doc jobDoc
	exists, err := t.get(jobKey(job), &doc)
	if err != nil || !exists {
		return err
	}
	noted, known := doc.File(f.Key)
	if !known || noted.Status == status || noted.Status == report.FileLoaded {
		return nil
	}
	stood := doc.Status
	if err := doc.SettleFile(now, f.Key, status); err != nil {
		return err
	}
	return putJob(t, t.read[jobKey(job)].Version, doc, stood)
}

// Files yields every file of the ledger, reading the whole table: for people and reports.
func (l *Ledger) Files(ctx context.Context) iter.Seq2[report.File, error] {
	return scan[report.File](ctx, l.store, filePrefix, func(k Key) bool { return k.SK == meta })
}

// Certificates yields every certificate of the ledger, reading the whole table: for people and reports.
func (l *Ledger) Certificates(ctx context.Context) iter.Seq2[report.Certificate, error] {
	return scan[report.Certificate](ctx, l.store, filePrefix, func(k Key) bool { return k.SK != meta })
}

// CertificatesOf returns the certificates of one file, oldest first.
func (l *Ledger) CertificatesOf(ctx context.Context, key string) ([]report.Certificate, error) {
	records, err := l.store.Query(ctx, filePrefix+key, certPrefix)
	if err != nil {
		return nil, err
	}
	return decodeEach[report.Certificate](records)
}

func scan[T any](ctx context.Context, store Store, prefix string, wanted func(Key) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for r, err := range store.Scan(ctx, prefix) {
			var v T
			if err == nil {
				if !wanted(r.Key) {
					continue
				}
				err = decode(r, &v)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}
