package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// quarantine has two quarantined files: one that is deleted in 11 hours, and one that already may be.
func quarantine(t *testing.T) *bench {
	b := newBench(t)
	add := func(key string, due time.Time, reason string) {
		b.ledger.files[key] = report.File{
			Key: key, Status: report.FileQuarantined, Reason: reason, Job: "hotel-000002", Subscription: "hotel", Table: "asp_device",
			Window: report.Window{From: day(14), To: day(17)}, Loads: report.MaxLoads + 1, DueAt: due,
			Delivery: &report.Delivery{Bucket: bucket, Key: key, ETag: "e9", Size: 1536, At: at("06:40:00")},
			Timeline: report.Timeline{History: []report.Event{{At: at("06:40:00"), From: "EXPECTED", To: "CLAIMED", Attempt: 1}, {At: at("06:40:01"), From: "CLAIMED", To: "QUARANTINED", Attempt: 1, Why: reason}}},
		}
		b.deliveries.objects[key] = report.Object{Key: key, ETag: "e9"}
	}
	add("late.csv", at("18:40:00"), "header of asp_device: missing: dialog_count; unknown: dialogs")
	add("due.csv", at("07:40:00"), "empty file: not even a header")
	b.ledger.files["stray.csv"] = report.File{Key: "stray.csv", Status: report.FileStray, Reason: "nobody expects it", DueAt: at("12:00:00")}
	return b
}

func TestQuarantineScreens(t *testing.T) {
	tests := map[string]struct {
		bench func(*testing.T) *bench
		args  []string
		want  string
	}{
		"list": {quarantine, []string{"list"}, `
KIND         KEY       SINCE              DELETED AFTER                      VERBS         WHY
quarantined  due.csv   2026-11-20 06:40Z  now, by the next sweep             replay, drop  empty file: not even a header
quarantined  late.csv  2026-11-20 06:40Z  2026-11-20 18:40Z (in 11 h 0 min)  replay, drop  header of asp_device: missing: dialog_count; unknown: dialogs

see one: bellhop review show KEY · then decide: bellhop review VERB KEY`},
		"list of none": {newBench, []string{"list"}, "Nothing waits for a person."},
		"show": {quarantine, []string{"show", "late.csv"}, `
file           late.csv
why            header of asp_device: missing: dialog_count; unknown: dialogs
deleted after  2026-11-20 18:40Z (in 11 h 0 min)
object         s3://deliveries/late.csv
size           1.5 KiB
in the bucket  yes
job            hotel-000002
table          asp_device
days           2026-11-14..2026-11-17
loads begun    9

WHAT YOU CAN DO
nothing         it is deleted in time, and its days are asked for again
load it again   once the cause is gone, such as a bellhop that did not know a column: bellhop review replay late.csv
delete it now   bellhop review drop late.csv

TIMELINE
WHEN                   AFTER  STEP                   ATTEMPT  WHY
2026-11-20 06:40:00Z          EXPECTED → CLAIMED           1
2026-11-20 06:40:01Z  +1.0 s  CLAIMED → QUARANTINED        1  header of asp_device: missing: dialog_count; unknown: dialogs`},
		"replay":            {quarantine, []string{"replay", "late.csv"}, "file late.csv is EXPECTED again: the next sweep starts its load"},
		"replay, tried out": {quarantine, []string{"replay", "late.csv", "--dry-run"}, "file late.csv would be EXPECTED again, and the next sweep would start its load"},
		"drop":              {quarantine, []string{"drop", "late.csv", "--confirm"}, "file late.csv is due: the next sweep deletes it, with a certificate"},
		"drop, tried out":   {quarantine, []string{"drop", "late.csv", "--dry-run"}, "file late.csv would be due, and the next sweep would delete it"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := tt.bench(t)
			b.terminal = true
			code, out, errs := b.run(t.Context(), append([]string{"quarantine"}, tt.args...)...)
			if code != 0 || errs != "" {
				t.Errorf("exit %d: %s", code, errs)
			}
			lines(t, out, tt.want)

			b = tt.bench(t)
			if code, out, _ = b.run(t.Context(), append([]string{"quarantine"}, tt.args...)...); code != 0 || !json.Valid([]byte(out)) {
				t.Errorf("in a pipe: exit %d and %s", code, out)
			}
		})
	}
}

func TestChangeQuarantine(t *testing.T) {
	tests := map[string]struct {
		args   []string
		answer string // of the person at the terminal, if there is one
		code   int
		says   string
		status report.FileStatus // of late.csv in the end; it is due now unless nothing was done
		writes int
	}{
		"replay":                        {[]string{"replay", "late.csv"}, "", 0, "", report.FileExpected, 1},
		"replay both":                   {[]string{"replay", "due.csv", "late.csv"}, "", 0, "", report.FileExpected, 2},
		"replay, tried out":             {[]string{"replay", "late.csv", "--dry-run"}, "", 0, "", report.FileQuarantined, 0},
		"replay a stray":                {[]string{"replay", "stray.csv"}, "", 1, "file stray.csv is STRAY: only a QUARANTINED file can be replayed", report.FileQuarantined, 0},
		"replay what is deleted":        {[]string{"replay", "d.csv"}, "", 1, "file d.csv is DELETED", report.FileQuarantined, 0},
		"replay one and fail at one":    {[]string{"replay", "nope", "late.csv"}, "", 5, "there is no file nope", report.FileExpected, 1},
		"replay it twice":               {[]string{"replay", "late.csv", "late.csv"}, "", 5, "file late.csv is EXPECTED", report.FileExpected, 1},
		"replay what is gone":           {[]string{"replay", "gone.csv"}, "", 1, "no longer in the delivery bucket", report.FileQuarantined, 0},
		"replay nothing":                {[]string{"replay"}, "", 2, "needs a FILE", report.FileQuarantined, 0},
		"drop":                          {[]string{"drop", "late.csv", "--confirm"}, "", 0, "", report.FileQuarantined, 1},
		"drop what is gone":             {[]string{"drop", "gone.csv", "--confirm"}, "", 0, "", report.FileQuarantined, 1},
		"drop, tried out":               {[]string{"drop", "late.csv", "--dry-run"}, "", 0, "", report.FileQuarantined, 0},
		"drop, tried out and confirmed": {[]string{"drop", "late.csv", "--dry-run", "--confirm"}, "", 0, "", report.FileQuarantined, 0},
		"drop without a person":         {[]string{"drop", "late.csv"}, "", 2, "--confirm", report.FileQuarantined, 0},
		"drop, and yes":                 {[]string{"drop", "late.csv"}, "y\n", 0, "Delete late.csv for good?", report.FileQuarantined, 1},
		"drop, and no":                  {[]string{"drop", "late.csv"}, "n\n", 1, "nothing was done", report.FileQuarantined, 0},
		"drop a stray":                  {[]string{"drop", "stray.csv", "--confirm"}, "", 1, "only a QUARANTINED file can be dropped", report.FileQuarantined, 0},
		"drop nothing that is":          {[]string{"drop", "nope", "never", "--confirm"}, "", 1, "there is no file never", report.FileQuarantined, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := quarantine(t)
			gone := b.ledger.files["late.csv"]
			gone.Key, gone.Delivery = "gone.csv", &report.Delivery{Bucket: bucket, Key: "gone.csv", ETag: "e9"}
			b.ledger.files["gone.csv"] = gone
			b.terminal, b.in = tt.answer != "", tt.answer
			code, _, errs := b.run(t.Context(), append([]string{"quarantine"}, tt.args...)...)
			if code != tt.code || !strings.Contains(errs, tt.says) {
				t.Errorf("exit %d, want %d: %s", code, tt.code, errs)
			}
			f := b.ledger.files["late.csv"]
			done := tt.writes > 0 && strings.Contains(strings.Join(tt.args, " "), "late.csv")
			if f.Status != tt.status || f.DueAt.Equal(now) != done || b.ledger.writes != tt.writes {
				t.Errorf("late.csv is %s and due at %s after %d writes", f.Status, f.DueAt, b.ledger.writes)
			}
			// A replay that left the count of loads alone would end in quarantine again at once.
			if f.Status == report.FileExpected && f.Loads != 0 {
				t.Errorf("it counts %d loads", f.Loads)
			}
		})
	}
}

func TestQuarantineShowsOnlyWhatIsInIt(t *testing.T) {
	for key, says := range map[string]string{
		"nope":      "bellhop review list",
		"d.csv":     "file d.csv is DELETED",
		"stray.csv": "see: bellhop files show stray.csv",
	} {
		code, out, errs := quarantine(t).run(t.Context(), "quarantine", "show", key)
		if code != shell.ExitError || out != "" || !strings.Contains(errs, says) {
			t.Errorf("%s: exit %d, %q, %q", key, code, out, errs)
		}
	}
	type shown struct {
		InBucket     bool      `json:"in_bucket"`
		DeletedAfter time.Time `json:"deleted_after"`
	}
	b := quarantine(t)
	delete(b.deliveries.objects, "late.csv")
	_, out, _ := b.run(t.Context(), "quarantine", "show", "late.csv")
	if got := decode[shown](t, out); got.InBucket || !strings.Contains(out, `"in_bucket": false`) || !got.DeletedAfter.Equal(at("18:40:00")) {
		t.Errorf("got %s", out)
	}
}

func TestNothingPlantedIsShownOfAQuarantinedFile(t *testing.T) {
	key := "\x1b]0;owned\x07evil.csv"
	for _, terminal := range []bool{true, false} {
		b := quarantine(t)
		b.terminal = terminal
		f := b.ledger.files["late.csv"]
		f.Key, f.Reason = key, "Atza|IwEBIPlantedPlanted"
		b.ledger.files[key] = f
		for _, args := range [][]string{{"list"}, {"show", key}, {"replay", key}, {"drop", key, "--confirm"}, {"drop", key}} {
			_, out, errs := b.run(t.Context(), append([]string{"quarantine"}, args...)...)
			if all := out + errs; strings.Contains(all, "Planted") || strings.ContainsAny(all, "\x1b\x07") {
				t.Errorf("%v shows what it must not: %q", args, all)
			}
		}
	}
}
