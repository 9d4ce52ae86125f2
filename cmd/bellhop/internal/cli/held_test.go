package cli_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// holding is a bench with a report of November 15 held that has 3 rows in place of 41.
func holding(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	board := b.ledger.boards["hotel"]
	for i := range board.Slices {
		if s := &board.Slices[i]; s.Table == "asp_device" && s.Date == day(15) {
			s.Subscription = "hotel"
			s.Held = &report.Held{Generation: at("06:30:00"), Job: "hotel-000002", File: "e.csv", Rows: 3, Why: "it has 3 rows, the published day has 41", At: at("06:45:00")}
		}
	}
	b.holds = &holds{result: report.Slice{Rows: 3}}
	return b
}

func TestHeldReportsAreListed(t *testing.T) {
	b := holding(t)
	b.terminal, b.width = true, 140
	code, out, errs := b.run(t.Context(), "held", "list")
	if code != cli.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	lines(t, out, `
SUBSCRIPTION  TABLE       DATE        ROWS  HELD ROWS  ASKED              HELD SINCE         JOB
hotel         asp_device  2026-11-15    41          3  2026-11-20 06:30Z  2026-11-20 06:45Z  hotel-000002

publish one: bellhop held accept SUBSCRIPTION TABLE DATE · forget one: bellhop held drop SUBSCRIPTION TABLE DATE`)
	b.terminal = false
	_, out, _ = b.run(t.Context(), "held", "list")
	if held := decode[[]struct {
		HeldRows int64 `json:"held_rows"`
		Why      string
	}](t, out); len(held) != 1 || held[0].HeldRows != 3 || held[0].Why == "" {
		t.Errorf("%s", out)
	}
	if _, out, _ := newBench(t).run(t.Context(), "held", "list", "--json=false"); !strings.Contains(out, "No report is held.") {
		t.Errorf("%s", out)
	}
}

func TestDecidingAboutAHeldReport(t *testing.T) {
	for name, tt := range map[string]struct {
		args    []string
		in      string
		change  func(b *bench)
		code    int
		decided []string
		says    string
	}{
		"accepted":           {[]string{"accept", "--confirm"}, "", nil, cli.ExitFine, []string{"accept hotel asp_device 2026-11-15 06:30"}, "is published: 2026-11-15 of asp_device has 3 rows now"},
		"dropped":            {[]string{"drop", "--confirm"}, "", func(b *bench) { b.holds.result.Rows = 41 }, cli.ExitFine, []string{"drop hotel asp_device 2026-11-15 06:30"}, "is forgotten: 2026-11-15 of asp_device has 41 rows now"},
		"tried":              {[]string{"accept", "--dry-run"}, "", nil, cli.ExitFine, nil, "would accept the report with 3 rows that was asked for at 2026-11-20 06:30Z, in place of 2026-11-15 of asp_device (41 rows)"},
		"asked, and yes":     {[]string{"accept"}, "y\n", func(b *bench) { b.terminal = true }, cli.ExitFine, []string{"accept hotel asp_device 2026-11-15 06:30"}, "is published"},
		"asked, and no":      {[]string{"drop"}, "\n", func(b *bench) { b.terminal = true }, cli.ExitError, nil, "nothing was done"},
		"nobody to ask":      {[]string{"accept"}, "", nil, cli.ExitUsage, nil, "--confirm"},
		"gone meanwhile":     {[]string{"accept", "--confirm"}, "", func(b *bench) { b.holds.err = fault.New(fault.Conflict, "another report is held") }, cli.ExitError, []string{"accept hotel asp_device 2026-11-15 06:30"}, "another report is held"},
		"no dataset":         {[]string{"accept", "--confirm"}, "", func(b *bench) { b.holds = nil }, cli.ExitUsage, nil, "the dataset bucket is not known"},
		"nothing of the day": {[]string{"drop", "--confirm", "hotel", "asp_device", "2026-11-16"}, "", nil, cli.ExitError, nil, "no report of 2026-11-16 is held"},
	} {
		t.Run(name, func(t *testing.T) {
			b := holding(t)
			b.in = tt.in
			if tt.change != nil {
				tt.change(b)
			}
			args := append([]string{"held"}, tt.args...)
			if !slices.Contains(args, "hotel") {
				args = append(args, "hotel", "asp_device", "2026-11-15")
			}
			code, out, errs := b.run(t.Context(), append(args, "--json=false")...)
			if code != tt.code || !strings.Contains(out+errs, tt.says) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", code, tt.code, tt.says, out, errs)
			}
			if b.holds != nil && (!slices.Equal(b.holds.decided, tt.decided) || b.holds.closed != len(tt.decided)) {
				t.Errorf("decided %q, closed %d times; want %q", b.holds.decided, b.holds.closed, tt.decided)
			}
		})
	}
}
