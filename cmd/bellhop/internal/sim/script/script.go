// Package script says what goes wrong at the simulated vendors, and when. What a fault does is the vendors' own.
package script

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
)

// Kind names one thing that goes wrong.
type Kind string

// The kinds that every endpoint has. In parentheses stands what a field of the script that is left out means.
// The call is refused unless it says otherwise here.
const (
	RateLimited  Kind = "rate_limited"  // 429, with a Retry-After header when RetryAfterSeconds is set
	ServerError  Kind = "server_error"  // Status (500) in the endpoint's form of an error
	GatewayError Kind = "gateway_error" // Status (502) with an HTML page instead of JSON
	LostAnswer   Kind = "lost_answer"   // the call is served, and the connection cut before the answer
	LostRequest  Kind = "lost_request"  // the connection is cut without serving the call
)

// Endpoint is one of a vendor's APIs.
type Endpoint string

// Fault is a line of the script. It strikes calls that would otherwise have been served and that meet
// every condition that is set; a fault without conditions strikes always.
type Fault struct {
	Kind Kind `json:"kind"`
	// Endpoint is whose calls are struck. Empty: the first of the Alexa vendor that has the kind.
	Endpoint Endpoint `json:"endpoint,omitempty"`

	// FirstCall and LastCall bound the number of the call to the endpoint that the kind concerns,
	// counted from 1 and including refused calls. 0 leaves that end open.
	FirstCall int `json:"first_call,omitempty"`
	LastCall  int `json:"last_call,omitempty"`
	// Categories: one of them was asked for. Of faults in what is delivered only their files are struck,
	// except those that concern the request as a whole.
	Categories []string `json:"categories,omitempty"`
	// Operations: it was one of them. Those of skill_metrics are v1 and v2; those of campaigns create, list, query, get and delete;
	// those of khoros create, status, download and file.
	Operations []string `json:"operations,omitempty"`
	// Metrics: one of them was asked for, by the name that the call used. Those of khoros are types of reports, those of pinpoint
	// names of KPIs.
	Metrics []string `json:"metrics,omitempty"`
	// From and To, YYYY-MM-DD: the request's range shares a day with them. "" leaves that end open. Campaigns have no range.
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

// Moment is the point at which a fault is looked for. All but AtAnswer are the vendor's own.
type Moment int

// AtAnswer comes once for each call; at most one fault strikes.
const AtAnswer Moment = 0

// Type is what all faults of a kind have in common.
type Type struct {
	When Moment
	// Where are the endpoints that have the kind. The first is meant by a fault that names none.
	Where []Endpoint
	// Only, if set, further limits the calls.
	Only func(Fault, Call) bool
	// Words say what the vendor did, as a person sees it from outside: "delivered a file late".
	Words string
}

// Call is a call in which a fault may strike.
type Call struct {
	Endpoint   Endpoint // empty: tokens
	Number     int
	Categories []string
	Dated      bool // From and To are its range, both included
	From, To   Day
	Operation  string
	Metrics    []string
	Continues  bool // it asks for a further page
}

// Memory is what a script remembers. Both maps are the vendor's to keep.
type Memory struct {
	Strikes map[int]int // by place in the script
	Faults  map[Kind]int
}

// The range of days that an open end of a fault stands for.
const (
	firstDay Day = -1 << 30
	lastDay  Day = 1 << 30
)

// Line is a fault made ready: its days are First to Last.
type Line struct {
	Fault
	Type        Type
	First, Last Day
	index       int
}

// Script is what goes wrong, in its order.
type Script struct {
	seed  uint64
	lines []Line
}

// Read checks every fault against the kinds that there are, and by further conditions of the vendor's.
func Read(seed uint64, faults []Fault, kinds func(Kind) (Type, bool), conditions func(Fault) error) (Script, error) {
	s := Script{seed: seed}
	var problems []error
	for i, f := range faults {
		kind, known := kinds(f.Kind)
		l, err := f.ready(i, kind)
		if !known {
			err = errors.Join(errors.New("unknown kind"), err)
		}
		if err = errors.Join(err, conditions(l.Fault)); err != nil {
			problems = append(problems, fmt.Errorf("fault %d (%s): %w", i, f.Kind, err))
		}
		s.lines = append(s.lines, l)
	}
	return s, errors.Join(problems...)
}

func (f Fault) ready(index int, kind Type) (l Line, err error) {
	l = Line{Fault: f, Type: kind, index: index, First: firstDay, Last: lastDay}
	var problems []error
	if f.Endpoint == "" && len(kind.Where) > 0 {
		l.Endpoint = kind.Where[0]
	}
	if l.Endpoint != "" && !slices.Contains(kind.Where, l.Endpoint) {
		problems = append(problems, fmt.Errorf("there is no such fault at endpoint %q", l.Endpoint))
	}
	if f.From != "" {
		l.First, err = ParseDay(f.From)
		problems = append(problems, err)
	}
	if f.To != "" {
		l.Last, err = ParseDay(f.To)
		problems = append(problems, err)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		problems = append(problems, fmt.Errorf("%d is not an error status", f.Status))
	}
	if f.PerMille > 1000 || min(f.PerMille, f.Times, f.MaxDays, f.Keep, f.DelayMinutes, f.RetryAfterSeconds, f.FirstCall, f.LastCall) < 0 {
		problems = append(problems, errors.New("a number is out of range"))
	}
	return l, errors.Join(problems...)
}

// Strikes returns the faults that strike at a moment of a call, in the order of the script, and counts them. The subject is what
// a chance is drawn for, besides the call.
func (s Script) Strikes(when Moment, at Call, subject string, of Memory) []Line {
	var struck []Line
	for _, l := range s.lines {
		if l.Type.When != when || !l.meets(at) || l.Times > 0 && of.Strikes[l.index] >= l.Times {
			continue
		}
		if l.PerMille > 0 && !chance.Draw(s.seed, fmt.Sprintf("fault %d", l.index), subject, int64(at.Number)).Hits(l.PerMille) {
			continue
		}
		of.Strikes[l.index]++
		of.Faults[l.Kind]++
		struck = append(struck, l)
		if when == AtAnswer {
			break // a call has one answer: what did not strike keeps its strike for a later call
		}
	}
	return struck
}

func (l Line) meets(at Call) bool {
	among := func(wanted, asked []string) bool {
		return len(wanted) == 0 || slices.ContainsFunc(asked, func(a string) bool { return slices.Contains(wanted, a) })
	}
	switch {
	case l.Endpoint != at.Endpoint:
		return false
	case l.FirstCall > at.Number, l.LastCall > 0 && l.LastCall < at.Number:
		return false
	case at.Endpoint == "":
		return true
	case at.Dated && (l.MaxDays > 0 && int(at.To-at.From) >= l.MaxDays || at.From > l.Last || l.First > at.To):
		return false
	case !among(l.Categories, at.Categories), !among(l.Metrics, at.Metrics), !among(l.Operations, []string{at.Operation}):
		return false
	}
	return l.Type.Only == nil || l.Type.Only(l.Fault, at)
}
