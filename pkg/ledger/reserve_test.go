package ledger_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func reserveCases() protocolCases {
	return protocolCases{
		"ids count up": idsCountUp,
		"of two plans from one snapshot one wins": onePlanWins,
		"one plan at one instant is one plan":     samePlan,
		"a plan for another form is a conflict":   planOutdated,
		"of many requests the first 33 are":       firstRequests,
		"nothing planned costs nothing":           nothingPlanned,
		"eight planners ask for each day once":    eightPlanners,
	}
}

func (d fixture) wantJobs(t *testing.T, sub string, want ...string) []report.Job {
	t.Helper()
	jobs, err := d.Jobs(t.Context(), sub)
	done(t, "list the jobs", err)
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	if !slices.Equal(ids, want) {
		t.Fatalf("jobs %v, want %v", ids, want)
	}
	return jobs
}

func idsCountUp(t *testing.T, d fixture) {
	first := d.planned(t, "hotel", ask(1, 4, device, skill), ask(5, 8, device))
	second := d.planned(t, "hotel", ask(9, 9, skill))
	d.planned(t, "hotel-000001", ask(1, 4, device))
	same(t, "the ids", first[0].ID+" "+first[1].ID+" "+second[0].ID, "hotel-000001 hotel-000002 hotel-000003")

	jobs := d.wantJobs(t, "hotel", "hotel-000001", "hotel-000002", "hotel-000003")
	j := jobs[0]
	same(t, "the job", jobLine(j), "PLANNED")
	same(t, "its window", j.Window, report.Window{From: oct(1), To: oct(4)})
	same(t, "its subscription and source", j.Subscription+" "+j.Source, "hotel asp-analytics")
	same(t, "its ask, attempt and epoch", fmt.Sprint(j.Attempt, j.Requests, j.Epoch), "1 0 0")
	sameTime(t, "when it is due", j.DueAt, at(planned))
	same(t, "its events", len(j.History), 1)
	same(t, "the next job", d.snapshot(t, "hotel").NextJob, 4)
	d.wantMarkers(t, "hotel", "hotel-000001 PLANNED asp_device,asp_property_skill", "hotel-000002 PLANNED asp_device",
		"hotel-000003 PLANNED asp_property_skill")
}

func onePlanWins(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	b := d.snapshot(t, "hotel")
	_, err := d.Reserve(t.Context(), b, []report.Request{ask(1, 4, device)}, at(1))
	done(t, "the first", err)
	d.unchanged(t, func() {
		_, err = d.Reserve(t.Context(), b, []report.Request{ask(1, 2, device)}, at(2))
		fails(t, "the second", err, fault.Conflict)
	})
	d.wantJobs(t, "hotel", "hotel-000001")
}

// Two planners that write the very same are, to a store, one that asks again because its answer was lost.
func samePlan(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	b := d.snapshot(t, "hotel")
	for range 2 {
		jobs, err := d.Reserve(t.Context(), b, []report.Request{ask(1, 4, device)}, at(1))
		done(t, "reserve", err)
		same(t, "the id", jobs[0].ID, "hotel-000001")
	}
	d.wantJobs(t, "hotel", "hotel-000001")
	same(t, "the next job", d.snapshot(t, "hotel").NextJob, 2)
}

func planOutdated(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	b := d.snapshot(t, "hotel")
	changed := hotel("hotel")
	changed.From = oct(3)
	_, err := d.Apply(t.Context(), changed, at(planned))
	done(t, "apply", err)
	_, err = d.Reserve(t.Context(), b, []report.Request{ask(1, 4, device)}, at(1))
	fails(t, "a plan for the old form", err, fault.Conflict)
	d.wantJobs(t, "hotel")
	same(t, "the form", d.snapshot(t, "hotel").Subscription.From, oct(3))
}

func firstRequests(t *testing.T, d fixture) {
	var requests []report.Request
	for day := range 40 {
		requests = append(requests, ask(day, day, device))
	}
	d.planned(t, "hotel", requests...)
	jobs, err := d.Jobs(t.Context(), "hotel")
	done(t, "list the jobs", err)
	same(t, "jobs", len(jobs), 33)
	same(t, "the last job's day", jobs[32].Window.From, oct(32))
	// More than one read takes.
	for range 3 {
		d.planned(t, "hotel", requests...)
	}
	jobs, err = d.Jobs(t.Context(), "hotel")
	done(t, "list the jobs", err)
	same(t, "jobs in the end", len(jobs), 132)
	same(t, "the last", jobs[131].ID, "hotel-000132")
	same(t, "markers", len(d.snapshot(t, "hotel").Markers), 132)
}

func nothingPlanned(t *testing.T, d fixture) {
	l, calls := d.behind(nil)
	jobs, err := l.Reserve(t.Context(), report.Snapshot{Subscription: hotel("hotel")}, nil, noon)
	done(t, "reserve", err)
	same(t, "jobs and calls", len(jobs)+len(calls.Calls()), 0)
}

// 1 October to three days before the 31st are 28 days, which is seven windows of four.
func eightPlanners(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	limits := report.Limits{Tables: []string{device}, HorizonDays: 88, LostAfterDays: 90}
	var won atomic.Int64
	group, ctx := errgroup.WithContext(t.Context())
	for worker := range workers {
		group.Go(func() error {
			for {
				b, err := d.Snapshot(ctx, "hotel")
				if err != nil {
					return err
				}
				plan := report.Plan(b, limits, oct(31), report.Narrow{})
				if len(plan) == 0 {
					return nil
				}
				jobs, err := d.Reserve(ctx, b, plan[:1], noon.Add(time.Duration(worker)*time.Second))
				if err != nil && !fault.Is(err, fault.Conflict) {
					return err
				}
				won.Add(int64(len(jobs)))
			}
		})
	}
	done(t, "plan", group.Wait())
	same(t, "won", won.Load(), 7)
	jobs := d.wantJobs(t, "hotel", "hotel-000001", "hotel-000002", "hotel-000003", "hotel-000004", "hotel-000005",
		"hotel-000006", "hotel-000007")
	asked := map[report.Date]int{}
	for _, j := range jobs {
		for day := range j.Window.Days() {
			asked[day]++
		}
	}
	for day := 1; day <= 28; day++ {
		same(t, oct(day).String()+" was asked for", asked[oct(day)], 1)
	}
	same(t, "days", len(asked), 28)
}
