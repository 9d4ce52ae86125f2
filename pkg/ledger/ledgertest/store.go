// Package ledgertest holds what tests of the ledger share: the suite that every [ledger.Store] passes, a store that
// fails on command, and a real DynamoDB-compatible server with the table of template.yaml.
package ledgertest

import (
	"context"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// RunStore is the conformance suite: what every [ledger.Store] does. newStore returns an empty store.
func RunStore(t *testing.T, newStore func(t *testing.T) ledger.Store) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, ledger.Store){
		"a record is created once":                         createdOnce,
		"a stale version meets the present record":         staleVersion,
		"several records change together or not at all":    allOrNothing,
		"a delete needs the version":                       deletes,
		"a check holds the others to it":                   checks,
		"a hundred mutations are the most":                 mostMutations,
		"a key comes once in a write":                      keyTwice,
		"what cannot be kept is refused":                   refused,
		"a write sent again succeeds":                      sentAgain,
		"a write that only looks sent again is a conflict": notSentAgain,
		"a doc comes back as it was":                       docs,
		"due work comes longest overdue first":             dueOrder,
		"what is no longer due leaves the list":            dueSparse,
		"the due_at of a doc is that of the record":        dueInDoc,
		"a partition is read in order":                     queryOrder,
		"a partition beyond a page is read whole":          queryWhole,
		"many records are read at once":                    getMany,
		"a scan finds every partition of a kind":           scans,
		"increments lose nothing":                          increments,
		"transactions lose nothing":                        transactions,
		"a cancelled call is transient":                    cancelled,
		"the first write says the format, once":            formatSaid,
		"a format that is not known stops every call":      formatUnknown,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, newStore(t))
		})
	}
}

func cancelled(t *testing.T, s ledger.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k := key("JOB#1", "META")
	_, getErr := s.Get(ctx, k)
	_, queryErr := s.Query(ctx, k.PK, "")
	_, dueErr := s.Due(ctx, ledger.JobQueue, noon, 1)
	writeErr := s.Write(ctx, put(record(k, `{}`), 0))
	for call, err := range map[string]error{"Get": getErr, "Query": queryErr, "Due": dueErr, "Write": writeErr} {
		if !fault.Is(err, fault.Transient) {
			t.Errorf("%s: %v (%v), want a transient error", call, err, fault.KindOf(err))
		}
	}
}
