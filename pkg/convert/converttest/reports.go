// Package converttest makes reports of any size for tests and benchmarks, in the form that the vendor delivers.
package converttest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

const units = "dataset_date,unitId_level_1,unitName_level_1,unitId_level_2,unitName_level_2,unitId_level_3,unitName_level_3,"

// Rooms is how many rooms a report has, and how many rows a date of it may have at most: no room comes twice.
const Rooms = 20_000

// hotels returns the unit cells of 20,000 rooms in 50 properties: ids of 71 to 141 bytes; one property name in
// five and one room name in ten hold a comma, one room name in a hundred a quote.
func hotels(r *rand.Rand) (rooms [Rooms]string) {
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
		p := all[i/(Rooms/properties)]
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

// Device writes a DEVICE report: rows spread over days dates from 1 January 2026 on, one room after the other. It has the
// same bytes each time.
func Device(w io.Writer, rows, days int) error {
	return writeReport(w, rows, days, "device_count,active_device_count,dialog_count", func(b []byte, n int, r *rand.Rand) []byte {
		return fmt.Appendf(b, "%d,%d,%d", 1+n%3, n%2, r.IntN(200))
	})
}

// Rotated is [Device] with the rooms of each date in another order.
func Rotated(w io.Writer, rows, days int) error {
	return writeRows(w, rows, days, "device_count,active_device_count,dialog_count", func(n int) int { return n + n*days/rows*833 },
		func(b []byte, n int, r *rand.Rand) []byte { return fmt.Appendf(b, "%d,%d,%d", 1+n%3, n%2, r.IntN(200)) })
}

// Domains writes a DOMAIN_ENGAGEMENT report: all rooms with one domain after the other, so that a date may have as many rows
// as one likes.
func Domains(w io.Writer, rows, days int) error {
	at := 0
	return writeReport(w, rows, days, "business_domain,active_device_count,dialog_count", func(b []byte, n int, r *rand.Rand) []byte {
		at++
		return fmt.Appendf(b, "Domain %d,%d,%d", at/Rooms, n%2, r.IntN(200))
	})
}

// Communication writes a COMMUNICATION report like that of [Device]: of each room, one row a day for one kind of call.
func Communication(w io.Writer, rows, days int) error {
	const header = "direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropIn_action_count,dropIn_duration_minutes"
	directions, providers := [...]string{"Inbound", "Outbound"}, [...]string{"A2A", "PSTN"}
	kinds := [...]string{"Calling_Voice", "Calling_Video", "DropIn_Voice", "DropIn_Video"}
	return writeReport(w, rows, days, header, func(b []byte, _ int, r *rand.Rand) []byte {
		return fmt.Appendf(b, "%s,%s,%s,%d,%d.%02d,%d,%d.%02d", directions[r.IntN(2)], kinds[r.IntN(4)], providers[r.IntN(2)],
			r.IntN(40), r.IntN(300), r.IntN(100), r.IntN(10), r.IntN(60), r.IntN(100))
	})
}

// Unique writes a DEVICE report in which no room comes twice: the worst that text can do.
func Unique(w io.Writer, rows, days int) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := fmt.Fprintln(out, units+"device_count,active_device_count,dialog_count"); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(3, 3)) //nolint:gosec // the same rows each time
	for n := range rows {
		y, m, d := report.NewDate(2026, 1, 1+n*days/rows).Time().Date()
		if _, err := fmt.Fprintf(out, "%d/%d/%d,property,Property,group,Default,amzn1.alexa.unit.did.%016x%016x%016x%016x%d,Room %d,1,1,%d\n",
			m, d, y, r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64(), n, n, n%9); err != nil {
			return err
		}
	}
	return out.Flush()
}

func writeReport(w io.Writer, rows, days int, header string, cells func(b []byte, room int, r *rand.Rand) []byte) error {
	return writeRows(w, rows, days, header, func(n int) int { return n }, cells)
}

// writeRows writes a report of which row n is of room(n).
func writeRows(w io.Writer, rows, days int, header string, room func(n int) int, cells func(b []byte, room int, r *rand.Rand) []byte) error {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same rows each time
	rooms := hotels(r)
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := fmt.Fprintln(out, units+header); err != nil {
		return err
	}
	first := report.NewDate(2026, 1, 1)
	var line []byte
	for n := range rows {
		y, m, d := (first + report.Date(n*days/rows)).Time().Date()
		line = fmt.Appendf(line[:0], "%d/%d/%d", m, d, y)
		line = append(line, rooms[room(n)%Rooms]...)
		line = append(cells(line, room(n)%Rooms, r), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}
