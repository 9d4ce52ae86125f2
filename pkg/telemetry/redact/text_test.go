package redact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

const planted = "Atzr|IwEBplanted-secret"

type holder struct {
	Shown  redact.Text
	hidden redact.Text
	inner  struct{ deep *redact.Text }
}

func TestTextIsNeverShown(t *testing.T) {
	text := redact.NewText(planted)
	h := holder{Shown: text, hidden: text}
	h.inner.deep = &text
	values := map[string]any{
		"itself": text, "pointer": &text, "in a struct": h, "struct by pointer": &h,
		"in a slice": []redact.Text{text}, "in a map": map[string]redact.Text{"k": text}, "in any": []any{text},
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
				if verb == "%T %v" {
					fmt.Fprintf(&out, verb, v, v)
					continue
				}
				fmt.Fprintf(&out, verb, v)
			}
			fmt.Fprint(&out, fmt.Errorf("wrapped: %v", v))
			marshalled, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(marshalled)
			var logged bytes.Buffer
			slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "k", v)
			slog.New(slog.NewTextHandler(&logged, nil)).Info("m", "k", v)
			out.Write(logged.Bytes())
			for _, form := range []string{planted, "planted", fmt.Sprintf("%x", planted), fmt.Sprintf("%X", planted)} {
				if strings.Contains(out.String(), form) {
					t.Errorf("it was shown: %s", out.String())
				}
			}
		})
	}
}

func TestTextHoldsItsString(t *testing.T) {
	var c struct{ Secret redact.Text }
	if err := json.Unmarshal([]byte(`{"Secret":"a\"b|c"}`), &c); err != nil {
		t.Fatal(err)
	}
	if got := c.Secret.Reveal(); got != `a"b|c` {
		t.Errorf("Reveal = %q", got)
	}
	if !c.Secret.Equal(redact.NewText(`a"b|c`)) || c.Secret.Equal(redact.NewText("a")) {
		t.Error("Equal does not compare the strings")
	}
	if !(redact.Text{}).Empty() || !redact.NewText("").Empty() || c.Secret.Empty() {
		t.Error("Empty is wrong")
	}
}
