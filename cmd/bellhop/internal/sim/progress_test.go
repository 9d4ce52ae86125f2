package sim

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// What a machine that is kept running tells second by second: what it waits for, and what arrived.
func TestWhatIsWaitedForAndWhatArrivedIsTold(t *testing.T) {
	ctx := t.Context()
	var last Progress
	var arrived []string
	p := newFixture(t).newHarness(t, func(o *Options) {
		o.Progress = func(told Progress) {
			last = told
			for _, f := range told.Arrived {
				arrived = append(arrived, f.Table+" "+f.Window.String())
			}
		}
	})
	p.subscribe(nil)
	p.second(ctx)
	delivery, pending := p.vendor.NextDelivery()
	if last.Next != "a delivery" || !pending || !last.At.Equal(delivery) || last.Total != 4 || last.Done != 0 {
		t.Errorf("when files are promised, it told %+v", last)
	}
	for last.Done < last.Total && last.Next == "a delivery" {
		p.skipTo(last.At)
		if p.second(ctx); last.Next != "a load" {
			t.Errorf("when a file has arrived, it told %+v", last)
		}
		if err := p.settle(ctx); err != nil {
			t.Fatal(err)
		}
		p.second(ctx)
	}
	slices.Sort(arrived)
	want := []string{"asp_device 2026-11-14..2026-11-15", "asp_device 2026-11-16..2026-11-17", "asp_property_skill 2026-11-14..2026-11-15", "asp_property_skill 2026-11-16..2026-11-17"}
	if !slices.Equal(arrived, want) || last.Done != 4 || last.Next != "a check" {
		t.Errorf("arrived %q, and at last it told %+v", arrived, last)
	}
	told := len(arrived)
	if p.second(ctx); len(arrived) != told {
		t.Errorf("it told again of %q", arrived[told:])
	}
}

// unreadableStore fails the test when its records are queried.
type unreadableStore struct {
	ledger.Store
	t *testing.T
}

func (s unreadableStore) Query(context.Context, string, string) ([]ledger.Record, error) {
	s.t.Error("the jobs were read again, and no record had changed")
	return nil, nil
}

func TestJobsAreReadOnlyAfterAChange(t *testing.T) {
	ctx := t.Context()
	var last Progress
	p := newFixture(t).newHarness(t, func(o *Options) { o.Progress = func(told Progress) { last = told } })
	p.subscribe(nil)
	p.second(ctx)
	before, readable, changes := last, p.ledger, p.progress.changes
	p.ledger = ledger.New(unreadableStore{p.store, t})
	p.tell(ctx, "running")
	if last.Total != 4 || !cmp.Equal(before, last) {
		t.Errorf("while nothing changes, it told %+v, then %+v", before, last)
	}
	p.ledger = readable
	// Another process, such as "bellhop jobs cancel", writes to the same file.
	other, err := OpenLedger(ctx, p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := other.Jobs(ctx, Subscription)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.UpdateJob(ctx, jobs[0].ID, func(j *report.Job) error { return j.Cancel(p.clock.Now(), "test") }); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if p.tell(ctx, "running"); p.progress.changes <= changes {
		t.Errorf("the jobs were not read again after change %d of another process", changes)
	}
}
