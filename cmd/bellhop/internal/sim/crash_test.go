package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// scenario uses every step of the functions: two days of work, on the second of which the vendor restates
// days that were published on the first.
type scenario struct {
	switches alexa.Switches
	faults   []alexa.Fault
	// afterDeath is what becomes of the events that were on their way when the process died.
	keepEvents bool
}

func scenarios() map[string]scenario {
	restated := alexa.Switches{RestatedDays: 3}
	several := restated
	several.FilesPerCategory = 2
	return map[string]scenario{
		"one file for each category, events lost with the process": {switches: restated},
		"one file for each category, events come again":            {switches: restated, keepEvents: true},
		"two files for each category":                              {switches: several},
		"a file that cannot be loaded, a stray and a lost answer": {switches: restated, faults: []alexa.Fault{
			{Kind: alexa.Truncated, FirstCall: 1, LastCall: 1, Categories: []string{"DEVICE"}},
			{Kind: alexa.LostAnswer, FirstCall: 2, LastCall: 2},
			{Kind: alexa.Stray, FirstCall: 3, LastCall: 3},
		}},
	}
}

func (l scenario) open(t *testing.T, at *fixture) *harness {
	t.Helper()
	p := at.newHarness(t, func(o *Options) {
		together(o)
		o.outside.switches, o.outside.unmeasured = l.switches, true
		if l.faults != nil {
			o.Faults = l.faults
		}
	})
	p.subscribe(nil)
	return p
}

// live runs the scenario to its end; a process that dies on the way is followed by another.
func (l scenario) play(p *harness) {
	for day := range 2 {
		if day > 0 {
			p.nextDay()
		}
		ctx, kill := context.WithCancel(p.t.Context())
		p.inject.kill = kill
		_, err := p.Demonstrate(ctx)
		kill()
		if p.inject.crashed.Load() {
			p.inject.restart()
			if !l.keepEvents {
				p.queue.Forget()
			}
			p.run(p.t.Context())
		} else if err != nil && !errors.Is(err, context.Canceled) {
			p.t.Fatalf("the machine does not settle: %v\n%s", err, tail(p.log))
		}
	}
}

// crashes lets the process die at the first of the steps and at one of every so many after it, each time on a machine of its own, and wants the same dataset.
func (l scenario) crashes(t *testing.T, open func(*testing.T) *harness, want map[string]string, steps, every int64) {
	t.Helper()
	t.Logf("%d crash points", steps)
	for step := int64(1); step <= steps; step += every {
		t.Run(fmt.Sprintf("step %d", step), func(t *testing.T) {
			p := open(t)
			p.inject.crashAt.Store(step)
			l.play(p)
			p.settled()
			sameDataset(t, want, p.dataset())
			if t.Failed() {
				t.Log(tail(p.log))
			}
		})
	}
}

// stride is how many crash points the test goes on by: BELLHOP_CRASH_STRIDE=1, as "make crash STRIDE=1" sets it, tries all.
func stride(t *testing.T) int64 {
	t.Helper()
	text := os.Getenv("BELLHOP_CRASH_STRIDE")
	if text == "" {
		return 299
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		t.Fatalf("BELLHOP_CRASH_STRIDE is %q: it must be a number from 1 on", text)
	}
	return n
}

// restated reports whether a published day was replaced by other content.
func (p *harness) restated() bool {
	snapshot := p.snapshot()
	return slices.ContainsFunc(snapshot.Partitions, func(s report.Partition) bool { return s.Restated > 0 })
}

// I2, by crash points: whatever step the process dies before or after, what comes of it is the same dataset, byte for byte.
func TestACrashAtAnyStepChangesNothing(t *testing.T) {
	for name, l := range scenarios() {
		t.Run(name, func(t *testing.T) {
			at := newFixture(t)
			reference := l.open(t, at)
			l.play(reference)
			reference.settled()
			want := reference.dataset()
			steps := reference.inject.steps.Load()
			if len(want) == 0 || steps < 100 {
				t.Fatalf("the scenario publishes %d objects in %d steps: too little to learn from", len(want), steps)
			}
			if !reference.restated() {
				t.Fatal("no day is restated in this scenario: replacing goes untested")
			}
			l.crashes(t, func(t *testing.T) *harness { return l.open(t, at) }, want, steps, stride(t))
		})
	}
}

// A fetch of two pages, in which a process dies at more steps than elsewhere: nothing else runs beside it.
func TestACrashInAPagedFetchChangesNothing(t *testing.T) {
	at := newFixture(t)
	open := func(t *testing.T) *harness {
		p := at.newHarness(t, func(o *Options) {
			together(o)
			o.outside.unmeasured = true
			o.outside.others = func(m *Machine) []report.Subscription {
				sub := fetched(m)[0]
				sub.From, sub.LagDays, sub.MaxWindowDays = report.DateOf(morning)-9, 3, 7
				return []report.Subscription{sub}
			}
		})
		p.subscribe(func(s *report.Subscription) { s.From = report.DateOf(morning) + 30 }) // no day of it is wanted
		return p
	}
	l := scenario{}
	reference := open(t)
	l.play(reference)
	want, steps := reference.dataset(), reference.inject.steps.Load()
	if pages := reference.vendor.Counters().SkillMetrics.Calls; pages < 6 || len(want) < 7 {
		t.Fatalf("%d calls and %d days: too little to learn from", pages, len(want))
	}
	l.crashes(t, open, want, steps, max(1, stride(t)/8))
}
