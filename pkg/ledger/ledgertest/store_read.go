package ledgertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// wantDue asks until the list is as wanted, for a list may lag behind the records.
func wantDue(t *testing.T, s ledger.Store, lane ledger.DueQueue, now time.Time, limit int, pks ...string) {
	t.Helper()
	var got []string
	for range 200 {
		keys, err := s.Due(t.Context(), lane, now, limit)
		if err != nil {
			t.Fatalf("due: %v", err)
		}
		got = nil
		for _, k := range keys {
			got = append(got, k.PK)
		}
		if slices.Equal(got, pks) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("due in %s are %v, want %v", lane, got, pks)
}

func dueOrder(t *testing.T, s ledger.Store) {
	second := time.Second
	for pk, at := range map[string]time.Time{
		"JOB#late":   noon.Add(-time.Hour),
		"JOB#half":   noon.Add(-second / 2), // a fraction sorts before the full second that follows it …
		"JOB#second": noon.Add(-second),     // … and after the one before
		"JOB#now":    noon,
		"JOB#soon":   noon.Add(1),
	} {
		write(t, s, put(dueRecord(key(pk, "META"), ledger.JobQueue, at), 0))
	}
	write(t, s, put(dueRecord(key("FILE#1", "META"), ledger.FileQueue, noon.Add(-2*time.Hour)), 0))

	wantDue(t, s, ledger.JobQueue, noon, 10, "JOB#late", "JOB#second", "JOB#half", "JOB#now")
	wantDue(t, s, ledger.JobQueue, noon, 2, "JOB#late", "JOB#second")
	wantDue(t, s, ledger.JobQueue, noon, 0)
	wantDue(t, s, ledger.FileQueue, noon, 10, "FILE#1")
	wantDue(t, s, ledger.JobQueue, noon.Add(-2*time.Hour), 10)
	wantDue(t, s, "NONE", noon, 10)
	// The caller's zone is no matter.
	wantDue(t, s, ledger.JobQueue, noon.In(time.FixedZone("", -5*3600)), 1, "JOB#late")
}

func dueSparse(t *testing.T, s ledger.Store) {
	a, b, c := key("JOB#a", "META"), key("JOB#b", "META"), key("JOB#c", "META")
	write(t, s, put(dueRecord(a, ledger.JobQueue, noon), 0), put(dueRecord(b, ledger.JobQueue, noon.Add(1)), 0),
		put(dueRecord(c, ledger.JobQueue, noon.Add(2)), 0))
	later := noon.Add(time.Hour)
	wantDue(t, s, ledger.JobQueue, later, 10, "JOB#a", "JOB#b", "JOB#c")
	// A due queue alone does not make a record due, nor does it come back.
	finished := record(a, `{"status":"LOADED"}`)
	finished.Queue = ledger.JobQueue
	write(t, s, put(finished, 1))
	want(t, present(t, s, a), record(a, `{"status":"LOADED"}`), 2)
	write(t, s, remove(b, 1))
	wantDue(t, s, ledger.JobQueue, later, 10, "JOB#c")
	write(t, s, put(dueRecord(c, ledger.FileQueue, noon), 1))
	wantDue(t, s, ledger.JobQueue, later, 10)
	wantDue(t, s, ledger.FileQueue, later, 10, "JOB#c")
}

func queryOrder(t *testing.T, s ledger.Store) {
	for _, sk := range []string{"OPEN#2", "META", "SLICE#b", "OPEN#10", "SLICE#a", "OPEN#1", "SLICE#ü", "SLICE", "open#1", "SLICE#\U0001F6CE", "SLICE#\uff5e"} {
		write(t, s, put(record(key("SUB#hotel", sk), `{}`), 0))
	}
	write(t, s, put(record(key("SUB#hotel2", "OPEN#1"), `{}`), 0), put(record(key("SUB#", "OPEN#1"), `{}`), 0))

	all := []string{"META", "OPEN#1", "OPEN#10", "OPEN#2", "SLICE", "SLICE#a", "SLICE#b", "SLICE#ü", "SLICE#\uff5e", "SLICE#\U0001F6CE", "open#1"}
	for name, q := range map[string]struct {
		read func() ([]ledger.Record, error)
		want []string
	}{
		"everything, by bytes":  {func() ([]ledger.Record, error) { return s.Query(t.Context(), "SUB#hotel", "") }, all},
		"a prefix":              {func() ([]ledger.Record, error) { return s.Query(t.Context(), "SUB#hotel", "SLICE#") }, all[5:10]},
		"a prefix and a place":  {func() ([]ledger.Record, error) { return s.Query(t.Context(), "SUB#hotel", "SLICE") }, all[4:10]},
		"no wildcards":          {func() ([]ledger.Record, error) { return s.Query(t.Context(), "SUB#hotel", "O%_N#1") }, nil},
		"a prefix of nothing":   {func() ([]ledger.Record, error) { return s.Query(t.Context(), "SUB#hotel", "X") }, nil},
		"no such partition":     {func() ([]ledger.Record, error) { return s.Query(t.Context(), "SUB#none", "") }, nil},
		"both bounds included":  {func() ([]ledger.Record, error) { return s.Between(t.Context(), "SUB#hotel", "OPEN#10", "SLICE#a") }, all[2:6]},
		"bounds of no record":   {func() ([]ledger.Record, error) { return s.Between(t.Context(), "SUB#hotel", "OPEN", "SLICE!") }, all[1:5]},
		"one place":             {func() ([]ledger.Record, error) { return s.Between(t.Context(), "SUB#hotel", "META", "META") }, all[:1]},
		"bounds the other way":  {func() ([]ledger.Record, error) { return s.Between(t.Context(), "SUB#hotel", "SLICE#a", "OPEN#10") }, nil},
		"from the beginning":    {func() ([]ledger.Record, error) { return s.Between(t.Context(), "SUB#hotel", "", "OPEN#1") }, all[:2]},
		"no bound is no record": {func() ([]ledger.Record, error) { return s.Between(t.Context(), "SUB#hotel", "", "") }, nil},
	} {
		got, err := q.read()
		if err != nil || !slices.Equal(skOf(got), q.want) {
			t.Errorf("%s: %v (%v), want %v", name, skOf(got), err, q.want)
		}
	}
}

func queryWhole(t *testing.T, s ledger.Store) {
	// A DynamoDB page ends at 1 MB: 30 records of 100 KB are three or more.
	doc := `{"text":"` + strings.Repeat("y", 100_000) + `"}`
	var places []string
	for i := range 30 {
		places = append(places, fmt.Sprintf("SLICE#%02d", i))
		write(t, s, put(record(key("SUB#hotel", places[i]), doc), 0))
	}
	got, err := s.Query(t.Context(), "SUB#hotel", "SLICE#")
	if err != nil || !slices.Equal(skOf(got), places) {
		t.Fatalf("query: %v (%v)", skOf(got), err)
	}
	want(t, got[29], record(key("SUB#hotel", places[29]), doc), 1)
	got, err = s.Between(t.Context(), "SUB#hotel", places[1], places[28])
	if err != nil || !slices.Equal(skOf(got), places[1:29]) {
		t.Fatalf("between: %v (%v)", skOf(got), err)
	}
	found := map[string]bool{}
	for r, err := range s.Scan(t.Context(), "SUB#") {
		if err != nil {
			t.Fatalf("scan: %v", err)
		}
		found[r.SK] = true
	}
	if len(found) != 30 {
		t.Fatalf("a scan found %d records, want 30", len(found))
	}
}

func getMany(t *testing.T, s ledger.Store) {
	var keys []ledger.Key
	for i := range 100 {
		k := key(fmt.Sprintf("FILE#%d", i), "META")
		keys = append(keys, k)
		if i%2 == 0 {
			write(t, s, put(record(k, fmt.Sprintf(`{"n":%d}`, i)), 0))
		}
	}
	got, err := s.Get(t.Context(), append(keys[:100:100], keys[0])...)
	if err != nil || len(got) != 50 {
		t.Fatalf("got %d records (%v), want the 50 that exist", len(got), err)
	}
	want(t, got[keys[98]], record(keys[98], `{"n":98}`), 1)
	if got, err := s.Get(t.Context()); err != nil || len(got) != 0 {
		t.Fatalf("no keys: %v (%v)", got, err)
	}
	if _, err := s.Get(t.Context(), append(keys, key("FILE#100", "META"))...); err == nil || !fault.Is(err, fault.Internal) {
		t.Fatalf("101 keys: %v, want an internal error", err)
	}
}

func scans(t *testing.T, s ledger.Store) {
	for i := range 5 {
		for _, sk := range []string{"CERT#1", "META"} {
			write(t, s, put(record(key(fmt.Sprintf("FILE#%d", i), sk), `{}`), 0))
		}
	}
	write(t, s, put(record(key("JOB#1", "META"), `{}`), 0))
	count := func(prefix string) int {
		seen := map[ledger.Key]int{}
		for r, err := range s.Scan(t.Context(), prefix) {
			if err != nil {
				t.Fatalf("scan %q: %v", prefix, err)
			}
			if seen[r.Key]++; seen[r.Key] > 1 || !strings.HasPrefix(r.PK, prefix) {
				t.Fatalf("scan %q found %s once too often", prefix, r.Key)
			}
		}
		return len(seen)
	}
	for prefix, n := range map[string]int{"FILE#": 10, "FILE#3": 2, "JOB#": 1, "": 11, "CERT#": 0} {
		if got := count(prefix); got != n {
			t.Errorf("scan %q found %d records, want %d", prefix, got, n)
		}
	}
	// The reader may stop, and may write on the way.
	for r, err := range s.Scan(t.Context(), "FILE#") {
		if err != nil {
			t.Fatalf("scan: %v", err)
		}
		write(t, s, put(record(r.Key, `{"seen":true}`), 1))
		break
	}
}
