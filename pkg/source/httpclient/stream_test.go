package httpclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
)

// get is a request with everything that another host must not see.
func get(ctx context.Context, t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/export?token=planted", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer planted")
	req.Header.Set("X-Api-Key", "planted")
	return req
}

// TestAStreamIsBounded in size, and in the time that nothing comes; not in the time that it takes.
func TestAStreamIsBounded(t *testing.T) {
	const stall = 150 * time.Millisecond
	drip := func(times int, pause time.Duration) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			for range times {
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(pause)
			}
		}
	}
	cases := map[string]struct {
		serve  func(http.ResponseWriter)
		reader time.Duration // its pause after the first byte
		want   string
		kind   fault.Kind // of the error, which is Internal for none
		why    string
	}{
		"all of it":            {serve: func(w http.ResponseWriter) { _, _ = io.WriteString(w, "12345678") }, want: "12345678"},
		"a byte too many":      {serve: func(w http.ResponseWriter) { _, _ = io.WriteString(w, "123456789") }, kind: fault.Poison, why: "longer than 8 bytes"},
		"slow, and going on":   {serve: drip(6, stall/3), want: "xxxxxx"},
		"a reader who is slow": {serve: drip(2, stall/3), reader: 3 * stall, want: "xx"},
		"stalled in its midst": {serve: drip(2, 3*stall), kind: fault.Transient, why: "no byte came"},
		"broken off": {serve: func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "7")
			_, _ = io.WriteString(w, "123")
		}, kind: fault.Transient, why: "connection was closed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.serve(w) }))
			defer server.Close()
			stream, err := httpclient.New(httpclient.Options{}).Stream(get(t.Context(), t, server.URL), httpclient.StreamOptions{MaxBytes: 8, Stall: stall})
			if err != nil || stream.Status != http.StatusOK {
				t.Fatalf("got %d, %v", stream.Status, err)
			}
			defer func() { _ = stream.Body.Close() }()
			first := make([]byte, 1)
			if _, err := stream.Body.Read(first); err != nil {
				t.Fatal(err)
			}
			time.Sleep(c.reader)
			body, err := io.ReadAll(stream.Body)
			if (err != nil) != (c.why != "") || fault.KindOf(err) != c.kind || err != nil && !strings.Contains(err.Error(), c.why) {
				t.Fatalf("read %q, then %v (%v)", body, err, fault.KindOf(err))
			}
			if got := string(first) + string(body); err == nil && got != c.want {
				t.Errorf("read %q, want %q", got, c.want)
			}
		})
	}
}

// TestAStreamMayNotBegin, or be ended by the one who asked.
func TestAStreamMayNotBegin(t *testing.T) {
	silent := raw(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	client, short := httpclient.New(httpclient.Options{}), httpclient.StreamOptions{Stall: 50 * time.Millisecond}
	if _, err := client.Stream(get(t.Context(), t, silent), short); !fault.Is(err, fault.Transient) || !strings.Contains(err.Error(), "no byte came") {
		t.Errorf("no answer: %v", err)
	}
	if _, err := client.Stream(get(t.Context(), t, "http://127.0.0.1:1"), short); !fault.Is(err, fault.Transient) || strings.Contains(err.Error(), "planted") {
		t.Errorf("nobody listens: %v", err)
	}
	if _, err := client.Stream(post(t.Context(), t, silent), short); !fault.Is(err, fault.Internal) {
		t.Errorf("a POST: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Stream(get(ctx, t, silent), short); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel = context.WithCancel(t.Context())
	stream, err := client.Stream(get(ctx, t, server.URL), httpclient.StreamOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(stream.Body); !errors.Is(err, context.Canceled) || !fault.Is(err, fault.Transient) {
		t.Errorf("cancelled meanwhile: %v", err)
	}
	if err := stream.Body.Close(); err != nil {
		t.Error(err)
	}
}

// TestRedirectsOfAStream are followed to allowed hosts alone, and what belongs to the first host stays there.
func TestRedirectsOfAStream(t *testing.T) {
	var seen []http.Header
	var lead string
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header)
		if r.URL.Path != "/there" {
			http.Redirect(w, r, lead, http.StatusFound)
		}
	})
	first, other, secure := httptest.NewServer(serve), httptest.NewServer(serve), httptest.NewTLSServer(serve)
	defer first.Close()
	defer other.Close()
	defer secure.Close()
	host := strings.TrimPrefix(other.URL, "http://")
	cases := map[string]struct {
		from, to string
		hosts    []string
		followed bool
		headers  bool
	}{
		"to the same host":             {first.URL, first.URL + "/there", nil, true, true},
		"to an allowed host":           {first.URL, other.URL + "/there", []string{host}, true, false},
		"to a host that nobody allows": {first.URL, other.URL + "/there", []string{"files.vendor.example"}, false, false},
		"to a host whose end is right": {first.URL, "http://evil-" + host + "/there", []string{host}, false, false},
		"from HTTPS to HTTP":           {secure.URL, other.URL + "/there", []string{host}, false, false},
		"in a circle":                  {first.URL, first.URL + "/again", nil, false, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			seen, lead = nil, c.to
			transport, _ := secure.Client().Transport.(*http.Transport)
			stream, err := httpclient.New(httpclient.Options{Transport: transport}).Stream(get(t.Context(), t, c.from), httpclient.StreamOptions{Hosts: c.hosts})
			if !c.followed {
				if !fault.Is(err, fault.Poison) || strings.Contains(err.Error(), "planted") || len(seen) > 6 {
					t.Fatalf("got %v (%v) after %d requests", err, fault.KindOf(err), len(seen))
				}
				return
			}
			if err != nil || stream.Status != http.StatusOK || len(seen) != 2 {
				t.Fatalf("got %d, %v after %d requests", stream.Status, err, len(seen))
			}
			_ = stream.Body.Close()
			last := seen[1]
			for _, name := range []string{"Authorization", "X-Api-Key"} {
				if (last.Get(name) != "") != c.headers {
					t.Errorf("%s: %q", name, last.Get(name))
				}
			}
			if !c.headers && last.Get("Referer") != "" {
				t.Errorf("the other host hears of %s", last.Get("Referer"))
			}
		})
	}
}
