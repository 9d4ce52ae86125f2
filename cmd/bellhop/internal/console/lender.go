package console

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// keep is how long an engine is used: it knows only the files that existed when it was opened.
const keep = time.Minute

// lender lends one engine to one request at a time, because it runs one statement at a time.
type lender struct {
	open  func(ctx context.Context, days report.Window) (query.Engine, error)
	clock func() time.Time

	mu     sync.Mutex
	engine query.Engine
	days   report.Window
	opened time.Time
}

// use hands an engine over some days to do. An engine of earlier requests may name a file that was deleted since: do is then called once more, with a
// new engine.
func (l *lender) use(ctx context.Context, days report.Window, do func(query.Engine) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.engine != nil && l.days.Intersect(days) == days && l.clock().Sub(l.opened) <= keep {
		err := do(l.engine)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	if err := l.letGo(); err != nil {
		return err
	}
	// The tables end on different days, and one engine is to serve the pages of all of them.
	days = report.Window{From: days.From - report.Week, To: days.To + report.Week}
	e, err := l.open(ctx, days)
	if err != nil {
		return err
	}
	l.engine, l.days, l.opened = e, days, l.clock()
	if err := do(e); err != nil {
		return errors.Join(err, l.letGo())
	}
	return nil
}

func (l *lender) letGo() error {
	e := l.engine
	if l.engine = nil; e == nil {
		return nil
	}
	return e.Close()
}

func (l *lender) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.letGo()
}
