package requester

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Source is one vendor API. The one interface fits a vendor that pushes files, one that is polled, and one whose content
// is fetched: an answer says what is to happen next.
type Source interface {
	Name() string
	// Describe tells people about the source, and what a new subscription has where they say nothing.
	Describe() report.SourceDescription
	// Validate reports every problem of a subscription's parameters, joined.
	Validate(p report.Params) error
	// Warnings tells what the source accepts of parameters and cannot vouch for. Like Limits it is only called with valid ones.
	Warnings(p report.Params) []string
	Limits(p report.Params) report.Limits
	// Credential names the credential that orders with these parameters are sent with. Sources that share one give the same
	// name: it is known to the ledger and to people, so it must not tell anything secret.
	Credential(p report.Params) string
	// Authorize makes sure that the credential can be used, before anything is sent with it. An error of kind NotFound (it is
	// missing) or Poison (it was refused) needs a person; any other passes. It is safe to repeat.
	Authorize(ctx context.Context, p report.Params) error
	// Submit sends one request. Every failure is an outcome. It is not safe to repeat while the outcome is unknown.
	Submit(ctx context.Context, o report.Order) report.Answer
	// Poll asks after an order that was answered with [report.OutcomePending]. It is safe to repeat.
	Poll(ctx context.Context, o report.Order) report.Answer
	// Fetch returns the content of a file that an answer named with a reference, as CSV, and [report.OutcomeAccepted]; without
	// content the answer says why, as that of Submit does. The turn for its first request has been taken. Before each further
	// one it calls turn, which waits until that may be sent; its error ends the fetch, whatever the answer then says. It is safe
	// to repeat.
	Fetch(ctx context.Context, o report.Order, f report.NamedFile, turn func(context.Context) error) (io.ReadCloser, report.Answer)
}

// SourceNamed returns the source that has the name, if it is among all.
func SourceNamed(all []Source, name string) (Source, bool) {
	i := slices.IndexFunc(all, func(s Source) bool { return s.Name() == name })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// Ledger is the record of subscriptions with what is planned for them, of jobs, and of what all runs share of a vendor's credential.
type Ledger interface {
	// Subscription returns one, or NotFound.
	Subscription(ctx context.Context, name string) (report.Subscription, error)
	Subscriptions(ctx context.Context) ([]report.Subscription, error)
	// DueSubscriptions returns those that are to be planned, the longest overdue first.
	DueSubscriptions(ctx context.Context, now time.Time, limit int) ([]report.Subscription, error)
	// Standings returns of each how it stood when it was last planned.
	Standings(ctx context.Context) ([]report.Standing, error)
	// Apply brings a subscription into the ledger. One that changes is to be planned at now.
	Apply(ctx context.Context, sub report.Subscription, now time.Time) (changed bool, err error)
	// RecentSnapshot returns the planner's input, or NotFound.
	RecentSnapshot(ctx context.Context, name string, l report.Limits, today report.Date) (report.Snapshot, error)
	// Reserve turns planned requests into jobs. Conflict when another plan came first.
	Reserve(ctx context.Context, b report.Snapshot, requests []report.Request, now time.Time) ([]report.Job, error)
	// Forget removes markers that no longer tell the planner anything.
	Forget(ctx context.Context, subscription string, markers []report.Marker) error
	// Planned records a plan that left nothing to reserve. Conflict when the subscription has changed, or was asked to be
	// planned, since the snapshot was read.
	Planned(ctx context.Context, b report.Snapshot, next report.Planning, gauges report.Gauges, now time.Time) error

	// DueJobs returns jobs that are due, the longest overdue first. Of records that cannot be read the error tells, beside
	// the others; the list is nil when nothing could be read at all.
	DueJobs(ctx context.Context, now time.Time, limit int) ([]report.Job, error)
	// UpdateJob applies a transition. The transition's error is returned as it is.
	UpdateJob(ctx context.Context, id string, change func(*report.Job) error) (report.Job, error)
	// Accept records an accepted request with all of its files, all or nothing, and returns those that have arrived
	// already. Conflict or Poison when they can't be recorded at all.
	Accept(ctx context.Context, id string, epoch int64, a report.Answer, now, deadline time.Time) (report.Job, []report.File, error)
	// ChangeJob is UpdateJob, and gives up what the job awaited, at now.
	ChangeJob(ctx context.Context, id string, now time.Time, change func(*report.Job) error) (report.Job, error)
	// LoseJob gives a due job up, with those of its files that have not come.
	LoseJob(ctx context.Context, id string, now, recheck time.Time, why string) (report.Job, error)

	// UpdateCredential changes the record of a credential, and returns it as it is afterwards. Change may run more than once; when it returns false,
	// nothing is written.
	UpdateCredential(ctx context.Context, id string, change func(*report.Credential) bool) (report.Credential, error)
}

// Queue starts the load of a delivery.
type Queue interface {
	Redeliver(ctx context.Context, d report.Delivery) error
}

// Deliverer puts fetched content into the delivery bucket for a job, under a key that the ledger already expects. That it is there
// already, for the same job, is no error; what is there for another is Poison. It is safe to repeat.
type Deliverer interface {
	Deliver(ctx context.Context, job, key string, content io.Reader) error
}
