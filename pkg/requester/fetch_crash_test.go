package requester_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// TestAFetchThatWasCutShort goes on where it ended: between a delivery and its note, or in the middle of the files.
func TestAFetchThatWasCutShort(t *testing.T) {
	t.Run("it was delivered, and not noted", func(t *testing.T) {
		d := newFixture(t)
		d.fetching()
		c := d.content()
		// The note is lost, and with it the run.
		note := d.jobs.updateJob
		d.jobs.updateJob = func(ctx context.Context, id string, change func(*report.Job) error) (report.Job, error) {
			if len(c.delivered) == 1 {
				return report.Job{}, fault.New(fault.Transient, "the ledger is down")
			}
			return note(ctx, id, change)
		}
		if _, err := d.Run(t.Context(), requester.Trigger{}); !fault.Is(err, fault.Transient) {
			t.Errorf("error %v", err)
		}
		d.jobs.updateJob = note
		d.now = d.booked["job"].DueAt // the lease is over
		d.run(t.Context())
		d.want("job", report.JobAwaitingFiles, 4*time.Hour)
		if want := []string{"cases-1.csv: page-1", "cases-1.csv: page-1", "cases-2.csv: page-2"}; !slices.Equal(c.delivered, want) || c.closed != 3 {
			t.Errorf("delivered %q, %d bodies closed, want the first file twice, which changes nothing", c.delivered, c.closed)
		}
	})
	t.Run("another's object lies under its key", func(t *testing.T) {
		d := newFixture(t)
		d.fetching()
		d.content()
		d.deliverer.deliver = func(_ context.Context, _, key string, _ io.Reader) error {
			return fault.New(fault.Poison, "another's object lies under %s", key)
		}
		if sum := d.run(t.Context()); sum != (requester.Summary{Lost: 1}) {
			t.Errorf("summary %+v", sum)
		}
		d.want("job", report.JobLost, never)
		if why := d.booked["job"].Reason; !strings.Contains(why, "lies under cases-1.csv") {
			t.Errorf("reason %q", why)
		}
	})
	t.Run("the bucket is down for the second file", func(t *testing.T) {
		d := newFixture(t)
		d.fetching()
		c := d.content()
		d.deliverer.deliver = func(ctx context.Context, job, key string, content io.Reader) error {
			if key == "cases-2.csv" {
				return errors.New("bucket down")
			}
			return c.deliver(ctx, job, key, content)
		}
		if _, err := d.Run(t.Context(), requester.Trigger{}); err == nil || !strings.Contains(err.Error(), "bucket down") {
			t.Errorf("error %v", err)
		}
		d.want("job", report.JobAwaitingFiles, time.Second)
		if left := d.left(); !slices.Equal(left, []string{"cases-2.csv"}) || c.closed != 2 {
			t.Errorf("to fetch: %q, %d bodies closed; want the second file alone, and 2", left, c.closed)
		}
		d.deliverer.deliver = c.deliver
		d.now = d.now.Add(time.Second)
		d.run(t.Context())
		if want := []string{"cases-1.csv: page-1", "cases-2.csv: page-2"}; !slices.Equal(c.delivered, want) {
			t.Errorf("delivered %q, want %q", c.delivered, want)
		}
	})
	t.Run("the content breaks off", func(t *testing.T) {
		d := newFixture(t)
		d.fetching()
		d.content()
		d.source.fetch = func(context.Context, report.Order, report.NamedFile, turn) (io.ReadCloser, report.Answer) {
			broken, cut := io.Pipe()
			_ = cut.CloseWithError(errors.New("stalled"))
			return broken, report.Answer{Outcome: report.OutcomeAccepted}
		}
		d.run(t.Context()) // a vendor's failure is none of the run
		d.want("job", report.JobAwaitingFiles, time.Second)
	})
	t.Run("its names were recorded, and the run heard nothing of it", func(t *testing.T) {
		d := newFixture(t)
		d.plan("job", d.subscribe("seaside", "push", true))
		d.answer(exported) // a second request fails the test
		d.jobs.accept = func(ctx context.Context, id string, epoch int64, a report.Answer, now, deadline time.Time) (report.Job, []report.File, error) {
			_, _, err := d.accept(ctx, id, epoch, a, now, deadline)
			return report.Job{}, nil, errors.Join(fault.New(fault.Transient, "no answer came"), err)
		}
		c := d.content()
		if _, err := d.Run(t.Context(), requester.Trigger{}); !fault.Is(err, fault.Transient) {
			t.Errorf("error %v", err)
		}
		d.run(t.Context())
		if want := []string{"cases-1.csv: page-1", "cases-2.csv: page-2"}; !slices.Equal(c.delivered, want) {
			t.Errorf("delivered %q, want %q", c.delivered, want)
		}
	})
	t.Run("two runs at once", func(t *testing.T) {
		d := newFixture(t)
		d.fetching()
		c := d.content()
		other := *d.Service
		d.deliverer.deliver = func(ctx context.Context, job, key string, content io.Reader) error {
			d.deliverer.deliver = c.deliver
			// The other begins while the first delivers, and finds the job leased; then it begins when the lease is over.
			for range 2 {
				if _, err := other.Run(ctx, requester.Trigger{}); err != nil {
					t.Error(err)
				}
				d.now = d.booked["job"].DueAt
			}
			return c.deliver(ctx, job, key, content)
		}
		d.run(t.Context())
		// The first file twice, which changes nothing, and the second once.
		if want := []string{"cases-1.csv: page-1", "cases-2.csv: page-2", "cases-1.csv: page-1"}; !slices.Equal(c.delivered, want) {
			t.Errorf("delivered %q, want %q", c.delivered, want)
		}
		if j := d.booked["job"]; j.Status != report.JobAwaitingFiles || len(d.left()) != 0 || !j.Deadline.Equal(j.FetchedAt.Add(4*time.Hour)) {
			t.Errorf("job is %s with %q to fetch, delivered %s, deadline %s", j.Status, d.left(), j.FetchedAt, j.Deadline)
		}
	})
	t.Run("another run took the lease", func(t *testing.T) {
		d := newFixture(t)
		d.fetching()
		d.content()
		d.deliverer.deliver = func(context.Context, string, string, io.Reader) error {
			j := d.booked["job"]
			j.Epoch++
			d.booked["job"] = j
			return nil
		}
		d.run(t.Context()) // the other run's progress is no problem of this one
		if left := d.left(); len(left) != 2 {
			t.Errorf("%q to fetch: a lease that is over has noted something", left)
		}
	})
	t.Run("a person cancels the job while it is fetched", func(t *testing.T) {
		d := newFixture(t)
		d.fetching()
		d.content()
		d.deliverer.deliver = func(context.Context, string, string, io.Reader) error {
			j := d.booked["job"]
			err := j.Cancel(d.now, "not wanted")
			d.booked["job"] = j
			return err
		}
		d.run(t.Context())
		d.want("job", report.JobCancelled, never)
	})
}
