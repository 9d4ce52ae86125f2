package cli_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/erase"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// eraser notes what it is asked to erase.
type eraser struct {
	asked []string
	sum   erase.Summary
}

func (e *eraser) Run(_ context.Context, unit string, dryRun bool) (erase.Summary, error) {
	e.asked = append(e.asked, unit)
	e.sum.DryRun = dryRun
	return e.sum, nil
}

// erasing is a bench that can erase; the unit was in two days and in three older versions of them.
func erasing(t *testing.T) *bench {
	b := newBench(t)
	b.terminal, b.in = true, "y\n"
	changed := []report.ErasedTotal{
		{Kind: report.ErasedDay, Subscription: "hotel", Table: "asp_device", Objects: 2, Rows: 2},
		{Kind: report.ErasedVersion, Subscription: "hotel", Table: "asp_device", Objects: 3, Rows: 3},
	}
	b.eraser = &eraser{sum: erase.Summary{
		Unit: report.HashUnit("amzn1.alexa.unit.did.ROOM"), Objects: 8, Versions: 3, Changed: changed, Failed: []erase.Failure{},
		Certificate: &report.ErasureCertificate{FinishedAt: at("07:00:00"), Changed: changed},
		Raw:         erase.Raw{Files: 3, Quarantined: 1, Until: at("19:00:00")},
	}}
	return b
}

func TestErasingAUnit(t *testing.T) {
	const command = "privacy erase --unit amzn1.alexa.unit.did.ROOM"
	for name, tt := range map[string]struct {
		args  string
		edit  func(b *bench)
		code  int
		says  []string
		asked int
	}{
		"it is done": {command, nil, shell.ExitFine, []string{
			"unit       fd210c30020b (of its SHA-256)", "looked at  8 objects and 3 older versions",
			"published days           hotel         asp_device        2     2", "older versions, removed  hotel         asp_device        3     3",
			"erased. The unit is nowhere in the dataset any more, since 2026-11-20 07:00:00Z.",
			"3 raw files in the delivery bucket may name it, and go as all files do.", "Quarantined of these: 1, the last until 2026-11-20 19:00Z.",
		}, 1},
		"nobody is asked about a dry run": {command + " --dry-run", func(b *bench) { b.terminal = true; b.in = "" }, shell.ExitFine, []string{"Nothing was written."}, 1},
		"no is no":                        {command, func(b *bench) { b.in = "no\n" }, shell.ExitError, []string{"nothing was done"}, 0},
		"nobody can be asked":             {command, func(b *bench) { b.terminal = false }, shell.ExitUsage, []string{"add --confirm if you mean it"}, 0},
		"it is confirmed":                 {command + " --confirm", func(b *bench) { b.terminal = false }, shell.ExitFine, []string{`"unit_sha256":`, `"raw_files":`}, 1},
		"something stays": {command, func(b *bench) {
			b.eraser.sum.Failed = []erase.Failure{{Key: "asp_device/x", Why: "is not a slice of asp_device"}}
			b.eraser.sum.Certificate = nil
		}, shell.ExitPartly, []string{"is not a slice of asp_device", "left as they are: 1 object, the first because", "there is no certificate before all is done"}, 1},
		"it is nowhere": {command, func(b *bench) { b.eraser.sum.Changed, b.eraser.sum.Certificate.Changed = nil, nil }, shell.ExitFine,
			[]string{"The unit is nowhere in the dataset. Is its id as the dataset has it? No later delivery will bring it."}, 1},
		"a subscription's own unit": {"privacy erase --unit amzn1.alexa.unit.did.EXAMPLE", nil, shell.ExitError,
			[]string{"subscription hotel asks for this very unit: nothing was done", "bellhop subscriptions remove hotel --drop-dataset"}, 0},
		"no unit":    {"privacy erase", nil, shell.ExitUsage, []string{"name the unit with --unit"}, 0},
		"no dataset": {command, func(b *bench) { b.eraser = nil }, shell.ExitUsage, []string{"the dataset bucket is not known"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := erasing(t)
			if tt.edit != nil {
				tt.edit(b)
			}
			code, out, errs := b.run(t.Context(), strings.Fields(tt.args)...)
			for _, says := range tt.says {
				if !strings.Contains(out+errs, says) {
					t.Errorf("it does not say %q", says)
				}
			}
			if code != tt.code || strings.Contains(out+errs, "did.ROOM") {
				t.Errorf("exit %d, want %d:\n%s%s", code, tt.code, out, errs)
			}
			if b.eraser != nil && len(b.eraser.asked) != tt.asked {
				t.Errorf("asked to erase %q", b.eraser.asked)
			}
		})
	}
}

func TestThePrivacyReportListsErasures(t *testing.T) {
	b := chained(t)
	b.terminal = true
	done := report.Erasure{Unit: report.HashUnit("a"), OrderedAt: at("05:00:00")}
	b.ledger.erased = []report.ErasureCertificate{done.Finish([]report.ErasedObject{{Kind: report.ErasedDay, Table: "asp_device", Rows: 7}}, at("05:10:00"))}
	b.ledger.erasures = []report.Erasure{done, {Unit: report.HashUnit("b"), OrderedAt: at("06:00:00")}}
	_, out, _ := b.run(t.Context(), "privacy", "report")
	for _, line := range []string{
		"ca978112ca1b         2026-11-20 05:00Z  2026-11-20 05:10Z                   1     7",
		"3e23e8160039         2026-11-20 06:00Z  not yet: run it again               0     0",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("there is no %q in\n%s", line, out)
		}
	}
}

// What was erased does not come back with a list of rooms, also when the units are not looked at.
func TestAnErasedUnitIsNotImported(t *testing.T) {
	b, file := mapped(t, roomsHeader+"u1,101,,,\n u2 ,102,,,\n")
	b.ledger.erasures = []report.Erasure{{Unit: report.HashUnit("u2")}}
	code, out, errs := b.run(t.Context(), "map", "import", file, "--as", "rooms", "--any-unit")
	if code != shell.ExitError || !strings.Contains(out, "the unit was erased: leave it out") {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
}
