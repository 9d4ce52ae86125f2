package cli_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
)

// The exit code of a check is a scheduler's: it says whether the chosen days of the chosen tables are there.
func TestCoverageCheck(t *testing.T) {
	tests := map[string]struct {
		bench  func(*testing.T) *bench
		args   []string
		absent []string
	}{
		"all that is wanted is there": {newBench, nil, []string{}},
		"each kind of absence has its line": {troubled, nil, []string{
			"hotel: 1 day PENDING", "hotel: 1 day MISSING", "hotel: 1 day NOT_ELIGIBLE", "hotel: 1 day EXPIRED",
		}},
		"the chosen days are there, others are not": {troubled, []string{"--from", "2026-11-01", "--to", "2026-11-14"}, []string{}},
		"one of the chosen days is not there":       {troubled, []string{"--from", "2026-11-14", "--to", "2026-11-15"}, []string{"hotel: 1 day MISSING"}},
		"the other table is there":                  {newBench, []string{"--table", "asp_communication"}, []string{}},
		"a table that nobody feeds":                 {troubled, []string{"--table", "asp_communication"}, []string{"hotel: it feeds none of the chosen tables, or wants no day yet"}},
		"days that are not wanted yet":              {newBench, []string{"--to", "2026-11-20"}, []string{"hotel: 3 days chosen that it does not want: it wants 2026-11-14..2026-11-17"}},
		"a paused one raises no alarm":              {paused, nil, []string{}},
		"unless it is named":                        {paused, []string{"--subscription", "hotel", "--from", "2026-11-15", "--to", "2026-11-15"}, []string{"hotel: 1 day MISSING"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want := cli.ExitFine
			if len(tt.absent) > 0 {
				want = cli.ExitAttention
			}
			code, out, errs := tt.bench(t).run(t.Context(), append([]string{"coverage", "--check"}, tt.args...)...)
			var got struct{ Absent []string }
			if err := json.Unmarshal([]byte(out), &got); err != nil || code != want || errs != "" || !slices.Equal(got.Absent, tt.absent) {
				t.Errorf("exit %d, want %d; absent %q, want %q; stderr %q; %v", code, want, got.Absent, tt.absent, errs, err)
			}
			if code, _, _ := tt.bench(t).run(t.Context(), append([]string{"coverage"}, tt.args...)...); code != cli.ExitFine {
				t.Errorf("without --check: exit %d", code)
			}
		})
	}
	b := newBench(t)
	b.terminal = true
	if _, out, _ := b.run(t.Context(), "coverage", "--check"); !strings.Contains(out, "every chosen day is there") {
		t.Errorf("on a terminal:\n%s", out)
	}
}

func paused(t *testing.T) *bench {
	b := troubled(t)
	sub := b.ledger.subs["hotel"]
	sub.Paused = true
	b.ledger.subs["hotel"] = sub
	return b
}
