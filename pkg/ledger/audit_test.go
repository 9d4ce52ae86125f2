package ledger_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// audit is a store that keeps every version of the jobs and files that are written to it.
type audit struct {
	ledger.Store
	mu       sync.Mutex
	versions map[ledger.Key]map[int64]timeline
	gone     map[ledger.Key]bool
	// fleeting are the records, other than jobs and files, that the store was told it may forget.
	fleeting []ledger.Key
}

// timeline is what jobs and files have in common.
type timeline struct {
	Status   string         `json:"status"`
	History  []report.Event `json:"history"`
	forgetAt time.Time
}

// over are the statuses in which a job or a file has come to its end.
var over = map[string][]string{"JOB": {"LOADED", "LOST", "CANCELLED"}, "FILE": {"DELETED", "LOST"}}

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
			if !m.Record.ForgetAt.IsZero() {
				a.fleeting = append(a.fleeting, k)
			}
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
		written.forgetAt = m.Record.ForgetAt
		a.versions[k][m.Expect+1] = written
	}
	return nil
}

// verify demands of every timeline that each version has all events of the one before, that each event begins where the last
// one ended, and that it may be forgotten for the retention after its end, and not before. Nothing else may be forgotten.
func (a *audit) verify(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.fleeting) > 0 {
		t.Errorf("these may be forgotten: %v", a.fleeting)
	}
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
			if want := now.end(k); !now.forgetAt.Equal(want) {
				t.Errorf("version %d of %s, which is %s, may be forgotten at %s, want %s", v, k, now.Status, now.forgetAt, want)
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

// end is when the store may forget a version of a record; zero for one that is not over.
func (l timeline) end(k ledger.Key) time.Time {
	kind, _, _ := strings.Cut(k.PK, "#")
	if !slices.Contains(over[kind], l.Status) {
		return time.Time{}
	}
	return l.History[len(l.History)-1].At.Add(retention)
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
