// Package campaigns reads and changes the campaigns of Alexa Smart Properties: suggestions on the home screens of rooms.
// [Client] has the operations of the API; [Source] takes a snapshot of all campaigns each day.
//
// Facts are from the vendor's page "Proactive Suggestion API" of 2 May 2023.
package campaigns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Source is the list of campaigns as the requester sees it. It is safe for concurrent use.
type Source struct {
	client *alexa.Client
	now    func() time.Time
}

// New returns the source. Nothing is sent before the first fetch.
func New(o alexa.Options) *Source { return &Source{alexa.New(o, rules()), o.Now} }

// Name returns [report.SourceCampaigns].
func (s *Source) Name() string { return report.SourceCampaigns }

// Format writes the source's name alone: printing it whole would reach the token source.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Name()) }

// Credential returns [report.CredentialLWA].
func (s *Source) Credential(report.Params) string { return report.CredentialLWA }

// Authorize gets an access token, which the requests after it are sent with.
func (s *Source) Authorize(ctx context.Context, _ report.Params) error {
	return s.client.Authorize(ctx)
}

// Validate refuses every parameter: the list has none.
func (s *Source) Validate(p report.Params) error {
	var all problems
	for _, name := range p.Unknown() {
		all.bad(name, "is not a parameter of %s: it has none", s.Name())
	}
	return errors.Join(all...)
}

// Warnings returns none: what the source accepts it can vouch for.
func (s *Source) Warnings(report.Params) []string { return nil }

// Limits of a snapshot: it can be taken on its day, and never afterwards.
func (s *Source) Limits(report.Params) report.Limits {
	return report.Limits{Tables: []string{Table}, MaxWindowDays: 1, Repeatable: true, DeliveryWindow: 6 * time.Hour}
}

// The one file of a snapshot. What is fetched for it depends on no parameter.
const (
	fileName  = "campaigns.csv"
	reference = "all"
)

// Submit sends nothing: it names the file of the snapshot.
func (s *Source) Submit(_ context.Context, o report.Order) report.Answer {
	if err := s.check(o); err != nil {
		return report.NotSent(err)
	}
	return report.Answer{
		Outcome: report.OutcomeAccepted,
		Files:   []report.NamedFile{{Name: fileName, Table: Table, Fetch: reference}},
	}
}

// check reports every reason why an order can be for nothing.
func (s *Source) check(o report.Order) error {
	return errors.Join(s.Validate(o.Subscription.Params), o.Fits(Table, 1))
}

// Poll is never called for this source, which answers at once: it refuses.
func (s *Source) Poll(context.Context, report.Order) report.Answer {
	return report.NoStatus(s.Name())
}

// Fetch lists all campaigns and returns them as CSV. On another day than the order's it has failed: what the list holds then
// is not what it held. What the vendor answers wrongly is asked for again from the first page, as is a campaign that changed
// from one page to another.
func (s *Source) Fetch(ctx context.Context, o report.Order, f report.NamedFile, turn func(context.Context) error) (io.ReadCloser, report.Answer) {
	if err := s.check(o); err != nil {
		return nil, report.NotSent(err)
	}
	if today := report.DateOf(s.now()); o.Window.From != today {
		return nil, report.Answer{
			Outcome: report.OutcomeFailed, Why: fmt.Sprintf("not sent: a snapshot of %s cannot be taken on %s", o.Window.From, today),
		}
	}
	if f.Fetch != reference {
		return nil, report.Answer{Outcome: report.OutcomeFailed, Why: "not sent: the reference is that of no snapshot"}
	}
	var rows []row
	var pages alexa.Pages
	for r := (PageRequest{MaxResults: maxPage}); ; {
		page, a := s.page(ctx, r, turn)
		if a.Outcome != report.OutcomeAccepted {
			return nil, a
		}
		var err error
		if rows, err = appendRows(rows, o.Window.From, page.Campaigns); err == nil {
			err = pages.Next(page.NextToken)
		}
		if err != nil {
			return nil, wrong(a, err)
		}
		if r.NextToken = page.NextToken; r.NextToken != "" {
			continue
		}
		content, err := alexa.Content(sorted(rows))
		if err != nil {
			return nil, wrong(a, errors.New("it cannot be written as CSV"))
		}
		return content, a
	}
}

// page lists one page, under a turn of its own unless it is the first one.
func (s *Source) page(ctx context.Context, r PageRequest, turn func(context.Context) error) (Page, report.Answer) {
	if r.NextToken != "" {
		if err := turn(ctx); err != nil {
			return Page{}, alexa.NoTurn(err)
		}
	}
	call := listCall(r)
	call.Turn = turn
	reply, a := s.client.Do(ctx, call)
	if a.Outcome != report.OutcomeAccepted {
		return Page{}, a
	}
	page, err := readPage(reply)
	if err != nil {
		return Page{}, wrong(a, err)
	}
	return page, a
}
