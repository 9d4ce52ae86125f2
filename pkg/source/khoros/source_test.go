package khoros_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// document is a secret in memory, and those that come after it when it is forgotten.
type document struct{ now, next string }

func (d *document) Read(context.Context) ([]byte, error) {
	if d.now == "" {
		return nil, fault.New(fault.NotFound, "no such secret")
	}
	return []byte(d.now), nil
}

func (d *document) Forget() { d.now = d.next }

const planted = `{"username":"planted-analyst","password":"planted-pass/word","company_key":"planted-key","hash_key":"planted-salt"}`

// play returns the source before a vendor that gives these answers.
func play(t *testing.T, answers ...sourcetest.Reply) (*khoros.Source, *sourcetest.Vendor) {
	t.Helper()
	o, v, _ := sourcetest.Play(t, answers...)
	return khoros.New(khoros.Options{Endpoint: o.Endpoint, HTTP: o.HTTP, Secret: &document{planted, planted}, Now: o.Now, Scrubber: &redact.Scrubber{}}), v
}

func says(body string) sourcetest.Reply { return sourcetest.Says(http.StatusOK, body) }

func state(runner, detail, reason, download string) string {
	return `{"jobInfo":{"workflowId":"wf-7","runId":"23+/a=","downloadUrl":"` + download + `"},"result":{"runnerState":"` + runner + `","reason":` + reason + `,"detail":"` + detail + `"}}`
}

const ticket = `{"w":"wf-7","r":"23+/a="}`

func ticketed(polls string) report.Order {
	o := order(nil)
	o.Ticket = strings.Replace(ticket, "}", polls+"}", 1)
	return o
}

func TestSubmit(t *testing.T) {
	tests := map[string]struct {
		body, ticket string
		outcome      report.Outcome
		why          string
	}{
		"an object":          {made, ticket, report.OutcomePending, ""},
		"an array of one":    {`{"result":[{"workflowId":"wf-7","runId":"23+/a="}]}`, ticket, report.OutcomePending, ""},
		"ready already, not": {`{"status":"PASS","result":{"workflowId":"wf-7","runId":"23+/a=","downloadUrl":"https://x/"}}`, ticket, report.OutcomePending, ""},
		"words": {`{"status":"FAIL","result":"Unable to hydrate filter: Too many buckets (745) requested"}`, "", report.OutcomeRefused,
			"the vendor answered 200: Unable to hydrate filter: Too many buckets (745) requested"},
		"a message":               {`{"status":"FAIL","message":"Unknown company","result":null}`, "", report.OutcomeRefused, "the vendor answered 200: Unknown company"},
		"PASS alone":              {`{"status":"PASS"}`, "", report.OutcomeBackOff, "the vendor answered 200, but its body is not what was asked for"},
		"two exports":             {`{"result":[{},{}]}`, "", report.OutcomeBackOff, "the vendor answered 200, but its body is not what was asked for"},
		"no ids":                  {`{"result":{}}`, "", report.OutcomeBackOff, "the vendor answered 200, but its body is not what was asked for: it names no export"},
		"an address for an id":    {`{"result":{"workflowId":"https://x","runId":"1"}}`, "", report.OutcomeBackOff, "the vendor answered 200, but its body is not what was asked for: it names no export"},
		"a way out for an id":     {`{"result":{"workflowId":"..","runId":"1"}}`, "", report.OutcomeBackOff, "the vendor answered 200, but its body is not what was asked for: it names no export"},
		"an id that is too long":  {`{"result":{"workflowId":"` + strings.Repeat("a", 201) + `","runId":"1"}}`, "", report.OutcomeBackOff, "the vendor answered 200, but its body is not what was asked for: it names no export"},
		"an id with other things": {`{"result":{"workflowId":"a b","runId":"1"}}`, "", report.OutcomeBackOff, "the vendor answered 200, but its body is not what was asked for: it names no export"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src, v := play(t, says(tt.body))
			a := src.Submit(t.Context(), order(nil))
			if a.Outcome != tt.outcome || a.Ticket != tt.ticket || a.Why != tt.why {
				t.Errorf("got %+v", a)
			}
			if a.Outcome == report.OutcomePending && !a.Until.Equal(sourcetest.Now.Add(15*time.Second)) {
				t.Errorf("to be asked after at %s", a.Until)
			}
			asked := v.Asked()[0]
			if asked.Method != http.MethodPost || asked.Path != "/api/public/reports/report/response" || asked.Body != "" || asked.Query.Get("companyKey") != "planted-key" ||
				asked.Header.Get("Authorization") != "Basic cGxhbnRlZC1hbmFseXN0OnBsYW50ZWQtcGFzcy93b3Jk" {
				t.Errorf("asked %+v", asked)
			}
		})
	}
}

func TestPoll(t *testing.T) {
	file := []report.NamedFile{{Name: "export.csv", Table: "khoros_response", Fetch: ticket}}
	tests := map[string]struct {
		result string
		want   report.Answer
	}{
		"running":                        {state("RUNNING", "", "null", ""), report.Answer{Outcome: report.OutcomePending}},
		"running, in an array":           {"[" + state("RUNNING", "", "null", "") + "]", report.Answer{Outcome: report.OutcomePending}},
		"an address before it is ready":  {state("RUNNING", "", "null", "https://x/early"), report.Answer{Outcome: report.OutcomePending}},
		"a state that nobody documents":  {state("QUEUED", "COMPLETED", "null", "https://x/early"), report.Answer{Outcome: report.OutcomePending}},
		"completed, without an address":  {state("CLOSED", "COMPLETED", "null", ""), report.Answer{Outcome: report.OutcomePending}},
		"ready":                          {state("CLOSED", "COMPLETED", "null", "https://x/d"), report.Answer{Outcome: report.OutcomeAccepted, Files: file}},
		"ready, in an array":             {"[" + state("CLOSED", "COMPLETED", "null", "https://x/d") + "]", report.Answer{Outcome: report.OutcomeAccepted, Files: file}},
		"details, as in the older list":  {strings.Replace(state("CLOSED", "COMPLETED", "null", "https://x/d"), `"detail"`, `"details"`, 1), report.Answer{Outcome: report.OutcomeAccepted, Files: file}},
		"failed":                         {state("CLOSED", "FAILED", `"Too much"`, "https://x/d"), report.Answer{Outcome: report.OutcomeFailed, Why: "the vendor ended the export as FAILED: Too much"}},
		"failed, without a reason":       {state("CLOSED", "FAILED", "null", ""), report.Answer{Outcome: report.OutcomeFailed, Why: "the vendor ended the export as FAILED"}},
		"closed as nothing":              {state("CLOSED", "", "null", "https://x/d"), report.Answer{Outcome: report.OutcomeFailed, Why: "the vendor ended the export as "}},
		"another run":                    {strings.Replace(state("RUNNING", "", "null", ""), "23+/a=", "99", 1), report.Answer{Outcome: report.OutcomeBackOff, Why: "the vendor answered 200, but its body is not what was asked for: it is about another export"}},
		"without ids":                    {`{"result":{"runnerState":"RUNNING"}}`, report.Answer{Outcome: report.OutcomePending}},
		"a reason that echoes a secret":  {state("CLOSED", "FAILED", `"user planted-analyst: planted-pass/word"`, ""), report.Answer{Outcome: report.OutcomeFailed, Why: "the vendor ended the export as FAILED: user [redacted]: [redacted]"}},
		"a reason that is more than one": {state("CLOSED", "FAILED", `["Too much"]`, ""), report.Answer{Outcome: report.OutcomeFailed, Why: "the vendor ended the export as FAILED"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src, v := play(t, says(`{"status":"PASS","result":`+tt.result+`}`))
			got := src.Poll(t.Context(), ticketed(`,"n":2`))
			if tt.want.RequestID = sourcetest.RequestID; tt.want.Outcome == report.OutcomePending {
				tt.want.Ticket, tt.want.Until = strings.Replace(ticket, "}", `,"n":3}`, 1), sourcetest.Now.Add(25920*time.Millisecond)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if asked := v.Asked()[0]; asked.Method != http.MethodGet || asked.Path != "/api/public/reports/report/wf-7/23%2B%2Fa%3D/status" || asked.Query.Get("companyKey") != "planted-key" {
				t.Errorf("asked %+v", asked)
			}
		})
	}
}

// An export that the vendor knows no more is ordered anew; a poll that fails is repeated.
func TestPollsThatFail(t *testing.T) {
	for status, want := range map[int]report.Outcome{404: report.OutcomeFailed, 410: report.OutcomeFailed, 429: report.OutcomeBackOff, 500: report.OutcomeBackOff} {
		src, _ := play(t, sourcetest.Says(status, "{}", "Retry-After", "7"))
		if a := src.Poll(t.Context(), ticketed("")); a.Outcome != want || want == report.OutcomeBackOff && a.RetryAfter != 7*time.Second {
			t.Errorf("%d: %+v", status, a)
		}
	}
	for _, ticket := range []string{"", "x", "{}", `{"w":"a b","r":"1"}`, `{"w":"a","r":"1","n":-1}`} {
		src, _ := play(t)
		o := order(nil)
		o.Ticket = ticket
		if a := src.Poll(t.Context(), o); a.Outcome != report.OutcomeFailed {
			t.Errorf("%q: %+v", ticket, a)
		}
	}
}

// elsewhere is a vendor that has what the source's own vendor sends it to. It fails the test when it is shown a credential.
func elsewhere(t *testing.T, body string) (host string) {
	return strings.TrimPrefix(sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["Authorization"]) > 0 || r.Referer() != "" {
			t.Errorf("it was shown %v", r.Header)
		}
		_, _ = io.WriteString(w, body)
	})), "http://")
}

func freely(context.Context) error { return nil }

func fetch(t *testing.T, src *khoros.Source, params report.Params) (string, report.Answer) {
	t.Helper()
	content, a := src.Fetch(t.Context(), order(params), report.NamedFile{Table: "khoros_response", Fetch: ticket}, freely)
	if content == nil {
		return "", a
	}
	text, err := io.ReadAll(content)
	if err := errors.Join(err, content.Close()); err != nil {
		t.Error(err)
	}
	return string(text), a
}

func closed(download string) sourcetest.Reply {
	return says(`{"result":` + state("CLOSED", "COMPLETED", "null", download) + `}`)
}

// The address is asked for anew and used as it is; the credential goes to the subscription's host alone.
func TestWhereAnExportIsReadFrom(t *testing.T) {
	const path = "/d/23%2b%2Fa%3D?analyticsAccessToken=planted%2Ftoken"
	other := elsewhere(t, rows)
	tests := map[string]struct {
		answers func(own string) []sourcetest.Reply
		hosts   string
		outcome report.Outcome
	}{
		"its own host":           {func(own string) []sourcetest.Reply { return []sourcetest.Reply{closed(own + path), says(rows)} }, "", report.OutcomeAccepted},
		"a part of an address":   {func(string) []sourcetest.Reply { return []sourcetest.Reply{closed(path), says(rows)} }, "", report.OutcomeAccepted},
		"a foreign host":         {func(string) []sourcetest.Reply { return []sourcetest.Reply{closed("http://" + other + path)} }, "", report.OutcomeRefused},
		"a host that is allowed": {func(string) []sourcetest.Reply { return []sourcetest.Reply{closed("http://" + other + path)} }, other, report.OutcomeAccepted},
		"a user in the address": {func(own string) []sourcetest.Reply {
			return []sourcetest.Reply{closed(strings.Replace(own, "http://", "http://a:b@", 1) + path)}
		}, "", report.OutcomeRefused},
		"another scheme": {func(own string) []sourcetest.Reply {
			return []sourcetest.Reply{closed(strings.Replace(own, "http", "ftp", 1) + path)}
		}, "", report.OutcomeRefused},
		"no address":               {func(string) []sourcetest.Reply { return []sourcetest.Reply{closed("http://[")} }, "", report.OutcomeRefused},
		"redirected to an allowed": {redirected("http://" + other + "/x"), other, report.OutcomeAccepted},
		"redirected to a foreign":  {redirected("http://" + other + "/x"), "", report.OutcomeRefused},
		"redirected within":        {func(own string) []sourcetest.Reply { return append(redirected(own+"/x")(own), says(rows)) }, "", report.OutcomeAccepted},
		"not ready any more":       {func(string) []sourcetest.Reply { return []sourcetest.Reply{says(running)} }, "", report.OutcomePending},
		"failed meanwhile": {func(string) []sourcetest.Reply {
			return []sourcetest.Reply{says(`{"result":` + state("CLOSED", "FAILED", "null", "") + `}`)}
		}, "", report.OutcomeFailed},
		"gone meanwhile": {func(own string) []sourcetest.Reply {
			return []sourcetest.Reply{closed(path), sourcetest.Says(404, "{}")}
		}, "", report.OutcomeFailed},
		"throttled at the download": {func(own string) []sourcetest.Reply {
			return []sourcetest.Reply{closed(path), sourcetest.Says(429, "{}")}
		}, "", report.OutcomeBackOff},
		"a page in its place": {func(own string) []sourcetest.Reply {
			return []sourcetest.Reply{closed(path), says("<html>Room 101</html>")}
		}, "", report.OutcomeBackOff},
		"broken off": {func(own string) []sourcetest.Reply {
			return []sourcetest.Reply{closed(path), sourcetest.Says(200, "[", "Content-Length", "99")}
		}, "", report.OutcomeBackOff},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var answers []sourcetest.Reply
			o, v, _ := sourcetest.Play(t, func(w http.ResponseWriter) { answers[0](w) }, func(w http.ResponseWriter) { answers[1](w) }, func(w http.ResponseWriter) { answers[2](w) })
			answers = tt.answers(o.Endpoint)
			src := khoros.New(khoros.Options{Endpoint: o.Endpoint, HTTP: o.HTTP, Secret: &document{planted, planted}, Now: o.Now})
			text, a := fetch(t, src, report.Params{"hosts": tt.hosts})
			if a.Outcome != tt.outcome || (text == "") != (tt.outcome != report.OutcomeAccepted) || strings.Contains(a.Why, "planted") || strings.Contains(a.Why, "Room 101") || strings.Contains(a.Why, other) {
				t.Errorf("got %q, %+v", text, a)
			}
			for _, asked := range v.Asked() {
				if asked.Header.Get("Authorization") == "" {
					t.Errorf("%s without the credential", asked.Path)
				}
			}
			if asked := v.Asked(); name == "its own host" && (asked[1].Path != "/d/23%2b%2Fa%3D" || asked[1].Query.Get("analyticsAccessToken") != "planted/token") {
				t.Errorf("asked %+v", asked[1])
			}
		})
	}
}

func redirected(to string) func(string) []sourcetest.Reply {
	return func(string) []sourcetest.Reply {
		return []sourcetest.Reply{closed("/d"), sourcetest.Says(http.StatusFound, "", "Location", to)}
	}
}

// A turn is taken before the download, and not for the first request, whose turn the requester has.
func TestTurnsOfAFetch(t *testing.T) {
	src, v := play(t, closed("/d"))
	content, a := src.Fetch(t.Context(), order(nil), report.NamedFile{Fetch: ticket}, func(context.Context) error { return errors.New("no time") })
	if content != nil || a.Outcome != report.OutcomeBackOff || a.Why != "not sent: no time" || len(v.Asked()) != 1 {
		t.Errorf("got %+v after %d requests", a, len(v.Asked()))
	}
}

// A secret that was changed is read anew once; one that stays refused waits for a person.
func TestCredentials(t *testing.T) {
	no := func() sourcetest.Reply { return sourcetest.Says(401, "{}") }
	tests := map[string]struct {
		secret  khoros.Secret
		answers []sourcetest.Reply
		want    report.Outcome
	}{
		"changed":             {&document{planted, strings.Replace(planted, "planted-pass", "planted-other", 1)}, []sourcetest.Reply{no(), says(made)}, report.OutcomePending},
		"not changed":         {&document{planted, planted}, []sourcetest.Reply{no()}, report.OutcomeUnauthorized},
		"taken away":          {&document{planted, ""}, []sourcetest.Reply{no()}, report.OutcomeUnauthorized},
		"none is configured":  {nil, nil, report.OutcomeUnauthorized},
		"none is there":       {&document{}, nil, report.OutcomeUnauthorized},
		"no JSON":             {&document{"planted", ""}, nil, report.OutcomeUnauthorized},
		"no password":         {&document{`{"username":"planted","company_key":"planted"}`, ""}, nil, report.OutcomeUnauthorized},
		"no key":              {&document{`{"username":"planted","password":"planted"}`, ""}, nil, report.OutcomeUnauthorized},
		"keys by company":     {&document{`{"username":"u","password":"p","company_key":{"Harbour Hotels":"k1","Inland":"k2"}}`, ""}, []sourcetest.Reply{says(made)}, report.OutcomePending},
		"another's keys only": {&document{`{"username":"u","password":"p","company_key":{"Inland":"k2"}}`, ""}, nil, report.OutcomeRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o, v, _ := sourcetest.Play(t, tt.answers...)
			src := khoros.New(khoros.Options{Endpoint: o.Endpoint, HTTP: o.HTTP, Secret: tt.secret, Now: o.Now})
			authorized := src.Authorize(t.Context(), order(nil).Subscription.Params)
			a := src.Submit(t.Context(), order(nil))
			if a.Outcome != tt.want || len(v.Asked()) != len(tt.answers) || strings.Contains(a.Why, "planted") {
				t.Errorf("got %+v after %d requests", a, len(v.Asked()))
			}
			if shut := fault.Is(authorized, fault.NotFound) || fault.Is(authorized, fault.Poison); shut != (tt.want == report.OutcomeUnauthorized && len(tt.answers) == 0) {
				t.Errorf("authorized: %v", authorized)
			}
			if name == "keys by company" && v.Asked()[0].Query.Get("companyKey") != "k1" {
				t.Errorf("asked %+v", v.Asked()[0].Query)
			}
		})
	}
	src := khoros.New(khoros.Options{Secret: &document{strings.Replace(planted, `"hash_key"`, `"x"`, 1), ""}})
	if a := src.Submit(t.Context(), order(report.Params{"hash": "response_handle"})); a.Outcome != report.OutcomeRefused || !strings.Contains(a.Why, "hash_key") {
		t.Errorf("hashed without a key: %+v", a)
	}
}

// Nothing planted shows in an answer, nor what an author is called, nor what a post says; and the delivered rows have neither.
func TestNothingPlantedShows(t *testing.T) {
	const posts = `[{"Author Name":"planted author","response_content":"planted post","Response Handle":"@planted","mood":"glad"}]`
	var log strings.Builder
	for _, answers := range [][]sourcetest.Reply{
		{says(made), says(running), closed("/d?analyticsAccessToken=planted"), closed("/d?analyticsAccessToken=planted"), says(posts)},
		{says(made), closed("/d"), closed("/d"), says(posts[:len(posts)-20])},
		{says(made), closed("/d"), closed("/d"), says(`{"message":"planted post"}`)},
		{says(made), says(`{"result":` + state("CLOSED", "FAILED", `"author 'planted author' wrote \"planted post\" with planted-key and planted-pass%2Fword"`, "") + `}`)},
		{sourcetest.Says(400, `{"message":"no planted-salt","result":"planted-analyst"}`)},
	} {
		src, v := play(t, answers...)
		o := order(nil)
		a := src.Submit(t.Context(), o)
		for n := 0; a.Outcome == report.OutcomePending && n < 5; n++ {
			o.Ticket = a.Ticket
			slog.New(slog.NewTextHandler(&log, nil)).Info("answer", "a", a)
			a = src.Poll(t.Context(), o)
		}
		slog.New(slog.NewJSONHandler(&log, nil)).Info("answer", "a", a, "source", src)
		if len(a.Files) == 1 {
			content, fetched := src.Fetch(t.Context(), o, a.Files[0], freely)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("answer", "a", fetched)
			if content != nil {
				text, err := io.ReadAll(content)
				log.Write(text)
				slog.New(slog.NewJSONHandler(&log, nil)).Info("read", "error", err)
			}
		}
		if len(v.Asked()) != len(answers) {
			t.Errorf("%d requests of %d", len(v.Asked()), len(answers))
		}
	}
	if text := log.String(); strings.Contains(text, "planted") || !strings.Contains(text, "glad") {
		t.Errorf("shown: %s", text)
	}
}

// A download that is longer than allowed ends, and is no success.
func TestADownloadThatIsTooLong(t *testing.T) {
	o, _, _ := sourcetest.Play(t, closed("/d"), says("["+strings.Repeat(`{"mood":"glad"},`, 10_000)+"{}]"))
	src := khoros.New(khoros.Options{Endpoint: o.Endpoint, HTTP: httpclient.New(httpclient.Options{}), Secret: &document{planted, ""}, Now: o.Now, MaxBytes: 100_000})
	content, a := src.Fetch(t.Context(), order(nil), report.NamedFile{Fetch: ticket}, freely)
	if content == nil {
		t.Fatalf("got %+v", a)
	}
	if _, err := io.Copy(io.Discard, content); err == nil || !strings.Contains(err.Error(), "longer than 100000 bytes") {
		t.Errorf("got %v", err)
	}
	if err := content.Close(); err != nil {
		t.Error(err)
	}
}
