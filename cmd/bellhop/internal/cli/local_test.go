package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// played is what a demonstration that went well says.
func played() sim.Summary {
	return sim.Summary{
		Subscriptions: 1, Posts: 21, NewPosts: 21, Wanted: 435,
		Jobs: map[report.JobStatus]int{report.JobLoaded: 14, report.JobLost: 2}, Files: map[report.FileStatus]int{report.FileDeleted: 77},
		Coverage:      map[report.CoverageStatus]int{report.CoverageComplete: 428, report.CoverageZero: 7},
		Rows:          []sim.TableRows{{Table: "asp_device", Days: 87, Rows: 6820}},
		Exposure:      sim.Exposure{Count: 72, P50: 33 * time.Millisecond, P99: 818 * time.Millisecond, Max: 1200 * time.Millisecond},
		HeldOnPurpose: []sim.HeldOnPurpose{{Cause: report.FileStray, Count: 6, Longest: 6 * time.Hour}},
		Certificates:  79, Faults: []string{"once the vendor answered 500"}, Elapsed: 4500 * time.Millisecond, Skipped: 12*time.Hour + 40*time.Minute,
		LedgerCalls: sim.CallCount{Total: 2896, Files: 70, PerFile: 9.1, Duplicates: 10, PerDuplicate: 1},
		S3Calls:     sim.CallCount{Total: 1376, Files: 70, PerFile: 16.7, Duplicates: 10},
		DatasetDir:  "/h/s3/dataset",
	}
}

func TestLocalRun(t *testing.T) {
	const whole = `
bellhop has played the life of these reports in 4.5 s (12 h 40 min of waiting skipped)

asked         1 subscription, 21 requests in all, 21 new in this run
jobs          14 LOADED · 2 LOST
files         77 DELETED
coverage      428 COMPLETE · 7 ZERO of 435 wanted days
deleted       79 certificates, 0 deletions without one
exposure      p50 33 ms · p99 818 ms · max 1.2 s, over 72 loaded files
              kept on purpose: 6 STRAY, the longest for 6 h 0 min
ledger calls  2 896 in this run · 9.1 for each of 70 files · 1.0 for each of 10 duplicates, 0.0 of them writes
S3 calls      1 376 in this run · 16.7 for each of 70 files · 0.0 for each of 10 duplicates, 0.0 of them writes

DATASET
  TABLE       DAYS   ROWS
  asp_device    87  6 820
  /h/s3/dataset

WHAT THE DATASET SAYS
  not asked: this bellhop has no engine

WRONG ON PURPOSE, AND HEALED
  - once the vendor answered 500

raw objects left: 0
every wanted day is there, and every deletion has its certificate

Try next:
  bellhop status               is anything wrong?
  bellhop console --open       pages about everything, in the browser
  bellhop coverage             the calendar of days
  bellhop jobs list            what was asked for, and what became of it
  bellhop files list           what came; bellhop files show KEY tells a file's whole life
  bellhop certificates verify  check every deletion again
  bellhop analyses list        questions, each with a query that answers it
  bellhop query "SELECT property_name, sum(dialog_count) AS dialogs FROM asp_device GROUP BY ALL"  ask the dataset
  bellhop export --table asp_device -o device.csv  take a table out; .parquet and .duckdb work too`
	for name, terminal := range map[string]bool{"on a terminal": true, "in a pipe": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.terminal, b.machine = terminal, &machine{summary: played()}
			code, out, errs := b.run(t.Context(), "local", "run")
			if code != 0 || errs != "" || !b.machine.closed {
				t.Errorf("exit %d, closed %v, stderr %q", code, b.machine.closed, errs)
			}
			lines(t, out, whole)
		})
	}
	t.Run("with an engine", func(t *testing.T) {
		b, _ := asked(t)
		b.terminal, b.machine = true, &machine{summary: played()}
		for range 4 {
			b.engine.rows = append(b.engine.rows, []any{"Room", nil, nil})
		}
		_, out, _ := b.run(t.Context(), "local", "run")
		_, said, _ := strings.Cut(out, "WHAT THE DATASET SAYS\n")
		said, _, _ = strings.Cut(said, "\n\n")
		for _, want := range []string{"Click-through", "Failed utterances", "Room 1   10.500000   NULL", "1 more: bellhop analyses run skill-failure-rate"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s does not say %q", said, want)
			}
		}
		if strings.Contains(said, "not asked") || b.engine.choice.Dataset != "/h/s3/dataset" {
			t.Errorf("asked %+v: %s", b.engine.choice, said)
		}
	})
	t.Run("with the properties mapped", func(t *testing.T) {
		b, folder := asked(t)
		summary := played()
		summary.DatasetDir = folder
		if err := os.MkdirAll(filepath.Join(folder, "own", "properties", "000001.parquet"), 0o700); err != nil {
			t.Fatal(err)
		}
		b.terminal, b.machine = true, &machine{summary: summary}
		if _, out, _ := b.run(t.Context(), "local", "run"); !strings.Contains(out, "Conversations of the contact centre, by property") || strings.Contains(out, "by tag") {
			t.Error(out)
		}
	})
	t.Run("the next commands exist", func(t *testing.T) {
		t.Chdir(t.TempDir()) // for the file that one of them makes
		_, commands, _ := strings.Cut(whole, "Try next:\n")
		for line := range strings.Lines(commands) {
			typed := words.FindAllString(strings.SplitN(strings.TrimSpace(line), "  ", 2)[0], -1)
			b, _ := asked(t)
			ctx, stop := context.WithCancel(t.Context())
			b.browse = func(string) error { stop(); return nil } // the console's end, once it is there
			if code, _, errs := b.run(ctx, typed[1:]...); code != 0 {
				t.Errorf("%q: exit %d, %s", typed, code, errs)
			}
		}
	})
	t.Run("as JSON", func(t *testing.T) {
		b := newBench(t)
		b.machine = &machine{summary: played()}
		code, out, _ := b.run(t.Context(), "local", "run", "--json", "--home", "/h")
		if sum := decode[sim.Summary](t, out); code != 0 || sum.Wanted != 435 || b.machine.options.Dir != "/h" {
			t.Errorf("exit %d, in %q: %s", code, b.machine.options.Dir, out)
		}
	})
}

// What is left on purpose is named with a command for each, and costs no exit code; anything beyond it does.
func TestLocalRunSaysWhatIsLeft(t *testing.T) {
	const left = `
raw objects left: 1, kept on purpose: a-DEVICE-1.csv (quarantined until 2026-11-30 08:01Z)
every wanted day but 1 is there, and every deletion has its certificate
what is left on purpose does not count here; bellhop status reports it, with exit code 3

LEFT FOR YOU TO TRY
  - a file that cannot be loaded, because a column is missing
    bellhop review show a-DEVICE-1.csv  why, and what you can do: replay or drop it
  - a report that is held, because it has 26 rows of asp_device for 2026-11-14, where 77 are published
    bellhop review show demo/asp_device/2026-11-14  compare both; then accept or drop it
  - a gap: asp_communication of 2026-11-05, which the vendor promised and did not deliver
    bellhop refetch demo 2026-11-05 --table asp_communication  ask once more; then the next local run closes the gap
  - 2 rooms with a device that nobody uses
    bellhop query "SELECT property_name, unit_name FROM asp_device GROUP BY ALL HAVING sum(dialog_count) = 0"  name them
`
	leaving := func() sim.Summary {
		sum := played()
		sum.RawObjects, sum.Coverage = 1, map[report.CoverageStatus]int{report.CoverageComplete: 427, report.CoverageZero: 7, report.CoverageMissing: 1}
		sum.Left = sim.Left{
			Quarantined: []sim.LeftFile{{Key: "a-DEVICE-1.csv", Reason: "a column is missing", Until: time.Date(2026, 11, 30, 8, 1, 0, 0, time.UTC)}},
			Held:        []sim.LeftDay{{Subscription: "demo", Table: "asp_device", Date: report.NewDate(2026, 11, 14), Rows: 77, HeldRows: 26}},
			Gaps:        []sim.LeftDay{{Subscription: "demo", Table: "asp_communication", Date: report.NewDate(2026, 11, 5)}},
			Silent:      2,
		}
		return sum
	}
	b := newBench(t)
	b.terminal, b.machine = true, &machine{summary: leaving()}
	code, out, _ := b.run(t.Context(), "local", "run")
	if code != shell.ExitFine || !strings.Contains(out, left) || !b.machine.options.Leftovers {
		t.Errorf("exit %d:\n%s", code, out)
	}
	for name, spoil := range map[string]func(*sim.Summary){
		"another raw object": func(s *sim.Summary) { s.RawObjects++ },
		"another day": func(s *sim.Summary) {
			s.Coverage[report.CoverageComplete]--
			s.Coverage[report.CoverageMissing]++
		},
	} {
		sum := leaving()
		spoil(&sum)
		b := newBench(t)
		b.machine = &machine{summary: sum}
		if code, out, _ := b.run(t.Context(), "local", "run"); code != shell.ExitAttention || !strings.Contains(out, "needs attention: 1 ") {
			t.Errorf("%s: exit %d:\n%s", name, code, out)
		}
	}
}

func TestLocalRunEnds(t *testing.T) {
	spoiled := func(spoil func(*sim.Summary)) *machine {
		sum := played()
		spoil(&sum)
		return &machine{summary: sum}
	}
	tests := map[string]struct {
		machine *machine
		code    int
		says    string
	}{
		"a day missing":         {spoiled(func(s *sim.Summary) { s.Coverage[report.CoverageComplete]--; s.Coverage[report.CoverageMissing]++ }), 3, "1 day of 435 wanted neither"},
		"a day expired":         {spoiled(func(s *sim.Summary) { s.Coverage[report.CoverageZero]--; s.Coverage[report.CoverageExpired]++ }), 3, "1 day of 435 wanted neither"},
		"a raw object":          {spoiled(func(s *sim.Summary) { s.RawObjects = 2 }), 3, "raw objects left: 2\n"},
		"a missing certificate": {spoiled(func(s *sim.Summary) { s.Unverified = 1 }), 3, "without a certificate"},
		"a failure":             {&machine{err: errors.New("disk full")}, 1, "bellhop: disk full"},
		"a folder in use":       {&machine{startErr: errors.New("another bellhop runs in h: stop it")}, 1, "another bellhop runs"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.machine = tt.machine
			code, out, errs := b.run(t.Context(), "local", "run")
			if code != tt.code || !strings.Contains(out+errs, tt.says) {
				t.Errorf("exit %d, want %d: %s%s", code, tt.code, out, errs)
			}
			if !b.machine.closed && b.machine.startErr == nil {
				t.Error("the machine was left running")
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	t.Run("local run", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		b := newBench(t)
		b.machine = &machine{summary: played()}
		code, out, errs := b.run(ctx, "local", "run")
		if code != shell.ExitError || out != "" || !strings.Contains(errs, "go on with: bellhop local run") || !b.machine.closed {
			t.Errorf("exit %d, %q, %q", code, out, errs)
		}
	})
	t.Run("local up", func(t *testing.T) {
		for terminal, want := range map[bool]string{true: "\x1b[K", false: "1 of 2 files loaded; next: a delivery at 2026-11-20 07:41:00Z\n"} {
			ctx, cancel := context.WithCancel(t.Context())
			b := newBench(t)
			b.errTerminal = terminal
			b.machine = &machine{upUntil: func() {
				b.machine.options.Progress(sim.Progress{Done: 1, Total: 2, Next: "a delivery", Now: now, At: now.Add(time.Minute)})
				cancel()
			}}
			code, _, errs := b.run(ctx, "local", "up")
			if code != shell.ExitFine || !strings.Contains(errs, want) || !strings.HasSuffix(errs, "bellhop has stopped; nothing is lost.\n") || !b.machine.closed {
				t.Errorf("on a terminal %v: exit %d, %q", terminal, code, errs)
			}
		}
	})
	t.Run("local up, with the console beside it", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := newBench(t)
		said := make(chan struct{})
		b.machine = &machine{upUntil: func() {
			select {
			case <-said:
			case <-time.After(time.Minute):
				t.Error("the console said nothing")
			}
			cancel()
		}}
		b.heard = func(text string) {
			if strings.Contains(text, "/?token=") {
				close(said)
			}
		}
		code, _, errs := b.run(ctx, "local", "up", "--console")
		if code != shell.ExitFine || !strings.Contains(errs, " is at http://127.0.0.1:") || !strings.HasSuffix(errs, "bellhop has stopped; nothing is lost.\n") {
			t.Errorf("exit %d, %q", code, errs)
		}
	})
	t.Run("any other command", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		b := newBench(t)
		b.ledger.err = errors.New("interrupted (9)")
		if code, _, errs := b.run(ctx, "status"); code != shell.ExitError || !strings.Contains(errs, "stopped before the end") {
			t.Errorf("exit %d, %q", code, errs)
		}
	})
}

func TestReset(t *testing.T) {
	tests := map[string]struct {
		args  []string
		in    string
		code  int
		reset bool
	}{
		"confirmed": {[]string{"--confirm"}, "", 0, true},
		"yes":       {nil, "y\n", 0, true},
		"no":        {nil, "n\n", 1, false},
		"silence":   {nil, "", 1, false},
		"tried out": {[]string{"--dry-run", "--confirm"}, "", 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.terminal, b.in = true, tt.in
			kept := t.TempDir()
			if err := os.WriteFile(filepath.Join(kept, "clock.json"), []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			code, _, errs := b.run(t.Context(), append([]string{"local", "reset", "--home", kept}, tt.args...)...)
			if code != tt.code || (len(b.resets) == 1) != tt.reset {
				t.Errorf("exit %d, reset %v: %s", code, b.resets, errs)
			}
		})
	}
}

// Every command teaches: a short line, and an example that shows how it is called.
