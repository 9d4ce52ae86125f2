package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/console"
)

func TestTheGuardLetsOnePersonIn(t *testing.T) {
	const token, cookie = "secret", "bellhop-8123=secret"
	tests := map[string]struct {
		method, address string
		header          map[string]string
		status          int
		to              string
	}{
		"the printed address":               {"GET", "http://127.0.0.1:8123/?token=secret", nil, 303, "/"},
		"one of its pages":                  {"GET", "http://127.0.0.1:8123/rooms?token=secret", nil, 303, "/rooms"},
		"no way to another host":            {"GET", "http://127.0.0.1:8123//evil.example/?token=secret", nil, 303, "/evil.example/"},
		"no way over a backslash":           {"GET", "http://127.0.0.1:8123/%5Cevil.example/?token=secret", nil, 303, "/%5Cevil.example/"},
		"with the cookie":                   {"GET", "http://localhost:8123/rooms", map[string]string{"Cookie": cookie}, 200, ""},
		"over IPv6":                         {"GET", "http://[::1]:8123/", map[string]string{"Cookie": cookie}, 200, ""},
		"without anything":                  {"GET", "http://127.0.0.1:8123/", nil, 403, ""},
		"a wrong token":                     {"GET", "http://127.0.0.1:8123/?token=guess", nil, 403, ""},
		"the cookie of another port":        {"GET", "http://127.0.0.1:8124/", map[string]string{"Cookie": cookie}, 403, ""},
		"a name that leads to this machine": {"GET", "http://evil.example:8123/", map[string]string{"Cookie": cookie}, 421, ""},
		"no port":                           {"GET", "http://127.0.0.1/", map[string]string{"Cookie": cookie}, 421, ""},
		"a form of its own":                 {"POST", "http://127.0.0.1:8123/review/decide", map[string]string{"Cookie": cookie, "Origin": "http://127.0.0.1:8123", "Sec-Fetch-Site": "same-origin"}, 200, ""},
		"a form of another site":            {"POST", "http://127.0.0.1:8123/review/decide", map[string]string{"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}, 403, ""},
		"a form of another port":            {"POST", "http://127.0.0.1:8123/review/decide", map[string]string{"Cookie": cookie, "Origin": "http://127.0.0.1:9000"}, 403, ""},
		"a form with the token":             {"POST", "http://127.0.0.1:8123/review/decide?token=secret", nil, 403, ""},
	}
	inside := console.Guard(token, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") }))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, test.address, nil)
			for k, v := range test.header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			inside.ServeHTTP(w, r)
			if w.Code != test.status || w.Header().Get("Location") != test.to || (w.Body.String() == "in") != (test.status == 200) {
				t.Errorf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
			}
			for header, value := range map[string]string{
				"Cache-Control": "no-store", "Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
				"Referrer-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got := w.Header().Get(header); got != value {
					t.Errorf("%s is %q", header, got)
				}
			}
			set := w.Header().Get("Set-Cookie")
			if test.status == 303 && (!strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Strict")) || test.status != 303 && set != "" {
				t.Errorf("the cookie is %q", set)
			}
		})
	}
}
