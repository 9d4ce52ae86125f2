package khoros_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

// The answers are in the vendor's form, and of its statuses for exports; it documents no other for this call.
func TestProbe(t *testing.T) {
	const list = `{"status":"PASS","request":null,"message":null,"result":[{"id":"UTC","name":"UTC","shortName":"UTC","offsetString":"+00:00","offsetMillis":0}]}`
	tests := map[string]struct {
		answer  sourcetest.Reply
		params  report.Params
		outcome report.Outcome
		calls   int
	}{
		"the list":            {says(list), nil, report.OutcomeAccepted, 1},
		"an empty list":       {says(`{"status":"PASS","result":[]}`), nil, report.OutcomeBackOff, 1},
		"words in its place":  {says(`{"status":"FAIL","result":"Unknown company"}`), nil, report.OutcomeBackOff, 1},
		"a page in its place": {says("<html>"), nil, report.OutcomeBackOff, 1},
		"another password":    {sourcetest.Says(http.StatusUnauthorized, "{}"), nil, report.OutcomeUnauthorized, 1},
		"another key":         {sourcetest.Says(http.StatusBadRequest, "{}"), nil, report.OutcomeRefused, 1},
		"asked too often":     {sourcetest.Says(http.StatusTooManyRequests, "{}"), nil, report.OutcomeBackOff, 1},
		"no such parameters":  {says(list), report.Params{"zone": "Mars"}, report.OutcomeRefused, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src, v := play(t, tt.answer)
			a := src.Probe(t.Context(), order(tt.params).Subscription.Params, freely)
			if a.Outcome != tt.outcome || strings.Contains(a.Why, "planted") || len(v.Asked()) != tt.calls {
				t.Fatalf("got %+v after %d requests", a, len(v.Asked()))
			}
			if tt.calls == 0 {
				return
			}
			asked := v.Asked()[0]
			if asked.Method != http.MethodGet || asked.Path != "/api/public/config/timezones" || asked.Query.Get("companyKey") != "planted-key" ||
				asked.Query.Get("locale") != "en" || asked.Header.Get("Authorization") != "Basic cGxhbnRlZC1hbmFseXN0OnBsYW50ZWQtcGFzcy93b3Jk" {
				t.Errorf("asked %+v", asked)
			}
		})
	}
}

// A secret that was changed meanwhile is tried, when there is a turn for it.
func TestAProbeTakesATurnForEachFurtherRequest(t *testing.T) {
	o, v, _ := sourcetest.Play(t, sourcetest.Says(http.StatusUnauthorized, "{}"))
	changed := &document{planted, strings.Replace(planted, "planted-pass", "planted-other", 1)}
	src := khoros.New(khoros.Options{Endpoint: o.Endpoint, HTTP: o.HTTP, Secret: changed, Now: o.Now})
	a := src.Probe(t.Context(), order(nil).Subscription.Params, func(context.Context) error { return errors.New("no time") })
	if a.Outcome != report.OutcomeBackOff || a.Why != "not sent: no time" || len(v.Asked()) != 1 {
		t.Errorf("got %+v after %d requests", a, len(v.Asked()))
	}
}
