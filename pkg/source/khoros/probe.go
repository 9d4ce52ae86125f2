package khoros

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

const zones = "/api/public/config/timezones"

// Probe asks for the vendor's list of time zones: it makes no export, and needs what every order needs, the user and the company's
// key. Nothing of the list is kept. The turn for its first request has been taken; before a further one it calls turn.
func (s *Source) Probe(ctx context.Context, p report.Params, turn func(context.Context) error) report.Answer {
	w, err := parse(p)
	if err != nil {
		return report.NotSent(err)
	}
	c, a := s.caller(ctx, w)
	if a != nil {
		return *a
	}
	c.turn = turn
	reply, answer := c.do(ctx, func() (*http.Request, error) {
		query := url.Values{"companyKey": {c.key.Reveal()}, "locale": {w.locale}}
		return http.NewRequestWithContext(ctx, http.MethodGet, c.base.Scheme+"://"+c.base.Host+zones+"?"+query.Encode(), http.NoBody)
	})
	if answer.Outcome != report.OutcomeAccepted {
		return answer
	}
	var list struct {
		Result []json.RawMessage `json:"result"`
	}
	if json.Unmarshal(reply.Body, &list) != nil || len(list.Result) == 0 {
		return c.unread(reply, errShape)
	}
	return answer
}
