//go:build cgo

package console_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/console"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
)

// year is a year of 500 rooms in five houses, with the ledger's record of its days.
type year struct {
	view.Ledger
	dir      string
	snapshot report.Snapshot
}

var yearEnd = report.NewDate(2026, time.October, 31)

func (y *year) Subscriptions(context.Context) ([]report.Subscription, error) {
	return []report.Subscription{y.snapshot.Subscription}, nil
}

func (y *year) Snapshot(context.Context, string) (report.Snapshot, error) { return y.snapshot, nil }

func yearOfRooms(b *testing.B) *year {
	b.Helper()
	y := &year{dir: b.TempDir()}
	y.snapshot.Subscription = report.Subscription{Name: "hotels", Source: "asp-analytics", LagDays: 3, Params: report.Params{"unit_id": "amzn1.alexa.unit.did.org", "categories": "DEVICE,DOMAIN_ENGAGEMENT"}}
	const units = "dataset_date,unitId_level_1,unitName_level_1,unitId_level_2,unitName_level_2,"
	for d := range (report.Window{From: report.NewDate(2025, time.November, 1), To: yearEnd}).Days() {
		var use, domains strings.Builder
		use.WriteString(units + "device_count,active_device_count,dialog_count\n")
		domains.WriteString(units + "business_domain,active_device_count,dialog_count\n")
		for room := range 500 {
			unit := fmt.Sprintf("%s,amzn1.alexa.unit.did.p%d,House %d,amzn1.alexa.unit.did.%040d,Room %d", d, room%5, room%5, room, room)
			dialogs := (room*31 + int(d)*17) % 40
			fmt.Fprintf(&use, "%s,1,%d,%d\n", unit, min(1, dialogs), dialogs)
			fmt.Fprintf(&domains, "%s,Audio,1,%d\n%s,Other,1,%d\n", unit, dialogs/2, unit, dialogs-dialogs/2)
		}
		y.load(b, "asp_device", d, use.String())
		y.load(b, "asp_domain_engagement", d, domains.String())
	}
	return y
}

func (y *year) load(b *testing.B, table string, d report.Date, csv string) {
	b.Helper()
	c, err := convert.NewConverter().Convert(b.Context(), strings.NewReader(csv), report.Contract{Subscription: "hotels", Table: table, Window: report.Window{From: d, To: d}})
	if err != nil {
		b.Fatal(err)
	}
	key := report.PartitionKey("hotels", table, d)
	file := filepath.Join(y.dir, filepath.FromSlash(key))
	content, err := io.ReadAll(c.Days[0].Body)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o750)
	}
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	y.snapshot.Partitions = append(y.snapshot.Partitions, report.Partition{Subscription: "hotels", Table: table, Date: d, Rows: c.Days[0].Rows, Key: key, Generation: d.Time()})
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
}

// console shows the year with an engine that has some options.
func (y *year) console(b *testing.B, o duckdb.Options) *console.Console {
	b.Helper()
	o.Dataset, o.Memory = y.dir, "1GB"
	now := func() time.Time { return (yearEnd + 3).Time().Add(8 * time.Hour) }
	c := console.New(console.Place{
		View: func() *view.View {
			return &view.View{Name: "a year", Ledger: y, Now: now, Sources: []requester.Source{&asp.Source{}}}
		},
		Engine: func(ctx context.Context, days report.Window) (query.Engine, error) {
			if o.Hold {
				o.Days = days
			}
			return duckdb.Open(ctx, o)
		},
		Explain: func(err error) (string, string) { return err.Error(), "" },
	}, time.Now)
	b.Cleanup(func() {
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	return c
}

// The pages of numbers, over a year of 500 rooms: as they are served, and with an engine that opens all files for each statement.
func BenchmarkAPage(b *testing.B) {
	y := yearOfRooms(b)
	for _, path := range []string{"/rooms", "/engagement"} {
		for name, o := range map[string]duckdb.Options{"served": {Hold: true}, "plain": {}} {
			b.Run(path[1:]+"/"+name, func(b *testing.B) {
				c, size := y.console(b, o), 0
				for b.Loop() {
					w := httptest.NewRecorder()
					c.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
					if size = w.Body.Len(); w.Code != http.StatusOK {
						b.Fatal(textOf(w.Body.String()))
					}
				}
				b.ReportMetric(float64(size), "bytes/page")
			})
		}
	}
}

// How long a person looks at nothing, in a real browser: until the first paint of the page, and of a page without any number. And how
// long until all of the page is there.
func BenchmarkFirstPaint(b *testing.B) {
	server := httptest.NewServer(yearOfRooms(b).console(b, duckdb.Options{Hold: true}))
	defer server.Close()
	ctx := browser(b)
	measure := func(path string) (paint, whole float64) {
		err := chromedp.Do(ctx, chromedp.Navigate(server.URL+path))
		if err == nil {
			paint, err = chromedp.Run(ctx, chromedp.Evaluate[float64](`new Promise(done => new PerformanceObserver(l => done(l.getEntries()[0].startTime)).observe({type: "paint", buffered: true}))`, chromedp.EvalAwaitPromise))
		}
		if err == nil {
			whole, err = chromedp.Run(ctx, chromedp.Evaluate[float64](`performance.getEntriesByType("navigation")[0].domComplete`))
		}
		if err != nil {
			b.Fatal(err)
		}
		return paint, whole
	}
	for _, path := range []string{"/rooms", "/engagement"} {
		b.Run(path[1:], func(b *testing.B) {
			var page, whole, bare float64
			for b.Loop() {
				p, w := measure(path)
				none, _ := measure("/no-such-page")
				page, whole, bare = page+p, whole+w, bare+none
			}
			b.ReportMetric(page/float64(b.N), "ms/paint")
			b.ReportMetric(whole/float64(b.N), "ms/whole")
			b.ReportMetric(page/bare, "x-of-bare")
		})
	}
}
