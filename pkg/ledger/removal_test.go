package ledger_test

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func removalCases() protocolCases {
	return protocolCases{
		"a removed subscription is on no list and wants no days":    removed,
		"a plan that was begun before the removal reserves nothing": removedMeanwhile,
		"a plan that ends after the removal puts nothing back":      removedWhilePlanned,
		"a removed subscription comes back with its days and ids":   removedAndBack,
		"a name that was never known cannot be removed":             removedNever,
		"what has not come for a disowned job is a stray":           disowned,
		"what has come for a disowned job is still loaded":          disownedArrived,
		"what a lost job named is forgotten as well":                disownedLost,
		"a job that is being submitted is not disowned":             disownedSubmitting,
		"the records of days are dropped as they were read":         daysDropped,
		"what was restated is dropped with its day":                 restatedDropped,
	}
}

func (d fixture) removed(t *testing.T) {
	t.Helper()
	done(t, "remove", d.Remove(t.Context(), "hotel", at(deleted)))
}

func removed(t *testing.T, d fixture) {
	d.planned(t, "hotel", ask(1, 4, device))
	d.planned(t, "inn")
	d.removed(t)
	subs, err := d.Subscriptions(t.Context())
	done(t, "list", err)
	if len(subs) != 1 || subs[0].Name != "inn" {
		t.Fatalf("the list: %+v", subs)
	}
	_, err = d.Subscription(t.Context(), "hotel")
	fails(t, "read it", err, fault.NotFound)
	b := d.snapshot(t, "hotel")
	same(t, "it is marked as removed", b.Subscription.Removed(), true)
	same(t, "the days that it wants", b.Subscription.Wanted(oct(31)).Len(), 0)
	d.unchanged(t, func() { d.removed(t) })
}

func removedMeanwhile(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	b := d.snapshot(t, "hotel")
	d.removed(t)
	d.unchanged(t, func() {
		_, err := d.Reserve(t.Context(), b, []report.Request{ask(1, 4, device)}, at(planned))
		fails(t, "reserve", err, fault.Conflict)
	})
}

// The plan reads the subscription just after it was removed, from a list that it read before.
func removedWhilePlanned(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	d.removed(t)
	b := d.snapshot(t, "hotel")
	d.unchanged(t, func() {
		done(t, "record the plan", d.Planned(t.Context(), b, report.Planning{DueAt: at(deadline)}, report.Gauges{}, at(loaded)))
	})
	subs, err := d.Subscriptions(t.Context())
	done(t, "list", err)
	same(t, "how many are listed", len(subs), 0)
}

func removedAndBack(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	d.commit(t, f, published(f, 1, "p1", 0))
	d.removed(t)
	j := d.planned(t, "hotel", ask(2, 4, device))[0]
	same(t, "the next job", j.ID, "hotel-000002")
	d.wantDays(t, "hotel", device, "1 p1 v1")
	subs, err := d.Subscriptions(t.Context())
	done(t, "list", err)
	same(t, "how many are listed", len(subs), 1)
}

func removedNever(t *testing.T, d fixture) {
	d.unchanged(t, func() {
		fails(t, "remove", d.Remove(t.Context(), "hotel", at(0)), fault.NotFound)
	})
}

func (d fixture) disown(t *testing.T, job, want string) {
	t.Helper()
	j, err := d.Disown(t.Context(), job, at(deleted))
	done(t, "disown", err)
	same(t, "the job that is returned", jobLine(j), want)
	d.wantJob(t, job, want)
	d.unchanged(t, func() {
		_, err := d.Disown(t.Context(), job, at(deleted+1))
		done(t, "disown again", err)
	})
}

func disowned(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	d.loaded(t, "a.csv")
	d.removed(t)
	d.disown(t, j.ID, "CANCELLED a.csv=LOADED b.csv=LOST")
	d.wantMarkers(t, "hotel")
	d.wantFile(t, "a.csv", "LOADED hotel-000001 e1 1")
	_, err := d.File(t.Context(), "b.csv")
	fails(t, "the file that has not come", err, fault.NotFound)
	arrive(t, d.Ledger, object("b.csv", "e1", deadline), "w1", deadline)
	d.wantFile(t, "b.csv", "STRAY - e1 0")
}

func disownedArrived(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	d.removed(t)
	d.disown(t, j.ID, "CANCELLED a.csv=EXPECTED")
	d.commit(t, f)
	d.wantJob(t, j.ID, "CANCELLED a.csv=LOADED")
}

func disownedLost(t *testing.T, d fixture) {
	j := d.lost(t, "hotel")
	d.removed(t)
	d.disown(t, j.ID, "LOST hotel.csv=LOST")
	_, err := d.File(t.Context(), "hotel.csv")
	fails(t, "the file", err, fault.NotFound)
}

func disownedSubmitting(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device)
	d.removed(t)
	d.unchanged(t, func() {
		_, err := d.Disown(t.Context(), j.ID, at(deleted))
		fails(t, "disown", err, fault.Conflict)
	})
}

func daysDropped(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	d.commit(t, f, published(f, 1, "p1", 0), published(f, 2, "p2", 0))
	days := d.wantDays(t, "hotel", device, "1 p1 v1", "2 p2 v1")
	stale := days[1]
	stale.Version++
	d.unchanged(t, func() {
		fails(t, "a day that has changed", d.DropDays(t.Context(), []report.Partition{days[0], stale}), fault.Conflict)
	})
	done(t, "drop", d.DropDays(t.Context(), days))
	d.wantDays(t, "hotel", device)
}

func restatedDropped(t *testing.T, d fixture) {
	_, f := d.twoJobs(t)
	first := published(f, 1, "q1", 1)
	_, err := d.Commit(t.Context(), report.Load{File: f, Receipt: receipt(1), Days: []report.Partition{first}, Restated: []report.Restatement{restated(first)}}, at(loaded))
	done(t, "commit", err)
	d.removed(t)
	same(t, "restated, of a subscription that is removed", len(d.restatements(t, "hotel", 0)), 1)
	done(t, "drop another day", d.DropDays(t.Context(), []report.Partition{published(f, 2, "q2", 0)}))
	same(t, "restated, of a day that stays", len(d.restatements(t, "hotel", 0)), 1)
	l, _ := d.behind(ledgertest.CrashAt(3, ledgertest.Throttled)) // query, write, write
	fails(t, "drop", l.DropDays(t.Context(), d.wantDays(t, "hotel", device, "1 q1 v2")), fault.Transient)
	done(t, "drop again", d.DropDays(t.Context(), d.wantDays(t, "hotel", device, "1 q1 v2")))
	same(t, "restated, of a day that is dropped", len(d.restatements(t, "hotel", 0)), 0)
	d.wantDays(t, "hotel", device)
}
