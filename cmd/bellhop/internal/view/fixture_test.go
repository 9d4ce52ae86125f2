package view_test

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	protocol "github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
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

func days(from, to int) report.Window { return report.Window{From: day(from), To: day(to)} }

// ledger is a ledger in memory, of the days of one subscription or a few. What is not in it is not found; what no test sets
// up panics.
type ledger struct {
	view.Ledger
	subs         map[string]report.Subscription
	snapshots    map[string]report.Snapshot
	jobs         map[string]report.Job
	files        map[string]report.File
	certificates []report.Certificate
	credential   report.Credential
	restated     []report.Restatement
	chain        protocol.Chain
	erasures     []report.Erasure
	erased       []report.ErasureCertificate
	marked       []report.Partition
}

func get[T any](m map[string]T, what, name string) (T, error) {
	v, ok := m[name]
	if !ok {
		return v, fault.New(fault.NotFound, "there is no %s %s in the ledger", what, name)
	}
	return v, nil
}

func (l *ledger) Subscriptions(context.Context) ([]report.Subscription, error) {
	return slices.SortedFunc(maps.Values(l.subs), func(x, y report.Subscription) int { return strings.Compare(x.Name, y.Name) }), nil
}

func (l *ledger) Standings(ctx context.Context) ([]report.Standing, error) {
	var all []report.Standing
	for name := range l.subs {
		all = append(all, report.Standing{Subscription: name})
	}
	return all, ctx.Err()
}

func (l *ledger) Subscription(_ context.Context, name string) (report.Subscription, error) {
	return get(l.subs, "subscription", name)
}

func (l *ledger) Snapshot(_ context.Context, name string) (report.Snapshot, error) {
	sub, err := get(l.subs, "subscription", name)
	snapshot := l.snapshots[name]
	snapshot.Subscription = sub
	return snapshot, err
}

func (l *ledger) Job(_ context.Context, id string) (report.Job, error) { return get(l.jobs, "job", id) }

func (l *ledger) File(_ context.Context, key string) (report.File, error) {
	return get(l.files, "file", key)
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

func each[T any](items iter.Seq[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (l *ledger) Files(context.Context) iter.Seq2[report.File, error] {
	return each(maps.Values(l.files))
}

func (l *ledger) Certificates(context.Context) iter.Seq2[report.Certificate, error] {
	return each(slices.Values(l.certificates))
}

func (l *ledger) CertificatesOf(_ context.Context, key string) ([]report.Certificate, error) {
	return slices.DeleteFunc(slices.Clone(l.certificates), func(c report.Certificate) bool { return c.File != key }), nil
}

func (l *ledger) Chain(context.Context) (protocol.Chain, error) { return l.chain, nil }

func (l *ledger) Erasures(context.Context) ([]report.Erasure, error) { return l.erasures, nil }

func (l *ledger) ErasureCertificates(_ context.Context, unit string) (of []report.ErasureCertificate, err error) {
	for _, c := range l.erased {
		if c.Unit == unit {
			of = append(of, c)
		}
	}
	return of, nil
}

func (l *ledger) Credential(context.Context, string) (report.Credential, error) {
	return l.credential, nil
}

func (l *ledger) Restatements(_ context.Context, sub string, since time.Time) ([]report.Restatement, error) {
	return slices.DeleteFunc(slices.Clone(l.restated), func(r report.Restatement) bool {
		return r.Subscription != sub || r.At.Before(since)
	}), nil
}

func (l *ledger) Partitions(_ context.Context, sub, table string, w report.Window) ([]report.Partition, error) {
	return slices.DeleteFunc(slices.Clone(l.snapshots[sub].Partitions), func(s report.Partition) bool {
		return s.Table != table || !w.Contains(s.Date)
	}), nil
}

func (l *ledger) DaysBetween(_ context.Context, sub, after, to string) ([]report.Partition, error) {
	return slices.DeleteFunc(slices.Clone(l.snapshots[sub].Partitions), func(s report.Partition) bool {
		return s.Key <= after || to != "" && s.Key > to
	}), nil
}

// MarkDay writes down what was found of a day, as the ledger does.
func (l *ledger) MarkDay(_ context.Context, s report.Partition, _ time.Time) error {
	l.marked = append(l.marked, s)
	snapshot := l.snapshots[s.Subscription]
	snapshot.Partitions = slices.Clone(snapshot.Partitions)
	for i, d := range snapshot.Partitions {
		if d.Key == s.Key {
			snapshot.Partitions[i] = s
		}
	}
	l.snapshots[s.Subscription] = snapshot
	return nil
}

func (l *ledger) Verification(context.Context) (report.Verification, error) {
	return report.Verification{WholeAt: at("01:00:00")}, nil
}

// bucket has objects by key. Its answers have an error when that is set.
type bucket struct {
	objects map[string]report.Object
	content map[string][]byte
	err     error
}

func (b bucket) List(context.Context, string) iter.Seq2[report.Object, error] {
	return each(maps.Values(b.objects))
}

func (b bucket) ListAfter(_ context.Context, after string) iter.Seq2[report.Object, error] {
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(b.objects)), func(key string) bool { return key <= after })
	return func(yield func(report.Object, error) bool) {
		for _, key := range keys {
			if !yield(b.objects[key], b.err) {
				return
			}
		}
	}
}

func (b bucket) Stat(_ context.Context, key string) (report.Object, error) {
	return get(b.objects, "object", key)
}

func (b bucket) Read(_ context.Context, key string) ([]byte, error) {
	return get(b.content, "object", key)
}

func (b bucket) Versions(_ context.Context, key string) ([]report.ObjectVersion, error) {
	if o, ok := b.objects[key]; ok {
		return []report.ObjectVersion{{Key: key, ETag: o.ETag, VersionID: "null", Latest: true}}, b.err
	}
	return nil, b.err
}

// hotel is one subscription to two tables with four wanted days, 14 to 17 November.
func hotel() report.Subscription {
	return report.Subscription{
		Name: "hotel", Source: report.SourceASPAnalytics,
		Params: report.Params{"unit_id": "amzn1.alexa.unit.did.EXAMPLE", "categories": "DEVICE,COMMUNICATION"},
		From:   day(14), LagDays: 3, RefreshDays: 4, MaxWindowDays: 30,
	}
}

// fixture is an installation in which nothing is wrong: all days of the hotel came with one job.
type fixture struct {
	*ledger
	deliveries, dataset bucket
	// listed says that the dataset is listed for what is shown.
	listed bool
	// lastDay is the last day that the vendor ever has; zero: it goes on.
	lastDay report.Date
}

func newFixture() *fixture {
	f := &fixture{
		ledger: &ledger{
			subs: map[string]report.Subscription{"hotel": hotel()}, snapshots: map[string]report.Snapshot{},
			jobs: map[string]report.Job{}, files: map[string]report.File{},
		},
		deliveries: bucket{objects: map[string]report.Object{}},
		dataset:    bucket{objects: map[string]report.Object{}, content: map[string][]byte{}},
	}
	var published []report.Partition
	for d := 14; d <= 17; d++ {
		published = append(published, partition("asp_device", d, 26+d), partition("asp_communication", d, d-14))
	}
	for i := range published {
		published[i].Job, published[i].File = "hotel-000001", "d.csv"
		if p := published[i]; p.Rows > 0 {
			p.Key, p.ETag, p.LoadedAt = report.PartitionKey("hotel", p.Table, p.Date), "s1", at("00:30:00")
			f.dataset.objects[p.Key] = report.Object{Key: p.Key, ETag: "s1", ModifiedAt: at("00:30:00")}
			published[i] = p
		}
	}
	f.snapshots["hotel"] = report.Snapshot{Partitions: published}
	f.jobs["hotel-000001"] = report.Job{
		ID: "hotel-000001", Subscription: "hotel", Source: report.SourceASPAnalytics, Status: report.JobLoaded, Attempt: 1, Requests: 1,
		Window: days(14, 17), Tables: []string{"asp_device", "asp_communication"}, RequestID: "r-1",
		PlannedAt: at("06:00:00"), SubmittedAt: at("06:00:01"), FinishedAt: at("06:12:30"),
		Files: []report.JobFile{{Key: "d.csv", Table: "asp_device", Status: report.FileLoaded, Fetch: "reference"}},
	}
	f.files["d.csv"] = report.File{
		Key: "d.csv", Status: report.FileDeleted, Job: "hotel-000001", Subscription: "hotel", Table: "asp_device",
		Window: days(14, 17), Generation: at("06:00:01"), DeletedAt: at("06:12:31"),
		Delivery: &report.Delivery{Bucket: "deliveries", Key: "d.csv", ETag: "e1", Size: 2048, At: at("06:12:29")},
		Receipt:  &report.Receipt{SHA256: "ab12", Bytes: 2048, Rows: 40, LoadedAt: at("06:12:30")},
	}
	f.certificates = []report.Certificate{{
		File: "d.csv", Bucket: "deliveries", Key: "d.csv", ETag: "e1", Size: 2048, SHA256: "ab12", Subscription: "hotel", Job: "hotel-000001",
		Cause: report.FileLoaded, DeliveredAt: at("06:12:29"), LoadedAt: at("06:12:30"), DeletedAt: at("06:12:31"), VerifiedAt: at("06:12:32"),
	}}
	return f
}

func partition(table string, d, rows int) report.Partition {
	return report.Partition{Subscription: "hotel", Table: table, Date: day(d), Rows: int64(rows)}
}

// troubled has one of everything that can be wrong with days: 14 November has expired, 15 is missing after a refusal, 16 is
// pending and 17 waits for the unit to grow older.
func troubled() *fixture {
	f := newFixture()
	sub := hotel()
	sub.From, sub.Params["categories"] = report.NewDate(2026, time.August, 20), "DEVICE"
	f.subs["hotel"] = sub
	snapshot := report.Snapshot{Markers: []report.Marker{
		{Job: "hotel-000002", Window: days(15, 15), Tables: []string{"asp_device"}, Status: report.JobRefused, Attempt: 1, Reason: "403: no permission"},
		{Job: "hotel-000003", Window: days(16, 16), Tables: []string{"asp_device"}, Status: report.JobAwaitingFiles, Attempt: 1},
		{Job: "hotel-000004", Window: days(17, 17), Tables: []string{"asp_device"}, Status: report.JobNotEligible, Attempt: 1, Reason: "unit too young"},
	}}
	for d := sub.From + 1; d <= day(14); d++ {
		snapshot.Partitions = append(snapshot.Partitions, report.Partition{Subscription: "hotel", Table: "asp_device", Date: d, Rows: 1})
	}
	f.snapshots["hotel"] = snapshot
	f.jobs["hotel-000002"] = report.Job{
		ID: "hotel-000002", Subscription: "hotel", Status: report.JobRefused, Reason: "403: no permission", Window: days(15, 15), Tables: []string{"asp_device"},
	}
	return f
}

func (f *fixture) pause() {
	sub := f.subs["hotel"]
	sub.Paused = true
	f.subs["hotel"] = sub
}

// drop takes published days of asp_device away.
func (f *fixture) drop(dropped ...int) {
	snapshot := f.snapshots["hotel"]
	snapshot.Partitions = slices.DeleteFunc(slices.Clone(snapshot.Partitions), func(s report.Partition) bool {
		return s.Table == "asp_device" && slices.ContainsFunc(dropped, func(d int) bool { return s.Date == day(d) })
	})
	f.snapshots["hotel"] = snapshot
}

func (f *fixture) view() *view.View {
	return &view.View{
		Name: "here", Ledger: f.ledger, Deliveries: f.deliveries, Bucket: "deliveries", Dataset: f.dataset, Listed: f.listed,
		Sources: []requester.Source{vendor{asp.New(asp.Options{Options: alexa.Options{Now: func() time.Time { return now }}}), f.lastDay}},
		Now:     func() time.Time { return now },
	}
}

// vendor is Alexa Smart Properties, which may have ended its service after a day.
type vendor struct {
	requester.Source
	lastDay report.Date
}

func (v vendor) Limits(p report.Params) report.Limits {
	l := v.Source.Limits(p)
	l.LastDay = v.lastDay
	return l
}

// answer is for answers that must not fail.
func answer[T any](t *testing.T, ask func(context.Context) (T, error)) T {
	t.Helper()
	v, err := ask(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}
