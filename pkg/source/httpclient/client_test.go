package httpclient_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

func post(ctx context.Context, t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// raw serves one connection after another with what the test does to it, after the request was read.
func raw(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buffer := make([]byte, 4096)
			_, _ = conn.Read(buffer)
			serve(conn)
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestErrorsSayWhetherTheRequestWentOut(t *testing.T) {
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	old.StartTLS()
	defer old.Close()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	cases := map[string]struct {
		ctx   context.Context
		url   string
		sent  bool
		cause error
	}{
		// A port that was free a moment ago may be somebody's by now; nobody has this one.
		"nobody listens":     {url: "http://127.0.0.1:1"},
		"no such host":       {url: "http://bellhop.invalid"},
		"old or unknown TLS": {url: old.URL},
		"cancelled before":   {ctx: cancelled, url: old.URL, cause: context.Canceled},
		"closed unanswered":  {url: raw(t, func(net.Conn) {}), sent: true},
		"reset": {url: raw(t, func(c net.Conn) {
			tcp, _ := c.(*net.TCPConn)
			_ = tcp.SetLinger(0)
		}), sent: true},
		"broken in the header": {url: raw(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 202 Acc") }), sent: true},
		"not HTTP":             {url: raw(t, func(c net.Conn) { _, _ = io.WriteString(c, "Room 101 planted-secret\r\n\r\n") }), sent: true},
		"no answer in time":    {url: raw(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), sent: true, cause: context.DeadlineExceeded},
	}
	var scrubber redact.Scrubber
	scrubber.Add(redact.NewText("planted-secret"))
	client := httpclient.New(httpclient.Options{Timeout: 300 * time.Millisecond, Scrubber: &scrubber})
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			_, err := client.Do(post(ctx, t, c.url))
			e, ok := errors.AsType[*httpclient.Error](err)
			if !ok || e.Sent != c.sent || !fault.Is(err, fault.Transient) {
				t.Fatalf("got %v (sent: %t), want sent: %t", err, ok && e.Sent, c.sent)
			}
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("%v is not %v", err, c.cause)
			}
			if text := err.Error(); strings.Contains(text, "planted") || strings.Contains(text, "Room 101") || strings.Contains(text, "http://") {
				t.Errorf("the error repeats what it must not: %s", text)
			}
		})
	}
}

func TestOldTLSIsRefusedForItsVersion(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	defer server.Close()
	transport, _ := server.Client().Transport.(*http.Transport)
	transport.TLSClientConfig.MinVersion = tls.VersionTLS10
	_, err := httpclient.New(httpclient.Options{Transport: transport}).Do(post(t.Context(), t, server.URL))
	if err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("got %v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	reply, err := httpclient.New(httpclient.Options{}).Do(post(t.Context(), t, server.URL))
	if err != nil || reply.Status != http.StatusTemporaryRedirect {
		t.Errorf("got %d, %v", reply.Status, err)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	cases := map[string]struct {
		serve func(http.ResponseWriter)
		want  string
		whole bool
	}{
		"fits":     {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "12345678") }, "12345678", true},
		"one more": {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "123456789") }, "12345678", false},
		"broken off": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "7")
			_, _ = io.WriteString(w, "123")
		}, "123", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.serve(w) }))
			defer server.Close()
			reply, err := httpclient.New(httpclient.Options{MaxBytes: 8}).Do(post(t.Context(), t, server.URL))
			if err != nil || string(reply.Body) != c.want || reply.Whole != c.whole {
				t.Errorf("got %q, whole: %t, %v", reply.Body, reply.Whole, err)
			}
		})
	}
}

// A connection that the other side has closed since must not swallow a request that cannot be repeated.
func TestClosedConnectionsAreNotReused(t *testing.T) {
	var accepted atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			accepted.Add(1)
		}
	}
	server.Start()
	client := httpclient.New(httpclient.Options{})
	for range 3 {
		client.CloseIdleConnections()
		if _, err := client.Do(post(t.Context(), t, server.URL)); err != nil {
			t.Error(err)
		}
	}
	server.Close()
	if n := accepted.Load(); n != 3 {
		t.Errorf("%d connections for 3 requests", n)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		value string
		want  time.Duration
	}{
		"none":            {"", 0},
		"seconds":         {"120", 2 * time.Minute},
		"zero":            {"0", 0},
		"date":            {"Fri, 20 Nov 2026 12:00:30 GMT", 30 * time.Second},
		"date, over":      {"Fri, 20 Nov 2026 11:00:00 GMT", 0},
		"too long":        {"86401", 24 * time.Hour},
		"far too long":    {"99999999999999999999", 24 * time.Hour},
		"date, too far":   {"Fri, 20 Nov 2099 12:00:00 GMT", 24 * time.Hour},
		"negative":        {"-5", 0},
		"fraction":        {"1.5", 0},
		"not either":      {"soon", 0},
		"spaces about it": {" 7 ", 7 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := httpclient.RetryAfter(http.Header{"Retry-After": {c.value}}, now); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	cases := map[string]struct{ header, value, want string }{
		"documented":   {"X-Amzn-RequestId", "6f2d0c2e-1b1d-4a5e-9a64-5d9f2f5b7c11", "6f2d0c2e-1b1d-4a5e-9a64-5d9f2f5b7c11"},
		"other":        {"X-Amzn-Request-Id", "abc", "abc"},
		"none":         {"X-Other", "abc", ""},
		"not an id":    {"X-Amzn-RequestId", "Room 101", ""},
		"longest":      {"X-Amzn-RequestId", strings.Repeat("a", 128), strings.Repeat("a", 128)},
		"a whole book": {"X-Amzn-RequestId", strings.Repeat("a", 129), ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			h.Set(c.header, c.value)
			if got := httpclient.RequestID(h); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
