package cli_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// troubled has one of everything that can be wrong with days: 14 November has expired, 15 is missing after a refusal,
// 16 is pending and 17 waits for the unit to grow older.
func troubled(t *testing.T) *bench {
	b := newBench(t)
	sub := hotel()
	sub.From, sub.Params = report.NewDate(2026, time.August, 20), report.Params{"unit_id": "amzn1.alexa.unit.did.EXAMPLE", "categories": "DEVICE"}
	b.ledger.subs["hotel"] = sub
	snapshot := report.Snapshot{Markers: []report.Marker{
		{Job: "hotel-000002", Window: report.Window{From: day(15), To: day(15)}, Tables: []string{"asp_device"}, Status: report.JobRefused, Attempt: 1, Reason: "403: no permission"},
		{Job: "hotel-000003", Window: report.Window{From: day(16), To: day(16)}, Tables: []string{"asp_device"}, Status: report.JobAwaitingFiles, Attempt: 1},
		{Job: "hotel-000004", Window: report.Window{From: day(17), To: day(17)}, Tables: []string{"asp_device"}, Status: report.JobNotEligible, Attempt: 1, Reason: "unit too young"},
	}}
	// Every second day has no rows. As days since 1970, 1 November 2026 is 20758, an even one.
	for d := sub.From + 1; d <= day(14); d++ {
		snapshot.Partitions = append(snapshot.Partitions, report.Partition{Table: "asp_device", Date: d, Rows: int64(d % 2)})
	}
	b.ledger.snapshots["hotel"] = snapshot
	b.ledger.jobs["hotel-000002"] = report.Job{ID: "hotel-000002", Subscription: "hotel", Status: report.JobRefused, Reason: "403: no permission", Window: report.Window{From: day(15), To: day(15)}, Tables: []string{"asp_device"}}
	b.ledger.jobs["hotel-000003"] = report.Job{
		ID: "hotel-000003", Subscription: "hotel", Status: report.JobAwaitingFiles, Deadline: at("09:05:00"), DueAt: at("09:05:00"),
		Files: []report.JobFile{{Key: "x", Status: report.FileLoaded}, {Key: "y", Status: report.FileExpected}},
	}
	return b
}

func TestScreens(t *testing.T) {
	tests := map[string]struct {
		bench func(*testing.T) *bench
		args  []string
		code  int
		want  string
	}{
		"status, when all is well": {newBench, []string{"status", "--home", "h"}, 0, `
WHERE h   as of 2026-11-20 07:40Z
DATA  hotel   complete to 2026-11-17 · 7 COMPLETE · 1 ZERO
JOBS  0 open
RAW   0 objects in the delivery bucket · 1 file deleted, last 2026-11-20 06:12Z
nothing needs attention`},
		"status, when it is not": {troubled, []string{"status", "--home", "h"}, 3, `
WHERE h   as of 2026-11-20 07:40Z
DATA  hotel   complete to no day yet · 43 COMPLETE · 43 ZERO · 1 PENDING · 1 MISSING · 1 NOT_ELIGIBLE · 1 EXPIRED
JOBS  1 open  ▸ 1 AWAITING_FILES (1 of 2 files loaded, deadline 2026-11-20 09:05Z)  ▸ 1 REFUSED
GAPS  asp_device 2026-08-20 hotel   EXPIRED, lost after 2026-11-18   the vendor no longer has it
      asp_device 2026-11-15 hotel   MISSING, lost after 2027-02-13 (in 85 days)   job hotel-000002 was refused: 403: no permission
RAW   0 objects in the delivery bucket · 1 file deleted, last 2026-11-20 06:12Z
NEEDS 1 job refused: bellhop jobs show hotel-000002, and bellhop subscriptions show hotel; when the cause is gone: bellhop jobs retry hotel-000002
      1 day of asp_device (hotel) missing: refused by the vendor`},
		"a calendar of whole days": {newBench, []string{"coverage", "--month", "2026-11"}, 0, `
hotel
2026-11-14..2026-11-17: 7 COMPLETE · 1 ZERO

November 2026      1 2       9       16      23      30
asp_device                        ■■ ■■
asp_communication                 □■ ■■

■ complete   □ zero (loaded, and the vendor reports nothing)`},
		"a calendar with gaps": {troubled, []string{"coverage", "--month", "2026-11"}, 0, `
hotel
2026-11-01..2026-11-17: 7 COMPLETE · 7 ZERO · 1 PENDING · 1 MISSING · 1 NOT_ELIGIBLE

November 2026  1 2       9       16      23      30
asp_device     □ ■□■□■□■ □■□■□■✖ ◌–

■ complete   □ zero (loaded, and the vendor reports nothing)   ◌ pending   ✖ missing   – not eligible yet (the unit is too young)

GAPS
   SUBSCRIPTION  TABLE       DAYS        STATUS        LOST AFTER               WHY
✖  hotel         asp_device  2026-11-15  MISSING       2027-02-13 (in 85 days)  job hotel-000002 was refused: 403: no permission
◌  hotel         asp_device  2026-11-16  PENDING       2027-02-14 (in 86 days)  job hotel-000003 is AWAITING_FILES
–  hotel         asp_device  2026-11-17  NOT_ELIGIBLE  2027-02-15 (in 87 days)  unit too young`},
		"an hourglass is two columns wide": {troubled, []string{"coverage", "--month", "2026-08"}, 0, `
hotel
2026-08-20..2026-08-31: 5 COMPLETE · 6 ZERO · 1 EXPIRED

August 2026  1    3              10             17             24             31
asp_device                                            ⌛□ ■ □  ■ □ ■ □ ■ □ ■  □

■ complete   □ zero (loaded, and the vendor reports nothing)   ⌛ expired (can no longer be fetched)

GAPS
    SUBSCRIPTION  TABLE       DAYS        STATUS   LOST AFTER  WHY
⌛  hotel         asp_device  2026-08-20  EXPIRED  2026-11-18  the vendor no longer has it`},
		"a job": {newBench, []string{"jobs", "show", "hotel-000001"}, 0, `
job               hotel-000001
status            LOADED
subscription      hotel (asp-analytics)
days              2026-11-14..2026-11-17 (4 days)
tables            asp_device, asp_communication
sent              1 request, job number 1 for these days
planned           2026-11-20 06:00:00Z
submitted         2026-11-20 06:00:01Z
finished          2026-11-20 06:12:30Z
vendor's request  r-1

FILES
TABLE       STATUS   ROWS  FILE
asp_device  DELETED    40  d.csv

TIMELINE
WHEN                         AFTER  STEP                         ATTEMPT  WHY
2026-11-20 06:00:00Z                PLANNED                               8 table days missing
2026-11-20 06:00:01Z        +1.0 s  PLANNED → SUBMITTING               1
2026-11-20 06:00:02Z        +1.0 s  SUBMITTING → AWAITING_FILES        1  the vendor named 1 file
2026-11-20 06:12:30Z  +12 min 28 s  AWAITING_FILES → LOADED            1`},
		"jobs": {newBench, []string{"jobs", "list"}, 0, `
JOB           DAYS                    TABLES    STATUS  FILES  PLANNED
hotel-000001  2026-11-14..2026-11-17  2 tables  LOADED    1/1  2026-11-20 06:00Z`},
		"a file": {newBench, []string{"files", "show", "d.csv"}, 0, `
file          d.csv
status        DELETED
job           hotel-000001
subscription  hotel
table         asp_device
loads begun   1
deleted       2026-11-20 06:12:31Z
days          2026-11-14..2026-11-17

DELIVERY
object   s3://deliveries/d.csv
arrived  2026-11-20 06:12:29Z
size     2.0 KiB
etag     e1

RECEIPT
loaded  2026-11-20 06:12:30Z
rows    40
bytes   2 048
sha256  ab12

SUMS OVER ALL ROWS (roll-ups included)
COLUMN            SUM
utterance_count  1234

DAYS
DAY         OUTCOME  ROWS  OBJECT
2026-11-14  written    40  asp_device/dataset_date=2026-11-14/hotel.parquet

CERTIFICATES
FILE   DELETED AS     SIZE  DELIVERED             VERIFIED GONE         EXPOSURE
d.csv  LOADED      2.0 KiB  2026-11-20 06:12:29Z  2026-11-20 06:12:32Z     3.0 s`},
		"certificates that hold": {newBench, []string{"certificates", "verify"}, 0, `
1 of 1 hold: times in order, ledger rows agree, objects gone now.`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := tt.bench(t)
			b.terminal = true
			code, out, errs := b.run(t.Context(), tt.args...)
			if code != tt.code || errs != "" {
				t.Errorf("exit %d, want %d; stderr %q", code, tt.code, errs)
			}
			lines(t, out, strings.TrimPrefix(tt.want, "\n"))
			if b.ledger.writes > 0 {
				t.Errorf("looking wrote to the ledger %d times", b.ledger.writes)
			}

			// The same in a pipe is one JSON value, with the same exit code.
			b.terminal = false
			code, out, _ = b.run(t.Context(), tt.args...)
			if code != tt.code || !json.Valid([]byte(out)) {
				t.Errorf("in a pipe: exit %d and %s", code, out)
			}
		})
	}
}

func TestTableInPipeAndJSONOnTerminal(t *testing.T) {
	b := newBench(t)
	if _, out, _ := b.run(t.Context(), "subscriptions", "list", "--json=false"); !strings.HasPrefix(out, "NAME") {
		t.Errorf("--json=false in a pipe gave %s", out)
	}
	b.terminal = true
	_, out, _ := b.run(t.Context(), "subscriptions", "list", "--json")
	if subs := decode[[]report.Subscription](t, out); len(subs) != 1 || subs[0].Name != "hotel" {
		t.Errorf("got %+v", subs)
	}
}

func TestColourOnlyRepeatsWords(t *testing.T) {
	b := newBench(t)
	b.terminal = true
	_, without, _ := b.run(t.Context(), "jobs", "list")
	delete(b.env, "NO_COLOR")
	_, with, _ := b.run(t.Context(), "jobs", "list")
	if !strings.Contains(with, "\x1b[32mLOADED\x1b[0m") || strings.Contains(without, "\x1b") {
		t.Errorf("with colour %q\nwithout %q", with, without)
	}
}

func TestNoSecretAndNoControlCharacterIsShown(t *testing.T) {
	const token = "Atza|IwEBIPlantedPlanted"
	withSecrets := func(t *testing.T) *bench {
		b := newBench(t)
		j := b.ledger.jobs["hotel-000001"]
		j.Reason = "the vendor said " + token + "\\"
		j.History = append(j.History, report.Event{At: at("07:00:00"), To: "X", Why: "Bearer PlantedPlanted " + `quote " end`})
		b.ledger.jobs[j.ID] = j
		key := "\x1b]0;owned\x07\u202eevil.csv"
		b.ledger.files[key] = report.File{Key: key, Status: report.FileStray, Reason: token, Delivery: &report.Delivery{Key: key, At: at("07:00:00")}}
		return b
	}
	for _, args := range [][]string{
		{"jobs", "list"}, {"jobs", "show", "hotel-000001"}, {"files", "list"}, {"status"}, {"jobs", "show", token}, {"jobs", "retry", token},
		{"no-" + token}, {"jobs", "list", "--subscription", token},
	} {
		for _, terminal := range []bool{true, false} {
			b := withSecrets(t)
			b.terminal = terminal
			_, out, errs := b.run(t.Context(), args...)
			if all := out + errs; strings.Contains(all, "Planted") || strings.Contains(all, "planted") {
				t.Errorf("%v shows what it must not:\n%s", args, all)
			}
			if all := out + errs; strings.ContainsAny(all, "\x1b\x07") || terminal && strings.Contains(all, "\u202e") {
				t.Errorf("%v lets a key steer the terminal: %q", args, all)
			}
			if !terminal && out != "" && !json.Valid([]byte(out)) {
				t.Errorf("%v: not JSON any more:\n%s", args, out)
			}
		}
	}
}

func TestUnknownNames(t *testing.T) {
	for name, args := range map[string][]string{
		"subscription nope": {"subscriptions", "show", "nope"},
		"job nope":          {"jobs", "show", "nope"},
		"file nope":         {"files", "show", "nope"},
	} {
		code, out, errs := newBench(t).run(t.Context(), args...)
		if code != shell.ExitError || out != "" || !strings.Contains(errs, "there is no "+name) || !strings.Contains(errs, "→ see") {
			t.Errorf("%v: exit %d, %q, %q", args, code, out, errs)
		}
	}
}

func TestATimelineSaysHowManyEventsAreLeftOut(t *testing.T) {
	b := newBench(t)
	b.terminal = true
	j := b.ledger.jobs["hotel-000001"]
	for len(j.History) < 60 {
		j.History = append(j.History, j.History[0])
	}
	j.LeftOut = 9940
	b.ledger.jobs[j.ID] = j
	_, out, errs := b.run(t.Context(), "jobs", "show", j.ID)
	if !strings.Contains(out, "… 9940 events left out …") {
		t.Errorf("%s%s", out, errs)
	}
}

// A list that is longer than the terminal is paged, and nothing else is: no JSON, no pipe, no short list, no single thing.
func TestALongListIsPaged(t *testing.T) {
	for name, c := range map[string]struct {
		args     []string
		height   int
		terminal bool
		failed   error
		paged    bool
	}{
		"longer than the terminal": {[]string{"files", "list"}, 2, true, nil, true},
		"a calendar":               {[]string{"coverage"}, 2, true, nil, true},
		"the pager cannot run":     {[]string{"files", "list"}, 2, true, errors.New("not found"), false},
		"it fits":                  {[]string{"files", "list"}, 100, true, nil, false},
		"no terminal":              {[]string{"files", "list", "--json=false"}, 2, false, nil, false},
		"JSON":                     {[]string{"files", "list", "--json"}, 2, true, nil, false},
		"one screen, not a list":   {[]string{"status"}, 2, true, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.terminal, b.height = c.terminal, c.height
			shown := ""
			b.page = func(content string) error {
				if c.failed == nil {
					shown = content
				}
				return c.failed
			}
			_, out, errs := b.run(t.Context(), c.args...)
			if (shown != "") != c.paged || (out != "") == c.paged {
				t.Errorf("paged %q, written %q%s", shown, out, errs)
			}
		})
	}
}
