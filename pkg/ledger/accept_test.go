package ledger_test

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func acceptCases() protocolCases {
	return protocolCases{
		"the job and its files are recorded together":       acceptTogether,
		"an answer without files finishes the job":          acceptNone,
		"a stale lease is a conflict":                       acceptStale,
		"a name that another job expects is a conflict":     acceptContested,
		"a name that is used again is taken over":           acceptAgain,
		"an answer that comes late keeps its names":         acceptAfterDoubt,
		"98 names are taken, and 99 are Poison":             acceptMost,
		"a file that came before its name is returned":      acceptArrived,
		"a file that comes just before its name is as well": arriveJustBefore,
		"a file that comes just after its name is loaded":   acceptJustBefore,
		"whoever comes second starts the load":              whoComesSecond,
	}
}

func acceptTogether(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device, skill)
	j, early, err := d.Accept(t.Context(), j.ID, j.Epoch,
		answer(named("a.csv", device), named("b.csv", skill), named("c.csv", skill)), at(accepted), at(deadline))
	done(t, "accept", err)
	same(t, "files that came before", len(early), 0)
	same(t, "the job", jobLine(j), "AWAITING_FILES a.csv=EXPECTED b.csv=EXPECTED c.csv=EXPECTED")
	sameTime(t, "when it is due", d.wantJob(t, j.ID, jobLine(j)).DueAt, at(deadline))
	for key, parts := range map[string]int{"a.csv": 1, "b.csv": 2, "c.csv": 2} {
		f := d.wantFile(t, key, "EXPECTED hotel-000001 - 0")
		same(t, "the parts of "+key, f.Parts, parts)
		same(t, "the window of "+key, f.Window, report.Window{From: oct(1), To: oct(4)})
		same(t, "the subscription of "+key, f.Subscription, "hotel")
		sameTime(t, "the generation of "+key, f.Generation, at(begun))
		sameTime(t, "when "+key+" is due", f.DueAt, at(deadline))
	}
}

func acceptNone(t *testing.T, d fixture) {
	j := d.accept(t, d.begun(t, "hotel", device))
	same(t, "the job", jobLine(j), "LOST")
	d.wantMarkers(t, "hotel", "hotel-000001 LOST asp_device")
	wantDueJobs(t, d.Ledger, deadline, 10, "")
}

func acceptStale(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device)
	d.update(t, j.ID, func(j *report.Job) error { return j.Release(at(begun), "no time left") })
	d.begin(t, j.ID, "r2", begun)
	d.unchanged(t, func() {
		_, _, err := d.Accept(t.Context(), j.ID, j.Epoch, answer(named("a.csv", device)), at(accepted), at(deadline))
		fails(t, "the first lease", err, fault.Conflict)
	})
}

func acceptContested(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("expected.csv", device), named("claimed.csv", device), named("loaded.csv", device),
		named("quarantined.csv", device))
	d.claimed(t, "claimed.csv")
	d.quarantined(t, "quarantined.csv")
	f := d.claimed(t, "loaded.csv")
	_, err := d.Commit(t.Context(), report.Load{File: f, Receipt: receipt(1)}, at(loaded))
	done(t, "commit", err)
	j := d.begun(t, "annex", device)
	for _, status := range []string{"expected", "claimed", "loaded", "quarantined"} {
		d.unchanged(t, func() {
			_, _, err := d.Accept(t.Context(), j.ID, j.Epoch, answer(named("new.csv", device), named(status+".csv", device)),
				at(accepted), at(deadline))
			fails(t, status, err, fault.Conflict)
		})
	}
	d.wantJob(t, j.ID, "SUBMITTING")
}

func acceptAgain(t *testing.T, d fixture) {
	first := d.awaiting(t, "hotel", named("deleted.csv", device), named("lost.csv", skill))
	f := d.loaded(t, "deleted.csv")
	f, err := d.Certify(t.Context(), f.Key, certificate(f, at(deleted)), at(deleted))
	done(t, "certify", err)
	_, err = d.LoseJob(t.Context(), first.ID, at(deadline), at(recheck), "late")
	done(t, "lose", err)
	d.wantFile(t, "deleted.csv", "DELETED hotel-000001 e1 1")
	d.wantFile(t, "lost.csv", "LOST hotel-000001 - 0")

	j, early, err := d.Accept(t.Context(), d.begun(t, "annex", device).ID, 1,
		answer(named("deleted.csv", device), named("lost.csv", device)), at(recheck), at(2*deadline))
	done(t, "accept", err)
	same(t, "files that came before", len(early), 0)
	for _, key := range []string{"deleted.csv", "lost.csv"} {
		got := d.wantFile(t, key, fmt.Sprintf("EXPECTED annex-000001 - %d", map[string]int64{"deleted.csv": f.Epoch}[key]))
		same(t, "its receipt and its deletion", got.Receipt == nil && got.DeletedAt.IsZero(), true)
		sameTime(t, "when it is due", got.DueAt, at(2*deadline))
	}
	d.wantJob(t, j.ID, "AWAITING_FILES deleted.csv=EXPECTED lost.csv=EXPECTED")
	d.wantJob(t, first.ID, "LOST deleted.csv=LOADED lost.csv=LOST")
	// The first job's file is the other's now: what it does is no news for the first.
	arrive(t, d.Ledger, object("lost.csv", "e2", recheck), "w1", recheck)
	d.wantJob(t, first.ID, "LOST deleted.csv=LOADED lost.csv=LOST")
}

func acceptMost(t *testing.T, d fixture) {
	var files []report.NamedFile
	for i := range 99 {
		files = append(files, named(fmt.Sprintf("%02d.csv", i), device))
	}
	j := d.begun(t, "hotel", device)
	d.unchanged(t, func() {
		_, _, err := d.Accept(t.Context(), j.ID, j.Epoch, answer(files...), at(accepted), at(deadline))
		fails(t, "99 names", err, fault.Poison)
	})
	j = d.accept(t, j, files[:98]...)
	same(t, "files", len(j.Files), 98)
	d.wantFile(t, "97.csv", "EXPECTED hotel-000001 - 0")
	j, err := d.LoseJob(t.Context(), j.ID, at(deadline), at(recheck), "late")
	done(t, "lose them all", err)
	same(t, "the job", j.Status, report.JobLost)
	d.wantFile(t, "97.csv", "LOST hotel-000001 - 0")
}

func acceptArrived(t *testing.T, d fixture) {
	_, decision := arrive(t, d.Ledger, object("a.csv", "e1", planned), "w1", planned)
	same(t, "the decision", decision.String(), "stray")
	d.wantFile(t, "a.csv", "STRAY - e1 0")
	j := d.begun(t, "hotel", device)
	j, early, err := d.Accept(t.Context(), j.ID, j.Epoch, answer(named("a.csv", device), named("b.csv", device)), at(accepted), at(deadline))
	done(t, "accept", err)
	if len(early) != 1 || early[0].Key != "a.csv" || early[0].Delivery == nil || *early[0].Delivery != object("a.csv", "e1", planned) {
		t.Fatalf("files that came before: %+v", early)
	}
	f := d.wantFile(t, "a.csv", "EXPECTED hotel-000001 e1 0")
	// Should the requester die now, it is due all the same.
	sameTime(t, "when it is due", f.DueAt, at(accepted))
	_, decision = arrive(t, d.Ledger, *early[0].Delivery, "w1", arrived)
	same(t, "the decision now", decision.String(), "load")
	d.wantJob(t, j.ID, "AWAITING_FILES a.csv=EXPECTED b.csv=EXPECTED")
}

func arriveJustBefore(t *testing.T, d fixture) {
	arrive(t, d.Ledger, object("a.csv", "e1", planned), "w1", planned)
	j := d.begun(t, "hotel", device)
	l := d.meanwhile(func() { arrive(t, d.Ledger, object("b.csv", "e2", accepted), "w1", accepted) })
	_, early, err := l.Accept(t.Context(), j.ID, j.Epoch, answer(named("a.csv", device), named("b.csv", device)), at(accepted), at(deadline))
	done(t, "accept", err)
	same(t, "files that came before", len(early), 2)
	same(t, "their keys", early[0].Key+" "+early[1].Key, "a.csv b.csv")
	d.wantFile(t, "a.csv", "EXPECTED hotel-000001 e1 0")
	d.wantFile(t, "b.csv", "EXPECTED hotel-000001 e2 0")
}

func acceptJustBefore(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device)
	l := d.meanwhile(func() { d.accept(t, j, named("a.csv", device)) })
	_, decision := arrive(t, l, object("a.csv", "e1", accepted), "w1", accepted)
	same(t, "the decision", decision.String(), "load")
	d.wantFile(t, "a.csv", "CLAIMED hotel-000001 e1 1")
}

func whoComesSecond(t *testing.T, d fixture) {
	for round := range rounds {
		sub := fmt.Sprintf("hotel-%d", round)
		o := object(sub+".csv", "e1", accepted)
		j := d.begun(t, sub, device)
		var decision report.Decision
		var early []report.File
		group, ctx := errgroup.WithContext(t.Context())
		group.Go(func() (err error) {
			_, decision, err = d.Arrive(ctx, o, report.Claim{Worker: "w1", Lease: at(leaseOver), Grace: at(graceOver)}, at(accepted))
			return err
		})
		group.Go(func() (err error) {
			_, early, err = d.Accept(ctx, j.ID, j.Epoch, answer(named(o.Key, device)), at(accepted), at(deadline))
			return err
		})
		done(t, "arrive and accept", group.Wait())
		switch {
		case decision == report.DecideLoad && len(early) == 0:
		case decision == report.DecideStray && len(early) == 1:
			_, again := arrive(t, d.Ledger, *early[0].Delivery, "w2", arrived)
			same(t, "the decision, redelivered", again, report.DecideLoad)
		default:
			t.Fatalf("the arrival decides %s, and %d files were there before", decision, len(early))
		}
		d.wantFile(t, o.Key, "CLAIMED "+j.ID+" e1 1")
		d.wantJob(t, j.ID, "AWAITING_FILES "+o.Key+"=EXPECTED")
	}
}

// acceptFetch records an export that is ready: its files are for the requester to fetch, so the job is due at once.
func acceptFetch(t *testing.T, l *ledger.Ledger, j report.Job, key string) {
	t.Helper()
	file := named(key, device)
	file.Fetch = "export-1/" + key
	_, _, err := l.Accept(t.Context(), j.ID, j.Epoch, answer(file), at(accepted), at(deadline))
	done(t, "accept", err)
}

// The answer comes after the requester's lease is over and another run has put the job to rest: its names are recorded.
func acceptAfterDoubt(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device)
	d.update(t, j.ID, func(j *report.Job) error { return j.MarkUnknown(at(leaseOver), at(deadline), "the lease is over") })
	d.accept(t, j, named("a.csv", device))
	d.wantJob(t, j.ID, "AWAITING_FILES a.csv=EXPECTED")
	d.wantFile(t, "a.csv", "EXPECTED hotel-000001 - 0")
}
