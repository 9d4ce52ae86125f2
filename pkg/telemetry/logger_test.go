package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/telemetry"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

type stringer struct{ Token string }

func (s stringer) String() string { return s.Token }

func TestLoggerShowsNoSecret(t *testing.T) {
	const known, token = "client-secret-planted", "Atza|planted-token"
	cases := map[string]func(*slog.Logger){
		"message":        func(l *slog.Logger) { l.Info("with " + token) },
		"string":         func(l *slog.Logger) { l.Info("m", "k", "x "+known) },
		"error":          func(l *slog.Logger) { l.Info("m", "k", fmt.Errorf("a: %w", errors.New(known))) },
		"struct":         func(l *slog.Logger) { l.Info("m", "k", struct{ A []string }{[]string{known}}) },
		"stringer":       func(l *slog.Logger) { l.Info("m", "k", stringer{token}) },
		"unmarshallable": func(l *slog.Logger) { l.Info("m", "k", map[string]any{"f": func() {}, "s": known}) },
		"bytes in JSON":  func(l *slog.Logger) { l.Info("m", "k", json.RawMessage(`{"a":"`+token+`"}`)) },
		"group":          func(l *slog.Logger) { l.Info("m", slog.Group("g", slog.Group("h", "k", known))) },
		"with":           func(l *slog.Logger) { l.With("k", known).WithGroup("g").Info("m", "k", token) },
		"log valuer":     func(l *slog.Logger) { l.Info("m", "k", redact.NewText(known)) },
	}
	for name, log := range cases {
		t.Run(name, func(t *testing.T) {
			for format, handler := range map[string]func(*bytes.Buffer) slog.Handler{
				"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
				"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			} {
				var out bytes.Buffer
				var s redact.Scrubber
				s.Add(redact.NewText(known))
				log(telemetry.NewLogger(telemetry.Options{Function: "requester", Version: "v1", Scrubber: &s, Handler: handler(&out)}))
				if strings.Contains(out.String(), "planted") || !strings.Contains(out.String(), redact.Mark) {
					t.Errorf("%s: %s", format, out.String())
				}
			}
		})
	}
}

func TestLoggerKeepsWhatIsNoSecret(t *testing.T) {
	var out bytes.Buffer
	l := telemetry.NewLogger(telemetry.Options{Function: "janitor", Version: "v1", Handler: slog.NewJSONHandler(&out, nil)})
	l.Info("deleted", "job_id", "hotel/1", "n", 3, "list", []int{1, 2})
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "time")
	got, _ := json.Marshal(line)
	const want = `{"function":"janitor","job_id":"hotel/1","level":"INFO","list":[1,2],"msg":"deleted","n":3,"service":"bellhop","version":"v1"}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
