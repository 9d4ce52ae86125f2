package asp

import (
	"maps"
	"regexp"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

var (
	tooYoung = regexp.MustCompile(`(?i)\b(four|4)[ -]days?[ -]old\b|\b(younger|newer|less) than (four|4) days\b|\bat least (four|4) days\b`)
	notReady = regexp.MustCompile(`(?i)not (yet|currently) available|upstream|delay`)
	// What a proxy in front of the vendor says of its own upstream, which has nothing to do with data.
	gateway = regexp.MustCompile(`(?i)upstream (connect|request|server|service|prematurely|timed|host)|no healthy upstream`)
	// What it says when it could not hand the request on.
	unreached = regexp.MustCompile(`(?i)no healthy upstream|reset reason: (remote |local )?(connection failure|overflow)`)
)

// DefaultRules returns the rules in the order in which they are tried. No rule fits a success, and what no rule fits is an
// unknown outcome. The copies of the vendor's page have lost the numbers of its statuses, so every rule can be replaced once
// the first live answers are in.
func DefaultRules() []alexa.Rule {
	return []alexa.Rule{
		{Name: "token or access refused", From: 401, To: 401, Outcome: report.OutcomeUnauthorized,
			Remedy: "check that the LWA client has API access to this unit's organisation, and that the person who logged in may see the unit"},
		{Name: "rate exceeded", From: 429, To: 429, Outcome: report.OutcomeBackOff},
		{Name: "request not received in time", From: 408, To: 408, Outcome: report.OutcomeBackOff},
		{Name: "vendor not reached", From: 500, To: 599, Text: unreached, Outcome: report.OutcomeBackOff},
		// The vendor may have taken the request before its answer was lost, and it must not get the same one twice.
		{Name: "gateway trouble", From: 500, To: 599, Text: gateway, Outcome: report.OutcomeUnknown},
		{Name: "unit too young", From: 400, To: 499, Text: tooYoung, Outcome: report.OutcomeNotEligible},
		{Name: "data not yet available", From: 300, To: 599, Text: notReady, Outcome: report.OutcomeNotReady},
		{Name: "server error", From: 500, To: 500, Outcome: report.OutcomeBackOff},
		{Name: "server unavailable", From: 503, To: 503, Outcome: report.OutcomeBackOff},
		{Name: "gateway without an answer", From: 502, To: 502, Outcome: report.OutcomeUnknown},
		{Name: "gateway timed out", From: 504, To: 504, Outcome: report.OutcomeUnknown},
		{Name: "other server error", From: 500, To: 599, Outcome: report.OutcomeNotReady},
		{Name: "request not valid", From: 400, To: 400, Outcome: report.OutcomeRefused,
			Remedy: "check the subscription's parameters and the delivery bucket"},
		{Name: "operation not allowed", From: 403, To: 403, Outcome: report.OutcomeRefused,
			Remedy: "check that the property is on the A4P stack and that the LWA client has API access to it"},
		{Name: "unit or endpoint not found", From: 404, To: 404, Outcome: report.OutcomeRefused,
			Remedy: "check " + ParamUnitID + " and the endpoint"},
		{Name: "redirected", From: 300, To: 399, Outcome: report.OutcomeRefused,
			Remedy: "bellhop follows no redirect: check the endpoint"},
		{Name: "refused", From: 400, To: 499, Outcome: report.OutcomeRefused},
	}
}

// byStatus returns rules for single statuses, whatever the words.
func byStatus(outcomes map[int]report.Outcome) []alexa.Rule {
	rules := make([]alexa.Rule, 0, len(outcomes))
	for _, status := range slices.Sorted(maps.Keys(outcomes)) {
		rules = append(rules, alexa.Rule{Name: "configured", From: status, To: status, Outcome: outcomes[status]})
	}
	return rules
}
