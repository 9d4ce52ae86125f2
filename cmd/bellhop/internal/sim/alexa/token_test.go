package alexa_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
)

func TestTokenGrant(t *testing.T) {
	v := start(t, nil)
	r := v.grant(refreshForm("Atzr|first"))
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/json" {
		t.Fatalf("status %d, type %q: %s", r.status, r.header.Get("Content-Type"), r.body)
	}
	access := field(t, r.body, "access_token").(string)
	// Documented: it begins with Atza| and has 350 to 2048 bytes.
	if !strings.HasPrefix(access, "Atza|") || len(access) < 350 || len(access) > 2048 {
		t.Errorf("access token of %d bytes: %.10s…", len(access), access)
	}
	for name, want := range map[string]any{"token_type": "bearer", "expires_in": 3600.0, "refresh_token": "Atzr|first"} {
		if got := field(t, r.body, name); got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
}

func TestTokenByBasicAuthentication(t *testing.T) {
	v := start(t, nil)
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"Atzr|first"}}
	r := v.request(http.MethodPost, tokenURL, "application/x-www-form-urlencoded", form.Encode())
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("client:secret")))
	if got := v.send(r); got.status != http.StatusOK {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
}

func TestTokenRefusals(t *testing.T) {
	without := func(name string) func(url.Values) { return func(f url.Values) { f.Del(name) } }
	with := func(name, value string) func(url.Values) { return func(f url.Values) { f.Set(name, value) } }
	for name, test := range map[string]struct {
		change      func(url.Values)
		contentType string
		status      int
		code        string
	}{
		"unknown client":           {change: with("client_id", "other"), status: 401, code: "invalid_client"},
		"wrong secret":             {change: with("client_secret", "guess"), status: 401, code: "invalid_client"},
		"no client":                {change: without("client_id"), status: 400, code: "invalid_request"},
		"no secret":                {change: without("client_secret"), status: 400, code: "invalid_request"},
		"no grant type":            {change: without("grant_type"), status: 400, code: "invalid_request"},
		"another grant type":       {change: with("grant_type", "client_credentials"), status: 400, code: "unsupported_grant_type"},
		"no refresh token":         {change: without("refresh_token"), status: 400, code: "invalid_request"},
		"unknown refresh token":    {change: with("refresh_token", "Atzr|stolen"), status: 400, code: "invalid_grant"},
		"parameter twice":          {change: func(f url.Values) { f.Add("client_id", "client") }, status: 400, code: "invalid_request"},
		"JSON instead of a form":   {contentType: "application/json", status: 400, code: "invalid_request"},
		"a body of 100 kB instead": {change: with("scope", strings.Repeat("x", 100_000)), status: 400, code: "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			v := start(t, nil)
			form := refreshForm("Atzr|first")
			if test.change != nil {
				test.change(form)
			}
			if test.contentType == "" {
				test.contentType = "application/x-www-form-urlencoded"
			}
			r := v.send(v.request(http.MethodPost, tokenURL, test.contentType, form.Encode()))
			if r.status != test.status || field(t, r.body, "error") != test.code || field(t, r.body, "error_description") == nil {
				t.Errorf("got %d %s, want %d %s", r.status, r.body, test.status, test.code)
			}
			if strings.Contains(r.body, "guess") || strings.Contains(r.body, "Atz") {
				t.Errorf("the answer repeats a secret: %s", r.body)
			}
			if got := v.sim.Counters().TokensRefused[test.code]; got != 1 {
				t.Errorf("counted %d refusals", got)
			}
		})
	}
}

func TestRotationEndsTheOldTokenOnceTheNewOneWasUsed(t *testing.T) {
	v := start(t, func(c *alexa.Config) {
		c.Faults = []alexa.Fault{{Kind: alexa.TokenRotated, Times: 1}}
	})
	second := field(t, v.grant(refreshForm("Atzr|first")).body, "refresh_token").(string)
	if second == "Atzr|first" || !strings.HasPrefix(second, "Atzr|") {
		t.Fatalf("no successor: %.10s", second)
	}
	steps := []struct {
		token  string
		status int
	}{
		{"Atzr|first", 200}, // a client that lost the answer still gets in
		{second, 200},
		{"Atzr|first", 400},
		{second, 200},
	}
	for i, step := range steps {
		if r := v.grant(refreshForm(step.token)); r.status != step.status {
			t.Errorf("step %d: status %d, want %d", i, r.status, step.status)
		}
	}
}

func TestRotationBySwitchRotatesEveryTime(t *testing.T) {
	v := start(t, func(c *alexa.Config) { c.Switches.RotateRefreshTokens = true })
	token := "Atzr|first"
	for range 3 {
		next := field(t, v.grant(refreshForm(token)).body, "refresh_token").(string)
		if next == token {
			t.Fatal("the token stayed")
		}
		token = next
	}
}

func TestRevocationTakesTheAccessTokensToo(t *testing.T) {
	v := start(t, func(c *alexa.Config) {
		c.Faults = []alexa.Fault{{Kind: alexa.TokenRevoked, FirstCall: 2}}
	}).login()
	v.accepted(ask(v.org(), "2026-11-18", "2026-11-18", false, "DEVICE"))
	if r := v.grant(refreshForm("Atzr|first")); r.status != 400 || field(t, r.body, "error") != "invalid_grant" {
		t.Errorf("got %d %s", r.status, r.body)
	}
	if r := v.post(ask(v.org(), "2026-11-18", "2026-11-18", false, "DEVICE")); r.status != 401 {
		t.Errorf("the access token still works: %d", r.status)
	}
}

func TestTokenEndpointFailsByScript(t *testing.T) {
	v := start(t, func(c *alexa.Config) {
		c.Faults = []alexa.Fault{{Kind: alexa.TokenServerError, LastCall: 2}}
	})
	for i, want := range []int{503, 503, 200} {
		if r := v.grant(refreshForm("Atzr|first")); r.status != want {
			t.Errorf("call %d: status %d, want %d", i+1, r.status, want)
		}
	}
}

func TestAccessTokenLastsAnHour(t *testing.T) {
	v := start(t, nil).login()
	body := ask(v.org(), "2026-11-18", "2026-11-18", false, "DEVICE")
	v.pass(time.Hour - time.Second)
	v.accepted(body)
	v.pass(time.Second)
	if r := v.post(body); r.status != http.StatusUnauthorized {
		t.Errorf("status %d after an hour, want 401", r.status)
	}
	v.login()
	v.accepted(body)
}
