package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func planCases() protocolCases {
	return protocolCases{
		"a new and a changed subscription are due":               planApplied,
		"what was planned is due when the next plan is":          planDone,
		"a wish makes a subscription due":                        planWished,
		"what happens while a plan is made makes it a conflict":  planOvertaken,
		"a job that ends, halts or goes on makes its owner due":  planAfterJobs,
		"a job of 98 files makes its owner due too":              planAfterManyFiles,
		"a plan reads the days that are not settled":             planReadsRecent,
		"a day that comes after it was given up is counted anew": planCountsAnew,
		"what an earlier release left was never planned":         planOfEarlierRelease,
	}
}

var limitsOf = report.Limits{Tables: []string{device, skill}, HorizonDays: 88, LostAfterDays: 90}

// wantToPlan compares the subscriptions that are due at a minute.
func (d fixture) wantToPlan(t *testing.T, minute int, want ...string) {
	t.Helper()
	subs, err := d.DueSubscriptions(t.Context(), at(minute), 100)
	done(t, "list what is to be planned", err)
	var names []string
	for _, s := range subs {
		names = append(names, s.Name)
	}
	same(t, "to be planned", strings.Join(names, " "), strings.Join(want, " "))
}

// rested records a plan of the subscription, after which it is due at a minute.
func (d fixture) rested(t *testing.T, sub string, minute int) {
	t.Helper()
	done(t, "record the plan", d.Planned(t.Context(), d.snapshot(t, sub), report.Planning{DueAt: at(minute)}, report.Gauges{Missing: 4}, at(planned)))
}

func planApplied(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	d.wantToPlan(t, planned-1)
	d.wantToPlan(t, planned, "hotel")
	d.rested(t, "hotel", deadline)
	_, err := d.Apply(t.Context(), hotel("hotel"), at(loaded))
	done(t, "apply the same", err)
	d.wantToPlan(t, loaded)
	changed := hotel("hotel")
	changed.LagDays++
	_, err = d.Apply(t.Context(), changed, at(loaded))
	done(t, "apply another form", err)
	d.wantToPlan(t, loaded, "hotel")
}

func planDone(t *testing.T, d fixture) {
	d.planned(t, "hotel", ask(1, 4, device))
	d.planned(t, "annex")
	d.wantToPlan(t, deadline, "annex", "hotel")
	d.rested(t, "hotel", deadline)
	d.rested(t, "annex", deadline-1)
	d.wantToPlan(t, deadline-2)
	d.wantToPlan(t, deadline, "annex", "hotel")
	done(t, "rest for ever", d.Planned(t.Context(), d.snapshot(t, "annex"), report.Planning{}, report.Gauges{}, at(loaded)))
	d.wantToPlan(t, deadline, "hotel")
	standings, err := d.Standings(t.Context())
	done(t, "read how it stands", err)
	var lines []string
	for _, s := range standings {
		lines = append(lines, fmt.Sprintf("%s %d %t", s.Subscription, s.Gauges.Missing, s.NextPlan.IsZero()))
	}
	same(t, "how it stands", strings.Join(lines, "; "), "annex 0 true; hotel 4 false")
	same(t, "the next job", d.snapshot(t, "hotel").NextJob, 2)
}

func planWished(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	gone := report.Gone{Tables: limitsOf.Tables, Through: oct(1), Days: 2}
	done(t, "record the plan", d.Planned(t.Context(), d.snapshot(t, "hotel"), report.Planning{DueAt: at(deadline), Gone: gone}, report.Gauges{}, at(planned)))
	for range 2 {
		done(t, "wish", d.PlanNow(t.Context(), "hotel", at(loaded)))
	}
	d.wantToPlan(t, loaded-1)
	d.wantToPlan(t, loaded, "hotel")
	same(t, "the days that were counted", d.snapshot(t, "hotel").Planning.Gone.Days, 0)
	fails(t, "a subscription that is not there", d.PlanNow(t.Context(), "pier", at(loaded)), fault.NotFound)
}

func planOvertaken(t *testing.T, d fixture) {
	for name, happens := range map[string]func(){
		"a wish":  func() { done(t, "wish", d.PlanNow(t.Context(), "hotel", at(loaded))) },
		"a job":   func() { d.lost(t, "hotel") },
		"a plan":  func() { d.planned(t, "hotel", ask(9, 9, device)) },
		"another": func() { d.rested(t, "hotel", deadline) },
	} {
		d.planned(t, "hotel")
		b := d.snapshot(t, "hotel")
		happens()
		err := d.Planned(t.Context(), b, report.Planning{DueAt: at(deadline)}, report.Gauges{}, at(planned))
		fails(t, "a plan that "+name+" overtook", err, fault.Conflict)
	}
}

func planAfterJobs(t *testing.T, d fixture) {
	refused := func(j *report.Job) error { return j.Refuse(at(accepted), "403") }
	for name, happens := range map[string]func(sub string){
		"lost":    func(sub string) { d.lost(t, sub) },
		"refused": func(sub string) { d.update(t, d.begun(t, sub, device).ID, refused) },
		"cancelled": func(sub string) {
			d.update(t, d.planned(t, sub, ask(1, 4, device))[0].ID, func(j *report.Job) error { return j.Cancel(at(loaded), "") })
		},
		"retried": func(sub string) {
			j := d.begun(t, sub, device)
			d.update(t, j.ID, refused)
			d.rested(t, sub, 2*deadline)
			d.update(t, j.ID, func(j *report.Job) error { return j.Retry(at(loaded), "") })
		},
		"loaded":      func(sub string) { d.awaiting(t, sub, named(sub+".csv", device)); d.loaded(t, sub+".csv") },
		"nothing-won": func(sub string) { d.accept(t, d.begun(t, sub, device)) },
	} {
		d.planned(t, name)
		d.rested(t, name, 2*deadline)
		d.wantToPlan(t, deadline)
		happens(name)
		d.wantToPlan(t, deadline, name)
		d.rested(t, name, 2*deadline)
	}
	// Steps in between change nothing for a plan.
	d.planned(t, "hotel", ask(1, 4, device))
	d.rested(t, "hotel", 2*deadline)
	j := d.begin(t, "hotel-000001", "r1", begun)
	d.accept(t, j, named("a.csv", device))
	d.claimed(t, "a.csv")
	d.wantToPlan(t, deadline)
}

func planAfterManyFiles(t *testing.T, d fixture) {
	var files []report.NamedFile
	for i := range 98 {
		files = append(files, named(fmt.Sprintf("%d.csv", i), device))
	}
	j := d.awaiting(t, "hotel", files...)
	d.rested(t, "hotel", 2*deadline)
	_, err := d.LoseJob(t.Context(), j.ID, at(deadline), at(recheck), "late")
	done(t, "lose", err)
	d.wantToPlan(t, deadline, "hotel")
}

func planReadsRecent(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	f := d.claimed(t, "a.csv")
	d.commit(t, f, published(f, 1, "p1", 0), published(f, 2, "p2", 0), published(f, 30, "p30", 0))
	recent := func() report.Snapshot {
		t.Helper()
		b, err := d.RecentSnapshot(t.Context(), "hotel", limitsOf, oct(2)+90)
		done(t, "read", err)
		return b
	}
	same(t, "the first time all are read", len(recent().Partitions), 3)
	b := recent()
	next := report.Planning{DueAt: at(deadline), Gone: report.Gone{Tables: limitsOf.Tables, Through: oct(1)}}
	done(t, "record the plan", d.Planned(t.Context(), b, next, report.Gauges{}, at(loaded)))
	b = recent()
	same(t, "what was settled is not read again", len(b.Partitions), 2)
	same(t, "from when on", b.Since, oct(2))
	same(t, "the markers", len(b.Markers), 1)
	same(t, "the version", b.Version, d.snapshot(t, "hotel").Version)
	_, err := d.RecentSnapshot(t.Context(), "pier", limitsOf, oct(2))
	fails(t, "a subscription that is not there", err, fault.NotFound)
}

func planCountsAnew(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	f := d.claimed(t, "a.csv")
	next := report.Planning{DueAt: at(deadline), Gone: report.Gone{Tables: limitsOf.Tables, Through: oct(2), Days: 4}}
	done(t, "record the plan", d.Planned(t.Context(), d.snapshot(t, "hotel"), next, report.Gauges{}, at(planned)))
	d.commit(t, f, published(f, 1, "p1", 0))
	d.wantToPlan(t, loaded, "hotel")
	same(t, "what was counted", d.snapshot(t, "hotel").Planning.Gone.Through, 0)
	// A day that replaces a published one is no news.
	done(t, "record the plan", d.Planned(t.Context(), d.snapshot(t, "hotel"), next, report.Gauges{}, at(planned)))
	f = d.claimed(t, "b.csv")
	day := published(f, 1, "p2", 1)
	day.Table = device
	_, err := d.Commit(t.Context(), report.Load{File: f, Receipt: receipt(1), Days: []report.Partition{day}}, at(loaded))
	done(t, "commit", err)
	same(t, "what was counted before", d.snapshot(t, "hotel").Planning.Gone.Through, oct(2))
}

// The records are as the first release wrote them.
func planOfEarlierRelease(t *testing.T, d fixture) {
	for key, doc := range map[ledger.Key]string{
		{PK: "SUB#", SK: "hotel"}:     `{}`,
		{PK: "SUB#hotel", SK: "META"}: `{"name":"hotel","source":"asp-analytics","from":"2026-10-01","lag_days":3,"refresh_days":2,"max_window_days":4,"next_job":7}`,
	} {
		done(t, "write a record", d.store.Write(t.Context(), ledger.Mutation{Record: ledger.Record{Key: key, Doc: []byte(doc)}}))
	}
	d.wantToPlan(t, deadline)
	standings, err := d.Standings(t.Context())
	done(t, "read how it stands", err)
	same(t, "never planned", len(standings) == 1 && standings[0] == report.Standing{Subscription: "hotel"}, true)
	b, err := d.RecentSnapshot(t.Context(), "hotel", limitsOf, oct(10))
	done(t, "read", err)
	same(t, "from when on", b.Since, oct(1))
	same(t, "the next job", b.NextJob, 7)
	d.rested(t, "hotel", deadline)
	d.wantToPlan(t, deadline, "hotel")
}
