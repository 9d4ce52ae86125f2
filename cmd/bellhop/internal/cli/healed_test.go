package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// lost adds a job whose two days a later job asked for again; rows tells which days are there.
func lost(t *testing.T, there ...int) *bench {
	b := newBench(t)
	b.terminal = true
	b.ledger.jobs["hotel-000000"] = report.Job{
		ID: "hotel-000000", Subscription: "hotel", Source: report.SourceASPAnalytics, Status: report.JobLost,
		Window: report.Window{From: day(14), To: day(15)}, Tables: []string{"asp_device"}, PlannedAt: at("05:00:00"),
	}
	snapshot := b.ledger.snapshots["hotel"]
	snapshot.Partitions = nil
	for _, d := range there {
		snapshot.Partitions = append(snapshot.Partitions, partition("asp_device", d, 1))
	}
	b.ledger.snapshots["hotel"] = snapshot
	return b
}

func TestAHealedJobNeedsNoRetry(t *testing.T) {
	b := lost(t, 14, 15)
	if _, out, _ := b.run(t.Context(), "jobs", "show", "hotel-000000"); !strings.Contains(out, "asked for again by hotel-000001") || strings.Contains(out, "jobs retry") {
		t.Errorf("shown is %s", out)
	}
	code, _, errs := b.run(t.Context(), "jobs", "retry", "hotel-000000")
	if code != shell.ExitError || !strings.Contains(errs, "needs no retry") || !strings.Contains(errs, "--force") || b.ledger.writes > 0 {
		t.Errorf("exit %d, %s, %d writes", code, errs, b.ledger.writes)
	}
	if code, _, errs := b.run(t.Context(), "jobs", "retry", "hotel-000000", "--force"); code != shell.ExitFine || b.ledger.writes != 1 {
		t.Errorf("with --force: exit %d, %s, %d writes", code, errs, b.ledger.writes)
	}
}

func TestAJobWithDaysThatAreNotThereIsRetried(t *testing.T) {
	b := lost(t, 14)
	if _, out, _ := b.run(t.Context(), "jobs", "show", "hotel-000000"); !strings.Contains(out, "Its days were asked for again: bellhop jobs show hotel-000001") {
		t.Errorf("shown is %s", out)
	}
	if code, _, errs := b.run(t.Context(), "jobs", "retry", "hotel-000000"); code != shell.ExitFine || b.ledger.writes != 1 {
		t.Errorf("exit %d, %s, %d writes", code, errs, b.ledger.writes)
	}
}

func TestTheSimulatedClockIsNamed(t *testing.T) {
	for _, args := range [][]string{{"status"}, {"jobs", "list"}, {"files", "list"}, {"certificates", "list"}} {
		b := newBench(t)
		b.terminal, b.ahead = true, 12*60*60*1e9
		if _, out, _ := b.run(t.Context(), args...); !strings.Contains(out, "simulated clock, which is 12 h 0 min ahead") {
			t.Errorf("%v: %s", args, out)
		}
		b.ahead = 0
		if _, out, _ := b.run(t.Context(), args...); strings.Contains(out, "simulated") {
			t.Errorf("%v on a real clock: %s", args, out)
		}
	}
}

func TestAWrongTableIsSuggested(t *testing.T) {
	for name, args := range map[string][]string{
		"tables": {"tables", "asp_devic"}, "export": {"export", "--table", "asp_devic", "-o", "x.csv"}, "explain": {"explain", "asp_devic", "X", "2026-11-14"},
		"ingest": {"ingest", "x.csv", "-o", "d", "--table", "ASP_DEVISE"},
	} {
		code, _, errs := newBench(t).run(t.Context(), args...)
		if code != shell.ExitUsage || !strings.Contains(errs, "did you mean: asp_device") {
			t.Errorf("%s: exit %d, %s", name, code, errs)
		}
	}
}

func TestAStatementMayComeFromAPipe(t *testing.T) {
	for _, args := range [][]string{{"query"}, {"query", "-"}} {
		b, _ := asked(t)
		b.in = "SELECT 1\n"
		if code, _, errs := b.run(t.Context(), args...); code != shell.ExitFine || len(b.engine.statements) != 1 || b.engine.statements[0] != "SELECT 1\n" {
			t.Errorf("%v: exit %d, %s, asked %q", args, code, errs, b.engine.statements)
		}
	}
	b, _ := asked(t)
	if code, _, errs := b.run(t.Context(), "query", "x", "--format", "csv", "--json"); code != shell.ExitUsage || !strings.Contains(errs, "exclude each other") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// 24 August 2026 is the first day that can be asked for on 20 November: 88 days back.
func TestARetryOfDaysThatGrewTooOldSaysWhatHappensInstead(t *testing.T) {
	august := func(d int) report.Date { return report.NewDate(2026, time.August, d) }
	for name, tt := range map[string]struct {
		window report.Window
		code   int
		says   []string
		status report.JobStatus
	}{
		"all of them":  {report.Window{From: august(17), To: august(23)}, shell.ExitError, []string{"the last 88 days only, from 2026-08-24 on, and its days are 2026-08-17..2026-08-23", "bellhop coverage --subscription hotel"}, report.JobLost},
		"some of them": {report.Window{From: august(20), To: august(26)}, shell.ExitFine, []string{"Its days before 2026-08-24 can no longer be asked for", "a new job asks for 2026-08-24..2026-08-26"}, report.JobPlanned},
		"none of them": {report.Window{From: august(24), To: august(30)}, shell.ExitFine, nil, report.JobPlanned},
	} {
		t.Run(name, func(t *testing.T) {
			b := lost(t)
			sub, job := b.ledger.subs["hotel"], b.ledger.jobs["hotel-000000"]
			sub.From, job.Window = august(1), tt.window
			b.ledger.subs["hotel"], b.ledger.jobs["hotel-000000"] = sub, job
			_, shown, _ := b.run(t.Context(), "jobs", "show", "hotel-000000")
			if tooOld := strings.Contains(shown, "too old for the vendor"); tooOld != (name == "all of them") || tooOld == strings.Contains(shown, "bellhop jobs retry hotel-000000") {
				t.Errorf("the job is shown as\n%s", shown)
			}
			_, dry, dryErrs := b.run(t.Context(), "jobs", "retry", "hotel-000000", "--dry-run")
			code, out, errs := b.run(t.Context(), "jobs", "retry", "hotel-000000")
			if code != tt.code || b.ledger.jobs["hotel-000000"].Status != tt.status {
				t.Errorf("exit %d, and the job is %s", code, b.ledger.jobs["hotel-000000"].Status)
			}
			for _, want := range tt.says {
				if !strings.Contains(dry+dryErrs, want) || !strings.Contains(out+errs, want) {
					t.Errorf("%q is not in\n%s%s%s%s", want, dry, dryErrs, out, errs)
				}
			}
			if tt.says == nil && strings.Contains(out, "can no longer") {
				t.Errorf("it says %s", out)
			}
		})
	}
}
