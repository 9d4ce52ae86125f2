package cli_test

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
)

func TestSources(t *testing.T) {
	code, out, errs := newBench(t).run(t.Context(), "sources", "list")
	type source struct {
		Name     string
		Delivery string
		Tables   []string
	}
	got := map[string]source{}
	for _, s := range decode[[]source](t, out) {
		got[s.Name] = s
	}
	if asp := got["asp-analytics"]; code != 0 || asp.Delivery != "pushed" || len(asp.Tables) != 5 {
		t.Errorf("exit %d, %+v; %s", code, got, errs)
	}

	b := newBench(t)
	b.terminal = true
	code, out, errs = b.run(t.Context(), "sources", "show", "asp-analytics")
	for _, said := range []string{"unit_id", "required", "alexa::enterprise:management", "four days old", "--example"} {
		if !strings.Contains(out, said) {
			t.Errorf("exit %d, %s does not say %q; %s", code, out, said, errs)
		}
	}

	code, _, errs = newBench(t).run(t.Context(), "sources", "show", "fax")
	if code != shell.ExitUsage || !strings.Contains(errs, `no source is called "fax"`) || !strings.Contains(errs, "asp-analytics") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// The example of each source is what "subscriptions apply" takes.
func TestTheExampleOfASourceCanBeApplied(t *testing.T) {
	_, out, _ := newBench(t).run(t.Context(), "sources", "list")
	for _, source := range decode[[]struct{ Name string }](t, out) {
		t.Run(source.Name, func(t *testing.T) {
			code, document, errs := newBench(t).run(t.Context(), "sources", "show", source.Name, "--example")
			if code != 0 {
				t.Fatalf("exit %d: %s", code, errs)
			}
			b := newBench(t)
			b.in = document
			code, out, errs := b.run(t.Context(), "subscriptions", "apply", "-f", "-")
			if applied := b.ledger.subs[source.Name]; code != 0 || applied.Source != source.Name {
				t.Errorf("exit %d, %+v; %s%s\n%s", code, applied, out, errs, document)
			}
		})
	}
}
