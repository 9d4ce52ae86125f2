package ledgertest

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

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
