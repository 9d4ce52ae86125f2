package stack_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

const (
	clientID    = "amzn1.application-oa2-client.example"
	plantedCode = "planted-code"
)

// tokenEndpoint starts that of Login with Amazon. Answer writes what it says to the exchange of the code.
func tokenEndpoint(t *testing.T, challenge *string, answer func(w http.ResponseWriter)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		for name, want := range map[string]string{"grant_type": "authorization_code", "code": plantedCode, "client_id": clientID, "client_secret": plantedSecret} {
			if got := r.PostForm.Get(name); got != want {
				t.Errorf("the exchange has %s = %q, want %q", name, got, want)
			}
		}
		// RFC 7636, section 4.6: the challenge of the page is the hash of the verifier of the exchange.
		hash := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		if len(r.PostForm.Get("code_verifier")) < 43 || base64.RawURLEncoding.EncodeToString(hash[:]) != *challenge {
			t.Errorf("the exchange does not prove that it began at the page: challenge %q", *challenge)
		}
		if !strings.HasPrefix(r.PostForm.Get("redirect_uri"), "http://127.0.0.1:") {
			t.Errorf("the exchange names %q as the redirect", r.PostForm.Get("redirect_uri"))
		}
		w.Header().Set("Content-Type", "application/json")
		answer(w)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func token(w http.ResponseWriter) {
	_, _ = fmt.Fprintf(w, `{"access_token":"Atza|planted","refresh_token":%q,"token_type":"bearer","expires_in":3600}`, plantedRefresh)
}

// person opens the page and comes back with what come says.
func person(t *testing.T, challenge *string, come func(back url.Values) url.Values) func(address string) {
	t.Helper()
	return func(address string) {
		u, err := url.Parse(address)
		if err != nil {
			t.Error(err)
			return
		}
		q := u.Query()
		if q.Get("client_id") != clientID || q.Get("response_type") != "code" || q.Get("scope") != stack.Scope+" alexa::ask:skills:readwrite" || len(q.Get("state")) < 20 || strings.Contains(address, plantedSecret) {
			t.Errorf("the page is %s", address)
		}
		if *challenge = q.Get("code_challenge"); *challenge == "" || q.Get("code_challenge_method") != "S256" {
			t.Errorf("the page gets the challenge %q by %q", *challenge, q.Get("code_challenge_method"))
		}
		back, err := url.Parse(q.Get("redirect_uri"))
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			for _, wrong := range []string{"/favicon.ico", "/cb", "/cb?state=other&code=stolen"} {
				if status, text := get(t, "http://"+back.Host+wrong); status != http.StatusNotFound || strings.Contains(text, "stolen") {
					t.Errorf("%s is answered with %d %s", wrong, status, text)
				}
			}
			back.RawQuery = come(url.Values{"state": q["state"]}).Encode()
			if _, text := get(t, back.String()); strings.Contains(text, plantedCode) || strings.Contains(text, "Atz") {
				t.Errorf("the page shows %s", text)
			}
		}()
	}
}

func get(t *testing.T, address string) (int, string) {
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, address, nil)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "" // the server goes as soon as it has heard
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

func withCode(back url.Values) url.Values { back.Set("code", plantedCode); return back }

func TestLogins(t *testing.T) {
	for name, tt := range map[string]struct {
		come   func(url.Values) url.Values
		answer func(w http.ResponseWriter)
		says   string // part of the error; "" for success
	}{
		"a person logs in":   {withCode, token, ""},
		"a person refuses":   {func(back url.Values) url.Values { back.Set("error", "access_denied"); return back }, token, "access_denied"},
		"no code comes back": {func(back url.Values) url.Values { return back }, token, "Login with Amazon says"},
		"the code is refused": {withCode, func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"%s of %s"}`, plantedCode, plantedSecret)
		}, "400 invalid_grant"},
		"no refresh token": {withCode, func(w http.ResponseWriter) {
			_, _ = fmt.Fprint(w, `{"access_token":"Atza|planted","token_type":"bearer"}`)
		}, "no refresh token"},
		"not JSON": {withCode, func(w http.ResponseWriter) { _, _ = fmt.Fprint(w, plantedSecret) }, "did not answer with a token"},
	} {
		t.Run(name, func(t *testing.T) {
			var challenge string
			flow := stack.Login{
				Page: "https://www.amazon.example/ap/oa", Endpoint: tokenEndpoint(t, &challenge, tt.answer), ClientID: clientID, ClientSecret: redact.NewText(plantedSecret),
				Scopes: []string{stack.Scope, "alexa::ask:skills:readwrite"}, Redirect: "http://" + standin.FreeAddress(t) + "/cb", Client: http.DefaultClient, Show: person(t, &challenge, tt.come),
			}
			got, err := flow.Run(t.Context())
			switch {
			case tt.says == "" && (err != nil || got.Reveal() != plantedRefresh):
				t.Errorf("%v", err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("%v, want %q", err, tt.says)
			case err != nil && (strings.Contains(err.Error(), "planted") || strings.Contains(err.Error(), "Atz")):
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestALoginEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	flow := stack.Login{Redirect: "http://" + standin.FreeAddress(t) + "/cb", Show: func(string) { cancel() }}
	if _, err := flow.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestAPortThatIsTaken(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	flow := stack.Login{Redirect: "http://" + l.Addr().String() + "/cb", Show: func(string) { t.Error("a page is shown") }}
	if _, err := flow.Run(t.Context()); err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("%v", err)
	}
}

func TestRedirects(t *testing.T) {
	for redirect, good := range map[string]bool{
		stack.DefaultRedirect: true, "http://localhost:8080/back": true, "http://[::1]:9090/cb": true,
		"https://127.0.0.1:9090/cb": false, "http://127.0.0.1/cb": false, "http://example.com:9090/cb": false, "http://0.0.0.0:9090/cb": false,
		"http://127.0.0.1:9090/cb?x=1": false, "127.0.0.1:9090": false, "": false,
	} {
		if err := stack.CheckRedirect(redirect); (err == nil) != good {
			t.Errorf("%q: %v", redirect, err)
		}
	}
}

func TestEveryAmazonEndpointHasItsPage(t *testing.T) {
	for endpoint, page := range map[string]string{
		"https://api.amazon.com/auth/o2/token": "https://www.amazon.com/ap/oa", "https://api.amazon.co.uk/auth/o2/token": "https://eu.account.amazon.com/ap/oa",
		"https://api.amazon.co.jp/auth/o2/token": "https://apac.account.amazon.com/ap/oa", "https://example.com/token": "",
	} {
		if got := stack.LoginPage(endpoint); got != page {
			t.Errorf("%s: %q, want %q", endpoint, got, page)
		}
	}
}
