package realbinaries_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
)

// An archive that a person brings to a stack takes the way of every delivery: S3's notification loads it, the ledger's stream deletes
// it, with a certificate. Its days, which no vendor has any more, are complete, and nobody is asked for them.
func TestAnImportOnAStack(t *testing.T) {
	w := newFixture(t, fixtureOptions{})
	unit := alexa.SizedEstate(2).Organisation.ID
	days := report.Window{From: report.NewDate(2026, time.January, 1), To: report.NewDate(2026, time.January, 3)}
	sub := report.Subscription{
		Name: "archive", Source: report.SourceASPAnalytics, Params: report.Params{asp.ParamUnitID: unit, "categories": "DEVICE"},
		From: report.DateOf(time.Now()), LagDays: 3, MaxWindowDays: 7,
	}
	if _, err := w.ledger.Apply(t.Context(), sub, time.Now()); err != nil {
		t.Fatal(err)
	}
	content := "dataset_date,unitId_level_0,device_count,active_device_count,dialog_count\n"
	for d := range days.Days() {
		content += fmt.Sprintf("%s,%s,3,2,5\n", d, unit)
	}
	service := &imports.Service{
		Ledger: w.ledger, Deliveries: objects.NewBucket(w.s3.Client(), delivery), Converter: convert.NewConverter(), Now: time.Now, Limit: 1 << 20,
		Pause: func(context.Context, time.Duration) error { t.Error("it waits for what is settled"); return nil },
	}
	order := imports.Order{Subscription: sub, Tables: []string{"asp_device"}, Root: unit}
	bring := func() *imports.Part {
		t.Helper()
		r, err := service.File(t.Context(), order, "a.csv", strings.NewReader(content))
		if err != nil || len(r.Parts) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		return &r.Parts[0]
	}
	part := bring()
	if part.State != imports.Delivered || len(w.list(delivery)) != 1 {
		t.Fatalf("%+v; %d objects are delivered", part, len(w.list(delivery)))
	}
	w.load()
	w.until("the delivery bucket is empty", func() bool { w.release(); return len(w.list(delivery)) == 0 })

	if settled, err := service.Await(t.Context(), []*imports.Part{part}, 0); err != nil || !settled || part.State != imports.Certified {
		t.Fatalf("it is %s, settled %t, %v\n%s", part.State, settled, err, w.log.tail())
	}
	if proved, err := service.Certified(t.Context(), []imports.Part{*part}); err != nil || !proved {
		t.Errorf("its deletion is proved: %t, %v", proved, err)
	}
	if objects := w.published(); len(objects) != days.Len() {
		t.Errorf("%d days are published, want %d", len(objects), days.Len())
	}
	w.covers(sub, days)
	if again := bring(); again.State != imports.Certified || again.Job != part.Job {
		t.Errorf("the same file again: %+v", again)
	}
	if posts := w.vendor.Counters().Posts; posts != 0 {
		t.Errorf("the vendor was asked %d times", posts)
	}
}

// covers demands that every day of a window is complete, with one row.
func (w *fixture) covers(sub report.Subscription, days report.Window) {
	w.t.Helper()
	snapshot, err := w.ledger.Snapshot(w.t.Context(), sub.Name)
	if err != nil {
		w.t.Fatal(err)
	}
	complete := 0
	for _, d := range report.Coverage(snapshot, asp.New(asp.Options{}).Limits(sub.Params), report.DateOf(time.Now())) {
		if days.Contains(d.Date) && d.Status == report.CoverageComplete && d.Rows == 1 {
			complete++
		}
	}
	if complete != days.Len() {
		w.t.Errorf("%d days of %s are complete", complete, days)
	}
}
