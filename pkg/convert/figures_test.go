//go:build unix

package convert_test

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

	"github.com/bellhop-asp/bellhop/pkg/convert/converttest"
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
		{"DEVICE, 25 dates, other order each", "asp_device", rotatedCSV, 25},
		{"DOMAIN_ENGAGEMENT, 1 date", "asp_domain_engagement", onePartitionCSV, 1},
		{"COMMUNICATION, 25 dates", "asp_communication", communicationCSV, 25},
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(cells ...string) {
		if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")+"\t"); err != nil {
			b.Fatal(err)
		}
	}
	// A child's peak is never less than what this process took up when it started it: children go first.
	memoryFigures(b, line)
	line()
	limitFigures(b, line)
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

// memoryFigures prints peaks for files of growing size.
func memoryFigures(b *testing.B, line func(...string)) {
	b.Helper()
	line("peak MiB", "100,000 rows", "500,000 rows", "2,000,000 rows", "10,000,000 rows", "2M / 500k")
	for _, category := range []string{"DEVICE", "COMMUNICATION"} {
		var peaks []float64
		cells := []string{category}
		for _, rows := range []int{100_000, 500_000, 2_000_000, 10_000_000} {
			peaks = append(peaks, inChild(b, category, rows, rows/converttest.Rooms).peak)
			cells = append(cells, number(peaks[len(peaks)-1:], 0))
		}
		line(append(cells, number([]float64{peaks[2] / peaks[1]}, 2))...)
	}
	line("unique ids, 1 date per 20,000", "", "", number([]float64{inChild(b, "UNIQUE", 2_000_000, 100).peak}, 0))
	line("unique ids, 2 dates", "", "", number([]float64{inChild(b, "UNIQUE", 2_000_000, 2).peak}, 0))
}

// limitFigures prints what less memory costs. CPU seconds are compared within a round, as those of the machine's
// other users are not among them.
func limitFigures(b *testing.B, line func(...string)) {
	b.Helper()
	line("2,000,000 rows", "peak MiB, GOMEMLIMIT=256MiB", "CPU ratio", "peak MiB, GOMEMLIMIT=128MiB", "CPU ratio", "peak MiB, at most 256 MiB of data")
	for _, category := range []string{"DEVICE", "COMMUNICATION"} {
		var peaks, ratios [2][]float64
		for range max(1, *rounds/2) {
			free := inChild(b, category, 2_000_000, 100)
			for i, limit := range []string{"GOMEMLIMIT=256MiB", "GOMEMLIMIT=128MiB"} {
				limited := inChild(b, category, 2_000_000, 100, limit)
				peaks[i] = append(peaks[i], limited.peak)
				ratios[i] = append(ratios[i], limited.cpu/free.cpu)
			}
		}
		hard := inChild(b, category, 2_000_000, 100, childLimit+"=256")
		line(category, number(peaks[0], 0), number(ratios[0], 2), number(peaks[1], 0), number(ratios[1], 2), number([]float64{hard.peak}, 0))
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

const (
	childReport = "BELLHOP_BENCH_REPORT"
	childLimit  = "BELLHOP_BENCH_DATA_MIB" // RLIMIT_DATA: allocating more fails, and ends the process
)

type usage struct{ peak, cpu float64 } // MiB, seconds

// inChild returns what a process of its own needed to convert a report, which it never holds.
func inChild(t testing.TB, category string, rows, days int, env ...string) usage {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkFigures$", "-test.benchtime=1x", "-test.cpu=1")
	child.Env = append(os.Environ(), append(env, fmt.Sprintf("%s=%s %d %d", childReport, category, rows, days))...)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	used, ok := child.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatal("no resource usage of the child")
	}
	unit := 1024.0
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	cpu := child.ProcessState.UserTime() + child.ProcessState.SystemTime()
	return usage{float64(used.Maxrss) * unit / (1 << 20), cpu.Seconds()}
}

// convertInChild is what the child of peak runs.
func convertInChild(t testing.TB, report string) {
	t.Helper()
	if mib, err := strconv.ParseUint(os.Getenv(childLimit), 10, 32); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: mib << 20, Max: mib << 20}); err != nil {
			t.Fatal(err)
		}
	}
	var (
		category   string
		rows, days int
	)
	if _, err := fmt.Sscan(report, &category, &rows, &days); err != nil {
		t.Fatal(err)
	}
	write, name := device, "asp_device"
	switch category {
	case "COMMUNICATION":
		write, name = communication, "asp_communication"
	case "UNIQUE":
		write = unique
	}
	in, out := io.Pipe()
	go func() { out.CloseWithError(errors.Join(write(out, rows, days))) }()
	if err := convertAll(in, name, int64(rows), days); err != nil {
		t.Fatal(err)
	}
}
