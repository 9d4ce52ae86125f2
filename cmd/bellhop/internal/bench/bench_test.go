package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/internal/standin"
)

// newBench is a run of one round, whose tables go into out.
func newBench(t *testing.T) (b *bench, out *bytes.Buffer) {
	t.Helper()
	out = &bytes.Buffer{}
	return &bench{root: standin.Root(t), dir: t.TempDir(), rounds: 1, quick: true, out: out, log: io.Discard}, out
}

// skip leaves a test out that needs something which is not there.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_REAL") == "1" {
		t.Fatal("REQUIRE_REAL=1, but " + why)
	}
	t.Skip("NOT TESTED: " + why)
}

// A figure without its date and machine is no figure: on the printed tables, and on the page.
func TestEachTableSaysWhenAndOnWhatItWasMeasured(t *testing.T) {
	b, out := newBench(t)
	b.measured = measured(time.Date(2026, 11, 25, 23, 0, 0, 0, time.UTC), "AMD EPYC")
	if err := b.show(newGrid("rows", "s")); err != nil || !strings.Contains(out.String(), " |\n\nMeasured on 2026-11-25: ") || !strings.Contains(out.String(), "cores (AMD EPYC), "+runtime.GOOS) {
		t.Errorf("%v:\n%s", err, out)
	}
	page, err := os.ReadFile(filepath.Join(b.root, "bench", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for block := range strings.SplitSeq(string(page), "\n\n| ") {
		if tables++; tables == 1 {
			continue // before the first table
		}
		if _, below, _ := strings.Cut(block, "|\n\n"); !strings.HasPrefix(below, "Measured on 20") {
			t.Errorf("not said of the table | %.60s", block)
		}
	}
	if tables < 5 {
		t.Errorf("only %d tables were found", tables-1)
	}
}

func TestTheFunctionsAreSmall(t *testing.T) {
	b, _ := newBench(t)
	dir, err := b.bootstraps(t.Context(), "arm64")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range functions {
		size, zipped, err := deployed(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		// Without dead code elimination, the ingester has 25 MB.
		if size > 20e6 || zipped > size/2 || zipped < size/10 {
			t.Errorf("%s has %d bytes, %d in a zip: at most 20 MB are wanted", name, size, zipped)
		}
	}
}

func TestEachFunctionAsksForAnEvent(t *testing.T) {
	if runtime.GOOS != "linux" {
		skip(t, "the functions are built for Linux")
	}
	b, out := newBench(t)
	if err := coldStart(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"empty"}, functions...) {
		if !strings.Contains(out.String(), "| "+name+" ") {
			t.Errorf("no line for %s in\n%s", name, out)
		}
	}
	if _, err := firstCall(t.Context(), "/bin/false"); err == nil {
		t.Error("a program that never asks has started in no time")
	}
}

// The partitions of ours are compared with the file that they were made of, before anything is timed.
func TestTheContentIsCompared(t *testing.T) {
	if _, err := exec.LookPath("g++"); err != nil {
		skip(t, "DuckDB needs a C++ compiler: "+err.Error())
	}
	b, out := newBench(t)
	for _, program := range []string{"convert", "duckdb"} {
		if err := b.build(t.Context(), "cmd/bellhop", nil, "-o", b.program(program), "./internal/bench/"+program); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range categories {
		g := newGrid("rows", "s", "rows/s", "MiB", "ratio", "between")
		if err := b.compareConversions(t.Context(), g, c, 3000, true); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := b.show(g); err != nil || strings.Count(out.String(), c.name+": ") != 4 {
			t.Errorf("not four sides (%v):\n%s", err, out)
		}
	}
	file, partitions := filepath.Join(b.dir, "a.csv"), filepath.Join(b.dir, "slices")
	var report bytes.Buffer
	if err := errors.Join(os.Mkdir(partitions, 0o700), categories[0].write(&report, 100, 2), os.WriteFile(file, report.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.output(t.Context(), "convert", file, "ours", categories[0].table, partitions); err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(report.Bytes(), []byte(",Room 1,1,"), []byte(",Room 1,2,"), 1)
	changed = bytes.Replace(changed, []byte(",Room 1,2,"), []byte(",Room 1,3,"), 1)
	if bytes.Equal(changed, report.Bytes()) {
		t.Fatal("nothing was changed")
	}
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.sameContent(t.Context(), categories[0].name, file, partitions); err == nil {
		t.Error("one count is another, and nobody noticed")
	}
}

func TestTheWholePipelineAndItsLowerBound(t *testing.T) {
	b, _ := newBench(t)
	run, err := b.wholeRun(t.Context(), filepath.Join(b.dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	if run.least <= 0 || run.summary.Exposure.Count == 0 || run.summary.LedgerCalls.PerFile == 0 {
		t.Errorf("nothing was measured: %+v", run)
	}
	s := run.summary
	s.Certificates--
	if whole(s, s.Files["DELETED"]) == nil {
		t.Error("a deletion without a certificate is no whole run")
	}
	if _, err := os.Stat(filepath.Join(b.dir, "run")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the run's folder is still there: %v", err)
	}
}

// grown are two ledgers in SQLite, one with many more files than the other.
func grown(t *testing.T, sizes ...int) (all []*books) {
	t.Helper()
	for _, size := range sizes {
		b, closeIt, err := openBooks(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := closeIt(); err != nil {
				t.Error(err)
			}
		})
		if err := b.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.grow(t.Context(), size, t.Logf); err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// What a job and its files cost must not depend on how many there were before. This counts; only make bench times.
func TestALedgerThatGrowsCostsTheSame(t *testing.T) {
	both := grown(t, 200, 2000)
	rounds, err := inTurn(t.Context(), both[0], both[1], 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rounds {
		for i, small := range r.small {
			if large := r.large[i]; small.work != large.work || small.work.calls == 0 {
				t.Errorf("%s: %+v with 200 files, %+v with 2000", small.name, small.work, large.work)
			}
		}
	}
}

// A ledger that was grown by copying has what one has that has lived through it.
func TestAGrownLedgerIsWhole(t *testing.T) {
	b := grown(t, 300)[0]
	files, certificates := 0, 0
	for f, err := range b.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if files++; f.Status != "DELETED" || !strings.HasPrefix(f.Key, f.Job+"-") {
			t.Errorf("file %s of job %s is %s", f.Key, f.Job, f.Status)
		}
	}
	for c, err := range b.Certificates(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if certificates++; c.File != c.Key || !strings.HasPrefix(c.File, c.Job+"-") {
			t.Errorf("the certificate of %s speaks of %s, job %s", c.File, c.Key, c.Job)
		}
	}
	jobs, err := b.Jobs(t.Context(), grower)
	if err != nil || files != 300 || certificates != 300 || len(jobs) != 60 {
		t.Errorf("%d files, %d certificates, %d jobs (%v); want 300, 300, 60", files, certificates, len(jobs), err)
	}
}

func TestCapacityIsCounted(t *testing.T) {
	binary := os.Getenv("BELLHOP_DYNOXIDE")
	if binary == "" {
		skip(t, "BELLHOP_DYNOXIDE does not name a server: run make test")
	}
	b, out := newBench(t)
	if err := b.growDynamoDB(t.Context(), []int{150, 200}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, "\n|") != 9 || strings.Contains(got, "|              0.0 |") {
		t.Errorf("the table is\n%s", got)
	}
}

func TestTheCommandLine(t *testing.T) {
	for name, args := range map[string][]string{
		"a part that is not there": {"-part", "coldstart,speed"},
		"no repository":            {"-root", t.TempDir()},
		"a flag that is not there": {"-slow"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := start(context.Background(), args, io.Discard, io.Discard); err == nil {
				t.Error("taken")
			}
		})
	}
	chosen, err := choose("ledger,size")
	if err != nil || len(chosen) != 2 || chosen[0].name != "ledger" || chosen[1].name != "size" {
		t.Errorf("chosen %v (%v)", chosen, err)
	}
}

func TestRanksWereReallyMeasured(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3, 6}
	for percent, want := range map[int]float64{0: 1, 50: 3, 90: 6, 100: 6} {
		if got := rank(values, percent); got != want {
			t.Errorf("percentile %d of 1 to 6 is %v, want %v", percent, got, want)
		}
	}
	if got := ratio(ratios([]float64{2, 9, 4}, []float64{1, 3, 4})); got != "2.00 (1.00 to 3.00)" {
		t.Errorf("the ratios of 2:1, 9:3 and 4:4 are %s", got)
	}
}
