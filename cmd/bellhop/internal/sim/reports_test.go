package sim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// A file whose content can never load is kept for a person, then deleted with a certificate, and its days are asked for
// again; the other files of its job are not held up.
func TestABrokenFileIsQuarantinedAndAskedAgain(t *testing.T) {
	at := newFixture(t)
	want := reference(t, at, nil)
	p := at.newHarness(t, func(o *Options) {
		o.Faults = []alexa.Fault{{Kind: alexa.ColumnRenamed, FirstCall: 1, LastCall: 1, Categories: []string{"DEVICE"}, Column: "dialog_count"}}
	})
	p.subscribe(nil)
	p.run(t.Context())
	p.settled()
	sameDataset(t, want, p.dataset())
	quarantined := 0
	for f, err := range p.ledger.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range f.History {
			if e.To == string(report.FileQuarantined) {
				quarantined++
				if !strings.Contains(e.Why, "dialog_count") {
					t.Errorf("the reason does not name the missing column: %q", e.Why)
				}
			}
		}
	}
	if quarantined != 1 {
		t.Errorf("%d files were quarantined, want 1", quarantined)
	}
}

// A newer report that would erase what is published is held and reported; the published day stays.
func TestAnEmptiedReportIsHeld(t *testing.T) {
	at := newFixture(t)
	p := at.newHarness(t, func(o *Options) {
		o.Faults = []alexa.Fault{{Kind: alexa.Emptied, FirstCall: 3, Categories: []string{"DEVICE"}}}
	})
	p.subscribe(nil)
	p.run(t.Context())
	before := p.dataset()
	p.nextDay()
	asked := p.vendor.Counters().Posts
	p.run(t.Context())
	after := p.dataset()
	for key, body := range before {
		if after[key] != body {
			t.Errorf("%s was replaced by a report without rows", key)
		}
	}
	// The window of the second day in two requests, as on a day on which nothing is held: what is held was asked for.
	if n := p.vendor.Counters().Posts - asked; n > 2 {
		t.Errorf("the vendor was asked %d times on the second day", n)
	}
	snapshot := p.snapshot()
	held := 0
	for _, s := range snapshot.Partitions {
		if s.Held != nil {
			held++
		}
	}
	if held == 0 {
		t.Error("nothing is held")
	}
}

// A process that is gone between two runs leaves nothing undone: the next one continues, and asks for nothing again.
func TestASecondRunPlansNothingNew(t *testing.T) {
	stopped := morning
	o := Options{Dir: t.TempDir(), Now: func() time.Time { return stopped }}
	first, second := demonstrated(t, o), demonstrated(t, o)
	if first.NewPosts == 0 || first.Resumed {
		t.Errorf("the first run sends %d requests, resumed: %t", first.NewPosts, first.Resumed)
	}
	if second.NewPosts != 0 || !second.Resumed {
		t.Errorf("the second run sends %d requests, resumed: %t", second.NewPosts, second.Resumed)
	}
	for name, sum := range map[string]Summary{"first": first, "second": second} {
		covered := sum.Coverage[report.CoverageComplete] + sum.Coverage[report.CoverageZero]
		if covered != sum.Wanted || sum.RawObjects != 0 || sum.Unverified != 0 || sum.Wanted < 430 {
			t.Errorf("%s run: %d of %d days, %d raw objects, %d deletions without proof", name, covered, sum.Wanted, sum.RawObjects, sum.Unverified)
		}
	}
	if diff := cmp.Diff(first.Rows, second.Rows); diff != "" {
		t.Errorf("the dataset changed (-first +second):\n%s", diff)
	}
}

// The vendor's own samples, through the real handlers, against the numbers of the vendor's page.
func TestTheVendorsSamplesThroughTheHandlers(t *testing.T) {
	samples := filepath.Join(standin.Root(t), "testdata", "asp")
	tests := map[string]struct {
		table, window string
		rows          int64
		sums          map[string]string
	}{
		"device.csv":             {"asp_device", "2023-08-15..2023-08-22", 7, map[string]string{"device_count": "7", "active_device_count": "0", "dialog_count": "0"}},
		"domain_engagement.csv":  {"asp_domain_engagement", "2023-08-16..2023-08-17", 2, map[string]string{"active_device_count": "14", "dialog_count": "49"}},
		"proactive_campaign.csv": {"asp_proactive_campaign", "2023-09-03", 1, map[string]string{"targeted_devices_count": "1", "taps_count": "4", "impression_count": "100"}},
		"property_skill.csv":     {"asp_property_skill", "2023-09-03", 1, map[string]string{"active_device_count": "1", "dialog_count": "1"}},
		"communication.csv": {"asp_communication", "2023-09-03", 2, map[string]string{
			"calling_action_count": "99", "calling_duration_minutes": "157.95", "dropin_action_count": "1", "dropin_duration_minutes": "164.33",
		}},
	}
	bodies := map[string]string{}
	for name := range tests {
		body, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			t.Fatal(err)
		}
		bodies[name] = string(body)
	}
	at := newFixture(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := at.newHarness(t, nil)
			w, err := report.ParseWindow(tt.window)
			if err != nil {
				t.Fatal(err)
			}
			p.expectOf("", name, tt.table, w)
			p.deliver(name, bodies[name])
			p.drain()
			f, err := p.ledger.File(t.Context(), name)
			if err != nil || f.Status != report.FileDeleted {
				t.Fatalf("the file is %s: %s (%v)\n%s", f.Status, f.Reason, err, p.log)
			}
			if f.Receipt.Rows != tt.rows || f.Receipt.Bytes != int64(len(bodies[name])) {
				t.Errorf("the receipt has %d rows of %d bytes, want %d of %d", f.Receipt.Rows, f.Receipt.Bytes, tt.rows, len(bodies[name]))
			}
			if diff := cmp.Diff(tt.sums, f.Receipt.Sums); diff != "" {
				t.Errorf("sums (-page +receipt):\n%s", diff)
			}
		})
	}
}

// load has a DEVICE report of the organisation expected, delivered and dealt with.
func (p *harness) load(key, body string) {
	p.t.Helper()
	p.expectOf("org", key, "asp_device", asked())
	p.deliver(key, body)
	p.drain()
}

// expectOf makes a job that awaits one file of one table with rows of a unit.
func (p *harness) expectOf(root, key, table string, w report.Window) {
	p.t.Helper()
	p.expectFiles(w, report.NamedFile{Name: key, Table: table, Root: root})
}

// expectFiles has a job await files of one table.
func (p *harness) expectFiles(w report.Window, files ...report.NamedFile) {
	p.t.Helper()
	ctx, now := p.t.Context(), p.clock.Now()
	sub := p.subscription()
	sub.From = w.From
	if _, err := p.ledger.Apply(ctx, sub, p.clock.Now()); err != nil {
		p.t.Fatal(err)
	}
	snapshot, err := p.ledger.Snapshot(ctx, sub.Name)
	if err != nil {
		p.t.Fatal(err)
	}
	jobs, err := p.ledger.Reserve(ctx, snapshot, []report.Request{{Window: w, Tables: []string{files[0].Table}, Attempt: 1, Why: "test"}}, now)
	if err != nil {
		p.t.Fatal(err)
	}
	job, err := p.ledger.UpdateJob(ctx, jobs[0].ID, func(j *report.Job) error { return j.Begin("test", now, now.Add(time.Minute)) })
	if err != nil {
		p.t.Fatal(err)
	}
	answer := report.Answer{Files: files}
	if _, _, err := p.ledger.Accept(ctx, job.ID, job.Epoch, answer, now, now.Add(6*time.Hour)); err != nil {
		p.t.Fatal(err)
	}
}
