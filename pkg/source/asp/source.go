// Package asp asks the Alexa Smart Properties Analytics API for reports.
//
// The API has one operation: a POST that is answered with the names of the files that the vendor will put into the
// delivery bucket, minutes later. There is no status call, no job id and no idempotency key. So a request is sent at most
// once, and whatever happens to it becomes an outcome that says whether it may be sent again.
//
// Facts are from the vendor's page "Analytics API" of 28 November 2023.
package asp

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// DefaultEndpoint is the only documented host.
const DefaultEndpoint = "https://api.amazonalexa.com"

// path of the operation "Generate report".
const path = "/v1/enterprise/analytics/reports"

// Tokens are where access tokens come from. An error of kind [fault.Poison] means that the credential itself is refused;
// any other one passes.
type Tokens interface {
	Token(ctx context.Context) (redact.Text, error)
	// Drop tells that the vendor did not take this token.
	Drop(token redact.Text)
}

// Options are what [New] needs.
type Options struct {
	// Endpoint is scheme and host; empty means [DefaultEndpoint].
	Endpoint string
	// HTTP must not be shared with other sources: its idle connections are closed before each request.
	HTTP   *httpclient.Client
	Tokens Tokens
	Now    func() time.Time
	// Scrubber takes the secrets that it knows out of the vendor's words; it may be nil.
	Scrubber *redact.Scrubber
	// Rules replace [DefaultRules] when there are any.
	Rules []Rule
	// Statuses are outcomes of single HTTP statuses that go before the rules.
	Statuses map[int]report.Outcome
	// Daily are the granularities that give a row for each day, the default first; none means [Daily] alone.
	Daily []string
	// Partition of the delivery bucket when that is given by name; empty means aws.
	Partition string
}

// Source is the Analytics API as the requester sees it. It is safe for concurrent use.
type Source struct{ o Options }

// New returns the source. Nothing is sent before the first order.
func New(o Options) *Source {
	o.Endpoint, o.Partition = cmp.Or(o.Endpoint, DefaultEndpoint), cmp.Or(o.Partition, "aws")
	if len(o.Rules) == 0 {
		o.Rules = DefaultRules()
	}
	o.Rules = slices.Concat(byStatus(o.Statuses), o.Rules)
	if len(o.Daily) == 0 {
		o.Daily = []string{Daily}
	}
	return &Source{o}
}

// Name returns [report.SourceASPAnalytics].
func (s *Source) Name() string { return report.SourceASPAnalytics }

// Format writes the source's name alone: printing it whole would reach the token source.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Name()) }

// Credential returns [report.CredentialLWA].
func (s *Source) Credential(report.Params) string { return report.CredentialLWA }

// Authorize gets an access token, which the orders after it are sent with.
func (s *Source) Authorize(ctx context.Context, _ report.Params) error {
	if _, err := s.o.Tokens.Token(ctx); err != nil {
		return fault.As(fault.KindOf(err), errors.New(s.o.Scrubber.Scrub(oneLine(err))))
	}
	return nil
}

// Submit sends the order, once, and once more with a fresh token if the first one was refused. It obeys the deadline of
// ctx. It never fails: what went wrong is the answer's outcome, and only [report.OutcomeUnknown] leaves open whether the
// vendor took the order.
func (s *Source) Submit(ctx context.Context, o report.Order) report.Answer {
	body, err := s.encode(o)
	if err != nil {
		return report.Answer{
			Outcome: report.OutcomeRefused,
			Why:     "not sent: " + oneLine(err),
		}
	}
	// A kept connection may have died unnoticed, and an order written into it would have an unknown outcome.
	s.o.HTTP.CloseIdleConnections()
	token, err := s.o.Tokens.Token(ctx)
	if err != nil {
		return s.tokenless(err)
	}
	answer := s.post(ctx, token, body, o)
	if answer.Outcome != report.OutcomeUnauthorized {
		return answer
	}
	s.o.Tokens.Drop(token)
	fresh, err := s.o.Tokens.Token(ctx)
	if err != nil {
		return s.tokenless(err)
	}
	s.o.HTTP.CloseIdleConnections()
	answer = s.post(ctx, fresh, body, o)
	if answer.Outcome == report.OutcomeUnauthorized {
		// Login with Amazon has just said that the credential is good, so this is about what was asked for: the vendor
		// answers 401 also where there is no access to the unit. Others may well be asked for with it.
		answer.Outcome = report.OutcomeRefused
		s.o.Tokens.Drop(fresh)
	}
	return answer
}

// oneLine returns the text of joined errors as one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// tokenless is the answer when there is no token to send an order with.
func (s *Source) tokenless(err error) report.Answer {
	a := report.Answer{
		Outcome: report.OutcomeBackOff,
		Why:     s.o.Scrubber.Scrub("not sent: no access token: " + oneLine(err)),
	}
	if fault.Is(err, fault.Poison) || fault.Is(err, fault.NotFound) {
		a.Outcome = report.OutcomeUnauthorized
	}
	return a
}

func (s *Source) post(ctx context.Context, token redact.Text, body []byte, o report.Order) report.Answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.o.Endpoint, "/")+path, bytes.NewReader(body))
	if err != nil {
		return report.Answer{Outcome: report.OutcomeRefused, Why: "not sent: the endpoint is not a URL"}
	}
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "bellhop")
	reply, err := s.o.HTTP.Do(req)
	if err != nil {
		a := report.Answer{Outcome: report.OutcomeUnknown, Why: err.Error()}
		if unsent, ok := errors.AsType[*httpclient.Error](err); ok && !unsent.Sent {
			a.Outcome = report.OutcomeBackOff
		}
		return a
	}
	return s.understand(reply, o, s.o.Now())
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
