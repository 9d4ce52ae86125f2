package requester_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// start is when every test begins: 20 November 2026, six in the morning.
var start = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)

// fixture is a requester with all that it needs around it: a clock that only sleeping moves, one push source, and records in
// memory that obey the rules of package report. What a test does not want is taken out or replaced field by field.
type fixture struct {
	*requester.Service
	t      *testing.T
	now    time.Time
	slept  []time.Duration
	chance float64
	// moves is what Moved told, as "id STATUS".
	moves []string

	snapshots *snapshots
	jobs      *jobs
	queue     *queue
	deliverer *deliverer
	source    *vendor

	subs map[string]report.Subscription
	// planning and standing are what plans have left.
	planning map[string]report.Planning
	standing map[string]report.Standing
	loaded   map[string][]report.Partition
	booked   map[string]report.Job
	arrived  map[string]report.Delivery
	version  int64
	// used is what the runs share of the credentials; it outlives them.
	used map[string]report.Credential
}

// limitsOf push: the delivery window is four hours, unlike that of any vendor.
var limitsOf = report.Limits{Tables: []string{"asp_device"}, HorizonDays: 88, LostAfterDays: 90, DeliveryWindow: 4 * time.Hour}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	d := &fixture{
		t: t, now: start, chance: 0.5,
		subs: map[string]report.Subscription{}, planning: map[string]report.Planning{}, standing: map[string]report.Standing{}, loaded: map[string][]report.Partition{},
		booked: map[string]report.Job{}, arrived: map[string]report.Delivery{},
		used: map[string]report.Credential{},
	}
	d.source = newVendor(t, "push")
	d.snapshots = &snapshots{shelf: shelf{d}}
	d.jobs = &jobs{t: t, dueJobs: d.due, updateJob: d.update, changeJob: d.change, accept: d.accept, loseJob: d.lose}
	d.queue, d.deliverer = &queue{t: t}, &deliverer{t: t}
	leases := 0
	d.Service = &requester.Service{
		Ledger: records{d.snapshots, d.jobs, d}, Queue: d.queue, Deliverer: d.deliverer, Sources: []requester.Source{d.source},
		DeliveryBucket: "delivery", Pace: time.Second, Reserve: 20 * time.Second, Patience: 72 * time.Hour,
		Now: func() time.Time { return d.now },
		Sleep: func(ctx context.Context, wait time.Duration) error {
			d.slept = append(d.slept, wait)
			d.now = d.now.Add(wait)
			return ctx.Err()
		},
		Chance:      func() float64 { return d.chance },
		NewWorkerID: func() string { leases++; return fmt.Sprintf("worker %d", leases) },
		OnJobChange: func(_ context.Context, j report.Job) { d.moves = append(d.moves, j.ID+" "+string(j.Status)) },
	}
	return d
}

func newVendor(t *testing.T, name string) *vendor {
	t.Helper()
	return &vendor{t: t, name: name, limits: limitsOf, validate: func(report.Params) error { return nil }}
}

// subscribe records a subscription of the source. A paused one is not planned, but its jobs run.
func (d *fixture) subscribe(name, source string, paused bool) report.Subscription {
	sub := report.Subscription{
		Name: name, Source: source, Params: report.Params{"unit": "u-1"},
		From: report.NewDate(2026, 11, 1), LagDays: 3, MaxWindowDays: 30, Paused: paused,
	}
	d.subs[name] = sub
	return sub
}

// plan records a job of the subscription that is PLANNED and due.
func (d *fixture) plan(id string, sub report.Subscription) report.Job {
	window := report.Window{From: report.NewDate(2026, 11, 1), To: report.NewDate(2026, 11, 4)}
	j := report.NewJob(id, sub, report.Request{Window: window, Tables: []string{"asp_device"}, Attempt: 1}, d.now)
	d.booked[id] = j
	return j
}

// answer makes the push source give these answers, one to each request, and no more.
func (d *fixture) answer(answers ...report.Answer) {
	asked := 0
	d.source.submit = func(context.Context, report.Order) report.Answer {
		d.t.Helper()
		if asked++; asked > len(answers) {
			d.t.Fatalf("request %d was sent, and the test has %d answers", asked, len(answers))
		}
		return answers[asked-1]
	}
}

func (d *fixture) run(ctx context.Context) requester.Summary {
	d.t.Helper()
	sum, err := d.Run(ctx, requester.Trigger{})
	if err != nil {
		d.t.Fatalf("run: %v", err)
	}
	return sum
}

// ending is a context of which the fixture's clock says when it ends.
type ending struct {
	context.Context
	at time.Time
}

func (e ending) Deadline() (time.Time, bool) { return e.at, true }

func (d *fixture) endingIn(left time.Duration) context.Context {
	return ending{d.t.Context(), d.now.Add(left)}
}

// shelf is the fixture as its records of subscriptions.
type shelf struct{ *fixture }

func (s shelf) Subscriptions(context.Context) ([]report.Subscription, error) {
	var all []report.Subscription
	for _, name := range slices.Sorted(maps.Keys(s.subs)) {
		if !s.subs[name].Removed() {
			all = append(all, s.subs[name])
		}
	}
	return all, nil
}

func (s shelf) Subscription(_ context.Context, name string) (report.Subscription, error) {
	sub, ok := s.subs[name]
	if !ok || sub.Removed() {
		return sub, fault.New(fault.NotFound, "no subscription %s", name)
	}
	return sub, nil
}

// Apply is not for tests that say nothing about it: none of them has a configured subscription.
func (s shelf) Apply(context.Context, report.Subscription, time.Time) (bool, error) {
	unset(s.t, "Apply")
	return false, nil
}

func (s shelf) DueSubscriptions(_ context.Context, now time.Time, limit int) ([]report.Subscription, error) {
	var due []report.Subscription
	for name, p := range s.planning {
		if !p.DueAt.IsZero() && !p.DueAt.After(now) {
			due = append(due, s.subs[name])
		}
	}
	slices.SortFunc(due, func(a, b report.Subscription) int {
		return cmp.Or(s.planning[a.Name].DueAt.Compare(s.planning[b.Name].DueAt), strings.Compare(a.Name, b.Name))
	})
	return due[:min(limit, len(due))], nil
}

func (s shelf) Standings(context.Context) ([]report.Standing, error) {
	var all []report.Standing
	for _, name := range slices.Sorted(maps.Keys(s.subs)) {
		if s.subs[name].Removed() {
			continue
		}
		standing := s.standing[name]
		standing.Subscription = name
		all = append(all, standing)
	}
	return all, nil
}

func (s shelf) RecentSnapshot(ctx context.Context, name string, _ report.Limits, _ report.Date) (report.Snapshot, error) {
	return s.snapshot(ctx, name)
}

func (d *fixture) snapshot(_ context.Context, name string) (report.Snapshot, error) {
	sub, ok := d.subs[name]
	if !ok {
		return report.Snapshot{}, fault.New(fault.NotFound, "no subscription %s", name)
	}
	b := report.Snapshot{Subscription: sub, Version: 1 + d.version, NextJob: 1 + d.version, Partitions: d.loaded[name], Planning: d.planning[name]}
	for _, j := range d.booked {
		if m, open := j.Marker(); open && j.Subscription == name {
			b.Markers = append(b.Markers, m)
		}
	}
	return b, nil
}

func (s shelf) Reserve(ctx context.Context, b report.Snapshot, requests []report.Request, now time.Time) ([]report.Job, error) {
	return s.reserve(ctx, b, requests, now)
}

func (d *fixture) reserve(_ context.Context, b report.Snapshot, requests []report.Request, now time.Time) ([]report.Job, error) {
	var made []report.Job
	for _, r := range requests {
		d.version++
		j := report.NewJob(fmt.Sprintf("%s-%d", b.Subscription.Name, d.version), b.Subscription, r, now)
		d.booked[j.ID] = j
		made = append(made, j)
	}
	return made, nil
}

func (s shelf) Forget(context.Context, string, []report.Marker) error { return nil }

func (s shelf) Planned(_ context.Context, b report.Snapshot, next report.Planning, gauges report.Gauges, now time.Time) error {
	s.planning[b.Subscription.Name] = next
	s.standing[b.Subscription.Name] = report.Standing{PlannedAt: now, NextPlan: next.DueAt, Gauges: gauges}
	return nil
}

// moved is what the ledger does when a job has come to an end or to a halt, or goes on after that: its subscription is due.
func (d *fixture) moved(j report.Job, before report.JobStatus) {
	if p, ok := d.planning[j.Subscription]; ok && (before.Holds() != j.Status.Holds() || before.NeedsPerson() != j.Status.NeedsPerson()) {
		p.DueAt = d.now
		d.planning[j.Subscription] = p
	}
}

func (d *fixture) due(_ context.Context, now time.Time, limit int) ([]report.Job, error) {
	var due []report.Job
	for _, j := range d.booked {
		if j.Due(now) {
			due = append(due, j)
		}
	}
	slices.SortFunc(due, func(a, b report.Job) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), strings.Compare(a.ID, b.ID))
	})
	return due[:min(limit, len(due))], nil
}

// copied keeps a change that fails from having changed anything.
func copied(j report.Job) report.Job {
	j.Files, j.History = slices.Clone(j.Files), slices.Clone(j.History)
	return j
}

func (d *fixture) update(ctx context.Context, id string, change func(*report.Job) error) (report.Job, error) {
	j := copied(d.booked[id])
	if err := cmp.Or(ctx.Err(), change(&j)); err != nil {
		return report.Job{}, err
	}
	d.moved(j, d.booked[id].Status)
	d.booked[id] = j
	return j, nil
}

// change gives up what has not been delivered.
func (d *fixture) change(ctx context.Context, id string, _ time.Time, change func(*report.Job) error) (report.Job, error) {
	return d.update(ctx, id, func(j *report.Job) error {
		if err := change(j); err != nil {
			return err
		}
		for i, f := range j.Files {
			if _, came := d.arrived[f.Key]; !came && f.Status == report.FileExpected {
				j.Files[i].Status = report.FileLost
			}
		}
		return nil
	})
}

func (d *fixture) accept(ctx context.Context, id string, epoch int64, a report.Answer, now, deadline time.Time) (report.Job, []report.File, error) {
	var arrived []report.File
	j, err := d.update(ctx, id, func(j *report.Job) error {
		if j.Epoch != epoch {
			return fault.New(fault.Conflict, "the lease is over")
		}
		return j.AwaitFiles(now, a, deadline)
	})
	for _, f := range a.Files {
		if delivery, ok := d.arrived[f.Name]; ok {
			arrived = append(arrived, report.File{Key: f.Name, Job: id, Delivery: &delivery})
		}
	}
	return j, arrived, err
}

func (d *fixture) lose(ctx context.Context, id string, now, recheck time.Time, why string) (report.Job, error) {
	return d.update(ctx, id, func(j *report.Job) error {
		if !j.Due(now) {
			return fault.New(fault.Conflict, "it has moved on")
		}
		return j.MarkLost(now, recheck, why)
	})
}

// UpdateCredential obeys the rules of the ledger's.
func (d *fixture) UpdateCredential(ctx context.Context, id string, change func(*report.Credential) bool) (report.Credential, error) {
	c := d.used[id]
	c.ID = id
	if ctx.Err() != nil {
		return report.Credential{}, ctx.Err()
	}
	if change(&c) {
		d.used[id] = c
	}
	return c, nil
}

// want checks where a job stands and when it is due, as a wait from the fixture's present time; never is no due time.
func (d *fixture) want(id string, status report.JobStatus, due time.Duration) {
	d.t.Helper()
	j := d.booked[id]
	if j.Status != status {
		d.t.Errorf("job %s is %s (%s), want %s", id, j.Status, j.Reason, status)
	}
	switch {
	case due == never && !j.DueAt.IsZero():
		d.t.Errorf("job %s is due at %s, want never", id, j.DueAt)
	case due != never && !j.DueAt.Equal(d.now.Add(due)):
		d.t.Errorf("job %s is due in %s, want %s", id, j.DueAt.Sub(d.now), due)
	}
}

const never = time.Duration(-1)
