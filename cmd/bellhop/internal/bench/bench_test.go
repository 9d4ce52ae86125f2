// Package bench_test measures bellhop against yardsticks. `make bench` runs it; bench/README.md says what the figures mean and
// what came out where.
//
// The speed of a machine moves within minutes. So no time stands alone: in each round of a benchmark (-benchtime=7x makes
// seven) the sides take turns, and what is reported is the median of the rounds, and of their ratios. -short does a tenth of
// the work, for trying.
package bench_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/internal/standin"
)

func TestMain(m *testing.M) {
	if side := os.Getenv(sideVariable); side != "" {
		if err := runSide(side, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, side+":", err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	code := m.Run()
	if bench := flag.Lookup("test.bench"); bench != nil && bench.Value.String() != "" {
		fmt.Println(measured(time.Now()))
	}
	os.Exit(code)
}

// measured says when figures were measured, and with what. The kind of processor stands above them.
func measured(now time.Time) string {
	return fmt.Sprintf("Measured on %s: %d cores, %s/%s, %s.", now.UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// figures are what was measured, by unit.
type figures map[string]float64

// line reports figures as those of one side.
func line(b *testing.B, name string, all ...figures) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		b.ReportMetric(0, "ns/op") // what a round takes says nothing
		for _, some := range all {
			for unit, value := range some {
				b.ReportMetric(value, unit)
			}
		}
	})
}

// ratio compares two sides round by round.
func ratio(of, by []float64) figures {
	all := make([]float64, len(of))
	for i := range of {
		all[i] = of[i] / by[i]
	}
	return figures{"ratio": median(all), "ratio-min": slices.Min(all), "ratio-max": slices.Max(all)}
}

// rank returns the value below which percent of all lie, by the nearest rank: one that was really measured.
func rank[T cmp.Ordered](values []T, percent int) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

func median[T cmp.Ordered](values []T) T { return rank(values, 50) }

// fewer is n, or a tenth of it in a short run.
func fewer(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// need leaves out what cannot be measured here. With REQUIRE_REAL=1 that is a failure.
func need(tb testing.TB, there bool, why string) {
	tb.Helper()
	if there {
		return
	}
	if os.Getenv("REQUIRE_REAL") == "1" {
		tb.Fatal("REQUIRE_REAL=1, but " + why)
	}
	tb.Skip("LEFT OUT: " + why)
}

// build runs the Go compiler in a folder of the repository.
func build(tb testing.TB, folder string, env []string, args ...string) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "go", append([]string{"build"}, args...)...)
	cmd.Dir = filepath.Join(standin.Root(tb), folder)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("go build %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// A figure without its date and machine is no figure: on what is printed, and on the page.
func TestFiguresSayWhenAndOnWhatTheyWereMeasured(t *testing.T) {
	got := measured(time.Date(2026, 11, 25, 23, 0, 0, 0, time.UTC))
	if !strings.HasPrefix(got, "Measured on 2026-11-25: ") || !strings.Contains(got, " cores, "+runtime.GOOS) {
		t.Error(got)
	}
	page, err := os.ReadFile(filepath.Join(standin.Root(t), "bench", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	tables := strings.Split(string(page), "\n\n| ")[1:]
	for _, table := range tables {
		if _, below, _ := strings.Cut(table, "|\n\n"); !strings.HasPrefix(below, "Measured on 20") {
			t.Errorf("not said of the table | %.60s", table)
		}
	}
	if len(tables) < 5 {
		t.Errorf("only %d tables were found", len(tables))
	}
}

func TestRanksWereReallyMeasured(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3, 6}
	for percent, want := range map[int]float64{0: 1, 50: 3, 90: 6, 100: 6} {
		if got := rank(values, percent); got != want {
			t.Errorf("percentile %d of 1 to 6 is %v, want %v", percent, got, want)
		}
	}
	got := ratio([]float64{2, 9, 4}, []float64{1, 3, 4})
	if got["ratio"] != 2 || got["ratio-min"] != 1 || got["ratio-max"] != 3 {
		t.Errorf("the ratios of 2:1, 9:3 and 4:4 are %v", got)
	}
}
