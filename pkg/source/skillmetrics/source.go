// Package skillmetrics fetches the usage metrics of Alexa skills: customers, utterances, sessions.
//
// A request changes nothing at the vendor, so that every one may be repeated. [Source.Submit] sends nothing: it plans the
// files of a window, and [Source.Fetch] asks for the content of one.
//
// Facts are from the vendor's page "Metrics API v1" of 8 September 2023; what is known of v2 stands in v2.go.
package skillmetrics

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Source is the Metrics API as the requester sees it. It is safe for concurrent use.
type Source struct{ client *alexa.Client }

// New returns the source. Nothing is sent before the first fetch.
func New(o alexa.Options) *Source {
	return &Source{alexa.New(o, alexa.ReadRules(alexa.Remedies{
		BadRequest:   "check the subscription's parameters",
		Unauthorized: "check that the person who logged in may see the skill",
		Forbidden:    "check that the login was granted the scope " + scope + ", and that the person who logged in may see the skill",
		NotFound:     "check " + ParamSkillIDs + ", " + ParamStage + " and the endpoint",
	}))}
}

// Name returns [report.SourceSkillMetrics].
func (s *Source) Name() string { return report.SourceSkillMetrics }

// Format writes the source's name alone: printing it whole would reach the token source.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Name()) }

// Credential returns [report.CredentialLWA].
func (s *Source) Credential(report.Params) string { return report.CredentialLWA }

// Authorize gets an access token, which the requests after it are sent with.
func (s *Source) Authorize(ctx context.Context, _ report.Params) error {
	return s.client.Authorize(ctx)
}

// Submit sends nothing: it names the files of the order, each with a reference to what is to be fetched for it.
func (s *Source) Submit(_ context.Context, o report.Order) report.Answer {
	w, err := check(o)
	if err != nil {
		return report.NotSent(err)
	}
	a := report.Answer{Outcome: report.OutcomeAccepted}
	for i, f := range w.files(o.Window) {
		reference, err := w.reference(i+1, f)
		if err != nil {
			return report.Answer{Outcome: report.OutcomeRefused, Why: "not sent: the plan has no reference"}
		}
		a.Files = append(a.Files, report.NamedFile{Name: fmt.Sprintf("skill-metrics-%03d.csv", i+1), Table: Table, Fetch: reference})
	}
	return a
}

// check returns what an order is for, or every reason why it can be for nothing.
func check(o report.Order) (wanted, error) {
	w, err := parse(o.Subscription.Params)
	return w, errors.Join(err, o.Fits(Table, maxWindowDays))
}

// Poll is never called for this source, which answers at once: it refuses.
func (s *Source) Poll(context.Context, report.Order) report.Answer {
	return report.NoStatus(s.Name())
}

// Fetch asks for everything of a file, page by page, and returns it as CSV. With other parameters than those that the file
// was planned for, the order has failed. What the vendor answers wrongly is asked for again from the first page.
func (s *Source) Fetch(ctx context.Context, o report.Order, f report.NamedFile, turn func(context.Context) error) (io.ReadCloser, report.Answer) {
	w, err := check(o)
	if err != nil {
		return nil, report.NotSent(err)
	}
	planned, err := w.find(f.Fetch, o.Window)
	if err != nil {
		return nil, report.Answer{Outcome: report.OutcomeFailed, Why: "not sent: " + err.Error()}
	}
	fetch := &fetching{client: s.client, wanted: w, skill: planned.Skill, turn: turn, first: true}
	for _, queries := range planned.Calls {
		if a := fetch.pages(ctx, queries); a.Outcome != report.OutcomeAccepted {
			return nil, a
		}
	}
	all, err := alexa.Canonical(fetch.rows, row.compare, errConflict)
	if err != nil {
		return nil, alexa.Wrong(fetch.last, err)
	}
	content, err := alexa.Content(all)
	if err != nil {
		return nil, alexa.Wrong(fetch.last, errors.New("it cannot be written as CSV"))
	}
	return content, fetch.last
}
