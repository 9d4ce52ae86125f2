package ledger_test

import (
	"fmt"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// crashCases: a worker dies at each call to its store, before it is done or before its answer comes. Then the ledger is
// as it was or as it should be, and another worker that does the same again ends in the same state.
func crashCases() protocolCases {
	return protocolCases{
		"while jobs are reserved":        crashReserve,
		"while an import is recorded":    crashImport,
		"while a job is begun":           crashBegin,
		"while an answer is recorded":    crashAccept,
		"while an arrival is recorded":   crashArrive,
		"while a load is committed":      crashCommit,
		"while a day is restated":        crashRestate,
		"while a day is fenced":          crashFence,
		"while a deletion is certified":  crashCertify,
		"while certificates are sealed":  crashSeal,
		"while a job is given up":        crashLose,
		"while a fetched file is noted":  crashFetched,
		"while a fetch is refused":       crashRefused,
		"while a marker is forgotten":    crashForget,
		"while a subscription is formed": crashApply,
	}
}

// crash is one operation that is to survive.
type crash struct {
	// prepare makes what the operation needs, all under one name, and returns it.
	prepare func(t *testing.T, name string) func(*ledger.Ledger) error
	// check says how it stands afterwards.
	check func(t *testing.T, name string)
}

func (d fixture) survive(t *testing.T, c crash) {
	t.Helper()
	l, calls := d.behind(nil)
	act := c.prepare(t, "whole")
	done(t, "without a crash", act(l))
	c.check(t, "whole")
	for what, f := range map[string]ledgertest.Fault{"throttled": ledgertest.Throttled, "unheard": ledgertest.AnswerLost} {
		for n := range len(calls.Calls()) {
			name := fmt.Sprintf("%s-%d", what, n+1)
			act := c.prepare(t, name)
			l, _ := d.behind(ledgertest.CrashAt(n+1, f))
			before := d.everything(t)
			fails(t, name, act(l), fault.Transient)
			if after := d.everything(t); after != before {
				// What is written at all is written whole.
				c.check(t, name)
			}
			if err := act(d.Ledger); err != nil && !movedOn(err) {
				t.Fatalf("%s, done again: %v (%v)", name, err, fault.KindOf(err))
			}
			c.check(t, name)
		}
	}
}

func crashReserve(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			d.planned(t, name)
			b := d.snapshot(t, name)
			return func(l *ledger.Ledger) error {
				_, err := l.Reserve(t.Context(), b, []report.Request{ask(1, 4, device), ask(5, 8, device)}, at(1))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			d.wantJobs(t, name, name+"-000001", name+"-000002")
			d.wantMarkers(t, name, name+"-000001 PLANNED asp_device", name+"-000002 PLANNED asp_device")
			same(t, "the next job", d.snapshot(t, name).NextJob, 3)
		},
	})
}

func crashBegin(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			id := d.planned(t, name, ask(1, 4, device))[0].ID
			return func(l *ledger.Ledger) error {
				_, err := l.UpdateJob(t.Context(), id, func(j *report.Job) error { return j.Begin("r1", at(begun), at(leaseOver)) })
				return err
			}
		},
		check: func(t *testing.T, name string) {
			j := d.wantJob(t, name+"-000001", "SUBMITTING")
			same(t, "attempts and epoch", fmt.Sprint(j.Requests, j.Epoch, len(j.History)), "1 1 2")
			d.wantMarkers(t, name, name+"-000001 SUBMITTING asp_device")
		},
	})
}

func crashAccept(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			arrive(t, d.Ledger, object(name+"-early.csv", "e1", planned), "w1", planned)
			j := d.begun(t, name, device)
			return func(l *ledger.Ledger) error {
				_, _, err := l.Accept(t.Context(), j.ID, j.Epoch,
					answer(named(name+"-early.csv", device), named(name+".csv", device)), at(accepted), at(deadline))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			j := d.wantJob(t, name+"-000001", fmt.Sprintf("AWAITING_FILES %[1]s-early.csv=EXPECTED %[1]s.csv=EXPECTED", name))
			same(t, "events", len(j.History), 3)
			d.wantFile(t, name+".csv", "EXPECTED "+j.ID+" - 0")
			// Its load is not lost with the answer: it is due.
			early := d.wantFile(t, name+"-early.csv", "EXPECTED "+j.ID+" e1 0")
			sameTime(t, "when it is due", early.DueAt, at(accepted))
			d.wantMarkers(t, name, j.ID+" AWAITING_FILES asp_device")
		},
	})
}

func crashArrive(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			o := object("in/"+name+".csv", "e1", arrived)
			arrive(t, d.Ledger, o, "w1", arrived)
			d.awaiting(t, name, named(name+".csv", device))
			return func(l *ledger.Ledger) error {
				_, _, err := l.Arrive(t.Context(), o, report.Claim{Worker: "w1", Lease: at(leaseOver), Grace: at(graceOver)}, at(arrived))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			f := d.wantFile(t, name+".csv", "CLAIMED "+name+"-000001 e1 1")
			same(t, "how often its load was begun", f.Loads, 1)
			_, err := d.File(t.Context(), "in/"+name+".csv")
			fails(t, "the stray", err, fault.NotFound)
			// When the lease is over, the load that nobody began is begun.
			match, err := d.Match(t.Context(), "in/"+name+".csv")
			done(t, "match", err)
			sameTime(t, "when it is due", match.DueAt, at(leaseOver))
		},
	})
}

func crashCommit(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			d.awaiting(t, name, named(name+".csv", device))
			f := d.claimed(t, name+".csv")
			return func(l *ledger.Ledger) error {
				_, err := l.Commit(t.Context(), report.Load{File: f, Receipt: receipt(10), Days: []report.Partition{published(f, 1, "p1", 0), published(f, 2, "p2", 0)}}, at(loaded))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			f := d.wantFile(t, name+".csv", "LOADED "+name+"-000001 e1 1")
			same(t, "how often it was loaded", transitions(f.History, "LOADED"), 1)
			j := d.wantJob(t, name+"-000001", "LOADED "+f.Key+"=LOADED")
			same(t, "how often its job was loaded", transitions(j.History, "LOADED"), 1)
			d.wantDays(t, name, device, "1 p1 v1", "2 p2 v1")
			d.wantMarkers(t, name)
		},
	})
}

func crashRestate(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			d.awaiting(t, name, named(name+".csv", device))
			f := d.claimed(t, name+".csv")
			s := published(f, 1, "p1", 0)
			return func(l *ledger.Ledger) error {
				_, err := l.Commit(t.Context(), report.Load{File: f, Receipt: receipt(10), Days: []report.Partition{s}, Restated: []report.Restatement{restated(s)}}, at(loaded))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			d.wantDays(t, name, device, "1 p1 v1")
			same(t, "how often it was restated", len(d.restatements(t, name, 0)), 1)
		},
	})
}

func crashFence(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			d.awaiting(t, name, named(name+".csv", device))
			f := d.claimed(t, name+".csv")
			f = d.commit(t, f, published(f, 1, "p1", 0), published(f, 2, "p2", 0))
			days := d.wantDays(t, name, device, "1 p1 v1", "2 p2 v1")
			return func(l *ledger.Ledger) error {
				_, err := l.Fence(t.Context(), f, days, at(loaded), at(fenceOver))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			for _, s := range d.wantDays(t, name, device, "1 p1 v2", "2 p2 v2") {
				sameTime(t, "the fence", s.Fence.Until, at(fenceOver))
			}
		},
	})
}

func crashCertify(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			d.awaiting(t, name, named(name+".csv", device))
			f := d.quarantined(t, name+".csv")
			return func(l *ledger.Ledger) error {
				_, err := l.Certify(t.Context(), f.Key, certificate(f, at(deleted)), at(deleted))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			f := d.wantFile(t, name+".csv", "DELETED "+name+"-000001 e1 1")
			same(t, "how often it was deleted", transitions(f.History, "DELETED"), 1)
			same(t, "certificates", len(d.certificates(t, f.Key)), 1)
			j := d.wantJob(t, name+"-000001", "LOST "+f.Key+"=LOST")
			same(t, "how often its job was lost", transitions(j.History, "LOST"), 1)
		},
	})
}

func crashSeal(t *testing.T, d fixture) {
	seals := 0
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			f, _ := arrive(t, d.Ledger, object(name+".csv", "s1", arrived), "w1", arrived)
			d.certify(t, f, at(graceOver))
			seals++
			return func(l *ledger.Ledger) error {
				_, err := l.Seal(t.Context(), at(deleted))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			c := d.chain(t)
			same(t, "waiting", len(c.Waiting), 0)
			same(t, "seals", len(c.Seals), seals)
			same(t, "in the newest", c.Seals[seals-1].Certificates[0].File, name+".csv")
		},
	})
}

func crashLose(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			id := d.awaiting(t, name, named(name+"-a.csv", device), named(name+"-b.csv", skill)).ID
			return func(l *ledger.Ledger) error {
				_, err := l.LoseJob(t.Context(), id, at(deadline), at(recheck), "late")
				return err
			}
		},
		check: func(t *testing.T, name string) {
			j := d.wantJob(t, name+"-000001", fmt.Sprintf("LOST %[1]s-a.csv=LOST %[1]s-b.csv=LOST", name))
			same(t, "how often it was lost", transitions(j.History, "LOST"), 1)
			d.wantFile(t, name+"-a.csv", "LOST "+j.ID+" - 0")
			d.wantFile(t, name+"-b.csv", "LOST "+j.ID+" - 0")
			d.wantMarkers(t, name, j.ID+" LOST asp_device,asp_property_skill")
		},
	})
}

func crashFetched(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			j := d.fetching(t, name)
			d.loaded(t, name+"-a.csv") // its delivery comes before the note
			return func(l *ledger.Ledger) error {
				_, err := l.UpdateJob(t.Context(), j.ID, func(j *report.Job) error {
					j.Fetched(at(loaded), name+"-a.csv", at(deadline))
					return nil
				})
				return err
			}
		},
		check: func(t *testing.T, name string) {
			j := d.wantJob(t, name+"-000001", fmt.Sprintf("AWAITING_FILES %[1]s-a.csv=LOADED %[1]s-b.csv=EXPECTED", name))
			// Whether noted or not, the other file alone is left.
			same(t, "files to fetch", fmt.Sprint(len(j.ToFetch()), j.ToFetch()[0].Key), "1"+name+"-b.csv")
			d.wantFile(t, name+"-a.csv", "LOADED "+j.ID+" e1 1")
		},
	})
}

func crashRefused(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			j := d.fetching(t, name)
			d.loaded(t, name+"-a.csv")
			return func(l *ledger.Ledger) error {
				_, err := l.ChangeJob(t.Context(), j.ID, at(loaded), func(current *report.Job) error {
					if current.Status != j.Status {
						return fault.New(fault.Conflict, "it has moved on")
					}
					return current.Refuse(at(loaded), "403")
				})
				return err
			}
		},
		check: func(t *testing.T, name string) {
			j := d.wantJob(t, name+"-000001", fmt.Sprintf("REFUSED %[1]s-a.csv=LOADED %[1]s-b.csv=LOST", name))
			same(t, "how often it was refused", transitions(j.History, "REFUSED"), 1)
			d.wantFile(t, name+"-b.csv", "LOST "+j.ID+" - 0")
			d.wantMarkers(t, name, j.ID+" REFUSED asp_property_skill")
		},
	})
}

func crashForget(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			d.lost(t, name)
			markers := d.snapshot(t, name).Markers
			return func(l *ledger.Ledger) error { return l.Forget(t.Context(), name, markers) }
		},
		check: func(t *testing.T, name string) {
			d.wantMarkers(t, name)
			d.wantJob(t, name+"-000001", "LOST "+name+".csv=LOST")
		},
	})
}

func crashApply(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			return func(l *ledger.Ledger) error {
				_, err := l.Apply(t.Context(), hotel(name), at(planned))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			same(t, "the next job", d.snapshot(t, name).NextJob, 1)
			found := 0
			for _, s := range d.subscriptions(t) {
				if s.Name == name {
					found++
				}
			}
			same(t, "how often it is listed", found, 1)
		},
	})
}
