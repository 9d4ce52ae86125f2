package lwa_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

const (
	clientSecret = "planted-client-secret"
	refreshToken = "Atzr|planted-refresh"
	stored       = `{"client_id":"amzn1.application-oa2-client.1","client_secret":"planted-client-secret","refresh_token":"Atzr|planted-refresh","note":"kept"}`
)

// vault is a secret store in memory with its cache.
type vault struct {
	mu              sync.Mutex
	document        string
	cached          string
	readErr         error
	writeErr        error
	writes, forgets int
}

func (v *vault) Read(context.Context) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.readErr != nil {
		return nil, v.readErr
	}
	if v.cached == "" {
		v.cached = v.document
	}
	return []byte(v.cached), nil
}

func (v *vault) Replace(_ context.Context, old, document []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writes++
	if v.writeErr != nil {
		return v.writeErr
	}
	if string(old) != v.document {
		return fault.New(fault.Conflict, "it has changed meanwhile")
	}
	v.document, v.cached = string(document), string(document)
	return nil
}

func (v *vault) Forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.forgets++
	v.cached = ""
}

// endpoint is the token endpoint: it gives the answers in order and fails the test when there is none left.
type endpoint struct {
	t       *testing.T
	mu      sync.Mutex
	answers []answer
	asked   []map[string]string
	// gate, if set, holds every answer back until it is closed; arrived is told of every request before.
	gate, arrived chan struct{}
}

type answer struct {
	status int
	body   string
}

func ok(body string) answer { return answer{200, body} }

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e.arrived != nil {
		e.arrived <- struct{}{}
	}
	if e.gate != nil {
		<-e.gate
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		e.t.Errorf("%s with %s", r.Method, r.Header.Get("Content-Type"))
	}
	if err := r.ParseForm(); err != nil || r.URL.RawQuery != "" {
		e.t.Errorf("form %v, query %q", err, r.URL.RawQuery)
	}
	form := map[string]string{}
	for k := range r.PostForm {
		form[k] = r.PostForm.Get(k)
	}
	e.asked = append(e.asked, form)
	if len(e.answers) == 0 {
		e.t.Error("the token endpoint was asked once too often")
		w.WriteHeader(http.StatusTeapot)
		return
	}
	a := e.answers[0]
	e.answers = e.answers[1:]
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

type fixture struct {
	*lwa.Tokens
	*vault
	*endpoint
	now time.Time
}

func start(t *testing.T, answers ...answer) *fixture {
	t.Helper()
	w := &fixture{
		vault:    &vault{document: stored},
		endpoint: &endpoint{t: t, answers: answers},
		now:      time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
	}
	server := httptest.NewServer(w.endpoint)
	t.Cleanup(server.Close)
	var scrubber redact.Scrubber
	w.Tokens = lwa.New(lwa.Options{
		Endpoint: server.URL + "/auth/o2/token", Secret: w.vault, Scrubber: &scrubber,
		HTTP: httpclient.New(httpclient.Options{Scrubber: &scrubber}),
		Now:  func() time.Time { return w.now },
	})
	return w
}

func (w *fixture) want(t *testing.T, token string) {
	t.Helper()
	got, err := w.Token(t.Context())
	if err != nil || got.Reveal() != token {
		t.Fatalf("got %q, %v; want %q", got.Reveal(), err, token)
	}
}

func TestTheGrantIsAsDocumented(t *testing.T) {
	w := start(t, ok(`{"access_token":"Atza|one","token_type":"bearer","expires_in":3600,"refresh_token":"Atzr|planted-refresh"}`))
	w.want(t, "Atza|one")
	want := map[string]string{
		"grant_type": "refresh_token", "refresh_token": refreshToken,
		"client_id": "amzn1.application-oa2-client.1", "client_secret": clientSecret,
	}
	if fmt.Sprint(w.asked[0]) != fmt.Sprint(want) {
		t.Errorf("sent %v, want %v", w.asked[0], want)
	}
	if w.writes != 0 {
		t.Error("the same refresh token was written back")
	}
}

func TestTokensAreRenewedAfterFourFifthsOfTheirLife(t *testing.T) {
	w := start(t, ok(`{"access_token":"Atza|one","expires_in":3600}`), ok(`{"access_token":"Atza|two","expires_in":3600}`))
	w.want(t, "Atza|one")
	w.now = w.now.Add(2880*time.Second - time.Nanosecond)
	w.want(t, "Atza|one")
	w.now = w.now.Add(time.Nanosecond)
	w.want(t, "Atza|two")
}

func TestATokenWithoutALifetimeIsUsedOnce(t *testing.T) {
	w := start(t, ok(`{"access_token":"Atza|one"}`), ok(`{"access_token":"Atza|two","expires_in":-1}`), ok(`{"access_token":"Atza|three","expires_in":9223372036854775807}`))
	w.want(t, "Atza|one")
	w.want(t, "Atza|two")
	w.want(t, "Atza|three")
	w.want(t, "Atza|three")
}

func TestDrop(t *testing.T) {
	w := start(t, ok(`{"access_token":"Atza|one","expires_in":3600}`), ok(`{"access_token":"Atza|two","expires_in":3600}`))
	w.want(t, "Atza|one")
	old, _ := w.Token(t.Context())
	w.Drop(redact.NewText("Atza|another"))
	w.want(t, "Atza|one")
	w.Drop(old)
	w.want(t, "Atza|two")
	// Late callers that were refused with the first token do not throw the second away.
	w.Drop(old)
	w.want(t, "Atza|two")
	if w.forgets != 1 {
		t.Errorf("the secret was forgotten %d times", w.forgets)
	}
}

func TestConcurrentCallersShareOneExchange(t *testing.T) {
	w := start(t, ok(`{"access_token":"Atza|one","expires_in":3600}`))
	w.gate = make(chan struct{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got, err := w.Token(t.Context()); err != nil || got.Reveal() != "Atza|one" {
				t.Errorf("got %q, %v", got.Reveal(), err)
			}
		})
	}
	close(w.gate)
	wg.Wait()
	if len(w.asked) != 1 {
		t.Errorf("%d exchanges", len(w.asked))
	}
}

func TestACallerThatLeavesDoesNotEndTheExchange(t *testing.T) {
	w := start(t, ok(`{"access_token":"Atza|one","expires_in":3600,"refresh_token":"Atzr|rotated"}`))
	w.gate, w.arrived = make(chan struct{}), make(chan struct{}, 2)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := w.Token(ctx)
		left <- err
	}()
	<-w.arrived
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) || !fault.Is(err, fault.Transient) {
		t.Errorf("got %v", err)
	}
	close(w.gate)
	w.want(t, "Atza|one")
	if !strings.Contains(w.document, "Atzr|rotated") {
		t.Error("the rotated refresh token was lost")
	}
}

func TestARotatedRefreshTokenIsWrittenBackFirst(t *testing.T) {
	const rotating = `{"access_token":"Atza|one","expires_in":3600,"refresh_token":"Atzr|rotated"}`
	w := start(t, ok(rotating), ok(`{"access_token":"Atza|two","expires_in":3600}`))
	w.writeErr = fault.New(fault.Transient, "no")
	if _, err := w.Token(t.Context()); !fault.Is(err, fault.Transient) {
		t.Fatalf("the access token was handed out before the refresh token was safe: %v", err)
	}
	// The old refresh token may be dead by now: only the new one is used, and it is written first.
	w.writeErr = nil
	w.want(t, "Atza|two")
	if got := w.asked[1]["refresh_token"]; got != "Atzr|rotated" {
		t.Errorf("the second exchange was with %q", got)
	}
	for _, part := range []string{`"refresh_token":"Atzr|rotated"`, `"client_secret":"planted-client-secret"`, `"note":"kept"`} {
		if !strings.Contains(w.document, part) {
			t.Errorf("%s is missing in %s", part, w.document)
		}
	}
}

func TestAnUnwrittenRotationGivesWayToANewSecret(t *testing.T) {
	w := start(t, ok(`{"access_token":"Atza|one","expires_in":3600,"refresh_token":"Atzr|rotated"}`), ok(`{"access_token":"Atza|two","expires_in":3600}`))
	w.writeErr = errors.New("no")
	if _, err := w.Token(t.Context()); err == nil {
		t.Fatal("no error")
	}
	w.writeErr = nil
	w.document, w.cached = strings.Replace(stored, refreshToken, "Atzr|by-a-person", 1), ""
	w.want(t, "Atza|two")
	if w.asked[1]["refresh_token"] != "Atzr|by-a-person" || !strings.Contains(w.document, "Atzr|by-a-person") {
		t.Errorf("used %q, kept %s", w.asked[1]["refresh_token"], w.document)
	}
}

func TestInvalidGrantLooksAtTheSecretAgain(t *testing.T) {
	const refused = `{"error":"invalid_grant","error_description":"The request has an invalid grant parameter : refresh_token"}`
	t.Run("it has changed", func(t *testing.T) {
		w := start(t, answer{400, refused}, ok(`{"access_token":"Atza|two","expires_in":3600}`))
		w.cached = stored
		w.document = strings.Replace(stored, refreshToken, "Atzr|renewed", 1)
		w.want(t, "Atza|two")
	})
	t.Run("it has not", func(t *testing.T) {
		w := start(t, answer{400, refused})
		_, err := w.Token(t.Context())
		if refused, ok := errors.AsType[*lwa.RefusedError](err); !ok || refused.Code != "invalid_grant" || !fault.Is(err, fault.Poison) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refused again", func(t *testing.T) {
		w := start(t, answer{400, refused}, answer{400, refused})
		w.cached = stored
		w.document = strings.Replace(stored, refreshToken, "Atzr|renewed", 1)
		if _, err := w.Token(t.Context()); !fault.Is(err, fault.Poison) {
			t.Errorf("got %v", err)
		}
	})
}

// Every failure: its kind, and that nothing planted shows in what people read.
func TestFailures(t *testing.T) {
	echo := `"error_description":"planted: client_secret=planted-client-secret refresh_token=Atzr|planted-refresh Room 101 planted","request_id":"x"`
	cases := map[string]struct {
		answer  answer
		secret  string
		readErr error
		code    string
		kind    fault.Kind
	}{
		"invalid_request":        {answer: answer{400, `{"error":"invalid_request",` + echo + `}`}, code: "invalid_request", kind: fault.Poison},
		"invalid_client":         {answer: answer{401, `{"error":"invalid_client",` + echo + `}`}, code: "invalid_client", kind: fault.Poison},
		"invalid_client as 400":  {answer: answer{400, `{"error":"invalid_client",` + echo + `}`}, code: "invalid_client", kind: fault.Poison},
		"invalid_grant":          {answer: answer{400, `{"error":"invalid_grant",` + echo + `}`}, code: "invalid_grant", kind: fault.Poison},
		"unauthorized_client":    {answer: answer{400, `{"error":"unauthorized_client",` + echo + `}`}, code: "unauthorized_client", kind: fault.Poison},
		"unsupported_grant_type": {answer: answer{400, `{"error":"unsupported_grant_type",` + echo + `}`}, code: "unsupported_grant_type", kind: fault.Poison},
		"another error":          {answer: answer{400, `{"error":"planted",` + echo + `}`}, kind: fault.Transient},
		"throttled":              {answer: answer{429, `{"error":"planted",` + echo + `}`}, kind: fault.Transient},
		"server error":           {answer: answer{500, `{"error":"ServerError",` + echo + `}`}, kind: fault.Transient},
		"gateway":                {answer: answer{503, "<html>planted Atzr|planted-refresh"}, kind: fault.Transient},
		"not JSON":               {answer: ok("planted-client-secret"), kind: fault.Transient},
		"no token":               {answer: ok(`{"token_type":"planted"}`), kind: fault.Transient},
		"unusable token":         {answer: ok(`{"access_token":"Atza|planted\r\nX-Evil: 1","expires_in":3600}`), kind: fault.Transient},
		"types":                  {answer: ok(`{"access_token":["Atza|planted"]}`), kind: fault.Transient},
		"redirect":               {answer: answer{302, `{"access_token":"Atza|planted"}`}, kind: fault.Transient},
		"secret not JSON":        {secret: "planted-client-secret", kind: fault.Poison},
		"secret of other types":  {secret: `{"client_id":["planted"]}`, kind: fault.Poison},
		"secret empty":           {secret: `{}`, kind: fault.Poison},
		"secret not to be read":  {readErr: fault.New(fault.NotFound, "no such secret"), kind: fault.NotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			if c.answer.status != 0 {
				w.answers = []answer{c.answer}
			}
			if c.secret != "" {
				w.document = c.secret
			}
			w.readErr = c.readErr
			_, err := w.Token(t.Context())
			if err == nil || fault.KindOf(err) != c.kind {
				t.Fatalf("got %v of kind %v, want %v", err, fault.KindOf(err), c.kind)
			}
			if refused, ok := errors.AsType[*lwa.RefusedError](err); ok != (c.code != "") || ok && refused.Code != c.code {
				t.Errorf("got %v, want code %q", err, c.code)
			}
			if c.kind == fault.Poison && !strings.Contains(err.Error(), "new refresh token") {
				t.Errorf("%v does not say what to do", err)
			}
			assertClean(t, err, w.Tokens)
		})
	}
}

func assertClean(t *testing.T, values ...any) {
	t.Helper()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	for _, v := range values {
		fmt.Fprintf(&out, "%v %+v %#v %s", v, v, v, v)
		log.Error("m", "v", v)
	}
	if strings.Contains(out.String(), "planted") || strings.Contains(out.String(), "Room 101") {
		t.Errorf("a secret shows: %s", out.String())
	}
}

func TestCredentialsAreNotShown(t *testing.T) {
	c, err := lwa.ParseCredentials([]byte(stored))
	if err != nil {
		t.Fatal(err)
	}
	assertClean(t, c, &c)
}

func TestEveryMissingFieldIsNamed(t *testing.T) {
	_, err := lwa.ParseCredentials([]byte(`{"client_id":""}`))
	for _, field := range []string{"client_id", "client_secret", "refresh_token"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v does not name %s", err, field)
		}
	}
}
