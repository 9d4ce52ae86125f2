package ledgertest

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// Method is a method of [ledger.Store].
type Method string

// The methods.
const (
	Get     Method = "Get"
	Query   Method = "Query"
	Between Method = "Between"
	Due     Method = "Due"
	Write   Method = "Write"
	Scan    Method = "Scan"
)

// Fault is what goes wrong with a call.
type Fault int

// The faults. Each error is Transient, for a caller cannot tell them apart.
const (
	// None: nothing goes wrong.
	None Fault = iota
	// Throttled: the call is refused; nothing was done.
	Throttled
	// AnswerLost: the call was done, and its answer never came.
	AnswerLost
	// Stale: a Due list that has not caught up: it is empty. To other methods it does nothing.
	Stale
)

// Call is one call of a store, as a hook sees it before it is done.
type Call struct {
	Method Method
	// N counts all calls of the store, Nth those of the method; both begin with 1.
	N, Nth int
	// Keys are those of a Get.
	Keys []ledger.Key
	// Mutations are those of a Write.
	Mutations []ledger.Mutation
}

// Faulty is a store that fails when its hook says so, and counts its calls. Without a hook nothing fails. It is safe
// for concurrent use; which call is the nth is certain only when one worker calls.
type Faulty struct {
	inner ledger.Store

	mu    sync.Mutex
	hook  func(Call) Fault
	calls []Call
	nth   map[Method]int
}

var _ ledger.Store = (*Faulty)(nil)

// NewFaulty returns inner with a hook, which may be nil. The hook runs before each call, one at a time. It may use inner to
// write, as another worker would at just that moment, but not the faulty store itself.
func NewFaulty(inner ledger.Store, hook func(Call) Fault) *Faulty {
	return &Faulty{inner: inner, hook: hook, nth: map[Method]int{}}
}

// FailAt is a hook by which the nth call fails, and no other.
func FailAt(n int, f Fault) func(Call) Fault {
	return func(c Call) Fault {
		if c.N == n {
			return f
		}
		return None
	}
}

// CrashAt is a hook for a worker that dies at its nth call: that one fails as f says, and all that follow are refused.
func CrashAt(n int, f Fault) func(Call) Fault {
	return func(c Call) Fault {
		switch {
		case c.N == n:
			return f
		case c.N > n:
			return Throttled
		default:
			return None
		}
	}
}

// FailNth is a hook by which the nth call of a method fails, and no other.
func FailNth(m Method, n int, f Fault) func(Call) Fault {
	return func(c Call) Fault {
		if c.Method == m && c.Nth == n {
			return f
		}
		return None
	}
}

// SetHook replaces the hook from the next call on. The counts go on.
func (f *Faulty) SetHook(hook func(Call) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = hook
}

// Calls returns the calls so far, in order.
func (f *Faulty) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Count returns how often a method was called.
func (f *Faulty) Count(m Method) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nth[m]
}

// Reset forgets the calls: counting begins with 1 again.
func (f *Faulty) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.nth = nil, map[Method]int{}
}

func (f *Faulty) next(c Call) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nth[c.Method]++
	c.N, c.Nth = len(f.calls)+1, f.nth[c.Method]
	f.calls = append(f.calls, c)
	if f.hook == nil {
		return None
	}
	return f.hook(c)
}

var (
	errThrottled  = fault.New(fault.Transient, "ledgertest: throttled")
	errAnswerLost = fault.New(fault.Transient, "ledgertest: the answer was lost")
)

// during does one call, or not, and lets its answer be lost.
func during[T any](f *Faulty, c Call, call func() (T, error)) (T, error) {
	var none T
	switch f.next(c) {
	case Throttled:
		return none, errThrottled
	case AnswerLost:
		if _, err := call(); err != nil {
			return none, err
		}
		return none, errAnswerLost
	case Stale:
		if c.Method == Due {
			return none, nil
		}
	case None:
	}
	return call()
}

// Get is [ledger.Store.Get].
func (f *Faulty) Get(ctx context.Context, keys ...ledger.Key) (map[ledger.Key]ledger.Record, error) {
	return during(f, Call{Method: Get, Keys: slices.Clone(keys)}, func() (map[ledger.Key]ledger.Record, error) {
		return f.inner.Get(ctx, keys...)
	})
}

// Query is [ledger.Store.Query].
func (f *Faulty) Query(ctx context.Context, pk, prefix string) ([]ledger.Record, error) {
	return during(f, Call{Method: Query}, func() ([]ledger.Record, error) { return f.inner.Query(ctx, pk, prefix) })
}

// Between is [ledger.Store.Between].
func (f *Faulty) Between(ctx context.Context, pk, first, last string) ([]ledger.Record, error) {
	return during(f, Call{Method: Between}, func() ([]ledger.Record, error) { return f.inner.Between(ctx, pk, first, last) })
}

// Due is [ledger.Store.Due].
func (f *Faulty) Due(ctx context.Context, lane ledger.DueQueue, now time.Time, limit int) ([]ledger.Key, error) {
	return during(f, Call{Method: Due}, func() ([]ledger.Key, error) { return f.inner.Due(ctx, lane, now, limit) })
}

// Write is [ledger.Store.Write].
func (f *Faulty) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	_, err := during(f, Call{Method: Write, Mutations: slices.Clone(mutations)}, func() (struct{}, error) {
		return struct{}{}, f.inner.Write(ctx, mutations...)
	})
	return err
}

// Scan is [ledger.Store.Scan]; any failure comes before the first record.
func (f *Faulty) Scan(ctx context.Context, prefix string) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		records, err := during(f, Call{Method: Scan}, func() (iter.Seq2[ledger.Record, error], error) {
			return f.inner.Scan(ctx, prefix), nil
		})
		if err != nil {
			yield(ledger.Record{}, err)
			return
		}
		records(yield)
	}
}
