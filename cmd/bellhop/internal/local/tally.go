package local

import (
	"context"
	"iter"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/bellhop-asp/bellhop/pkg/ingest"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/sweep"
)

// calls counts what one piece of work asked of the ledger and of S3. What is counted for a part counts for the whole.
type calls struct {
	whole                *calls
	ledger, s3, s3Writes atomic.Int64
}

func (c *calls) countLedger() {
	for ; c != nil; c = c.whole {
		c.ledger.Add(1)
	}
}

func (c *calls) countS3(write bool) {
	for ; c != nil; c = c.whole {
		c.s3.Add(1)
		if write {
			c.s3Writes.Add(1)
		}
	}
}

type callsKey struct{}

// counted returns a context in which calls are counted.
func counted(ctx context.Context) (context.Context, *calls) {
	c := &calls{whole: callsOf(ctx)}
	return context.WithValue(ctx, callsKey{}, c), c
}

func callsOf(ctx context.Context) *calls {
	c, _ := ctx.Value(callsKey{}).(*calls)
	return c
}

// countingStore counts ledger calls, in all and for the work that makes them.
type countingStore struct {
	ledger.Store
	total atomic.Int64
}

func (s *countingStore) count(ctx context.Context) {
	s.total.Add(1)
	callsOf(ctx).countLedger()
}

func (s *countingStore) Get(ctx context.Context, keys ...ledger.Key) (map[ledger.Key]ledger.Record, error) {
	s.count(ctx)
	return s.Store.Get(ctx, keys...)
}

func (s *countingStore) Query(ctx context.Context, pk, prefix string) ([]ledger.Record, error) {
	s.count(ctx)
	return s.Store.Query(ctx, pk, prefix)
}

func (s *countingStore) Between(ctx context.Context, pk, first, last string) ([]ledger.Record, error) {
	s.count(ctx)
	return s.Store.Between(ctx, pk, first, last)
}

func (s *countingStore) Due(ctx context.Context, lane ledger.Lane, now time.Time, limit int) ([]ledger.Key, error) {
	s.count(ctx)
	return s.Store.Due(ctx, lane, now, limit)
}

func (s *countingStore) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	s.count(ctx)
	return s.Store.Write(ctx, mutations...)
}

func (s *countingStore) Scan(ctx context.Context, prefix string) iter.Seq2[ledger.Record, error] {
	s.count(ctx)
	return s.Store.Scan(ctx, prefix)
}

// countS3 makes a client count its calls: one per operation, whatever the SDK repeats.
func countS3(total *atomic.Int64) func(*s3.Options) {
	counting := middleware.InitializeMiddlewareFunc("CountCalls", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		total.Add(1)
		_, put := in.Parameters.(*s3.PutObjectInput)
		callsOf(ctx).countS3(put)
		return next.HandleInitialize(ctx, in)
	})
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(counting, middleware.Before)
		})
	}
}

// meter adds up what delivered files and duplicates cost.
type meter struct {
	mu                sync.Mutex
	files, duplicates cost
}

type cost struct {
	count, ledger, s3, s3Writes int64
}

func (c *cost) add(m *meter, by *calls, count int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.count += count
	c.ledger += by.ledger.Load()
	c.s3 += by.s3.Load()
	c.s3Writes += by.s3Writes.Load()
}

// meteredIngester books the calls of each delivery.
type meteredIngester struct {
	*ingest.Service
	meter *meter
}

func (i meteredIngester) Ingest(ctx context.Context, d report.Delivery) (ingest.Outcome, error) {
	ctx, made := counted(ctx)
	out, err := i.Service.Ingest(ctx, d)
	switch {
	case err != nil || out.Quarantined:
	case out.Decision == report.DecideLoad:
		i.meter.files.add(i.meter, made, 1)
	case out.Decision == report.DecideDuplicate, out.Decision == report.DecideBusy:
		i.meter.duplicates.add(i.meter, made, 1)
	}
	return out, err
}

// meteredJanitor books the calls of each prompt deletion to the file that it completes.
type meteredJanitor struct {
	*sweep.Service
	meter *meter
}

func (j meteredJanitor) Release(ctx context.Context, key string) (sweep.Outcome, error) {
	ctx, made := counted(ctx)
	outcome, err := j.Service.Release(ctx, key)
	if outcome == sweep.OutcomeDeleted {
		j.meter.files.add(j.meter, made, 0)
	}
	return outcome, err
}

// count returns the figures of one service; pick takes its calls and its writes out of a cost.
func (m *meter) count(total int, pick func(cost) (calls, writes int64)) CallCount {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := CallCount{Total: total, Files: int(m.files.count), Duplicates: int(m.duplicates.count)}
	if n := m.files.count; n > 0 {
		made, _ := pick(m.files)
		c.PerFile = float64(made) / float64(n)
	}
	if n := m.duplicates.count; n > 0 {
		made, writes := pick(m.duplicates)
		c.PerDuplicate, c.WritesPerDuplicate = float64(made)/float64(n), float64(writes)/float64(n)
	}
	return c
}

// times says how often something happened.
func times(n int, what string) string {
	if n == 1 {
		return "once " + what
	}
	return strconv.Itoa(n) + " times " + what
}
