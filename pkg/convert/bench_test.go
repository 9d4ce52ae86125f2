package convert_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/convert/converttest"
)

const benchRows = 500_000

var (
	deviceCSV        = sync.OnceValue(func() []byte { return generated(device, benchRows, 25) })
	rotatedCSV       = sync.OnceValue(func() []byte { return generated(converttest.Rotated, benchRows, 25) })
	onePartitionCSV  = sync.OnceValue(func() []byte { return generated(converttest.Domains, benchRows, 1) })
	communicationCSV = sync.OnceValue(func() []byte { return generated(communication, benchRows, 25) })
)

func generated(write func(io.Writer, int, int) error, rows, days int) []byte {
	var b bytes.Buffer
	if err := write(&b, rows, days); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// The reports that are measured.
var device, communication, unique = converttest.Device, converttest.Communication, converttest.Unique

func reportRows(b *testing.B, before runtime.MemStats) {
	b.Helper()
	b.StopTimer()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	n := float64(b.N) * benchRows
	b.ReportMetric(n/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/row")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/n, "allocs/row")
	b.ReportMetric(0, "ns/op")
}

func start(b *testing.B, input []byte) (before runtime.MemStats) {
	b.Helper()
	b.SetBytes(int64(len(input)))
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	return before
}

// BenchmarkConvertDevice is the whole way from CSV to encoded slices. Its ns/row over that of
// BenchmarkEncodingCSVOnly, from one run with -cpu 1, is the figure to watch.
func BenchmarkConvertDevice(b *testing.B) { benchmarkConvert(b, deviceCSV(), "asp_device", 25) }

// BenchmarkConvertOneSlice has as many rows, all of one date, for 25 domains: the text of 20,000 units is encoded once and
// not 25 times, so it shows the cost of the rows alone. They do not fit in memory at once.
func BenchmarkConvertOneSlice(b *testing.B) {
	benchmarkConvert(b, onePartitionCSV(), "asp_domain_engagement", 1)
}

// BenchmarkConvertCommunication has three dimensions and two decimals.
func BenchmarkConvertCommunication(b *testing.B) {
	benchmarkConvert(b, communicationCSV(), "asp_communication", 25)
}

func benchmarkConvert(b *testing.B, input []byte, name string, days int) {
	before := start(b, input)
	for b.Loop() {
		if err := convertAll(bytes.NewReader(input), name, benchRows, days); err != nil {
			b.Fatal(err)
		}
	}
	reportRows(b, before)
}

// convertAll converts a generated report and looks at the outcome.
func convertAll(input io.Reader, name string, rows int64, days int) error {
	out, err := convert.NewConverter().Convert(context.Background(), input, contract(name))
	if err != nil {
		return err
	}
	if out.Rows != rows || len(out.Days) != days {
		return fmt.Errorf("%d rows, %d days", out.Rows, len(out.Days))
	}
	return out.Close()
}

// BenchmarkEncodingCSVOnly only splits the same input into cells, with the standard library: the yardstick.
func BenchmarkEncodingCSVOnly(b *testing.B) {
	input := deviceCSV()
	before := start(b, input)
	for b.Loop() {
		if err := splitAll(input); err != nil {
			b.Fatal(err)
		}
	}
	reportRows(b, before)
}

func splitAll(input []byte) error {
	r := csv.NewReader(bytes.NewReader(input))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
