package ledger_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func commitCases() protocolCases {
	return protocolCases{
		"the file, its days and its job move together":       commitTogether,
		"90 days are committed, and restated, at once":       commitMost,
		"what changed is kept beside the days":               commitRestated,
		"a stale claim is a conflict":                        commitStale,
		"other content is a conflict":                        commitOther,
		"a day that has changed is a conflict":               commitDayMoved,
		"a day that changes at the last moment is as well":   commitDayMovesNow,
		"a job that changes at the last moment is no reason": commitJobMoves,
		"five files at once load their job once":             fiveFiles,
		"of two parts at once one sees itself to be last":    twoParts,
		"parts that commit at once all get in":               partsAtOnce,
		"a late file completes its lost job":                 lateFile,
		"a late file of a cancelled job is loaded":           lateOfCancelled,
		"a failed load is given back":                        givenBack,
		"a reopened file leaves its job as it is":            reopened,
	}
}

func commitTogether(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	a := d.claimed(t, "a.csv")
	got := d.commit(t, a, published(a, 1, "p1", 0), published(a, 2, "p2", 0))
	same(t, "the file", fileLine(got), "LOADED hotel-000001 e1 1")
	f := d.wantFile(t, "a.csv", "LOADED hotel-000001 e1 1")
	same(t, "its rows", f.Receipt.Rows, 10)
	sameTime(t, "when it is due to be deleted", f.DueAt, at(loaded))
	d.wantDays(t, "hotel", device, "1 p1 v1", "2 p2 v1")
	d.wantJob(t, j.ID, "AWAITING_FILES a.csv=LOADED b.csv=EXPECTED")
	d.wantMarkers(t, "hotel", "hotel-000001 AWAITING_FILES asp_property_skill")

	b := d.claimed(t, "b.csv")
	d.commit(t, b, published(b, 1, "q1", 0))
	j = d.wantJob(t, j.ID, "LOADED a.csv=LOADED b.csv=LOADED")
	sameTime(t, "when it was finished", j.FinishedAt, at(loaded))
	same(t, "due no more", j.DueAt.IsZero(), true)
	d.wantMarkers(t, "hotel")
	d.wantDays(t, "hotel", skill, "1 q1 v1")
}

func commitMost(t *testing.T, d fixture) {
	for version, j := range d.planned(t, "hotel", ask(-89, 0, device), ask(-89, 0, device)) {
		file := string("ab"[version]) + ".csv"
		d.accept(t, d.begin(t, j.ID, "r1", begun), named(file, device))
		f := d.claimed(t, file)
		load := report.Load{File: f, Receipt: receipt(10)}
		for day := f.Window.From; day <= f.Window.To; day++ {
			s := published(f, int(day-oct(0)), "p", int64(version))
			load.Days = append(load.Days, s)
			if version > 0 {
				load.Restated = append(load.Restated, restated(s))
			}
		}
		_, err := d.Commit(t.Context(), load, at(loaded))
		done(t, "commit", err)
		d.wantJob(t, j.ID, "LOADED "+file+"=LOADED")
	}
	same(t, "days", len(d.snapshot(t, "hotel").Partitions), 90)
	same(t, "restatements", len(d.restatements(t, "hotel", 0)), 90)
}

// restated is what changed when other content of a day was published.
func restated(s report.Partition) report.Restatement {
	return report.Restatement{
		Subscription: s.Subscription, Table: s.Table, Date: s.Date, At: s.LoadedAt,
		Before: report.Edition{Job: "an earlier one", Rows: 4}, After: report.Edition{Generation: s.Generation, Job: s.Job, File: s.File, Rows: s.Rows},
		Measures: []report.Change{{Measure: "dialog_count", Before: report.Figures{Values: 4, Sum: "7.5"}, After: report.Figures{Values: 5, Sum: "11"}}},
	}
}

func (d fixture) restatements(t *testing.T, sub string, since int) []report.Restatement {
	t.Helper()
	all, err := d.Restatements(t.Context(), sub, at(since))
	done(t, "restatements", err)
	return all
}

func commitRestated(t *testing.T, d fixture) {
	_, f := d.twoJobs(t)
	first, second := published(f, 1, "q1", 1), published(f, 2, "q2", 0)
	load := report.Load{File: f, Receipt: receipt(10), Days: []report.Partition{first, second}, Restated: []report.Restatement{restated(first)}}
	stale := load
	stale.Days = []report.Partition{published(f, 1, "q1", 7)}
	d.unchanged(t, func() {
		_, err := d.Commit(t.Context(), stale, at(loaded))
		fails(t, "a day that has changed", err, fault.Conflict)
	})
	_, err := d.Commit(t.Context(), load, at(loaded))
	done(t, "commit", err)
	d.unchanged(t, func() {
		_, err := d.Commit(t.Context(), load, at(loaded))
		fails(t, "the same again", err, fault.Conflict)
	})
	if diff := cmp.Diff(load.Restated, d.restatements(t, "hotel", loaded)); diff != "" {
		t.Errorf("restated (-want +got):\n%s", diff)
	}
	same(t, "restated later", len(d.restatements(t, "hotel", loaded+1)), 0)
	same(t, "restated of another", len(d.restatements(t, "hotel-2", 0)), 0)
	same(t, "what a plan reads", len(d.snapshot(t, "hotel").Partitions), 2)
}

func commitStale(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	slow := d.claimed(t, "a.csv")
	fast, decision := arrive(t, d.Ledger, object("a.csv", "e1", arrived), "w2", arrived+leaseOver)
	same(t, "the decision after the lease", decision.String(), "load")
	stale := func(when string) {
		d.unchanged(t, func() {
			_, err := d.Commit(t.Context(), report.Load{File: slow, Receipt: receipt(1), Days: []report.Partition{published(slow, 1, "slow", 0)}}, at(loaded))
			fails(t, "the first claim "+when, err, fault.Conflict)
		})
	}
	stale("before")
	d.commit(t, fast, published(fast, 1, "fast", 0))
	stale("after")
	d.wantDays(t, "hotel", device, "1 fast v1")
}

func commitOther(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	other := object("a.csv", "e0", arrived)
	f.Delivery = &other
	d.unchanged(t, func() {
		_, err := d.Commit(t.Context(), report.Load{File: f, Receipt: receipt(1), Days: []report.Partition{published(f, 1, "p1", 0)}}, at(loaded))
		fails(t, "another ETag", err, fault.Conflict)
	})
}

// twoJobs makes two claimed files for the same days; the first has published 1 October.
func (d fixture) twoJobs(t *testing.T) (first, second report.File) {
	t.Helper()
	for i, j := range d.planned(t, "hotel", ask(1, 4, device), ask(1, 4, device)) {
		d.accept(t, d.begin(t, j.ID, "r1", begun), named(string("ab"[i])+".csv", device))
	}
	first, second = d.claimed(t, "a.csv"), d.claimed(t, "b.csv")
	return d.commit(t, first, published(first, 1, "p1", 0)), second
}

func commitDayMoved(t *testing.T, d fixture) {
	_, f := d.twoJobs(t)
	for name, days := range map[string][]report.Partition{
		"a day thought to be new": {published(f, 2, "q2", 0), published(f, 1, "q1", 0)},
		"a day read too early":    {published(f, 2, "q2", 0), published(f, 1, "q1", 2)},
	} {
		d.unchanged(t, func() {
			_, err := d.Commit(t.Context(), report.Load{File: f, Receipt: receipt(1), Days: days}, at(loaded))
			fails(t, name, err, fault.Conflict)
			same(t, name+" is to be looked at again", fault.Is(err, fault.Conflict), true)
		})
	}
	d.commit(t, f, published(f, 2, "q2", 0), published(f, 1, "q1", 1))
	d.wantDays(t, "hotel", device, "1 q1 v2", "2 q2 v1")
}

func commitDayMovesNow(t *testing.T, d fixture) {
	first, f := d.twoJobs(t)
	var before string
	l := d.meanwhile(func() {
		_, err := d.Fence(t.Context(), first, d.wantDays(t, "hotel", device, "1 p1 v1"), at(loaded), at(leaseOver))
		done(t, "fence", err)
		before = d.everything(t)
	})
	_, err := l.Commit(t.Context(), report.Load{File: f, Receipt: receipt(1), Days: []report.Partition{published(f, 1, "q1", 1)}}, at(loaded))
	fails(t, "a day that was fenced just now", err, fault.Conflict)
	same(t, "the ledger", d.everything(t), before)
}

func commitJobMoves(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	a, b := d.claimed(t, "a.csv"), d.claimed(t, "b.csv")
	l := d.meanwhile(func() { d.commit(t, b, published(b, 1, "q1", 0)) })
	_, err := l.Commit(t.Context(), report.Load{File: a, Receipt: receipt(10), Days: []report.Partition{published(a, 1, "p1", 0)}}, at(loaded))
	done(t, "commit", err)
	j = d.wantJob(t, j.ID, "LOADED a.csv=LOADED b.csv=LOADED")
	same(t, "how often it was loaded", transitions(j.History, "LOADED"), 1)
	d.wantMarkers(t, "hotel")
}

func fiveFiles(t *testing.T, d fixture) {
	for round := range 4 {
		sub := fmt.Sprintf("hotel-%d", round)
		var files []report.NamedFile
		for i := range 5 {
			files = append(files, named(fmt.Sprintf("%s-%d.csv", sub, i), fmt.Sprintf("table_%d", i)))
		}
		j := d.awaiting(t, sub, files...)
		group, ctx := errgroup.WithContext(t.Context())
		for _, file := range files {
			f := d.claimed(t, file.Name)
			group.Go(func() error {
				_, err := d.Commit(ctx, report.Load{File: f, Receipt: receipt(10), Days: []report.Partition{published(f, 1, "p1", 0)}}, at(loaded))
				return err
			})
		}
		done(t, "commit all", group.Wait())
		j, err := d.Job(t.Context(), j.ID)
		done(t, "read the job", err)
		same(t, "the job", j.Status, report.JobLoaded)
		same(t, "tables to come", len(j.PendingTables()), 0)
		same(t, "how often it was loaded", transitions(j.History, "LOADED"), 1)
		same(t, "days", len(d.snapshot(t, sub).Partitions), 5)
		d.wantMarkers(t, sub)
	}
}

func twoParts(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", device), named("other.csv", skill))
	d.loaded(t, "other.csv")
	a, b := d.claimed(t, "a.csv"), d.claimed(t, "b.csv")
	// Each has seen no other, so neither publishes.
	l := d.meanwhile(func() { d.commit(t, a) })
	_, err := l.Commit(t.Context(), report.Load{File: b, Receipt: receipt(2)}, at(loaded))
	fails(t, "the second of two that saw no other", err, fault.Conflict)
	d.wantFile(t, "b.csv", "CLAIMED hotel-000001 e1 1")
	d.wantJob(t, j.ID, "AWAITING_FILES a.csv=LOADED b.csv=EXPECTED other.csv=LOADED")
	d.unchanged(t, func() {
		_, err = d.Commit(t.Context(), report.Load{File: b, Receipt: receipt(2), Days: []report.Partition{published(b, 1, "p1", 0)}, Staged: 2}, at(loaded))
		fails(t, "one that saw more than there are", err, fault.Conflict)
	})
	_, err = d.Commit(t.Context(), report.Load{File: b, Receipt: receipt(2), Days: []report.Partition{published(b, 1, "p1", 0)}, Staged: 1}, at(loaded))
	done(t, "it looks again", err)
	d.wantJob(t, j.ID, "LOADED a.csv=LOADED b.csv=LOADED other.csv=LOADED")
	d.wantDays(t, "hotel", device, "1 p1 v1")
}

func partsAtOnce(t *testing.T, d fixture) {
	const parts = 4
	var files []report.NamedFile
	for i := range parts {
		files = append(files, named(fmt.Sprintf("%d.csv", i), device))
	}
	j := d.awaiting(t, "hotel", files...)
	var last atomic.Int64
	group, ctx := errgroup.WithContext(t.Context())
	for _, file := range files {
		f := d.claimed(t, file.Name)
		group.Go(func() error {
			for {
				j, err := d.Job(ctx, f.Job)
				if err != nil {
					return err
				}
				staged := len(j.LoadedParts(device, f.Key))
				var days []report.Partition
				if staged == parts-1 {
					days = []report.Partition{published(f, 1, "p1", 0)}
				}
				_, err = d.Commit(ctx, report.Load{File: f, Receipt: receipt(1), Days: days, Staged: staged}, at(loaded))
				if err == nil && len(days) > 0 {
					last.Add(1)
				}
				if !fault.Is(err, fault.Conflict) {
					return err
				}
			}
		})
	}
	done(t, "commit all", group.Wait())
	same(t, "how many were the last", last.Load(), 1)
	d.wantJob(t, j.ID, "LOADED 0.csv=LOADED 1.csv=LOADED 2.csv=LOADED 3.csv=LOADED")
	d.wantDays(t, "hotel", device, "1 p1 v1")
}

func lateFile(t *testing.T, d fixture) {
	j := d.lost(t, "hotel")
	d.wantFile(t, "hotel.csv", "LOST hotel-000001 - 0")
	f := d.claimed(t, "hotel.csv")
	d.wantJob(t, j.ID, "LOST hotel.csv=LOST")
	d.commit(t, f, published(f, 1, "p1", 0))
	d.wantJob(t, j.ID, "LOADED hotel.csv=LOADED")
	d.wantMarkers(t, "hotel")
	d.wantDays(t, "hotel", device, "1 p1 v1")
}

// Nothing says that the vendor stops when a person cancels: what comes is as good as any other file.
func lateOfCancelled(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	d.loaded(t, "a.csv")
	d.update(t, j.ID, func(j *report.Job) error { return j.Cancel(at(loaded), "wrong unit") })
	f := d.claimed(t, "b.csv")
	d.commit(t, f, published(f, 1, "p1", 0))
	d.wantFile(t, "b.csv", "LOADED hotel-000001 e1 1")
	d.wantJob(t, j.ID, "CANCELLED a.csv=LOADED b.csv=LOADED")
	d.wantMarkers(t, "hotel")
	d.wantDays(t, "hotel", skill, "1 p1 v1")
}

func givenBack(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	_, err := d.UpdateFile(t.Context(), "a.csv", at(loaded), func(current *report.File) error {
		return current.Unclaim(at(loaded), f.Epoch, true, "the dataset bucket is throttled")
	})
	done(t, "unclaim", err)
	d.wantFile(t, "a.csv", "EXPECTED hotel-000001 e1 1")
	d.wantJob(t, j.ID, "AWAITING_FILES a.csv=EXPECTED")
	wantDueFiles(t, d.Ledger, loaded, 10, "")
	wantDueFiles(t, d.Ledger, loaded+5, 10, "a.csv")
	again, decision := arrive(t, d.Ledger, *f.Delivery, "w2", loaded)
	same(t, "the decision", decision.String(), "load")
	d.commit(t, again)
	d.wantJob(t, j.ID, "LOADED a.csv=LOADED")
}

func reopened(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device))
	f := d.loaded(t, "a.csv")
	_, err := d.UpdateFile(t.Context(), "a.csv", at(deleted), func(f *report.File) error {
		return f.Reopen(at(deleted), "the partition is not there")
	})
	done(t, "reopen", err)
	d.wantFile(t, "a.csv", "EXPECTED hotel-000001 e1 1")
	d.wantJob(t, j.ID, "LOADED a.csv=LOADED")
	again, decision := arrive(t, d.Ledger, *f.Delivery, "w2", deleted)
	same(t, "the decision", decision.String(), "load")
	d.commit(t, again)
	j = d.wantJob(t, j.ID, "LOADED a.csv=LOADED")
	same(t, "how often it was loaded", transitions(j.History, "LOADED"), 1)
}
