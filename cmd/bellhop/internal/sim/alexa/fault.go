package alexa

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/campaigns"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/skills"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// FaultKind names one thing that goes wrong.
type FaultKind = script.Kind

// Fault is a line of the script.
type Fault = script.Fault

// Endpoint is one of the vendor's APIs.
type Endpoint = script.Endpoint

// The kinds of faults. In parentheses stands what a field of the script that is left out means.
const (
	// The answer to a call of any endpoint but that of tokens. The call is refused unless it says otherwise here.
	RateLimited  = script.RateLimited
	ServerError  = script.ServerError
	GatewayError = script.GatewayError
	LostAnswer   = script.LostAnswer
	LostRequest  = script.LostRequest

	TokenExpired FaultKind = "token_expired" // 401 although the access token is fresh; it is worthless from then on

	// The answer to a report request only.
	NotReady    FaultKind = "not_ready"    // Status (that of the switches) with the documented words about an upstream delay
	NotEligible FaultKind = "not_eligible" // as if the unit were younger than four days

	// The answer of the two APIs that are read page by page.
	InvalidRequest   FaultKind = "invalid_request"    // 400 for a call that is valid, in the words of Name
	PageTokenExpired FaultKind = "page_token_expired" // 400 for a nextToken that is fresh
	// What is delivered after the request was accepted.
	Late             FaultKind = "late"              // DelayMinutes (360) later
	NeverDelivered   FaultKind = "never_delivered"   // the files are named and never written
	Duplicated       FaultKind = "duplicated"        // every file is written once more, DelayMinutes (30) later
	Reordered        FaultKind = "reordered"         // the request's files come in the opposite order
	Partial          FaultKind = "partial"           // only the first Keep (half) of the request's files are written
	Truncated        FaultKind = "truncated"         // the file ends in the middle of a row
	Restated         FaultKind = "restated"          // other amounts, on the days From to To if those are set
	Shrunk           FaultKind = "shrunk"            // the first third of each day's rows
	Emptied          FaultKind = "emptied"           // nothing but the header
	ColumnRenamed    FaultKind = "column_renamed"    // Column (the last one) is called Name (the old name and "_v2")
	ColumnAdded      FaultKind = "column_added"      // one more column, Name ("engagement_score")
	ColumnsReordered FaultKind = "columns_reordered" // the columns in the opposite order
	Stray            FaultKind = "stray"             // a file that belongs to somebody else is written too

	// What is in an answer of the two APIs that are read page by page. The call is served.
	PageTokenRepeated  FaultKind = campaigns.SameToken          // the next page's token is the one that the call came with
	UnequalLengths     FaultKind = skills.Unequal               // a value less than timestamps
	SameTimestamps     FaultKind = skills.SameTimestamp         // all points have the first one's time, as in the documented sample
	OtherMetric        FaultKind = skills.OtherMetric           // the answer is about metric Name (another than the one asked for)
	CampaignCreated    FaultKind = campaigns.CreatedMeanwhile   // a campaign is created before a further page is read
	CampaignDeleted    FaultKind = campaigns.DeletedMeanwhile   // a campaign of an earlier page is deleted before a further one is read
	SlowValidation     FaultKind = campaigns.SlowValidation     // of a new campaign: DelayMinutes (two days)
	RejectedValidation FaultKind = campaigns.RejectedValidation // of a new campaign, with the reason Name

	// The token endpoint.
	TokenRevoked     FaultKind = "token_revoked"      // invalid_grant, and the client's access tokens are withdrawn
	TokenRotated     FaultKind = "token_rotated"      // a new refresh token; the old one ends when the new one is used
	TokenServerError FaultKind = "token_server_error" // Status (503)
)

// The endpoints that faults concern. Tokens have kinds of their own.
const (
	Reports      Endpoint = "reports"
	SkillMetrics Endpoint = "skill_metrics"
	Campaigns    Endpoint = "campaigns"
)

// The moments at which a fault is looked for.
const (
	atAnswer  script.Moment = iota // once for each call; at most one fault strikes
	atRequest                      // once for each accepted request for reports
	atFile                         // once for each category of an accepted request
	atContent                      // once for each call that is served, of the APIs that are read page by page
	atToken                        // once for each call of the token endpoint
)

// faultType is what all faults of a kind have in common.
type faultType struct {
	when script.Moment
	// words say what the vendor did, as a person sees it from outside.
	words string
	// answer is what a request gets in place of the right answer; alter changes the form of a report.
	answer func(s *Simulator, f Fault, at call) rest.Answer
	alter  func(t *table, a alteration)
	// where are the endpoints that have the kind; none means those of the moment. only further limits the calls.
	where []Endpoint
	only  func(f Fault, at script.Call) bool
}

// endpoints are those of a moment.
var endpoints = map[script.Moment][]Endpoint{
	atAnswer: {Reports, SkillMetrics, Campaigns}, atRequest: {Reports}, atFile: {Reports}, atContent: {SkillMetrics, Campaigns},
}

// paged are the endpoints that are read page by page.
var (
	paged         = []Endpoint{SkillMetrics, Campaigns}
	metricsOnly   = []Endpoint{SkillMetrics}
	campaignsOnly = []Endpoint{Campaigns}
)

func continues(_ Fault, at script.Call) bool { return at.Continues }
func creates(_ Fault, at script.Call) bool   { return at.Operation == campaigns.Create }

// faultTypes lists every kind: what is not in it does not exist. What has neither answer nor alter is done where its moment is.
var faultTypes = map[FaultKind]faultType{
	RateLimited: {when: atAnswer, words: "answered 429 with Retry-After",
		answer: func(_ *Simulator, f Fault, at call) rest.Answer { return throttled(at.refuse, f.RetryAfterSeconds) }},
	ServerError: {when: atAnswer, words: "answered 500", answer: serverError},
	GatewayError: {when: atAnswer, words: "answered with the page of a gateway",
		answer: func(_ *Simulator, f Fault, _ call) rest.Answer {
			return rest.GatewayPage(cmp.Or(f.Status, http.StatusBadGateway))
		}},
	TokenExpired: {when: atAnswer, words: "refused a fresh token",
		answer: func(s *Simulator, _ Fault, at call) rest.Answer {
			delete(s.state.Access, at.token)
			return at.refuse(http.StatusUnauthorized, codeUnauthorised, "The access token is expired or not valid")
		}},
	LostAnswer: {when: atAnswer, words: "took a request and cut the connection before the answer"},
	LostRequest: {when: atAnswer, words: "cut the connection without taking the request",
		answer: func(*Simulator, Fault, call) rest.Answer { return rest.Answer{Cut: true} }},
	NotReady: {when: atAnswer, where: []Endpoint{Reports}, words: "answered that data are not yet available",
		answer: func(s *Simulator, f Fault, _ call) rest.Answer {
			return refuse(cmp.Or(f.Status, s.switches.NotReadyStatus), codeNotReady, notReadyWords)
		}},
	NotEligible: {when: atAnswer, where: []Endpoint{Reports}, words: "called a unit too young",
		answer: func(s *Simulator, _ Fault, _ call) rest.Answer { return s.ineligible() }},
	InvalidRequest: {when: atAnswer, where: paged, words: "answered 400 to a valid request",
		answer: func(_ *Simulator, f Fault, at call) rest.Answer {
			return at.refuse(http.StatusBadRequest, codeInvalid, cmp.Or(f.Name, "The request is not valid"))
		}},
	PageTokenExpired: {when: atAnswer, where: paged, only: continues, words: "called a page's token expired",
		answer: func(_ *Simulator, _ Fault, at call) rest.Answer {
			return at.refuse(http.StatusBadRequest, codeInvalid, "The nextToken is expired")
		}},

	Reordered: {when: atRequest, words: "delivered the files in another order"},
	Partial:   {when: atRequest, words: "delivered a part of the files"},
	Stray:     {when: atRequest, words: "delivered a file that nobody asked for"},

	Late:           {when: atFile, words: "delivered a file late"},
	NeverDelivered: {when: atFile, words: "never delivered a file"},
	Duplicated:     {when: atFile, words: "delivered a file twice"},
	Truncated:      {when: atFile, words: "delivered a file that ends in the middle of a row"},
	Restated:       {when: atFile, words: "delivered other amounts"},
	Shrunk:         {when: atFile, words: "delivered a third of the rows"},
	Emptied: {when: atFile, words: "delivered a file with nothing but the header",
		alter: func(t *table, _ alteration) { t.records = nil }},
	ColumnRenamed: {when: atFile, only: hasColumn, words: "renamed a column", alter: func(t *table, a alteration) {
		if i := slices.Index(t.header, a.Column); i >= 0 {
			t.header[i] = a.Name
		}
	}},
	ColumnAdded: {when: atFile, words: "added a column", alter: func(t *table, a alteration) {
		t.header = append(t.header, a.Name)
		for i := range t.records {
			t.records[i] = append(t.records[i], strconv.Itoa(i%7))
		}
	}},
	ColumnsReordered: {when: atFile, words: "delivered the columns in another order", alter: func(t *table, _ alteration) {
		slices.Reverse(t.header)
		for _, record := range t.records {
			slices.Reverse(record)
		}
	}},

	PageTokenRepeated:  {when: atContent, only: continues, words: "handed out a page's token again"},
	UnequalLengths:     {when: atContent, where: metricsOnly, words: "answered with a value less than timestamps"},
	SameTimestamps:     {when: atContent, where: metricsOnly, words: "answered with one time for all points"},
	OtherMetric:        {when: atContent, where: metricsOnly, words: "answered with another metric"},
	CampaignCreated:    {when: atContent, where: campaignsOnly, only: continues, words: "had a campaign created between two pages"},
	CampaignDeleted:    {when: atContent, where: campaignsOnly, only: continues, words: "had a campaign deleted between two pages"},
	SlowValidation:     {when: atContent, where: campaignsOnly, only: creates, words: "took its time to validate a campaign"},
	RejectedValidation: {when: atContent, where: campaignsOnly, only: creates, words: "rejected a campaign"},

	TokenRevoked:     {when: atToken, words: "revoked a refresh token"},
	TokenRotated:     {when: atToken, words: "handed out a new refresh token"},
	TokenServerError: {when: atToken, words: "answered a request for a token with 503"},
}

// Words say what the vendor did, as a person sees it from outside: "delivered a file late".
func Words(k FaultKind) string { return faultTypes[k].words }

func serverError(_ *Simulator, f Fault, at call) rest.Answer {
	a := at.refuse(cmp.Or(f.Status, http.StatusInternalServerError), codeInternal, "Error occurred on the server")
	a.RetryAfter = f.RetryAfterSeconds
	return a
}

// kindOf is what a script needs to know of a kind.
func kindOf(k FaultKind) (script.Type, bool) {
	t, known := faultTypes[k]
	where := t.where
	if where == nil {
		where = endpoints[t.when]
	}
	return script.Type{When: t.when, Where: where, Only: t.only, Words: t.words}, known
}

// operations are those of each endpoint that has several.
var operations = map[Endpoint][]string{
	SkillMetrics: {skills.V1, skills.V2},
	Campaigns:    {campaigns.Create, campaigns.List, campaigns.Query, campaigns.Get, campaigns.Delete},
}

// conditions refuses those that the endpoint's calls can never meet.
func conditions(f Fault) error {
	var problems []error
	for _, c := range f.Categories {
		if _, ok := categoryNamed(c); !ok || f.Endpoint != Reports {
			problems = append(problems, fmt.Errorf("unknown category %q", c))
		}
	}
	for _, o := range f.Operations {
		if !slices.Contains(operations[f.Endpoint], o) {
			problems = append(problems, fmt.Errorf("unknown operation %q", o))
		}
	}
	if len(f.Metrics) > 0 && f.Endpoint != SkillMetrics {
		problems = append(problems, errors.New("only skill_metrics has metrics"))
	}
	if f.Endpoint == Campaigns && (f.From != "" || f.To != "" || f.MaxDays != 0) {
		problems = append(problems, errors.New("campaigns have no range"))
	}
	return errors.Join(problems...)
}

// call is a call to an endpoint, in which a fault may strike.
type call struct {
	script.Call
	token  string
	refuse form
}

// strikes returns the faults that strike at a moment of a call, in the order of the script, and counts them.
// The caller holds the lock.
func (s *Simulator) strikes(when script.Moment, at call) []script.Line {
	subject := ""
	if when == atFile {
		subject = at.Categories[0]
	}
	return s.script.Strikes(when, at.Call, subject, script.Memory{Strikes: s.state.Strikes, Faults: s.state.Counters.Faults})
}

// hasColumn limits a fault in a column to the categories that have it.
func hasColumn(f Fault, at script.Call) bool {
	c, _ := categoryNamed(at.Categories[0])
	return f.Column == "" || c.has(f.Column)
}
