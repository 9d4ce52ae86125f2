//go:build cgo

package quality_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// load puts a report into a dataset as the ingester does.
func load(t *testing.T, dir, subscription, table, csv string) {
	t.Helper()
	c, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(csv), report.Contract{
		Subscription: subscription, Table: table, Window: report.Window{From: october(1), To: october(31)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range c.Days {
		err := migrate.Folder(dir).Write(report.PartitionKey(subscription, table, day.Date), func(to io.Writer) error {
			_, err := io.Copy(to, day.Body)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func october(d int) report.Date { return report.NewDate(2026, time.October, d) }

// days makes rows of the operations table days for asp_device: all of 12 to 25 October are COMPLETE, but for one where that is not 0.
func days(subscription string, pending int) (rows [][]any) {
	for d := 12; d <= 25; d++ {
		status := "COMPLETE"
		if d == pending {
			status = "PENDING"
		}
		rows = append(rows, []any{subscription, "asp_device", october(d).String(), status, "1", nil, nil, nil, nil})
	}
	return rows
}

func open(t *testing.T, dir string, days ...[]any) *duckdb.Engine {
	t.Helper()
	e, err := duckdb.Open(t.Context(), duckdb.Options{Dataset: dir, Memory: "1GB", Threads: 1, Operations: func(context.Context, string) ([][]any, error) {
		return days, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

const (
	units  = "dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,unitId_level_2,unitName_level_2,"
	device = units + "device_count,active_device_count,dialog_count\n"
)

// room is where a row is: the room of that name in the property whose name is its first letter; without a digit, the property.
func room(d int, name string) string {
	if property := strings.ToUpper(name[:1]); len(name) > 1 {
		return fmt.Sprintf("%s,org,Org,%s,Hotel %s,%s,Room,", october(d), property, property, name)
	}
	return fmt.Sprintf("%s,org,Org,%s,Hotel %s,,,", october(d), name, name)
}

// suspicious breaks each rule once on 26 October, beside what comes closest to breaking it. 5, 12, 19 and 26 October are Mondays, and of
// 10, 20 and 40 the median is 20.
func suspicious(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	csv := device
	for d, dialogs := range map[int]int{5: 10, 12: 20, 19: 40} {
		for _, name := range []string{"p1", "q1", "g1"} {
			csv += room(d, name) + fmt.Sprintf("1,1,%d\n", dialogs)
		}
	}
	csv += room(12, "n1") + "1,1,20\n" + room(19, "n1") + "1,1,40\n" + room(19, "P") + "1,1,40\n" +
		// Of G there is nothing; N has two Mondays before; Q has one half of what is usual.
		room(26, "p1") + "1,1,9\n" + room(26, "P") + "1,1,12\n" + room(26, "q1") + "1,2,10\n" + room(26, "n1") + "1,1,1\n"
	load(t, dir, "hotels", "asp_device", csv)
	load(t, dir, "hotels", "asp_communication", units+"direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropin_action_count,dropin_duration_minutes\n"+
		room(26, "p1")+"Outbound,Calling_Voice,A2A,1,1000,0,0\n"+room(26, "p1")+"Inbound,DropIn_Video,A2A,0,,1,440.5\n"+
		room(26, "q1")+"Outbound,Calling_Voice,A2A,1,1440,0,0\n"+room(26, "x1")+"Outbound,Calling_Voice,A2A,1,5000,0,0\n")
	load(t, dir, "hotels", "asp_proactive_campaign", units+"campaign_id,targeted_devices_count,taps_count,impression_count\n"+
		room(26, "p1")+"spa,1,3,2\n"+room(26, "q1")+"spa,1,2,2\n")
	load(t, dir, "hotels", "asp_property_skill", units+"skill_name,intent_name,active_device_count,dialog_count\n"+
		room(5, "p1")+"Butler,GetMenu,1,1\n"+room(12, "p1")+"Butler,GetMenu,1,1\n"+room(12, "p1")+"Butler,Stop,1,2\n"+room(19, "q1")+"Butler,Stop,1,3\n")
	load(t, dir, "hotels", "asp_domain_engagement", units+"business_domain,active_device_count,dialog_count\n"+
		room(5, "p1")+"Audio,1,1\n"+room(26, "p1")+"Weather,1,4\n")
	return dir
}

func TestEachRuleFindsWhatBreaksIt(t *testing.T) {
	e := open(t, suspicious(t))
	rules, err := catalog.Checks()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC)
	r, err := quality.Check(t.Context(), e, rules, october(6), now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, strings.Join([]string{string(f.Severity), f.Rule, f.Table, f.Date, f.UnitID, f.Subject, f.Value, f.Expected}, "|"))
	}
	want := []string{
		"bad|active-devices|asp_device|2026-10-26|q1||2|1",
		"bad|minutes|asp_communication|2026-10-26|p1||1440.500000|1440",
		"bad|taps|asp_proactive_campaign|2026-10-26|p1|spa|3|2",
		"warn|property-halved|asp_device|2026-10-26|G|dialog_count|0|20",
		"warn|property-halved|asp_device|2026-10-26|P|dialog_count|9|20",
		"warn|rollup-residual|asp_device|2026-10-26|P|dialog_count|12|9",
		"info|new-domain|asp_domain_engagement|2026-10-26||Weather|4|",
		"info|new-intent|asp_property_skill|2026-10-12||Butler / Stop|5|",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if counts := r.Counts; counts[catalog.Bad] != 3 || counts[catalog.Warn] != 3 || counts[catalog.Info] != 2 || len(r.Rules) != 7 {
		t.Errorf("%v of %d rules", counts, len(r.Rules))
	}
	later, err := quality.Check(t.Context(), e, rules, october(27), now)
	if err != nil || len(later.Findings) > 0 {
		t.Errorf("from 27 October on: %v, %v", later.Findings, err)
	}
}

func TestWhatTheChecksFoundIsKept(t *testing.T) {
	dir := t.TempDir()
	if _, ok, err := quality.Last(dir); ok || err != nil {
		t.Fatalf("nothing is kept, and found: %v, %v", ok, err)
	}
	at := time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC)
	first := quality.Result{CheckedAt: at.Add(-time.Hour), Findings: []quality.Finding{{Rule: "old"}}}
	second := quality.Result{
		CheckedAt: at, Since: october(1), Counts: map[catalog.Severity]int{catalog.Info: 1}, Rules: []quality.Outcome{{"new-domain", catalog.Info, "A domain is new", 1}},
		Findings: []quality.Finding{{Rule: "new-domain", Severity: catalog.Info, Table: "asp_domain_engagement", Date: "2026-10-26", Subject: "Weather", Value: "4"}},
	}
	for _, r := range []quality.Result{first, second} {
		if err := quality.Save(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	got, ok, err := quality.Last(dir)
	if diff := cmp.Diff(second, got); diff != "" || !ok || err != nil {
		t.Errorf("%v, %v, kept (-want +got):\n%s", ok, err, diff)
	}
	// The table checks takes them as they are.
	e := open(t, dir, got.Rows()...)
	var count bytes.Buffer
	to := query.NewCSV(&count, false)
	err = e.Run(t.Context(), "SELECT count(*) AS n FROM operations.checks WHERE value = 4 AND expected IS NULL AND checked_at = TIMESTAMPTZ '2026-11-01 06:00:00Z'", to)
	if err := errors.Join(err, to.Close()); err != nil || strings.TrimSpace(count.String()) != "n\n1" && strings.TrimSpace(count.String()) != "n\r\n1" {
		t.Errorf("%q, %v", count.String(), err)
	}
}

func TestWeekAgainstWeek(t *testing.T) {
	dir := t.TempDir()
	// M is in both subscriptions; Z has nothing in the week before.
	load(t, dir, "a", "asp_device", device+room(11, "p1")+"1,1,500\n"+room(12, "p1")+"1,1,5\n"+room(18, "p1")+"1,1,15\n"+room(19, "p1")+"1,1,10\n"+room(25, "p2")+"1,1,20\n"+
		room(26, "p1")+"1,1,500\n"+room(20, "z1")+"1,1,5\n"+room(14, "m1")+"1,1,1\n"+room(21, "m1")+"1,1,100\n")
	load(t, dir, "b", "asp_device", device+room(14, "m2")+"1,1,1\n"+room(14, "q1")+"1,1,9\n"+room(21, "q1")+"1,1,90\n")
	w, err := quality.CompareWeeks(t.Context(), open(t, dir, append(days("a", 0), days("b", 17)...)...), october(19))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range w.Properties {
		line := fmt.Sprintf("%s %s: %s to %s", m.PropertyID, m.PropertyName, m.DialogsBefore, m.Dialogs)
		if m.Complete {
			line += ", " + string(*m.Change)
		} else if m.Change != nil || m.Ratio != nil {
			t.Errorf("%s has a change, and a day is not there", m.PropertyID)
		}
		if m.Ratio != nil {
			line += ", " + string(*m.Ratio)
		}
		got = append(got, line)
	}
	want := []string{"P Hotel P: 20 to 30, 10, 0.5", "Z Hotel Z: 0 to 5, 5", "M Hotel M: 2 to 100", "Q Hotel Q: 9 to 90"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("movers (-want +got):\n%s", diff)
	}
	if w.Week != (report.Window{From: october(19), To: october(25)}) || w.Before != (report.Window{From: october(12), To: october(18)}) {
		t.Errorf("weeks %s and %s", w.Week, w.Before)
	}
}

func TestTheLastWeekThatWasOver(t *testing.T) {
	for d, monday := range map[int]int{24: 12, 25: 19, 26: 19, 31: 19} { // 25 October is a Sunday
		if got := quality.LastWeek(october(d)); got != october(monday) {
			t.Errorf("on %s the last week that was over began on %s, want %s", october(d), got, october(monday))
		}
	}
}
