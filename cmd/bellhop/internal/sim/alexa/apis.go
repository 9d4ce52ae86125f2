package alexa

import (
	"net/http"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// apiOf finds the API that is read page by page at a path, if there is one.
func apiOf(path string) Endpoint {
	for prefix, e := range map[string]Endpoint{
		"/v1/skills/": SkillMetrics, "/v2/skills/": SkillMetrics, "/v1/proactive/campaigns": Campaigns,
	} {
		if strings.HasPrefix(path, prefix) {
			return e
		}
	}
	return ""
}

// call serves an API that is read page by page. The caller holds the lock.
func (s *Simulator) call(e Endpoint, r *http.Request, body []byte, whole bool) rest.Answer {
	counters := map[Endpoint]*rest.Tally{SkillMetrics: &s.state.Counters.SkillMetrics, Campaigns: &s.state.Counters.Campaigns}[e]
	counters.Calls++
	a := s.answer(e, counters.Calls, r, body, whole)
	counters.Count(a)
	return a
}

// answer goes through the reasons to refuse a call and serves what is left, as its faults would have it.
func (s *Simulator) answer(e Endpoint, number int, r *http.Request, body []byte, whole bool) rest.Answer {
	api := s.apis[e]
	at := call{refuse: func(status int, _ string, words ...string) rest.Answer {
		return api.Refuse(status, strings.Join(words, "; "))
	}}
	token, client, refusal := s.authorise(r.Header, at.refuse)
	switch {
	case refusal.Refused():
		return refusal
	case !whole:
		return rest.JSON(http.StatusRequestEntityTooLarge, rest.Message{Message: "Request Too Long"})
	}
	asked, refusal := api.Read(rest.Request{
		Method: r.Method, Path: r.URL.Path, ContentType: r.Header.Get("Content-Type"), RawQuery: r.URL.RawQuery,
		Body: body, Client: client.ID, Now: s.now(),
	})
	if refusal.Refused() {
		return refusal
	}
	at.token, at.Call = token, asked.At(e, number)
	struck := s.strikes(atAnswer, at)
	if len(struck) > 0 && struck[0].Kind != LostAnswer {
		return faultTypes[struck[0].Kind].answer(s, struck[0].Fault, at)
	}
	a := asked.Serve(rest.Twists(s.strikes(atContent, at)))
	a.Cut = len(struck) > 0
	return a
}
