package table_test

import (
	"bufio"
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

var (
	deviceCSV        = sync.OnceValue(func() []byte { return generated(device, benchRows, 25) })
	rotatedCSV       = sync.OnceValue(func() []byte { return generated(device, benchRows, 24) })
	oneSliceCSV      = sync.OnceValue(func() []byte { return generated(device, benchRows, 1) })
	communicationCSV = sync.OnceValue(func() []byte { return generated(communication, benchRows, 25) })
)

func generated(write func(io.Writer, int, int) error, rows, days int) []byte {
	var b bytes.Buffer
	if err := write(&b, rows, days); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const (
	benchUnits = "dataset_date,unitId_level_1,unitName_level_1,unitId_level_2,unitName_level_2,unitId_level_3,unitName_level_3,"
	benchRooms = 20_000
)

// hotels returns the unit cells of 20,000 rooms in 50 properties: ids of 71 to 141 bytes; one property name in
// five and one room name in ten hold a comma, one room name in a hundred a quote.
func hotels(r *rand.Rand) (rooms [benchRooms]string) {
	id := func() string {
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
		b := make([]byte, 50+r.IntN(70))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return "amzn1.alexa.unit.did." + string(b)
	}
	const properties = 50
	type unit struct{ id, name, group string }
	var all [properties]unit
	for i := range all {
		all[i] = unit{id(), fmt.Sprintf("Property %d", i), id()}
		if i%5 == 0 {
			all[i].name = fmt.Sprintf(`"Property %d, Downtown"`, i)
		}
	}
	for i := range rooms {
		p := all[i/(benchRooms/properties)]
		name := fmt.Sprintf("Room %d", i)
		switch {
		case i%100 == 7:
			name = fmt.Sprintf(`"The ""Suite"" %d"`, i)
		case i%10 == 3:
			name = fmt.Sprintf(`"Room %d, Garden"`, i)
		}
		rooms[i] = fmt.Sprintf(",%s,%s,%s,Default,%s,%s,", p.id, p.name, p.group, id(), name)
	}
	return rooms
}

// device writes a DEVICE report: rows by date, one room after the other. With 20,000 rows a date, each date has
// the rooms in the same order; with another number, each begins with another room.
func device(w io.Writer, rows, days int) error {
	return writeReport(w, rows, days, "device_count,active_device_count,dialog_count", func(b []byte, n int, r *rand.Rand) []byte {
		return fmt.Appendf(b, "%d,%d,%d", 1+n%3, n%2, r.IntN(200))
	})
}

// communication writes a COMMUNICATION report: of each room, one row a day for one kind of call.
func communication(w io.Writer, rows, days int) error {
	const header = "direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropIn_action_count,dropIn_duration_minutes"
	directions, providers := [...]string{"Inbound", "Outbound"}, [...]string{"A2A", "PSTN"}
	kinds := [...]string{"Calling_Voice", "Calling_Video", "DropIn_Voice", "DropIn_Video"}
	return writeReport(w, rows, days, header, func(b []byte, _ int, r *rand.Rand) []byte {
		return fmt.Appendf(b, "%s,%s,%s,%d,%d.%02d,%d,%d.%02d", directions[r.IntN(2)], kinds[r.IntN(4)], providers[r.IntN(2)],
			r.IntN(40), r.IntN(300), r.IntN(100), r.IntN(10), r.IntN(60), r.IntN(100))
	})
}

func writeReport(w io.Writer, rows, days int, header string, cells func(b []byte, room int, r *rand.Rand) []byte) error {
	r := rand.New(rand.NewPCG(1, 2))
	rooms := hotels(r)
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := fmt.Fprintln(out, benchUnits+header); err != nil {
		return err
	}
	first := report.NewDate(2026, 1, 1)
	var line []byte
	for n := range rows {
		y, m, d := (first + report.Date(n*days/rows)).Time().Date()
		line = fmt.Appendf(line[:0], "%d/%d/%d", m, d, y)
		line = append(line, rooms[n%benchRooms]...)
		line = append(cells(line, n%benchRooms, r), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
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
func BenchmarkConvertDevice(b *testing.B) { benchmarkConvert(b, deviceCSV(), "asp_device", 25) }

// BenchmarkConvertOneSlice has the same rows, all of one date: the text of 20,000 units is encoded once and
// not 25 times, so it shows the cost of the rows alone.
func BenchmarkConvertOneSlice(b *testing.B) { benchmarkConvert(b, oneSliceCSV(), "asp_device", 1) }

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
	out, err := table.NewConverter().Convert(context.Background(), input, contract(name))
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
