package asp_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
)

// orderedUnit is the unit of every order: no file may hold rows of another.
const orderedUnit = "amzn1.alexa.unit.did.xxxx"

const device = `{"message":"The report generation has been queued. Results with the attached names will be delivered when complete.",` +
	`"reports":[{"category":"DEVICE","name":"device-report-1.csv"}]}`

func TestTheRequestIsAsDocumented(t *testing.T) {
	s, v, _ := play(t, says(202, device))
	o := order("asp_device")
	o.DeliveryBucket = "arn:aws:s3:::bellhop-x-delivery"
	got := s.Submit(t.Context(), o)
	want := report.Answer{
		Outcome: report.OutcomeAccepted, RequestID: requestID,
		Files: []report.NamedFile{{Name: "device-report-1.csv", Table: "asp_device", Root: orderedUnit}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	asked := v.asked[0]
	if asked.method != "POST" || asked.path != "/v1/enterprise/analytics/reports" || asked.authorization != "Bearer Atza|first" ||
		asked.accept != "application/json" || asked.contentType != "application/json" {
		t.Errorf("asked %+v", asked)
	}
	// The document's own example, with another bucket and other dates.
	compareBody(t, asked.body, `{"unitId":"amzn1.alexa.unit.did.xxxx","categories":["DEVICE"],
		"dateRange":{"startDate":"2026-06-01","endDate":"2026-06-02","granularity":"DAILY"},"format":"CSV",
		"showSubUnits":true,"deliveryChannel":{"id":"arn:aws:s3:::bellhop-x-delivery","type":"S3"}}`)
}

func compareBody(t *testing.T, got any, want string) {
	t.Helper()
	var w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheRequestFollowsTheOrder(t *testing.T) {
	s, v, _ := play(t, says(202, device))
	o := order("asp_communication", "asp_device")
	o.Subscription.Params = report.Params{"unit_id": "amzn1.alexa.unit.did.o", "show_sub_units": "false", "granularity": "DAILY"}
	o.Window.To = o.Window.From
	answer := s.Submit(t.Context(), o)
	compareBody(t, v.asked[0].body, `{"unitId":"amzn1.alexa.unit.did.o","categories":["COMMUNICATION","DEVICE"],
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
		answer  func(http.ResponseWriter)
		outcome report.Outcome
		retry   time.Duration
		why     string
	}{
		"400 not valid":       {answer: fails(400, "INVALID_DATE", "startDate must be before endDate"), outcome: refused, why: "INVALID_DATE: startDate must be before endDate"},
		"403 not allowed":     {answer: fails(403, "FORBIDDEN", "The operation isn't allowed."), outcome: refused, why: "FORBIDDEN: The operation isn't allowed."},
		"404 not found":       {answer: fails(404, "NOT_FOUND", "Unit not found"), outcome: refused, why: "NOT_FOUND: Unit not found"},
		"409 undocumented":    {answer: fails(409, "CONFLICT", "no"), outcome: refused, why: "CONFLICT: no"},
		"429 no header":       {answer: fails(429, "THROTTLED", "Rate exceeded"), outcome: report.OutcomeBackOff, why: "THROTTLED"},
		"429 in seconds":      {answer: says(429, `{"message":"slow down"}`, "Retry-After", "17"), outcome: report.OutcomeBackOff, retry: 17 * time.Second, why: "slow down"},
		"429 at a time":       {answer: says(429, `{}`, "Retry-After", "Fri, 20 Nov 2026 12:05:00 GMT"), outcome: report.OutcomeBackOff, retry: 5 * time.Minute},
		"429 about a delay":   {answer: fails(429, "", "Retry after a delay"), outcome: report.OutcomeBackOff},
		"500":                 {answer: fails(500, "INTERNAL", "Error occurred on the server."), outcome: report.OutcomeBackOff},
		"503":                 {answer: fails(503, "DOWN", "Server is down for maintenance"), outcome: report.OutcomeBackOff},
		"502 not available":   {answer: fails(502, "X", "Data not yet available due to an upstream processing delay."), outcome: unready, why: "not yet available"},
		"501 not available":   {answer: fails(501, "X", "Data not yet available due to an upstream processing delay."), outcome: unready},
		"503 not available":   {answer: fails(503, "X", "Data not yet available due to an upstream processing delay."), outcome: unready},
		"500 not available":   {answer: fails(500, "X", "Data NOT YET AVAILABLE"), outcome: unready},
		"400 not available":   {answer: fails(400, "X", "The upstream data is late"), outcome: unready},
		"in the message only": {answer: says(409, `{"message":"There is a processing delay.","errors":[]}`), outcome: unready},
		"504":                 {answer: fails(504, "", "")},
		"502 without words":   {answer: says(502, ""), why: "the vendor answered 502"},
		"gateway page":        {answer: says(503, "<html>\n<head><title>503 Service Unavailable</title></head>\n<body>Room 101</body>", "Content-Type", "text/html"), outcome: report.OutcomeBackOff, why: "the vendor answered 503: 503 Service Unavailable"},
		"gateway's upstream":  {answer: says(503, "upstream connect error or disconnect/reset before headers", "Content-Type", "text/plain")},
		"gateway waited":      {answer: says(504, "upstream request timeout", "Content-Type", "text/plain")},
		"gateway not through": {answer: says(503, "upstream connect error or disconnect/reset before headers. reset reason: connection failure", "Content-Type", "text/plain"), outcome: report.OutcomeBackOff},
		"gateway without one": {answer: says(503, "no healthy upstream", "Content-Type", "text/plain"), outcome: report.OutcomeBackOff},
		"too young":           {answer: fails(400, "X", "The unit must be at least four days old."), outcome: report.OutcomeNotEligible},
		"too young, digit":    {answer: fails(403, "X", "property is less than 4 days old"), outcome: report.OutcomeNotEligible},
		"redirect":            {answer: says(307, "", "Location", "https://elsewhere.example/"), outcome: refused, why: "bellhop follows no redirect"},
		"other status inside": {answer: says(400, `{"errors":[{"errorCode":"A","errorDescription":"b","status":"424"},{"errorCode":"A","errorDescription":"b","status":424},{"errorCode":7}]}`), outcome: refused, why: "400: A: b (status 424); 7 ("},
		"errors of no list":   {answer: says(400, `{"message":"m","errors":{"errorCode":"Room 101"}}`), outcome: refused, why: "the vendor answered 400: m"},
		"a bare string":       {answer: says(400, `"Forbidden"`), outcome: refused, why: "400: Forbidden"},
		"other JSON":          {answer: says(400, `[{"unitName":"Room 101"}]`), outcome: refused, why: "the vendor answered 400 ("},
		"endless":             {answer: says(400, strings.Repeat("words ", 20000)), outcome: refused},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, _, k := play(t, c.answer)
			got := s.Submit(t.Context(), order())
			if got.Outcome != c.outcome || got.RetryAfter != c.retry || !got.Until.IsZero() || got.Files != nil {
				t.Errorf("got %+v, want %v after %v", got, c.outcome, c.retry)
			}
			if !strings.Contains(got.Why, c.why) || strings.Contains(got.Why, "Room 101") || len(got.Why) > 700 {
				t.Errorf("why: %s, want %s", got.Why, c.why)
			}
			if got.RequestID != requestID || len(k.dropped) != 0 {
				t.Errorf("request %q, dropped %v", got.RequestID, k.dropped)
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
		answer func(http.ResponseWriter)
		want   []report.NamedFile
		why    string
	}{
		"all, in any order, several of one": {
			answer: says(202, named("DEVICE", "d-1.csv", "COMMUNICATION", "c.csv", "DEVICE", "d-2.csv")),
			want:   []report.NamedFile{{Name: "d-1.csv", Table: "asp_device", Root: orderedUnit}, {Name: "c.csv", Table: "asp_communication", Root: orderedUnit}, {Name: "d-2.csv", Table: "asp_device", Root: orderedUnit}},
		},
		"200 is as good":       {answer: says(200, named("DEVICE", "d", "COMMUNICATION", "c")), want: []report.NamedFile{{Name: "d", Table: "asp_device", Root: orderedUnit}, {Name: "c", Table: "asp_communication", Root: orderedUnit}}},
		"unknown fields":       {answer: says(202, `{"new":{"x":1},"reports":[{"category":"DEVICE","name":"a b+ü.csv","size":1},{"category":"COMMUNICATION","name":"c"}]}`), want: []report.NamedFile{{Name: "a b+ü.csv", Table: "asp_device", Root: orderedUnit}, {Name: "c", Table: "asp_communication", Root: orderedUnit}}},
		"one not named":        {answer: says(202, named("DEVICE", "d")), want: []report.NamedFile{{Name: "d", Table: "asp_device", Root: orderedUnit}}, why: "no file was named for asp_communication"},
		"not asked for":        {answer: says(202, named("DEVICE", "d", "PROPERTY_SKILL", "p"))},
		"unknown category":     {answer: says(202, named("DEVICE", "d", "DEFECTS", "p"))},
		"blank name":           {answer: says(202, named("DEVICE", " ", "COMMUNICATION", "c"))},
		"missing name":         {answer: says(202, `{"reports":[{"category":"DEVICE"}]}`)},
		"duplicate name":       {answer: says(202, named("DEVICE", "d", "COMMUNICATION", "d"))},
		"control characters":   {answer: says(202, named("DEVICE", `d\u0000`))},
		"too long a name":      {answer: says(202, named("DEVICE", strings.Repeat("d", 1025)))},
		"no reports":           {answer: says(202, `{"message":"queued","reports":[]}`)},
		"errors all the same":  {answer: says(202, `{"reports":[{"category":"DEVICE","name":"d"}],"errors":[{"errorCode":"Room 101"}]}`)},
		"no body":              {answer: says(202, "")},
		"not JSON":             {answer: says(202, "Room 101")},
		"other types":          {answer: says(202, `{"reports":{"DEVICE":"Room 101"}}`)},
		"broken off, readable": {answer: says(202, named("DEVICE", "d", "COMMUNICATION", "c"), "Content-Length", "5000")},
		"broken off":           {answer: says(202, `{"reports":[`, "Content-Length", "5000")},
		"too long":             {answer: says(202, `{"reports":[]}`+strings.Repeat(" ", 65<<10))},
		"204":                  {answer: says(204, "")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, _, _ := play(t, c.answer)
			got := s.Submit(t.Context(), order("asp_device", "asp_communication"))
			want := report.Answer{Outcome: report.OutcomeAccepted, RequestID: requestID, Files: c.want, Why: c.why}
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

// hangUp reads the request and ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func TestLostAnswers(t *testing.T) {
	cases := map[string]func(http.ResponseWriter){
		"hung up":   hangUp,
		"no answer": func(http.ResponseWriter) { time.Sleep(time.Second) },
		"half a header": func(w http.ResponseWriter) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_, _ = io.WriteString(conn, "HTTP/1.1 202 Accepted\r\nContent-")
			_ = conn.Close()
		},
	}
	for name, answer := range cases {
		t.Run(name, func(t *testing.T) {
			s, v, _ := play(t, answer)
			got := s.Submit(t.Context(), order())
			if got.Outcome != report.OutcomeUnknown || got.Why == "" {
				t.Errorf("got %+v", got)
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			if len(v.asked) != 1 {
				t.Errorf("asked %d times", len(v.asked))
			}
		})
	}
}

func TestWhatWasNotSentIsNotInDoubt(t *testing.T) {
	poison := fault.New(fault.Poison, "refused: put a new refresh token into the secret")
	cases := map[string]struct {
		endpoint string
		err      error
		want     report.Outcome
	}{
		"nobody there":       {endpoint: "http://127.0.0.1:1", want: report.OutcomeBackOff},
		"no such host":       {endpoint: "http://bellhop.invalid", want: report.OutcomeBackOff},
		"no token for now":   {err: fault.New(fault.Transient, "later"), want: report.OutcomeBackOff},
		"no secret":          {err: fault.New(fault.NotFound, "no secret"), want: report.OutcomeUnauthorized},
		"credential refused": {err: poison, want: report.OutcomeUnauthorized},
		"not a URL":          {endpoint: "http://[", want: report.OutcomeRefused},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			k := &tokens{t: t, left: []string{"Atza|first"}, err: c.err}
			if c.err != nil {
				k.left = nil
			}
			if got := open(c.endpoint, k, asp.Options{}).Submit(t.Context(), order()); got.Outcome != c.want || got.Why == "" {
				t.Errorf("got %+v, want %v", got, c.want)
			}
		})
	}
}

func TestUnauthorized(t *testing.T) {
	no := fails(401, "UNAUTHORIZED", "The token expired")
	t.Run("once", func(t *testing.T) {
		s, v, k := play(t, no, says(202, device))
		got := s.Submit(t.Context(), order("asp_device"))
		if got.Outcome != report.OutcomeAccepted || v.asked[1].authorization != "Bearer Atza|second" || strings.Join(k.dropped, " ") != "Atza|first" {
			t.Errorf("got %+v, asked %+v, dropped %v", got, v.asked, k.dropped)
		}
	})
	t.Run("twice", func(t *testing.T) {
		again := fails(401, "UNAUTHORIZED", "The token expired")
		s, v, k := play(t, no, again)
		got := s.Submit(t.Context(), order())
		if got.Outcome != report.OutcomeRefused || !strings.Contains(got.Why, "The token expired") || !strings.Contains(got.Why, "may see the unit") {
			t.Errorf("got %+v", got)
		}
		if len(v.asked) != 2 || strings.Join(k.dropped, " ") != "Atza|first Atza|second" {
			t.Errorf("asked %d times, dropped %v", len(v.asked), k.dropped)
		}
	})
	t.Run("no fresh token for now", func(t *testing.T) {
		s, _, k := play(t, no)
		k.left, k.err = k.left[:1], fault.New(fault.Transient, "later")
		if got := s.Submit(t.Context(), order()); got.Outcome != report.OutcomeBackOff {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("the second answer is lost", func(t *testing.T) {
		s, _, _ := play(t, no, hangUp)
		if got := s.Submit(t.Context(), order()); got.Outcome != report.OutcomeUnknown {
			t.Errorf("got %+v", got)
		}
	})
}

// A connection that was kept over a pause may be dead: an order never goes into one.
func TestEveryOrderHasItsOwnConnection(t *testing.T) {
	var opened atomic.Int32
	v := &vendor{t: t, answers: []func(http.ResponseWriter){says(202, device), fails(401, "", ""), says(202, device)}}
	server := httptest.NewUnstartedServer(v)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	s := open(server.URL, &tokens{t: t, left: []string{"Atza|first", "Atza|second"}}, asp.Options{})
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
			v := &vendor{t: t, answers: []func(http.ResponseWriter){answer}}
			if got := open(serve(t, v), &tokens{t: t, left: []string{"Atza|x"}}, c.options).Submit(t.Context(), order()); got.Outcome != c.want {
				t.Errorf("got %+v, want %v", got, c.want)
			}
		})
	}
}

func TestNothingToPollOrFetch(t *testing.T) {
	s, _, _ := play(t)
	if got := s.Poll(t.Context(), order()); got.Outcome != report.OutcomeRefused || got.Why == "" {
		t.Errorf("got %+v", got)
	}
	if _, a := s.Fetch(t.Context(), order(), report.NamedFile{}, nil); a.Outcome != report.OutcomeRefused {
		t.Errorf("got %+v", a)
	}
	if s.Name() != "asp-analytics" {
		t.Errorf("called %s", s.Name())
	}
}
