package skills

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// periods are the documented aggregation periods of v1.
var periods = map[string]time.Duration{"SINGLE": 0, "PT15M": slot, "PT1H": time.Hour, "P1D": 24 * time.Hour}

// The documented stages, and the documented longest window of v1.
var stages = []string{"live", "development"}

const week = 7 * 24 * time.Hour

// locale is the form of a locale; intents are names of Alexa's own or the developer's.
var (
	locale = regexp.MustCompile(`^[a-z]{2,3}-[A-Z]{2}$`)
	intent = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]*$`)
)

// bodyV1 is the documented body of v1.
type bodyV1 struct {
	Metric string `json:"metric"`
	*points
	NextToken string `json:"nextToken,omitempty"`
}

// parameters are those of a query string. Each is taken once.
type parameters struct {
	values   url.Values
	problems []string
}

func (p *parameters) bad(format string, args ...any) {
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// take reads a parameter that is there at most once. Empty is not there.
func (p *parameters) take(name string, required bool) string {
	values := p.values[name]
	delete(p.values, name)
	switch {
	case len(values) > 1:
		p.bad("%s is there more than once", name)
	case required && (len(values) == 0 || values[0] == ""):
		p.bad("%s is required", name)
	}
	if len(values) != 1 {
		return ""
	}
	return values[0]
}

func (p *parameters) oneOf(name string, allowed ...string) string {
	value := p.take(name, true)
	if value != "" && !slices.Contains(allowed, value) {
		p.bad("%s must be one of %s", name, strings.Join(allowed, ", "))
	}
	return value
}

func (p *parameters) time(name string) (at time.Time) {
	if text := p.take(name, true); text != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, text); err != nil {
			p.bad("%s must be a time such as 2018-11-01T10:45:00Z", name)
		}
	}
	return at
}

func (p *parameters) matching(name string, form *regexp.Regexp) string {
	value := p.take(name, false)
	if value != "" && !form.MatchString(value) {
		p.bad("%s is malformed", name)
	}
	return value
}

// readV1 checks a query string against the documented table of parameters. Unknown parameters are refused too (assumed).
func (a *API) readV1(r rest.Request, skill *source) (q query, problems []string) {
	values, err := url.ParseQuery(r.RawQuery)
	if err != nil {
		return q, []string{"The query string is malformed"}
	}
	q.identity = r.Path + "?" + without(values, "maxResults", "nextToken")
	p := &parameters{values: values}
	q.from, q.to = p.time("startTime"), p.time("endTime")
	s := series{selection: selection{stage: p.oneOf("stage", stages...)}}
	period := p.oneOf("period", "SINGLE", "PT15M", "PT1H", "P1D")
	s.step = periods[period]
	a.readMetric(p, skill, &s)
	s.intent, s.locale = p.matching("intent", intent), p.matching("locale", locale)
	q.pageSize = a.PageSize
	if text := p.take("maxResults", false); text != "" {
		if q.pageSize, err = strconv.Atoi(text); err != nil || q.pageSize < 1 || q.pageSize > a.MaxResults {
			p.bad("maxResults must be a whole number between 1 and %d", a.MaxResults)
		}
	}
	q.token = p.take("nextToken", false)
	var problem string
	if q.offset, problem = a.pages.Open(q.token, q.identity, r.Now); problem != "" {
		p.bad("%s", problem)
	}
	if !q.from.IsZero() && !q.to.IsZero() {
		switch {
		case !q.from.Before(q.to):
			p.bad("endTime must be later than startTime")
		case q.to.Sub(q.from) > week:
			p.bad("The time between startTime and endTime must not be longer than one week")
		}
	}
	for name := range values {
		p.bad("%s is not a known parameter", name)
	}
	slices.Sort(p.problems)
	q.series = []series{s}
	q.timestamp = func(t time.Time) any { return t.UTC().Format(time.RFC3339Nano) }
	q.body = func(all []*points, token string) any {
		return bodyV1{Metric: all[0].Metric, points: all[0], NextToken: token}
	}
	return q, p.problems
}

// readMetric reads the metric and the skill's type, of which each type has its own.
func (a *API) readMetric(p *parameters, skill *source, s *series) {
	types := []string{string(Custom), string(SmartHome), string(FlashBriefing)}
	if a.MusicType != "" {
		types = append(types, a.MusicType)
	}
	word := p.oneOf("skillType", types...)
	s.asked = p.take("metric", true)
	at := slices.IndexFunc(metrics, func(m metric) bool { return m.v1 != "" && m.v1 == s.asked })
	switch {
	case word == "" || !slices.Contains(types, word) || s.asked == "":
	case word != a.typeWord(skill.Type):
		p.bad("skillType must be the type of the skill")
	case at < 0, !slices.Contains(metrics[max(at, 0)].types, skill.Type):
		p.bad("metric must be one of skills of type %s", word)
	default:
		s.metric = metrics[at]
	}
}

// without is the query string without some parameters, in order.
func without(values url.Values, names ...string) string {
	rest := url.Values{}
	for name, v := range values {
		if !slices.Contains(names, name) {
			rest[name] = v
		}
	}
	return rest.Encode()
}
