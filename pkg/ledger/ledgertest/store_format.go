package ledgertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// formatKey is where every ledger says its format, for ever: an older bellhop looks there.
var formatKey = key("FORMAT#", "META")

func formatSaid(t *testing.T, s ledger.Store) {
	calls := map[string]int{}
	counted := NewFaulty(s, func(c Call) Fault {
		calls[string(c.Method)]++
		return None
	})
	one, other, job := ledger.Checked(counted), ledger.Checked(s), key("JOB#1", "META")
	if got := present(t, one, job); got.Version != 0 || present(t, s, formatKey).Version != 0 {
		t.Fatalf("reading a new ledger wrote: %s", show(got))
	}
	present(t, other, job) // it finds no format, and loses the race for saying it
	write(t, one, put(record(job, `{"n":1}`), 0))
	write(t, one, put(record(job, `{"n":2}`), 1))
	write(t, other, put(record(job, `{"n":3}`), 2))
	want(t, present(t, s, formatKey), record(formatKey, fmt.Sprintf(`{"format":%d}`, ledger.Format)), 1)
	if got := fmt.Sprint(calls); got != "map[Get:2 Write:3]" {
		t.Errorf("the calls of one process were %s", got)
	}
}

func formatUnknown(t *testing.T, s ledger.Store) {
	job, version := key("JOB#1", "META"), int64(0)
	for doc, want := range map[string]string{
		fmt.Sprintf(`{"format":%d}`, ledger.Format+1): "use a newer bellhop",
		`{"format":0}`:     "does not say its format",
		`{"format":"one"}`: "does not say its format",
	} {
		write(t, s, put(record(formatKey, doc), version))
		version++
		older := ledger.Checked(s)
		_, get := older.Get(t.Context(), job)
		_, query := older.Query(t.Context(), job.PK, "")
		_, between := older.Between(t.Context(), job.PK, "A", "Z")
		_, due := older.Due(t.Context(), ledger.JobQueue, noon, 1)
		var scan error
		for _, scan = range older.Scan(t.Context(), "JOB#") {
		}
		for call, err := range map[string]error{
			"Get": get, "Query": query, "Between": between, "Due": due, "Scan": scan,
			"Write": older.Write(t.Context(), put(record(job, `{}`), 0)),
		} {
			if err == nil || !fault.Is(err, fault.Internal) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %s met %v (%v), want an internal error: %s", doc, call, err, fault.KindOf(err), want)
			}
		}
	}
	if got := present(t, s, job); got.Version != 0 {
		t.Errorf("written all the same: %s", show(got))
	}
}
