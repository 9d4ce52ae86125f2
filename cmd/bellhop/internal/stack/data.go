package stack

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Records is what is read of the ledger, and the turns that are taken there.
type Records interface {
	Subscriptions(ctx context.Context) ([]report.Subscription, error)
	Jobs(ctx context.Context, subscription string) ([]report.Job, error)
	// DaysBetween returns the published days of a subscription whose objects have keys behind one and up to another; with neither, all
	// that have an object.
	DaysBetween(ctx context.Context, subscription, after, to string) ([]report.Partition, error)
	// UpdateCredential changes what the runs share of a credential, where change returns true, and returns it as it is then.
	UpdateCredential(ctx context.Context, id string, change func(*report.Credential) bool) (report.Credential, error)
}

// Dataset says of which format it is.
type Dataset interface {
	// Format returns 0 when the dataset says none. One that this bellhop does not know is Poison.
	Format(ctx context.Context) (int, error)
}

// silence is after how long without an accepted request something is off: each day has one. The alarm waits as long.
const silence = 26 * time.Hour

// DataChecks returns what there is to look at in a ledger and a dataset, wherever they are; d is nil when the dataset is not known.
func DataChecks(l Records, d Dataset, now func() time.Time) []Check {
	days := once(func(ctx context.Context) ([]report.Partition, error) { return published(ctx, l) })
	checks := []Check{
		{"data", "last successful request", func(ctx context.Context) (string, error) { return lastRequest(ctx, l, now()) }},
		{"data", "published days", func(ctx context.Context) (string, error) { return vanished(ctx, days) }},
	}
	if d != nil {
		checks = append(checks, Check{"data", "format of the dataset", func(ctx context.Context) (string, error) { return format(ctx, d, days) }})
	}
	return checks
}

// published returns the published days of all subscriptions in use that have an object.
func published(ctx context.Context, l Records) ([]report.Partition, error) {
	subs, err := l.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	var days []report.Partition
	for _, sub := range subs {
		of, err := l.DaysBetween(ctx, sub.Name, "", "")
		if err != nil {
			return nil, err
		}
		for _, s := range of {
			s.Subscription = sub.Name
			days = append(days, s)
		}
	}
	return days, nil
}

// vanished looks for days that the last verification found gone or replaced.
func vanished(ctx context.Context, days func(context.Context) ([]report.Partition, error)) (string, error) {
	all, err := days(ctx)
	if err != nil {
		return "", err
	}
	gone := slices.DeleteFunc(slices.Clone(all), func(s report.Partition) bool { return s.Vanished == nil })
	if len(gone) == 0 {
		return fmt.Sprintf("%d, and none was found to be gone", len(all)), nil
	}
	first := gone[0]
	return "", trouble("see which: bellhop verify; the requester asks again for the days that the vendor still has",
		"%d of %d vanished from the dataset or were replaced there, such as %s of %s of %s", len(gone), len(all), first.Date, first.Table, first.Subscription)
}

// format looks whether the dataset is of today's format.
func format(ctx context.Context, d Dataset, days func(context.Context) ([]report.Partition, error)) (string, error) {
	n, err := d.Format(ctx)
	switch {
	case fault.Is(err, fault.Poison):
		return "", trouble("use the bellhop that wrote it, here and in the stack, or a newer one", "%v", err)
	case err != nil:
		return "", err
	case n == report.DatasetFormat:
		return fmt.Sprintf("%d, that of this bellhop", n), nil
	case n > 0:
		return "", trouble("bring it to this format: bellhop migrate", "%d, and this bellhop writes %d", n, report.DatasetFormat)
	}
	all, err := days(ctx)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "nothing is published yet", nil
	}
	return "", trouble("bring it to this format: bellhop migrate", "the dataset says none, so that days may be of an earlier one than %d", report.DatasetFormat)
}

func lastRequest(ctx context.Context, l Records, now time.Time) (string, error) {
	subs, err := l.Subscriptions(ctx)
	if err != nil {
		return "", err
	}
	if len(subs) == 0 {
		return "", trouble("deploy with UnitId, or add one: bellhop subscriptions apply --help", "the ledger has no subscription: nothing is asked for")
	}
	var last time.Time
	active := 0
	for _, sub := range subs {
		if sub.Paused {
			continue
		}
		active++
		jobs, err := l.Jobs(ctx, sub.Name)
		if err != nil {
			return "", err
		}
		for _, j := range jobs {
			if at := accepted(j); at.After(last) {
				last = at
			}
		}
	}
	switch {
	case active == 0:
		return "every subscription is paused", nil
	case last.IsZero():
		return "", trouble("start a run with the output FirstRunCommand, and look at bellhop jobs list", "the vendor has accepted no request yet")
	case now.Sub(last) > silence:
		return "", trouble("look at bellhop jobs list and at bellhop logs requester", "the vendor accepted the last request %s ago", now.Sub(last).Round(time.Minute))
	default:
		return fmt.Sprintf("accepted %s ago", now.Sub(last).Round(time.Second)), nil
	}
}

// accepted is when the vendor last accepted a job's request.
func accepted(j report.Job) (at time.Time) {
	for _, e := range j.History {
		if e.To == string(report.JobAwaitingFiles) || e.To == string(report.JobPolling) {
			at = e.At
		}
	}
	return at
}
