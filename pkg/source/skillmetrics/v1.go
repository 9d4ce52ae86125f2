package skillmetrics

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// requestV1 returns the request for one page of the one query of a call: GET with the document's parameters. maxResults is
// left to the vendor, whose documents contradict each other about the most that it takes.
func (f *fetching) requestV1(queries []query, token string) (alexa.Call, error) {
	q := queries[0]
	v := url.Values{
		"startTime": {q.Window.From.Time().Format(time.RFC3339)},
		// The end is exclusive: the first moment of the day after the window.
		"endTime":   {(q.Window.To + 1).Time().Format(time.RFC3339)},
		"period":    {f.Period},
		"metric":    {q.Metric},
		"stage":     {f.Stage},
		"skillType": {f.SkillType},
	}
	for name, value := range map[string]string{"intent": q.Intent, "locale": q.Locale, "nextToken": token} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return alexa.Call{Method: http.MethodGet, Path: "/v1/skills/" + url.PathEscape(f.skill) + "/metrics", Query: v}, nil
}

// pageV1 is the answer's body.
type pageV1 struct {
	Metric     string        `json:"metric"`
	Timestamps []string      `json:"timestamps"`
	Values     []json.Number `json:"values"`
	NextToken  string        `json:"nextToken"`
}

// readV1 returns the rows of a page, and the token of the next page.
func (f *fetching) readV1(queries []query, body []byte) ([]row, string, error) {
	var page pageV1
	if json.Unmarshal(body, &page) != nil {
		return nil, "", errNotJSON
	}
	q := queries[0]
	if page.Metric != q.Metric {
		return nil, "", errMetric
	}
	f.answered[0] = true
	points, err := pair(page.Timestamps, page.Values, func(text string) (time.Time, error) {
		at, err := alexa.ParseInstant(text)
		return at.Time, err
	})
	if err != nil {
		return nil, "", err
	}
	all, err := rows(f.row(q), q, points)
	return all, page.NextToken, err
}
