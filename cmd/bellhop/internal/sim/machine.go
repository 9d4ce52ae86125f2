package sim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// The buckets of the machine.
const (
	DeliveryBucket = "bellhop-delivery"
	DatasetBucket  = "bellhop-dataset"
)

// Options say how to open a [Machine]. Dir is required.
type Options struct {
	// Dir keeps everything. It is created when it is missing.
	Dir string
	Log *slog.Logger
	// Metrics, if set, gets the functions' metrics as on AWS, a line of JSON at a time.
	Metrics io.Writer
	// Progress, if set, is told how far the work is.
	Progress func(Progress)
	// Faults and Chaos are what the simulated vendor and the queue do wrong. Nil faults mean those of the demonstration.
	Faults []alexa.Fault
	Chaos  *Chaos
	// Delivered, if set, is told of each object that the vendor delivers, before it is written. It may be called from many
	// goroutines, and must not change the body.
	Delivered func(key string, body []byte)
	// Leftovers makes the demonstration of a new folder end with something to try: a quarantined file, a held report, a gap.
	Leftovers bool
	// Alone leaves out the subscriptions besides the first, for what is measured.
	Alone bool
	// WindowDays is the longest window of one request. Default 7.
	WindowDays int
	// Now is the machine's clock, before anything is skipped. Default [time.Now].
	Now func() time.Time

	outside outside
}

// outside lets a test replace what lies between the functions and everything around them. The zero value replaces nothing.
type outside struct {
	// server is shared by machines that have buckets of their own; nil starts one.
	server            *s3server.Server
	delivery, dataset string

	store  func(ledger.Store) ledger.Store
	s3     func(*s3.Options)
	source func(requester.Source) requester.Source
	queue  func(loads) loads

	// others are the subscriptions besides the first.
	others   func(m *Machine) []report.Subscription
	estate   *alexa.Estate
	switches alexa.Switches
	// pinpointEnds is when Pinpoint is retired. Zero: when it was.
	pinpointEnds time.Time
	// stepwise handles one event after the other instead of several at once, so that every run goes the same way.
	stepwise bool
	// unmeasured leaves out the idle runs by which a demonstration ends.
	unmeasured bool
	// noFeed hands no change of the ledger over.
	noFeed bool
	// maxBytes is the largest file that is read; 0 is the ingester's own limit.
	maxBytes int64
	// unitIDs are what the ids of units begin with, as a function is told by its environment.
	unitIDs []string
}

// setDefaults fills in what is used when nothing is replaced.
func (o *outside) setDefaults() {
	o.delivery, o.dataset = cmp.Or(o.delivery, DeliveryBucket), cmp.Or(o.dataset, DatasetBucket)
	if o.unitIDs == nil {
		o.unitIDs = []string{convert.AlexaUnitID}
	}
	if o.estate == nil {
		estate := alexa.DemoEstate()
		o.estate = &estate
	}
	if o.store == nil {
		o.store = func(s ledger.Store) ledger.Store { return s }
	}
	if o.s3 == nil {
		o.s3 = func(*s3.Options) {}
	}
	if o.source == nil {
		o.source = func(s requester.Source) requester.Source { return s }
	}
	if o.others == nil {
		o.others = (*Machine).demoOthers
	}
	if o.queue == nil {
		o.queue = func(l loads) loads { return l }
	}
}

// loads starts loads, for the requester and the sweep.
type loads interface {
	Redeliver(ctx context.Context, d report.Delivery) error
}

// Machine is bellhop on one machine. Close it.
type Machine struct {
	Options
	clock *clock
	store *sqlitestore.Store
	// records is the store as the functions have it.
	records ledger.Store
	s3      *s3server.Server
	// ledger and deliveries are for looking at. What the functions do there is counted; this is not.
	ledger     *ledger.Ledger
	deliveries *objects.Bucket
	vendor     *vendor
	queue      *queue
	feed       *feed
	tally      tally
	parts      parts
	// left is nil when the folder's demonstration leaves nothing.
	left *leftovers
	// before is what had gone wrong before this run.
	before map[alexa.FaultKind]int

	requests *requester.Service
	verifier janitor.Verifier
	handle   handlers

	requested, swept rate
	progress         progress
	// requesterRuns and sweepRuns count how often the schedules fired in a demonstration.
	requesterRuns, sweepRuns int64

	closer []func() error
}

// handlers are the entry points of the three functions: event JSON in, response JSON out.
type handlers struct {
	requester, ingester, janitor func(ctx context.Context, event json.RawMessage) (json.RawMessage, error)
}

// Open starts the machine in its folder: it takes up what an earlier process left, however that ended. When another process
// runs the machine there, the error says so.
func Open(ctx context.Context, o Options) (_ *Machine, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Faults == nil {
		o.Faults = demoFaults()
	}
	if o.Chaos == nil {
		o.Chaos = &Chaos{LoseEvery: 11, DuplicateEvery: 7}
	}
	o.WindowDays = cmp.Or(o.WindowDays, 7)
	o.outside.setDefaults()
	// The embedded S3 changes the working directory while it runs.
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if err := foreign(o.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	m := &Machine{Options: o, parts: newParts()}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open %s: %w", o.Dir, err), m.Close())
		}
	}()
	for _, open := range []func(context.Context) error{m.openLedger, m.openBuckets, m.openLeftovers, m.startVendor} {
		if err := open(ctx); err != nil {
			return nil, err
		}
	}
	m.wire()
	if err := m.subscribe(ctx); err != nil {
		return nil, err
	}
	m.start(ctx)
	return m, nil
}

func (m *Machine) closing(f func() error) { m.closer = append(m.closer, f) }

// openLedger takes possession of the folder, and opens the clock and the ledger in it.
func (m *Machine) openLedger(ctx context.Context) error {
	held, err := lock(m.Dir)
	if err != nil {
		return err
	}
	m.closing(held.Close)
	if m.clock, err = openClock(m.Dir, m.Now); err != nil {
		return err
	}
	m.closing(m.clock.Close)
	path := filepath.Join(m.Dir, ledgerFile)
	// The ledger holds ids of units. SQLite gives its other files the permissions of this one.
	if err := ownerOnly(path); err != nil {
		return err
	}
	if m.store, err = sqlitestore.Open(ctx, path, m.clock.Now); err != nil {
		return err
	}
	m.closing(m.store.Close)
	m.records = ledger.Checked(m.store)
	m.ledger = ledger.New(m.records)
	return nil
}

// startS3 starts the server over the folder's buckets.
func (m *Machine) startS3(ctx context.Context) (err error) {
	m.s3, err = s3server.Start(context.WithoutCancel(ctx), s3server.Options{Dir: m.Dir, Clock: m.clock.Now})
	if err == nil {
		m.closing(m.s3.Close)
	}
	return err
}

func (m *Machine) openBuckets(ctx context.Context) error {
	m.queue = newQueue(m.Log, *m.Chaos, m.clock.Now)
	m.queue.meter = m.parts.outside
	if m.s3 = m.outside.server; m.s3 == nil {
		if err := m.startS3(ctx); err != nil {
			return err
		}
	}
	m.deliveries = objects.NewBucket(m.s3.Client(), m.outside.delivery)
	return errors.Join(m.s3.CreateBucket(ctx, m.outside.delivery, m.queue.Send), m.s3.CreateBucket(ctx, m.outside.dataset, nil))
}

// start sets the event sources going.
func (m *Machine) start(ctx context.Context) {
	if m.outside.stepwise {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() { m.queue.Work(ctx) })
	}
	followed := make(chan error, 1)
	running.Go(func() { followed <- m.feed.Follow(ctx) })
	m.closing(func() error {
		m.queue.Close()
		cancel()
		running.Wait()
		return <-followed
	})
}

// Close stops everything and writes down what has to be remembered. It may be called once.
func (m *Machine) Close() error {
	var problems []error
	for _, stop := range slices.Backward(m.closer) {
		problems = append(problems, stop())
	}
	m.closer = nil
	return errors.Join(problems...)
}

// subscribe brings the subscriptions besides the first into the ledger, as a person does with "subscriptions apply". What the
// person has changed or removed since stays so.
func (m *Machine) subscribe(ctx context.Context) error {
	service := requester.Service{Ledger: m.ledger, Sources: m.requests.Sources, Now: m.clock.Now}
	if m.Alone {
		return nil
	}
	for _, sub := range m.outside.others(m) {
		// The snapshot tells of a removed one too.
		_, err := m.ledger.Snapshot(ctx, sub.Name)
		if fault.Is(err, fault.NotFound) {
			_, err = service.Apply(ctx, sub)
		}
		if err != nil {
			return fmt.Errorf("apply subscription %s: %w", sub.Name, err)
		}
	}
	return nil
}

// chance is a fixed sequence, so that two demonstrations in fresh folders go the same way.
func chance() func() float64 {
	source := rand.New(rand.NewPCG(demoSeed, 1)) //nolint:gosec // jitter of a demonstration, the same each time
	var mu sync.Mutex
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return source.Float64()
	}
}
