package skillmetrics

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// What is known of v2, POST /v2/skills/{skillId}/metrics:
//
//   - The vendor's page "Metrics REST API Reference v2" shows the request (times in milliseconds, up to five queries, groupBy
//     intent, the dimensions Alexa.Stage and Alexa.Locale, BY_WEEK, the statistic count). bellhop's project keeps no copy of it.
//   - The words of the other periods and statistics, and the forms of the answer and of its paging, are community knowledge:
//     github.com/ilovelinux/ask-metrics-v2. So this code takes what it can read, and refuses an answer that is only half
//     about what was asked.

// bodyV2 is the request's.
type bodyV2 struct {
	StartTime int64     `json:"startTime"` // milliseconds
	EndTime   int64     `json:"endTime"`
	Queries   []queryV2 `json:"metricQueries"`
	NextToken string    `json:"nextToken,omitempty"`
}

type queryV2 struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	Namespace  string        `json:"metricNamespace"`
	GroupBy    string        `json:"groupBy,omitempty"`
	Period     string        `json:"aggregationPeriod"`
	Stat       string        `json:"stat"`
	Dimensions []dimensionV2 `json:"dimensions"`
}

type dimensionV2 struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// requestV2 returns the request for one page of the queries of a call, which are of one window.
func (f *fetching) requestV2(queries []query, token string) (alexa.Call, error) {
	window := queries[0].Window
	request := bodyV2{
		StartTime: window.From.Time().UnixMilli(), EndTime: (window.To + 1).Time().UnixMilli(), NextToken: token,
	}
	for i, q := range queries {
		dimensions := []dimensionV2{{"Alexa.Stage", f.Stage}}
		if q.Locale != "" {
			dimensions = append(dimensions, dimensionV2{"Alexa.Locale", q.Locale})
		}
		request.Queries = append(request.Queries, queryV2{
			ID: idsV2[i], Name: q.Metric, Namespace: f.Namespace, GroupBy: f.GroupBy,
			Period: periods[f.Period], Stat: f.Stat, Dimensions: dimensions,
		})
	}
	body, err := json.Marshal(request)
	return alexa.Call{Method: http.MethodPost, Path: "/v2/skills/" + url.PathEscape(f.skill) + "/metrics", Body: body}, err
}

// idsV2 are the ids of the queries of a call, in the manner of the vendor's example.
var idsV2 = []string{"m1", "m2", "m3", "m4", "m5"}

// pageV2 is the answer's body.
type pageV2 struct {
	Results []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Data []struct {
			Timestamps []int64       `json:"timestamps"` // milliseconds
			Values     []json.Number `json:"values"`
			GroupedBy  struct {
				Field string `json:"groupedByField"`
				Value string `json:"groupedByValue"`
			} `json:"groupedBy"`
		} `json:"data"`
	} `json:"results"`
	Pagination struct {
		NextToken string `json:"nextToken"`
	} `json:"paginationContext"`
}

// readV2 returns the rows of a page, and the token of the next page.
func (f *fetching) readV2(queries []query, body []byte) ([]row, string, error) {
	var page pageV2
	if json.Unmarshal(body, &page) != nil {
		return nil, "", errNotJSON
	}
	var all []row
	for _, result := range page.Results {
		i := slices.Index(idsV2, result.ID)
		if i < 0 || i >= len(queries) || queries[i].Metric != result.Name {
			return nil, "", errMetric
		}
		f.answered[i] = true
		for _, series := range result.Data {
			points, err := pair(series.Timestamps, series.Values, func(ms int64) (time.Time, error) {
				return time.UnixMilli(ms).UTC(), nil
			})
			if err != nil {
				return nil, "", err
			}
			like := f.row(queries[i])
			like.GroupField, like.GroupValue = series.GroupedBy.Field, series.GroupedBy.Value
			more, err := rows(like, queries[i], points)
			if err != nil {
				return nil, "", err
			}
			all = append(all, more...)
		}
	}
	return all, page.Pagination.NextToken, nil
}
