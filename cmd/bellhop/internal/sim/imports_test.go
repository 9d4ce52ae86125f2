package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
)

// importer brings people's files to a machine.
func (p *harness) importer() *imports.Service {
	return &imports.Service{
		Ledger: p.ledger, Deliveries: p.deliveries, Converter: convert.NewConverter(), Now: p.clock.Now, Pause: p.clock.Sleep, Limit: 1 << 20,
	}
}

// archived is a report of the subscription's unit alone, with one row for each day.
func archived(sub report.Subscription, days report.Window) string {
	content := "dataset_date,unitId_level_0,device_count,active_device_count,dialog_count\n"
	for d := range days.Days() {
		content += fmt.Sprintf("%s,%s,3,2,5\n", d, sub.Params[asp.ParamUnitID])
	}
	return content
}

// Files that a person brings are loaded and deleted like the vendor's, by the ledger, the functions and their guards. No vendor is asked.
func TestAnImportTakesTheWayOfEveryDelivery(t *testing.T) {
	p := newFixture(t).newHarness(t, nil)
	p.subscribe(nil)
	p.run(t.Context())
	posts := p.vendor.Counters().Posts
	sub, err := p.ledger.Subscription(t.Context(), Subscription)
	if err != nil {
		t.Fatal(err)
	}
	today := report.DateOf(p.clock.Now())
	order := imports.Order{Subscription: sub, Tables: []string{"asp_device"}, Root: sub.Params[asp.ParamUnitID]}
	bring := func(days report.Window, asOf time.Time) imports.Part {
		t.Helper()
		o := order
		o.AsOf = asOf
		r, err := p.importer().File(t.Context(), o, "a.csv", strings.NewReader(archived(sub, days)))
		if err != nil || len(r.Parts) != 1 {
			t.Fatalf("import %s: %+v, %v", days, r, err)
		}
		p.run(t.Context())
		return r.Parts[0]
	}
	old := report.Window{From: today - 400, To: today - 398}
	part := bring(old, time.Time{})
	job, err := p.ledger.Job(t.Context(), part.Job)
	if err != nil || job.Status != report.JobLoaded || job.Origin != report.OriginImport {
		t.Fatalf("the import is %s of %s, %v", job.Status, job.Origin, err)
	}
	certificates, err := p.ledger.CertificatesOf(t.Context(), part.Key)
	if err != nil || len(certificates) != 1 {
		t.Fatalf("certificates %+v, %v", certificates, err)
	}
	snapshot, err := p.ledger.Snapshot(t.Context(), Subscription)
	if err != nil {
		t.Fatal(err)
	}
	limits, err := p.limits(sub)
	if err != nil {
		t.Fatal(err)
	}
	complete := 0
	for _, d := range report.Coverage(snapshot, limits, today) {
		if old.Contains(d.Date) && d.Status == report.CoverageComplete && d.Rows == 1 {
			complete++
		}
	}
	if complete != old.Len() {
		t.Errorf("%d of the imported days are complete", complete)
	}
	if again := bring(old, time.Time{}); again.State != imports.Certified || again.Job != part.Job {
		t.Errorf("the same file again: %+v", again)
	}

	// The vendor's own days stay, whether the file is older or says that it is newer.
	own := report.Window{From: today - 5, To: today - 5}
	if older := bring(own, time.Time{}); older.Days[0].Verdict != imports.Superseded || older.Job != "" {
		t.Errorf("an older file: %+v", older)
	}
	if newer := bring(own, p.clock.Now()); newer.Days[0].Verdict != imports.Held {
		t.Errorf("a newer file that shrinks the day: %+v", newer)
	}
	days, err := p.ledger.Partitions(t.Context(), Subscription, "asp_device", own)
	if err != nil || len(days) != 1 || days[0].Held == nil || days[0].Rows < 2 {
		t.Errorf("the vendor's day is %+v, %v", days, err)
	}
	if now := p.vendor.Counters().Posts; now != posts {
		t.Errorf("the vendor was asked %d times because of imports", now-posts)
	}
}

// The person's process dies between the ledger and the bucket, and nobody imports the file again.
func TestAnImportThatLosesItsFileIsLost(t *testing.T) {
	p := newFixture(t).newHarness(t, nil)
	p.subscribe(nil)
	p.run(t.Context())
	posts := p.vendor.Counters().Posts
	snapshot, err := p.ledger.Snapshot(t.Context(), Subscription)
	if err != nil {
		t.Fatal(err)
	}
	now := p.clock.Now()
	gone := report.DateOf(now) - 5
	job, err := p.ledger.Import(t.Context(), snapshot, report.Import{
		Window: report.Window{From: gone, To: gone}, Generation: (gone + 1).Time(), Files: []report.NamedFile{{Name: "import/a.csv", Table: "asp_device"}},
	}, now, now.Add(requestEvery))
	if err != nil {
		t.Fatal(err)
	}
	p.run(t.Context())
	if job, err = p.ledger.Job(t.Context(), job.ID); err != nil || job.Status != report.JobLost {
		t.Errorf("the import is %s, %v", job.Status, err)
	}
	if asked := p.vendor.Counters().Posts; asked != posts {
		t.Errorf("the vendor was asked %d times for it", asked-posts)
	}
	if days, err := p.ledger.Partitions(t.Context(), Subscription, "asp_device", report.Window{From: gone, To: gone}); err != nil || len(days) != 1 || days[0].Held != nil {
		t.Errorf("its day is %+v, %v", days, err)
	}
}
