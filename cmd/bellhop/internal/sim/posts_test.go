package sim

import (
	"context"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// However a vendor misbehaves, it is asked seldom: a loop that nobody notices on one day is ninety requests, and a ban.
func TestTheVendorIsAskedSeldom(t *testing.T) {
	// Of the second day, with the first day's requests all well: one window of two days, for two tables.
	tests := map[string]struct {
		kind alexa.FaultKind
		most int
	}{
		"all is well": {"", 1},
		// The report came. bellhop holds it, and need not ask again.
		"reports are emptied": {alexa.Emptied, 1},
		// Two tables, each in a job of its own after the first was lost; three attempts each.
		"files are cut off":        {alexa.Truncated, 6},
		"a vendor that fails":      {alexa.ServerError, 24 + 4}, // the pause grows to an hour within four tries
		"data that are not there":  {alexa.NotReady, 24/3 + 1},  // every three hours
		"answers that are lost":    {alexa.LostAnswer, 3},
		"tokens that are refused":  {alexa.TokenExpired, 2}, // once more with a fresh one
		"a credential that is not": {alexa.TokenRevoked, 0},
	}
	at := newFixture(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var faults []alexa.Fault
			if tt.kind != "" {
				faults = []alexa.Fault{{Kind: tt.kind, FirstCall: 3}}
			}
			if tt.kind == alexa.TokenRevoked {
				faults[0].FirstCall = 2 // of the token endpoint
			}
			p := at.newHarness(t, func(o *Options) { o.Faults = append(o.Faults, faults...) })
			p.subscribe(nil)
			p.run(t.Context())
			p.nextDay()
			first := p.vendor.Counters().Posts
			p.until(report.DateOf(morning) + 2)
			if n := p.vendor.Counters().Posts - first; first != 2 || n > tt.most || tt.most > 0 && n == 0 {
				t.Errorf("the vendor was asked %d times on the first day, want 2, and %d times on the second, want %d at most", first, n, tt.most)
			}
		})
	}
}

// until lets the requester's schedule run, and a sweep with it, until a day begins.
func (p *harness) until(day report.Date) {
	p.t.Helper()
	for end := day.Time(); p.clock.Now().Before(end); {
		p.schedules()
		p.skipTo(onTick(p.clock.Now(), requestEvery))
	}
}

// slowSource is a source whose every request takes some time on the machine's clock.
type slowSource struct {
	requester.Source
	wait func(context.Context) error
}

func (s slowSource) Submit(ctx context.Context, o report.Order) report.Answer {
	answer := s.Source.Submit(ctx, o)
	if err := s.wait(ctx); err != nil {
		return report.Answer{Outcome: report.OutcomeUnknown, Why: err.Error()}
	}
	return answer
}

// Of a run's 290 seconds 20 are for recording, and a request may take 60. So the second of two requests is left to the next
// run if the first took 215 seconds, and is sent in the same run if it took 205.
func TestARunBeginsNoRequestThatItMightNotRecord(t *testing.T) {
	at := newFixture(t)
	for name, tt := range map[string]struct {
		took time.Duration
		sent int
	}{"time for another": {205 * time.Second, 2}, "too little time": {215 * time.Second, 1}} {
		t.Run(name, func(t *testing.T) {
			var p *harness
			p = at.newHarness(t, func(o *Options) {
				between := o.outside.source
				o.outside.source = func(s requester.Source) requester.Source {
					return slowSource{between(s), func(ctx context.Context) error { return p.clock.Sleep(ctx, tt.took) }}
				}
			})
			p.subscribe(nil)
			if err := p.ask(t.Context(), schedule); err != nil {
				t.Fatal(err)
			}
			if sent := p.vendor.Counters().Posts; sent != tt.sent {
				t.Errorf("%d requests were sent in one run, want %d", sent, tt.sent)
			}
		})
	}
}
