package asp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// vendor plays the Analytics API from its document, with literals of its own. It gives the answers in order and fails
// the test when it is asked once too often.
type vendor struct {
	t  *testing.T
	mu sync.Mutex
	// answers to give; each writes one.
	answers []func(http.ResponseWriter)
	asked   []request
}

type request struct {
	method, path, authorization, accept, contentType string
	body                                             any
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var body any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		v.t.Errorf("the request's body: %v", err)
	}
	v.asked = append(v.asked, request{
		r.Method, r.URL.RequestURI(), r.Header.Get("Authorization"), r.Header.Get("Accept"), r.Header.Get("Content-Type"), body,
	})
	if len(v.answers) == 0 {
		v.t.Error("the vendor was asked once too often")
		w.WriteHeader(http.StatusTeapot)
		return
	}
	answer := v.answers[0]
	v.answers = v.answers[1:]
	answer(w)
}

const requestID = "6f2d0c2e-1b1d-4a5e-9a64-5d9f2f5b7c11"

// says answers as the document shows: JSON, with a request id. Headers come in pairs.
func says(status int, body string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-RequestId", requestID)
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// fails answers with the documented form of an error.
func fails(status int, code, description string) func(http.ResponseWriter) {
	errors, _ := json.Marshal([]any{map[string]any{"errorDescription": description, "errorCode": code, "status": status}})
	return says(status, `{"message": "There was an error processing the request.", "reports": [], "errors": `+string(errors)+`}`)
}

// tokens hands out the given tokens one after another, or the error, and fails the test when there is none left.
type tokens struct {
	t       *testing.T
	left    []string
	err     error
	current string
	dropped []string
}

func (k *tokens) Token(context.Context) (redact.Text, error) {
	if k.current == "" {
		if len(k.left) == 0 {
			if k.err == nil {
				k.t.Error("a token was asked for once too often")
			}
			return redact.Text{}, k.err
		}
		k.current, k.left = k.left[0], k.left[1:]
	}
	return redact.NewText(k.current), nil
}

func (k *tokens) Drop(token redact.Text) {
	k.dropped = append(k.dropped, token.Reveal())
	if token.Reveal() == k.current {
		k.current = ""
	}
}

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// play returns a source before the vendor, with two tokens to spend.
func play(t *testing.T, answers ...func(http.ResponseWriter)) (*asp.Source, *vendor, *tokens) {
	t.Helper()
	v := &vendor{t: t, answers: answers}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	k := &tokens{t: t, left: []string{"Atza|first", "Atza|second"}}
	return open(server.URL, k, asp.Options{}), v, k
}

func open(endpoint string, k alexa.Tokens, o asp.Options) *asp.Source {
	o.Endpoint, o.Tokens = endpoint, k
	o.Now = func() time.Time { return now }
	o.HTTP = httpclient.New(httpclient.Options{Timeout: 300 * time.Millisecond, MaxBytes: 64 << 10, Scrubber: o.Scrubber})
	return asp.New(o)
}

var allTables = []string{
	"asp_device", "asp_domain_engagement", "asp_proactive_campaign", "asp_property_skill", "asp_communication",
}

func order(tables ...string) report.Order {
	if len(tables) == 0 {
		tables = allTables
	}
	return report.Order{
		Job: "seaside/1",
		Subscription: report.Subscription{
			Name: "seaside", Source: report.SourceASPAnalytics,
			Params: report.Params{"unit_id": "amzn1.alexa.unit.did.xxxx"},
		},
		Window:         report.Window{From: report.NewDate(2026, 6, 1), To: report.NewDate(2026, 6, 2)},
		Tables:         tables,
		DeliveryBucket: "bellhop-x-delivery",
	}
}
