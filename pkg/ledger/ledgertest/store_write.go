package ledgertest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

func createdOnce(t *testing.T, s ledger.Store) {
	k := key("JOB#1", "META")
	first := record(k, `{"status":"PLANNED"}`)
	if got := present(t, s, k); got.Version != 0 {
		t.Fatalf("an empty store has %s", show(got))
	}
	write(t, s, put(first, 0))
	want(t, present(t, s, k), first, 1)
	current := conflict(t, s, put(record(k, `{"status":"OTHER"}`), 0))
	want(t, current[k], first, 1)
	want(t, present(t, s, k), first, 1)
}

func staleVersion(t *testing.T, s ledger.Store) {
	k := key("FILE#a b/ü.csv", "META")
	second := dueRecord(k, ledger.FileQueue, noon)
	write(t, s, put(record(k, `{"n":1}`), 0))
	write(t, s, put(second, 1))
	want(t, conflict(t, s, put(record(k, `{"n":3}`), 1))[k], second, 2)

	gone := key("FILE#gone", "META")
	current := conflict(t, s, put(record(gone, `{}`), 7))
	if r, ok := current[gone]; !ok || r.Version != 0 || r.Key != gone {
		t.Fatalf("the conflict about a record that does not exist has %v", current)
	}
}

func allOrNothing(t *testing.T, s ledger.Store) {
	job, file, other := key("JOB#1", "META"), key("FILE#1", "META"), key("FILE#2", "META")
	write(t, s, put(record(job, `{"files":0}`), 0), put(record(file, `{"n":1}`), 0))
	current := conflict(t, s,
		put(record(job, `{"files":1}`), 1),
		put(record(file, `{"n":2}`), 9),
		put(record(other, `{}`), 4))
	if len(current) != 2 {
		t.Fatalf("the conflict is about %v, want the two records that failed", current)
	}
	want(t, current[file], record(file, `{"n":1}`), 1)
	want(t, present(t, s, job), record(job, `{"files":0}`), 1)
	if got := present(t, s, other); got.Version != 0 {
		t.Fatalf("a failed transaction left %s", show(got))
	}
	write(t, s, put(record(job, `{"files":1}`), 1), put(record(file, `{"n":2}`), 1), put(record(other, `{}`), 0))
	want(t, present(t, s, job), record(job, `{"files":1}`), 2)
	want(t, present(t, s, file), record(file, `{"n":2}`), 2)
	want(t, present(t, s, other), record(other, `{}`), 1)
}

func deletes(t *testing.T, s ledger.Store) {
	k, with := key("SUB#hotel", "OPEN#1"), key("JOB#1", "META")
	kept := record(k, `{"job":"1"}`)
	write(t, s, put(kept, 0))
	want(t, conflict(t, s, remove(k, 2))[k], kept, 1)
	want(t, conflict(t, s, put(record(with, `{}`), 0), remove(k, 2))[k], kept, 1)
	write(t, s, put(record(with, `{}`), 0), remove(k, 1))
	if got := present(t, s, k); got.Version != 0 {
		t.Fatalf("after its delete there is %s", show(got))
	}
	// A new record of the same name begins at 1 again.
	write(t, s, put(kept, 0))
	want(t, present(t, s, k), kept, 1)
	want(t, conflict(t, s, remove(k, 0))[k], kept, 1)
	write(t, s, remove(k, 1))
}

func checks(t *testing.T, s ledger.Store) {
	sub, job := key("SUB#hotel", "META"), key("JOB#1", "META")
	held := record(sub, `{"next":1}`)
	write(t, s, put(held, 0))
	write(t, s, demand(sub, 1))
	write(t, s, demand(job, 0))
	write(t, s, demand(sub, 1), put(record(job, `{"n":1}`), 0))
	want(t, present(t, s, sub), held, 1)
	want(t, conflict(t, s, demand(sub, 2))[sub], held, 1)
	want(t, conflict(t, s, demand(sub, 0), put(record(job, `{"n":2}`), 1))[sub], held, 1)
	want(t, present(t, s, job), record(job, `{"n":1}`), 1)
}

func mostMutations(t *testing.T, s ledger.Store) {
	var all []ledger.Mutation
	for i := range ledger.MaxMutations + 1 {
		all = append(all, put(record(key("JOB#1", fmt.Sprintf("PART#%03d", i)), `{}`), 0))
	}
	internal(t, s, "101 mutations", all...)
	internal(t, s, "no mutation")
	write(t, s, all[:ledger.MaxMutations]...)
	records, err := s.Query(t.Context(), "JOB#1", "PART#")
	if err != nil || len(records) != ledger.MaxMutations {
		t.Fatalf("%d records (%v), want %d", len(records), err, ledger.MaxMutations)
	}
}

func keyTwice(t *testing.T, s ledger.Store) {
	k := key("JOB#1", "META")
	internal(t, s, "a key twice", put(record(k, `{}`), 0), demand(k, 0))
	if got := present(t, s, k); got.Version != 0 {
		t.Fatalf("a refused write left %s", show(got))
	}
}

func internal(t *testing.T, s ledger.Store, what string, mutations ...ledger.Mutation) {
	t.Helper()
	if err := s.Write(t.Context(), mutations...); err == nil || !fault.Is(err, fault.Internal) {
		t.Errorf("%s: %v (%v), want an internal error", what, err, fault.KindOf(err))
	}
}

func refused(t *testing.T, s ledger.Store) {
	k := key("JOB#1", "META")
	text := func(n int) string { return `{"text":"` + strings.Repeat("x", n) + `"}` }
	for name, r := range map[string]ledger.Record{
		"no partition":             record(key("", "META"), `{}`),
		"no place":                 record(key("JOB#1", ""), `{}`),
		"a partition too long":     record(key(strings.Repeat("p", 2049), "META"), `{}`),
		"a place too long":         record(key("JOB#1", strings.Repeat("s", 1025)), `{}`),
		"more than 400 KB":         record(k, text(400*1024)),
		"39 digits":                record(k, `{"n":123456789012345678901234567890123456789}`),
		"beyond the largest":       record(k, `{"n":1e126}`),
		"below the smallest":       record(k, `{"n":1e-131}`),
		"no doc":                   record(k, ``),
		"a doc that is a list":     record(k, `[]`),
		"a doc that is null":       record(k, `null`),
		"a doc that is cut":        record(k, `{"a":1`),
		"two docs":                 record(k, `{} {}`),
		"a member pk":              record(k, `{"pk":"x"}`),
		"a member version":         record(k, `{"version":1}`),
		"a member due_pk":          record(k, `{"due_pk":"DUE#JOB"}`),
		"a member forget_at":       record(k, `{"forget_at":1829736000}`),
		"a member without a name":  record(k, `{"o":{"":1}}`),
		"due in no queue":          {Key: k, DueAt: noon, Doc: json.RawMessage(`{}`)},
		"another due_at":           {Key: k, Queue: ledger.JobQueue, DueAt: noon, Doc: json.RawMessage(`{"due_at":"2026-11-01T12:00:01Z"}`)},
		"a due_at but no DueAt":    record(k, `{"due_at":"2026-11-01T12:00:00Z"}`),
		"a due_at that is no time": {Key: k, Queue: ledger.JobQueue, DueAt: noon, Doc: json.RawMessage(`{"due_at":"soon"}`)},
	} {
		internal(t, s, name, put(r, 0))
	}
	if got := present(t, s, k); got.Version != 0 {
		t.Fatalf("a refused write left %s", show(got))
	}
	// 11 records of 390 KB are beyond the 4 MB of a transaction; each alone is fine.
	var large []ledger.Mutation
	for i := range 11 {
		large = append(large, put(record(key("JOB#1", fmt.Sprintf("PART#%02d", i)), text(390*1024)), 0))
	}
	internal(t, s, "4 MB", large...)
	write(t, s, large[0])
}

func docs(t *testing.T, s ledger.Store) {
	for name, doc := range map[string]string{
		"empty":           `{}`,
		"empty inside":    `{"text":"","list":[],"object":{},"nothing":null}`,
		"booleans":        `{"yes":true,"no":false}`,
		"unicode":         `{"größe":"日本 🛎 \u0000 \u2028 <&> \" \\ \n","é":"é"}`,
		"whole numbers":   `{"zero":0,"minus":-1,"beyond float":9007199254740993,"int64":9223372036854775807}`,
		"38 digits":       `{"n":12345678901234567890123456789012345678}`,
		"exact decimals":  `{"minutes":0.1,"sum":123456789012.000001}`,
		"nested":          `{"a":[{"b":[[1,"2",null,{"c":{}}]]}],"history":[{"at":"2026-11-01T12:00:00.5Z","attempt":1}]}`,
		"reserved words":  `{"status":"LOADED","key":"a","size":1,"window":{"from":"2026-11-01","to":"2026-11-04"},"year":1}`,
		"names with dots": `{"a.b":1,"a#b":{"c.d":[2]},":x":3,"with space":4}`,
	} {
		k := key("DOC#"+name, "META")
		write(t, s, put(record(k, doc), 0))
		want(t, present(t, s, k), record(k, doc), 1)
	}
}

func dueInDoc(t *testing.T, s ledger.Store) {
	// As encoding/json writes a time.Time: the shortest fraction.
	at := time.Date(2026, 11, 1, 12, 0, 0, 500_000_000, time.UTC)
	k, r := key("JOB#1", "META"), ledger.Record{Queue: ledger.JobQueue, DueAt: at}
	r.Key, r.Doc = k, json.RawMessage(`{"due_at":"2026-11-01T12:00:00.5Z","id":"1"}`)
	write(t, s, put(r, 0))
	want(t, present(t, s, k), r, 1)
	// Another zone is the same instant, and comes back in UTC.
	east := r
	east.DueAt = at.In(time.FixedZone("", 3600))
	east.Doc = json.RawMessage(`{"due_at":"2026-11-01T13:00:00.5+01:00","id":"1"}`)
	write(t, s, put(east, 1))
	want(t, present(t, s, k), r, 2)
	for _, none := range []string{`{"id":"1"}`, `{"id":"1","due_at":null}`, `{"id":"1","due_at":"0001-01-01T00:00:00Z"}`} {
		k := key("JOB#"+none, "META")
		write(t, s, put(record(k, none), 0))
		want(t, present(t, s, k), record(k, `{"id":"1"}`), 1)
	}
}

func sentAgain(t *testing.T, s ledger.Store) {
	job, file, old := key("JOB#1", "META"), key("FILE#1", "META"), key("SUB#hotel", "OPEN#1")
	due := dueRecord(job, ledger.JobQueue, noon)

	create := put(due, 0)
	write(t, s, create)
	write(t, s, create)
	want(t, present(t, s, job), due, 1)

	update := put(record(job, `{"n":1e2,"list":[1,{"x":0.50}]}`), 1)
	write(t, s, update)
	write(t, s, update)
	if got := present(t, s, job); got.Version != 2 {
		t.Fatalf("sent twice, there is %s", show(got))
	}

	write(t, s, put(record(old, `{}`), 0), put(record(file, `{"n":1}`), 0))
	several := []ledger.Mutation{put(record(file, `{"n":2}`), 1), remove(old, 1), demand(job, 2)}
	write(t, s, several...)
	write(t, s, several...)
	// What was only checked may have moved on since.
	write(t, s, put(record(job, `{"n":3}`), 2))
	write(t, s, several...)
	want(t, present(t, s, file), record(file, `{"n":2}`), 2)

	write(t, s, put(record(old, `{}`), 0))
	write(t, s, remove(old, 1))
	write(t, s, remove(old, 1))
}

func notSentAgain(t *testing.T, s ledger.Store) {
	job, file := key("JOB#1", "META"), key("FILE#1", "META")
	wrote := dueRecord(job, ledger.JobQueue, noon)
	write(t, s, put(wrote, 0))

	other := wrote
	other.DueAt = noon.Add(1)
	want(t, conflict(t, s, put(other, 0))[job], wrote, 1)
	other = wrote
	other.Queue = ledger.FileQueue
	want(t, conflict(t, s, put(other, 0))[job], wrote, 1)
	want(t, conflict(t, s, put(record(job, `{"status":"PLANNED"}`), 0))[job], wrote, 1)

	// Half of it is there, but another writer wrote it: the whole was never done.
	want(t, conflict(t, s, put(wrote, 0), put(record(file, `{}`), 0))[job], wrote, 1)
	if got := present(t, s, file); got.Version != 0 {
		t.Fatalf("half a transaction left %s", show(got))
	}

	// The same doc, two versions on.
	write(t, s, put(record(job, `{}`), 1))
	write(t, s, put(wrote, 2))
	want(t, conflict(t, s, put(wrote, 0))[job], wrote, 3)

	// A delete whose check fails is not proved by the record being gone.
	current := conflict(t, s, remove(file, 1), demand(job, 1))
	want(t, current[job], wrote, 3)
}
