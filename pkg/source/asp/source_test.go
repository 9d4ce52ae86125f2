package asp_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

// orderedUnit is the unit of every order: no file may hold rows of another.
const orderedUnit = "amzn1.alexa.unit.did.xxxx"

const device = `{"message":"The report generation has been queued. Results with the attached names will be delivered when complete.",` +
	`"reports":[{"category":"DEVICE","name":"device-report-1.csv"}]}`

func TestTheRequestIsAsDocumented(t *testing.T) {
	s, v, _ := play(t, sourcetest.Says(202, device))
	o := order("asp_device")
	o.DeliveryBucket = "arn:aws:s3:::bellhop-x-delivery"
	got := s.Submit(t.Context(), o)
	want := report.Answer{
		Outcome: report.OutcomeAccepted, RequestID: sourcetest.RequestID,
		Files: []report.NamedFile{{Name: "device-report-1.csv", Table: "asp_device", Root: orderedUnit}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	asked := v.Asked()[0]
	if asked.Method != http.MethodPost || asked.Path != "/v1/enterprise/analytics/reports" || asked.Header.Get("Authorization") != "Bearer Atza|first" ||
		asked.Header.Get("Accept") != "application/json" || asked.Header.Get("Content-Type") != "application/json" {
		t.Errorf("asked %+v", asked)
	}
	// The document's own example, with another bucket and other dates.
	compareBody(t, sent(t, asked), `{"unitId":"amzn1.alexa.unit.did.xxxx","categories":["DEVICE"],
		"dateRange":{"startDate":"2026-06-01","endDate":"2026-06-02","granularity":"DAILY"},"format":"CSV",
		"showSubUnits":true,"deliveryChannel":{"id":"arn:aws:s3:::bellhop-x-delivery","type":"S3"}}`)
}

func compareBody(t *testing.T, got map[string]any, want string) {
	t.Helper()
	var w map[string]any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheRequestFollowsTheOrder(t *testing.T) {
	s, v, _ := play(t, sourcetest.Says(202, device))
	o := order("asp_communication", "asp_device")
	o.Subscription.Params = report.Params{"unit_id": "amzn1.alexa.unit.did.o", "show_sub_units": "false", "granularity": "DAILY"}
	o.Window.To = o.Window.From
	answer := s.Submit(t.Context(), o)
	compareBody(t, sent(t, v.Asked()[0]), `{"unitId":"amzn1.alexa.unit.did.o","categories":["COMMUNICATION","DEVICE"],
		"dateRange":{"startDate":"2026-06-01","endDate":"2026-06-01","granularity":"DAILY"},"format":"CSV",
		"showSubUnits":false,"deliveryChannel":{"id":"arn:aws:s3:::bellhop-x-delivery","type":"S3"}}`)
	if answer.Outcome != report.OutcomeAccepted || answer.Why != "no file was named for asp_communication" {
		t.Errorf("got %+v", answer)
	}
}

// One answer for each row of the document's table of statuses, and what is around it.
func TestAnswers(t *testing.T) {
	const refused, unready = report.OutcomeRefused, report.OutcomeNotReady
	cases := map[string]struct {
		answer  sourcetest.Reply
		outcome report.Outcome
		why     string
	}{
		"400 not valid":       {answer: fails(400, "INVALID_DATE", "startDate must be before endDate"), outcome: refused, why: "INVALID_DATE: startDate must be before endDate"},
		"403 not allowed":     {answer: fails(403, "FORBIDDEN", "The operation isn't allowed."), outcome: refused, why: "FORBIDDEN: The operation isn't allowed."},
		"404 not found":       {answer: fails(404, "NOT_FOUND", "Unit not found"), outcome: refused, why: "NOT_FOUND: Unit not found"},
		"429 about a delay":   {answer: fails(429, "", "Retry after a delay"), outcome: report.OutcomeBackOff},
		"500":                 {answer: fails(500, "INTERNAL", "Error occurred on the server."), outcome: report.OutcomeBackOff},
		"503":                 {answer: fails(503, "DOWN", "Server is down for maintenance"), outcome: report.OutcomeBackOff},
		"502 not available":   {answer: fails(502, "X", "Data not yet available due to an upstream processing delay."), outcome: unready, why: "not yet available"},
		"501 not available":   {answer: fails(501, "X", "Data not yet available due to an upstream processing delay."), outcome: unready},
		"503 not available":   {answer: fails(503, "X", "Data not yet available due to an upstream processing delay."), outcome: unready},
		"500 not available":   {answer: fails(500, "X", "Data NOT YET AVAILABLE"), outcome: unready},
		"400 not available":   {answer: fails(400, "X", "The upstream data is late"), outcome: unready},
		"in the message only": {answer: sourcetest.Says(409, `{"message":"There is a processing delay.","errors":[]}`), outcome: unready},
		"gateway page":        {answer: sourcetest.Says(503, "<html>\n<head><title>503 Service Unavailable</title></head>\n<body>Room 101</body>", "Content-Type", "text/html"), outcome: report.OutcomeBackOff, why: "the vendor answered 503: 503 Service Unavailable"},
		"gateway's upstream":  {answer: sourcetest.Says(503, "upstream connect error or disconnect/reset before headers", "Content-Type", "text/plain")},
		"gateway waited":      {answer: sourcetest.Says(504, "upstream request timeout", "Content-Type", "text/plain")},
		"gateway not through": {answer: sourcetest.Says(503, "upstream connect error or disconnect/reset before headers. reset reason: connection failure", "Content-Type", "text/plain"), outcome: report.OutcomeBackOff},
		"gateway without one": {answer: sourcetest.Says(503, "no healthy upstream", "Content-Type", "text/plain"), outcome: report.OutcomeBackOff},
		"too young":           {answer: fails(400, "X", "The unit must be at least four days old."), outcome: report.OutcomeNotEligible},
		"too young, digit":    {answer: fails(403, "X", "property is less than 4 days old"), outcome: report.OutcomeNotEligible},
		"other status inside": {answer: sourcetest.Says(400, `{"errors":[{"errorCode":"A","errorDescription":"b","status":"424"},{"errorCode":"A","errorDescription":"b","status":424},{"errorCode":7}]}`), outcome: refused, why: "400: A: b (status 424); 7 ("},
		"errors of no list":   {answer: sourcetest.Says(400, `{"message":"m","errors":{"errorCode":"Room 101"}}`), outcome: refused, why: "the vendor answered 400: m"},
		"a bare string":       {answer: sourcetest.Says(400, `"Forbidden"`), outcome: refused, why: "400: Forbidden"},
		"other JSON":          {answer: sourcetest.Says(400, `[{"unitName":"Room 101"}]`), outcome: refused, why: "the vendor answered 400 ("},
		"endless":             {answer: sourcetest.Says(400, strings.Repeat("words ", 20000)), outcome: refused},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, _, k := play(t, c.answer)
			got := s.Submit(t.Context(), order())
			if got.Outcome != c.outcome || got.RetryAfter != 0 || !got.Until.IsZero() || got.Files != nil {
				t.Errorf("got %+v, want %v", got, c.outcome)
			}
			if !strings.Contains(got.Why, c.why) || strings.Contains(got.Why, "Room 101") || len(got.Why) > 700 {
				t.Errorf("why: %s, want %s", got.Why, c.why)
			}
			if got.RequestID != sourcetest.RequestID || len(k.Dropped) != 0 {
				t.Errorf("request %q, dropped %v", got.RequestID, k.Dropped)
			}
		})
	}
}

func TestAcceptedAnswers(t *testing.T) {
	named := func(pairs ...string) string {
		var items []string
		for i := 0; i < len(pairs); i += 2 {
			items = append(items, `{"category":"`+pairs[i]+`","name":"`+pairs[i+1]+`"}`)
		}
		return `{"message":"queued","reports":[` + strings.Join(items, ",") + `]}`
	}
	cases := map[string]struct {
		answer sourcetest.Reply
		want   []report.NamedFile
		why    string
	}{
		"all, in any order, several of one": {
			answer: sourcetest.Says(202, named("DEVICE", "d-1.csv", "COMMUNICATION", "c.csv", "DEVICE", "d-2.csv")),
			want:   []report.NamedFile{{Name: "d-1.csv", Table: "asp_device", Root: orderedUnit}, {Name: "c.csv", Table: "asp_communication", Root: orderedUnit}, {Name: "d-2.csv", Table: "asp_device", Root: orderedUnit}},
		},
		"200 is as good":       {answer: sourcetest.Says(200, named("DEVICE", "d", "COMMUNICATION", "c")), want: []report.NamedFile{{Name: "d", Table: "asp_device", Root: orderedUnit}, {Name: "c", Table: "asp_communication", Root: orderedUnit}}},
		"unknown fields":       {answer: sourcetest.Says(202, `{"new":{"x":1},"reports":[{"category":"DEVICE","name":"a b+ü.csv","size":1},{"category":"COMMUNICATION","name":"c"}]}`), want: []report.NamedFile{{Name: "a b+ü.csv", Table: "asp_device", Root: orderedUnit}, {Name: "c", Table: "asp_communication", Root: orderedUnit}}},
		"one not named":        {answer: sourcetest.Says(202, named("DEVICE", "d")), want: []report.NamedFile{{Name: "d", Table: "asp_device", Root: orderedUnit}}, why: "no file was named for asp_communication"},
		"not asked for":        {answer: sourcetest.Says(202, named("DEVICE", "d", "PROPERTY_SKILL", "p"))},
		"unknown category":     {answer: sourcetest.Says(202, named("DEVICE", "d", "DEFECTS", "p"))},
		"blank name":           {answer: sourcetest.Says(202, named("DEVICE", " ", "COMMUNICATION", "c"))},
		"missing name":         {answer: sourcetest.Says(202, `{"reports":[{"category":"DEVICE"}]}`)},
		"duplicate name":       {answer: sourcetest.Says(202, named("DEVICE", "d", "COMMUNICATION", "d"))},
		"control characters":   {answer: sourcetest.Says(202, named("DEVICE", `d\u0000`))},
		"too long a name":      {answer: sourcetest.Says(202, named("DEVICE", strings.Repeat("d", 1025)))},
		"no reports":           {answer: sourcetest.Says(202, `{"message":"queued","reports":[]}`)},
		"errors all the same":  {answer: sourcetest.Says(202, `{"reports":[{"category":"DEVICE","name":"d"}],"errors":[{"errorCode":"Room 101"}]}`)},
		"no body":              {answer: sourcetest.Says(202, "")},
		"not JSON":             {answer: sourcetest.Says(202, "Room 101")},
		"other types":          {answer: sourcetest.Says(202, `{"reports":{"DEVICE":"Room 101"}}`)},
		"broken off, readable": {answer: sourcetest.Says(202, named("DEVICE", "d", "COMMUNICATION", "c"), "Content-Length", "5000")},
		"broken off":           {answer: sourcetest.Says(202, `{"reports":[`, "Content-Length", "5000")},
		"too long":             {answer: sourcetest.Says(202, `{"reports":[]}`+strings.Repeat(" ", 65<<10))},
		"204":                  {answer: sourcetest.Says(204, "")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, _, _ := play(t, c.answer)
			got := s.Submit(t.Context(), order("asp_device", "asp_communication"))
			want := report.Answer{Outcome: report.OutcomeAccepted, RequestID: sourcetest.RequestID, Files: c.want, Why: c.why}
			if c.want == nil {
				want.Outcome, want.Why = report.OutcomeUnknown, got.Why
				if got.Why == "" || strings.Contains(got.Why, "Room 101") {
					t.Errorf("why: %q", got.Why)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A connection that was kept over a pause may be dead: an order never goes into one.
func TestEveryOrderHasItsOwnConnection(t *testing.T) {
	var opened atomic.Int32
	options, v, _ := sourcetest.Play(t, []sourcetest.Reply{sourcetest.Says(202, device), fails(401, "", ""), sourcetest.Says(202, device)}...)
	server := httptest.NewUnstartedServer(v)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	options.Endpoint = server.URL
	s := open(options, asp.Options{})
	for range 2 {
		if got := s.Submit(t.Context(), order("asp_device")); got.Outcome != report.OutcomeAccepted {
			t.Fatalf("got %+v", got)
		}
	}
	if n := opened.Load(); n != 3 {
		t.Errorf("%d connections for 3 requests", n)
	}
}

func TestRulesAreConfiguration(t *testing.T) {
	answer := fails(503, "X", "Data not yet available")
	cases := map[string]struct {
		options asp.Options
		want    report.Outcome
	}{
		"default": {asp.Options{}, report.OutcomeNotReady},
		"status":  {asp.Options{Statuses: map[int]report.Outcome{503: report.OutcomeRefused}}, report.OutcomeRefused},
		"rules":   {asp.Options{Rules: []alexa.Rule{{From: 500, To: 599, Outcome: report.OutcomeBackOff}}}, report.OutcomeBackOff},
		"no rule": {asp.Options{Rules: []alexa.Rule{{From: 404, To: 404, Outcome: report.OutcomeRefused}}}, report.OutcomeUnknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			options, _, _ := sourcetest.Play(t, answer)
			if got := open(options, c.options).Submit(t.Context(), order()); got.Outcome != c.want {
				t.Errorf("got %+v, want %v", got, c.want)
			}
		})
	}
}
