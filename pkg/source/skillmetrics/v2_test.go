package skillmetrics_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

func TestTheRequestOfV2(t *testing.T) {
	o := order(report.Params{"api": "v2", "metrics": "CUSTOMERS", "stage": "development", "group_by": "intent"})
	const page = `{"results":[{"id":"m1","name":"CUSTOMERS","data":[]}],"paginationContext":{"nextToken":"t"}}`
	_, _, asked := fetch(t, o, sourcetest.Says(200, page), sourcetest.Says(200, `{"results":[]}`))
	if first := asked[0]; first.Method != http.MethodPost || first.Path != "/v2/skills/"+skill+"/metrics" || first.Header.Get("Content-Type") != "application/json" {
		t.Errorf("asked %+v", first)
	}
	var got, want map[string]any
	if err := json.Unmarshal([]byte(read(t, "request-v2.json")), &want); err != nil {
		t.Fatal(err)
	}
	for i, token := range []any{nil, "t"} {
		if token != nil {
			want["nextToken"] = token
		}
		got = nil
		if err := json.Unmarshal([]byte(asked[i].Body), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("request %d: %s", i, diff)
		}
	}
}

func TestTheAnswerOfV2(t *testing.T) {
	o := order(report.Params{"api": "v2", "metrics": "CUSTOMERS,UTTERANCES", "locales": "", "group_by": "intent"})
	customers := `{"id":"m1","name":"CUSTOMERS","label":"x","data":[{"timestamps":[1793491200000],"values":[4],"groupedBy":{"groupedByField":"intent","groupedByValue":"OrderIntent"}}]}`
	utterances := `{"id":"m2","name":"UTTERANCES","data":[{"timestamps":[1793491200000,1793577600000],"values":[9,8]}]}`
	prefix := "2026-11-01," + skill + ",live,custom,"
	const start = ",P1D,2026-11-01T00:00:00Z,,,count,"
	want := header + prefix + "CUSTOMERS" + start + "intent,OrderIntent,,,4\n" + prefix + "UTTERANCES" + start + ",,,9,\n"
	cases := map[string]struct {
		pages []string
		want  string
		why   string
	}{
		"one page":         {pages: []string{`{"results":[` + customers + `,` + utterances + `],"paginationContext":{}}`}, want: want},
		"two pages":        {pages: []string{`{"results":[` + utterances + `],"paginationContext":{"nextToken":"a"}}`, `{"results":[` + customers + `]}`}, want: want},
		"one is left out":  {pages: []string{`{"results":[` + customers + `]}`}, why: "say nothing about a metric"},
		"not asked for":    {pages: []string{`{"results":[{"id":"m1","name":"Room 101"}]}`}, why: "was not asked for"},
		"an id too many":   {pages: []string{`{"results":[{"id":"m3","name":"CUSTOMERS"}]}`}, why: "was not asked for"},
		"unequal lengths":  {pages: []string{`{"results":[{"id":"m1","name":"CUSTOMERS","data":[{"timestamps":[1],"values":[]}]}]}`}, why: "not of equal number"},
		"another document": {pages: []string{`{"results":"Room 101"}`}, why: "not the JSON"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var answers []sourcetest.Reply
			for _, page := range c.pages {
				answers = append(answers, sourcetest.Says(200, page))
			}
			got, a, _ := fetch(t, o, answers...)
			if got != c.want || !strings.Contains(a.Why, c.why) || strings.Contains(a.Why, "Room 101") || (c.why != "") != (a.Outcome == report.OutcomeBackOff) {
				t.Errorf("got %+v\n%s", a, cmp.Diff(c.want, got))
			}
		})
	}
}
