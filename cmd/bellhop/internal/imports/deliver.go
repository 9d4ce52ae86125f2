package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/inputs"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// patience is how long an import's job awaits its file. A bucket keeps a raw file for a day.
const patience = 24 * time.Hour

// maxRaces is how often an import is recorded anew because the planner changed the subscription meanwhile.
const maxRaces = 8

// File imports one file: it reads it whole, says what it means for which days, and then, unless that is all that is wanted,
// records a job for each part and delivers it. Content that no ingester would load is Poison, and nothing is recorded.
func (s *Service) File(ctx context.Context, o Order, name string, content io.Reader) (r Result, err error) {
	s.tell("reading %s", name)
	file, err := inputs.Spool(content, s.Limit)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return r, err
	}
	if r, err = s.plan(ctx, o, name, file); err != nil || o.DryRun {
		return r, err
	}
	parts, closing, err := s.cut(ctx, r, file)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	for i := range r.Parts {
		if parts[i] == nil {
			continue
		}
		if err := s.deliver(ctx, o, r.Table, name, &r.Parts[i], parts[i]); err != nil {
			return r, err
		}
	}
	return r, nil
}

// cut returns the content of each part that is to be delivered; of one that is not, nil. A file that is one part is delivered as it
// is.
func (s *Service) cut(ctx context.Context, r Result, file *os.File) (parts []*os.File, closing func() error, err error) {
	parts = make([]*os.File, len(r.Parts))
	closing = func() error { return nil }
	if len(r.Parts) == 1 {
		if r.Parts[0].State == Planned {
			parts[0] = file
		}
		return parts, closing, nil
	}
	var opened []*os.File
	closing = func() (err error) {
		for _, f := range opened {
			err = errors.Join(err, f.Close())
		}
		return err
	}
	var windows []report.Window
	var into []io.Writer
	for i, p := range r.Parts {
		if p.State != Planned {
			continue
		}
		if parts[i], err = inputs.Spool(strings.NewReader(""), 0); err != nil {
			return nil, nil, errors.Join(err, closing())
		}
		opened = append(opened, parts[i])
		windows, into = append(windows, p.Window), append(into, parts[i])
	}
	if len(into) == 0 {
		return parts, closing, nil
	}
	if _, err = file.Seek(0, io.SeekStart); err == nil {
		err = s.Converter.Cut(ctx, file, r.Table, windows, into)
	}
	if err != nil {
		return nil, nil, errors.Join(err, closing())
	}
	return parts, closing, nil
}

// deliver records the job of a part, unless an earlier run has, and delivers its content.
func (s *Service) deliver(ctx context.Context, o Order, table, name string, p *Part, content io.ReadSeeker) error {
	if p.Job == "" {
		s.tell("recording %s of %s", p.Window, name)
		job, err := s.record(ctx, o, table, *p)
		if err != nil {
			return err
		}
		p.Job = job.ID
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	s.tell("delivering %s of %s", p.Window, name)
	if err := s.Deliveries.Deliver(ctx, p.Job, p.Key, content); err != nil {
		return fmt.Errorf("deliver %s for job %s, which a repeated import goes on with: %w", p.Window, p.Job, err)
	}
	p.State = Delivered
	return nil
}

func (s *Service) record(ctx context.Context, o Order, table string, p Part) (report.Job, error) {
	in := report.Import{
		Window: p.Window, Generation: p.AsOf, Why: "a person imports its days",
		Files: []report.NamedFile{{Name: p.Key, Table: table, Root: o.contract(table, 0).Root}},
	}
	for n := 1; ; n++ {
		b, err := s.Ledger.Snapshot(ctx, o.Subscription.Name)
		if err != nil {
			return report.Job{}, err
		}
		now := s.Now()
		job, err := s.Ledger.Import(ctx, b, in, now, now.Add(patience))
		if !fault.Is(err, fault.Conflict) || n == maxRaces {
			return job, err
		}
	}
}

// glance is how long it takes to the next look at what is under way.
const glance = 2 * time.Second

// Await waits until every part is certified, or can go no further without a person, and at most so long. It notes how the parts
// stand, and reports whether all are settled.
func (s *Service) Await(ctx context.Context, parts []*Part, most time.Duration) (bool, error) {
	for waited := time.Duration(0); ; waited += glance {
		open := 0
		for _, p := range parts {
			if p.State != Delivered && p.State != Loaded {
				continue
			}
			f, err := s.Ledger.File(ctx, p.Key)
			if err != nil {
				return false, err
			}
			if p.note(f); p.State == Delivered || p.State == Loaded || p.State == Planned {
				open++
			}
			if p.State == Planned {
				p.State = Delivered // no event has told of it yet
			}
		}
		if open == 0 || waited >= most {
			return open == 0, nil
		}
		s.tell("waiting for %d of %d", open, len(parts))
		if err := s.Pause(ctx, glance); err != nil {
			return false, err
		}
	}
}

// Certified reports whether the deletion of every part's delivery is proved. Only then the file that it came from is not needed.
func (s *Service) Certified(ctx context.Context, parts []Part) (bool, error) {
	for _, p := range parts {
		if p.State != Certified {
			return false, nil
		}
		certificates, err := s.Ledger.CertificatesOf(ctx, p.Key)
		if err != nil || len(certificates) == 0 {
			return false, err
		}
	}
	return len(parts) > 0, nil
}

func (s *Service) tell(format string, args ...any) {
	if s.Tell != nil {
		s.Tell(format, args...)
	}
}
