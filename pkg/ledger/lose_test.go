package ledger_test

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func loseCases() protocolCases {
	return protocolCases{
		"what has not come is lost with its job":             loseMissing,
		"before the deadline nothing is lost":                loseTooEarly,
		"a finished job is not lost":                         loseFinished,
		"a file that is being loaded keeps its job open":     loseUnderway,
		"a file that waits to be loaded keeps its job open":  loseWaiting,
		"a quarantined file keeps its job open":              loseQuarantined,
		"a file that comes at the last moment is not lost":   loseJustArrived,
		"a file that is loaded at the last moment counts":    loseJustLoaded,
		"files that are named at the last moment are kept":   loseJustNamed,
		"a file that passed to another job is left alone":    losePassedOn,
		"a job whose outcome is not known is lost by itself": loseUnknown,
	}
}

func (d fixture) lose(t *testing.T, job string, minute int, want string) report.Job {
	t.Helper()
	j, err := d.LoseJob(t.Context(), job, at(minute), at(minute+recheck), "late")
	done(t, "lose", err)
	same(t, "the job that is returned", jobLine(j), want)
	return d.wantJob(t, job, want)
}

func loseMissing(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	d.loaded(t, "a.csv")
	j = d.lose(t, j.ID, deadline, "LOST a.csv=LOADED b.csv=LOST")
	same(t, "due no more", j.DueAt.IsZero(), true)
	sameTime(t, "when it was finished", j.FinishedAt, at(deadline))
	d.wantFile(t, "a.csv", "LOADED hotel-000001 e1 1")
	b := d.wantFile(t, "b.csv", "LOST hotel-000001 - 0")
	same(t, "the file's reason", b.Reason, "late")
	d.wantMarkers(t, "hotel", "hotel-000001 LOST asp_property_skill")
	wantDueFiles(t, d.Ledger, graceOver, 10, "a.csv")
}

func loseTooEarly(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device))
	d.unchanged(t, func() {
		_, err := d.LoseJob(t.Context(), j.ID, at(deadline-1), at(recheck), "late")
		fails(t, "a minute before", err, fault.Conflict)
	})
}

func loseFinished(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device))
	d.loaded(t, "a.csv")
	d.unchanged(t, func() {
		_, err := d.LoseJob(t.Context(), j.ID, at(deadline), at(recheck), "late")
		fails(t, "a loaded job", err, fault.Conflict)
	})
}

func loseUnderway(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	f := d.claimed(t, "a.csv")
	j = d.lose(t, j.ID, deadline, "AWAITING_FILES a.csv=EXPECTED b.csv=EXPECTED")
	sameTime(t, "when it is looked at again", j.DueAt, at(deadline+recheck))
	d.wantFile(t, "b.csv", "EXPECTED hotel-000001 - 0")
	d.commit(t, f)
	d.lose(t, j.ID, deadline+recheck, "LOST a.csv=LOADED b.csv=LOST")
	d.wantFile(t, "b.csv", "LOST hotel-000001 - 0")
}

func loseWaiting(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	_, err := d.UpdateFile(t.Context(), "a.csv", at(loaded), func(current *report.File) error {
		return current.Unclaim(at(loaded), f.Epoch, true, "throttled")
	})
	done(t, "unclaim", err)
	d.lose(t, j.ID, deadline, "AWAITING_FILES a.csv=EXPECTED")
	d.wantFile(t, "a.csv", "EXPECTED hotel-000001 e1 1")
}

func loseQuarantined(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	d.quarantined(t, "a.csv")
	j = d.lose(t, j.ID, deadline, "AWAITING_FILES a.csv=QUARANTINED b.csv=LOST")
	sameTime(t, "when it is looked at again", j.DueAt, at(deadline+recheck))
	d.wantFile(t, "a.csv", "QUARANTINED hotel-000001 e1 1")
	d.wantFile(t, "b.csv", "LOST hotel-000001 - 0")
	d.wantMarkers(t, "hotel", "hotel-000001 AWAITING_FILES asp_device,asp_property_skill")
	// A person replays it.
	_, err := d.UpdateFile(t.Context(), "a.csv", at(recheck), func(f *report.File) error { return f.Reopen(at(recheck), "replay") })
	done(t, "reopen", err)
	d.wantJob(t, j.ID, "AWAITING_FILES a.csv=EXPECTED b.csv=LOST")
	d.loaded(t, "a.csv")
	d.wantJob(t, j.ID, "LOST a.csv=LOADED b.csv=LOST")
}

func loseJustArrived(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	l := d.meanwhile(func() { d.claimed(t, "a.csv") })
	j, err := l.LoseJob(t.Context(), j.ID, at(deadline), at(recheck), "late")
	done(t, "lose", err)
	same(t, "the job", jobLine(j), "AWAITING_FILES a.csv=EXPECTED b.csv=EXPECTED")
	sameTime(t, "when it is looked at again", j.DueAt, at(recheck))
	d.wantFile(t, "a.csv", "CLAIMED hotel-000001 e1 1")
	d.wantFile(t, "b.csv", "EXPECTED hotel-000001 - 0")
}

func loseJustLoaded(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	f := d.claimed(t, "a.csv")
	l := d.meanwhile(func() { d.commit(t, f) })
	_, err := l.LoseJob(t.Context(), j.ID, at(deadline), at(recheck), "late")
	done(t, "lose", err)
	d.wantJob(t, j.ID, "LOST a.csv=LOADED b.csv=LOST")
	d.wantFile(t, "b.csv", "LOST hotel-000001 - 0")
	d.wantMarkers(t, "hotel", "hotel-000001 LOST asp_property_skill")
}

// The export that a requester is about to give up is ready after all, and another requester records it first.
func loseJustNamed(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device)
	d.update(t, j.ID, func(j *report.Job) error {
		return j.MarkPolling(at(begun), report.Answer{Outcome: report.OutcomePending, Ticket: "t-1"}, at(accepted))
	})
	l, _ := d.behind(func(c ledgertest.Call) ledgertest.Fault {
		if c.Method == ledgertest.Get && c.Nth == 2 {
			acceptFetch(t, d.Ledger, j, "a.csv")
		}
		return ledgertest.None
	})
	_, err := l.LoseJob(t.Context(), j.ID, at(accepted), at(recheck), "never finished")
	fails(t, "a job that has moved on", err, fault.Conflict)
	d.wantJob(t, j.ID, "AWAITING_FILES a.csv=EXPECTED")
	d.wantFile(t, "a.csv", "EXPECTED hotel-000001 - 0")
}

func losePassedOn(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	_, err := d.UpdateFile(t.Context(), "a.csv", at(arrived), func(f *report.File) error { return f.MarkLost(at(arrived), "gone") })
	done(t, "lose the file", err)
	d.awaiting(t, "annex", named("a.csv", device))
	d.lose(t, j.ID, deadline, "LOST a.csv=LOST b.csv=LOST")
	d.wantFile(t, "a.csv", "EXPECTED annex-000001 - 0")
	d.wantFile(t, "b.csv", "LOST hotel-000001 - 0")
}

func loseUnknown(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device)
	d.update(t, j.ID, func(j *report.Job) error { return j.MarkUnknown(at(accepted), at(deadline), "no answer came") })
	d.lose(t, j.ID, deadline, "LOST")
	d.wantMarkers(t, "hotel", "hotel-000001 LOST asp_device")
}
