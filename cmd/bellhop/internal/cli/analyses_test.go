package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
)

func TestAnAnalysisIsAskedAboutDaysAndAProperty(t *testing.T) {
	b, _ := asked(t)
	args := []string{"analyses", "run", "dialogs-by-property-and-week", "--from", "2026-10-01", "--to", "2026-10-31", "--property", "o'hare"}
	if code, _, errs := b.run(t.Context(), args...); code != shell.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if want := "WHERE dataset_date BETWEEN DATE '2026-10-01' AND DATE '2026-10-31' AND property_id = 'o''hare'"; !strings.Contains(b.engine.statements[0], want) {
		t.Errorf("asked %s, want %s", b.engine.statements[0], want)
	}
	for says, args := range map[string][]string{
		"--from": {"--from", "October"}, "is after": {"--from", "2026-10-02", "--to", "2026-10-01"}, "about one property": {"--property", "x"},
	} {
		for _, verb := range []string{"run", "show"} {
			code, _, errs := b.run(t.Context(), append([]string{"analyses", verb, "skill-intents"}, args...)...)
			if code != shell.ExitUsage || !strings.Contains(errs, says) {
				t.Errorf("%s %v: exit %d: %s", verb, args, code, errs)
			}
		}
	}
}

// Athena has no schema of operations tables, but those that were published.
func TestAthenaIsAskedOfWhatWasPublished(t *testing.T) {
	inAthena := []string{"--engine", "athena", "--workgroup", "w", "--database", "d"}
	b, _ := asked(t)
	code, _, errs := b.run(t.Context(), append([]string{"analyses", "run", "restatement-log", "--from", "2026-10-01"}, inAthena...)...)
	if code != shell.ExitFine || len(b.engine.statements) != 1 || !strings.Contains(b.engine.statements[0], "FROM operations_restatements\nWHERE dataset_date >= DATE '2026-10-01'") {
		t.Errorf("exit %d, asked %q: %s", code, b.engine.statements, errs)
	}
	b.engine.err = errors.New("SCHEMA_NOT_FOUND")
	for statement, hinted := range map[string]bool{"SELECT * FROM Operations.days": true, "SELECT * FROM operations_days": false} {
		code, _, errs := b.run(t.Context(), append([]string{"query", statement}, inAthena...)...)
		if code != shell.ExitError || strings.Contains(errs, "→ in Athena the operations tables are called") != hinted || !strings.Contains(errs, "SCHEMA_NOT_FOUND") {
			t.Errorf("%s: exit %d: %s", statement, code, errs)
		}
	}
}

// The hotel has the days from 14 to 17 November of its devices.
func TestAnAnalysisSaysWhatIsThere(t *testing.T) {
	b := archived(t)
	args := []string{"analyses", "show", "devices-in-use", "--from", "2026-11-10", "--to", "2026-11-16"}
	_, out, errs := b.run(t.Context(), args...)
	shown := decode[struct {
		SQL      string
		AddsUp   []string `json:"adds_up"`
		Coverage []view.Present
	}](t, out)
	if len(shown.Coverage) != 1 || shown.Coverage[0].There != 3 || shown.Coverage[0].Days != 7 || !strings.Contains(shown.SQL, "DATE '2026-11-16'") || len(shown.AddsUp) != 0 {
		t.Errorf("%+v; %s", shown, errs)
	}
	b.terminal = true
	_, out, _ = b.run(t.Context(), args...)
	for _, want := range []string{"asp_device  3 of 7 days are there, the last is 2026-11-16", "no column of the answer", "asp_device.device_count  sum over leaf units of one day only"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
}

// overDays is what DuckDB's parser makes of SELECT sum(device_count) FROM asp_device.
const overDays = `{"error": false, "statements": [{"node": {"type": "SELECT_NODE", "cte_map": {"map": []}, "select_list": [{"class": "FUNCTION", "type": "FUNCTION",
	"alias": "", "function_name": "sum", "children": [{"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": ["device_count"]}]}],
	"from_table": {"type": "BASE_TABLE", "alias": "", "schema_name": "", "table_name": "asp_device"}, "where_clause": null, "group_expressions": [],
	"aggregate_handling": "STANDARD_HANDLING"}}]}`

func TestAStatementThatAddsUpToALieIsRefused(t *testing.T) {
	trees := map[string]string{
		"SELECT sum(device_count) FROM asp_device":      overDays,
		"SELECT sum(device_count) / 30 FROM asp_device": strings.ReplaceAll(strings.Replace(overDays, `"select_list": [`, `"select_list": [{"class": "FUNCTION", "type": "FUNCTION", "function_name": "/", "children": [`, 1), `]}],`, `]}, {"class": "CONSTANT"}]}],`),
		"FORM asp_device": `{"error": true, "error_message": "syntax error"}`,
	}
	const wrong, doubtful, unread = "SELECT sum(device_count) FROM asp_device", "SELECT sum(device_count) / 30 FROM asp_device", "FORM asp_device"
	tests := map[string]struct {
		args  []string
		code  int
		asks  bool
		says  []string // on the error output
		shows string
	}{
		"wrong":                 {[]string{wrong}, shell.ExitUsage, false, []string{"sum(device_count) over several days", "seven times", "→ group by dataset_date", "--anyway"}, ""},
		"wrong, and wanted":     {[]string{wrong, "--anyway"}, shell.ExitFine, true, []string{"sum(device_count) over several days"}, "Room 1"},
		"doubtful":              {[]string{doubtful}, shell.ExitFine, true, []string{"sum(device_count) over several days"}, "Room 1"},
		"not read":              {[]string{unread}, shell.ExitFine, true, nil, "Room 1"},
		"only looked at":        {[]string{wrong, "--lint"}, shell.ExitAttention, false, nil, `"wrong": true`},
		"looked at, doubtful":   {[]string{doubtful, "--lint"}, shell.ExitFine, false, nil, `"wrong": false`},
		"looked at, and unread": {[]string{unread, "--lint"}, shell.ExitError, false, []string{"syntax error"}, ""},
		"in Athena":             {[]string{wrong, "--engine", "athena", "--workgroup", "w", "--database", "d"}, shell.ExitUsage, false, []string{"over several days"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b, _ := asked(t)
			b.parse = func(_ context.Context, statement string) (map[string]any, error) {
				var tree map[string]any
				err := json.Unmarshal([]byte(trees[statement]), &tree)
				return tree, err
			}
			code, out, errs := b.run(t.Context(), append([]string{"query"}, tt.args...)...)
			if code != tt.code || len(b.engine.statements) > 0 != tt.asks || !strings.Contains(out, tt.shows) {
				t.Errorf("exit %d, asked %q, %s%s", code, b.engine.statements, out, errs)
			}
			for _, want := range tt.says {
				if !strings.Contains(errs, want) {
					t.Errorf("%q is not in %q", want, errs)
				}
			}
			if tt.says == nil && errs != "" {
				t.Errorf("said %q", errs)
			}
		})
	}
}

// A program without DuckDB asks Athena without a word about the statement.
func TestWithoutAParserTheEngineHasTheWord(t *testing.T) {
	b, _ := asked(t)
	b.parse = func(context.Context, string) (map[string]any, error) { return nil, errors.New("no DuckDB") }
	if code, _, errs := b.run(t.Context(), "query", "SELECT 1"); code != shell.ExitFine || errs != "" {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestAFileIsNamedForAStatement(t *testing.T) {
	b, _ := asked(t)
	if code, _, errs := b.run(t.Context(), "query", "FROM stays", "--with", "stays=a=b.csv", "--with", "marks=m.csv"); code != shell.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if want := []query.Named{{Name: "stays", File: "a=b.csv"}, {Name: "marks", File: "m.csv"}}; !slices.Equal(b.choices[0].With, want) {
		t.Errorf("got %v", b.choices[0].With)
	}
	for says, args := range map[string][]string{
		"NAME=FILE": {"--with", "stays.csv"}, "Athena reads the bucket": {"--with", "a=b.csv", "--engine", "athena", "--workgroup", "w", "--database", "d"},
	} {
		if code, _, errs := b.run(t.Context(), append([]string{"query", "FROM stays"}, args...)...); code != shell.ExitUsage || !strings.Contains(errs, says) {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
}

// typist types lines, and notes what is remembered.
type typist struct {
	lines      []string
	prompts    []string
	remembered []string
	closed     bool
}

func (p *typist) Line(prompt string) (string, error) {
	p.prompts = append(p.prompts, prompt)
	if len(p.lines) == 0 {
		return "", io.EOF
	}
	line := p.lines[0]
	p.lines = p.lines[1:]
	if line == "^C" {
		return "", shell.ErrAborted
	}
	return line, nil
}

func (p *typist) Remember(statement string) { p.remembered = append(p.remembered, statement) }
func (p *typist) Close() error              { p.closed = true; return nil }

func TestStatementsAreTypedOneAfterTheOther(t *testing.T) {
	b, _ := asked(t)
	b.terminal = true
	p := &typist{lines: []string{"SELECT 1", "^C", "", "SELECT 2", "FROM t;", "SELECT sum(device_count) FROM asp_device;", "SELECT 3;"}}
	var complete func(string) []string
	b.prompt = func(c func(string) []string) (shell.Prompter, error) { complete = c; return p, nil }
	b.parse = func(_ context.Context, statement string) (tree map[string]any, err error) {
		if !strings.Contains(statement, "device_count") {
			return nil, errors.New("not read")
		}
		err = json.Unmarshal([]byte(overDays), &tree)
		return tree, err
	}
	code, out, errs := b.run(t.Context(), "query", "--shell")
	if code != shell.ExitFine || strings.Count(out, "Room 1") != 2 || !strings.Contains(errs, "over several days") || !p.closed {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
	if want := []string{"SELECT 2\nFROM t;\n", "SELECT 3;\n"}; !slices.Equal(b.engine.statements, want) || b.engine.closed != 1 {
		t.Errorf("asked %q, closed %d times", b.engine.statements, b.engine.closed)
	}
	if len(p.remembered) != 3 || p.prompts[0] != "bellhop> " || p.prompts[4] != "    ...> " {
		t.Errorf("remembered %q, prompted %q", p.remembered, p.prompts)
	}
	if got := complete("asp_campaign_"); !slices.Equal(got, []string{"asp_campaign_definitions", "asp_campaign_results"}) || len(complete("")) > 0 {
		t.Errorf("completed to %q", got)
	}
}

func TestTheShellNeedsATerminalOfItsOwn(t *testing.T) {
	for _, tt := range []struct {
		terminal bool
		args     []string
	}{{false, nil}, {true, []string{"SELECT 1"}}, {true, []string{"-o", "x.csv"}}, {true, []string{"--lint"}}} {
		b, _ := asked(t)
		b.terminal = tt.terminal
		if code, _, errs := b.run(t.Context(), append([]string{"query", "--shell"}, tt.args...)...); code != shell.ExitUsage || !strings.Contains(errs, "--shell") {
			t.Errorf("%v: exit %d, %s", tt.args, code, errs)
		}
	}
}
