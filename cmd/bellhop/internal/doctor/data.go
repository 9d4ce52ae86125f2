package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Ledger is what is read of the ledger.
type Ledger interface {
	Subscriptions(ctx context.Context) ([]report.Subscription, error)
	Jobs(ctx context.Context, subscription string) ([]report.Job, error)
}

// silence is after how long without an accepted request something is off: each day has one. The alarm waits as long.
const silence = 26 * time.Hour

// DataChecks returns what there is to look at in a ledger, wherever it is.
func DataChecks(l Ledger, now func() time.Time) []Check {
	return []Check{{"data", "last successful request", func(ctx context.Context) (string, error) { return lastRequest(ctx, l, now()) }}}
}

func lastRequest(ctx context.Context, l Ledger, now time.Time) (string, error) {
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
