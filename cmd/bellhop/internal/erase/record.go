package erase

import (
	"context"

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
