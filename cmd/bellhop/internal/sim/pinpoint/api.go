// Package pinpoint plays the KPI operations of Amazon Pinpoint, as the AWS SDK calls them.
//
// It is written from the vendor's documents and shares no type with bellhop's clients, so that a misreading on either side
// shows. Facts marked "documented" in comments stand there; those marked "assumed" are ours.
package pinpoint

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// Endpoint is what a script calls this API.
const Endpoint script.Endpoint = "pinpoint"

// The operations, as a script names them: one for each level.
const (
	ofApplication = "application"
	ofCampaign    = "campaign"
	ofJourney     = "journey"
)

// What goes wrong besides what goes wrong everywhere. The call is served.
const (
	Retired script.Kind = "service_retired" // as after the end of support
	NoData  script.Kind = "no_data"         // the answer has no rows
)

var kinds = map[script.Kind]script.Type{
	Retired: {Words: "was retired"}, NoData: {Words: "had no data"},
}

// EndOfSupport is the first instant after the documented last day.
var EndOfSupport = time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)

// Campaign is one of an application. Its channel is EMAIL, PUSH or SMS.
type Campaign struct{ ID, Channel string }

// Application is a project.
type Application struct {
	ID        string
	Campaigns []Campaign
	Journeys  []string
	// Hourly is how many messages of each campaign, journey and transactional channel are sent in an ordinary hour, to so many
	// people of an Audience.
	Hourly, Audience int64
	// Born is when it began to send.
	Born time.Time
}

// Config is everything that the API needs. Seed, Now and Applications are required.
type Config struct {
	Seed         uint64
	Now          func() time.Time
	Applications []Application
	// Retires is when the service ends. Zero: EndOfSupport.
	Retires time.Time
	// Percent gives rates as 97.25; otherwise they are 0.9725. The documents do not say.
	Percent bool
	// Faults are the script of what goes wrong.
	Faults []script.Fault
}

// api is the [rest.API]. It has no memory: an answer follows from the configuration, the call and the time.
type api struct {
	Config
	apps map[string]Application
	id   string // of the call that is being answered
}

// New checks the configuration and returns the API, which nobody has called yet. It serves everything below /v1/apps/.
func New(c Config) (*rest.Service, error) {
	a, problem := newAPI(c)
	service, err := rest.NewService(rest.Options{
		Seed: c.Seed, Now: c.Now, Endpoint: Endpoint, API: a, Faults: c.Faults, Kinds: kinds,
		Operations: []string{ofApplication, ofCampaign, ofJourney},
	})
	return service, errors.Join(problem, err)
}

func newAPI(c Config) (*api, error) {
	if c.Retires.IsZero() {
		c.Retires = EndOfSupport
	}
	a := &api{Config: c, apps: map[string]Application{}}
	var problems []error
	if c.Now == nil || len(c.Applications) == 0 {
		problems = append(problems, errors.New("pinpoint: Now or Applications are missing"))
	}
	for i, app := range c.Applications {
		if app.ID == "" || app.Hourly <= 0 || app.Audience <= 0 || a.apps[app.ID].ID != "" {
			problems = append(problems, fmt.Errorf("pinpoint: application %d is incomplete or there twice", i))
		}
		a.apps[app.ID] = app
	}
	return a, errors.Join(problems...)
}

// exceptions are the documented ones.
var exceptions = map[int]string{
	http.StatusBadRequest: "BadRequestException", http.StatusForbidden: "ForbiddenException", http.StatusNotFound: "NotFoundException",
	http.StatusMethodNotAllowed: "MethodNotAllowedException", http.StatusRequestEntityTooLarge: "PayloadTooLargeException",
	http.StatusTooManyRequests: "TooManyRequestsException", http.StatusInternalServerError: "InternalServerErrorException",
}

// Refuse builds an error with the documented members. The exception stands in the header in which the SDK looks for it.
func (a *api) Refuse(status int, message string) rest.Answer {
	answer := rest.JSON(status, struct{ Message, RequestID string }{message, a.id})
	answer.Header = map[string]string{
		"X-Amzn-Errortype": cmp.Or(exceptions[status], exceptions[http.StatusInternalServerError]), "X-Amzn-Requestid": a.id,
	}
	return answer
}

// end is how everything is answered after the end of support. The documents say that access ends, and not how (assumed).
func (a *api) end() rest.Answer {
	return a.Refuse(http.StatusForbidden, "Amazon Pinpoint is no longer available")
}

// target is what a path is about.
type target struct {
	Application
	level, resource, kpi string
}

// read takes a path apart: apps/{id}/kpis/daterange/{kpi}, with campaigns/{cid} or journeys/{jid} in between.
func (a *api) read(escaped string) (t target, problem string) {
	path, ok := strings.CutPrefix(escaped, "/v1/apps/")
	segments := strings.Split(path, "/")
	for i, s := range segments {
		text, err := url.PathUnescape(s)
		segments[i], ok = text, ok && err == nil && text != ""
	}
	levels := map[string]string{"campaigns": ofCampaign, "journeys": ofJourney}
	switch n := len(segments); {
	case ok && n == 4:
		t.level = ofApplication
	case ok && n == 6 && levels[segments[1]] != "":
		t.level, t.resource = levels[segments[1]], segments[2]
		segments = append(segments[:1], segments[3:]...)
	default:
		return t, "Resource not found"
	}
	if segments[1] != "kpis" || segments[2] != "daterange" {
		return t, "Resource not found"
	}
	t.kpi, t.Application = segments[3], a.apps[segments[0]]
	if t.ID == "" || !t.has() {
		return t, "The resource was not found in this account"
	}
	return t, ""
}

// has reports whether the application has the campaign or the journey.
func (t target) has() bool {
	switch t.level {
	case ofCampaign:
		return slices.ContainsFunc(t.Campaigns, func(c Campaign) bool { return c.ID == t.resource })
	case ofJourney:
		return slices.Contains(t.Journeys, t.resource)
	default:
		return true
	}
}

// Read implements [rest.API].
func (a *api) Read(r rest.Request) (rest.Call, rest.Answer) {
	a.id = r.ID
	if !r.Now.Before(a.Retires) {
		return rest.Call{}, a.end()
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=") { // nobody looks whether it fits
		refusal := a.Refuse(http.StatusForbidden, "Missing Authentication Token")
		refusal.Header["X-Amzn-Errortype"] = "MissingAuthenticationTokenException"
		return rest.Call{}, refusal
	}
	t, problem := a.read(r.EscapedPath)
	switch {
	case problem != "":
		return rest.Call{}, a.Refuse(http.StatusNotFound, problem)
	case r.Method != http.MethodGet:
		return rest.Call{}, a.Refuse(http.StatusMethodNotAllowed, "Method not allowed")
	}
	k, known := catalogue[t.level][t.kpi]
	query, err := url.ParseQuery(r.RawQuery)
	if err != nil || !known {
		return rest.Call{}, a.Refuse(http.StatusBadRequest, "The KPI name is not valid for this resource")
	}
	s, problem := readSpan(query, r.Now)
	if problem != "" {
		return rest.Call{}, a.Refuse(http.StatusBadRequest, problem)
	}
	return rest.Call{
		Operation: t.level, Metrics: []string{t.kpi}, From: s.from, To: s.to.Add(1),
		Serve: func(twists []rest.Twist) rest.Answer { return a.serve(t, k, s, r.Now, twists) },
	}, rest.Answer{}
}

// span is a range of time, both ends included, as documented.
type span struct{ from, to time.Time }

// The documented bounds, in calendar days.
const (
	mostDays = 31
	keptDays = 90
)

// readSpan reads the documented forms of a time. A date alone is all of its day.
func readSpan(query url.Values, now time.Time) (s span, problem string) {
	read := func(name string, whole time.Duration, otherwise time.Time) (time.Time, bool) {
		text := query.Get(name)
		if text == "" {
			return otherwise, true
		}
		if at, err := time.Parse(time.DateOnly, text); err == nil {
			return at.Add(whole), true
		}
		for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
			if at, err := time.Parse(form, text); err == nil {
				return at.UTC(), true
			}
		}
		return time.Time{}, false
	}
	var okFrom, okTo bool
	s.to, okTo = read("end-time", 24*time.Hour-1, now.UTC())
	s.from, okFrom = read("start-time", 0, script.DayOf(s.to).Time().AddDate(0, 0, 1-mostDays))
	first, last := script.DayOf(s.from), script.DayOf(s.to)
	switch {
	case !okFrom || !okTo:
		return s, "The time is not in extended ISO 8601 format"
	case s.to.Before(s.from):
		return s, "The end time must not be before the start time"
	case int(last-first)+1 > mostDays:
		return s, fmt.Sprintf("The range must not be longer than %d days", mostDays)
	case int(script.DayOf(now.UTC())-first) >= keptDays:
		return s, fmt.Sprintf("The start time must be fewer than %d days ago", keptDays)
	}
	return s, ""
}

// The documented members of an answer. The SDK reads the inner object, which is the body.
type (
	value struct{ Key, Type, Value string }
	row   struct {
		GroupedBys []value `json:",omitempty"`
		Values     []value
	}
	body struct {
		ApplicationId string
		CampaignId    string `json:",omitempty"`
		JourneyId     string `json:",omitempty"`
		StartTime     string
		EndTime       string
		KpiName       string
		KpiResult     struct{ Rows []row }
	}
)

func (a *api) serve(t target, k kpi, s span, now time.Time, twists []rest.Twist) rest.Answer {
	b := body{
		ApplicationId: t.ID, KpiName: t.kpi,
		StartTime: s.from.Format(time.RFC3339), EndTime: s.to.Format(time.RFC3339),
	}
	switch t.level {
	case ofCampaign:
		b.CampaignId = t.resource
	case ofJourney:
		b.JourneyId = t.resource
	}
	b.KpiResult.Rows = []row{}
	noData := false
	for _, twist := range twists {
		if script.Kind(twist.Kind) == Retired {
			return a.end()
		}
		noData = noData || script.Kind(twist.Kind) == NoData
	}
	if !noData {
		b.KpiResult.Rows = append(b.KpiResult.Rows, a.rows(k, a.messages(t, s, now))...)
	}
	answer := rest.JSON(http.StatusOK, b)
	answer.Header = map[string]string{"X-Amzn-Requestid": a.id}
	return answer
}
