package skills

import (
	"fmt"
	"maps"
	"mime"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// periodsV2 are the aggregation periods that are seen in use; BY_WEEK and SINGLE are documented.
var periodsV2 = map[string]time.Duration{"SINGLE": 0, "BY_15": slot, "BY_HOUR": time.Hour, "BY_DAY": 24 * time.Hour, "BY_WEEK": week}

// namespaces are those of the types of skills that v2 has. Alexa.Custom is documented, the others are seen in use.
var namespaces = map[Type]string{Custom: "Alexa.Custom", SmartHome: "Alexa.SmartHome", Music: "Alexa.Music"}

// maxQueries is documented.
const maxQueries = 5

// resultV2 and dataV2 are the documented parts of an answer.
type resultV2 struct {
	ID              string   `json:"id"`
	Label           string   `json:"label,omitempty"`
	Name            string   `json:"name"`
	MetricNamespace string   `json:"metricNamespace"`
	Stat            string   `json:"stat"`
	Data            []dataV2 `json:"data"`
}

type dataV2 struct {
	*points
	GroupedBy *groupV2 `json:"groupedBy,omitempty"`
}

type groupV2 struct {
	Field string `json:"groupedByField"`
	Value string `json:"groupedByValue"`
}

// queryV2 is one of the queries of a call: its head in the answer, and its series, one for each group.
type queryV2 struct {
	head   resultV2
	group  string
	series []series
}

// readV2 checks a body. Its form is documented by an example; bounds that the example does not show are assumed.
func (a *API) readV2(r rest.Request, skill *source) (q query, problems []string) {
	if media, _, err := mime.ParseMediaType(r.ContentType); err != nil || media != rest.ContentType {
		return q, []string{"The Content-Type header must be " + rest.ContentType}
	}
	f, ok := rest.ReadFields(r.Body, &problems)
	if !ok {
		return q, problems
	}
	const never = 1 << 53
	from, to := f.Integer("startTime", 0, never), f.Integer("endTime", 0, never)
	q.from, q.to = time.UnixMilli(from), time.UnixMilli(to)
	if len(problems) == 0 && from >= to {
		f.Bad("endTime must be later than startTime")
	}
	q.pageSize = a.PageSize
	if f.Has("maxResultsPerQuery") {
		q.pageSize = int(f.Integer("maxResultsPerQuery", 1, int64(a.MaxResults)))
	}
	token := ""
	if f.Has("nextToken") {
		token, _ = rest.Take[string](f, "nextToken", "a string")
	}
	var queries []queryV2
	for _, one := range f.Objects("metricQueries", 1, maxQueries) {
		queries = append(queries, readQueryV2(one, skill))
	}
	f.Close()
	for _, one := range queries {
		q.series = append(q.series, one.series...)
		q.identity += fmt.Sprintf("%+v %s %d;", one.head, one.group, one.series[0].step)
		q.identity += fmt.Sprint(one.series[0].selection)
	}
	q.identity = fmt.Sprint(r.Path, from, to, q.identity)
	q.token = token
	var problem string
	if q.offset, problem = a.pages.Open(token, q.identity, r.Now); problem != "" {
		f.Bad("%s", problem)
	}
	q.timestamp = func(t time.Time) any { return t.UnixMilli() }
	q.body = func(all []*points, token string) any { return bodyV2(queries, all, token) }
	return q, problems
}

func readQueryV2(f *rest.Fields, skill *source) (q queryV2) {
	filled := func(s string) bool { return s != "" }
	q.head = resultV2{ID: f.Text("id", "a text", filled), Name: f.Text("name", "a text", filled), Stat: "count"}
	q.head.MetricNamespace = f.OneOf("metricNamespace", slices.Sorted(maps.Values(namespaces))...)
	if f.Has("label") {
		q.head.Label = f.Text("label", "a text", filled)
	}
	if f.Has("stat") {
		q.head.Stat = f.OneOf("stat", "count", "avg", "p50", "p90", "p99")
	}
	if f.Has("groupBy") {
		q.group = f.OneOf("groupBy", "intent", "locale")
	}
	s := series{asked: q.head.Name, step: periodsV2[f.OneOf("aggregationPeriod", slices.Sorted(maps.Keys(periodsV2))...)]}
	s.selection = readDimensions(f)
	at := slices.IndexFunc(metrics, func(m metric) bool { return m.v2 != "" && m.v2 == s.asked })
	switch {
	case namespaces[skill.Type] != q.head.MetricNamespace:
		f.Bad("metricNamespace must be that of the skill's type")
	case at < 0, !slices.Contains(metrics[max(at, 0)].types, skill.Type):
		f.Bad("name must be a metric of %s", q.head.MetricNamespace)
	default:
		s.metric = metrics[at]
	}
	f.Close()
	q.series = grouped(s, q.group, skill)
	return q
}

// readDimensions reads what a query is limited to. Without a stage it is about live (assumed).
func readDimensions(f *rest.Fields) selection {
	s := selection{stage: stages[0]}
	if !f.Has("dimensions") {
		return s
	}
	for _, d := range f.Objects("dimensions", 0, 3) {
		name := d.OneOf("name", "Alexa.Stage", "Alexa.Locale", "Alexa.Intent")
		switch name {
		case "Alexa.Stage":
			s.stage = d.OneOf("value", stages...)
		case "Alexa.Locale":
			s.locale = d.Text("value", "a locale", locale.MatchString)
		default:
			s.intent = d.Text("value", "an intent", intent.MatchString)
		}
		d.Close()
	}
	return s
}

// grouped is a series for each value of the field, in the order of the configuration.
func grouped(s series, field string, skill *source) (all []series) {
	for _, share := range map[string][]Share{"intent": skill.Intents, "locale": skill.Locales}[field] {
		one := s
		at := &one.intent
		if field == "locale" {
			at = &one.locale
		}
		if *at == "" || *at == share.Value {
			*at = share.Value
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return []series{s}
	}
	return all
}

func bodyV2(queries []queryV2, all []*points, token string) any {
	body := struct {
		Results           []resultV2        `json:"results"`
		PaginationContext map[string]string `json:"paginationContext"`
	}{PaginationContext: map[string]string{}}
	if token != "" {
		body.PaginationContext["nextToken"] = token
	}
	for _, q := range queries {
		result := q.head
		result.Data = []dataV2{}
		for _, s := range q.series {
			d := dataV2{points: all[0]}
			if q.group != "" {
				d.GroupedBy = &groupV2{Field: q.group, Value: map[string]string{"intent": s.intent, "locale": s.locale}[q.group]}
			}
			result.Name = all[0].Metric
			result.Data = append(result.Data, d)
			all = all[1:]
		}
		body.Results = append(body.Results, result)
	}
	return body
}
