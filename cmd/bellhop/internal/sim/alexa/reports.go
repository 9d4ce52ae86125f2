package alexa

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// reports serves POST /v1/enterprise/analytics/reports.
func (s *Simulator) reports(r *http.Request) answer {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Counters.Posts++
	a := s.decide(r.Header, body, err)
	switch {
	case a.cut:
		s.state.Counters.Lost++
	case a.status != http.StatusAccepted:
		s.state.Counters.Refused[a.status]++
	}
	return a
}

// decide goes through the reasons to refuse a request and accepts what is left. The caller holds the lock.
func (s *Simulator) decide(header http.Header, body []byte, readErr error) answer {
	token, client, refusal := s.authorise(header)
	if refusal != nil {
		return *refusal
	}
	if readErr != nil || len(body) > maxBody {
		return jsonAnswer(http.StatusRequestEntityTooLarge, gatewayMessage{"Request Too Long"})
	}
	if media, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || media != jsonType {
		return refuse(http.StatusBadRequest, codeInvalid, "The Content-Type header must be "+jsonType)
	}
	q, found := s.readRequest(body)
	if len(found) > 0 {
		return refuse(http.StatusBadRequest, codeInvalid, found...)
	}
	if refusal := s.checkUnit(q); refusal != nil {
		return *refusal
	}
	if refusal := s.checkPace(client); refusal != nil {
		return *refusal
	}
	if !s.switches.LagIsEmpty && q.to > s.today()-1-day(s.switches.LagDays) {
		return refuse(s.switches.NotReadyStatus, codeNotReady, notReadyWords)
	}
	at := occasion{call: s.state.Counters.Posts, categories: q.categories, from: q.from, to: q.to}
	struck := s.strikes(answerFault, at)
	if len(struck) == 0 {
		return s.accept(q, at)
	}
	if struck[0].Kind == LostAnswer {
		a := s.accept(q, at)
		a.cut = true
		return a
	}
	return s.faultyAnswer(struck[0], token)
}

// authorise finds the client behind the bearer token; otherwise the documented 401 or 403.
func (s *Simulator) authorise(header http.Header) (token string, client Client, refusal *answer) {
	no := func(status int, code, why string) (string, Client, *answer) {
		a := refuse(status, code, why)
		return "", Client{}, &a
	}
	scheme, token, ok := strings.Cut(header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return no(http.StatusUnauthorized, codeUnauthorised, "The request has no bearer token in its Authorization header")
	}
	g, known := s.state.Access[token]
	if !known || !s.now().Before(g.Expires) {
		return no(http.StatusUnauthorized, codeUnauthorised, "The access token is expired or not valid")
	}
	client = s.clients[g.Client]
	if client.Forbidden {
		return no(http.StatusForbidden, codeForbidden, "The requested operation is not allowed for this client")
	}
	return token, client, nil
}

// checkUnit knows the documented reasons why a unit cannot be asked about.
func (s *Simulator) checkUnit(q reportRequest) *answer {
	unit := s.hierarchy.byID[q.unit]
	var a answer
	switch {
	case s.hierarchy.foreign[q.unit]:
		a = refuse(s.switches.NoAccessStatus, codeForbidden, "You do not have access to the unit")
	case unit == nil:
		a = refuse(http.StatusNotFound, codeNotFound, "The unit was not found")
	case s.tooYoung(unit):
		a = s.ineligible()
	default:
		return nil
	}
	return &a
}

// tooYoung is documented for the property and the unit itself. Younger units below it just have fewer days.
func (s *Simulator) tooYoung(unit *node) bool {
	age := time.Duration(s.switches.MinUnitAgeDays) * 24 * time.Hour
	for _, n := range []*node{unit, unit.property} {
		if !n.since.IsZero() && s.now().Sub(n.since) < age {
			return true
		}
	}
	return false
}

func (s *Simulator) ineligible() answer {
	return refuse(s.switches.IneligibleStatus, codeIneligible, "The property and units must be at least four days old.")
}

// checkPace limits one credential's rate, if the switches say so.
func (s *Simulator) checkPace(client Client) *answer {
	now := s.now()
	last, before := s.state.LastPost[client.ID]
	s.state.LastPost[client.ID] = now
	if before && now.Sub(last) < s.switches.MinInterval {
		a := throttled(0)
		return &a
	}
	return nil
}

func throttled(retryAfterSeconds int) answer {
	a := refuse(http.StatusTooManyRequests, codeThrottled, "API exceeded the permitted rate limit")
	a.retryAfter = retryAfterSeconds
	return a
}

// faultyAnswer is the answer that a fault gives in place of the right one.
func (s *Simulator) faultyAnswer(f scripted, token string) answer {
	switch f.Kind {
	case RateLimited:
		return throttled(f.RetryAfterSeconds)
	case NotReady:
		return refuse(f.Status, codeNotReady, notReadyWords)
	case GatewayError:
		return gatewayPage(f.Status)
	case TokenExpired:
		delete(s.state.Access, token)
		return refuse(http.StatusUnauthorized, codeUnauthorised, "The access token is expired or not valid")
	case NotEligible:
		return s.ineligible()
	case LostRequest:
		return answer{cut: true}
	default:
		a := refuse(f.Status, codeInternal, "Error occurred on the server")
		a.retryAfter = f.RetryAfterSeconds
		return a
	}
}

// accept names the files, schedules their delivery and gives the documented 202.
func (s *Simulator) accept(q reportRequest, at occasion) answer {
	s.state.Counters.Accepted++
	body := reportAnswer{Message: messageQueued, Reports: []namedReport{}}
	subject, n := "", int64(at.call)
	if s.switches.ReuseNames {
		subject, n = fmt.Sprintf("%+v", q), 0
	}
	for _, category := range q.categories {
		hash := draw(s.seed, "name "+category, subject, n).hex(16)
		for part := range s.switches.FilesPerCategory {
			name := s.switches.fileName(hash, category, part+1)
			body.Reports = append(body.Reports, namedReport{Category: category, Name: name})
		}
	}
	s.state.Counters.Named += len(body.Reports)
	s.schedule(q, at, body.Reports)
	return jsonAnswer(http.StatusAccepted, body)
}
