package sim

import (
	"context"
	"strconv"
	"sync"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// tally adds up what delivered files and duplicates ask for.
type tally struct {
	mu                sync.Mutex
	files, duplicates share
}

// share is the work for a number of files.
type share struct {
	count int64
	work  cost.Work
}

func (s *share) add(t *tally, by *cost.Meter, count int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.count += count
	s.work = s.work.Plus(by.Work(), 1)
}

// meteredIngester books the calls of each delivery.
type meteredIngester struct {
	*ingester.Service
	tally *tally
}

func (i meteredIngester) Ingest(ctx context.Context, d report.Delivery) (ingester.Outcome, error) {
	ctx, made := cost.Start(ctx)
	out, err := i.Service.Ingest(ctx, d)
	switch {
	case err != nil || out.Quarantined:
	case out.Decision == report.DecideLoad:
		i.tally.files.add(i.tally, made, 1)
	case out.Decision == report.DecideDuplicate, out.Decision == report.DecideBusy:
		i.tally.duplicates.add(i.tally, made, 1)
	}
	return out, err
}

// meteredJanitor books the calls of each prompt deletion to the file that it completes.
type meteredJanitor struct {
	*janitor.Service
	tally *tally
}

func (j meteredJanitor) Release(ctx context.Context, key string) (janitor.Outcome, error) {
	ctx, made := cost.Start(ctx)
	outcome, err := j.Service.Release(ctx, key)
	if outcome == janitor.OutcomeDeleted {
		j.tally.files.add(j.tally, made, 0)
	}
	return outcome, err
}

// count returns the figures of one service out of the work in all.
func (t *tally) count(all cost.Work, service string) CallCount {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := CallCount{Total: int(all.Count(service)), Files: int(t.files.count), Duplicates: int(t.duplicates.count)}
	if n := t.files.count; n > 0 {
		c.PerFile = float64(t.files.work.Count(service)) / float64(n)
	}
	if n := t.duplicates.count; n > 0 {
		again := t.duplicates.work
		c.PerDuplicate = float64(again.Count(service)) / float64(n)
		c.WritesPerDuplicate = float64(again.Count(service, writes...)) / float64(n)
	}
	return c
}

// writes are the operations that put something where it stays.
var writes = []string{"PutObject", "PutItem", "DeleteItem", "TransactWriteItems"}

// times says how often something happened.
func times(n int, what string) string {
	if n == 1 {
		return "once " + what
	}
	return strconv.Itoa(n) + " times " + what
}
