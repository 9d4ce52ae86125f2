package sim

import (
	"slices"
	"testing"
)

// What a machine that is kept running tells second by second: what it waits for, and what arrived.
func TestWhatIsWaitedForAndWhatArrivedIsTold(t *testing.T) {
	ctx := t.Context()
	var last Progress
	var arrived []string
	p := newSite(t).newPlant(t, func(o *Options) {
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
		if err := p.clock.SkipTo(last.At); err != nil {
			t.Fatal(err)
		}
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
