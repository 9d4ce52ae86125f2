//go:build cgo

package console_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
)

// said is the error output of the tool, which is read while it runs.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// served is a console that the real tool serves.
type served struct {
	*testing.T
	base, token string
	client      *http.Client
}

var printed = regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/\?token=(\w+)`)

// serve plays the demonstration, which leaves a held report, a quarantined file, a gap and two silent rooms, and serves its console.
func serve(t *testing.T) served {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "home")
	m, err := sim.Open(t.Context(), sim.Options{Dir: dir, Leftovers: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Demonstrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	errs, ended := &said{}, make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, []string{"console", "--home", dir}, shell.Environment{
			Out: io.Discard, Err: errs, Getenv: os.Getenv, Open: account.Open, OpenEngine: account.OpenEngine, Sources: account.Sources(),
		})
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != shell.ExitFine {
			t.Errorf("it ended with %d: %s", code, errs)
		}
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if found := printed.FindStringSubmatch(errs.String()); found != nil {
			return served{t, found[1], found[2], &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
		}
		if time.Now().After(deadline) {
			t.Fatalf("it printed no address: %s", errs)
		}
	}
}

// do sends a request with the cookie, and returns the page and its text.
func (s served) do(method, path string, form url.Values) (page, text string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	at, _ := url.Parse(s.base)
	r.AddCookie(&http.Cookie{Name: "bellhop-" + at.Port(), Value: s.token})
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := s.client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	return string(content), textOf(string(content))
}

func (s served) get(path string) string {
	s.Helper()
	_, text := s.do(http.MethodGet, path, nil)
	return text
}

// textOf returns what a person reads, with single spaces.
func textOf(page string) string {
	var all []string
	skip := false
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(strings.Join(all, " ")), " ")
		case html.StartTagToken, html.EndTagToken:
			token := z.Token()
			if token.Data == "script" || token.Data == "style" {
				skip = token.Type == html.StartTagToken
			}
		case html.TextToken:
			if !skip {
				all = append(all, string(z.Text()))
			}
		default:
		}
	}
}

var paths = []string{"/", "/coverage", "/jobs", "/files", "/review", "/rooms", "/engagement", "/campaigns", "/calls", "/skills", "/care", "/privacy", "/cost"}

func TestTheConsoleOfTheDemonstration(t *testing.T) {
	s := serve(t)
	t.Run("each page says what the demonstration left", func(t *testing.T) {
		for path, want := range map[string][]string{
			"/":           {"Needs a person 3 ", "asp_communication (demo) missing", "Every table is as fresh as it should be."},
			"/coverage":   {" 1 MISSING ", "asp_communication demo"},
			"/jobs":       {"demo-care", "LOADED"},
			"/files":      {"QUARANTINED", "missing: dialog_count; unknown: dialog_count_v2"},
			"/review":     {"it has 27 rows, the published day has 79", "accept drop", "replay drop"},
			"/rooms":      {"2 units had devices and no dialog", "Room 101"},
			"/engagement": {"The busiest day was ", "Data until", "Caution:"},
			"/campaigns":  {"Best answered: ", "taps per hundred impressions"},
			"/calls":      {" outbound calls."},
			"/skills":     {"of a skill's utterances failed."},
			"/care":       {"of responses, by week and tag."},
			"/privacy":    {"Still in the bucket 1 ", "The chain is intact: ", "No unit was erased."},
			"/cost":       {"1,000 reports", "requests, standard queue"},
		} {
			text := s.get(path)
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s does not say %q: %s", path, w, text)
				}
			}
		}
	})
	t.Run("each tile says how to ask for it", func(t *testing.T) {
		for _, path := range paths {
			page, _ := s.do(http.MethodGet, path, nil)
			for _, tile := range strings.Split(page, `<article class="tile`)[1:] {
				if !strings.Contains(tile, "<code>bellhop ") {
					t.Errorf("%s: a tile has no command: %.200s", path, textOf(tile))
				}
			}
		}
	})
	t.Run("days and a property can be chosen", func(t *testing.T) {
		chosen := s.get("/engagement?from=2026-11-01&to=2026-11-07&property=no-such")
		if !strings.Contains(chosen, "no property is called no-such") || !strings.Contains(chosen, "Remedy") {
			t.Error(chosen)
		}
		for _, bad := range []string{"/rooms?from=soon", "/rooms?from=2026-11-07&to=2026-11-01", "/rooms?from=2020-01-01&to=2026-01-01"} {
			if text := s.get(bad); !strings.Contains(text, "That did not work") {
				t.Errorf("%s: %s", bad, text)
			}
		}
	})
	t.Run("nobody without the token", func(t *testing.T) {
		stranger := s
		stranger.token = "guess"
		for _, path := range paths {
			if text := stranger.get(path); strings.Contains(text, "bellhop console Today") || !strings.Contains(text, "it contains the token") {
				t.Errorf("%s: %s", path, text)
			}
		}
	})
	t.Run("in a browser", func(t *testing.T) { inABrowser(t, s) })
	t.Run("a decision is confirmed before it is carried out", func(t *testing.T) { decisions(t, s) })
}

var hiddenField = regexp.MustCompile(`name="(verb|key|seen)" value="([^"]*)"`)

func decisions(t *testing.T, s served) {
	t.Helper()
	link := regexp.MustCompile(`/review/decide\?key=demo[^"]*verb=accept`).FindString(func() string { p, _ := s.do(http.MethodGet, "/review", nil); return p }())
	if link == "" {
		t.Fatal("nothing can be accepted")
	}
	page, text := s.do(http.MethodGet, html.UnescapeString(link), nil)
	if !strings.Contains(text, "would accept the report with 27 rows") || !strings.Contains(text, "Nothing has happened yet.") {
		t.Fatal(text)
	}
	form := url.Values{}
	for _, field := range hiddenField.FindAllStringSubmatch(page, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	other := url.Values{"verb": form["verb"], "key": form["key"], "seen": {"something else"}}
	if _, text := s.do(http.MethodPost, "/review/decide", other); !strings.Contains(text, "Nothing was done.") {
		t.Errorf("a form that has seen something else: %s", text)
	}
	forged := url.Values{"verb": {"purge"}, "key": form["key"], "seen": form["seen"]}
	if _, text := s.do(http.MethodPost, "/review/decide", forged); !strings.Contains(text, "nothing under this key waits for the decision") {
		t.Errorf("a verb that is none: %s", text)
	}
	if text := s.get("/review"); !strings.Contains(text, "it has 27 rows") {
		t.Fatal("something was decided without a confirmation")
	}
	if _, text := s.do(http.MethodPost, "/review/decide", form); !strings.Contains(text, "is published") || !strings.Contains(text, "has 27 rows now") {
		t.Errorf("the confirmed form: %s", text)
	}
	if _, text := s.do(http.MethodPost, "/review/decide", form); !strings.Contains(text, "it may already be decided") {
		t.Errorf("the same form again: %s", text)
	}
	if text := s.get("/review"); strings.Contains(text, "it has 27 rows") {
		t.Error("it still waits: ", fmt.Sprintf("%.500s", text))
	}
}
