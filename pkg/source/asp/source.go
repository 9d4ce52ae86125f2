// Package asp asks the Alexa Smart Properties Analytics API for reports.
//
// The API has one operation: a POST that is answered with the names of the files that the vendor will put into the
// delivery bucket, minutes later. There is no status call, no job id and no idempotency key. So a request is sent at most
// once, and whatever happens to it becomes an outcome that says whether it may be sent again.
//
// Facts are from the vendor's page "Analytics API" of 28 November 2023.
package asp

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// path of the operation "Generate report".
const path = "/v1/enterprise/analytics/reports"

// Options are what [New] needs.
type Options struct {
	// The HTTP client must not be shared with other sources: its idle connections are closed before each request.
	alexa.Options
	// Rules replace [DefaultRules] when there are any.
	Rules []alexa.Rule
	// Statuses are outcomes of single HTTP statuses that go before the rules.
	Statuses map[int]report.Outcome
	// Daily are the granularities that give a row for each day, the default first; none means [Daily] alone.
	Daily []string
	// Partition of the delivery bucket when that is given by name; empty means aws.
	Partition string
}

// Source is the Analytics API as the requester sees it. It is safe for concurrent use.
type Source struct {
	o      Options
	client *alexa.Client
}

// New returns the source. Nothing is sent before the first order.
func New(o Options) *Source {
	o.Partition = cmp.Or(o.Partition, "aws")
	if len(o.Rules) == 0 {
		o.Rules = DefaultRules()
	}
	if len(o.Daily) == 0 {
		o.Daily = []string{Daily}
	}
	return &Source{o, alexa.New(o.Options, slices.Concat(byStatus(o.Statuses), o.Rules))}
}

// Name returns [report.SourceASPAnalytics].
func (s *Source) Name() string { return report.SourceASPAnalytics }

// Format writes the source's name alone: printing it whole would reach the token source.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Name()) }

// Credential returns [report.CredentialLWA].
func (s *Source) Credential(report.Params) string { return report.CredentialLWA }

// Authorize gets an access token, which the orders after it are sent with.
func (s *Source) Authorize(ctx context.Context, _ report.Params) error {
	return s.client.Authorize(ctx)
}

// Submit sends the order, once, and once more with a fresh token if the first one was refused. It obeys the deadline of
// ctx. It never fails: what went wrong is the answer's outcome, and only [report.OutcomeUnknown] leaves open whether the
// vendor took the order.
func (s *Source) Submit(ctx context.Context, o report.Order) report.Answer {
	body, err := s.encode(o)
	if err != nil {
		return report.NotSent(err)
	}
	reply, answer := s.client.Do(ctx, alexa.Call{Method: http.MethodPost, Path: path, Body: body, Once: true})
	if answer.Outcome != report.OutcomeAccepted {
		return answer
	}
	return understand(reply, answer, o)
}

// Poll is never called for this source, which has nothing to ask after: it refuses.
func (s *Source) Poll(context.Context, report.Order) report.Answer {
	return report.Answer{
		Outcome: report.OutcomeRefused,
		Why:     s.Name() + " has no status to ask for: the vendor puts the files into the bucket",
	}
}

// Fetch is never called for this source, whose files name nothing to fetch: it refuses.
func (s *Source) Fetch(context.Context, report.Order, report.NamedFile, func(context.Context) error) (io.ReadCloser, report.Answer) {
	return nil, report.Answer{
		Outcome: report.OutcomeRefused,
		Why:     s.Name() + " has nothing to fetch: the vendor puts the files into the bucket",
	}
}
