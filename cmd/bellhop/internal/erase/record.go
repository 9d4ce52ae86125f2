package erase

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// day rewrites a published day. An object that the day's record does not mean is the work of a load that was not committed: the
// record then stays as it is. A day without any other row becomes one without rows, and has no object any more.
func (r *run) day(ctx context.Context, p place, o report.Object, w rest) error {
	s, err := r.record(ctx, p)
	if err != nil {
		return err
	}
	if s != nil && s.ETag != "" && s.ETag != o.ETag && o.Metadata[report.MetaMigrated] == s.ETag {
		// A run was stopped between the object and its record.
		if err := r.settle(ctx, p, s.ETag, o.ETag, w); err != nil {
			return err
		}
		if s, err = r.record(ctx, p); err != nil {
			return err
		}
	}
	if w.gone == 0 {
		return nil
	}
	recorded := s != nil && s.ETag == o.ETag
	if recorded {
		if err := r.keep(ctx, *s); err != nil {
			return err
		}
	}
	if w.day.Rows == 0 {
		// The record goes first: an object without a record is found again, and a record without an object would be a missing day.
		if recorded {
			if err := r.settle(ctx, p, o.ETag, "", w); err != nil {
				return err
			}
		}
		return r.remove(ctx, o)
	}
	put, err := r.put(ctx, o, w)
	if err != nil || !recorded {
		return err
	}
	return r.settle(ctx, p, o.ETag, put.ETag, w)
}

// settle notes the new object in the day's record, or that there is none: all else about the day, its generation too, is as it was.
func (r *run) settle(ctx context.Context, p place, from, to string, w rest) error {
	return r.change(ctx, p, func(s *report.Partition) {
		if s.ETag != from {
			return // another run, or a newer report, has been here
		}
		s.ETag, s.SHA256 = to, w.day.SHA256
		s.Rows, s.Sums, s.Figures = w.day.Rows, w.day.Sums, w.day.Figures
		if to == "" {
			s.Key, s.SHA256, s.Sums, s.Figures, s.Vanished = "", "", nil, nil, nil
		}
	})
}

// held rewrites a report that is held. The day's record says how many rows it has, and keeps a decision away meanwhile.
func (r *run) held(ctx context.Context, p place, o report.Object, w rest) error {
	s, err := r.record(ctx, p)
	if err != nil {
		return err
	}
	recorded := s != nil && s.Held != nil && s.Held.Key == p.key
	if w.gone == 0 && (!recorded || s.Held.Rows == w.day.Rows) {
		return nil
	}
	if recorded {
		if err := r.keep(ctx, *s); err != nil {
			return err
		}
	}
	note := func() error {
		if !recorded {
			return nil
		}
		return r.change(ctx, p, func(s *report.Partition) {
			if s.Held == nil || s.Held.Key != p.key {
				return
			}
			s.Held.Rows, s.Held.Figures = w.day.Rows, w.day.Figures
			if s.Held.Sums != nil {
				s.Held.Sums = w.day.Sums
			}
			if w.day.Rows == 0 {
				s.Held.Key, s.Held.Sums, s.Held.Figures = "", nil, nil
			}
		})
	}
	switch {
	case w.gone == 0:
	case w.day.Rows == 0:
		if err := note(); err != nil {
			return err
		}
		return r.remove(ctx, o)
	default:
		if _, err := r.put(ctx, o, w); err != nil {
			return err
		}
	}
	return note()
}

// staged rewrites one file's share of a day, also when nothing is left of it: the file's receipt names it until the merge.
func (r *run) staged(ctx context.Context, p place, o report.Object, w rest) error {
	from, to := o.Metadata[report.MetaMigrated], o.ETag
	if w.gone > 0 {
		// Whoever was stopped before has to be caught up with, since an object names the one before it and no other.
		if err := r.prove(ctx, p, from, to, w); err != nil {
			return err
		}
		put, err := r.put(ctx, o, w)
		if err != nil {
			return err
		}
		from, to = o.ETag, put.ETag
	}
	return r.prove(ctx, p, from, to, w)
}

// prove makes the receipt that names a staged share name the new object.
func (r *run) prove(ctx context.Context, p place, from, to string, w rest) error {
	if from == "" {
		return nil
	}
	job, err := r.Ledger.Job(ctx, p.job)
	if fault.Is(err, fault.NotFound) {
		return nil // forgotten after the ledger's retention: nobody merges any more
	}
	if err != nil {
		return err
	}
	for _, named := range job.Files {
		if named.Table != p.table || report.StagedKey(p.job, p.table, p.date, named.Key) != p.key {
			continue
		}
		f, err := r.Ledger.File(ctx, named.Key)
		if fault.Is(err, fault.NotFound) || err == nil && !restage(&f, p.key, from, to, w.day.Rows) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := r.Ledger.UpdateFile(ctx, named.Key, r.Now(), func(f *report.File) error {
			restage(f, p.key, from, to, w.day.Rows)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// restage replaces a staged share in a file's receipt, and reports whether it is there.
func restage(f *report.File, key, from, to string, rows int64) (there bool) {
	if f.Receipt == nil {
		return false
	}
	for i := range f.Receipt.Partitions {
		if proof := &f.Receipt.Partitions[i]; proof.Key == key && proof.ETag == from {
			proof.ETag, proof.Rows, there = to, rows, true
		}
	}
	return there
}

// put puts what is left in the object's place.
func (r *run) put(ctx context.Context, o report.Object, w rest) (report.Object, error) {
	write := report.Write{Key: o.Key, Body: w.body, Condition: report.Condition{ETag: o.ETag}, ContentType: "application/vnd.apache.parquet"}
	if w.day.Body != nil {
		write.Metadata = map[string]string{}
		maps.Copy(write.Metadata, o.Metadata)
		write.Metadata[report.MetaFormat], write.Metadata[report.MetaMigrated] = strconv.Itoa(report.DatasetFormat), o.ETag
		write.Metadata[report.MetaSHA256], write.Metadata[report.MetaRows] = w.day.SHA256, strconv.FormatInt(w.day.Rows, 10)
	}
	return r.Dataset.Put(ctx, write)
}

// remove deletes an object of which nothing is left.
func (r *run) remove(ctx context.Context, o report.Object) error {
	_, err := r.Dataset.Delete(ctx, o.Key, o.ETag, "")
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// fence is who replaces a day's object, as for a migration: each run has the same name, so that one which goes on after another was
// killed need not wait.
var fence = report.File{Key: "bellhop privacy erase", Epoch: -1}

// lease is how long one day is kept from loads at most.
const lease = 2 * time.Minute

// errFenced says that a load or a person's decision has the day just now.
var errFenced = errors.New("the day is being replaced by a load")

// record returns the ledger's record of a day, or nil when it has none.
func (r *run) record(ctx context.Context, p place) (*report.Partition, error) {
	found, err := r.Ledger.Partitions(ctx, p.subscription, p.table, report.Window{From: p.date, To: p.date})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// keep keeps loads and decisions away from a day.
func (r *run) keep(ctx context.Context, day report.Partition) error {
	now := r.Now()
	if day.Fenced(fence, now) {
		return errFenced
	}
	_, err := r.Ledger.Fence(ctx, fence, []report.Partition{day}, now, now.Add(lease))
	return err
}

// change changes a day's record, and lets loads come again.
func (r *run) change(ctx context.Context, p place, change func(*report.Partition)) error {
	err := r.Ledger.ChangeDay(ctx, p.subscription, p.table, p.date, func(s *report.Partition) error {
		change(s)
		if f := s.Fence; f != nil && f.File == fence.Key && f.Epoch == fence.Epoch {
			s.Fence = nil
		}
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil // the day was dropped meanwhile
	}
	return err
}
