package ledger_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func dueCases() protocolCases {
	return protocolCases{
		"jobs come longest overdue first":           dueJobs,
		"files come longest overdue first":          dueFiles,
		"more is due than one read takes":           manyDue,
		"a list of jobs that lags is not believed":  staleJobs,
		"a list of files that lags is not believed": staleFiles,
		"a list that knows nothing yet is empty":    emptyList,
		"an unreadable record keeps no other back":  unreadableRecords,
	}
}

func wantDueJobs(t *testing.T, l *ledger.Ledger, minute, limit int, want string) {
	t.Helper()
	jobs, err := l.DueJobs(t.Context(), at(minute), limit)
	done(t, "list the due jobs", err)
	var ids []string
	for _, j := range jobs {
		ids = append(ids, strings.TrimLeft(strings.TrimPrefix(j.ID, "hotel-"), "0"))
	}
	same(t, "due jobs", strings.Join(ids, " "), want)
}

func wantDueFiles(t *testing.T, l *ledger.Ledger, minute, limit int, want string) {
	t.Helper()
	files, err := l.DueFiles(t.Context(), at(minute), limit)
	done(t, "list the due files", err)
	var keys []string
	for _, f := range files {
		keys = append(keys, f.Key)
	}
	same(t, "due files", strings.Join(keys, " "), want)
}

func dueJobs(t *testing.T, d fixture) {
	jobs := d.planned(t, "hotel", ask(1, 1, device), ask(2, 2, device), ask(3, 3, device), ask(4, 4, device))
	for i, minute := range []int{30, 10, 20} {
		d.begin(t, jobs[i].ID, "r1", begun)
		d.update(t, jobs[i].ID, func(j *report.Job) error { return j.Postpone(report.JobBackoff, at(2), at(minute), "429") })
	}
	d.update(t, jobs[3].ID, func(j *report.Job) error { return j.Cancel(at(1), "") })
	wantDueJobs(t, d.Ledger, 9, 10, "")
	wantDueJobs(t, d.Ledger, 10, 10, "2")
	wantDueJobs(t, d.Ledger, 40, 10, "2 3 1")
	wantDueJobs(t, d.Ledger, 40, 2, "2 3")
}

func dueFiles(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", device), named("c.csv", skill))
	// c is due at once, b when its lease ends, the stray after its grace. What has not come, as a, is its job's.
	d.commit(t, d.claimed(t, "c.csv"))
	d.claimed(t, "b.csv")
	arrive(t, d.Ledger, object("stray.csv", "s1", arrived), "w1", arrived)
	wantDueFiles(t, d.Ledger, loaded-1, 10, "")
	wantDueFiles(t, d.Ledger, loaded, 10, "c.csv")
	wantDueFiles(t, d.Ledger, arrived+leaseOver, 10, "c.csv b.csv")
	wantDueFiles(t, d.Ledger, deadline, 10, "c.csv b.csv")
	wantDueFiles(t, d.Ledger, arrived+graceOver, 10, "c.csv b.csv stray.csv")
	wantDueFiles(t, d.Ledger, arrived+graceOver, 2, "c.csv b.csv")
}

func manyDue(t *testing.T, d fixture) {
	for _, sub := range []string{"hotel", "annex"} {
		var files []report.NamedFile
		for i := range 98 {
			files = append(files, named(fmt.Sprintf("%s-%d.csv", sub, i), device))
		}
		d.awaiting(t, sub, files...)
		for _, f := range files {
			d.claimed(t, f.Name)
		}
	}
	files, err := d.DueFiles(t.Context(), at(deadline), 500)
	done(t, "list the due files", err)
	same(t, "due files", len(files), 196)
	for range 4 {
		var requests []report.Request
		for day := range 33 {
			requests = append(requests, ask(day, day, skill))
		}
		d.planned(t, "hotel", requests...)
	}
	jobs, err := d.DueJobs(t.Context(), at(planned), 500)
	done(t, "list the due jobs", err)
	same(t, "due jobs", len(jobs), 132)
}

// lagging is a store whose due list is that of an earlier moment.
type lagging struct {
	ledger.Store
	list []ledger.Key
}

func (l lagging) Due(context.Context, ledger.DueQueue, time.Time, int) ([]ledger.Key, error) {
	return l.list, nil
}

// lag returns the ledger as it will be seen behind a due list that is the present one.
func (d fixture) lag(t *testing.T, lane ledger.DueQueue, minute int) *ledger.Ledger {
	t.Helper()
	list, err := d.store.Due(t.Context(), lane, at(minute), 100)
	done(t, "list what is due", err)
	return retaining(lagging{d.store, list})
}

func staleJobs(t *testing.T, d fixture) {
	jobs := d.planned(t, "hotel", ask(1, 1, device), ask(2, 2, device), ask(3, 3, device))
	l := d.lag(t, ledger.JobQueue, planned)
	d.begin(t, jobs[0].ID, "r1", begun)
	d.update(t, jobs[1].ID, func(j *report.Job) error { return j.Cancel(at(1), "") })
	wantDueJobs(t, l, begun, 10, "3")
}

func staleFiles(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", device), named("c.csv", device), named("d.csv", device))
	for _, name := range []string{"a.csv", "b.csv", "c.csv", "d.csv"} {
		d.claimed(t, name)
	}
	arrive(t, d.Ledger, object("in/stray.csv", "s1", arrived), "w1", arrived)
	l := d.lag(t, ledger.FileQueue, arrived+graceOver)
	wantDueFiles(t, l, arrived+graceOver, 10, "a.csv b.csv c.csv d.csv in/stray.csv")
	// One is leased, one is deleted, one is gone: a stray whose name was recorded.
	arrive(t, d.Ledger, object("a.csv", "e2", deadline), "w1", arrived+graceOver)
	f := d.commit(t, d.wantFile(t, "b.csv", "CLAIMED hotel-000001 e1 1"))
	_, err := d.Certify(t.Context(), f.Key, certificate(f, at(deleted)), at(deleted))
	done(t, "certify", err)
	d.awaiting(t, "annex", named("stray.csv", device))
	arrive(t, d.Ledger, object("in/stray.csv", "s1", arrived), "w1", arrived+graceOver)
	wantDueFiles(t, l, arrived+graceOver, 10, "c.csv d.csv")
	// The second look, further down the list, finds more than are wanted.
	wantDueFiles(t, l, arrived+graceOver, 1, "c.csv")
}

func emptyList(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", device))
	d.claimed(t, "a.csv")
	l, _ := d.behind(func(ledgertest.Call) ledgertest.Fault { return ledgertest.Stale })
	wantDueJobs(t, l, deadline, 10, "")
	wantDueFiles(t, l, deadline, 10, "")
	wantDueJobs(t, d.Ledger, deadline, 10, "1")
	wantDueFiles(t, d.Ledger, deadline, 10, "a.csv")
}

// garbled is a store of which some records cannot be read.
type garbled struct {
	ledger.Store
	keys []ledger.Key
}

func (g garbled) Get(ctx context.Context, keys ...ledger.Key) (map[ledger.Key]ledger.Record, error) {
	records, err := g.Store.Get(ctx, keys...)
	for _, k := range g.keys {
		if r, ok := records[k]; ok {
			r.Doc = []byte(`{"status":"LATER","from":"LATER"}`)
			records[k] = r
		}
	}
	return records, err
}

func unreadableRecords(t *testing.T, d fixture) {
	for _, sub := range []string{"annex", "hotel"} {
		d.awaiting(t, sub, named(sub+".csv", device))
		d.claimed(t, sub+".csv")
	}
	var first []ledger.Key
	for _, lane := range []ledger.DueQueue{ledger.JobQueue, ledger.FileQueue} {
		keys, err := d.store.Due(t.Context(), lane, at(deadline), 10)
		done(t, "list what is due", err)
		same(t, "due records", len(keys), 2)
		first = append(first, keys[0])
	}
	l := retaining(garbled{d.store, append(first, ledger.Key{PK: "SUB#annex", SK: "META"})})
	jobs, err := l.DueJobs(t.Context(), at(deadline), 10)
	same(t, "jobs that can be read", len(jobs), 1)
	tells(t, err, first[0])
	files, err := l.DueFiles(t.Context(), at(deadline), 10)
	same(t, "files that can be read", len(files), 1)
	tells(t, err, first[1])
	subs, err := l.Subscriptions(t.Context())
	same(t, "subscriptions that can be read", len(subs), 1)
	tells(t, err, ledger.Key{PK: "SUB#annex", SK: "META"})
}

func tells(t *testing.T, err error, key ledger.Key) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), key.String()) {
		t.Errorf("the error is %v, want it to name %s", err, key)
	}
}
