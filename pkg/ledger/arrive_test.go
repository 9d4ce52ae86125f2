package ledger_test

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func arriveCases() protocolCases {
	return protocolCases{
		"a file is found under its exact key":             exactKey,
		"a file is found by its base name":                byBaseName,
		"a key is not cut where there is no name":         noBaseName,
		"a second object of one base name is a stray":     secondOfName,
		"two objects of one base name at one instant":     twoOfName,
		"a stray is found when its name is recorded":      strayNamedLater,
		"a duplicate costs one read and no write":         duplicates,
		"other content is loaded":                         otherContent,
		"what was deleted and put again is deleted again": putAgain,
		"of two workers one loads and one is busy":        twoWorkers,
		"match tells without recording":                   matchOnly,
	}
}

func exactKey(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("in/a.csv", device), named("a.csv", device))
	f := d.claimed(t, "in/a.csv")
	same(t, "the file", f.Key, "in/a.csv")
	d.wantFile(t, "in/a.csv", "CLAIMED hotel-000001 e1 1")
	d.wantFile(t, "a.csv", "EXPECTED hotel-000001 - 0")
	same(t, "the worker", f.Worker, "w1")
	sameTime(t, "the lease", f.DueAt, at(arrived+leaseOver))
	d.wantJob(t, f.Job, "AWAITING_FILES in/a.csv=EXPECTED a.csv=EXPECTED")
}

func byBaseName(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f, decision := arrive(t, d.Ledger, object("2026/in/a.csv", "e1", arrived), "w1", arrived)
	same(t, "the decision", decision.String(), "load")
	same(t, "the file", f.Key+" from "+f.Delivery.Key, "a.csv from 2026/in/a.csv")
	d.wantFile(t, "a.csv", "CLAIMED hotel-000001 e1 1")
	_, err := d.File(t.Context(), "2026/in/a.csv")
	fails(t, "a file of the object's own key", err, fault.NotFound)
	d.commit(t, f)
	d.wantJob(t, "hotel-000001", "LOADED a.csv=LOADED")
}

func noBaseName(t *testing.T, d fixture) {
	for _, key := range []string{"in/", "/", "a.csv/", "."} {
		f, decision := arrive(t, d.Ledger, object(key, "e1", arrived), "w1", arrived)
		same(t, "the decision about "+key, decision.String(), "stray")
		same(t, "the file", f.Key, key)
	}
}

func secondOfName(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	arrive(t, d.Ledger, object("x/a.csv", "e1", arrived), "w1", arrived)
	f, decision := arrive(t, d.Ledger, object("y/a.csv", "e2", arrived), "w2", arrived)
	same(t, "the decision", decision.String()+" "+f.Key, "stray y/a.csv")
	d.wantFile(t, "a.csv", "CLAIMED hotel-000001 e1 1")
	d.wantFile(t, "y/a.csv", "STRAY - e2 0")
	// Also when the first is long done with.
	first, err := d.File(t.Context(), "a.csv")
	done(t, "read the file", err)
	first = d.commit(t, first)
	_, err = d.Certify(t.Context(), "a.csv", certificate(first, at(deleted)), at(deleted))
	done(t, "certify", err)
	f, decision = arrive(t, d.Ledger, object("z/a.csv", "e3", recheck), "w2", recheck)
	same(t, "the decision about a third", decision.String()+" "+f.Key, "stray z/a.csv")
}

func twoOfName(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	l := d.meanwhile(func() { arrive(t, d.Ledger, object("x/a.csv", "e1", arrived), "w1", arrived) })
	f, decision := arrive(t, l, object("y/a.csv", "e2", arrived), "w2", arrived)
	same(t, "the decision", decision.String()+" "+f.Key, "stray y/a.csv")
	d.wantFile(t, "a.csv", "CLAIMED hotel-000001 e1 1")
}

func strayNamedLater(t *testing.T, d fixture) {
	o := object("in/a.csv", "e1", planned)
	_, decision := arrive(t, d.Ledger, o, "w1", planned)
	same(t, "the decision", decision.String(), "stray")
	d.awaiting(t, "hotel", named("a.csv", device))
	match, err := d.Match(t.Context(), o.Key)
	done(t, "match", err)
	same(t, "the match", match.Key, "a.csv")
	f, decision := arrive(t, d.Ledger, o, "w1", arrived)
	same(t, "the decision now", decision.String()+" "+f.Key, "load a.csv")
	_, err = d.File(t.Context(), "in/a.csv")
	fails(t, "the stray's record", err, fault.NotFound)
	_, decision = arrive(t, d.Ledger, o, "w2", arrived)
	same(t, "the decision again", decision.String(), "busy")
}

// duplicates: the same content is announced again, in every state and by either name.
func duplicates(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("loaded.csv", device), named("deleted.csv", device), named("quarantined.csv", device),
		named("claimed.csv", device), named("nested.csv", device))
	for _, key := range []string{"loaded.csv", "deleted.csv"} {
		f, err := d.Commit(t.Context(), report.Load{File: d.claimed(t, key), Receipt: receipt(1), Staged: map[string]int{"deleted.csv": 1}[key]}, at(loaded))
		done(t, "commit", err)
		if key == "deleted.csv" {
			_, err = d.Certify(t.Context(), key, certificate(f, at(deleted)), at(deleted))
			done(t, "certify", err)
		}
	}
	d.quarantined(t, "quarantined.csv")
	d.claimed(t, "claimed.csv")
	arrive(t, d.Ledger, object("in/nested.csv", "e1", arrived), "w1", arrived)
	arrive(t, d.Ledger, object("stray.csv", "e1", arrived), "w1", arrived)
	for key, want := range map[string]string{
		"loaded.csv": "duplicate", "deleted.csv": "duplicate", "quarantined.csv": "duplicate",
		"claimed.csv": "busy", "in/nested.csv": "busy", "stray.csv": "stray",
	} {
		for name, o := range map[string]report.Delivery{
			"the same": object(key, "e1", arrived), "older content": object(key, "e0", arrived-1),
		} {
			l, calls := d.behind(nil)
			_, decision := arrive(t, l, o, "w2", deleted)
			same(t, key+", "+name, decision.String(), want)
			same(t, key+": calls and reads", fmt.Sprint(len(calls.Calls()), calls.Count(ledgertest.Get)), "1 1")
		}
	}
}

func otherContent(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("loaded.csv", device), named("claimed.csv", skill))
	d.loaded(t, "loaded.csv")
	slow := d.claimed(t, "claimed.csv")
	for _, key := range []string{"loaded.csv", "claimed.csv"} {
		f, decision := arrive(t, d.Ledger, object(key, "e2", arrived+1), "w2", arrived+1)
		same(t, "the decision", decision.String(), "load")
		same(t, "how often its load was begun", f.Loads, 1)
		d.wantFile(t, key, "CLAIMED hotel-000001 e2 2")
	}
	d.unchanged(t, func() {
		_, err := d.Commit(t.Context(), report.Load{File: slow, Receipt: receipt(1)}, at(loaded))
		fails(t, "the first content's commit", err, fault.Conflict)
	})
	d.wantJob(t, "hotel-000001", "AWAITING_FILES loaded.csv=LOADED claimed.csv=EXPECTED")
}

func putAgain(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device))
	f := d.loaded(t, "a.csv")
	_, err := d.Certify(t.Context(), "a.csv", certificate(f, at(deleted)), at(deleted))
	done(t, "certify", err)
	_, decision := arrive(t, d.Ledger, object("a.csv", "e1", recheck), "w1", recheck)
	same(t, "the decision", decision.String(), "returned")
	f = d.wantFile(t, "a.csv", "LOADED hotel-000001 e1 1")
	sameTime(t, "when it is due", f.DueAt, at(recheck))
	_, err = d.Certify(t.Context(), "a.csv", certificate(f, at(recheck)), at(recheck))
	done(t, "certify again", err)
	d.wantJob(t, j.ID, "LOADED a.csv=LOADED")
}

func twoWorkers(t *testing.T, d fixture) {
	var files []report.NamedFile
	for round := range rounds {
		files = append(files, named(fmt.Sprintf("%d.csv", round), device))
	}
	d.awaiting(t, "hotel", files...)
	for _, file := range files {
		decisions := make([]report.Decision, 2)
		group, ctx := errgroup.WithContext(t.Context())
		for i, worker := range []string{"w1", "w2"} {
			group.Go(func() (err error) {
				_, decisions[i], err = d.Arrive(ctx, object(file.Name, "e1", arrived), report.Claim{Worker: worker, Lease: at(leaseOver), Grace: at(graceOver)}, at(arrived))
				return err
			})
		}
		done(t, "arrive", group.Wait())
		if decisions[0]+decisions[1] != report.DecideLoad+report.DecideBusy || decisions[0] == decisions[1] {
			t.Fatalf("%v, want one that loads and one that finds it busy", decisions)
		}
		f := d.wantFile(t, file.Name, "CLAIMED hotel-000001 e1 1")
		same(t, "the holder", f.Worker, map[bool]string{true: "w1", false: "w2"}[decisions[0] == report.DecideLoad])
	}
}

func matchOnly(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	arrive(t, d.Ledger, object("stray.csv", "s1", arrived), "w1", arrived)
	d.unchanged(t, func() {
		for key, want := range map[string]string{
			"a.csv": "EXPECTED a.csv", "in/a.csv": "EXPECTED a.csv", "stray.csv": "STRAY stray.csv",
			"in/stray.csv": " in/stray.csv", "new.csv": " new.csv",
		} {
			f, err := d.Match(t.Context(), key)
			done(t, "match", err)
			same(t, "the match of "+key, string(f.Status)+" "+f.Key, want)
		}
	})
}
