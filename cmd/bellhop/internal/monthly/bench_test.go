//go:build cgo

package monthly_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly/paper"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// year loads a year of 500 rooms in five houses, up to the end of October.
func year(b *testing.B, e *estate) {
	b.Helper()
	var use, domains strings.Builder
	use.WriteString(units + "," + devices + "\n")
	domains.WriteString(units + ",business_domain,active_device_count,dialog_count\n")
	for d := range (report.Window{From: report.NewDate(2025, time.November, 1), To: october(31)}).Days() {
		for room := range 500 {
			unit := fmt.Sprintf("%s,amzn1.alexa.unit.did.p%d,House %d,amzn1.alexa.unit.did.%040d,Room %d", d, room%5, room%5, room, room)
			dialogs := (room*31 + int(d)*17) % 40
			fmt.Fprintf(&use, "%s,1,%d,%d\n", unit, min(1, dialogs), dialogs)
			fmt.Fprintf(&domains, "%s,Audio,1,%d\n%s,Other,1,%d\n", unit, dialogs/2, unit, dialogs-dialogs/2)
		}
	}
	e.load(b, "hotels", "asp_device", use.String())
	e.load(b, "hotels", "asp_domain_engagement", domains.String())
	e.cover("asp_device", "asp_domain_engagement")
}

func BenchmarkAMonthOfAYearOfFiveHundredRooms(b *testing.B) {
	e := &estate{dir: b.TempDir()}
	year(b, e)
	reader := e.reader(b)
	for _, property := range []string{"", "House 3"} {
		b.Run("property "+property, func(b *testing.B) {
			var page bytes.Buffer
			for b.Loop() {
				page.Reset()
				r := made(b, reader, monthly.Order{Property: property})
				if err := paper.Document(r.For(owner), owner).Write(&page); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(page.Len()), "bytes/page")
		})
	}
}
