// Package metering counts what a piece of work asks of AWS, or of what stands in for it. A meter travels in the context:
// whoever makes a call counts it there, whichever client, queue or store the call goes to. Calls without a meter in their
// context are not counted; so what a tool looks at for itself is not in what the functions cost.
package metering

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
)

// Meter adds up work. What is counted for a part counts for each whole that it belongs to. A nil Meter counts nothing. It is
// safe for concurrent use.
type Meter struct {
	wholes []*Meter

	mu   sync.Mutex
	work cost.Work
}

// New returns a meter whose work also counts for the wholes.
func New(wholes ...*Meter) *Meter { return &Meter{wholes: wholes} }

type contextKey struct{}

// Of returns the meter of the work that ctx belongs to, nil for none.
func Of(ctx context.Context) *Meter {
	m, _ := ctx.Value(contextKey{}).(*Meter)
	return m
}

// Start returns a context whose work is counted by a meter of its own, and with it by that of ctx and by the wholes.
func Start(ctx context.Context, wholes ...*Meter) (context.Context, *Meter) {
	m := New(wholes...)
	if outer := Of(ctx); outer != nil {
		m.wholes = append(m.wholes, outer)
	}
	return context.WithValue(ctx, contextKey{}, m), m
}

// Call counts one call, such as "SQS SendMessage".
func (m *Meter) Call(name string) { m.request(name, 0) }

// Invocation counts one invocation of a function, and how long its handler took here.
func (m *Meter) Invocation(took time.Duration) {
	m.add(cost.Work{Invocations: 1, Seconds: took.Seconds()})
}

// Logged counts bytes of log lines.
func (m *Meter) Logged(bytes int) { m.add(cost.Work{LogBytes: int64(bytes)}) }

func (m *Meter) request(name string, body int64) {
	w := cost.Work{Calls: map[string]int64{name: 1}}
	if body > 0 {
		w.SentBytes = map[string]int64{name: body}
	}
	m.add(w)
}

func (m *Meter) add(w cost.Work) {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.work = m.work.Plus(w, 1)
	m.mu.Unlock()
	for _, whole := range m.wholes {
		whole.add(w)
	}
}

// Work returns what was counted so far.
func (m *Meter) Work() cost.Work {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.work
	w.Calls, w.SentBytes = maps.Clone(w.Calls), maps.Clone(w.SentBytes)
	return w
}
