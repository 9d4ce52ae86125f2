package ingester_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var (
	// start is when every test begins.
	start = time.Date(2026, 11, 5, 4, 10, 0, 0, time.UTC)
	// asked is the generation of the job's files.
	asked = time.Date(2026, 11, 5, 4, 0, 0, 0, time.UTC)
	// window of the job: three days.
	window = report.Window{From: report.NewDate(2026, 11, 1), To: report.NewDate(2026, 11, 3)}
)

// fixture is an ingester with all that it needs around it: a ledger, two buckets and a converter of a toy format, in memory.
// What a test does not want is taken out or replaced field by field.
type fixture struct {
	*ingester.Service
	t      *testing.T
	now    time.Time
	closed int // conversions

	claims     *claims
	days       *days
	siblings   *siblings
	deliveries *bucket
	dataset    *bucket
	converter  *converter

	files     map[string]report.File
	job       report.Job
	published map[report.Date]report.Partition
	restated  []report.Restatement // committed
	delivered map[string]objectstest.Stored
	stored    map[string]objectstest.Stored
	memory    *objectstest.Memory // the dataset's, which has what is stored
	puts      []string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	d := &fixture{
		t: t, now: start, files: map[string]report.File{}, published: map[report.Date]report.Partition{},
		job: report.Job{
			ID: "seaside-1", Subscription: "seaside", Source: "push", Window: window, Tables: []string{"asp_device"},
			Status: report.JobSubmitting, SubmittedAt: asked,
		},
	}
	d.claims = &claims{t, d.arrive, d.update}
	d.days = &days{t: t, partitions: d.partitionsIn, fence: d.fence, commit: d.commit}
	d.siblings = &siblings{t, func(context.Context, string) (report.Job, error) { return d.job, nil }, d.file}
	now := func() time.Time { return d.now }
	deliveries, dataset := objectstest.NewMemory(now), objectstest.NewMemory(now)
	d.delivered, d.stored = deliveries.Objects, dataset.Objects
	d.deliveries = &bucket{t: t, open: deliveries.Open, stat: deliveries.Stat}
	d.memory = dataset
	d.dataset = &bucket{t: t, open: dataset.Open, stat: dataset.Stat, put: d.put}
	d.converter = &converter{t, d.convert, d.merge}
	workers := 0
	d.Service = &ingester.Service{
		Ledger: records{d.claims, d.days, d.siblings}, Deliveries: d.deliveries, Dataset: d.dataset,
		Converter: d.converter, Now: func() time.Time { return d.now },
		NewWorkerID: func() string { workers++; return fmt.Sprintf("worker %d", workers) }, ShrinkBelow: func(string) float64 { return 0.5 },
		Lease: time.Minute, StrayGrace: 6 * time.Hour, QuarantineHold: 12 * time.Hour, MaxBytes: 1 << 20,
	}
	return d
}

// expect records a job that names these files.
func (d *fixture) expect(names ...string) {
	d.t.Helper()
	a := report.Answer{Outcome: report.OutcomeAccepted}
	for _, name := range names {
		a.Files = append(a.Files, report.NamedFile{Name: name, Table: "asp_device"})
	}
	if err := d.job.AwaitFiles(asked, a, start.Add(time.Hour)); err != nil {
		d.t.Fatal(err)
	}
	for _, named := range d.job.Files {
		f := report.File{Key: named.Key}
		if err := f.Expect(asked, d.job, named, len(names), start.Add(time.Hour)); err != nil {
			d.t.Fatal(err)
		}
		d.files[named.Key] = f
	}
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// deliver puts an object into the delivery bucket, and returns what S3 says of it.
func (d *fixture) deliver(key, content string) report.Delivery {
	o := report.Object{Key: key, ETag: objectstest.ETag(content), Size: int64(len(content)), ModifiedAt: d.now}
	d.delivered[key] = objectstest.Stored{Object: o, Content: content}
	return report.Delivery{Bucket: "delivery", Key: key, ETag: o.ETag, Size: o.Size, At: d.now}
}

// ingest expects the run to end well.
func (d *fixture) ingest(delivery report.Delivery) ingester.Outcome {
	d.t.Helper()
	out, err := d.Ingest(d.t.Context(), delivery)
	if err != nil {
		d.t.Fatalf("ingest: %v", err)
	}
	return out
}

func (d *fixture) arrive(ctx context.Context, delivery report.Delivery, c report.Claim, now time.Time) (report.File, report.Decision, error) {
	if err := ctx.Err(); err != nil {
		return report.File{}, 0, err
	}
	f, ok := d.files[delivery.Key]
	if !ok {
		f.Key = delivery.Key
	}
	f.History = slices.Clone(f.History)
	decision, err := f.Arrive(delivery, c, now)
	if err == nil {
		d.files[f.Key] = f
	}
	return f, decision, err
}

func (d *fixture) update(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error) {
	if err := ctx.Err(); err != nil {
		return report.File{}, err
	}
	f := d.files[key]
	f.History = slices.Clone(f.History)
	if err := change(&f); err != nil {
		return f, err
	}
	d.files[key] = f
	d.job.Files = slices.Clone(d.job.Files)
	return f, d.job.SettleFile(now, key, f.Status)
}

func (d *fixture) file(_ context.Context, key string) (report.File, error) { return d.files[key], nil }

func (d *fixture) partitionsIn(context.Context, string, string, report.Window) ([]report.Partition, error) {
	var all []report.Partition
	for _, date := range slices.Sorted(maps.Keys(d.published)) {
		if window.Contains(date) {
			all = append(all, d.published[date])
		}
	}
	return all, nil
}

func (d *fixture) fence(_ context.Context, f report.File, days []report.Partition, _, until time.Time) ([]report.Partition, error) {
	fenced := slices.Clone(days)
	for i, s := range days {
		if d.published[s.Date].Version != s.Version {
			return nil, fault.New(fault.Conflict, "%s has changed", s.Date)
		}
		fenced[i].Fence = &report.Fence{File: f.Key, Epoch: f.Epoch, Until: until}
		fenced[i].Version++
		d.published[s.Date] = fenced[i]
	}
	return fenced, nil
}

func (d *fixture) commit(ctx context.Context, l report.Load, now time.Time) (report.File, error) {
	f, days := l.File, l.Days
	if f.Parts > 1 && len(d.job.LoadedParts(f.Table, f.Key)) != l.Staged {
		return report.File{}, fault.New(fault.Conflict, "another file was staged")
	}
	for _, s := range days {
		if d.published[s.Date].Version != s.Version {
			return report.File{}, fault.New(fault.Conflict, "%s has changed", s.Date)
		}
	}
	loaded, err := d.update(ctx, f.Key, now, func(current *report.File) error { return current.Load(now, f.Epoch, l.Receipt) })
	if err != nil {
		return loaded, err
	}
	for _, s := range days {
		s.Fence = nil
		s.Version++
		d.published[s.Date] = s
	}
	d.restated = append(d.restated, l.Restated...)
	return loaded, nil
}

func (d *fixture) put(ctx context.Context, w report.Write) (report.Object, error) {
	d.t.Helper()
	if w.ContentType != "application/vnd.apache.parquet" {
		d.t.Errorf("%s is put as %s", w.Key, w.ContentType)
	}
	o, err := d.memory.Put(ctx, w)
	if err == nil {
		d.puts = append(d.puts, w.Key)
	}
	return o, err
}

// convert reads the toy format: a line is a date, a number of minutes and perhaps one of calls, "? name" is a column that
// nobody knows, and anything else breaks the contract. A day is encoded as its lines. The minutes are the row's unit as well.
func (d *fixture) convert(_ context.Context, csv io.Reader, c report.Contract) (report.Conversion, error) {
	content, err := io.ReadAll(csv)
	if err != nil {
		return report.Conversion{}, err
	}
	conversion := report.Conversion{Close: func() error { d.closed++; return nil }}
	lines := map[report.Date][]string{}
	for line := range strings.Lines(string(content)) {
		if name, unknown := strings.CutPrefix(line, "? "); unknown {
			conversion.Unknown = append(conversion.Unknown, strings.TrimSpace(name))
			continue
		}
		date, _, _ := strings.Cut(line, ",")
		day, err := report.ParseDate(date)
		if err != nil || !c.Window.Contains(day) {
			return report.Conversion{}, fault.New(fault.Poison, "line %d is no row", conversion.Rows+1)
		}
		if c.Erased.Has(unitOf(line)) {
			conversion.Erased++
			continue
		}
		lines[day] = append(lines[day], line)
		conversion.Rows++
	}
	for _, day := range slices.Sorted(maps.Keys(lines)) {
		conversion.Days = append(conversion.Days, d.encode(day, strings.Join(lines[day], "")))
	}
	return conversion, nil
}

func unitOf(line string) string { return strings.Split(strings.TrimSpace(line), ",")[1] }

func (d *fixture) merge(_ context.Context, c report.Contract, date report.Date, parts []*io.SectionReader) (report.EncodedDay, error) {
	var all bytes.Buffer
	for _, part := range parts {
		if _, err := io.Copy(&all, part); err != nil {
			return report.EncodedDay{}, err
		}
	}
	var kept string
	var erased int64
	for line := range strings.Lines(all.String()) {
		if c.Erased.Has(unitOf(line)) {
			erased++
			continue
		}
		kept += line
	}
	day := d.encode(date, kept)
	day.Erased = erased
	return day, nil
}

func (d *fixture) encode(date report.Date, content string) report.EncodedDay {
	d.t.Helper()
	day := report.EncodedDay{Date: date, SHA256: digest(content), Sums: map[string]string{}, Figures: map[string]report.Figures{}}
	for line := range strings.Lines(content) {
		for i, cell := range strings.Split(strings.TrimSpace(line), ",")[1:] {
			measure := []string{"minutes", "calls"}[i]
			sum, err := report.AddDecimals(day.Sums[measure], cell)
			if err != nil {
				d.t.Fatal(err)
			}
			f := report.Figures{Values: day.Figures[measure].Values, Sum: sum}
			if cell != "" {
				f.Values++
			}
			day.Sums[measure], day.Figures[measure] = sum, f
		}
		day.Rows++
	}
	day.Body = io.NewSectionReader(strings.NewReader(content), 0, int64(len(content)))
	return day
}
