// Package janitor deletes delivered files, and proves it. [Handler] takes the function's events: a batch of the ledger's
// change stream deletes what was loaded, and a schedule event sweeps. [Service] does the work: it deletes what is loaded,
// finds the files that no event told of, and acts on what is due. It may be stopped anywhere and run at the same time: a
// deletion names the content that it means, and a certificate is written only after the object was found gone.
package janitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Service deletes and sweeps. All fields are required but OnCertificate.
type Service struct {
	Ledger     Ledger
	Deliveries Deliveries
	Dataset    Dataset
	Queue      Queue
	Now        func() time.Time

	// Bucket is the delivery bucket's name, for the certificates.
	Bucket string
	// MaxDeletions bounds the deletions of one sweep: an error that looks like a thousand reasons to delete must not be
	// able to.
	MaxDeletions int
	// UploadAge is how old an unfinished multipart upload must be to be ended.
	UploadAge time.Duration
	// Verifier compares the dataset with the ledger.
	Verifier Verifier
	// OnCertificate, if set, is told of every certificate that was written.
	OnCertificate func(report.Certificate)
}

// ErrUnverified marks the error of a deletion after which the object could not be seen to be gone. There is no
// certificate, and it is tried again.
var ErrUnverified = errors.New("the deletion is not verified")

// recordingTime is how much of a run's time is kept for the rest of it.
const recordingTime = 30 * time.Second

// Outcome is what became of one file.
type Outcome int

// The outcomes.
const (
	// OutcomeLeft: there was nothing to do for it now.
	OutcomeLeft Outcome = iota
	// OutcomeDeleted: gone, verified and certified.
	OutcomeDeleted
	// OutcomeRedelivered: its load was started (again).
	OutcomeRedelivered
	// OutcomeUnproven: what it was loaded into is not there; its load was started again instead of deleting it.
	OutcomeUnproven
	// OutcomeLost: its object is gone, and it was never loaded.
	OutcomeLost
)

// String returns the outcome's name for logs.
func (o Outcome) String() string {
	switch o {
	case OutcomeLeft:
		return "left"
	case OutcomeDeleted:
		return "deleted"
	case OutcomeRedelivered:
		return "redelivered"
	case OutcomeUnproven:
		return "unproven"
	case OutcomeLost:
		return "lost"
	default:
		return "unhandled outcome"
	}
}

// Verify goes on with the round of comparing the dataset with the ledger.
func (s *Service) Verify(ctx context.Context) (Verified, error) { return s.Verifier.Round(ctx) }

// redeliver starts the load of what lies under the key now: a listing is a moment old, and tells no version.
func (s *Service) redeliver(ctx context.Context, f report.File, key string) (Outcome, error) {
	o, err := s.Deliveries.Stat(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return OutcomeLeft, nil
	}
	if err != nil {
		return OutcomeLeft, err
	}
	return s.start(ctx, f.Found(s.Bucket, o))
}

func (s *Service) start(ctx context.Context, d report.Delivery) (Outcome, error) {
	if err := s.Queue.Redeliver(ctx, d); err != nil {
		return OutcomeLeft, fmt.Errorf("start its load: %w", err)
	}
	return OutcomeRedelivered, nil
}

// maxProblemsTold is how many problems of one sweep are told in full: a log line has an end.
const maxProblemsTold = 50

// problems are what went wrong in one sweep.
type problems struct {
	first []error
	more  int
}

// last adds a problem of the sweep itself, which is always told.
func (p *problems) last(err error) { p.first = append(p.first, err) }

func (p *problems) add(err error) {
	switch {
	case len(p.first) < maxProblemsTold:
		p.first = append(p.first, err)
	default:
		p.more++
	}
}

func (p *problems) joined() error {
	if p.more > 0 {
		return errors.Join(append(p.first, fmt.Errorf("and %d problems more", p.more))...)
	}
	return errors.Join(p.first...)
}
