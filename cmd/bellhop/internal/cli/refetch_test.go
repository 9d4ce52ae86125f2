package cli_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

type refetched struct {
	Requests []struct {
		Job    string
		Window report.Window
		Tables []string
		Files  int
	}
	LeftOut []struct {
		Table  string
		Window report.Window
		Why    string
		Job    string
	} `json:"left_out"`
	Files   int
	Seconds float64
}

// The hotel of newBench wants 14 to 17 November of two tables, and has them all; the one of troubled has an open job on the
// 16th and one on the 17th, and a refused one on the 15th.
func TestRefetch(t *testing.T) {
	tests := map[string]struct {
		bench    func(*testing.T) *bench
		args     []string
		code     int
		requests []string
		leftOut  []string
	}{
		"loaded days of all tables": {
			newBench, []string{"hotel", "2026-11-14..2026-11-15"}, 0,
			[]string{"2026-11-14..2026-11-15 asp_device,asp_communication"}, nil,
		},
		"one day of one table": {
			newBench, []string{"hotel", "2026-11-16", "--table", "asp_communication"}, 0,
			[]string{"2026-11-16..2026-11-16 asp_communication"}, nil,
		},
		"days outside of what is wanted are left out": {
			newBench, []string{"hotel", "2026-11-12..2026-11-19", "--table", "asp_device"}, 0,
			[]string{"2026-11-14..2026-11-17 asp_device"},
			[]string{"2026-11-12..2026-11-13 the subscription begins on 2026-11-14", "2026-11-18..2026-11-19 the vendor is asked 3 days after a day (lag_days)"},
		},
		"days that the vendor no longer has": {
			troubled, []string{"hotel", "2026-08-21..2026-08-24"}, 0,
			[]string{"2026-08-24..2026-08-24 asp_device"},
			[]string{"2026-08-21..2026-08-21 the vendor no longer has it", "2026-08-22..2026-08-23 it is older than the 88 days that are safe to ask for"},
		},
		"only expired days": {troubled, []string{"hotel", "2026-08-20"}, shell.ExitError, nil, []string{"2026-08-20..2026-08-20 the vendor no longer has it"}},
		"days that are asked for already": {
			troubled, []string{"hotel", "2026-11-16"}, 0, nil,
			[]string{"2026-11-16..2026-11-16 job hotel-000003 asks for it already and is AWAITING_FILES"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := tt.bench(t)
			for _, dryRun := range []bool{true, false} {
				b.ledger.plans = !dryRun
				args := append([]string{"refetch"}, tt.args...)
				if dryRun {
					args = append(args, "--dry-run")
				}
				code, out, errs := b.run(t.Context(), args...)
				var got refetched
				if err := json.Unmarshal([]byte(out), &got); err != nil || code != tt.code {
					t.Fatalf("exit %d, %q, %q, %v", code, out, errs, err)
				}
				var requests, left []string
				files := 0
				for _, r := range got.Requests {
					requests = append(requests, r.Window.String()+" "+strings.Join(r.Tables, ","))
					files += len(r.Tables)
					if (r.Job == "") != dryRun {
						t.Errorf("dry run %v: the job is %q", dryRun, r.Job)
					}
				}
				for _, l := range got.LeftOut {
					left = append(left, l.Window.String()+" "+l.Why)
				}
				if !slices.Equal(requests, tt.requests) || !slices.Equal(left, tt.leftOut) || got.Files != files || got.Seconds != float64(len(requests)) {
					t.Errorf("dry run %v: %+v", dryRun, got)
				}
				if dryRun && b.ledger.writes != 0 {
					t.Errorf("a dry run wrote %d times", b.ledger.writes)
				}
			}
			writes := b.ledger.writes
			if code, out, _ := b.run(t.Context(), append([]string{"refetch"}, tt.args...)...); code != tt.code || b.ledger.writes != writes {
				t.Errorf("once more: exit %d, %d writes\n%s", code, b.ledger.writes-writes, out)
			}
		})
	}
}

func TestRefetchIsRefused(t *testing.T) {
	tests := map[string]struct {
		bench func(*testing.T) *bench
		args  []string
		code  int
		says  string
	}{
		"no days":            {newBench, []string{"hotel"}, shell.ExitUsage, "needs SUBSCRIPTION and FROM..TO"},
		"not days":           {newBench, []string{"hotel", "november"}, shell.ExitUsage, "write them like"},
		"days the wrong way": {newBench, []string{"hotel", "2026-11-02..2026-11-01"}, shell.ExitUsage, "ends before it begins"},
		"no such name":       {newBench, []string{"hostel", "2026-11-16"}, shell.ExitError, "bellhop subscriptions list"},
		"a table of others":  {newBench, []string{"hotel", "2026-11-16", "--table", "asp_property_skill"}, shell.ExitUsage, "it feeds asp_device, asp_communication"},
		"it is paused":       {paused, []string{"hotel", "2026-11-15"}, shell.ExitError, "bellhop subscriptions resume hotel"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, out, errs := tt.bench(t).run(t.Context(), append([]string{"refetch"}, tt.args...)...)
			if code != tt.code || out != "" || !strings.Contains(errs, tt.says) {
				t.Errorf("exit %d, stdout %q, stderr %q", code, out, errs)
			}
		})
	}
}
