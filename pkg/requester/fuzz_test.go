package requester_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// Whoever may invoke the function may send it anything. It is refused as Poison and runs nothing, or it is a trigger that
// says no more than the event: no window without both of its ends.
func FuzzEvent(f *testing.F) {
	files, err := filepath.Glob("../../events/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no events", err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, event := range []string{
		`{"from":"2026-11-01","to":"2026-11-02","refresh":true}`, `{"from":"2026-11-02","to":"2026-11-01"}`, `{"from":"2026-11-01"}`, `[]`, `"x"`, `{"from":1}`,
		`{"FROM":"2026-11-01","To":"2026-11-01"}`, `{"subscription":"\u0000"}`, `{`, ``,
	} {
		f.Add([]byte(event))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		var got *requester.Trigger
		h, lines := newHandler(t, func(trigger requester.Trigger) (requester.Summary, error) {
			got = &trigger
			return requester.Summary{}, nil
		})
		_, err := h.Handle(t.Context(), event)
		if (err == nil) != (got != nil) {
			t.Fatalf("ran: %v, and the error is %v", got != nil, err)
		}
		if strings.Count(lines.String(), "\n") != 1 {
			t.Errorf("one event is one line of log, got %q", lines)
		}
		if err != nil {
			if !fault.Is(err, fault.Poison) {
				t.Errorf("%v is of kind %v", err, fault.KindOf(err))
			}
			return
		}
		var said struct{ From, To string }
		if err := json.Unmarshal(event, &said); err != nil {
			t.Fatalf("what is no JSON ran: %v", err)
		}
		if narrowed := got.Narrow.Window != (report.Window{}); narrowed != (said.From != "" && said.To != "") {
			t.Errorf("the event says %q to %q, the trigger %s", said.From, said.To, got.Narrow.Window)
		}
	})
}
