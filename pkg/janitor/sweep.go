package janitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Summary is what a sweep did.
type Summary struct {
	// Listed counts the objects in the delivery bucket, Left those that stay there for now.
	Listed      int `json:"listed"`
	Left        int `json:"left"`
	Deleted     int `json:"deleted"`
	Redelivered int `json:"redelivered"`
	Unproven    int `json:"unproven"`
	Lost        int `json:"lost"`
	// Sealed counts certificates that were added to the chain.
	Sealed int `json:"sealed"`
	// Aborted counts unfinished multipart uploads that were ended.
	Aborted int `json:"aborted_uploads"`
	// Oldest is the age of the oldest object in the delivery bucket.
	Oldest time.Duration `json:"oldest_nanoseconds"`
	// Kept counts strays and quarantined files that rest there on purpose, and OldestUnkept is the age of the oldest object
	// that does not.
	Kept         int           `json:"kept_on_purpose"`
	OldestUnkept time.Duration `json:"oldest_unkept_nanoseconds"`
	// Failed counts objects and files that could not be dealt with, and Unverified those of them that were deleted and
	// could not be seen to be gone.
	Failed     int `json:"failed"`
	Unverified int `json:"unverified"`
	// Unlisted tells that the bucket could not be listed to its end: what was not seen may lie there all the same. CutShort
	// tells that the sweep ran out of time, so that its numbers are the least that they can be.
	Unlisted bool `json:"unlisted"`
	CutShort bool `json:"cut_short"`
}

// fail counts a failure.
func (s *Summary) fail(err error) {
	s.Failed++
	if errors.Is(err, ErrUnverified) {
		s.Unverified++
	}
}

func (s *Summary) count(o Outcome) {
	switch o {
	case OutcomeLeft:
		s.Left++
	case OutcomeDeleted:
		s.Deleted++
	case OutcomeRedelivered:
		s.Redelivered++
	case OutcomeUnproven:
		s.Unproven++
	case OutcomeLost:
		s.Lost++
	}
}

// maxDueFiles is how many due files one sweep looks at beyond those in the bucket.
const maxDueFiles = 1000

// Sweep goes through the delivery bucket, then through the files that are due, and ends unfinished uploads. It needs no event
// to have arrived: it finds all work from these. Of the context's time the bucket gets a part, so that however much lies
// there, what is due has its turn; and the next sweep begins where this one stopped, so that nothing in the bucket waits for
// ever. A problem with one object does not keep the others back. Of a bucket that cannot be listed to its end nothing is
// concluded; what is due is dealt with by a look at its own object.
func (s *Service) Sweep(ctx context.Context) (Summary, error) {
	var sum Summary
	var problems problems
	seen := map[string]bool{}
	if err := s.sweepBucket(ctx, seen, &sum, &problems); err != nil {
		sum.Unlisted = true
		problems.last(err)
	}
	s.sweepDue(ctx, seen, &sum, &problems)
	aborted, err := s.Deliveries.AbortUploads(ctx, s.Now().Add(-s.UploadAge))
	sum.Aborted = aborted
	if err != nil {
		problems.last(fmt.Errorf("end unfinished uploads: %w", err))
	}
	if sum.Sealed, err = s.Ledger.Seal(ctx, s.Now()); err != nil {
		problems.last(err)
	}
	return sum, problems.joined()
}

// sweepBucket goes through the bucket from where the last sweep stopped, round its end, to there again.
func (s *Service) sweepBucket(ctx context.Context, seen map[string]bool, sum *Summary, problems *problems) error {
	from, err := s.Ledger.SweptTo(ctx)
	if err != nil {
		// Where to begin is not worth a sweep.
		problems.last(fmt.Errorf("read how far the bucket was swept: %w", err))
	}
	part := span{after: from, until: s.part(ctx)}
	last, whole, err := s.sweepSpan(ctx, part, seen, sum, problems)
	if err == nil && whole && from != "" {
		part.after, part.to = "", from
		last, whole, err = s.sweepSpan(ctx, part, seen, sum, problems)
	}
	sum.CutShort = err == nil && !whole
	if whole {
		last = ""
	}
	if last != from {
		// Also after an error: the next sweep then does not begin with what this one has dealt with.
		if noteErr := s.Ledger.NoteSweptTo(ctx, last); noteErr != nil {
			err = errors.Join(err, fmt.Errorf("note how far the bucket was swept: %w", noteErr))
		}
	}
	return err
}

// span are the objects behind the key after, up to and with the key to, or to the bucket's end when that is empty; and until
// when there is time for them, if that is limited.
type span struct {
	after, to string
	until     time.Time
}

// part returns until when the run may be busy with the bucket: for three fifths of its time.
func (s *Service) part(ctx context.Context) time.Time {
	deadline, limited := ctx.Deadline()
	if !limited {
		return time.Time{}
	}
	now := s.Now()
	return now.Add((deadline.Sub(now) - 2*recordingTime) * 3 / 5)
}

// sweepSpan returns the last key that it dealt with, and whether it came to the end.
func (s *Service) sweepSpan(ctx context.Context, p span, seen map[string]bool, sum *Summary, problems *problems) (last string, whole bool, err error) {
	last = p.after
	for o, err := range s.Deliveries.ListAfter(ctx, p.after) {
		if err != nil {
			return last, false, fmt.Errorf("list the delivery bucket: %w", err)
		}
		if p.to != "" && o.Key > p.to {
			break
		}
		if !p.until.IsZero() && !s.Now().Before(p.until) {
			return last, false, nil
		}
		last = o.Key
		sum.Listed++
		age := s.Now().Sub(o.ModifiedAt)
		sum.Oldest = max(sum.Oldest, age)
		f, outcome, err := s.sweepObject(ctx, o, sum.Deleted)
		seen[f.Key] = true
		sum.rest(f, outcome, age)
		if err != nil {
			sum.fail(err)
			problems.add(fmt.Errorf("object %s: %w", o.Key, err))
			continue
		}
		sum.count(outcome)
	}
	return last, true, nil
}

func (s *Service) mayDelete(deleted int) bool {
	return deleted < s.MaxDeletions
}

// rest counts an object that stays where it is, by whether that is on purpose.
func (s *Summary) rest(f report.File, outcome Outcome, age time.Duration) {
	switch {
	case outcome == OutcomeDeleted:
	case outcome == OutcomeLeft && (f.Status == report.FileStray || f.Status == report.FileQuarantined):
		s.Kept++
	default:
		s.OldestUnkept = max(s.OldestUnkept, age)
	}
}

// sweepObject deals with one object that lies in the bucket, and returns its file as it was before.
func (s *Service) sweepObject(ctx context.Context, o report.Object, deleted int) (report.File, Outcome, error) {
	f, err := s.Ledger.Match(ctx, o.Key)
	if err != nil {
		return report.File{Key: o.Key}, OutcomeLeft, err
	}
	same := f.Delivery != nil && f.Delivery.Key == o.Key && f.Delivery.IsOf(o)
	overdue := f.Due(s.Now())
	var outcome Outcome
	switch f.Status {
	case "", report.FileLost:
		outcome, err = s.redeliver(ctx, f, o.Key)
	case report.FileExpected:
		if same && !overdue {
			// Its load has failed, and has its pause.
			return f, OutcomeLeft, nil
		}
		outcome, err = s.redeliver(ctx, f, o.Key)
	case report.FileClaimed:
		if !overdue {
			return f, OutcomeLeft, nil
		}
		outcome, err = s.redeliver(ctx, f, o.Key)
	case report.FileLoaded:
		switch {
		case !same:
			outcome, err = s.redeliver(ctx, f, o.Key)
		case s.mayDelete(deleted):
			outcome, err = s.deleteLoaded(ctx, f)
		}
	case report.FileStray, report.FileQuarantined:
		switch {
		case !same:
			outcome, err = s.redeliver(ctx, f, o.Key)
		case overdue && s.mayDelete(deleted):
			outcome, err = s.delete(ctx, f)
		}
	case report.FileDeleted:
		// Deleted after the listing, or put again since.
		outcome, err = s.redeliver(ctx, f, o.Key)
	default:
		panic("sweep: unhandled file status " + string(f.Status))
	}
	return f, outcome, err
}

// sweepDue deals with the due files that the sweep of the bucket has not met: their objects are gone, or it had no time for them.
func (s *Service) sweepDue(ctx context.Context, seen map[string]bool, sum *Summary, problems *problems) {
	files, err := s.Ledger.DueFiles(ctx, s.Now(), maxDueFiles)
	if err != nil {
		// Those that could be read are beside it.
		problems.last(fmt.Errorf("read the due files: %w", err))
	}
	for _, f := range files {
		if seen[f.Key] || f.Delivery == nil {
			// A file that has not come is given up by its job.
			continue
		}
		if deadline, limited := ctx.Deadline(); ctx.Err() != nil || limited && deadline.Sub(s.Now()) < recordingTime {
			sum.CutShort = true
			break
		}
		outcome, err := s.sweepFile(ctx, f, sum.Deleted)
		if err != nil {
			sum.fail(err)
			problems.add(fmt.Errorf("file %s: %w", f.Key, err))
			continue
		}
		if outcome != OutcomeLeft {
			sum.count(outcome)
		}
	}
}

func (s *Service) sweepFile(ctx context.Context, f report.File, deleted int) (Outcome, error) {
	switch f.Status {
	case report.FileExpected, report.FileClaimed:
		o, err := s.Deliveries.Stat(ctx, f.Delivery.Key)
		switch {
		case fault.Is(err, fault.NotFound):
			return s.lose(ctx, f)
		case err != nil:
			return OutcomeLeft, err
		}
		return s.start(ctx, f.Found(s.Bucket, o))
	case report.FileLoaded:
		if s.mayDelete(deleted) {
			return s.deleteLoaded(ctx, f)
		}
	case report.FileStray, report.FileQuarantined:
		if s.mayDelete(deleted) {
			return s.delete(ctx, f)
		}
	case report.FileDeleted, report.FileLost:
	}
	return OutcomeLeft, nil
}

// lose gives up a file whose object is gone before it was loaded.
func (s *Service) lose(ctx context.Context, f report.File) (Outcome, error) {
	now := s.Now()
	_, err := s.Ledger.UpdateFile(ctx, f.Key, now, func(current *report.File) error {
		if current.Epoch != f.Epoch || current.Status != f.Status {
			return fault.New(fault.Conflict, "file %s has moved on", f.Key)
		}
		return current.MarkLost(now, "the delivered object is gone")
	})
	if fault.Is(err, fault.Conflict) {
		return OutcomeLeft, nil
	}
	return OutcomeLost, err
}
