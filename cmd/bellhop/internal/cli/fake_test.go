package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/inputs"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/kept"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	protocol "github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
	"github.com/bellhop-asp/bellhop/pkg/source/skillmetrics"
)

// now is the time in every test: a Friday.
var now = time.Date(2026, time.November, 20, 7, 40, 0, 0, time.UTC)

func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-20 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

func day(d int) report.Date { return report.NewDate(2026, time.November, d) }

const bucket = "deliveries"

// ledger is a ledger in memory. What is not in it is not found; planning is not asked of it.
type ledger struct {
	// Ledger is nil: the command line plans nothing.
	requester.Ledger
	t            *testing.T
	subs         map[string]report.Subscription
	snapshots    map[string]report.Snapshot
	jobs         map[string]report.Job
	files        map[string]report.File
	certificates []report.Certificate
	chain        protocol.Chain
	erasures     []report.Erasure
	erased       []report.ErasureCertificate
	credential   report.Credential
	restated     []report.Restatement
	writes       int
	err          error
	// plans lets the command line reserve jobs.
	plans bool
	// removed is the subscription that was removed.
	removed *report.Subscription
}

func (l *ledger) Subscriptions(context.Context) ([]report.Subscription, error) {
	names := slices.Sorted(maps.Keys(l.subs))
	var all []report.Subscription
	for _, n := range names {
		all = append(all, l.subs[n])
	}
	return all, l.err
}

// Standings names each subscription, as the ledger's notes do.
func (l *ledger) Standings(ctx context.Context) ([]report.Standing, error) {
	subs, err := l.Subscriptions(ctx)
	var all []report.Standing
	for _, s := range subs {
		all = append(all, report.Standing{Subscription: s.Name})
	}
	return all, err
}

func get[T any](m map[string]T, what, name string) (T, error) {
	v, ok := m[name]
	if !ok {
		return v, fault.New(fault.NotFound, "there is no %s %s in the ledger", what, name)
	}
	return v, nil
}

func (l *ledger) Credential(context.Context, string) (report.Credential, error) {
	return l.credential, l.err
}

func (l *ledger) UpdateCredential(_ context.Context, _ string, change func(*report.Credential) bool) (report.Credential, error) {
	if change(&l.credential) {
		l.writes++
	}
	return l.credential, l.err
}

func (l *ledger) Subscription(_ context.Context, name string) (report.Subscription, error) {
	return get(l.subs, "subscription", name)
}

// Restatements are those since a time.
func (l *ledger) Restatements(_ context.Context, sub string, since time.Time) ([]report.Restatement, error) {
	return slices.DeleteFunc(slices.Clone(l.restated), func(r report.Restatement) bool { return r.Subscription != sub || r.At.Before(since) }), l.err
}

func (l *ledger) Job(_ context.Context, id string) (report.Job, error) { return get(l.jobs, "job", id) }
func (l *ledger) File(_ context.Context, key string) (report.File, error) {
	return get(l.files, "file", key)
}

func (l *ledger) Snapshot(_ context.Context, name string) (report.Snapshot, error) {
	sub, err := get(l.subs, "subscription", name)
	if l.removed != nil && l.removed.Name == name {
		sub, err = *l.removed, nil
	}
	b := l.snapshots[name]
	b.Subscription = sub
	return b, err
}

func (l *ledger) Apply(_ context.Context, sub report.Subscription, _ time.Time) (bool, error) {
	l.writes++
	l.subs[sub.Name] = sub
	return true, nil
}

// Reserve makes jobs with their markers, as the ledger does.
func (l *ledger) Reserve(_ context.Context, b report.Snapshot, requests []report.Request, now time.Time) ([]report.Job, error) {
	if !l.plans {
		l.t.Error("the command line planned something")
	}
	var jobs []report.Job
	for _, r := range requests {
		j := report.NewJob(fmt.Sprintf("%s-%06d", b.Subscription.Name, 100+len(l.jobs)), b.Subscription, r, now)
		m, _ := j.Marker()
		b.Markers = append(b.Markers, m)
		l.jobs[j.ID], jobs, l.writes = j, append(jobs, j), l.writes+1
	}
	l.snapshots[b.Subscription.Name] = b
	return jobs, nil
}

func (l *ledger) Remove(_ context.Context, name string, now time.Time) error {
	l.writes++
	sub, err := get(l.subs, "subscription", name)
	sub.RemovedAt = now
	l.removed, l.subs = &sub, map[string]report.Subscription{}
	return err
}

func (l *ledger) Disown(_ context.Context, id string, now time.Time) (report.Job, error) {
	l.writes++
	j := l.jobs[id]
	if j.Status == report.JobSubmitting {
		return j, fault.New(fault.Conflict, "job %s is being submitted", id)
	}
	if j.Status.Holds() {
		if err := j.Cancel(now, "removed"); err != nil {
			return j, err
		}
	}
	l.jobs[id] = j
	return j, nil
}

func (l *ledger) DropDays(_ context.Context, days []report.Partition) error {
	l.writes++
	for name, b := range l.snapshots {
		b.Partitions = slices.DeleteFunc(b.Partitions, func(s report.Partition) bool {
			return slices.ContainsFunc(days, func(d report.Partition) bool { return d.Table == s.Table && d.Date == s.Date })
		})
		l.snapshots[name] = b
	}
	return nil
}

func (l *ledger) DaysBetween(_ context.Context, name, after, to string) ([]report.Partition, error) {
	return slices.DeleteFunc(slices.Clone(l.snapshots[name].Partitions), func(s report.Partition) bool { return s.Key <= after || to != "" && s.Key > to }), nil
}

func (l *ledger) MarkDay(_ context.Context, s report.Partition, _ time.Time) error {
	l.writes++
	b := l.snapshots[s.Subscription]
	i := slices.IndexFunc(b.Partitions, func(d report.Partition) bool { return d.Table == s.Table && d.Date == s.Date })
	b.Partitions = slices.Clone(b.Partitions)
	b.Partitions[i] = s
	l.snapshots[s.Subscription] = b
	return nil
}

func (l *ledger) Verification(context.Context) (report.Verification, error) {
	return report.Verification{WholeAt: at("01:00:00")}, nil
}

func (l *ledger) NoteVerification(context.Context, report.Verification) error {
	l.t.Error("the command line noted a round of the janitor")
	return nil
}

func (l *ledger) Forget(context.Context, string, []report.Marker) error {
	if !l.plans {
		l.t.Error("the command line forgot something")
	}
	return nil
}

func (l *ledger) Jobs(_ context.Context, sub string) ([]report.Job, error) {
	var all []report.Job
	for _, id := range slices.Sorted(maps.Keys(l.jobs)) {
		if j := l.jobs[id]; j.Subscription == sub {
			all = append(all, j)
		}
	}
	return all, nil
}

func (l *ledger) UpdateJob(ctx context.Context, id string, change func(*report.Job) error) (report.Job, error) {
	j, err := l.Job(ctx, id)
	if err != nil {
		return j, err
	}
	if err := change(&j); err != nil {
		return j, err
	}
	l.writes++
	l.jobs[id] = j
	return j, nil
}

func (l *ledger) UpdateFile(ctx context.Context, key string, at time.Time, change func(*report.File) error) (report.File, error) {
	if !at.Equal(now) {
		l.t.Errorf("file %s was changed at %s", key, at)
	}
	f, err := l.File(ctx, key)
	if err != nil {
		return f, err
	}
	if err := change(&f); err != nil {
		return f, err
	}
	l.writes++
	l.files[key] = f
	return f, nil
}

func (l *ledger) Files(context.Context) iter.Seq2[report.File, error] {
	return func(yield func(report.File, error) bool) {
		for _, f := range l.files {
			if !yield(f, nil) {
				return
			}
		}
	}
}

func (l *ledger) Certificates(context.Context) iter.Seq2[report.Certificate, error] {
	return func(yield func(report.Certificate, error) bool) {
		for _, c := range l.certificates {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (l *ledger) Chain(context.Context) (protocol.Chain, error) { return l.chain, nil }

func (l *ledger) Erasures(context.Context) ([]report.Erasure, error) { return l.erasures, nil }

func (l *ledger) ErasedUnits(context.Context) (report.ErasedUnits, error) {
	units := report.ErasedUnits{}
	for _, e := range l.erasures {
		units[e.Unit] = true
	}
	return units, nil
}

func (l *ledger) ErasureCertificates(_ context.Context, unit string) (of []report.ErasureCertificate, err error) {
	for _, c := range l.erased {
		if c.Unit == unit {
			of = append(of, c)
		}
	}
	return of, nil
}

func (l *ledger) Partitions(_ context.Context, sub, table string, w report.Window) ([]report.Partition, error) {
	var days []report.Partition
	for _, s := range l.snapshots[sub].Partitions {
		if s.Table == table && w.Contains(s.Date) {
			days = append(days, s)
		}
	}
	return days, nil
}

func (l *ledger) CertificatesOf(_ context.Context, key string) ([]report.Certificate, error) {
	var all []report.Certificate
	for _, c := range l.certificates {
		if c.File == key {
			all = append(all, c)
		}
	}
	return all, nil
}

// deliveries is the delivery bucket: ETags by key.
type deliveries struct {
	objects map[string]report.Object
	err     error
}

func (d deliveries) List(context.Context, string) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		for _, o := range d.objects {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (d deliveries) Versions(_ context.Context, key string) ([]report.ObjectVersion, error) {
	if o, ok := d.objects[key]; ok {
		return []report.ObjectVersion{{Key: key, ETag: o.ETag, VersionID: "null", Latest: true}}, d.err
	}
	return nil, d.err
}

// dataset is the dataset bucket: contents by key.
type fakeDataset map[string][]byte

func (d fakeDataset) Read(_ context.Context, key string) ([]byte, error) {
	return get(d, "object", key)
}

// etag is that of an object which is as it was published, unless its content says otherwise.
func (d fakeDataset) etag(key string) string {
	if string(d[key]) == "foreign" {
		return "foreign"
	}
	return "s1"
}

func (d fakeDataset) Stat(_ context.Context, key string) (report.Object, error) {
	content, err := get(d, "object", key)
	return report.Object{Key: key, ETag: d.etag(key), Size: int64(len(content)), ModifiedAt: at("00:30:00")}, err
}

func (d fakeDataset) Format(context.Context) (int, error) {
	content, says := d[report.FormatKey]
	if !says {
		return 0, nil
	}
	return report.DecodeFormat(content)
}

func (d fakeDataset) ListAfter(_ context.Context, after string) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(d)) {
			if key > after && !yield(report.Object{Key: key, ETag: d.etag(key)}, nil) {
				return
			}
		}
	}
}

// List is for the buckets of a person's own.
func (d fakeDataset) List(_ context.Context, prefix string) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(d)) {
			if strings.HasPrefix(key, prefix) && !yield(report.Object{Key: key, ETag: d.etag(key)}, nil) {
				return
			}
		}
	}
}

// hotel is one subscription to two tables with four wanted days, 14 to 17 November.
func hotel() report.Subscription {
	return report.Subscription{
		Name: "hotel", Source: report.SourceASPAnalytics,
		Params: report.Params{"unit_id": "amzn1.alexa.unit.did.EXAMPLE", "categories": "DEVICE,COMMUNICATION"},
		From:   day(14), LagDays: 3, RefreshDays: 4, MaxWindowDays: 30,
	}
}

func partition(table string, d, rows int) report.Partition {
	return report.Partition{Subscription: "hotel", Table: table, Date: day(d), Rows: int64(rows)}
}

// healthy is a ledger in which nothing is wrong.
func healthy(t *testing.T) *ledger {
	loaded := report.Job{
		ID: "hotel-000001", Subscription: "hotel", Source: report.SourceASPAnalytics, Status: report.JobLoaded, Attempt: 1, Requests: 1,
		Window: report.Window{From: day(14), To: day(17)}, Tables: []string{"asp_device", "asp_communication"},
		PlannedAt: at("06:00:00"), SubmittedAt: at("06:00:01"), FinishedAt: at("06:12:30"), RequestID: "r-1", Ticket: "https://example.com/?X-Amz-Signature=planted",
		Files: []report.JobFile{{Key: "d.csv", Table: "asp_device", Status: report.FileLoaded, Fetch: "planted-reference"}},
		Timeline: report.Timeline{History: []report.Event{
			{At: at("06:00:00"), To: "PLANNED", Why: "8 table days missing"},
			{At: at("06:00:01"), From: "PLANNED", To: "SUBMITTING", Attempt: 1},
			{At: at("06:00:02"), From: "SUBMITTING", To: "AWAITING_FILES", Attempt: 1, Why: "the vendor named 1 file"},
			{At: at("06:12:30"), From: "AWAITING_FILES", To: "LOADED", Attempt: 1},
		}},
	}
	file := report.File{
		Key: "d.csv", Status: report.FileDeleted, Job: "hotel-000001", Subscription: "hotel", Table: "asp_device",
		Window: loaded.Window, Generation: loaded.SubmittedAt, Parts: 1, Loads: 1, DeletedAt: at("06:12:31"),
		Delivery: &report.Delivery{Bucket: bucket, Key: "d.csv", ETag: "e1", Size: 2048, At: at("06:12:29")},
		Receipt: &report.Receipt{
			SHA256: "ab12", Bytes: 2048, Rows: 40, LoadedAt: at("06:12:30"), Sums: map[string]string{"utterance_count": "1234"},
			Partitions: []report.PartitionProof{{Date: day(14), Outcome: report.PartitionWritten, Rows: 40, Key: "asp_device/dataset_date=2026-11-14/hotel.parquet", ETag: "s1"}},
		},
	}
	return &ledger{
		t: t, subs: map[string]report.Subscription{"hotel": hotel()},
		snapshots: map[string]report.Snapshot{"hotel": {Partitions: []report.Partition{
			partition("asp_device", 14, 40), partition("asp_device", 15, 41), partition("asp_device", 16, 42), partition("asp_device", 17, 43),
			partition("asp_communication", 14, 0), partition("asp_communication", 15, 1), partition("asp_communication", 16, 2), partition("asp_communication", 17, 3),
		}}},
		jobs:  map[string]report.Job{loaded.ID: loaded},
		files: map[string]report.File{file.Key: file},
		certificates: []report.Certificate{{
			File: "d.csv", Bucket: bucket, Key: "d.csv", ETag: "e1", Size: 2048, SHA256: "ab12", Subscription: "hotel", Job: "hotel-000001",
			Cause: report.FileLoaded, DeliveredAt: at("06:12:29"), LoadedAt: at("06:12:30"), DeletedAt: at("06:12:31"), VerifiedAt: at("06:12:32"), RequestID: "S3-1",
		}},
	}
}

// bench is a command line with fakes around it.
type bench struct {
	ledger      *ledger
	deliveries  deliveries
	dataset     fakeDataset
	engine      *engine
	realEngine  func(ctx context.Context, c shell.EngineChoice) (shell.QueryEngine, error) // in the place of engine
	choices     []shell.EngineChoice
	env         map[string]string
	in          string
	terminal    bool
	errTerminal bool
	heard       func(text string) // what the error output is told, as it comes; nil hears nothing
	width       int
	height      int
	page        func(string) error
	ahead       time.Duration // of the place's clock
	machine     *machine
	opened      []shell.Place
	resets      []string
	clock       func() time.Time // nil stands still
	find        func(ctx context.Context, stack string) (*stack.Installation, error)
	browse      func(address string) error
	holds       *holds
	drops       dropper
	eraser      *eraser
	buckets     buckets
	inputLimit  int64
	campaigns   *promotions
	own         own.Store
	prompt      func(complete func(word string) []string) (shell.Prompter, error)
	parse       func(ctx context.Context, statement string) (map[string]any, error)
}

// buckets are S3: objects by bucket and key.
type buckets map[string]fakeDataset

func (b buckets) open(_ context.Context, name string) (inputs.AnyBucket, error) {
	objects, ok := b[name]
	if !ok {
		return nil, &smithy.GenericAPIError{Code: "NoSuchBucket", Message: "The specified bucket does not exist"}
	}
	return objects, nil
}

// Open reads an object as S3 does: with its size, and the content as it comes.
func (d fakeDataset) Open(ctx context.Context, key, _, _ string) (io.ReadCloser, report.Object, error) {
	content, err := d.Read(ctx, key)
	if err != nil {
		return nil, report.Object{}, err
	}
	return io.NopCloser(iotest.HalfReader(bytes.NewReader(content))), report.Object{Key: key, Size: int64(len(content))}, nil
}

// dropper is a dataset by key and ETag.
type dropper map[string]string

func (d dropper) Stat(_ context.Context, key string) (report.Object, error) {
	etag, err := get(d, "object", key)
	return report.Object{Key: key, ETag: etag}, err
}

func (d dropper) Delete(_ context.Context, key, etag, _ string) (string, error) {
	current, err := get(d, "object", key)
	if err == nil && current != etag {
		err = fault.New(fault.Conflict, "the object is another")
	}
	if err == nil {
		delete(d, key)
	}
	return "r", err
}

// holds note what a person decides.
type holds struct {
	decided []string
	result  report.Partition
	err     error
	closed  int
}

func (h *holds) decide(what, subscription, table string, d report.Date, held time.Time) (report.Partition, error) {
	h.decided = append(h.decided, fmt.Sprintf("%s %s %s %s %s", what, subscription, table, d, held.Format("15:04")))
	return h.result, h.err
}

func (h *holds) Accept(_ context.Context, subscription, table string, d report.Date, held time.Time) (report.Partition, error) {
	return h.decide("accept", subscription, table, d, held)
}

func (h *holds) Drop(_ context.Context, subscription, table string, d report.Date, held time.Time) (report.Partition, error) {
	return h.decide("drop", subscription, table, d, held)
}

func (b *bench) time() time.Time {
	if b.clock == nil {
		return now
	}
	return b.clock()
}

func newBench(t *testing.T) *bench {
	return &bench{ledger: healthy(t), deliveries: deliveries{objects: map[string]report.Object{}}, env: map[string]string{"NO_COLOR": "1"}}
}

// hearing is a writer of which somebody is told.
type hearing struct {
	io.Writer
	heard func(text string)
}

func (h hearing) Write(p []byte) (int, error) {
	if h.heard != nil {
		h.heard(string(p))
	}
	return h.Writer.Write(p)
}

func (b *bench) run(ctx context.Context, args ...string) (code int, out, err string) {
	var stdout, stderr bytes.Buffer
	code = cli.Run(ctx, args, shell.Environment{
		In: strings.NewReader(b.in), Out: &stdout, Err: hearing{&stderr, b.heard}, InTerminal: b.terminal, OutTerminal: b.terminal, ErrTerminal: b.errTerminal, Width: b.width, Height: b.height, Page: b.page,
		Getenv: func(name string) string { return b.env[name] }, Version: "v1.2.3", Now: b.time,
		KeepIn: func(_ context.Context, name string) (kept.Place, error) { return kept.Folder(name), nil },
		Bucket: b.buckets.open, InputLimit: b.inputLimit, OpenCampaigns: b.campaigns.open,
		Parse: b.parse, Prompt: b.prompt, Find: b.find, Browse: b.browse, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		ReadSecret: func() (string, error) { return strings.TrimSpace(b.in), nil },
		Open: func(ctx context.Context, p shell.Place) (shell.Account, error) {
			b.opened = append(b.opened, p)
			var open func(context.Context) (shell.Holds, func() error, error)
			if b.holds != nil {
				open = func(context.Context) (shell.Holds, func() error, error) {
					return b.holds, func() error { b.holds.closed++; return nil }, nil
				}
			}
			var in *stack.Installation
			if p.Stack != "" && b.find != nil {
				var err error
				if in, err = b.find(ctx, p.Stack); err != nil {
					return shell.Account{}, err
				}
			}
			var drop func(context.Context) (shell.Dropper, func() error, error)
			if b.drops != nil {
				drop = func(context.Context) (shell.Dropper, func() error, error) {
					return b.drops, func() error { return nil }, nil
				}
			}
			var mine func(context.Context) (own.Store, func() error, error)
			if b.own != nil {
				mine = func(context.Context) (own.Store, func() error, error) { return b.own, func() error { return nil }, nil }
			}
			var erasing func(context.Context, func(done, total int), func(loads int)) (shell.Eraser, func() error, error)
			if b.eraser != nil {
				erasing = func(context.Context, func(done, total int), func(loads int)) (shell.Eraser, func() error, error) {
					return b.eraser, func() error { return nil }, nil
				}
			}
			return shell.Account{
				Erasing: erasing, Own: mine, Drop: drop, Installation: in, Holds: open, Name: p.Home, Ahead: b.ahead, Ledger: b.ledger, Deliveries: b.deliveries, Bucket: bucket, Dataset: b.dataset,
				Now: b.time, Close: func() error { return nil },
			}, nil
		},
		OpenEngine: func(ctx context.Context, c shell.EngineChoice) (shell.QueryEngine, error) {
			if b.realEngine != nil {
				return b.realEngine(ctx, c)
			}
			if b.engine == nil {
				return nil, errors.New("this bellhop has no engine")
			}
			b.engine.output, b.engine.choice = c.Output, c
			c.Tell, c.Scanned, c.Operations = nil, nil, nil // which cannot be compared
			b.choices = append(b.choices, c)
			return b.engine, b.engine.openErr
		},
		Start: func(_ context.Context, o sim.Options) (shell.Machine, error) {
			b.machine.options = o
			return b.machine, b.machine.startErr
		},
		Reset:   func(dir string) error { b.resets = append(b.resets, dir); return nil },
		Sources: []requester.Source{asp.New(asp.Options{Options: alexa.Options{Now: b.time}}), skillmetrics.New(alexa.Options{Now: b.time}), campaigns.New(alexa.Options{Now: b.time}), khoros.New(khoros.Options{Now: b.time})},
	})
	return code, stdout.String(), stderr.String()
}

// machine is a machine that has already run.
type machine struct {
	summary  sim.Summary
	err      error
	startErr error
	options  sim.Options
	closed   bool
	upUntil  func()
}

func (m *machine) Demonstrate(ctx context.Context) (sim.Summary, error) {
	if m.err != nil {
		return sim.Summary{}, m.err
	}
	return m.summary, ctx.Err()
}

func (m *machine) Up(ctx context.Context) error {
	m.upUntil()
	<-ctx.Done()
	return nil
}

func (m *machine) Close() error { m.closed = true; return nil }

func decode[T any](t *testing.T, content string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(content), &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, content)
	}
	return v
}

// lines compares text line by line, so that a difference is easy to see.
func lines(t *testing.T, got, want string) {
	t.Helper()
	got, want = strings.Trim(got, "\n"), strings.Trim(want, "\n")
	if got != want {
		t.Errorf("got\n%s\n\nwant\n%s", got, want)
	}
}

// RecentSnapshot is the whole snapshot, and Planned notes nothing: a command plans what it is told, and no more.
func (l *ledger) RecentSnapshot(ctx context.Context, name string, _ report.Limits, _ report.Date) (report.Snapshot, error) {
	return l.Snapshot(ctx, name)
}

func (l *ledger) ChangeJob(ctx context.Context, id string, _ time.Time, change func(*report.Job) error) (report.Job, error) {
	return l.UpdateJob(ctx, id, change)
}
