// Package sourcetest tests sources: a vendor that plays a script, and the suite that every source passes.
package sourcetest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Reply writes one answer of a [Vendor].
type Reply func(http.ResponseWriter)

// RequestID is the id of the exchange that [Says] gives.
const RequestID = "6f2d0c2e-1b1d-4a5e-9a64-5d9f2f5b7c11"

// Says answers with JSON and a request id. Headers come in pairs.
func Says(status int, body string, headers ...string) Reply {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-RequestId", RequestID)
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Raw writes text onto the connection in place of an answer, and ends it.
func Raw(text string) Reply {
	return func(w http.ResponseWriter) {
		hijacker, ok := w.(http.Hijacker)
		if !ok {
			return
		}
		conn, _, err := hijacker.Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

// Late answers nothing for longer than the client of [Play] waits.
func Late(http.ResponseWriter) { time.Sleep(2 * Timeout) }

// Request is one that a [Vendor] was sent.
type Request struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string
}

// Vendor gives its answers in order and fails the test when it is asked once too often.
type Vendor struct {
	t       testing.TB
	mu      sync.Mutex
	answers []Reply
	asked   []Request
}

// Asked returns the requests so far.
func (v *Vendor) Asked() []Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked
}

// ServeHTTP gives the next answer.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	v.asked = append(v.asked, Request{r.Method, r.URL.EscapedPath(), r.URL.Query(), r.Header, string(body)})
	answer := Reply(func(w http.ResponseWriter) {
		v.t.Errorf("the vendor was asked once too often: %s %s", r.Method, r.URL)
		w.WriteHeader(http.StatusTeapot)
	})
	if len(v.answers) > 0 {
		answer, v.answers = v.answers[0], v.answers[1:]
	}
	v.mu.Unlock()
	answer(w)
}

// Tokens hands out the tokens that are left one after another, then Err, and fails the test when there is neither.
type Tokens struct {
	t    testing.TB
	Left []string
	Err  error
	// Dropped are those that the vendor did not take.
	Dropped []string
	current string
}

// Token returns the present token, and the next one after a Drop.
func (k *Tokens) Token(context.Context) (redact.Text, error) {
	if k.current == "" {
		if len(k.Left) == 0 {
			if k.Err == nil {
				k.t.Error("a token was asked for once too often")
			}
			return redact.Text{}, k.Err
		}
		k.current, k.Left = k.Left[0], k.Left[1:]
	}
	return redact.NewText(k.current), nil
}

// Drop notes the token.
func (k *Tokens) Drop(token redact.Text) {
	k.Dropped = append(k.Dropped, token.Reveal())
	if token.Reveal() == k.current {
		k.current = ""
	}
}

// What the client of [Play] stands: small enough for a test to reach it.
const (
	Timeout  = 300 * time.Millisecond
	MaxBytes = 64 << 10
)

// Now is what the clock of [Play] shows.
var Now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// Play returns what a source is built with before a vendor that gives these answers, with two tokens to spend.
func Play(t testing.TB, answers ...Reply) (alexa.Options, *Vendor, *Tokens) {
	t.Helper()
	v, k := &Vendor{t: t, answers: answers}, &Tokens{t: t, Left: []string{"Atza|first", "Atza|second"}}
	o := alexa.Options{Endpoint: Serve(t, v), Tokens: k, Now: func() time.Time { return Now }}
	o.HTTP = httpclient.New(httpclient.Options{Timeout: Timeout, MaxBytes: MaxBytes})
	return o, v, k
}

// Serve returns the address of a server that ends with the test.
func Serve(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}
