package sim

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	simulated "github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/pinpoint"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
)

// valuesByDay counts the values in the saved answers, read as JSON and not by bellhop.
func valuesByDay(t *testing.T) map[string]int64 {
	t.Helper()
	last := script.DayOf(pinpoint.Sunset.Time())
	answers, err := simulated.Saved(demoSeed, simulated.DemoApplications()[0], simulated.DemoKPIs, last-13, last, simulated.DemoSaved)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]int64{}
	for _, answer := range answers {
		var said struct {
			StartTime time.Time
			KpiResult struct {
				Rows []struct{ Values []json.RawMessage }
			}
		}
		if err := json.Unmarshal(answer, &said); err != nil {
			t.Fatal(err)
		}
		for _, row := range said.KpiResult.Rows {
			values[said.StartTime.Format(time.DateOnly)] += int64(len(row.Values))
		}
	}
	return values
}

// The fifth source is over: what somebody saved comes in by the way of every delivery, and no request is sent for it.
func TestTheDemonstrationImportsWhatWasSaved(t *testing.T) {
	p := newFixture(t).newHarness(t, func(o *Options) {
		together(o)
		o.outside.others = func(m *Machine) []report.Subscription {
			return slices.DeleteFunc(m.demoOthers(), func(sub report.Subscription) bool { return sub.Name != KPISubscription })
		}
	})
	p.subscribe(nil)
	for run := range 2 {
		sum, err := p.Demonstrate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if sum.Imported != (Imported{Answers: 14 * 6, Days: 14, Ended: pinpoint.Sunset}) {
			t.Errorf("run %d imports %+v", run, sum.Imported)
		}
		p.imported(valuesByDay(t))
	}
}

// imported checks the days of the saved answers, and what the ledger says of how they came.
func (p *harness) imported(rows map[string]int64) {
	p.t.Helper()
	ctx := p.t.Context()
	days, err := p.ledger.Partitions(ctx, KPISubscription, pinpoint.Table, report.Window{From: pinpoint.Sunset - 30, To: pinpoint.Sunset + 30})
	if err != nil || len(days) != 14 {
		p.t.Fatalf("%d days, %v", len(days), err)
	}
	for _, d := range days {
		if want := rows[d.Date.String()]; d.Rows != want || want < 6 || !d.Generation.Equal((pinpoint.Sunset + 1).Time()) {
			p.t.Errorf("%s has %d rows of %s, want %d", d.Date, d.Rows, d.Generation, want)
		}
	}
	jobs, err := p.ledger.Jobs(ctx, KPISubscription)
	if err != nil || len(jobs) != 1 || jobs[0].Status != report.JobLoaded || jobs[0].Origin != report.OriginImport {
		p.t.Fatalf("jobs %+v, %v", jobs, err)
	}
	certificates, err := p.ledger.CertificatesOf(ctx, jobs[0].Files[0].Key)
	if err != nil || len(certificates) != 1 {
		p.t.Errorf("%d certificates, %v", len(certificates), err)
	}
	if calls := p.vendor.kpis.Counters().Calls; calls != 0 {
		p.t.Errorf("the vendor, who is there no more, was asked %d times", calls)
	}
}

// No event tells the machine of what another process has put into its bucket. Its next look finds it, and not the next sweep alone.
func TestAnImportFromAnotherProcessIsLoadedSoon(t *testing.T) {
	p := newFixture(t).newHarness(t, nil)
	p.subscribe(nil)
	p.run(t.Context())
	p.must(p.s3.CreateBucket(t.Context(), p.outside.delivery, nil))
	sub, err := p.ledger.Subscription(t.Context(), Subscription)
	if err != nil {
		t.Fatal(err)
	}
	old := report.Window{From: report.DateOf(morning) - 400, To: report.DateOf(morning) - 400}
	result, err := p.importer().File(t.Context(), imports.Order{Subscription: sub, Tables: []string{"asp_device"}, Root: sub.Params[asp.ParamUnitID]},
		"a.csv", strings.NewReader(archived(sub, old)))
	if err != nil {
		t.Fatal(err)
	}
	p.must(p.settle(t.Context()))
	state := func() report.FileStatus {
		f, err := p.ledger.File(t.Context(), result.Parts[0].Key)
		p.must(err)
		return f.Status
	}
	if got := state(); got != report.FileExpected {
		t.Fatalf("without an event it is %s", got)
	}
	p.second(t.Context())
	p.must(p.settle(t.Context()))
	if got := state(); got != report.FileDeleted {
		t.Errorf("after a second it is %s", got)
	}
}
