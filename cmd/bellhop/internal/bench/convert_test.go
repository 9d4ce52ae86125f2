package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/convert/converttest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// category is one kind of report, and how one of any size is written.
type category struct {
	name, table string
	write       func(w io.Writer, rows, days int) error
}

var (
	categories = []category{{"DEVICE", "asp_device", converttest.Device}, {"COMMUNICATION", "asp_communication", converttest.Communication}}
	everyDay   = report.Window{From: report.NewDate(1, time.January, 1), To: report.NewDate(9999, time.December, 31)}
)

// side is one contender: a process that converts the file once.
type side struct {
	name, run string
	args      []string
}

// BenchmarkConvert compares converting a report with what others make of the same bytes, on one core each. A report of a
// million rows has 50 dates, with each room once on each.
func BenchmarkConvert(b *testing.B) {
	rows := fewer(1_000_000)
	for _, c := range categories {
		b.Run(c.name, func(b *testing.B) {
			sides := contenders(b, c, rows)
			costs := make([][]cost, len(sides))
			for b.Loop() {
				for i, s := range sides {
					costs[i] = append(costs[i], s.once(b, rows))
				}
			}
			ours := seconds(costs[0])
			for i, s := range sides {
				var peaks []float64
				for _, c := range costs[i] {
					peaks = append(peaks, c.PeakMiB)
				}
				took := seconds(costs[i])
				f := figures{"s-p50": median(took), "rows/s": float64(rows) / median(took), "peak-MiB": median(peaks)}
				if i == 0 {
					line(b, s.name, f)
				} else {
					line(b, s.name, f, ratio(ours, took))
				}
			}
		})
	}
}

// contenders writes a report and lets each side do its work once, which brings the file into memory. The partitions of ours
// have to have the content of the file before anything is timed.
func contenders(tb testing.TB, c category, rows int) []side {
	tb.Helper()
	dir := tb.TempDir()
	file, partitions := filepath.Join(dir, "report.csv"), filepath.Join(dir, "partitions")
	f, err := os.Create(file)
	if err == nil {
		err = errors.Join(os.Mkdir(partitions, 0o700), c.write(f, rows, max(1, rows/converttest.Rooms)), f.Close())
	}
	if err != nil {
		tb.Fatal(err)
	}
	sides := []side{
		{"bellhop", "ours", []string{file, c.table, partitions}},
		{"encoding-csv-only-splitting", "csv", []string{file}},
	}
	if hasDuckDB {
		sides = append(sides, side{"duckdb-one-file", "copy", []string{file, c.name, filepath.Join(dir, "duckdb.parquet")}},
			side{"duckdb-file-for-each-date", "split", []string{file, c.name, filepath.Join(dir, "duckdb")}})
	}
	for _, s := range sides {
		s.once(tb, rows)
	}
	err = sameContent(tb.Context(), c.name, file, partitions)
	switch {
	case err == nil:
	case errors.Is(err, errNoDuckDB) && os.Getenv("REQUIRE_REAL") != "1":
		tb.Log("LEFT OUT:", err)
	default:
		tb.Fatal(err)
	}
	return sides
}

// cost is what one process says of its work. Its start is not in Seconds.
type cost struct {
	Rows    int64
	Seconds float64
	// PeakMiB is the most memory that was resident, without what the process had before it began; 0 where the system does not
	// tell. All sides are this one program, with DuckDB and the machine in it.
	PeakMiB float64
}

func seconds(costs []cost) (all []float64) {
	for _, c := range costs {
		all = append(all, c.Seconds)
	}
	return all
}

var errNoDuckDB = errors.New("DuckDB needs cgo and a C++ compiler")

// sideVariable makes this program do the work of one side, as a process whose peak memory is its own.
const sideVariable = "BELLHOP_BENCH_SIDE"

// once lets a side do its work once, in a process of its own.
func (s side) once(tb testing.TB, rows int) (c cost) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), os.Args[0], s.args...)
	cmd.Env = append(os.Environ(), sideVariable+"="+s.run, "GOMAXPROCS=1")
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &c)
	}
	if err == nil && c.Rows != int64(rows) {
		err = fmt.Errorf("it has %d rows of %d", c.Rows, rows)
	}
	if err != nil {
		tb.Fatalf("%s: %v: %s", s.name, err, problems.String())
	}
	return c
}

// runSide is what such a process does: the work of a side, and its cost as JSON.
func runSide(name string, args []string) error {
	start, before := time.Now(), peak()
	var rows int64
	var err error
	switch name {
	case "ours":
		rows, err = convertFile(args[0], args[1], args[2])
	case "csv":
		rows, err = split(args[0])
	default:
		// Opening DuckDB is not in what is timed.
		rows, start, err = copyWithDuckDB(name, args[0], args[1], args[2])
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(cost{rows, time.Since(start).Seconds(), peak() - before})
}

// peak reads the high-water mark of Linux, which begins anew with each executable; that of getrusage is at least what the
// parent process had when it forked.
func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	kib, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	n, err := strconv.ParseFloat(string(kib), 64)
	if err != nil {
		return 0
	}
	return n / 1024
}

// convertFile does what the ingester does between its GET and its PUTs.
func convertFile(file, name, folder string) (rows int64, err error) {
	in, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := convert.NewConverter().Convert(context.Background(), in, report.Contract{Subscription: "bench", Table: name, Window: everyDay})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, day := range out.Days {
		if err := store(filepath.Join(folder, "dataset_date="+day.Date.String(), "bench.parquet"), day.Body); err != nil {
			return 0, err
		}
	}
	return out.Rows, nil
}

func store(path string, body io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	return errors.Join(err, f.Close())
}

// split is the least that any reader of CSV in Go does.
func split(file string) (rows int64, err error) {
	in, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	r := csv.NewReader(bufio.NewReaderSize(in, 1<<18))
	r.ReuseRecord = true
	for rows = -1; ; rows++ { // the header is no row
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// The partitions of ours are compared with the file that they were made of, before anything is timed.
func TestTheContentIsCompared(t *testing.T) {
	need(t, hasDuckDB, errNoDuckDB.Error())
	var sides []side
	for _, c := range categories {
		sides = contenders(t, c, 3000)
	}
	if len(sides) != 4 {
		t.Errorf("%d sides, want four", len(sides))
	}
	file, partitions := filepath.Join(t.TempDir(), "a.csv"), t.TempDir()
	var before bytes.Buffer
	if err := errors.Join(categories[0].write(&before, 100, 2), os.WriteFile(file, before.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := convertFile(file, categories[0].table, partitions); err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(before.Bytes(), []byte(",Room 1,1,"), []byte(",Room 1,2,"), 1)
	changed = bytes.Replace(changed, []byte(",Room 1,2,"), []byte(",Room 1,3,"), 1)
	if bytes.Equal(changed, before.Bytes()) {
		t.Fatal("nothing was changed")
	}
	if err := sameContent(t.Context(), categories[0].name, file, partitions); err != nil {
		t.Errorf("the same content: %v", err)
	}
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sameContent(t.Context(), categories[0].name, file, partitions); err == nil {
		t.Error("one count is another, and nobody noticed")
	}
}
