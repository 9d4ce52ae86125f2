package ledgertest_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

// counter is a store that counts what reaches it.
type counter struct{ done int }

func (c *counter) Get(context.Context, ...ledger.Key) (map[ledger.Key]ledger.Record, error) {
	c.done++
	return map[ledger.Key]ledger.Record{{PK: "a", SK: "b"}: {}}, nil
}

func (c *counter) Query(context.Context, string, string) ([]ledger.Record, error) {
	c.done++
	return make([]ledger.Record, 1), nil
}

func (c *counter) Between(context.Context, string, string, string) ([]ledger.Record, error) {
	c.done++
	return make([]ledger.Record, 1), nil
}

func (c *counter) Due(context.Context, ledger.DueQueue, time.Time, int) ([]ledger.Key, error) {
	c.done++
	return make([]ledger.Key, 1), nil
}

func (c *counter) Write(context.Context, ...ledger.Mutation) error {
	c.done++
	return nil
}

func (c *counter) Scan(context.Context, string) iter.Seq2[ledger.Record, error] {
	c.done++
	return func(yield func(ledger.Record, error) bool) { yield(ledger.Record{}, nil) }
}

// play calls every method once, in order, and returns which answered.
func play(t *testing.T, s ledger.Store) string {
	t.Helper()
	answered := ""
	note := func(letter string, n int, err error) {
		switch {
		case err != nil && !fault.Is(err, fault.Transient):
			t.Errorf("%s: %v is %v", letter, err, fault.KindOf(err))
		case err == nil && n > 0:
			answered += letter
		case err == nil:
			answered += "-"
		default:
			answered += "!"
		}
	}
	got, err := s.Get(t.Context(), ledger.Key{PK: "a", SK: "b"})
	note("g", len(got), err)
	list, err := s.Query(t.Context(), "a", "")
	note("q", len(list), err)
	list, err = s.Between(t.Context(), "a", "", "b")
	note("b", len(list), err)
	keys, err := s.Due(t.Context(), ledger.JobQueue, time.Time{}, 1)
	note("d", len(keys), err)
	note("w", 1, s.Write(t.Context(), ledger.Mutation{}))
	for _, err := range s.Scan(t.Context(), "") {
		note("s", 1, err)
	}
	return answered
}

func TestFaulty(t *testing.T) {
	for name, c := range map[string]struct {
		hook     func(ledgertest.Call) ledgertest.Fault
		answered string
		done     int
	}{
		"no hook":               {nil, "gqbdws", 6},
		"throttled":             {ledgertest.FailAt(2, ledgertest.Throttled), "g!bdws", 5},
		"an answer lost":        {ledgertest.FailAt(5, ledgertest.AnswerLost), "gqbd!s", 6},
		"a scan's answer lost":  {ledgertest.FailAt(6, ledgertest.AnswerLost), "gqbdw!", 6},
		"a crash before":        {ledgertest.CrashAt(3, ledgertest.Throttled), "gq!!!!", 2},
		"a crash after":         {ledgertest.CrashAt(3, ledgertest.AnswerLost), "gq!!!!", 3},
		"the first of a method": {ledgertest.FailNth(ledgertest.Write, 1, ledgertest.Throttled), "gqbd!s", 5},
		"the second of it":      {ledgertest.FailNth(ledgertest.Write, 2, ledgertest.Throttled), "gqbdws", 6},
		"a stale list":          {func(ledgertest.Call) ledgertest.Fault { return ledgertest.Stale }, "gqb-ws", 5},
	} {
		t.Run(name, func(t *testing.T) {
			inner := &counter{}
			s := ledgertest.NewFaulty(inner, c.hook)
			if got := play(t, s); got != c.answered || inner.done != c.done {
				t.Errorf("answered %s with %d done, want %s with %d", got, inner.done, c.answered, c.done)
			}
			calls := s.Calls()
			if len(calls) != 6 || calls[4].Method != ledgertest.Write || calls[4].N != 5 || calls[4].Nth != 1 || len(calls[4].Mutations) != 1 {
				t.Errorf("calls are %+v", calls)
			}
			play(t, s)
			if n := s.Count(ledgertest.Write); n != 2 {
				t.Errorf("%d writes, want 2", n)
			}
			s.Reset()
			if s.Count(ledgertest.Write) != 0 || len(s.Calls()) != 0 {
				t.Error("calls are remembered after a reset")
			}
		})
	}
}
