package skills_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/skills"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// bodyV2 is the vendor's example of v2, on a day of the tests: one query with groups and one without.
const bodyV2 = `{"startTime": 1541376000000, "endTime": 1541462400000, "metricQueries": [
	{"id": "m1", "label": "Count of customers", "name": "CUSTOMERS", "metricNamespace": "Alexa.Custom", "groupBy": "intent",
	 "aggregationPeriod": "BY_WEEK", "stat": "count",
	 "dimensions": [{"name": "Alexa.Stage", "value": "development"}, {"name": "Alexa.Locale", "value": "en-US"}]},
	{"id": "m2", "name": "UTTERANCES", "metricNamespace": "Alexa.Custom", "aggregationPeriod": "BY_HOUR"}]}`

func post(a *skills.API, body string) rest.Answer {
	call, refusal := a.Read(rest.Request{
		Method: http.MethodPost, Path: "/v2/skills/" + documented + "/metrics", ContentType: "application/json", Body: []byte(body), Now: settled,
	})
	if refusal.Status != 0 {
		return refusal
	}
	return call.Serve(nil)
}

type answerV2 struct {
	Results []struct {
		ID, Label, Name, MetricNamespace, Stat string
		Data                                   []struct {
			Timestamps []int64
			Values     []json.Number
			GroupedBy  *struct{ GroupedByField, GroupedByValue string }
		}
	}
	PaginationContext *struct{ NextToken string }
}

func readV2(t *testing.T, a *skills.API, body string) (r answerV2) {
	t.Helper()
	answer := post(a, body)
	if err := json.Unmarshal(answer.Body, &r); err != nil || answer.Status != http.StatusOK || r.PaginationContext == nil {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	return r
}

func TestV2Example(t *testing.T) {
	a := open(t, nil)
	r := readV2(t, a, bodyV2)
	if len(r.Results) != 2 {
		t.Fatalf("%+v", r)
	}
	one, two := r.Results[0], r.Results[1]
	if head := fmt.Sprint(one.ID, one.Label, one.Name, one.MetricNamespace, one.Stat); head != "m1Count of customersCUSTOMERSAlexa.Customcount" {
		t.Errorf("head %q", head)
	}
	if len(one.Data) != 2 || one.Data[0].GroupedBy == nil || one.Data[0].GroupedBy.GroupedByField != "intent" ||
		one.Data[0].GroupedBy.GroupedByValue != "GetMenu" || one.Data[1].GroupedBy.GroupedByValue != "AMAZON.FallbackIntent" {
		t.Fatalf("groups %+v", one.Data)
	}
	if len(two.Data) != 1 || two.Data[0].GroupedBy != nil || len(two.Data[0].Values) != 24 || two.Data[0].Timestamps[1] != 1541379600000 {
		t.Fatalf("hours %+v", two.Data)
	}
	v1 := read(t, a, documented, day+"&metric=totalUtterances&period=PT1H", settled)
	if got, want := sum(t, two.Data[0].Values), sum(t, v1.Values); got != want {
		t.Errorf("v2 has %d utterances, v1 %d", got, want)
	}
}

func TestV2GroupsWithinADimension(t *testing.T) {
	one := strings.NewReplacer(`"groupBy": "intent"`, `"groupBy": "locale"`).Replace(bodyV2)
	data := readV2(t, open(t, nil), one).Results[0].Data
	if len(data) != 1 || data[0].GroupedBy.GroupedByField != "locale" || data[0].GroupedBy.GroupedByValue != "en-US" {
		t.Errorf("groups by locale, where one locale is asked for: %+v", data)
	}
}

func TestV2Pages(t *testing.T) {
	a := open(t, nil)
	ten := strings.Replace(bodyV2, `"metricQueries"`, `"maxResultsPerQuery": 10, "metricQueries"`, 1)
	first := readV2(t, a, ten)
	token := first.PaginationContext.NextToken
	next := readV2(t, a, strings.Replace(ten, `"metricQueries"`, fmt.Sprintf(`"nextToken": %q, "metricQueries"`, token), 1))
	if n, m := len(first.Results[1].Data[0].Values), len(next.Results[1].Data[0].Values); n != 10 || m != 10 || next.PaginationContext.NextToken == "" {
		t.Errorf("%d and %d values: %+v", n, m, next)
	}
	if n, m := len(first.Results[0].Data[0].Values), len(next.Results[0].Data[0].Values); n != 1 || m != 0 {
		t.Errorf("the short series has %d values, then %d", n, m)
	}
}

func TestV2Violations(t *testing.T) {
	six := strings.Repeat(`{"id":"m","name":"UTTERANCES","metricNamespace":"Alexa.Custom","aggregationPeriod":"BY_DAY"},`, 6)
	query := func(q string) string {
		return `{"startTime":1541376000000,"endTime":1541462400000,"metricQueries":[` + strings.TrimSuffix(q, ",") + `]}`
	}
	for name, test := range map[string]struct{ body, words string }{
		"not JSON":          {"{", "not a JSON object"},
		"more than JSON":    {"{}{}", "after the JSON object"},
		"nothing":           {"{}", "metricQueries is required"},
		"six queries":       {query(six), "1 to 5 elements, not 6"},
		"no queries":        {query(""), "1 to 5 elements, not 0"},
		"a list":            {query("[]"), "metricQueries[0] must be an object"},
		"end before start":  {strings.Replace(bodyV2, "1541462400000", "1541376000000", 1), "endTime must be later"},
		"seconds and a bit": {strings.Replace(bodyV2, "1541376000000", "1541376000.5", 1), "startTime must be a whole number"},
		"unknown period":    {strings.Replace(bodyV2, "BY_HOUR", "PT1H", 1), "metricQueries[1].aggregationPeriod must be one of"},
		"unknown metric":    {strings.Replace(bodyV2, "UTTERANCES", "SMILES", 1), "metricQueries[1].name must be a metric of Alexa.Custom"},
		"v1's name":         {strings.Replace(bodyV2, "UTTERANCES", "totalUtterances", 1), "must be a metric"},
		"another namespace": {strings.Replace(bodyV2, "Alexa.Custom", "Alexa.Music", 1), "metricNamespace must be that of the skill's type"},
		"unknown dimension": {strings.Replace(bodyV2, "Alexa.Locale", "Alexa.Country", 1), "dimensions[1].name must be one of"},
		"unknown group":     {strings.Replace(bodyV2, `"intent"`, `"country"`, 1), "groupBy must be one of"},
		"unknown stat":      {strings.Replace(bodyV2, `"count"`, `"sum"`, 1), "stat must be one of"},
		"misspelt":          {strings.Replace(bodyV2, `"label"`, `"Label"`, 1), "metricQueries[0].Label is not a known property"},
		"foreign token":     {strings.Replace(bodyV2, `"metricQueries"`, `"nextToken":"x","metricQueries"`, 1), "nextToken is not one"},
	} {
		if got := post(open(t, nil), test.body); got.Status != 400 || !strings.Contains(string(got.Body), test.words) {
			t.Errorf("%s: %d %s, want %q", name, got.Status, got.Body, test.words)
		}
	}
}

// A week is the limit of v1 only: the vendor's example of v2 has 30 days.
func TestV2TakesThirtyDays(t *testing.T) {
	end := fmt.Sprint(time.UnixMilli(1541376000000).AddDate(0, 0, 30).UnixMilli())
	if got := post(open(t, nil), strings.Replace(bodyV2, "1541462400000", end, 1)); got.Status != 200 {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}
