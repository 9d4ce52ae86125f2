package alexa

import (
	"regexp"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Rule says what one class of the vendor's answers means. The copies of the vendor's pages contradict themselves about the
// numbers of statuses, or have lost them, so behaviour hangs on the class and the words.
type Rule struct {
	// Name of the class, for people.
	Name string
	// From and To bound the HTTP status, both included.
	From, To int
	// Text must match the vendor's words; nil matches all.
	Text *regexp.Regexp
	// Outcome of an answer that fits.
	Outcome report.Outcome
	// Remedy tells a person what to check; it is part of what is reported. May be empty.
	Remedy string
}

func (r Rule) fits(status int, words string) bool {
	return r.From <= status && status <= r.To && (r.Text == nil || r.Text.MatchString(words))
}

var (
	notReady = regexp.MustCompile(`(?i)not yet available`)
	anyToken = regexp.MustCompile(`(?i)token`)
)

// Remedies tell a person what to check after the statuses that the vendor documents for a refusal.
type Remedies struct{ BadRequest, Unauthorized, Forbidden, NotFound string }

// ReadRules are for calls that change nothing: one that failed is sent again. No rule fits a success.
func ReadRules(r Remedies) []Rule {
	return []Rule{
		{Name: "token or access refused", From: 401, To: 401, Outcome: report.OutcomeUnauthorized, Remedy: r.Unauthorized},
		{Name: "rate exceeded", From: 429, To: 429, Outcome: report.OutcomeBackOff},
		{Name: "request not received in time", From: 408, To: 408, Outcome: report.OutcomeBackOff},
		{Name: "data not yet available", From: 300, To: 599, Text: notReady, Outcome: report.OutcomeNotReady},
		{Name: "request not valid", From: 400, To: 400, Outcome: report.OutcomeRefused, Remedy: r.BadRequest},
		{Name: "operation not allowed", From: 403, To: 403, Outcome: report.OutcomeRefused, Remedy: r.Forbidden},
		{Name: "not found", From: 404, To: 404, Outcome: report.OutcomeRefused, Remedy: r.NotFound},
		{Name: "redirected", From: 300, To: 399, Outcome: report.OutcomeRefused,
			Remedy: "bellhop follows no redirect: check the endpoint"},
		{Name: "refused", From: 400, To: 499, Outcome: report.OutcomeRefused},
		{Name: "trouble at the vendor", From: 0, To: 999, Outcome: report.OutcomeBackOff},
	}
}

// ContinuationRules go before the others where a call asks for a further page: a 400 that speaks of a token means that the
// continuation token is too old, and the pages are asked for again from the first.
func ContinuationRules() []Rule {
	return []Rule{{Name: "continuation token refused", From: 400, To: 400, Text: anyToken, Outcome: report.OutcomeBackOff,
		Remedy: "the vendor does not take its own continuation token any more: all pages are asked for again"}}
}
