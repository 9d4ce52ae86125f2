package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// morning is early in a day, so that a request that has to be made again six hours later is made on the same day.
var morning = time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)

// fixture is an S3 server for the machines of one test, one after the other. It runs on the clock of the latest.
type fixture struct {
	server  *s3server.Server
	clock   atomic.Pointer[clock]
	buckets int
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	return newFixtureOn(t, s3server.Options{Dir: t.TempDir()})
}

// newFixtureOn is [newFixture] with options of the server's, in a folder that the test looks into.
func newFixtureOn(t *testing.T, o s3server.Options) *fixture {
	t.Helper()
	at := &fixture{}
	o.Clock = func() time.Time {
		if c := at.clock.Load(); c != nil {
			return c.Now()
		}
		return morning
	}
	server, err := s3server.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	at.server = server
	return at
}

// harness is a machine whose every call to the outside can be made to fail, or to be its last.
type harness struct {
	*Machine
	t      *testing.T
	inject *injector
	log    *bytes.Buffer
}

// newHarness opens a machine of its own on the shared S3 server. The estate is small, so that a run takes a moment.
func (at *fixture) newHarness(t *testing.T, edit func(*Options)) *harness {
	t.Helper()
	estate := alexa.SizedEstate(2)
	at.buckets++
	n := at.buckets
	p := &harness{t: t, inject: &injector{}, log: &bytes.Buffer{}}
	stopped := morning
	o := Options{
		Dir: t.TempDir(), Alone: true, WindowDays: 2, Faults: []alexa.Fault{}, Chaos: &Chaos{},
		Log: slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		// Time stands still but for what is skipped, so that every run is the same to the nanosecond.
		Now: func() time.Time { return stopped },
		outside: outside{
			server: at.server, delivery: fmt.Sprintf("delivery-%d", n), dataset: fmt.Sprintf("dataset-%d", n),
			store:  p.inject.store,
			s3:     p.inject.s3,
			source: func(s requester.Source) requester.Source { return injectedSource{s, p.inject} },
			queue:  func(l loads) loads { return injectedLoads{l, p.inject} },
			others: fetched,
			estate: &estate, stepwise: true, unitIDs: []string{convert.AnyUnitID},
		},
	}
	if edit != nil {
		edit(&o)
	}
	m, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	p.Machine = m
	at.clock.Store(m.clock)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// fetched are subscriptions to the sources that bellhop fetches, or asks after. The days are so old that the vendor restates them no more:
// what it answers does not depend on when it is asked.
func fetched(*Machine) []report.Subscription {
	return []report.Subscription{{
		Name: SkillSubscription, Source: report.SourceSkillMetrics,
		From: report.DateOf(morning) - 6, LagDays: 3, RefreshDays: 1, MaxWindowDays: 2,
		Params: report.Params{"skill_ids": alexa.DemoSkills().Skills[0].ID, "metrics": "totalSessions,uniqueCustomers"},
	}, campaignSubscription(), {
		Name: CareSubscription, Source: report.SourceKhorosCare, From: report.DateOf(morning) - 8, LagDays: 8, MaxWindowDays: 1,
		Params: report.Params{"report": "response", "company": "Lakeside", "zone": "UTC"},
	}}
}

// together lets sources that bellhop fetches, or asks after, run beside the first.
func together(o *Options) { o.Alone = false }

// subscribe makes a subscription of the four days before the lag, for two categories.
func (p *harness) subscribe(edit func(*report.Subscription)) {
	sub := p.subscription()
	sub.Params["categories"] = "DEVICE,PROPERTY_SKILL"
	sub.From, sub.RefreshDays = report.DateOf(morning)-6, 2
	if edit != nil {
		edit(&sub)
	}
	p.requests.First = &sub
}

// run works until everything is settled.
func (p *harness) run(ctx context.Context) {
	p.t.Helper()
	if _, err := p.Demonstrate(ctx); err != nil {
		p.t.Fatalf("the machine does not settle: %v\n%s", err, tail(p.log))
	}
}

func tail(b *bytes.Buffer) string {
	lines := strings.Split(b.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-25):], "\n")
}

// demonstrated runs a machine of a folder to its end, and closes it.
func demonstrated(t *testing.T, o Options) Summary {
	t.Helper()
	m, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := m.Demonstrate(t.Context())
	if err := errors.Join(err, m.Close()); err != nil {
		t.Fatal(err)
	}
	return sum
}

// must ends the test when err is not nil.
func (p *harness) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// drain waits until all events are dealt with, sweep runs the janitor's schedule, schedules runs what has come due.
func (p *harness) drain() { p.t.Helper(); p.must(p.settle(p.t.Context())) }

func (p *harness) sweep() {
	p.t.Helper()
	_, err := p.handle.janitor(p.t.Context(), schedule)
	p.must(err)
}

func (p *harness) schedules() { p.t.Helper(); p.must(p.tick(p.t.Context())) }

func (p *harness) skipTo(at time.Time) { p.t.Helper(); p.must(p.clock.SkipTo(at)) }

func (p *harness) snapshot() report.Snapshot {
	p.t.Helper()
	snapshot, err := p.ledger.Snapshot(p.t.Context(), Subscription)
	p.must(err)
	return snapshot
}

func (p *harness) summary() Summary {
	p.t.Helper()
	sum, err := p.Summarize(p.t.Context())
	p.must(err)
	return sum
}

func (p *harness) jobs() []report.Job {
	p.t.Helper()
	jobs, err := p.ledger.Jobs(p.t.Context(), Subscription)
	p.must(err)
	return jobs
}

// nextDay goes to the next day's morning.
func (p *harness) nextDay() {
	p.t.Helper()
	p.skipTo(report.DateOf(p.clock.Now()).Time().Add(25 * time.Hour))
}

// dataset returns the published objects, by key.
func (p *harness) dataset() map[string]string {
	p.t.Helper()
	return content(p.t.Context(), p.t, p.s3, p.outside.dataset, func(key string) bool { return !strings.HasPrefix(key, "_") })
}

func content(ctx context.Context, t *testing.T, server *s3server.Server, bucket string, wanted func(string) bool) map[string]string {
	t.Helper()
	b := objects.NewBucket(server.Client(), bucket)
	found := map[string]string{}
	for o, err := range b.List(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		if !wanted(o.Key) {
			continue
		}
		body, _, err := b.Open(ctx, o.Key, "", "")
		if err != nil {
			t.Fatal(err)
		}
		bytes, err := io.ReadAll(body)
		if err := errors.Join(err, body.Close()); err != nil {
			t.Fatal(err)
		}
		found[o.Key] = string(bytes)
	}
	return found
}

// settled demands what must be true after every run, whatever happened: every wanted day is covered, nothing lies in the
// delivery bucket, and every deletion has its certificate.
func (p *harness) settled() {
	p.t.Helper()
	sum := p.summary()
	if covered := sum.Coverage[report.CoverageComplete] + sum.Coverage[report.CoverageZero]; covered != sum.Wanted || sum.Wanted == 0 {
		p.t.Errorf("%d of %d wanted days are covered: %v", covered, sum.Wanted, sum.Coverage)
	}
	if sum.RawObjects != 0 || sum.Unverified != 0 {
		p.t.Errorf("%d raw objects are left, %d deletions have no certificate", sum.RawObjects, sum.Unverified)
	}
	snapshot := p.snapshot()
	bucket := objects.NewBucket(p.s3.Client(), p.outside.dataset)
	for _, s := range snapshot.Partitions {
		if s.Key == "" {
			continue
		}
		if o, err := bucket.Stat(p.t.Context(), s.Key); err != nil || o.ETag != s.ETag {
			p.t.Errorf("partition %s: the ledger says %s, the bucket %s (%v)", s.Key, s.ETag, o.ETag, err)
		}
	}
	p.toldOf(snapshot.Partitions)
}

// toldOf demands that what was restated is told once: of each day a chain of editions, as many as the day's record counts, of which
// the last is what is published.
func (p *harness) toldOf(days []report.Partition) {
	p.t.Helper()
	restated, err := p.ledger.Restatements(p.t.Context(), Subscription, time.Time{})
	p.must(err)
	told := map[string][]report.Restatement{}
	for _, r := range restated {
		key := report.PartitionKey(r.Subscription, r.Table, r.Date)
		if chain := told[key]; len(chain) > 0 && chain[len(chain)-1].After != r.Before {
			p.t.Errorf("%s was %+v and then %+v", key, chain[len(chain)-1].After, r.Before)
		}
		told[key] = append(told[key], r)
	}
	for _, s := range days {
		chain := told[report.PartitionKey(s.Subscription, s.Table, s.Date)]
		ofRows := slices.DeleteFunc(slices.Clone(chain), func(r report.Restatement) bool { return r.Before.Rows == 0 })
		if len(ofRows) != s.Restated {
			p.t.Errorf("%s of %s was restated %d times, and told of %d times", s.Date, s.Table, s.Restated, len(ofRows))
		}
		if n := len(chain); n > 0 && (chain[n-1].After.SHA256 != s.SHA256 || chain[n-1].After.Rows != s.Rows) {
			p.t.Errorf("%s of %s is not as it was last told: %+v", s.Date, s.Table, chain[n-1].After)
		}
	}
}

// sameDataset compares two datasets byte for byte.
func sameDataset(t *testing.T, want, got map[string]string) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			t.Errorf("%s has %d bytes, not the %d bytes that it should have", key, len(got[key]), len(want[key]))
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s should not be there", key)
		}
	}
}

var errKilled = errors.New("the process was killed")

// injector numbers the steps of the functions: before and after each call to the outside. At the step at which it is set to
// crash, the process is dead: that call and all later ones fail, and nobody is told.
type injector struct {
	steps   atomic.Int64
	crashAt atomic.Int64 // 0: never
	// failAt is the step at which one call fails, and life goes on. 0: never
	failAt  atomic.Int64
	crashed atomic.Bool
	kill    context.CancelFunc
}

func (f *injector) step() error {
	n := f.steps.Add(1)
	if f.crashed.Load() {
		return errKilled
	}
	if n == f.failAt.Load() {
		return fault.New(fault.Transient, "a failure in passing")
	}
	if n == f.crashAt.Load() {
		f.crashed.Store(true)
		if f.kill != nil {
			f.kill()
		}
		return errKilled
	}
	return nil
}

func (f *injector) around(call func() error) error {
	if err := f.step(); err != nil {
		return err
	}
	err := call()
	if dead := f.step(); dead != nil {
		return dead
	}
	return err
}

// restart is a new process, in which nothing goes wrong.
func (f *injector) restart() {
	f.crashAt.Store(0)
	f.crashed.Store(false)
	f.kill = nil
}

func (f *injector) s3(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Inject", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
			err = f.around(func() error {
				out, meta, err = next.HandleInitialize(ctx, in)
				return err
			})
			return out, meta, err
		}), middleware.Before)
	})
}

// proxyStore hands each call of a function to do, which sends it on to a store.
type proxyStore struct {
	ledger.Store
	do func(ctx context.Context, call func(context.Context, ledger.Store) error) error
}

func (s proxyStore) Get(ctx context.Context, keys ...ledger.Key) (records map[ledger.Key]ledger.Record, err error) {
	err = s.do(ctx, func(ctx context.Context, to ledger.Store) (err error) {
		records, err = to.Get(ctx, keys...)
		return err
	})
	return records, err
}

func (s proxyStore) Query(ctx context.Context, pk, prefix string) (records []ledger.Record, err error) {
	err = s.do(ctx, func(ctx context.Context, to ledger.Store) (err error) {
		records, err = to.Query(ctx, pk, prefix)
		return err
	})
	return records, err
}

func (s proxyStore) Between(ctx context.Context, pk, first, last string) (records []ledger.Record, err error) {
	err = s.do(ctx, func(ctx context.Context, to ledger.Store) (err error) {
		records, err = to.Between(ctx, pk, first, last)
		return err
	})
	return records, err
}

func (s proxyStore) Due(ctx context.Context, lane ledger.DueQueue, now time.Time, limit int) (keys []ledger.Key, err error) {
	err = s.do(ctx, func(ctx context.Context, to ledger.Store) (err error) {
		keys, err = to.Due(ctx, lane, now, limit)
		return err
	})
	return keys, err
}

func (s proxyStore) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	return s.do(ctx, func(ctx context.Context, to ledger.Store) error { return to.Write(ctx, mutations...) })
}

func (s proxyStore) Scan(context.Context, string) iter.Seq2[ledger.Record, error] {
	panic("a function reads the whole table")
}

func (f *injector) store(s ledger.Store) ledger.Store {
	return proxyStore{s, func(ctx context.Context, call func(context.Context, ledger.Store) error) error {
		return f.around(func() error { return call(ctx, s) })
	}}
}

type injectedSource struct {
	requester.Source
	inject *injector
}

func (s injectedSource) Submit(ctx context.Context, o report.Order) (a report.Answer) {
	err := s.inject.around(func() error { a = s.Source.Submit(ctx, o); return nil })
	if err != nil {
		// Whatever a dead process makes of it, it can no longer write it down.
		return report.Answer{Outcome: report.OutcomeUnknown, Why: err.Error()}
	}
	return a
}

func (s injectedSource) Poll(ctx context.Context, o report.Order) (a report.Answer) {
	err := s.inject.around(func() error { a = s.Source.Poll(ctx, o); return nil })
	if err != nil {
		return report.Answer{Outcome: report.OutcomeBackOff, Why: err.Error()}
	}
	return a
}

func (s injectedSource) Fetch(
	ctx context.Context, o report.Order, f report.NamedFile, turn func(context.Context) error,
) (content io.ReadCloser, a report.Answer) {
	next := func(ctx context.Context) error { return s.inject.around(func() error { return turn(ctx) }) }
	err := s.inject.around(func() error { content, a = s.Source.Fetch(ctx, o, f, next); return nil })
	if err != nil {
		return nil, report.Answer{Outcome: report.OutcomeBackOff, Why: err.Error()}
	}
	return content, a
}

type injectedLoads struct {
	loads
	inject *injector
}

func (l injectedLoads) Redeliver(ctx context.Context, d report.Delivery) error {
	return l.inject.around(func() error { return l.loads.Redeliver(ctx, d) })
}

// Forget drops every message, as if the queue's memory had gone with the process.
func (q *queue) Forget() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting, q.echoes = nil, nil
}
