package ledgertest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// audit is a store that keeps every version of the jobs and files that are written to it.
type audit struct {
	ledger.Store
	mu       sync.Mutex
	versions map[ledger.Key]map[int64]timeline
	gone     map[ledger.Key]bool
}

// timeline is what jobs and files have in common.
type timeline struct {
	Status  string         `json:"status"`
	History []report.Event `json:"history"`
}

func newAudit(s ledger.Store) *audit {
	return &audit{Store: s, versions: map[ledger.Key]map[int64]timeline{}, gone: map[ledger.Key]bool{}}
}

// Write is [ledger.Store.Write].
func (a *audit) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	if err := a.Store.Write(ctx, mutations...); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range mutations {
		k := m.Record.Key
		if k.SK != "META" || !strings.HasPrefix(k.PK, "JOB#") && !strings.HasPrefix(k.PK, "FILE#") {
			continue
		}
		if m.Op == ledger.OpDelete {
			// A stray whose name was recorded: what comes under the key again is another file.
			a.gone[k] = true
			continue
		}
		var written timeline
		if err := json.Unmarshal(m.Record.Doc, &written); err != nil {
			return err
		}
		if a.versions[k] == nil {
			a.versions[k] = map[int64]timeline{}
		}
		a.versions[k][m.Expect+1] = written
	}
	return nil
}

// verify demands of every timeline that each version has all events of the one before, and that each event begins where
// the last one ended.
func (a *audit) verify(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, versions := range a.versions {
		if a.gone[k] {
			continue
		}
		var before timeline
		for v := int64(1); v <= int64(len(versions)); v++ {
			now, ok := versions[v]
			if !ok {
				t.Errorf("%s has %d versions, but no version %d", k, len(versions), v)
				break
			}
			if len(now.History) < len(before.History) || !slices.EqualFunc(before.History, now.History[:len(before.History)], sameEvent) {
				t.Errorf("%s rewrote its history with version %d:\nfrom %v\nto   %v", k, v, before.History, now.History)
			}
			before = now
		}
		status := ""
		for _, e := range before.History {
			if e.From != status {
				t.Errorf("%s goes from %q, but was %q: %v", k, e.From, status, before.History)
			}
			status = e.To
		}
		if status != before.Status {
			t.Errorf("%s is %s, but its history ends with %q", k, before.Status, status)
		}
	}
}

func sameEvent(a, b report.Event) bool {
	return a.At.Equal(b.At) && a.From == b.From && a.To == b.To && a.Why == b.Why && a.Attempt == b.Attempt
}

// transitions counts how often a timeline came to a status.
func transitions(history []report.Event, to string) int {
	n := 0
	for _, e := range history {
		if e.To == to {
			n++
		}
	}
	return n
}
