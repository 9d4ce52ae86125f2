package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The reference is what the same scenario gives when nothing goes wrong.
func reference(t *testing.T, at *fixture, edit func(*Options)) map[string]string {
	t.Helper()
	p := at.newHarness(t, edit)
	p.subscribe(nil)
	p.run(t.Context())
	p.settled()
	return p.dataset()
}

// I2, by events, and I9: whatever becomes of the events, the dataset is the same.
func TestEventsMayBeLostDoubledAndReordered(t *testing.T) {
	tests := map[string]Chaos{
		"every event lost":            {LoseEvery: 1},
		"every other lost":            {LoseEvery: 2},
		"every event doubled":         {DuplicateEvery: 1},
		"newest first":                {Reverse: true},
		"doubled, newest first":       {DuplicateEvery: 1, Reverse: true},
		"lost, doubled, newest first": {LoseEvery: 3, DuplicateEvery: 2, Reverse: true},
	}
	at := newFixture(t)
	want := reference(t, at, together)
	for name, chaos := range tests {
		t.Run(name, func(t *testing.T) {
			p := at.newHarness(t, func(o *Options) { together(o); o.Chaos = &chaos })
			p.subscribe(nil)
			p.run(t.Context())
			p.settled()
			sameDataset(t, want, p.dataset())
			if lost, doubled := p.queue.Disturbed(); chaos.LoseEvery > 0 && lost == 0 || chaos.DuplicateEvery > 0 && doubled == 0 {
				t.Errorf("%d events were lost and %d doubled: the test tests nothing", lost, doubled)
			}
		})
	}
}

// I2: several workers at once, and a vendor that delivers in another order, twice and late.
func TestWorkersAndVendorMayDisagreeAboutTheOrder(t *testing.T) {
	at := newFixture(t)
	want := reference(t, at, together)
	faults := []alexa.Fault{
		{Kind: alexa.Reordered}, {Kind: alexa.Duplicated, Categories: []string{"DEVICE"}},
		{Kind: alexa.Late, Categories: []string{"PROPERTY_SKILL"}, DelayMinutes: 200},
	}
	p := at.newHarness(t, func(o *Options) {
		together(o)
		o.Faults, o.outside.stepwise = faults, false
		o.Chaos = &Chaos{DuplicateEvery: 2}
	})
	p.subscribe(nil)
	p.run(t.Context())
	p.settled()
	sameDataset(t, want, p.dataset())
}

// I1: the same bytes again cost one ledger call and nothing of S3, whether the file still lies there or is deleted.
func TestADuplicateCostsOneLedgerCall(t *testing.T) {
	at := newFixture(t)
	var events []json.RawMessage
	p := at.newHarness(t, together)
	p.subscribe(nil)
	handle := p.queue.handle
	again := func(ctx context.Context, when string, event json.RawMessage) {
		t.Helper()
		ctx, made := cost.Start(ctx)
		if failed, err := handle(ctx, event); err != nil || len(failed) > 0 {
			t.Fatalf("the event again, %s: %v, failed %v", when, err, failed)
		}
		if ledger, s3 := made.Work().Count("DynamoDB"), made.Work().Count("S3"); ledger != 1 || s3 != 0 {
			t.Errorf("a duplicate %s costs %d ledger calls and %d S3 calls, want 1 and 0", when, ledger, s3)
		}
	}
	p.queue.handle = func(ctx context.Context, event json.RawMessage) ([]string, error) {
		events = append(events, event)
		failed, err := handle(ctx, event)
		again(ctx, "while the file is still there", event)
		return failed, err
	}
	p.run(t.Context())
	before := p.dataset()
	if len(events) == 0 {
		t.Fatal("no event was handled")
	}
	for _, event := range events {
		again(t.Context(), "when the file is deleted", event)
	}
	sameDataset(t, before, p.dataset())
	p.settled()
}

// deliver puts an object as a foreign writer does.
func (p *harness) deliver(key, body string) {
	p.t.Helper()
	_, err := p.s3.Client().PutObject(p.t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(p.outside.delivery), Key: aws.String(key), Body: strings.NewReader(body),
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

const deviceHeader = "dataset_date,unitId_level_1,unitName_level_1,device_count,active_device_count,dialog_count\n"

// I3: what nobody asked for is never loaded, rests for its grace, and is deleted with a certificate.
func TestAStrayIsNeverLoaded(t *testing.T) {
	at := newFixture(t)
	p := at.newHarness(t, nil)
	p.subscribe(nil)
	p.run(t.Context())
	before := p.dataset()
	date := report.DateOf(morning) - 4
	body := deviceHeader + fmt.Sprintf("%s,amzn1.alexa.unit.did.foreign,Foreign,1,1,1\n", date)
	for _, key := range []string{"foreign.csv", "deep/er/foreign.csv", "a b+c%é.csv"} {
		p.deliver(key, body)
	}
	p.drain()
	f, err := p.ledger.File(t.Context(), "foreign.csv")
	if err != nil || f.Status != report.FileStray || f.Receipt != nil {
		t.Fatalf("the stray is %s with receipt %v (%v)", f.Status, f.Receipt, err)
	}
	p.sweep()
	if raw := content(t.Context(), t, p.s3, p.outside.delivery, func(string) bool { return true }); len(raw) != 3 {
		t.Errorf("%d of 3 strays are left before their grace is over", len(raw))
	}
	p.run(t.Context())
	p.settled()
	sameDataset(t, before, p.dataset())
	for _, key := range []string{"foreign.csv", "deep/er/foreign.csv", "a b+c%é.csv"} {
		certificates, err := p.ledger.CertificatesOf(t.Context(), key)
		if err != nil || len(certificates) != 1 {
			t.Fatalf("%s has the certificates %v (%v)", key, certificates, err)
		}
		if c := certificates[0]; c.Cause != report.FileStray || c.Exposure() < 6*time.Hour || c.Exposure() > 7*time.Hour {
			t.Errorf("%s was deleted as %s after %s", key, c.Cause, c.Exposure())
		}
	}
}

// I4: a raw object stays as long as what it was loaded into is not there, and is loaded again.
func TestWithoutItsSlicesARawFileIsNotDeleted(t *testing.T) {
	at := newFixture(t)
	want := reference(t, at, together)
	p := at.newHarness(t, together)
	p.subscribe(nil)
	damage := p.t.Context()
	handle := p.feed.handle
	struck := ""
	p.feed.handle = func(ctx context.Context, event json.RawMessage) ([]string, error) {
		if struck == "" {
			// Between the commit and the deletion, one partition is taken away.
			struck = slices.Sorted(maps.Keys(p.dataset()))[0] //nolint:contextcheck // the test looks, not the handler
			if _, err := p.s3.Client().DeleteObject(damage, &s3.DeleteObjectInput{Bucket: &p.outside.dataset, Key: &struck}); err != nil {
				t.Fatal(err)
			}
			failed, err := handle(ctx, event)
			if raw := content(ctx, t, p.s3, p.outside.delivery, func(string) bool { return true }); len(raw) == 0 {
				t.Error("the raw object was deleted although its partition was gone")
			}
			return failed, err
		}
		return handle(ctx, event)
	}
	p.run(t.Context())
	p.settled()
	sameDataset(t, want, p.dataset())
	if struck == "" {
		t.Fatal("nothing was struck")
	}
}

// I6: every partition is only ever put whole, in one conditional request, and never deleted.
func TestASliceIsReplacedInOneConditionalPut(t *testing.T) {
	at := newFixture(t)
	var mu partitionLog
	p := at.newHarness(t, func(o *Options) {
		o.outside.switches = alexa.Switches{RestatedDays: 3}
		o.outside.s3 = mu.watch
	})
	p.subscribe(nil)
	p.run(t.Context())
	p.nextDay()
	p.run(t.Context())
	p.settled()
	if mu.created == 0 || mu.replaced == 0 {
		t.Fatalf("%d partitions were created and %d replaced: too little to learn from", mu.created, mu.replaced)
	}
	for _, problem := range mu.problems {
		t.Error(problem)
	}
}

// I7: a report that was asked for earlier and comes later does not win. The days of the earlier job are lost, asked again,
// and then both come, in either order.
func TestAnOlderReportNeverReplacesANewer(t *testing.T) {
	at := newFixture(t)
	first := []alexa.Fault{{Kind: alexa.Late, FirstCall: 1, LastCall: 2, DelayMinutes: 8 * 60}}
	restated := alexa.Switches{RestatedDays: 3}
	p := at.newHarness(t, func(o *Options) { o.Faults, o.outside.switches = first, restated })
	p.subscribe(func(s *report.Subscription) { s.RefreshDays = 0 })
	p.run(t.Context())
	p.settled()
	snapshot := p.snapshot()
	superseded := 0
	for f, err := range p.ledger.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Receipt == nil {
			continue
		}
		for _, proof := range f.Receipt.Partitions {
			if proof.Outcome == report.PartitionSuperseded {
				superseded++
			}
			for _, s := range snapshot.Partitions {
				if s.Table == f.Table && s.Date == proof.Date && s.Generation.Before(f.Generation) {
					t.Errorf("%s of %s is of %s, file %s of %s was loaded", s.Date, s.Table, s.Generation, f.Key, f.Generation)
				}
			}
		}
	}
	if superseded == 0 {
		t.Error("no report came too late: the test tests nothing")
	}
}

// I8: what the receipts and the ledger say of rows and sums is what the Parquet says.
func TestTotalsMatchTheParquet(t *testing.T) {
	at := newFixture(t)
	p := at.newHarness(t, func(o *Options) { o.outside.switches = alexa.Switches{FilesPerCategory: 3} })
	p.subscribe(func(s *report.Subscription) { s.Params["categories"] = "DEVICE,COMMUNICATION" })
	p.run(t.Context())
	p.settled()
	published := p.dataset()
	snapshot := p.snapshot()
	for _, s := range snapshot.Partitions {
		if s.Rows == 0 {
			continue
		}
		body := published[s.Key]
		rows, sums, err := convert.ReadSums(io.NewSectionReader(strings.NewReader(body), 0, int64(len(body))))
		if err != nil || rows != s.Rows {
			t.Errorf("%s: the Parquet has %d rows, the ledger says %d (%v)", s.Key, rows, s.Rows, err)
		}
		if diff := cmp.Diff(s.Sums, sums); diff != "" {
			t.Errorf("%s: sums (-ledger +Parquet):\n%s", s.Key, diff)
		}
	}
}

// I11: neither secrets nor the names of rooms nor what they did get into a log line or the ledger's reasons.
func TestNothingPrivateIsLogged(t *testing.T) {
	at := newFixture(t)
	p := at.newHarness(t, func(o *Options) {
		together(o)
		o.Faults = append(demoFaults(), alexa.Fault{Kind: alexa.ColumnRenamed, FirstCall: 14, LastCall: 14, Column: "dialog_count"})
		estate := alexa.SizedEstate(4) // the planted name is the fourth room's
		o.outside.estate = &estate
	})
	p.subscribe(func(s *report.Subscription) { s.From, s.MaxWindowDays = s.From-20, 1 })
	p.run(t.Context())
	var c alexa.Client
	if found, err := load(filepath.Join(p.Dir, "credentials.json"), &c); err != nil || !found {
		t.Fatal(found, err)
	}
	told := p.log.String()
	for f, err := range p.ledger.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		told += fmt.Sprint(f.Reason, f.History)
	}
	jobs := p.jobs()
	for _, j := range jobs {
		told += fmt.Sprint(j.Reason, j.History)
	}
	if !strings.Contains(told, "quarantined") || !strings.Contains(told, "429") {
		t.Error("nothing went wrong: the test tests nothing")
	}
	private := append(names(p.outside.estate.Organisation), c.Secret, c.RefreshToken, "Atza|", "Atzr|", "Mrs")
	if !slices.Contains(private, alexa.PlantedName) {
		t.Error("no room bears the planted name")
	}
	for _, secret := range private {
		if at := strings.Index(told, secret); at >= 0 {
			t.Errorf("it is told: …%s…", told[max(0, at-80):min(len(told), at+len(secret)+20)])
		}
	}
}

// names returns the names of a unit and all units below it.
func names(u alexa.Unit) []string {
	all := []string{u.Name}
	for _, below := range u.Units {
		all = append(all, names(below)...)
	}
	return all
}

// I12: with the change stream, raw files live for seconds; with the sweep alone, for minutes.
func TestExposureIsBounded(t *testing.T) {
	tests := map[string]struct {
		edit func(*Options)
		most time.Duration
	}{
		"stream and sweep":              {nil, time.Second},
		"no stream":                     {func(o *Options) { o.outside.noFeed = true }, 10 * time.Minute},
		"no events":                     {func(o *Options) { o.Chaos = &Chaos{LoseEvery: 1} }, 10 * time.Minute},
		"neither events nor the stream": {func(o *Options) { o.Chaos, o.outside.noFeed = &Chaos{LoseEvery: 1}, true }, 15 * time.Minute},
	}
	at := newFixture(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := at.newHarness(t, tt.edit)
			p.subscribe(nil)
			p.run(t.Context())
			p.settled()
			sum := p.summary()
			if sum.Exposure.Count == 0 || sum.Exposure.Max > tt.most {
				t.Errorf("%d files lay there for up to %s, want at most %s", sum.Exposure.Count, sum.Exposure.Max, tt.most)
			}
		})
	}
}
