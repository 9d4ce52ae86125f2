package alexa

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// FaultKind names one thing that goes wrong.
type FaultKind string

// Faults of the answer to a report request. The request is refused unless said otherwise.
const (
	// RateLimited answers 429, with a Retry-After header when RetryAfterSeconds is set.
	RateLimited FaultKind = "rate_limited"
	// ServerError answers Status (500) in the documented error form.
	ServerError FaultKind = "server_error"
	// NotReady answers Status (that of the switches) with the documented words about an upstream delay.
	NotReady FaultKind = "not_ready"
	// GatewayError answers Status (502) with an HTML page instead of JSON.
	GatewayError FaultKind = "gateway_error"
	// TokenExpired answers 401 although the access token is fresh; it is worthless from then on.
	TokenExpired FaultKind = "token_expired"
	// NotEligible answers as if the unit were younger than four days.
	NotEligible FaultKind = "not_eligible"
	// LostAnswer accepts the request and cuts the connection before the answer.
	LostAnswer FaultKind = "lost_answer"
	// LostRequest cuts the connection without accepting the request.
	LostRequest FaultKind = "lost_request"
)

// Faults of what is delivered after the request was accepted.
const (
	// Late delivers DelayMinutes (360) later.
	Late FaultKind = "late"
	// NeverDelivered names the files and never writes them.
	NeverDelivered FaultKind = "never_delivered"
	// Duplicated writes every file once more, DelayMinutes (30) later.
	Duplicated FaultKind = "duplicated"
	// Reordered writes the request's files in the opposite order.
	Reordered FaultKind = "reordered"
	// Partial writes only the first Keep of the request's files (0: half of them).
	Partial FaultKind = "partial"
	// Truncated ends the file in the middle of a row.
	Truncated FaultKind = "truncated"
	// Restated changes the amounts, of the days From to To if those are set.
	Restated FaultKind = "restated"
	// Shrunk leaves the first third of each day's rows.
	Shrunk FaultKind = "shrunk"
	// Emptied leaves nothing but the header.
	Emptied FaultKind = "emptied"
	// ColumnRenamed gives Column (the last one) the name Name (the old one and "_v2").
	ColumnRenamed FaultKind = "column_renamed"
	// ColumnAdded appends a column Name ("engagement_score").
	ColumnAdded FaultKind = "column_added"
	// ColumnsReordered turns the order of the columns around.
	ColumnsReordered FaultKind = "columns_reordered"
	// Stray also writes a file that belongs to somebody else.
	Stray FaultKind = "stray"
)

// Faults of the token endpoint.
const (
	// TokenRevoked answers invalid_grant and withdraws the client's access tokens.
	TokenRevoked FaultKind = "token_revoked"
	// TokenRotated hands out a new refresh token; the old one stops working once the new one was used.
	TokenRotated FaultKind = "token_rotated"
	// TokenServerError answers Status (503).
	TokenServerError FaultKind = "token_server_error"
)

// Fault is a line of the script. It strikes calls that would otherwise have been served and that meet
// every condition that is set; a fault without conditions strikes always.
type Fault struct {
	Kind FaultKind `json:"kind"`

	// FirstCall and LastCall bound the number of the call to the endpoint that the kind concerns,
	// counted from 1 and including refused calls. 0 leaves that end open.
	FirstCall int `json:"first_call,omitempty"`
	LastCall  int `json:"last_call,omitempty"`
	// Categories: one of them was asked for. Of faults in what is delivered only their files are struck,
	// except that Reordered, Partial and Stray concern the request as a whole.
	Categories []string `json:"categories,omitempty"`
	// From and To, YYYY-MM-DD: the request's range shares a day with them. "" leaves that end open.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// MaxDays: the request's range is no longer than that. 0: any.
	MaxDays int `json:"max_days,omitempty"`
	// PerMille strikes so many of 1000 calls, chosen by the seed. 0: all.
	PerMille int `json:"per_mille,omitempty"`
	// Times ends the fault after so many strikes. 0: never. A strike on a delivery is a strike per category.
	Times int `json:"times,omitempty"`

	Status            int    `json:"status,omitempty"`
	RetryAfterSeconds int    `json:"retry_after_seconds,omitempty"`
	DelayMinutes      int    `json:"delay_minutes,omitempty"`
	Keep              int    `json:"keep,omitempty"`
	Column            string `json:"column,omitempty"`
	Name              string `json:"name,omitempty"`
}

// faultClass says at which point a fault is looked for.
type faultClass int

const (
	answerFault          faultClass = iota
	requestDeliveryFault            // looked for once per request
	fileDeliveryFault               // looked for once per category of a request
	tokenFault
)

// faultClasses lists every kind: what is not in it does not exist.
var faultClasses = map[FaultKind]faultClass{
	RateLimited: answerFault, ServerError: answerFault, NotReady: answerFault, GatewayError: answerFault,
	TokenExpired: answerFault, NotEligible: answerFault, LostAnswer: answerFault, LostRequest: answerFault,
	Reordered: requestDeliveryFault, Partial: requestDeliveryFault, Stray: requestDeliveryFault,
	Late: fileDeliveryFault, NeverDelivered: fileDeliveryFault, Duplicated: fileDeliveryFault,
	Truncated: fileDeliveryFault, Restated: fileDeliveryFault, Shrunk: fileDeliveryFault, Emptied: fileDeliveryFault,
	ColumnRenamed: fileDeliveryFault, ColumnAdded: fileDeliveryFault, ColumnsReordered: fileDeliveryFault,
	TokenRevoked: tokenFault, TokenRotated: tokenFault, TokenServerError: tokenFault,
}

// The range of days that an open end of a fault stands for.
const (
	firstDay day = -1 << 30
	lastDay  day = 1 << 30
)

// scripted is a fault made ready: dates parsed, defaults filled in.
type scripted struct {
	Fault
	index    int
	class    faultClass
	from, to day
}

func readScript(faults []Fault, notReady int) ([]scripted, error) {
	var script []scripted
	var problems []error
	for i, f := range faults {
		s, err := f.ready(i, notReady)
		if err != nil {
			problems = append(problems, fmt.Errorf("fault %d (%s): %w", i, f.Kind, err))
		}
		script = append(script, s)
	}
	return script, errors.Join(problems...)
}

func (f Fault) ready(index, notReady int) (scripted, error) {
	s := scripted{Fault: f, index: index, from: firstDay, to: lastDay}
	class, known := faultClasses[f.Kind]
	if !known {
		return s, errors.New("unknown kind")
	}
	s.class = class
	var problems []error
	for _, end := range []struct {
		text string
		into *day
	}{{f.From, &s.from}, {f.To, &s.to}} {
		if end.text == "" {
			continue
		}
		d, err := parseDay(end.text)
		problems = append(problems, err)
		*end.into = d
	}
	for _, c := range f.Categories {
		if _, ok := categoryNamed(c); !ok {
			problems = append(problems, fmt.Errorf("unknown category %q", c))
		}
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		problems = append(problems, fmt.Errorf("%d is not an error status", f.Status))
	}
	if f.PerMille < 0 || f.PerMille > 1000 || min(f.Times, f.MaxDays, f.Keep, f.DelayMinutes, f.RetryAfterSeconds, f.FirstCall, f.LastCall) < 0 {
		problems = append(problems, errors.New("a number is out of range"))
	}
	s.fillIn(notReady)
	return s, errors.Join(problems...)
}

func (f *scripted) fillIn(notReady int) {
	status := map[FaultKind]int{
		ServerError: http.StatusInternalServerError, GatewayError: http.StatusBadGateway,
		TokenServerError: http.StatusServiceUnavailable, NotReady: notReady,
	}
	if f.Status == 0 {
		f.Status = status[f.Kind]
	}
	if f.DelayMinutes == 0 {
		f.DelayMinutes = map[FaultKind]int{Late: 360, Duplicated: 30}[f.Kind]
	}
	if f.Kind == ColumnAdded && f.Name == "" {
		f.Name = "engagement_score"
	}
}

// occasion is a call in which a fault may strike.
type occasion struct {
	call       int
	categories []string // nil at the token endpoint
	from, to   day
}

// strikes returns the faults of a class that strike, in the order of the script, and counts them.
// The caller holds the lock.
func (s *Simulator) strikes(class faultClass, at occasion) []scripted {
	var struck []scripted
	for _, f := range s.script {
		if f.class != class || !f.meets(at) || f.Times > 0 && s.state.Strikes[f.index] >= f.Times {
			continue
		}
		subject := ""
		if class == fileDeliveryFault {
			subject = at.categories[0]
		}
		if f.PerMille > 0 && !draw(s.seed, fmt.Sprintf("fault %d", f.index), subject, int64(at.call)).hits(f.PerMille) {
			continue
		}
		s.state.Strikes[f.index]++
		s.state.Counters.Faults[f.Kind]++
		struck = append(struck, f)
		if class == answerFault {
			break // a call has one answer: what did not strike keeps its strike for a later call
		}
	}
	return struck
}

func (f scripted) meets(at occasion) bool {
	if f.FirstCall > at.call || f.LastCall > 0 && f.LastCall < at.call {
		return false
	}
	if at.categories == nil {
		return true
	}
	if f.MaxDays > 0 && int(at.to-at.from) >= f.MaxDays {
		return false
	}
	asked := func(c string) bool { return slices.Contains(at.categories, c) }
	if len(f.Categories) > 0 && !slices.ContainsFunc(f.Categories, asked) {
		return false
	}
	if f.Kind == ColumnRenamed && f.Column != "" {
		if c, _ := categoryNamed(at.categories[0]); !c.has(f.Column) {
			return false
		}
	}
	return at.from <= f.to && f.from <= at.to
}
