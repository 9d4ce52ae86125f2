package skills

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// The operations, as a script names them.
const (
	V1 = "v1" // GET /v1/skills/{skillId}/metrics
	V2 = "v2" // POST /v2/skills/{skillId}/metrics
)

// What goes wrong inside an answer.
const (
	Unequal       = "unequal_lengths"     // a value is missing
	OtherMetric   = "other_metric"        // the answer is about metric Name, or about another than the one asked for
	SameTimestamp = "same_timestamps"     // all points have the first one's time, as in the documented sample
	SameToken     = "page_token_repeated" // the next page's token is that of this page
)

// violation and failure are the documented forms of errors: 400 has violations, the others a code.
type violation struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type failure struct {
	Code       string      `json:"code,omitempty"`
	Message    string      `json:"message"`
	Violations []violation `json:"violations,omitempty"`
}

// Refuse builds an error. Codes are ours: the documents name none.
func (a *API) Refuse(status int, message string) rest.Answer {
	if status == http.StatusBadRequest {
		return invalid([]string{message})
	}
	code := strings.ToUpper(strings.ReplaceAll(http.StatusText(status), " ", "_"))
	return rest.JSON(status, failure{Code: code, Message: message})
}

func invalid(problems []string) rest.Answer {
	body := failure{Message: "The request is not valid."}
	for _, p := range problems {
		body.Violations = append(body.Violations, violation{Code: "INVALID_PARAMETER", Message: p})
	}
	return rest.JSON(http.StatusBadRequest, body)
}

var path = regexp.MustCompile(`^/(v[12])/skills/([^/]{1,255})/metrics$`)

// Read implements [rest.API].
func (a *API) Read(r rest.Request) (rest.Call, rest.Answer) {
	found := path.FindStringSubmatch(r.Path)
	if found == nil {
		return rest.Call{}, rest.JSON(http.StatusNotFound, rest.Message{Message: "Not Found"})
	}
	method, read := http.MethodGet, a.readV1
	if found[1] == V2 {
		method, read = http.MethodPost, a.readV2
	}
	skill := a.skills[found[2]]
	switch {
	case r.Method != method:
		return rest.Call{}, rest.NotAllowed(method)
	case slices.Contains(a.Foreign, found[2]):
		return rest.Call{}, a.Refuse(a.NoAccessStatus, "You do not have access to the skill")
	case skill == nil:
		return rest.Call{}, a.Refuse(http.StatusNotFound, "The skill was not found")
	}
	q, problems := read(r, skill)
	if len(problems) > 0 {
		return rest.Call{}, invalid(problems)
	}
	call := rest.Call{Operation: found[1], From: q.from, To: q.to, Continues: q.token != ""}
	for _, s := range q.series {
		call.Metrics = append(call.Metrics, s.asked)
	}
	call.Serve = func(twists []rest.Twist) rest.Answer { return a.serve(skill, q, r.Now, twists) }
	return call, rest.Answer{}
}

// query is a valid call.
type query struct {
	window
	series    []series
	pageSize  int
	identity  string // what a page's token belongs to
	token     string
	offset    int
	timestamp func(time.Time) any
	// body forms the answer out of the series, in their order, and the next token.
	body func(all []*points, token string) any
}

// series is a list of points that is asked for.
type series struct {
	asked string // the metric, as the call named it
	metric
	selection
	step time.Duration // 0: one point for all of it
}

// points are one series as an answer carries it.
type points struct {
	Metric     string        `json:"-"`
	Timestamps []any         `json:"timestamps"`
	Values     []json.Number `json:"values"`
}

// serve reads a page. A page has so many points of each series.
func (a *API) serve(skill *source, q query, now time.Time, twists []rest.Twist) rest.Answer {
	var all []*points
	more := false
	for _, s := range q.series {
		starts := s.starts(skill, q.window, now)
		page := starts[min(q.offset, len(starts)):min(q.offset+q.pageSize, len(starts))]
		more = more || len(starts) > q.offset+q.pageSize
		p := &points{Metric: s.asked, Timestamps: []any{}, Values: []json.Number{}}
		for _, from := range page {
			f := skill.figures(s.selection, window{from, s.end(from, q.to)}, now)
			p.Timestamps = append(p.Timestamps, q.timestamp(from))
			p.Values = append(p.Values, s.read(&f))
		}
		all = append(all, p)
	}
	token := ""
	if more {
		token = a.pages.Seal(q.identity, q.offset+q.pageSize, now)
	}
	for _, t := range twists {
		switch t.Kind {
		case SameToken:
			token = q.token
		default:
			twist(all, t)
		}
	}
	return rest.JSON(http.StatusOK, q.body(all, token))
}

func twist(all []*points, t rest.Twist) {
	for _, p := range all {
		switch t.Kind {
		case Unequal:
			p.Values = p.Values[:max(len(p.Values)-1, 0)]
		case SameTimestamp:
			for i := range p.Timestamps {
				p.Timestamps[i] = p.Timestamps[0]
			}
		case OtherMetric:
			other := metrics[0].v1
			if p.Metric == other {
				other = metrics[1].v1
			}
			p.Metric = cmp.Or(t.Name, other)
		}
	}
}

// starts are the beginnings of the periods that have data. Periods are counted from the beginning of the query (assumed): the
// documented sample has one that begins at 10:45. There are none before the skill's birth, none that have not begun, and none
// for a locale or an intent that the skill does not have.
func (s series) starts(skill *source, in window, now time.Time) (starts []time.Time) {
	if !slices.ContainsFunc(skill.parts[s.stage], func(p part) bool {
		return (s.locale == "" || s.locale == p.locale) && (s.intent == "" || s.intent == p.intent)
	}) {
		return nil
	}
	for at := in.from; at.Before(in.to) && at.Before(now); at = s.end(at, in.to) {
		if s.end(at, in.to).After(skill.Born) {
			starts = append(starts, at)
		}
	}
	return starts
}

func (s series) end(from, to time.Time) time.Time {
	if end := from.Add(s.step); s.step > 0 && end.Before(to) {
		return end
	}
	return to
}
