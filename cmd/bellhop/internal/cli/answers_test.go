package cli_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	protocol "github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// firstSeal is of the one certificate.
func firstSeal() report.Seal {
	return report.Seal{}.After([]report.Sealed{newBench(nil).ledger.certificates[0].Seal()}, at("07:00:00"))
}

func chained(t *testing.T) *bench {
	b := newBench(t)
	seal := firstSeal()
	b.ledger.chain = protocol.Chain{Seals: []report.Seal{seal}, Number: 1, Hash: seal.Hash}
	return b
}

func spoiledChain(t *testing.T) *bench {
	b := chained(t)
	b.ledger.chain.Seals[0].At = at("06:30:00")
	return b
}

func TestAnswersHaveAnExitCode(t *testing.T) {
	archive := archived
	spoiled := func(spoil func(*bench)) func(*testing.T) *bench {
		return func(t *testing.T) *bench {
			b := archived(t)
			spoil(b)
			return b
		}
	}
	vanish := spoiled(func(b *bench) { delete(b.dataset, report.PartitionKey("hotel", "asp_device", day(15))) })
	for name, tt := range map[string]struct {
		bench func(*testing.T) *bench
		args  string
		code  int
		says  string // on the terminal
	}{
		"all is well":                     {archive, "status", shell.ExitFine, "nothing needs attention"},
		"a day is missing":                {vanish, "status", shell.ExitAttention, "NEEDS 1 day of asp_device (hotel) missing"},
		"every chosen day is there":       {archive, "coverage --check", shell.ExitFine, "every chosen day is there"},
		"a chosen day is not there":       {vanish, "coverage --check --from 2026-11-14 --to 2026-11-15", shell.ExitAttention, "hotel: 1 day MISSING"},
		"the other table is there":        {vanish, "coverage --check --table asp_communication", shell.ExitFine, "every chosen day is there"},
		"another month is not wanted":     {archive, "coverage --check --month 2026-10", shell.ExitAttention, "hotel: 31 days chosen that it does not want"},
		"missing, but nobody asks":        {vanish, "coverage", shell.ExitFine, "✖ missing"},
		"the dataset is whole":            {archive, "verify", shell.ExitFine, "7 published days compared with the dataset\nevery published day is there"},
		"a published day has vanished":    {vanish, "verify hotel --table asp_device --dry-run", shell.ExitAttention, "hotel         asp_device  2026-11-15  2027-02-13  vanished from the dataset"},
		"the other table has it all":      {vanish, "verify --table asp_communication", shell.ExitFine, "every published day is there"},
		"a table that is none":            {archive, "verify --table asp_devices", shell.ExitUsage, ""},
		"everything is fresh":             {archive, "freshness", shell.ExitFine, "hotel         asp_device         2026-11-17  3 days  4 days  ok"},
		"more is promised than there is":  {archive, "freshness --slo 2d --table asp_device", shell.ExitAttention, "2026-11-17  3 days  2 days  stale"},
		"a day is gone for some time":     {vanish, "freshness", shell.ExitFine, "85         hotel         asp_device  2026-11-15  2027-02-13  vanished from the dataset"},
		"certificates hold":               {archive, "certificates verify", shell.ExitFine, "1 of 1 hold"},
		"a certificate does not hold":     {spoiled(func(b *bench) { b.deliveries.objects["d.csv"] = report.Object{ETag: "e1"} }), "certificates verify d.csv", shell.ExitAttention, "✖  d.csv  2026-11-20 06:12:32Z  the object is in the bucket"},
		"a certificate cannot be checked": {spoiled(func(b *bench) { b.deliveries.err = fault.New(fault.Transient, "slow down") }), "certificates verify", shell.ExitPartly, "?  d.csv  2026-11-20 06:12:32Z  the bucket could not be asked"},
		"the chain holds":                 {chained, "privacy verify", shell.ExitFine, "chain    1 seal over 1 certificate"},
		"the chain has what was kept":     {chained, "privacy verify --kept 1:" + firstSeal().Hash, shell.ExitFine, "the chain holds"},
		"the chain lacks what was kept":   {chained, "privacy verify --kept 2:" + firstSeal().Hash, shell.ExitAttention, "✖ the chain has no seal 2, which was kept"},
		"what was kept is no seal":        {chained, "privacy verify --kept 9f86d081", shell.ExitUsage, ""},
		"a seal was changed":              {spoiledChain, "privacy verify", shell.ExitAttention, "✖ seal 1 was changed"},
		"a report on it says so":          {spoiledChain, "privacy report --month 2026-11", shell.ExitAttention, "✖ seal 1 was changed"},
		"what lay there for how long":     {chained, "privacy report --month 2026-11", shell.ExitFine, "LOADED          1        3.0 s        3.0 s    3.0 s"},
		"nothing came in the last month":  {chained, "privacy report", shell.ExitFine, "days       2026-10-01..2026-10-31\ndelivered  0 files"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, terminal := range []bool{true, false} {
				b := tt.bench(t)
				b.terminal = terminal
				code, out, errs := b.run(t.Context(), strings.Fields(tt.args)...)
				if code != tt.code || terminal && !strings.Contains(out, tt.says) {
					t.Errorf("exit %d, want %d, and %q:\n%s%s", code, tt.code, tt.says, out, errs)
				}
			}
		})
	}
}

// What was copied elsewhere tells when the chain is made anew.
func TestTheChainIsComparedWithItsCopies(t *testing.T) {
	place := filepath.Join(t.TempDir(), "worm")
	step := func(b *bench, args string, code int, says string) {
		t.Helper()
		b.terminal = true
		got, out, errs := b.run(t.Context(), strings.Fields(args)...)
		if got != code || !strings.Contains(out+errs, says) {
			t.Errorf("%s: exit %d, want %d, and %q:\n%s%s", args, got, code, says, out, errs)
		}
	}
	step(chained(t), "privacy verify --kept-in "+place, shell.ExitError, "make them: bellhop privacy keep "+place)
	step(chained(t), "privacy keep --dry-run "+place, shell.ExitFine, "1 seal would be copied to "+place)
	step(chained(t), "privacy keep "+place, shell.ExitFine, "1 seal copied to "+place+", and 0 were there.")
	step(chained(t), "privacy keep "+place, shell.ExitFine, "0 seals copied to "+place+", and 1 were there.")
	step(chained(t), "privacy verify --kept-in "+place, shell.ExitFine, "the chain holds")
	anew := chained(t)
	seal := report.Seal{}.After(anew.ledger.chain.Seals[0].Certificates, anew.ledger.chain.Seals[0].At.Add(time.Second))
	anew.ledger.chain.Seals, anew.ledger.chain.Hash = []report.Seal{seal}, seal.Hash
	step(anew, "privacy verify", shell.ExitFine, "the chain holds")
	step(anew, "privacy verify --kept-in "+place, shell.ExitAttention, "✖ seal 1 has another hash than the one that was kept")
	step(anew, "privacy keep "+place, shell.ExitError, "seal 1 has another hash than its copy")
}

// The lists and a job's screen say why a file did not simply load.
func TestScreensSayWhyAFileDidNotLoad(t *testing.T) {
	b := newBench(t)
	b.terminal = true
	f := b.ledger.files["d.csv"]
	f.Status, f.Reason = report.FileLost, "the deadline passed with files missing"
	b.ledger.files[f.Key] = f
	for _, args := range [][]string{{"jobs", "show", "hotel-000001"}, {"files", "list"}} {
		if _, out, _ := b.run(t.Context(), args...); !strings.Contains(out, f.Reason) {
			t.Errorf("%v shows\n%s", args, out)
		}
	}
}
func TestLinesBreakBetweenWords(t *testing.T) {
	shown := func(width int, env map[string]string) string {
		b := troubled(t)
		b.terminal, b.width, b.env = true, width, env
		_, out, _ := b.run(t.Context(), "status")
		return out
	}
	whole := shown(0, map[string]string{"NO_COLOR": "1"})
	for _, width := range []int{60, 80, 100} {
		narrow := shown(width, map[string]string{"NO_COLOR": "1"})
		if !slices.Equal(strings.Fields(narrow), strings.Fields(whole)) {
			t.Errorf("%d columns: words are lost or broken:\n%s", width, narrow)
		}
		for line := range strings.Lines(narrow) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
				t.Errorf("%d columns: a line has %d: %s", width, n, line)
			}
		}
		// With colours the lines break at the same places.
		coloured := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(shown(width, map[string]string{}), "")
		if coloured != narrow {
			t.Errorf("%d columns: in colours\n%s\nwithout\n%s", width, coloured, narrow)
		}
	}
}

func paused(t *testing.T) *bench {
	b := troubled(t)
	sub := b.ledger.subs["hotel"]
	sub.Paused = true
	b.ledger.subs["hotel"] = sub
	return b
}
