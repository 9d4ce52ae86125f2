// Package ingester loads delivered files. [Handler] takes the function's events: an SQS batch of S3 notifications, a
// bare S3 event, an EventBridge S3 event, or S3's test event. [Service] loads one delivery: it claims the file, converts
// it, publishes its days and commits the receipt. It may be stopped between any two steps, run twice, or run at the same
// time: the next run over the same delivery finds and finishes whatever it leaves behind.
package ingester

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Service loads deliveries. All fields are required.
type Service struct {
	Ledger     Ledger
	Deliveries Deliveries
	Dataset    Dataset
	Converter  Converter
	Now        func() time.Time
	// NewWorkerID returns a new name for each claim, never the same twice.
	NewWorkerID func() string
	// ShrinkBelow says of a table below which share of a published day, in rows or in a measure's values or sum, a newer
	// report is held instead of published.
	ShrinkBelow func(table string) float64

	// Lease is how long a claim lasts when the context has no deadline, and how much longer than the deadline it lasts
	// otherwise: a worker must be dead before its claim is taken over.
	Lease time.Duration
	// StrayGrace is how long a stray rests before it is deleted. A name may still be recorded until then.
	StrayGrace time.Duration
	// QuarantineHold is how long a quarantined file is kept for a person.
	QuarantineHold time.Duration
	// MaxBytes bounds a delivered file; a larger one is quarantined unread.
	MaxBytes int64
}

// Outcome is what became of one delivery.
type Outcome struct {
	File     report.File
	Decision report.Decision
	// Quarantined is set when the content can never load.
	Quarantined bool
}

// maxClaims is how often a delivery is claimed anew in one run when the claim, or the content under it, is gone.
const maxClaims = 4

// cleanupTimeout bounds the writes that record a failure after the run's own context has ended.
const cleanupTimeout = 5 * time.Second

// Ingest deals with one arrival. It returns nil when nothing is left to do for it now: it is loaded, known, not ours, or
// quarantined with its reason. An error means that it must come again; by then the claim has been given back.
func (s *Service) Ingest(ctx context.Context, d report.Delivery) (Outcome, error) {
	if d.ETag == "" || d.At.IsZero() {
		// An event written by hand may lack what S3's own always has.
		o, err := s.Deliveries.Stat(ctx, d.Key)
		if fault.Is(err, fault.NotFound) {
			return Outcome{Decision: report.DecideDuplicate}, nil
		}
		if err != nil {
			return Outcome{}, err
		}
		d.ETag, d.VersionID, d.Size, d.At = o.ETag, o.VersionID, o.Size, s.Now()
	}
	for range maxClaims {
		now := s.Now()
		f, decision, err := s.Ledger.Arrive(ctx, d, report.Claim{Worker: s.NewWorkerID(), Lease: s.lease(ctx, now), Grace: now.Add(s.StrayGrace)}, now)
		if err != nil {
			return Outcome{}, err
		}
		switch decision {
		case report.DecideLoad:
		case report.DecideExhausted:
			return s.quarantine(ctx, f, fault.New(fault.Poison, "%s", f.Exhausted()))
		case report.DecideDuplicate, report.DecideBusy, report.DecideStray, report.DecideReturned:
			return Outcome{File: f, Decision: decision}, nil
		}
		loaded, err := s.load(ctx, f)
		switch {
		case err == nil:
			return Outcome{File: loaded, Decision: decision}, nil
		case fault.Is(err, fault.Poison):
			return s.quarantine(ctx, f, err)
		case fault.Is(err, fault.Conflict), fault.Is(err, fault.NotFound):
			if d, err = s.lookAgain(ctx, f, err); err != nil || d.Key == "" {
				return Outcome{File: f, Decision: decision}, err
			}
		default:
			return Outcome{File: f, Decision: decision}, s.giveBack(ctx, f, err)
		}
	}
	return Outcome{}, fault.New(fault.Transient, "the delivery changed %d times while it was being loaded", maxClaims)
}

func (s *Service) lease(ctx context.Context, now time.Time) time.Time {
	if deadline, ok := ctx.Deadline(); ok && deadline.After(now) {
		return deadline.Add(s.Lease)
	}
	return now.Add(s.Lease)
}

// quarantine records that the content of a claimed file can never load.
func (s *Service) quarantine(ctx context.Context, f report.File, why error) (Outcome, error) {
	now := s.Now()
	until := now.Add(s.QuarantineHold)
	quarantined, err := s.Ledger.UpdateFile(ctx, f.Key, now, func(f2 *report.File) error {
		return f2.Quarantine(now, f.Epoch, until, why.Error())
	})
	if fault.Is(err, fault.Conflict) {
		// Another worker took the claim over, and will decide about the content.
		return Outcome{File: f, Decision: report.DecideBusy}, nil
	}
	if err != nil {
		return Outcome{File: f}, fmt.Errorf("quarantine file %s: %w", f.Key, err)
	}
	return Outcome{File: quarantined, Quarantined: true}, nil
}

// lookAgain returns the delivery as it is now, after the one that was claimed turned out to have changed or to be gone. A
// delivery without a key means that nothing is left to do.
func (s *Service) lookAgain(ctx context.Context, f report.File, cause error) (report.Delivery, error) {
	o, err := s.Deliveries.Stat(ctx, f.Delivery.Key)
	now := s.Now()
	switch {
	case fault.Is(err, fault.NotFound):
		_, err = s.Ledger.UpdateFile(ctx, f.Key, now, func(current *report.File) error {
			if err := current.HeldBy(f.Epoch); err != nil {
				return err
			}
			return current.MarkLost(now, "the delivered object is gone")
		})
		if fault.Is(err, fault.Conflict) {
			err = nil
		}
		return report.Delivery{}, err
	case err != nil:
		return report.Delivery{}, s.giveBack(ctx, f, err)
	}
	if !f.Delivery.IsOf(o) {
		return f.Found(f.Delivery.Bucket, o), nil
	}
	// The object is the same, so the ledger moved: give the claim back, if it is still ours, and claim anew.
	if err := s.giveBack(ctx, f, cause); !fault.Is(err, fault.Conflict) {
		return report.Delivery{}, err
	}
	return *f.Delivery, nil
}

// giveBack releases the claim after a failure, and returns the failure. A claim that is already somebody else's is left
// alone.
func (s *Service) giveBack(ctx context.Context, f report.File, cause error) error {
	// Faults of the content are Poison and lead to quarantine. But content may also be the reason why a run exceeds its time.
	setback := ctx.Err() == nil
	// The run's context may be what ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	now := s.Now()
	_, err := s.Ledger.UpdateFile(ctx, f.Key, now, func(f2 *report.File) error {
		return f2.Unclaim(now, f.Epoch, setback, cause.Error())
	})
	if err != nil && !fault.Is(err, fault.Conflict) {
		// The claim stays until its lease runs out: that decides what happens next, whatever the cause was.
		return fault.As(fault.KindOf(err), errors.Join(cause, fmt.Errorf("give file %s back: %w", f.Key, err)))
	}
	return cause
}
