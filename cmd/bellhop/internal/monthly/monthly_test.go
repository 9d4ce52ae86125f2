//go:build cgo

package monthly_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// smith is the name of a room that says who lives in it.
const smith = "Mrs Smith 204"

func now() time.Time { return time.Date(2026, time.November, 3, 8, 12, 0, 0, time.UTC) }

func october(d int) report.Date { return report.NewDate(2026, time.October, d) }

// estate is a dataset with the days that a ledger has of it.
type estate struct {
	dir  string
	days []report.DayCoverage
	// published is what the ledger says of the days.
	published []report.Partition
	// second are the days of another subscription, over Harbour alone.
	second []report.DayCoverage
}

func (e *estate) Coverage(_ context.Context, f view.CoverageFilter) (view.Coverage, error) {
	made := view.Coverage{}
	for name, days := range map[string][]report.DayCoverage{"hotels": e.days, "harbour": e.second} {
		if days == nil {
			continue
		}
		c := view.Covered{Name: name, Gaps: []view.Gap{}}
		for _, d := range days {
			if !f.Days.Contains(d.Date) {
				continue
			}
			c.Days = append(c.Days, d)
			if !d.Status.Covered() {
				c.Gaps = append(c.Gaps, view.Gap{
					Subscription: name, Table: d.Table, Window: report.Window{From: d.Date, To: d.Date}, Days: 1, Status: d.Status, Why: d.Why, LostAfter: d.Date + 90,
				})
			}
		}
		made.Subscriptions = append(made.Subscriptions, c)
	}
	return made, nil
}

func (e *estate) Published(_ context.Context, subscription string, w report.Window) ([]report.Partition, error) {
	return slices.DeleteFunc(slices.Clone(e.published), func(s report.Partition) bool {
		return s.Subscription != subscription || !w.Contains(s.Date)
	}), nil
}

// cover says that all days of September and October are there, of all tables that the estate has.
func (e *estate) cover(tables ...string) {
	for _, table := range tables {
		for d := range (report.Window{From: report.NewDate(2026, time.September, 1), To: october(31)}).Days() {
			e.days = append(e.days, report.DayCoverage{Table: table, Date: d, Status: report.CoverageComplete})
		}
	}
}

// lose says of a day that it is not there.
func (e *estate) lose(table string, d report.Date, why string) {
	for i := range e.days {
		if e.days[i].Table == table && e.days[i].Date == d {
			e.days[i].Status, e.days[i].Why = report.CoverageExpired, why
		}
	}
}

func (e *estate) load(t testing.TB, subscription, table, csv string) {
	t.Helper()
	c, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(csv), report.Contract{
		Subscription: subscription, Table: table, Window: report.Window{From: report.NewDate(2025, 1, 1), To: report.NewDate(2027, 1, 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range c.Days {
		file := filepath.Join(e.dir, filepath.FromSlash(report.PartitionKey(subscription, table, d.Date)))
		content, err := io.ReadAll(d.Body)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(file), 0o750)
		}
		if err == nil {
			err = os.WriteFile(file, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func (e *estate) reader(t testing.TB) monthly.Reader {
	t.Helper()
	engine, err := duckdb.Open(t.Context(), duckdb.Options{Dataset: e.dir, Memory: "1GB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return monthly.Reader{Days: e, Engine: engine, Now: now}
}

const units = "dataset_date,unitId_level_1,unitName_level_1,unitId_level_2,unitName_level_2"

var rooms = map[string]string{
	"r1": "p1,Sunrise,r1," + smith, "r2": "p1,Sunrise,r2,Room 205", "r3": "p2,Harbour,r3,Room 301", "r4": "p2,Harbour,r4,Room 302",
}

// table makes a report of rows like "2026-10-01 r1 1,1,10".
func table(columns string, lines ...string) string {
	csv := units + "," + columns + "\n"
	for _, line := range lines {
		f := strings.SplitN(line, " ", 3)
		csv += f[0] + "," + rooms[f[1]] + "," + f[2] + "\n"
	}
	return csv
}

const (
	devices = "device_count,active_device_count,dialog_count"
	calls   = "direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropin_action_count,dropin_duration_minutes"
)

// hotels is two houses with four rooms, of which one is silent, over two days of October and one of September. After
// these two days only the silent room has rows, for five days more.
func hotels(t testing.TB) *estate {
	t.Helper()
	e := &estate{dir: t.TempDir()}
	e.load(t, "hotels", "asp_device", table(devices,
		"2026-09-01 r1 1,1,30", "2026-09-01 r2 1,0,0", "2026-09-01 r3 2,0,10",
		"2026-10-01 r1 1,1,10", "2026-10-01 r2 1,1,20", "2026-10-01 r3 2,1,5", "2026-10-01 r4 1,0,0",
		"2026-10-02 r1 1,1,3", "2026-10-02 r2 1,0,0", "2026-10-02 r3 2,2,40", "2026-10-02 r4 1,0,0",
		"2026-10-03 r4 1,0,0", "2026-10-04 r4 1,0,0", "2026-10-05 r4 1,0,0", "2026-10-06 r4 1,0,0", "2026-10-07 r4 1,0,0"))
	e.load(t, "hotels", "asp_domain_engagement", table("business_domain,active_device_count,dialog_count",
		"2026-10-01 r1 Audio,1,8", "2026-10-01 r1 Other,1,2", "2026-10-01 r2 Audio,1,20", "2026-10-01 r3 Audio,1,5",
		"2026-10-02 r1 Other,1,3", "2026-10-02 r3 Audio,2,40"))
	e.load(t, "hotels", "asp_proactive_campaign", table("campaign_id,targeted_devices_count,taps_count,impression_count",
		"2026-10-01 r1 spa,1,1,20", "2026-10-02 r3 spa,2,3,20"))
	e.load(t, "hotels", "asp_communication", table(calls,
		"2026-10-01 r1 Outbound,Calling_Voice,A2A,2,10.5,0,0", "2026-10-01 r3 Inbound,Calling_Voice,A2A,2,10.5,1,0.25"))
	e.load(t, "hotels", "asp_property_skill", table("skill_name,intent_name,active_device_count,dialog_count", "2026-10-01 r1 Menu,GetMenu,1,7", "2026-10-02 r3 Menu,Stop,1,6"))
	metric := "2026-10-01,s,live,custom,%s,P1D,2026-10-01T00:00:00Z,,,,,,,%s,\n"
	e.load(t, "skill", "skill_metrics", "dataset_date,skill_id,stage,skill_type,metric,period,period_start,locale,intent,statistic,group_field,group_value,given,amount,reading\n"+
		fmt.Sprintf(metric, "totalUtterances", "80")+fmt.Sprintf(metric, "failedUtterances", "6"))
	e.load(t, "care", "khoros_response", responses("c1,tag=Refund", "c1,tag=Refund", "c2,tag=Late"))
	e.cover("asp_device", "asp_domain_engagement", "asp_proactive_campaign", "asp_communication", "asp_property_skill", "skill_metrics", "khoros_response")
	return e
}

// responses makes an export of rows like "c1,tag=Refund", of 5 October, a Monday.
func responses(lines ...string) string {
	d, _ := dataset.Lookup("khoros_response")
	names := []string{"dataset_date"}
	for _, c := range d.Dimensions() {
		names = append(names, c.Name)
	}
	csv := strings.Join(names, ",") + "\n"
	for _, line := range lines {
		conversation, tag, _ := strings.Cut(line, ",tag=")
		row := make([]string, len(names))
		for i, name := range names {
			row[i] = map[string]string{
				"dataset_date": "2026-10-05", "company": "acme", "conversation_id": conversation, "manual_tag": tag, "responding_agent_display_id": "agent",
			}[name]
		}
		csv += strings.Join(row, ",") + "\n"
	}
	return csv
}

func made(t testing.TB, r monthly.Reader, o monthly.Order) monthly.Report {
	t.Helper()
	if o.Month == (monthly.Month{}) {
		o.Month = monthly.MonthOf(october(1))
	}
	found, err := r.Report(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// texts writes the rows of a block, a string each.
func texts(t testing.TB, r monthly.Report, name string) []string {
	t.Helper()
	b, ok := r.Block(name)
	if !ok {
		t.Fatalf("there is no block %s", name)
	}
	var all []string
	for _, row := range b.Rows {
		var line []string
		for _, v := range row {
			line = append(line, text(v))
		}
		all = append(all, strings.Join(line, " | "))
	}
	return all
}

func text(v any) string {
	switch v := v.(type) {
	case monthly.Missing:
		return "missing: " + v.Why
	case monthly.Hidden:
		return v.Why
	case query.Number:
		return string(v)
	default:
		return fmt.Sprint(v)
	}
}

func headline(r monthly.Report) []string {
	var all []string
	for _, f := range r.Headline {
		all = append(all, fmt.Sprintf("%s %s, before %s, change %s", f.Name, text(f.Value), text(f.Before), text(f.Change)))
	}
	return all
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// The numbers are by hand. Dialogs: 10 + 20 + 5 + 3 + 40 = 78, against 40. Devices 5, 5 and five times 1: 15 on 7 days, in use 3 and 3: 6.
// Against 1 of 4 in September 6 of 15 are 15 points more, and 15/7 devices are 46.4 % less. Domains: 5 + 40 are all of Harbour; of the
// 33 dialogs of Sunrise 8 + 20 are Audio. Taps: 4 of 40 impressions.
func TestEveryNumberIsThatOfTheRows(t *testing.T) {
	r := made(t, hotels(t).reader(t), monthly.Order{})
	same(t, "the headline", headline(r), "dialogs 78, before 40, change 95", "devices 2.1, before 4, change -46.4", "in_use 0.9, before 1, change -14.3", "percent_in_use 40, before 25, change 15")
	blocks := map[string][]string{
		"use-by-property": {"Harbour | 7 | 1.6 | 0.4 | 27.3 | 45 | p2", "Sunrise | 2 | 2 | 1.5 | 75 | 33 | p1"},
		"domains":         {"Harbour | Audio | 45 | 100 | p2", "Sunrise | Audio | 28 | 84.8 | p1", "Sunrise | Other | 5 | 15.2 | p1"},
		"intents":         {"Menu | GetMenu | 7", "Menu | Stop | 6"},
		"campaigns":       {"<nil> | 2026-10-01 | 2026-10-02 | 40 | 4 | 10 | spa"},
		"calls": {
			"Harbour | A2A | Inbound | Calling_Voice | 2 | 10.5 | 1 | 0.25 | p2", "Sunrise | A2A | Outbound | Calling_Voice | 2 | 10.5 | 0 | 0 | p1",
		},
		"skills":       {"s | live | 1 | 80 | 6 | 7.5"},
		"care":         {"2026-10-05 | Refund | 2 | 1 | 1", "2026-10-05 | Late | 1 | 1 | 1"},
		"silent":       {"Room 302 | Harbour | 1 | 2026-10-07 | r4"},
		"rooms":        {"Room 301 | Harbour | 2 | 2 | 45 | r3 | p2", "Room 205 | Sunrise | 2 | 1 | 20 | r2 | p1", smith + " | Sunrise | 2 | 1 | 13 | r1 | p1", "Room 302 | Harbour | 7 | 1 | 0 | r4 | p2"},
		"completeness": nil,
	}
	for name, want := range blocks {
		same(t, name, texts(t, r, name), want...)
	}
	days := texts(t, r, "use-by-day")
	same(t, "the first days", days[:3], "2026-10-01 | 5 | 3 | 35", "2026-10-02 | 5 | 3 | 43", "2026-10-03 | 1 | 0 | 0")
	same(t, "a day without rows", days[7:8], "2026-10-08 | <nil> | 0 | 0")
	if len(days) != 31 || len(r.Blocks) != len(blocks)+1 || len(r.Without) != 0 {
		t.Errorf("%d days, %d blocks, without %q", len(days), len(r.Blocks), r.Without)
	}
}

func TestAReportOfOnePropertyHasNoOther(t *testing.T) {
	reader := hotels(t).reader(t)
	for _, named := range []string{"p1", "sunrise"} {
		r := made(t, reader, monthly.Order{Property: named})
		same(t, "the headline", headline(r), "dialogs 33, before 30, change 10", "devices 2, before 2, change 0", "in_use 1.5, before 1, change 50", "percent_in_use 75, before 50, change 25")
		same(t, "rooms", texts(t, r, "rooms"), "Room 205 | Sunrise | 2 | 1 | 20 | r2 | p1", smith+" | Sunrise | 2 | 1 | 13 | r1 | p1")
		same(t, "what is of the whole account", r.Without, "Skills: do they work?", "Contact centre: responses")
	}
	_, err := reader.Report(t.Context(), monthly.Order{Month: monthly.MonthOf(october(1)), Property: "Nowhere"})
	if err == nil || !strings.Contains(err.Error(), "no property is called Nowhere") {
		t.Errorf("got %v", err)
	}
}

func TestAMissingDayIsNeitherZeroNorCompared(t *testing.T) {
	e := hotels(t)
	e.lose("asp_device", october(5), "the vendor no longer has it")
	e.lose("asp_domain_engagement", october(31), "")
	r := made(t, e.reader(t), monthly.Order{})
	days := texts(t, r, "use-by-day")
	same(t, "the days around it", days[3:6], "2026-10-04 | 1 | 0 | 0", "2026-10-05 | missing: EXPIRED | missing: EXPIRED | missing: EXPIRED", "2026-10-06 | 1 | 0 | 0")
	for _, f := range r.Headline {
		if f.Change != nil || f.Value == nil || f.Before == nil {
			t.Errorf("%s has the change %v of %v and %v, though a day is missing", f.Name, f.Change, f.Value, f.Before)
		}
	}
	for name, want := range map[string]monthly.Data{"use-by-day": {october(31), 30, 31}, "domains": {october(30), 29, 31}, "calls": {october(31), 31, 31}} {
		if b, _ := r.Block(name); *b.Data != want {
			t.Errorf("%s: %+v, want %+v", name, *b.Data, want)
		}
	}
	same(t, "completeness", texts(t, r, "completeness"),
		"asp_device | 2026-10-05 | 2026-10-05 | 1 | EXPIRED | 2027-01-03 | hotels | the vendor no longer has it",
		"asp_domain_engagement | 2026-10-31 | 2026-10-31 | 1 | EXPIRED | 2027-01-29 | hotels | ")
}

// A month before of which a day is missing is as little to be compared with.
func TestAMissingDayOfTheMonthBeforeForbidsAChange(t *testing.T) {
	e := hotels(t)
	e.lose("asp_device", report.NewDate(2026, time.September, 9), "")
	for _, f := range made(t, e.reader(t), monthly.Order{}).Headline {
		if f.Change != nil {
			t.Errorf("%s has a change: %v", f.Name, f.Change)
		}
	}
}

// A day counts when every subscription that is to deliver it has; for one property those count that report it.
func TestADayIsThereWhenAllSubscriptionsHaveIt(t *testing.T) {
	e := hotels(t)
	e.second = []report.DayCoverage{{Table: "asp_device", Date: october(2), Status: report.CoveragePending}}
	reader := e.reader(t)
	for property, want := range map[string]monthly.Data{"": {october(31), 30, 31}, "Sunrise": {october(31), 31, 31}} {
		r := made(t, reader, monthly.Order{Property: property})
		if r.Data != want {
			t.Errorf("%q: %+v, want %+v", property, r.Data, want)
		}
		// Its rows are there, of the other subscription.
		if property == "" {
			same(t, "the day", texts(t, r, "use-by-day")[1:2], "2026-10-02 | 5 | 3 | 43")
		}
	}
}

func TestWhatNobodyAsksForIsLeftOut(t *testing.T) {
	e := hotels(t)
	e.days = nil
	e.cover("asp_device")
	r := made(t, e.reader(t), monthly.Order{})
	if len(r.Without) != 6 || !slices.Contains(r.Without, "Campaigns") {
		t.Errorf("left out: %q", r.Without)
	}
}

// A text of somebody's is no SQL.
func TestAPropertyIsNamedAndNotRun(t *testing.T) {
	e := &estate{dir: t.TempDir()}
	e.load(t, "hotels", "asp_device", units+","+devices+"\n2026-10-01,p' OR 1=1,O'Hara,r1,Room,1,1,7\n2026-10-01,p2,Other,r2,Room,1,1,5\n")
	e.cover("asp_device")
	r := made(t, e.reader(t), monthly.Order{Property: "o'hara"})
	same(t, "by property", texts(t, r, "use-by-property"), "O'Hara | 1 | 1 | 1 | 100 | 7 | p' OR 1=1")
}
