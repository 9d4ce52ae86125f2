package ingester_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// holdsFixture is the fixture of loads with what a person's decision needs besides: its days and its bucket.
type holdsFixture struct {
	*fixture
	holds  *ingester.Holds
	days   *heldDays
	bucket *heldBucket
}

type heldDays struct {
	*days
	decide func(context.Context, string, string, report.Date, func(*report.Partition) error) error
}

func (h *heldDays) DecideHeld(ctx context.Context, sub, table string, d report.Date, decide func(*report.Partition) error) error {
	return h.decide(ctx, sub, table, d, decide)
}

type heldBucket struct {
	*bucket
	delete func(ctx context.Context, key, etag, versionID string) (string, error)
}

func (h *heldBucket) Delete(ctx context.Context, key, etag, versionID string) (string, error) {
	return h.delete(ctx, key, etag, versionID)
}

// newHoldsFixture has three rows of November 1 published, and a report with one row held.
func newHoldsFixture(t *testing.T) *holdsFixture {
	t.Helper()
	d := &holdsFixture{fixture: newFixture(t)}
	d.publish(rows(3), asked.AddDate(0, 0, -1))
	d.expect("a.csv")
	d.ingest(d.deliver("a.csv", rows(1)))
	if d.published[window.From].Held == nil {
		t.Fatal("nothing is held")
	}
	d.fixture.days.partitions = func(_ context.Context, _, _ string, w report.Window) ([]report.Partition, error) {
		return []report.Partition{d.published[w.From]}, nil
	}
	d.days = &heldDays{d.fixture.days, func(_ context.Context, _, _ string, date report.Date, decide func(*report.Partition) error) error {
		s := d.published[date]
		if s.Held == nil {
			return fault.New(fault.NotFound, "nothing is held")
		}
		if err := decide(&s); err != nil {
			return err
		}
		s.Version++
		d.published[date] = s
		return nil
	}}
	d.bucket = &heldBucket{d.dataset, d.memory.Delete}
	d.holds = &ingester.Holds{Days: d.days, Dataset: d.bucket, Converter: d.converter, Now: d.Now}
	return d
}

func (d *holdsFixture) accept() (report.Partition, error) {
	return d.holds.Accept(d.t.Context(), "seaside", "asp_device", window.From, asked)
}

func (d *holdsFixture) drop() (report.Partition, error) {
	return d.holds.Drop(d.t.Context(), "seaside", "asp_device", window.From, asked)
}

// What goes wrong is said by kind, and leaves the day as it was or as it was to become.
func TestDecisionsThatCannotBeCarriedOut(t *testing.T) {
	down := errors.New("S3 is down")
	for name, tt := range map[string]struct {
		breaks func(d *holdsFixture)
		decide func(d *holdsFixture) (report.Partition, error)
		kind   fault.Kind
		rows   int64 // of the day afterwards
		held   bool
	}{
		"the day cannot be read": {func(d *holdsFixture) {
			d.days.partitions = func(context.Context, string, string, report.Window) ([]report.Partition, error) {
				return nil, fault.As(fault.Transient, down)
			}
		}, (*holdsFixture).accept, fault.Transient, 3, true},
		"nothing is held":        {func(d *holdsFixture) { s := d.published[window.From]; s.Held = nil; d.published[window.From] = s }, (*holdsFixture).accept, fault.NotFound, 3, false},
		"another report is held": {func(d *holdsFixture) { d.published[window.From].Held.Generation = asked.AddDate(0, 0, 1) }, (*holdsFixture).drop, fault.Conflict, 3, true},
		"a newer report is published": {func(d *holdsFixture) {
			s := d.published[window.From]
			s.Generation = asked.AddDate(0, 0, 1)
			d.published[window.From] = s
		}, (*holdsFixture).accept, fault.Conflict, 3, true},
		"the object is a newer report's": {func(d *holdsFixture) {
			d.stored[november1].Metadata[report.MetaGeneration] = report.FormatGeneration(asked.AddDate(0, 0, 1))
		}, (*holdsFixture).accept, fault.Conflict, 3, true},
		"the held copy has expired": {func(d *holdsFixture) { delete(d.stored, heldNovember1) }, (*holdsFixture).accept, fault.Poison, 3, true},
		"the held copy is another's": {func(d *holdsFixture) {
			d.stored[heldNovember1].Metadata[report.MetaGeneration] = report.FormatGeneration(asked.AddDate(0, 0, 1))
		}, (*holdsFixture).accept, fault.Conflict, 3, true},
		"the held copy cannot be looked at": {func(d *holdsFixture) {
			d.dataset.stat = func(context.Context, string) (report.Object, error) {
				return report.Object{}, fault.As(fault.Transient, down)
			}
		}, (*holdsFixture).accept, fault.Transient, 3, true},
		"the day is being replaced": {func(d *holdsFixture) {
			d.days.fence = func(context.Context, report.File, []report.Partition, time.Time, time.Time) ([]report.Partition, error) {
				return nil, fault.New(fault.Transient, "file b.csv replaces it")
			}
		}, (*holdsFixture).accept, fault.Transient, 3, true},
		"somebody takes the day over": {func(d *holdsFixture) {
			decide := d.days.decide
			d.days.decide = func(ctx context.Context, sub, table string, date report.Date, change func(*report.Partition) error) error {
				s := d.published[date]
				s.Fence = nil
				d.published[date] = s
				return decide(ctx, sub, table, date, change)
			}
		}, (*holdsFixture).accept, fault.Conflict, 3, true},
		"another report comes while it is dropped": {func(d *holdsFixture) {
			decide := d.days.decide
			d.days.decide = func(ctx context.Context, sub, table string, date report.Date, change func(*report.Partition) error) error {
				d.published[date].Held.Generation = asked.AddDate(0, 0, 1)
				return decide(ctx, sub, table, date, change)
			}
		}, (*holdsFixture).drop, fault.Conflict, 3, true},
		"the copy cannot be removed": {func(d *holdsFixture) {
			d.bucket.delete = func(context.Context, string, string, string) (string, error) {
				return "", fault.As(fault.Transient, down)
			}
		}, (*holdsFixture).accept, fault.Transient, 1, false},
		"the copy was replaced meanwhile": {func(d *holdsFixture) {
			d.bucket.delete = func(context.Context, string, string, string) (string, error) {
				return "", fault.New(fault.Conflict, "it has changed")
			}
		}, (*holdsFixture).drop, fault.Internal, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newHoldsFixture(t)
			tt.breaks(d)
			_, err := tt.decide(d)
			if tt.kind == fault.Internal && err != nil || tt.kind != fault.Internal && !fault.Is(err, tt.kind) {
				t.Errorf("%v of kind %s, want %s", err, fault.KindOf(err), tt.kind)
			}
			if s := d.published[window.From]; s.Rows != tt.rows || (s.Held != nil) != tt.held {
				t.Errorf("the day has %d rows, held %+v", s.Rows, s.Held)
			}
		})
	}
}

// A held report without rows takes the day's object away, and only the one that is meant.
func TestARefusedRemovalOfADay(t *testing.T) {
	d := newHoldsFixture(t)
	s := d.published[window.From]
	s.Held.Key, s.Held.Rows = "", 0
	d.bucket.delete = func(context.Context, string, string, string) (string, error) {
		return "", fault.New(fault.Conflict, "it has changed")
	}
	if _, err := d.accept(); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
	if s := d.published[window.From]; s.Rows != 3 || s.Held == nil {
		t.Errorf("%+v", s)
	}
}

// Whoever was stopped after the day's object was taken away comes again and finds it gone.
func TestADayThatIsGoneAlready(t *testing.T) {
	d := newHoldsFixture(t)
	s := d.published[window.From]
	s.Held.Key, s.Held.Rows = "", 0
	d.bucket.delete = func(context.Context, string, string, string) (string, error) {
		return "", fault.New(fault.NotFound, "it is gone")
	}
	if got, err := d.accept(); err != nil || got.Rows != 0 || got.Key != "" || got.Restated != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A report that takes the held one's place while that is being read is not what the person decided about.
func TestAYoungerReportIsNotRead(t *testing.T) {
	d := newHoldsFixture(t)
	stat := d.dataset.stat
	d.dataset.stat = func(ctx context.Context, key string) (report.Object, error) {
		o, err := stat(ctx, key)
		if key == heldNovember1 {
			_, putErr := d.memory.Put(ctx, report.Write{Key: key, Body: strings.NewReader(rows(2)), Metadata: o.Metadata})
			err = errors.Join(err, putErr)
		}
		return o, err
	}
	before := d.stored[november1].Content
	if _, err := d.accept(); err == nil {
		t.Error("it was accepted")
	}
	if got := d.stored[november1].Content; got != before {
		t.Errorf("published %q, want %q still", got, before)
	}
}

// A copy that has come since the decision is another report's, and stays.
func TestAYoungerCopyIsLeftAlone(t *testing.T) {
	d := newHoldsFixture(t)
	decide := d.days.decide
	d.days.decide = func(ctx context.Context, sub, table string, date report.Date, change func(*report.Partition) error) error {
		err := decide(ctx, sub, table, date, change)
		d.stored[heldNovember1].Metadata[report.MetaGeneration] = report.FormatGeneration(asked.AddDate(0, 0, 1))
		return err
	}
	if _, err := d.drop(); err != nil {
		t.Fatal(err)
	}
	if _, there := d.stored[heldNovember1]; !there {
		t.Error("the younger copy is gone")
	}
}
