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

// Subscription is the name of the demonstration's subscription.
const Subscription = "demo"

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
	// WindowDays is the longest window of one request. Default 7.
	WindowDays int
	// Now is the machine's clock, before anything is skipped. Default [time.Now].
	Now func() time.Time

	outside outside
}

// acceptedUnits are what the ids of units begin with, as a function is told by its environment.
var acceptedUnits = []string{convert.AlexaUnitID}

// outside lets a test replace what lies between the functions and everything around them. The zero value replaces nothing.
type outside struct {
	// server is shared by machines that have buckets of their own; nil starts one.
	server            *s3server.Server
	delivery, dataset string

	store  func(ledger.Store) ledger.Store
	s3     func(*s3.Options)
	source func(requester.Source) requester.Source
	queue  func(loads) loads

	estate   *alexa.Estate
	switches alexa.Switches
	// stepwise handles one event after the other instead of several at once, so that every run goes the same way.
	stepwise bool
	// unmeasured leaves out the idle runs by which a demonstration ends.
	unmeasured bool
	// deaf leaves the change stream unheard.
	deaf bool
	// maxBytes is the largest file that is read; 0 is the ingester's own limit.
	maxBytes int64
	// unitIDs are what the ids of units begin with; nil for those of the vendor's documents.
	unitIDs []string
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
	s3    *s3server.Server
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
	// told are the files of which it was told that they were loaded; nil before anything was told.
	told map[string]bool
	// requesterRuns and sweepRuns count how often the schedules fired in a demonstration.
	requesterRuns, sweepRuns int64

	cancel context.CancelFunc
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
		o.Faults = misfortunes()
	}
	if o.Chaos == nil {
		o.Chaos = &Chaos{LoseEvery: 11, DuplicateEvery: 7}
	}
	o.WindowDays = cmp.Or(o.WindowDays, 7)
	o.outside.delivery = cmp.Or(o.outside.delivery, DeliveryBucket)
	o.outside.dataset = cmp.Or(o.outside.dataset, DatasetBucket)
	if o.outside.unitIDs == nil {
		o.outside.unitIDs = acceptedUnits
	}
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
	if err := m.openStores(ctx); err != nil {
		return nil, err
	}
	m.wire()
	m.start(ctx)
	return m, nil
}

func (m *Machine) closing(f func() error) { m.closer = append(m.closer, f) }

// openStores opens all that keeps something.
func (m *Machine) openStores(ctx context.Context) (err error) {
	if err := m.openLedger(ctx); err != nil {
		return err
	}
	m.queue = newQueue(m.Log, *m.Chaos, m.clock.Now)
	m.queue.meter = m.parts.outside
	if err := m.openBuckets(ctx); err != nil {
		return err
	}
	m.deliveries = objects.NewBucket(m.s3.Client(), m.outside.delivery)
	if err := m.openLeftovers(); err != nil {
		return err
	}
	m.vendor, err = startVendor(ctx, m.Dir, alexa.Config{
		Seed: demoSeed, Now: m.clock.Now, Estate: m.estate(), Faults: slices.Concat(m.Faults, m.left.faults()), Switches: m.outside.switches,
	}, objects.NewClient(m.s3.Config(), counting), m.Delivered, m.parts.outside)
	if err != nil {
		return err
	}
	m.closing(m.vendor.Close)
	return nil
}

// openLedger takes possession of the folder, and opens the clock and the ledger in it.
func (m *Machine) openLedger(ctx context.Context) error {
	held, err := takeLock(m.Dir)
	if err != nil {
		return err
	}
	m.closing(held.Close)
	if m.clock, err = openClock(m.Dir, m.Now); err != nil {
		return err
	}
	m.closing(m.clock.Close)
	// The ledger holds ids of units. SQLite gives its other files the permissions of this one.
	if err := ownerOnly(filepath.Join(m.Dir, "ledger.db")); err != nil {
		return err
	}
	if m.store, err = sqlitestore.Open(ctx, filepath.Join(m.Dir, "ledger.db"), m.clock.Now); err != nil {
		return err
	}
	m.closing(m.store.Close)
	m.ledger = ledger.New(m.store)
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

func (m *Machine) openBuckets(ctx context.Context) (err error) {
	if m.s3 = m.outside.server; m.s3 == nil {
		if err := m.startS3(ctx); err != nil {
			return err
		}
	}
	if err := m.s3.CreateBucket(ctx, m.outside.delivery, m.queue.Send); err != nil {
		return err
	}
	return m.s3.CreateBucket(ctx, m.outside.dataset, nil)
}

func (m *Machine) estate() alexa.Estate {
	if m.outside.estate != nil {
		return *m.outside.estate
	}
	return alexa.DemoEstate()
}

// start sets the event sources going.
func (m *Machine) start(ctx context.Context) {
	if m.outside.stepwise {
		return
	}
	ctx, m.cancel = context.WithCancel(ctx)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() { m.queue.Work(ctx) })
	}
	followed := make(chan error, 1)
	running.Go(func() { followed <- m.feed.Follow(ctx) })
	m.closing(func() error {
		m.queue.Close()
		m.cancel()
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

// kept is what the machine keeps in its folder, besides the lock.
var kept = []string{
	"s3", "versions", "ledger.db", "ledger.db-wal", "ledger.db-shm", vendorFile, leftoversFile, "secret.json", "credentials.json", "clock.json", usageFile,
}

// Has reports whether a machine keeps something in dir.
func Has(dir string) bool {
	return slices.ContainsFunc(append([]string{"lock"}, kept...), func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	})
}

// foreign demands that dir is empty, is not there yet, or has been a machine's before: a slip of --home must not fill a folder
// that is somebody's.
func foreign(dir string) error {
	if Has(dir) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s has other things in it, and nothing of bellhop: choose an empty folder with --home, or one that does not exist", dir)
	}
	return nil
}

// Reset removes everything that the machine keeps in dir. A machine that runs there is left alone, with an error.
func Reset(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	held, err := takeLock(dir)
	if err != nil {
		return err
	}
	for _, name := range kept {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return errors.Join(err, held.Close())
		}
	}
	return errors.Join(os.Remove(filepath.Join(dir, "lock")), held.Close())
}

// subscription is what the demonstration wants: everything that the vendor has of the whole organisation.
func (m *Machine) subscription() report.Subscription {
	return report.Subscription{
		Name: Subscription, Source: report.SourceASPAnalytics,
		Params:  report.Params{"unit_id": m.estate().Organisation.ID, "show_sub_units": "true"},
		LagDays: 3, RefreshDays: 4, MaxWindowDays: m.WindowDays,
	}
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

// What may be wrong with the ledger of a folder.
var (
	ErrDamaged  = sqlitestore.ErrDamaged
	ErrReadOnly = sqlitestore.ErrReadOnly
)

// OpenedLedger is the ledger of a folder, for looking at.
type OpenedLedger struct {
	*ledger.Ledger
	Now func() time.Time
	// Ahead is by how much Now is ahead of the machine's clock.
	Ahead      time.Duration
	DatasetDir string
	Close      func() error
}

// OpenLedger opens the ledger in dir, whether or not a machine runs there. Of a folder that this user may not write to it can
// be read. The error says what to do when there is none.
func OpenLedger(ctx context.Context, dir string) (*OpenedLedger, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "ledger.db")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no ledger in %s: bellhop local run makes one, --home chooses another folder", dir)
	}
	c, err := openClock(dir, time.Now)
	if err != nil {
		return nil, err
	}
	store, err := sqlitestore.Open(ctx, path, c.Now)
	if errors.Is(err, sqlitestore.ErrReadOnly) {
		store, err = sqlitestore.OpenToRead(ctx, path)
	}
	if err != nil {
		return nil, err
	}
	return &OpenedLedger{
		Ledger: ledger.New(store), Now: c.Now, Ahead: c.ahead, Close: store.Close,
		DatasetDir: filepath.Join(dir, "s3", DatasetBucket),
	}, nil
}
