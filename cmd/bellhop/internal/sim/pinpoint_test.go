package sim

import (
	"strings"
	"testing"
	"time"

	simulated "github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/pinpoint"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
)

// kpis is a subscription to the KPIs of the simulated application.
func kpis(from report.Date) report.Subscription {
	return report.Subscription{
		Name: "mail", Source: report.SourcePinpointKPI, From: from, LagDays: 1, RefreshDays: 2, MaxWindowDays: 31,
		Params: report.Params{
			pinpoint.ParamApplicationID: simulated.DemoApplicationID, pinpoint.ParamRegion: "us-east-1",
			pinpoint.ParamCampaignIDs: simulated.DemoEmails, pinpoint.ParamJourneyIDs: simulated.DemoJourney,
		},
	}
}

// While the service runs, days are asked for one by one and loaded like any other.
func TestPinpointBeforeItsEnd(t *testing.T) {
	october := time.Date(2026, 10, 20, 6, 0, 0, 0, time.UTC)
	p := newFixture(t).newHarness(t, func(o *Options) {
		together(o)
		o.Now = func() time.Time { return october }
		o.outside.others = func(*Machine) []report.Subscription { return []report.Subscription{kpis(report.DateOf(october) - 3)} }
	})
	p.subscribe(func(sub *report.Subscription) { sub.From = report.DateOf(october) - 4 })
	p.run(t.Context())
	days, err := p.ledger.Partitions(t.Context(), "mail", pinpoint.Table, report.Window{From: report.DateOf(october) - 3, To: report.DateOf(october)})
	if err != nil || len(days) != 3 {
		t.Fatalf("%d days, %v", len(days), err)
	}
	for _, d := range days {
		// 48 KPIs of the application, 18 of the campaign and 18 of the journey; some have no data, and some several groups.
		if d.Rows < 40 {
			t.Errorf("%s has %d rows", d.Date, d.Rows)
		}
	}
}

// After the end one request is refused in clear words, and the days that go by bring no other.
func TestPinpointAfterItsEnd(t *testing.T) {
	p := newFixture(t).newHarness(t, func(o *Options) {
		together(o)
		o.outside.others = func(*Machine) []report.Subscription { return []report.Subscription{kpis(pinpoint.Sunset - 5)} }
	})
	p.subscribe(nil)
	for range 3 {
		p.run(t.Context())
		p.nextDay()
	}
	jobs, err := p.ledger.Jobs(t.Context(), "mail")
	if err != nil || len(jobs) != 1 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	j := jobs[0]
	if j.Status != report.JobRefused || !strings.Contains(j.Reason, "ended") || j.Window != (report.Window{From: pinpoint.Sunset - 5, To: pinpoint.Sunset}) {
		t.Errorf("job %s of %s: %s", j.Status, j.Window, j.Reason)
	}
	if fetches := p.vendor.kpis.Counters().Calls; fetches != 1 {
		t.Errorf("the vendor was called %d times", fetches)
	}
}
