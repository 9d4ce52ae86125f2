package table_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/table"
)

const benchRows = 500_000

// deviceCSV is 25 days of 20,000 rooms in 50 properties, rows by date; one property name in five and one room
// name in ten hold a comma, one room name in a hundred a quote.
var (
	deviceCSV   = sync.OnceValue(func() []byte { return deviceRows(25) })
	oneSliceCSV = sync.OnceValue(func() []byte { return deviceRows(1) })
)

func deviceRows(days int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	id := func() string {
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
		b := make([]byte, 50+r.IntN(70))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return "amzn1.alexa.unit.did." + string(b)
	}
	const properties, rooms = 50, 20_000
	var prefixes, suffixes [rooms]string
	type unit struct{ id, name, group string }
	var all [properties]unit
	for i := range all {
		all[i] = unit{id(), fmt.Sprintf("Property %d", i), id()}
		if i%5 == 0 {
			all[i].name = fmt.Sprintf(`"Property %d, Downtown"`, i)
		}
	}
	for i := range rooms {
		p := all[i/(rooms/properties)]
		name := fmt.Sprintf("Room %d", i)
		switch {
		case i%100 == 7:
			name = fmt.Sprintf(`"The ""Suite"" %d"`, i)
		case i%10 == 3:
			name = fmt.Sprintf(`"Room %d, Garden"`, i)
		}
		prefixes[i] = fmt.Sprintf(",%s,%s,%s,Default,%s,%s,", p.id, p.name, p.group, id(), name)
		suffixes[i] = fmt.Sprintf("%d,%d,", 1+i%3, i%2)
	}
	var b bytes.Buffer
	b.WriteString("dataset_date,unitId_level_1,unitName_level_1,unitId_level_2,unitName_level_2,unitId_level_3,unitName_level_3,device_count,active_device_count,dialog_count\n")
	first := report.NewDate(2026, 1, 1)
	for n := range benchRows {
		day := first + report.Date(n*days/benchRows)
		y, m, d := day.Time().Date()
		fmt.Fprintf(&b, "%d/%d/%d%s%s%d\n", m, d, y, prefixes[n%rooms], suffixes[n%rooms], r.IntN(200))
	}
	return b.Bytes()
}

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
func BenchmarkConvertDevice(b *testing.B) { benchmarkConvert(b, deviceCSV(), 25) }

// BenchmarkConvertOneSlice has the same rows, all of one date: the text of 20,000 units is encoded once and
// not 25 times, so it shows the cost of the rows alone.
func BenchmarkConvertOneSlice(b *testing.B) { benchmarkConvert(b, oneSliceCSV(), 1) }

func benchmarkConvert(b *testing.B, input []byte, days int) {
	before := start(b, input)
	for b.Loop() {
		out, err := table.NewConverter().Convert(context.Background(), bytes.NewReader(input), contract("asp_device"))
		if err != nil {
			b.Fatal(err)
		}
		if out.Rows != benchRows || len(out.Days) != days {
			b.Fatalf("%d rows, %d days", out.Rows, len(out.Days))
		}
		if err := out.Close(); err != nil {
			b.Fatal(err)
		}
	}
	reportRows(b, before)
}

// BenchmarkEncodingCSVOnly only splits the same input into cells, with the standard library: the yardstick.
func BenchmarkEncodingCSVOnly(b *testing.B) {
	input := deviceCSV()
	before := start(b, input)
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(input))
		r.ReuseRecord = true
		for {
			_, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	reportRows(b, before)
}
