package cli_test

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// inbox is a bench with a held report and two quarantined files.
func inbox(t *testing.T) *bench {
	t.Helper()
	b, files := holding(t), quarantine(t)
	b.ledger.files, b.deliveries = files.ledger.files, files.deliveries
	return b
}

const heldKey = "hotel/asp_device/2026-11-15"

func TestOneListOfWhatWaits(t *testing.T) {
	b := inbox(t)
	b.terminal, b.width = true, 200
	code, out, errs := b.run(t.Context(), "review", "list")
	if code != shell.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	lines(t, out, `
KIND         KEY                          SINCE              DELETED AFTER                      VERBS         WHY
held         hotel/asp_device/2026-11-15  2026-11-20 06:45Z                                     accept, drop  it has 3 rows, the published day has 41
quarantined  due.csv                      2026-11-20 06:40Z  now, by the next sweep             replay, drop  empty file: not even a header
quarantined  late.csv                     2026-11-20 06:40Z  2026-11-20 18:40Z (in 11 h 0 min)  replay, drop  header of asp_device: missing: dialog_count; unknown: dialogs

see one: bellhop review show KEY · then decide: bellhop review VERB KEY`)

	for kinds, want := range map[string]string{"": heldKey + " due.csv late.csv", "held": heldKey, "quarantined": "due.csv late.csv", "dead-letters": ""} {
		b := inbox(t)
		args := []string{"review", "list"}
		if kinds != "" {
			args = append(args, "--kind", kinds)
		}
		code, out, errs := b.run(t.Context(), args...)
		var keys []string
		for _, e := range decode[[]struct{ Key string }](t, out) {
			keys = append(keys, e.Key)
		}
		if got := strings.Join(keys, " "); code != 0 || got != want {
			t.Errorf("--kind %s: exit %d, %q, want %q: %s", kinds, code, got, want, errs)
		}
	}
	if code, _, errs := inbox(t).run(t.Context(), "review", "list", "--kind", "lost"); code != shell.ExitUsage || !strings.Contains(errs, `unknown kind "lost"`) {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestDecidingByKey(t *testing.T) {
	for name, tt := range map[string]struct {
		args    []string
		in      string // of the person at the terminal, if there is one
		code    int
		says    string
		decided int // about held reports
		writes  int // of files
	}{
		"accept a held report":             {[]string{"accept", heldKey, "--confirm"}, "", 0, `"rows_now": 3`, 1, 0},
		"drop what waits, of two kinds":    {[]string{"drop", heldKey, "late.csv", "--confirm"}, "", 0, `"to": "QUARANTINED"`, 1, 1},
		"drop it, tried out":               {[]string{"drop", heldKey, "late.csv", "--dry-run"}, "", 0, `"dry_run": true`, 0, 0},
		"drop it, and yes":                 {[]string{"drop", heldKey, "late.csv"}, "y\n", 0, "Keep 2026-11-15 of asp_device (41 rows) and forget the report with 3 rows that was asked for at 2026-11-20 06:30Z? Delete late.csv for good? [y/N]", 1, 1},
		"drop it, and no":                  {[]string{"drop", heldKey, "late.csv"}, "n\n", 1, "nothing was done", 0, 0},
		"drop it without a person":         {[]string{"drop", heldKey, "late.csv"}, "", 2, "--confirm", 0, 0},
		"replay a file":                    {[]string{"replay", "late.csv"}, "", 0, `"to": "EXPECTED"`, 0, 1},
		"replay a held report":             {[]string{"replay", heldKey}, "", 2, "use accept or drop", 0, 0},
		"accept a file":                    {[]string{"accept", "late.csv", "--confirm"}, "", 2, "use replay or drop", 0, 0},
		"accept a file and a held report":  {[]string{"accept", "late.csv", heldKey, "--confirm"}, "", 5, "use replay or drop", 1, 0},
		"a key that nothing has":           {[]string{"drop", "nope.csv", "--confirm"}, "", 1, "see which there are: bellhop review list", 0, 0},
		"a day of which nothing is held":   {[]string{"accept", "hotel/asp_device/2026-11-16", "--confirm"}, "", 1, "no report of 2026-11-16 is held", 0, 0},
		"a file that is keyed like a day":  {[]string{"replay", "no/table/2026-11-16"}, "", 1, "there is no file no/table/2026-11-16", 0, 0},
		"messages where there is no stack": {[]string{"drop", "runs", "--confirm"}, "", 1, "there is no file runs", 0, 0},
		"no key":                           {[]string{"accept"}, "", 2, "needs a KEY", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := inbox(t)
			b.terminal, b.in = tt.in != "", tt.in
			code, out, errs := b.run(t.Context(), append([]string{"review"}, tt.args...)...)
			if code != tt.code || !strings.Contains(out+errs, tt.says) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", code, tt.code, tt.says, out, errs)
			}
			if len(b.holds.decided) != tt.decided || b.ledger.writes != tt.writes {
				t.Errorf("%q were decided, %d files written; want %d and %d", b.holds.decided, b.ledger.writes, tt.decided, tt.writes)
			}
		})
	}
}

func TestWhatBecameOfEachKey(t *testing.T) {
	_, out, _ := inbox(t).run(t.Context(), "review", "drop", "late.csv", "nope.csv", "--confirm")
	got := decode[[]struct {
		Key, Verb, Error string
		Outcome          struct{ File, To string }
	}](t, out)
	if len(got) != 2 || got[0].Key != "late.csv" || got[0].Verb != "drop" || got[0].Outcome.To != string(report.FileQuarantined) || got[0].Error != "" ||
		got[1].Key != "nope.csv" || got[1].Error != "there is no file nope.csv in the ledger" {
		t.Errorf("%s", out)
	}
	b := inbox(t)
	b.terminal = true
	_, out, _ = b.run(t.Context(), "review", "accept", heldKey, "--confirm")
	lines(t, out, "the report with 3 rows that was asked for at 2026-11-20 06:30Z is published: 2026-11-15 of asp_device has 3 rows now")
}

// Each older command says of itself which new one it stands for, and shows the same as that.
func TestOlderNamesStandForReview(t *testing.T) {
	for older, newer := range map[string]string{
		"held list": "review list --kind held", "held show": "review show", "held accept": "review accept", "held drop": "review drop",
		"quarantine list": "review list --kind quarantined", "quarantine show": "review show", "quarantine replay": "review replay", "quarantine drop": "review drop",
		"dlq list": "review list --kind dead-letters", "dlq redrive": "review replay", "dlq purge": "review drop",
		"held": "review", "quarantine": "review", "dlq": "review",
	} {
		_, out, _ := newBench(t).run(t.Context(), append(strings.Fields(older), "--help")...)
		if !strings.Contains(out, `An alias of "bellhop `+newer+`", which stays for one release.`) {
			t.Errorf("%s --help says\n%s", older, out)
		}
	}
	for older, newer := range map[string]string{"held show hotel asp_device 2026-11-15": "review show " + heldKey, "quarantine show late.csv": "review show late.csv"} {
		_, want, _ := inbox(t).run(t.Context(), strings.Fields(newer)...)
		if _, got, _ := inbox(t).run(t.Context(), strings.Fields(older)...); got != want || got == "" {
			t.Errorf("%s shows %s, and %s shows %s", older, got, newer, want)
		}
	}
}
