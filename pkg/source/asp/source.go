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
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

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

// Validate reports every problem of a subscription's parameters at once.
func (s *Source) Validate(p report.Params) error {
	r := report.ParamReader{Params: p}
	for _, name := range p.Unknown(ParamUnitID, ParamCategories, ParamShowSubUnits, ParamGranularity) {
		r.Bad("%s is not a parameter of %s: use %s, %s, %s or %s", name, s.Name(),
			ParamUnitID, ParamCategories, ParamShowSubUnits, ParamGranularity)
	}
	switch id := p[ParamUnitID]; {
	case id == "":
		r.Bad("%s is missing: the unit whose data is wanted, of the form amzn1.alexa.unit.did.{id}", ParamUnitID)
	case len(id) > maxID || !unitID.MatchString(id):
		r.Bad("%s is %q: it must be of the form amzn1.alexa.unit.did.{id}", ParamUnitID, id)
	}
	for _, name := range p.List(ParamCategories) {
		if _, ok := byName(name); !ok {
			r.Bad("%s has %q, which is unknown: use %s", ParamCategories, name, strings.Join(Categories(), ", "))
		}
	}
	r.OneOf(ParamShowSubUnits, "true", "true", "false")
	switch g := p[ParamGranularity]; {
	case g == "":
	case !granularity.MatchString(g):
		r.Bad("%s is %q: it must be a word of capital letters such as %s", ParamGranularity, g, Daily)
	case !slices.Contains(s.o.Daily, g):
		r.Bad("%s is %q: only %s is known to give a row for each day, and only days can be loaded",
			ParamGranularity, g, strings.Join(s.o.Daily, ", "))
	}
	return r.Err()
}

// Warnings returns none: what the source accepts it can vouch for.
func (s *Source) Warnings(report.Params) []string { return nil }

// Limits of the vendor: data of the past 90 days, of which bellhop stays two clear; a request may span all of it.
// No delivery time is documented, so a file is waited for six hours.
func (s *Source) Limits(p report.Params) report.Limits {
	l := report.Limits{DeliveryWindow: 6 * time.Hour}
	wanted := p.List(ParamCategories)
	for _, c := range categories {
		if len(wanted) == 0 || slices.Contains(wanted, c.name) {
			l.Tables = append(l.Tables, c.table)
		}
	}
	return l.Reaching(90)
}

// Credential returns [report.CredentialLWA].
func (s *Source) Credential(report.Params) string { return report.CredentialLWA }

// Authorize gets an access token, which the orders after it are sent with.
func (s *Source) Authorize(ctx context.Context, _ report.Params) error {
	return s.client.Authorize(ctx)
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
