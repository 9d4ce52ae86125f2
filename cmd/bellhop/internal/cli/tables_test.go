package cli_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

type shownTable struct {
	Name    string
	Columns []struct {
		Name, Type, Kind, Additivity, Meaning string
		Nullable                              bool
	}
	Traps       []struct{ Name, Wrong, Right string }
	ShrinkBelow float64 `json:"shrink_below"`
}

func (s shownTable) column(name string) string {
	for _, c := range s.Columns {
		if c.Name == name {
			return strings.Join([]string{c.Type, c.Kind, c.Additivity}, "|")
		}
	}
	return "none"
}

func TestTables(t *testing.T) {
	b := newBench(t)
	_, out, _ := b.run(t.Context(), "tables")
	var names []string
	for _, s := range decode[[]shownTable](t, out) {
		if !strings.HasPrefix(s.Name, "khoros_") || s.Name == "khoros_response" {
			names = append(names, s.Name)
		}
	}
	if want := []string{"asp_campaigns", "asp_communication", "asp_device", "asp_domain_engagement", "asp_proactive_campaign", "asp_property_skill", "khoros_response", "pinpoint_kpis", "skill_metrics"}; !slices.Equal(names, want) {
		t.Errorf("tables %q, want %q", names, want)
	}

	_, out, _ = b.run(t.Context(), "tables", "asp_device")
	device := decode[shownTable](t, out)
	for name, want := range map[string]string{
		"dataset_date": "date|date|", "unit_ids": "array<string>|unit|", "subscription": "string|subscription|", "extra": "map<string,string>|extra|",
		"device_count": "bigint|measure|sum over leaf units of one day only", "dialog_count": "bigint|measure|sum",
	} {
		if got := device.column(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if device.ShrinkBelow != 0.5 {
		t.Errorf("a report is held below %v of a day", device.ShrinkBelow)
	}
	if len(device.Traps) == 0 || device.Traps[0].Name != "LEAF and ROLLUP rows added together" {
		t.Errorf("traps %+v", device.Traps)
	}
	if len(b.opened) > 0 {
		t.Errorf("it opened %v, which it does not need", b.opened)
	}
}

// On a narrow terminal sentences go on in the next line; none is cut.
func TestTablesOnATerminal(t *testing.T) {
	b := newBench(t)
	b.terminal, b.width = true, 60
	_, out, _ := b.run(t.Context(), "tables", "asp_communication")
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, " ") && utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > b.width {
			t.Errorf("too wide: %q", line)
		}
	}
	said := strings.Join(strings.Fields(out), " ")
	d, _ := dataset.Lookup("asp_communication")
	for _, c := range d.Columns {
		if !strings.Contains(said, c.Meaning) {
			t.Errorf("%s is cut: %s", c.Name, out)
		}
	}
	for _, want := range []string{
		"calling_duration_minutes decimal(18,6), may be NULL measure Minutes that the calls lasted.",
		"one call, two rows A call from room to room", "→ Add up one direction only.",
		"of a measure, are less than 50 % of the published ones. See them with: bellhop review list",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

// A table without units names no LEAF rows, and a view over tables is shown as one.
func TestTablesWithoutUnitsAndViews(t *testing.T) {
	b := newBench(t)
	b.terminal, b.width = true, 100
	for name, tt := range map[string]struct{ says, not []string }{
		"skill_metrics": {
			[]string{"Source: skill-metrics.", "period_start timestamp dimension", "WHAT ADDS UP (the rows of the default view only)", "unique customers added up"},
			[]string{"LEAF"},
		},
		"asp_campaigns":            {[]string{"however much smaller it is"}, []string{"LEAF", "50 %"}},
		"asp_campaign_definitions": {[]string{"valid_to date, may be NULL"}, []string{"TRAPS"}},
		"":                         {[]string{"asp_campaign_results", "skill_metrics"}, nil},
	} {
		code, out, errs := b.run(t.Context(), strings.Fields("tables "+name)...)
		said := strings.Join(strings.Fields(out), " ")
		if code != 0 {
			t.Errorf("%s: exit %d: %s", name, code, errs)
		}
		for _, want := range tt.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, out)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(said, not) {
				t.Errorf("%s says %q", name, not)
			}
		}
	}
	if code, _, errs := b.run(t.Context(), "explain", "skill_metrics", "u", "2026-11-01"); code != shell.ExitUsage || !strings.Contains(errs, "are of no units") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestTablesRefuse(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no such table":     {[]string{"asp_devices"}, shell.ExitUsage, "there is no table \"asp_devices\""},
		"two tables":        {[]string{"asp_device", "asp_communication"}, shell.ExitUsage, "at most 1"},
		"a page of one":     {[]string{"asp_device", "--markdown"}, shell.ExitUsage, "whole page"},
		"Markdown and JSON": {[]string{"--json", "--markdown"}, shell.ExitUsage, "whole page"},
	} {
		code, out, errs := newBench(t).run(t.Context(), append([]string{"tables"}, tt.args...)...)
		if code != tt.code || out != "" || !strings.Contains(errs, tt.says) {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errs)
		}
	}
}

// The page is not altered on its way, in a pipe or on a terminal.
func TestTablesAsMarkdown(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		b := newBench(t)
		b.terminal, b.width = terminal, 60
		if code, out, errs := b.run(t.Context(), "tables", "--markdown"); code != 0 || errs != "" || out != dataset.Markdown() {
			t.Errorf("exit %d, %s", code, errs)
		}
	}
}
