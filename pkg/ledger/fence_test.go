package ledger_test

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func fenceCases() protocolCases {
	return protocolCases{
		"a fence keeps others out until its time":      fenceExcludes,
		"a claim may fence again":                      fenceAgain,
		"a later claim of the same file is another":    fenceOfLaterClaim,
		"a day that has moved is a conflict":           fenceMoved,
		"all days are fenced or none":                  fenceAll,
		"a commit takes the fence away":                fenceCommitted,
		"who was passed by while fenced cannot commit": fencePassedBy,
		"no days cost nothing":                         fenceNone,
	}
}

const fenceOver = loaded + 5

func (d fixture) fence(t *testing.T, f report.File, days []report.Partition, now, until int) []report.Partition {
	t.Helper()
	fenced, err := d.Fence(t.Context(), f, days, at(now), at(until))
	done(t, "fence", err)
	return fenced
}

func fenceExcludes(t *testing.T, d fixture) {
	first, second := d.twoJobs(t)
	fenced := d.fence(t, first, d.wantDays(t, "hotel", device, "1 p1 v1"), loaded, fenceOver)
	same(t, "the version that is returned", fenced[0].Version, 2)
	days := d.wantDays(t, "hotel", device, "1 p1 v2")
	same(t, "the fence", days[0].Fence.File, "a.csv")
	for _, minute := range []int{loaded, fenceOver - 1} {
		d.unchanged(t, func() {
			_, err := d.Fence(t.Context(), second, days, at(minute), at(leaseOver))
			fails(t, "another", err, fault.Transient)
		})
	}
	d.fence(t, second, days, fenceOver, leaseOver)
	same(t, "the fence then", d.wantDays(t, "hotel", device, "1 p1 v3")[0].Fence.File, "b.csv")
}

func fenceAgain(t *testing.T, d fixture) {
	_, f := d.twoJobs(t)
	fenced := d.fence(t, f, d.wantDays(t, "hotel", device, "1 p1 v1"), loaded, fenceOver)
	fenced = d.fence(t, f, fenced, loaded+1, leaseOver)
	same(t, "the version that is returned", fenced[0].Version, 3)
	d.commit(t, f, published(f, 1, "q1", 3))
	d.wantDays(t, "hotel", device, "1 q1 v4")
}

func fenceOfLaterClaim(t *testing.T, d fixture) {
	_, f := d.twoJobs(t)
	days := d.fence(t, f, d.wantDays(t, "hotel", device, "1 p1 v1"), loaded, 2*leaseOver)
	again, decision := arrive(t, d.Ledger, *f.Delivery, "w2", arrived+leaseOver)
	same(t, "the decision", decision.String(), "load")
	_, err := d.Fence(t.Context(), again, days, at(arrived+leaseOver), at(3*leaseOver))
	fails(t, "the later claim", err, fault.Transient)
}

func fenceMoved(t *testing.T, d fixture) {
	first, second := d.twoJobs(t)
	days := d.wantDays(t, "hotel", device, "1 p1 v1")
	// Somebody fenced it and is over the time: the day that was read is no longer the present one.
	d.fence(t, first, days, loaded, fenceOver)
	d.unchanged(t, func() {
		_, err := d.Fence(t.Context(), second, days, at(fenceOver), at(leaseOver))
		fails(t, "a day read before", err, fault.Conflict)
		same(t, "it is to be looked at again", fault.Is(err, fault.Conflict), true)
	})
}

func fenceAll(t *testing.T, d fixture) {
	first, second := d.twoJobs(t)
	d.commit(t, second, published(second, 2, "q2", 0))
	days := d.wantDays(t, "hotel", device, "1 p1 v1", "2 q2 v1")
	d.fence(t, first, days[:1], loaded, fenceOver)
	d.unchanged(t, func() {
		_, err := d.Fence(t.Context(), second, days, at(loaded), at(leaseOver))
		fails(t, "with a day that has moved", err, fault.Conflict)
		_, err = d.Fence(t.Context(), second, d.wantDays(t, "hotel", device, "1 p1 v2", "2 q2 v1"), at(loaded), at(leaseOver))
		fails(t, "with a day that is fenced", err, fault.Transient)
	})
}

func fenceCommitted(t *testing.T, d fixture) {
	first, second := d.twoJobs(t)
	fenced := d.fence(t, second, d.wantDays(t, "hotel", device, "1 p1 v1"), loaded, leaseOver)
	day := published(second, 1, "q1", fenced[0].Version)
	day.Fence = fenced[0].Fence
	d.commit(t, second, day)
	days := d.wantDays(t, "hotel", device, "1 q1 v3")
	same(t, "the fence is away", days[0].Fence == nil, true)
	d.fence(t, first, days, loaded, fenceOver)
}

func fencePassedBy(t *testing.T, d fixture) {
	first, slow := d.twoJobs(t)
	fenced := d.fence(t, slow, d.wantDays(t, "hotel", device, "1 p1 v1"), loaded, fenceOver)
	d.fence(t, first, d.wantDays(t, "hotel", device, "1 p1 v2"), fenceOver, leaseOver)
	d.unchanged(t, func() {
		_, err := d.Commit(t.Context(), report.Load{File: slow, Receipt: receipt(1), Days: []report.Partition{published(slow, 1, "q1", fenced[0].Version)}}, at(fenceOver))
		fails(t, "who was passed by", err, fault.Conflict)
	})
}

func fenceNone(t *testing.T, d fixture) {
	l, calls := d.behind(nil)
	fenced, err := l.Fence(t.Context(), report.File{Key: "a.csv"}, nil, noon, at(leaseOver))
	done(t, "fence", err)
	same(t, "days and calls", len(fenced)+len(calls.Calls()), 0)
}
