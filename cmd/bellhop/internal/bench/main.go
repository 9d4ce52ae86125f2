// Command bench measures bellhop against yardsticks, each in the same run, and prints what comes out as tables. `make bench`
// runs it; bench/README.md says what the tables mean and what came out where.
//
// The speed of a machine moves within minutes. So nothing here is a time that stands alone: the two sides of each comparison
// take turns, each round gives a ratio, and the median of the ratios is what counts. What can be counted is counted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// bench is one run of the benchmarks.
type bench struct {
	// root is the repository's top folder, dir a folder for everything that is built and written.
	root, dir string
	// rounds of which the median counts; 0 leaves it to the part.
	rounds int
	// quick takes a tenth of the work.
	quick bool
	// required makes a failure of what would be left out because something is not installed.
	required bool
	// measured says when and on what kind of machine; it stands below each table.
	measured string
	out, log io.Writer
}

// part is one table, or some that belong together.
type part struct {
	name, what string
	run        func(context.Context, *bench) error
}

func parts() []part {
	return []part{
		{"coldstart", "from the start of a function's process to its first call of the Runtime API", timed(coldStart)},
		{"size", "the size of what is deployed", timed(sizes)},
		{"convert", "a million rows against encoding/csv and DuckDB", timed(conversions)},
		{"pipeline", "many files through all functions on this machine, and the calls that each file costs", timed(pipeline)},
		{"ledger", "the ledger's work per file as the ledger grows", timed(growth)},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := start(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func start(ctx context.Context, args []string, out, log io.Writer) (err error) {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	wanted := flags.String("part", "", "only these parts, comma-separated: "+strings.Join(names, ", "))
	b := &bench{out: out, log: log, required: os.Getenv("REQUIRE_REAL") == "1"}
	flags.IntVar(&b.rounds, "rounds", 0, "rounds of which the median counts (default: each part's own number)")
	flags.BoolVar(&b.quick, "quick", false, "a tenth of the work; for trying, not for figures")
	root := flags.String("root", ".", "the repository's top `folder`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*wanted)
	if err != nil {
		return err
	}
	if b.root, err = filepath.Abs(*root); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(b.root, "template.yaml")); err != nil {
		return fmt.Errorf("%s is not the repository: name it with -root", b.root)
	}
	if b.dir, err = os.MkdirTemp("", "bellhop-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	b.measured = measured(time.Now(), processor())
	for _, p := range chosen {
		b.printf("\n%s: %s\n\n", p.name, p.what)
		if err := p.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// measured says when a table was measured, and on what kind of machine.
func measured(now time.Time, processor string) string {
	return fmt.Sprintf("Measured on %s: %d cores (%s), %s/%s, %s.", now.UTC().Format(time.DateOnly), runtime.NumCPU(), processor, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// processor is the kind of the machine's processor, where the system tells.
func processor() string {
	content, _ := os.ReadFile("/proc/cpuinfo") // only Linux has it
	for line := range strings.Lines(string(content)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "of an unknown kind"
}

func choose(names string) ([]part, error) {
	if names == "" {
		return parts(), nil
	}
	var chosen []part
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(parts(), func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q", name)
		}
		chosen = append(chosen, parts()[i])
	}
	return chosen, nil
}

// printf writes to where the tables go. An output that takes no more is noticed with the next table.
func (b *bench) printf(format string, args ...any) { _, _ = fmt.Fprintf(b.out, format, args...) }

// tell says on the side what is being done.
func (b *bench) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(b.log, "  "+format+"\n", args...)
}

// leaveOut says why something is not measured. Where everything is required that is a failure.
func (b *bench) leaveOut(what, why string) error {
	if b.required {
		return fmt.Errorf("REQUIRE_REAL=1, but %s is left out: %s", what, why)
	}
	b.printf("SKIPPED %s: %s\n", what, why)
	return nil
}

// timed says how long a part took.
func timed(run func(context.Context, *bench) error) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		began := time.Now()
		err := run(ctx, b)
		b.tell("took %s", time.Since(began).Round(time.Second))
		return err
	}
}

// roundsOr returns how many rounds there are to be, given a part's own number.
func (b *bench) roundsOr(usual int) int {
	switch {
	case b.rounds > 0:
		return b.rounds
	case b.quick:
		return max(1, usual/3)
	default:
		return usual
	}
}

// fewer is n, or a tenth of it in a quick run.
func (b *bench) fewer(n int) int {
	if b.quick {
		return n / 10
	}
	return n
}

// build runs the Go compiler in the repository and returns what it says when it fails.
func (b *bench) build(ctx context.Context, folder string, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build"}, args...)...) //nolint:gosec // arguments from this package
	cmd.Dir = filepath.Join(b.root, folder)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
