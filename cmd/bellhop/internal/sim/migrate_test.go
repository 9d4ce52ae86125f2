package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// format1 is what the first release left on a machine in the middle of its work: published days of all tables, a held report, one of two
// staged files, and three files that are loaded and not deleted yet. The path is absolute, because the embedded S3 changes the
// working directory.
var format1 = func() string {
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "testdata", "format1"))
	if err != nil {
		panic(err)
	}
	return dir
}()

func format1File(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{format1}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// oldHarness is a machine of today over what the first release left.
func oldHarness(t *testing.T) *harness {
	t.Helper()
	p := newFixture(t).newHarness(t, func(o *Options) {
		o.outside.delivery, o.outside.dataset, o.outside.noFeed = DeliveryBucket, DatasetBucket, true
	})
	var records []struct {
		PK, SK, Lane string
		DueAt        time.Time `json:"due_at"`
		Doc          json.RawMessage
	}
	var stored []struct {
		Bucket, Key, ETag string
		Metadata          map[string]string
	}
	for name, into := range map[string]any{"ledger.json": &records, "objects.json": &stored} {
		if err := json.Unmarshal([]byte(format1File(t, name)), into); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range records {
		record := ledger.Record{Key: ledger.Key{PK: r.PK, SK: r.SK}, Queue: ledger.DueQueue(r.Lane), DueAt: r.DueAt, Doc: r.Doc}
		if err := p.store.Write(t.Context(), ledger.Mutation{Record: record}); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range stored {
		folder := o.Bucket
		if o.Bucket == DeliveryBucket {
			folder = "csv"
		}
		content := format1File(t, folder, o.Key)
		put, err := objects.NewBucket(p.s3.Client(), o.Bucket).Put(t.Context(), report.Write{Key: o.Key, Body: strings.NewReader(content), Metadata: o.Metadata})
		if err != nil || put.ETag != o.ETag {
			t.Fatalf("%s has the ETag %s, and the ledger knows it as %s: %v", o.Key, put.ETag, o.ETag, err)
		}
	}
	p.skipTo(morning.Add(6 * time.Hour))
	return p
}

func (p *harness) migration() *migrate.Service {
	return &migrate.Service{
		Dataset: objects.NewBucket(objects.NewClient(p.s3.Config(), p.inject.s3), p.outside.dataset),
		Days:    ledger.New(p.inject.store(p.store)), Converter: convert.NewConverter(), Now: p.clock.Now,
	}
}

// loadedToday is the dataset that loading the fixture's files today would give.
func loadedToday(t *testing.T) map[string]string {
	t.Helper()
	days := map[string]string{}
	for _, d := range dataset.Definitions() {
		if !d.HasUnits() {
			continue // There was none then.
		}
		maps.Copy(days, converted(t, d.Name, format1File(t, "csv", strings.TrimPrefix(d.Name, "asp_")+".csv")))
	}
	return days
}

func converted(t *testing.T, name, csv string) map[string]string {
	t.Helper()
	c, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(csv), report.Contract{
		Subscription: Subscription, Table: name, Window: report.Window{From: november1, To: november1 + 9},
	})
	if err != nil {
		t.Fatal(err)
	}
	days := map[string]string{}
	for _, day := range c.Days {
		content := make([]byte, day.Body.Size())
		if _, err := day.Body.ReadAt(content, 0); err != nil {
			t.Fatal(err)
		}
		days[report.PartitionKey(Subscription, name, day.Date)] = string(content)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return days
}

// records returns what the ledger has in all partitions that begin with prefix.
func (p *harness) records(prefix string) map[string]string {
	p.t.Helper()
	found := map[string]string{}
	for r, err := range p.store.Scan(p.t.Context(), prefix) {
		if err != nil {
			p.t.Fatal(err)
		}
		found[r.String()] = string(r.Doc)
	}
	return found
}

// migrated demands that the dataset and the ledger are as they should be after a migration.
func (p *harness) migrated(before []report.Partition) {
	p.t.Helper()
	sameDataset(p.t, loadedToday(p.t), p.dataset())
	bucket := objects.NewBucket(p.s3.Client(), p.outside.dataset)
	if _, err := bucket.Stat(p.t.Context(), report.FormatKey); err != nil {
		p.t.Errorf("the dataset does not say its format: %v", err)
	}
	for i, s := range p.snapshot().Partitions {
		was := before[i]
		if s.Key != "" {
			o, err := bucket.Stat(p.t.Context(), s.Key)
			if err != nil || o.ETag != s.ETag || o.Metadata[report.MetaFormat] != "2" || o.Metadata[report.MetaSHA256] != s.SHA256 || !o.Generation().Equal(s.Generation) {
				p.t.Errorf("%s: the ledger says %+v, the bucket %+v, %v", s.Key, s, o, err)
			}
			if s.ETag == was.ETag {
				p.t.Errorf("%s is recorded with its old ETag", s.Key)
			}
		}
		// Older records have no figures; the new ones are over the LEAF rows of what was migrated.
		if (s.Figures != nil) != (s.Key != "") {
			p.t.Errorf("%s has the figures %v", s.Key, s.Figures)
		}
		s.ETag, s.SHA256, s.Version, s.Figures = was.ETag, was.SHA256, was.Version, was.Figures
		if got, want := string(must(json.Marshal(s))), string(must(json.Marshal(was))); got != want {
			p.t.Errorf("more of the record than the object has changed:\n%s\n%s", got, want)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// Whatever the first release had begun is brought to its end on the migrated dataset.
func TestADatasetOfTheFirstFormatIsMigrated(t *testing.T) {
	p := oldHarness(t)
	days, files, jobs, old := p.snapshot().Partitions, p.records("FILE#"), p.records("JOB#"), p.dataset()
	sum, err := p.migration().Run(t.Context(), true)
	if err != nil || sum.Migrated != 13 || len(sum.Failed) > 0 {
		t.Fatalf("dry run: %+v, %v", sum, err)
	}
	sameDataset(t, old, p.dataset())
	if sum, err = p.migration().Run(t.Context(), false); err != nil || sum.Migrated != 13 || len(sum.Failed) > 0 || sum.Duplicates > 0 {
		t.Fatalf("%+v, %v", sum, err)
	}
	p.migrated(days)
	if !maps.Equal(files, p.records("FILE#")) || !maps.Equal(jobs, p.records("JOB#")) {
		t.Error("a receipt, a certificate or a job has changed")
	}
	if sum, err = p.migration().Run(t.Context(), false); err != nil || sum.From != sum.To || sum.Migrated > 0 {
		t.Errorf("again: %+v, %v", sum, err)
	}

	// The proof of what was loaded before still holds (I4): deleted, and not loaded again.
	if _, err := p.handle.janitor(t.Context(), json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"communication.csv", "device_shrunk.csv", "domain_part_1.csv"} {
		f, err := p.ledger.File(t.Context(), name)
		if err != nil || f.Status != report.FileDeleted || f.Loads != 1 {
			t.Errorf("%s is %s after %d loads, want it deleted: %v", name, f.Status, f.Loads, err)
		}
	}
	// The other file of the staged report comes now.
	second := format1File(t, "csv", "domain_part_2.csv")
	p.deliver("domain_part_2.csv", second)
	p.drain()
	_, rows, _ := strings.Cut(second, "\n")
	for key, content := range converted(t, "asp_domain_engagement", format1File(t, "csv", "domain_part_1.csv")+rows) {
		if p.dataset()[key] != content {
			t.Errorf("%s is not what both files make", key)
		}
	}
	// The held report is accepted.
	if _, err := p.holds().Accept(t.Context(), Subscription, "asp_device", november1, p.day().Held.Generation); err != nil {
		t.Fatal(err)
	}
	for key, content := range converted(t, "asp_device", format1File(t, "csv", "device_shrunk.csv")) {
		if p.dataset()[key] != content {
			t.Errorf("%s is not the report that was held", key)
		}
	}
}

// A migration that is killed at any step goes on where it stopped, and nothing shows that it was.
func TestAKilledMigrationGoesOn(t *testing.T) {
	steps := int64(1)
	for n := int64(0); n <= steps; n += max(1, steps/12) {
		t.Run(fmt.Sprintf("step %d", n), func(t *testing.T) {
			p := oldHarness(t)
			days := p.snapshot().Partitions
			p.inject.steps.Store(0)
			p.inject.crashAt.Store(n)
			ctx, kill := context.WithCancel(t.Context())
			p.inject.kill = kill
			_, err := p.migration().Run(ctx, false)
			kill()
			if n == 0 {
				steps = p.inject.steps.Load() // nothing was killed
			}
			if (err != nil) != (n > 0) {
				t.Fatalf("killed at step %d of %d: %v", n, steps, err)
			}
			p.inject.restart()
			p.skipTo(p.clock.Now().Add(5 * time.Minute))
			if found, err := p.verifier.All(t.Context()); err != nil || len(found.Vanished)+found.Unsettled > 0 {
				t.Errorf("verified half-way: %+v, %v", found, err)
			}
			sum, err := p.migration().Run(t.Context(), false)
			if err != nil || len(sum.Failed) > 0 {
				t.Fatalf("again: %+v, %v", sum, err)
			}
			p.migrated(days)
		})
	}
}

// What cannot be migrated stays as it is and is named; the others go on, and the dataset does not count as migrated.
func TestAMigrationLeavesWhatItCannotRead(t *testing.T) {
	p := oldHarness(t)
	bucket := objects.NewBucket(p.s3.Client(), p.outside.dataset)
	broken, newer := report.PartitionKey(Subscription, "asp_device", november1), report.PartitionKey(Subscription, "asp_device", november1+1)
	put := func(key, content string, metadata map[string]string) {
		if _, err := bucket.Put(t.Context(), report.Write{Key: key, Body: strings.NewReader(content), Metadata: metadata}); err != nil {
			t.Fatal(err)
		}
	}
	put(broken, "not Parquet", nil)
	put(newer, "whatever", map[string]string{report.MetaFormat: "3"})
	sum, err := p.migration().Run(t.Context(), false)
	var failed []string
	for _, f := range sum.Failed {
		failed = append(failed, f.Key)
	}
	if err != nil || sum.Migrated != 11 || !slices.Equal(failed, []string{broken, newer}) || !strings.Contains(sum.Failed[1].Why, "use a newer bellhop") {
		t.Fatalf("%+v, %v", sum, err)
	}
	if p.dataset()[broken] != "not Parquet" || p.dataset()[newer] != "whatever" {
		t.Error("what could not be read was replaced")
	}
	if _, err := bucket.Stat(t.Context(), report.FormatKey); !fault.Is(err, fault.NotFound) {
		t.Errorf("the dataset says that it is migrated: %v", err)
	}
	put(report.FormatKey, `{"format":3}`, nil)
	if _, err := p.migration().Run(t.Context(), false); !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), "use a newer bellhop") {
		t.Errorf("a dataset of format 3: %v", err)
	}
}
