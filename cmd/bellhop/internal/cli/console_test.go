package cli_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
)

var consoleAddress = regexp.MustCompile(`(http://[0-9.:]+)/\?token=(\w+)`)

// A stack has no folder for DuckDB, and Athena costs what it scans: the pages of numbers wait for a person's word, and all others work.
func TestTheConsoleOfAStack(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		path string
		says []string
	}{
		"the pages of the ledger":      {nil, "/", []string{"Every table is as fresh as it should be.", "bellhop status --aws --ledger-table table"}},
		"the pages of numbers":         {nil, "/rooms", []string{"no engine was chosen", "start it again: bellhop console --aws --ledger-table table --engine athena"}},
		"the pages of numbers, Athena": {[]string{"--engine", "athena", "--workgroup", "w", "--database", "d"}, "/rooms", []string{"this bellhop has no engine"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			ctx, stop := context.WithCancel(t.Context())
			page := make(chan string, 1)
			b.heard = func(text string) {
				if found := consoleAddress.FindStringSubmatch(text); found != nil {
					go func() {
						defer stop()
						page <- visit(t, found[1], found[2], test.path)
					}()
				}
			}
			code, _, errs := b.run(ctx, append([]string{"console", "--aws", "--ledger-table", "table"}, test.args...)...)
			if code != shell.ExitFine {
				t.Fatalf("exit %d: %s", code, errs)
			}
			_, got, _ := strings.Cut(<-page, "<main")
			for _, want := range test.says {
				if !strings.Contains(got, want) {
					t.Errorf("it does not say %q: %s", want, got)
				}
			}
		})
	}
}

func visit(t *testing.T, base, token, path string) string {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	at, _ := url.Parse(base)
	r.AddCookie(&http.Cookie{Name: "bellhop-" + at.Port(), Value: token})
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return string(content)
}

func TestTheConsoleWantsAPort(t *testing.T) {
	if code, _, errs := newBench(t).run(t.Context(), "console", "--port", "70000"); code != shell.ExitUsage || !strings.Contains(errs, "there is no port 70000") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
