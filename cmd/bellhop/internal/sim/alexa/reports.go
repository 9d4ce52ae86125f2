package alexa

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// reportAnswer is the documented body of the reports endpoint, for success and failure.
type reportAnswer struct {
	Message string        `json:"message"`
	Reports []namedReport `json:"reports"`
	Errors  []reportError `json:"errors,omitempty"`
}

type namedReport struct {
	Category string `json:"category"`
	Name     string `json:"name"`
}

type reportError struct {
	Description string `json:"errorDescription"`
	Code        string `json:"errorCode"`
	Status      int    `json:"status"`
}

// The documented messages.
const (
	messageQueued = "The report generation has been queued. Results with the attached names will be delivered when complete."
	messageError  = "There was an error processing the request."
	notReadyWords = "Data not yet available due to an upstream processing delay."
)

// Error codes: the documents say that there are some, and name none. These are ours.
const (
	codeInvalid      = "INVALID_REQUEST"
	codeUnauthorised = "UNAUTHORIZED"
	codeForbidden    = "FORBIDDEN"
	codeNotFound     = "UNIT_NOT_FOUND"
	codeIneligible   = "UNIT_NOT_ELIGIBLE"
	codeThrottled    = "TOO_MANY_REQUESTS"
	codeInternal     = "INTERNAL_ERROR"
	codeNotReady     = "DATA_NOT_AVAILABLE"
)

// form is an endpoint's own form of an error.
type form func(status int, code string, descriptions ...string) rest.Answer

// refuse builds the documented error answer: no reports when there is any error.
func refuse(status int, code string, descriptions ...string) rest.Answer {
	body := reportAnswer{Message: messageError, Reports: []namedReport{}}
	for _, d := range descriptions {
		body.Errors = append(body.Errors, reportError{Description: d, Code: code, Status: status})
	}
	return rest.JSON(status, body)
}

func throttled(refuse form, retryAfterSeconds int) rest.Answer {
	a := refuse(http.StatusTooManyRequests, codeThrottled, "API exceeded the permitted rate limit")
	a.RetryAfter = retryAfterSeconds
	return a
}

func (s *Simulator) ineligible() rest.Answer {
	return refuse(s.switches.IneligibleStatus, codeIneligible, "The property and units must be at least four days old.")
}

// reports serves POST /v1/enterprise/analytics/reports. The caller holds the lock.
func (s *Simulator) reports(r *http.Request, body []byte, whole bool) rest.Answer {
	s.state.Counters.Posts++
	a := s.decide(r.Header, body, whole)
	switch {
	case a.Cut:
		s.state.Counters.Lost++
	case a.Status != http.StatusAccepted:
		s.state.Counters.Refused[a.Status]++
	}
	return a
}

// decide goes through the reasons to refuse a request and accepts what is left.
func (s *Simulator) decide(header http.Header, body []byte, whole bool) rest.Answer {
	token, client, refusal := s.authorise(header, refuse)
	if refusal.Status != 0 {
		return refusal
	}
	if !whole {
		return rest.JSON(http.StatusRequestEntityTooLarge, rest.Message{Message: "Request Too Long"})
	}
	if media, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || media != rest.ContentType {
		return refuse(http.StatusBadRequest, codeInvalid, "The Content-Type header must be "+rest.ContentType)
	}
	q, problems := s.readRequest(body)
	if len(problems) > 0 {
		return refuse(http.StatusBadRequest, codeInvalid, problems...)
	}
	if refusal := s.checkUnit(q.unit); refusal.Status != 0 {
		return refusal
	}
	if s.tooQuick(client) {
		return throttled(refuse, 0)
	}
	if !s.switches.LagIsEmpty && q.to > s.today()-1-day(s.switches.LagDays) {
		return refuse(s.switches.NotReadyStatus, codeNotReady, notReadyWords)
	}
	at := call{token: token, refuse: refuse, Call: script.Call{
		Endpoint: Reports, Number: s.state.Counters.Posts, Categories: q.categories, From: q.from, To: q.to, Dated: true,
	}}
	struck := s.strikes(atAnswer, at)
	if len(struck) > 0 && struck[0].Kind != LostAnswer {
		return faultTypes[struck[0].Kind].answer(s, struck[0].Fault, at)
	}
	a := s.accept(q, at)
	a.Cut = len(struck) > 0
	return a
}

// authorise finds the client behind the bearer token; otherwise the documented 401 or 403.
func (s *Simulator) authorise(header http.Header, refuse form) (token string, client Client, refusal rest.Answer) {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	g, known := s.state.Access[token]
	client = s.clients[g.Client]
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		refusal = refuse(http.StatusUnauthorized, codeUnauthorised, "The request has no bearer token in its Authorization header")
	case !known || !s.now().Before(g.Expires):
		refusal = refuse(http.StatusUnauthorized, codeUnauthorised, "The access token is expired or not valid")
	case client.Forbidden:
		refusal = refuse(http.StatusForbidden, codeForbidden, "The requested operation is not allowed for this client")
	}
	return token, client, refusal
}

// checkUnit knows the documented reasons why a unit cannot be asked about.
func (s *Simulator) checkUnit(id string) rest.Answer {
	unit := s.hierarchy.byID[id]
	switch {
	case s.hierarchy.foreign[id]:
		return refuse(s.switches.NoAccessStatus, codeForbidden, "You do not have access to the unit")
	case unit == nil:
		return refuse(http.StatusNotFound, codeNotFound, "The unit was not found")
	case s.tooYoung(unit), s.tooYoung(unit.property):
		return s.ineligible()
	}
	return rest.Answer{}
}

// tooYoung is documented for the property and the unit itself. Younger units below it just have fewer days.
func (s *Simulator) tooYoung(n *node) bool {
	return !n.Created.IsZero() && s.now().Sub(n.Created) < time.Duration(s.switches.MinUnitAgeDays)*24*time.Hour
}

// tooQuick limits one credential's rate, if the switches say so.
func (s *Simulator) tooQuick(client Client) bool {
	now := s.now()
	last, before := s.state.LastPost[client.ID]
	s.state.LastPost[client.ID] = now
	return before && now.Sub(last) < s.switches.MinInterval
}

// accept names the files, schedules their delivery and gives the documented 202.
func (s *Simulator) accept(q reportRequest, at call) rest.Answer {
	s.state.Counters.Accepted++
	body := reportAnswer{Message: messageQueued, Reports: []namedReport{}}
	subject, n := "", int64(at.Number)
	if s.switches.ReuseNames {
		subject, n = fmt.Sprintf("%+v", q), 0
	}
	for _, category := range q.categories {
		hash := chance.Draw(s.seed, "name "+category, subject, n).Hex(16)
		for part := range s.switches.FilesPerCategory {
			body.Reports = append(body.Reports, namedReport{category, s.switches.fileName(hash, category, part+1)})
		}
	}
	s.state.Counters.Named += len(body.Reports)
	s.schedule(q, at, body.Reports)
	return rest.JSON(http.StatusAccepted, body)
}
