package sim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// I10: whatever single call fails in passing, nothing is lost and nothing is forgotten.
func TestAFailureInPassingAtAnyCallIsOvercome(t *testing.T) {
	at := newFixture(t)
	counting := at.newHarness(t, together)
	counting.subscribe(nil)
	counting.run(t.Context())
	want := counting.dataset()
	steps := counting.inject.steps.Load()
	for step := int64(1); step <= steps; step += stride(t) {
		t.Run(fmt.Sprintf("step %d", step), func(t *testing.T) {
			p := at.newHarness(t, together)
			p.subscribe(nil)
			p.inject.failAt.Store(step)
			p.run(t.Context())
			p.settled()
			sameDataset(t, want, p.dataset())
		})
	}
}

// A vendor that refuses leaves words and a remedy, and days that say what stands in their way.
func TestARefusalIsOnRecord(t *testing.T) {
	at := newFixture(t)
	p := at.newHarness(t, func(o *Options) {
		o.Faults = []alexa.Fault{{Kind: alexa.ServerError, FirstCall: 1, LastCall: 1, Status: 403}}
	})
	p.subscribe(nil)
	p.run(t.Context())
	jobs := p.jobs()
	refused := jobs[0]
	if refused.Status != report.JobRefused || !strings.Contains(refused.Reason, "403") {
		t.Errorf("the first job is %s: %q", refused.Status, refused.Reason)
	}
	sum := p.summary()
	if sum.Coverage[report.CoverageMissing] == 0 {
		t.Errorf("no day is missing: %v", sum.Coverage)
	}
	// A person retries it.
	if _, err := p.ledger.UpdateJob(t.Context(), refused.ID, func(j *report.Job) error { return j.Retry(p.clock.Now(), "retried") }); err != nil {
		t.Fatal(err)
	}
	p.run(t.Context())
	p.settled()
}
