package requester_test

import (
	"cmp"
	"context"
	"io"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// unset ends a test that made a call it said nothing about.
func unset(t *testing.T, method string) {
	t.Helper()
	t.Fatalf("unexpected call of %s", method)
}

// turn is what a fetch calls before each further request.
type turn = func(context.Context) error

// vendor is a source that does what the test says.
type vendor struct {
	t        *testing.T
	name     string
	limits   report.Limits
	validate func(report.Params) error
	// credential is the vendor's name unless it is set; without authorize it can always be used.
	credential string
	authorize  func() error
	submit     func(context.Context, report.Order) report.Answer
	poll       func(context.Context, report.Order) report.Answer
	fetch      func(context.Context, report.Order, report.NamedFile, turn) (io.ReadCloser, report.Answer)
}

func (v *vendor) Name() string                        { return v.name }
func (v *vendor) Describe() report.SourceDescription  { return report.SourceDescription{Name: v.name} }
func (v *vendor) Warnings(report.Params) []string     { return nil }
func (v *vendor) Limits(report.Params) report.Limits  { return v.limits }
func (v *vendor) Validate(params report.Params) error { return v.validate(params) }

func (v *vendor) Credential(report.Params) string { return cmp.Or(v.credential, v.name) }

func (v *vendor) Authorize(context.Context, report.Params) error {
	if v.authorize == nil {
		return nil
	}
	return v.authorize()
}

func (v *vendor) Submit(ctx context.Context, o report.Order) report.Answer {
	v.t.Helper()
	if v.submit == nil {
		unset(v.t, v.name+".Submit")
	}
	return v.submit(ctx, o)
}

func (v *vendor) Poll(ctx context.Context, o report.Order) report.Answer {
	v.t.Helper()
	if v.poll == nil {
		unset(v.t, v.name+".Poll")
	}
	return v.poll(ctx, o)
}

func (v *vendor) Fetch(ctx context.Context, o report.Order, f report.NamedFile, next turn) (io.ReadCloser, report.Answer) {
	v.t.Helper()
	if v.fetch == nil {
		unset(v.t, v.name+".Fetch")
	}
	return v.fetch(ctx, o, f, next)
}

// snapshots is the fixture's record of subscriptions, in which a test may replace a method. Where it has no replacement, the fixture's
// own answers.
type snapshots struct {
	shelf
	subscription func(context.Context, string) (report.Subscription, error)
	due          func(context.Context, time.Time, int) ([]report.Subscription, error)
	standings    func(context.Context) ([]report.Standing, error)
	apply        func(context.Context, report.Subscription) (bool, error)
	snapshot     func(context.Context, string) (report.Snapshot, error)
	reserve      func(context.Context, report.Snapshot, []report.Request, time.Time) ([]report.Job, error)
	forget       func(context.Context, string, []report.Marker) error
}

func (b *snapshots) Subscription(ctx context.Context, name string) (report.Subscription, error) {
	if b.subscription != nil {
		return b.subscription(ctx, name)
	}
	return b.shelf.Subscription(ctx, name)
}

func (b *snapshots) DueSubscriptions(ctx context.Context, now time.Time, limit int) ([]report.Subscription, error) {
	if b.due != nil {
		return b.due(ctx, now, limit)
	}
	return b.shelf.DueSubscriptions(ctx, now, limit)
}

func (b *snapshots) Standings(ctx context.Context) ([]report.Standing, error) {
	if b.standings != nil {
		return b.standings(ctx)
	}
	return b.shelf.Standings(ctx)
}

func (b *snapshots) Apply(ctx context.Context, sub report.Subscription, now time.Time) (bool, error) {
	if b.apply != nil {
		return b.apply(ctx, sub)
	}
	return b.shelf.Apply(ctx, sub, now)
}

func (b *snapshots) RecentSnapshot(ctx context.Context, name string, l report.Limits, today report.Date) (report.Snapshot, error) {
	if b.snapshot != nil {
		return b.snapshot(ctx, name)
	}
	return b.shelf.RecentSnapshot(ctx, name, l, today)
}

func (b *snapshots) Reserve(ctx context.Context, snapshot report.Snapshot, requests []report.Request, now time.Time) ([]report.Job, error) {
	if b.reserve != nil {
		return b.reserve(ctx, snapshot, requests, now)
	}
	return b.shelf.Reserve(ctx, snapshot, requests, now)
}

func (b *snapshots) Forget(ctx context.Context, sub string, markers []report.Marker) error {
	if b.forget != nil {
		return b.forget(ctx, sub, markers)
	}
	return b.shelf.Forget(ctx, sub, markers)
}

// records is the ledger, of which a test replaces a part.
type records struct {
	*snapshots
	*jobs
	*fixture
}

type jobs struct {
	t         *testing.T
	dueJobs   func(context.Context, time.Time, int) ([]report.Job, error)
	updateJob func(context.Context, string, func(*report.Job) error) (report.Job, error)
	changeJob func(context.Context, string, time.Time, func(*report.Job) error) (report.Job, error)
	accept    func(context.Context, string, int64, report.Answer, time.Time, time.Time) (report.Job, []report.File, error)
	loseJob   func(context.Context, string, time.Time, time.Time, string) (report.Job, error)
}

func (j *jobs) DueJobs(ctx context.Context, now time.Time, limit int) ([]report.Job, error) {
	j.t.Helper()
	if j.dueJobs == nil {
		unset(j.t, "DueJobs")
	}
	return j.dueJobs(ctx, now, limit)
}

func (j *jobs) UpdateJob(ctx context.Context, id string, change func(*report.Job) error) (report.Job, error) {
	j.t.Helper()
	if j.updateJob == nil {
		unset(j.t, "UpdateJob")
	}
	return j.updateJob(ctx, id, change)
}

func (j *jobs) ChangeJob(ctx context.Context, id string, now time.Time, change func(*report.Job) error) (report.Job, error) {
	j.t.Helper()
	if j.changeJob == nil {
		unset(j.t, "ChangeJob")
	}
	return j.changeJob(ctx, id, now, change)
}

func (j *jobs) Accept(ctx context.Context, id string, epoch int64, a report.Answer, now, deadline time.Time) (report.Job, []report.File, error) {
	j.t.Helper()
	if j.accept == nil {
		unset(j.t, "Accept")
	}
	return j.accept(ctx, id, epoch, a, now, deadline)
}

func (j *jobs) LoseJob(ctx context.Context, id string, now, recheck time.Time, why string) (report.Job, error) {
	j.t.Helper()
	if j.loseJob == nil {
		unset(j.t, "LoseJob")
	}
	return j.loseJob(ctx, id, now, recheck, why)
}

type queue struct {
	t         *testing.T
	redeliver func(context.Context, report.Delivery) error
}

func (q *queue) Redeliver(ctx context.Context, d report.Delivery) error {
	q.t.Helper()
	if q.redeliver == nil {
		unset(q.t, "Redeliver")
	}
	return q.redeliver(ctx, d)
}

type deliverer struct {
	t       *testing.T
	deliver func(context.Context, string, string, io.Reader) error
}

func (d *deliverer) Deliver(ctx context.Context, job, key string, content io.Reader) error {
	d.t.Helper()
	if d.deliver == nil {
		unset(d.t, "Deliver")
	}
	return d.deliver(ctx, job, key, content)
}
