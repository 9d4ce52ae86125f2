//go:build unix

package table_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"
)

var rounds = flag.Int("rounds", 7, "rounds of BenchmarkFigures")

// BenchmarkFigures prints how a conversion compares with splitting the same file by encoding/csv. The machine's
// speed changes within minutes: each round times both, one after the other, and the median of the rounds'
// ratios is what can be compared with another run's.
func BenchmarkFigures(b *testing.B) {
	if report := os.Getenv(childReport); report != "" {
		convertInChild(b, report)
		return
	}
	inputs := []struct {
		name, table string
		csv         func() []byte
		days        int
	}{
		{"DEVICE, 25 dates", "asp_device", deviceCSV, 25},
		{"DEVICE, 24 dates, other order each", "asp_device", rotatedCSV, 24},
		{"DEVICE, 1 date", "asp_device", oneSliceCSV, 1},
		{"COMMUNICATION, 25 dates", "asp_communication", communicationCSV, 25},
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(cells ...string) {
		if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")+"\t"); err != nil {
			b.Fatal(err)
		}
	}
	// A child's peak is never less than what this process took up when it started it: children go first.
	line("peak memory", "100,000 rows", "2,000,000 rows", "ratio")
	for _, category := range []string{"DEVICE", "COMMUNICATION"} {
		small, large := peak(b, category, 100_000, 5), peak(b, category, 2_000_000, 100)
		line(category, fmt.Sprintf("%.0f MiB", small), fmt.Sprintf("%.0f MiB", large), fmt.Sprintf("%.2f", large/small))
	}
	line()
	line("500,000 rows", "convert ns/row", "encoding/csv ns/row", "ratio", "allocs/row", "bytes/row")
	for _, in := range inputs {
		csv := in.csv()
		var ours, yardstick, ratios, allocs, bytesPerRow []float64
		for range max(1, *rounds) {
			split := perRow(b, func() error { return splitAll(csv) })
			converted := perRow(b, func() error { return convertAll(bytes.NewReader(csv), in.table, benchRows, in.days) })
			ours, yardstick = append(ours, converted.ns), append(yardstick, split.ns)
			ratios = append(ratios, converted.ns/split.ns)
			allocs, bytesPerRow = append(allocs, converted.allocs), append(bytesPerRow, converted.bytes)
		}
		line(in.name, number(ours, 0), number(yardstick, 0), number(ratios, 1), number(allocs, 3), number(bytesPerRow, 0))
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
}

type cost struct{ ns, allocs, bytes float64 }

func perRow(t testing.TB, work func() error) cost {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	if err := work(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return cost{
		ns:     float64(took.Nanoseconds()) / benchRows,
		allocs: float64(after.Mallocs-before.Mallocs) / benchRows,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / benchRows,
	}
}

// number returns the median of values.
func number(values []float64, digits int) string {
	slices.Sort(values)
	return strconv.FormatFloat(values[len(values)/2], 'f', digits, 64)
}

const childReport = "BELLHOP_BENCH_REPORT"

// peak returns the MiB that a process of its own needed at most to convert a report, which it never holds.
func peak(t testing.TB, category string, rows, days int) float64 {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkFigures$", "-test.benchtime=1x", "-test.cpu=1")
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", childReport, category, rows, days))
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	usage, ok := child.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatal("no resource usage of the child")
	}
	unit := 1024.0
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return float64(usage.Maxrss) * unit / (1 << 20)
}

// convertInChild is what the child of peak runs.
func convertInChild(t testing.TB, report string) {
	t.Helper()
	var (
		category   string
		rows, days int
	)
	if _, err := fmt.Sscan(report, &category, &rows, &days); err != nil {
		t.Fatal(err)
	}
	write, name := device, "asp_device"
	if category == "COMMUNICATION" {
		write, name = communication, "asp_communication"
	}
	in, out := io.Pipe()
	go func() { out.CloseWithError(errors.Join(write(out, rows, days))) }()
	if err := convertAll(in, name, int64(rows), days); err != nil {
		t.Fatal(err)
	}
}
