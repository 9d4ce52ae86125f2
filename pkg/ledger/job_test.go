package ledger_test

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func jobCases() protocolCases {
	return protocolCases{
		"the marker follows the job":                    markerFollows,
		"what a cancelled job awaited is given up":      cancelledFiles,
		"what a refused job had to fetch is given up":   refusedFiles,
		"files to fetch are not due before their jobs":  filesToFetch,
		"what never comes does not hide what has come":  hiddenFiles,
		"a cancelled job has no marker":                 markerOfCancelled,
		"a lost job keeps its marker until forgotten":   markerOfLost,
		"what holds days is not forgotten":              notForgotten,
		"of two requesters at one instant one holds it": oneRequester,
		"a lost race is run again from what won":        raceRunAgain,
		"a change that is refused changes nothing":      changeRefused,
		"a job that never rests is Transient":           neverRests,
	}
}

func (d fixture) update(t *testing.T, job string, change func(*report.Job) error) {
	t.Helper()
	_, err := d.UpdateJob(t.Context(), job, change)
	done(t, "update", err)
}

func markerFollows(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device, skill)
	d.wantMarkers(t, "hotel", "hotel-000001 SUBMITTING asp_device,asp_property_skill")
	d.update(t, j.ID, func(j *report.Job) error { return j.Postpone(report.JobBackoff, at(2), at(3), "429") })
	d.wantMarkers(t, "hotel", "hotel-000001 BACKOFF asp_device,asp_property_skill")
	j = d.begin(t, j.ID, "r1", 3)
	d.accept(t, j, named("a.csv", device), named("b.csv", skill))
	d.wantMarkers(t, "hotel", "hotel-000001 AWAITING_FILES asp_device,asp_property_skill")
	d.loaded(t, "a.csv")
	d.wantMarkers(t, "hotel", "hotel-000001 AWAITING_FILES asp_property_skill")
	d.loaded(t, "b.csv")
	d.wantMarkers(t, "hotel")
	d.wantJob(t, j.ID, "LOADED a.csv=LOADED b.csv=LOADED")
}

func markerOfCancelled(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device)
	d.update(t, j.ID, func(j *report.Job) error { return j.Refuse(at(2), "403") })
	d.wantMarkers(t, "hotel", "hotel-000001 REFUSED asp_device")
	d.update(t, j.ID, func(j *report.Job) error { return j.Cancel(at(3), "no such unit") })
	d.wantMarkers(t, "hotel")
	d.update(t, j.ID, func(j *report.Job) error { return j.Retry(at(4), "there is") })
	d.wantMarkers(t, "hotel", "hotel-000001 PLANNED asp_device")
	d.wantJobs(t, "hotel", "hotel-000001")
}

func (d fixture) lost(t *testing.T, sub string) report.Job {
	t.Helper()
	j := d.awaiting(t, sub, named(sub+".csv", device))
	j, err := d.LoseJob(t.Context(), j.ID, at(deadline), at(recheck), "late")
	done(t, "lose", err)
	return j
}

func markerOfLost(t *testing.T, d fixture) {
	j := d.lost(t, "hotel")
	markers := d.wantMarkers(t, "hotel", "hotel-000001 LOST asp_device")
	done(t, "forget", d.Forget(t.Context(), "hotel", markers))
	d.wantMarkers(t, "hotel")
	d.unchanged(t, func() { done(t, "forget again", d.Forget(t.Context(), "hotel", markers)) })
	d.wantJob(t, j.ID, "LOST hotel.csv=LOST")
	d.update(t, j.ID, func(j *report.Job) error { return j.Retry(at(recheck), "again") })
	d.wantMarkers(t, "hotel", "hotel-000001 PLANNED asp_device")
	d.update(t, j.ID, func(j *report.Job) error { return j.Cancel(at(recheck), "never mind") })
	d.wantMarkers(t, "hotel")
}

func notForgotten(t *testing.T, d fixture) {
	j := d.lost(t, "hotel")
	d.lost(t, "annex")
	d.planned(t, "hotel", ask(5, 8, device))
	markers := d.wantMarkers(t, "hotel", "hotel-000001 LOST asp_device", "hotel-000002 PLANNED asp_device")
	d.update(t, j.ID, func(j *report.Job) error { return j.Retry(at(recheck), "again") })
	d.unchanged(t, func() {
		done(t, "forget", d.Forget(t.Context(), "hotel", append(markers, report.Marker{Job: "hotel-000009"})))
	})
	d.wantMarkers(t, "annex", "annex-000001 LOST asp_device")
}

func oneRequester(t *testing.T, d fixture) {
	var requests []report.Request
	for day := range rounds {
		requests = append(requests, ask(day, day, device))
	}
	for _, j := range d.planned(t, "hotel", requests...) {
		errs := make([]error, 2)
		group := errgroup.Group{}
		for i, worker := range []string{"r1", "r2"} {
			group.Go(func() error {
				_, errs[i] = d.UpdateJob(t.Context(), j.ID, func(j *report.Job) error { return j.Begin(worker, at(begun), at(leaseOver)) })
				return nil
			})
		}
		done(t, "begin", group.Wait())
		if (errs[0] == nil) == (errs[1] == nil) || !movedOn(errors.Join(errs...)) {
			t.Fatalf("%v, want one that holds it", errs)
		}
		holder := map[bool]string{true: "r1", false: "r2"}[errs[0] == nil]
		held := d.wantJob(t, j.ID, "SUBMITTING")
		same(t, "the holder", held.Worker, holder)
		same(t, "the epoch and the attempts", held.Epoch+int64(held.Requests), 2)
	}
}

func raceRunAgain(t *testing.T, d fixture) {
	j := d.planned(t, "hotel", ask(1, 4, device))[0]
	l := d.meanwhile(func() {
		d.begin(t, j.ID, "r2", begun)
		d.update(t, j.ID, func(j *report.Job) error { return j.Release(at(begun), "no time left") })
	})
	j, err := l.UpdateJob(t.Context(), j.ID, func(j *report.Job) error { return j.Begin("r1", at(begun), at(leaseOver)) })
	done(t, "begin", err)
	same(t, "the epoch", j.Epoch, 2)
	same(t, "the holder", d.wantJob(t, j.ID, "SUBMITTING").Worker, "r1")
	d.wantMarkers(t, "hotel", "hotel-000001 SUBMITTING asp_device")
}

func changeRefused(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device))
	refusal := errors.New("no")
	d.unchanged(t, func() {
		_, err := d.UpdateJob(t.Context(), j.ID, func(j *report.Job) error {
			j.Status = report.JobCancelled
			return refusal
		})
		same(t, "the job's refusal", err, refusal)
		_, err = d.UpdateFile(t.Context(), "a.csv", noon, func(f *report.File) error {
			f.Status = report.FileDeleted
			return refusal
		})
		same(t, "the file's refusal", err, refusal)
	})
}

func neverRests(t *testing.T, d fixture) {
	j := d.begun(t, "hotel", device)
	l, calls := d.behind(func(c ledgertest.Call) ledgertest.Fault {
		if c.Method == ledgertest.Write {
			d.update(t, j.ID, func(j *report.Job) error {
				j.Attempt++
				return nil
			})
		}
		return ledgertest.None
	})
	_, err := l.UpdateJob(t.Context(), j.ID, func(j *report.Job) error { return j.Refuse(at(2), "403") })
	fails(t, "a job that always changes", err, fault.Transient)
	same(t, "its status", d.wantJob(t, j.ID, "SUBMITTING").Attempt, 1+calls.Count(ledgertest.Write))
	if n := calls.Count(ledgertest.Write); n < 8 || n > 50 {
		t.Fatalf("%d tries: neither a few nor endlessly many", n)
	}
}

func cancelledFiles(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	d.claimed(t, "b.csv")
	cancel := func(j *report.Job) error { return j.Cancel(at(loaded), "not wanted") }
	_, err := d.ChangeJob(t.Context(), j.ID, at(loaded), cancel)
	done(t, "cancel", err)
	d.wantJob(t, j.ID, "CANCELLED a.csv=LOST b.csv=EXPECTED")
	same(t, "a is due no more", d.wantFile(t, "a.csv", "LOST hotel-000001 - 0").DueAt.IsZero(), true)
	d.wantFile(t, "b.csv", "CLAIMED hotel-000001 e1 1")
	// What comes all the same is loaded.
	d.loaded(t, "a.csv")
	d.wantJob(t, j.ID, "CANCELLED a.csv=LOADED b.csv=EXPECTED")
	// A job that an earlier release cancelled has left its files; asking for it again gives them up.
	j = d.awaiting(t, "annex", named("c.csv", device))
	d.update(t, j.ID, cancel)
	_, err = d.ChangeJob(t.Context(), j.ID, at(loaded), func(j *report.Job) error { return j.Retry(at(loaded), "again") })
	done(t, "retry", err)
	d.wantJob(t, j.ID, "PLANNED")
	d.wantFile(t, "c.csv", "LOST annex-000001 - 0")
}

func refusedFiles(t *testing.T, d fixture) {
	j := d.fetching(t, "hotel")
	d.claimed(t, "hotel-a.csv") // delivered, and not noted
	_, err := d.ChangeJob(t.Context(), j.ID, at(loaded), func(j *report.Job) error { return j.Refuse(at(loaded), "403") })
	done(t, "refuse", err)
	d.wantJob(t, j.ID, "REFUSED hotel-a.csv=EXPECTED hotel-b.csv=LOST")
	same(t, "b is due no more", d.wantFile(t, "hotel-b.csv", "LOST hotel-000001 - 0").DueAt.IsZero(), true)
	d.wantMarkers(t, "hotel", "hotel-000001 REFUSED asp_device,asp_property_skill")
	f, err := d.File(t.Context(), "hotel-a.csv")
	done(t, "file", err)
	d.commit(t, f)
	d.wantJob(t, j.ID, "REFUSED hotel-a.csv=LOADED hotel-b.csv=LOST")
	// The other one had been delivered too, and comes after all.
	d.loaded(t, "hotel-b.csv")
	d.wantJob(t, j.ID, "LOADED hotel-a.csv=LOADED hotel-b.csv=LOADED")
	d.wantMarkers(t, "hotel")
}

// fetching returns a job that has two files to fetch and is held.
func (d fixture) fetching(t *testing.T, sub string) report.Job {
	t.Helper()
	a, b := named(sub+"-a.csv", device), named(sub+"-b.csv", skill)
	a.Fetch, b.Fetch = "1", "2"
	j := d.accept(t, d.begun(t, sub, device, skill), a, b)
	j, err := d.UpdateJob(t.Context(), j.ID, func(j *report.Job) error { return j.BeginPoll("r2", at(accepted), at(leaseOver)) })
	done(t, "begin to fetch", err)
	return j
}

func filesToFetch(t *testing.T, d fixture) {
	j := d.fetching(t, "hotel")
	wantDueFiles(t, d.Ledger, graceOver, 10, "")
	wantDueJobs(t, d.Ledger, leaseOver, 10, "1")
	for i, key := range []string{"hotel-a.csv", "hotel-b.csv"} {
		d.update(t, j.ID, func(j *report.Job) error { j.Fetched(at(loaded+i), key, at(deadline)); return nil })
		wantDueFiles(t, d.Ledger, graceOver, 10, "")
		wantDueJobs(t, d.Ledger, []int{loaded, deadline}[i], 10, "1")
	}
	d.lose(t, j.ID, deadline, "LOST hotel-a.csv=LOST hotel-b.csv=LOST")
	d.wantFile(t, "hotel-a.csv", "LOST hotel-000001 - 0")
}

func hiddenFiles(t *testing.T, d fixture) {
	var files []report.NamedFile
	for i := range 30 {
		files = append(files, named(fmt.Sprintf("%d.csv", i), device))
	}
	d.awaiting(t, "hotel", files...)
	d.awaiting(t, "annex", named("z.csv", device))
	f := d.claimed(t, "z.csv")
	_, err := d.UpdateFile(t.Context(), "z.csv", at(deadline), func(current *report.File) error {
		return current.Quarantine(at(deadline), f.Epoch, at(deadline+1), "unreadable")
	})
	done(t, "quarantine", err)
	// Those that never came are due before it.
	wantDueFiles(t, d.Ledger, deadline+1, 1, "z.csv")
	wantDueFiles(t, d.Ledger, deadline+1, 1000, "z.csv")
}
