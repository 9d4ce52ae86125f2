//go:build cgo

package duckdb_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

const metricsHeader = "dataset_date,skill_id,stage,skill_type,metric,period,period_start,locale,intent,statistic,group_field,group_value,given,amount,reading\n"

// sessions is a row of totalSessions of one skill on 1 November 2026.
func sessions(period, start, locale, intent, amount string) string {
	return "2026-11-01,s,live,custom,totalSessions," + period + ",2026-11-01T" + start + ":00Z," + locale + "," + intent + ",,,,," + amount + ",\n"
}

// The sums are by hand: what counts is what a person would add up.
func TestTheSumOfAMetricCountsNothingTwice(t *testing.T) {
	day := sessions("P1D", "00:00", "", "", "40")
	hours := sessions("PT1H", "10:00", "", "", "25") + sessions("PT1H", "11:00", "", "", "15")
	locales := sessions("P1D", "00:00", "en-US", "", "30") + sessions("P1D", "00:00", "de-DE", "", "10")
	tests := map[string]struct {
		files map[string]string // by subscription
		want  string            // the sum and the number of rows
	}{
		"a day alone":                          {map[string]string{"a": day}, "40 1"},
		"hours beside their day":               {map[string]string{"a": day + hours}, "40 2"},
		"intents beside their total":           {map[string]string{"a": day + sessions("P1D", "00:00", "", "GetMenu", "7")}, "40 1"},
		"intents without a total":              {map[string]string{"a": sessions("P1D", "00:00", "", "GetMenu", "7")}, "NULL 0"},
		"locales beside their total":           {map[string]string{"a": day + locales}, "40 1"},
		"locales without a total":              {map[string]string{"a": locales}, "40 2"},
		"one locale's hours, another's day":    {map[string]string{"a": locales + sessions("PT1H", "09:00", "en-US", "", "30")}, "40 2"},
		"a total of days, locales by hours":    {map[string]string{"a": day + sessions("PT1H", "09:00", "en-US", "", "30")}, "40 1"},
		"the whole time that was asked for":    {map[string]string{"a": day + sessions("SINGLE", "00:00", "", "", "280")}, "40 1"},
		"that time alone":                      {map[string]string{"a": sessions("SINGLE", "00:00", "", "", "280")}, "NULL 0"},
		"two subscriptions":                    {map[string]string{"b": day, "c": day}, "40 1"},
		"two subscriptions, the later by hour": {map[string]string{"b": day, "c": hours}, "40 1"},
		"each a locale":                        {map[string]string{"b": sessions("P1D", "00:00", "en-US", "", "30"), "c": sessions("P1D", "00:00", "de-DE", "", "10")}, "40 2"},
		"the later has the total":              {map[string]string{"b": sessions("P1D", "00:00", "en-US", "", "30"), "c": day}, "40 1"},
		"quarters, hours and day":              {map[string]string{"a": day + hours + sessions("PT15M", "10:15", "", "", "40")}, "40 1"},
		"another statistic, by the hour": {map[string]string{
			"a": day + "2026-11-01,s,live,custom,totalSessions,PT1H,2026-11-01T09:00:00Z,,,p90,,,,,3\n",
		}, "40 2"},
		"a breakdown of the second version": {map[string]string{
			"a": day + "2026-11-01,s,live,custom,totalSessions,P1D,2026-11-01T00:00:00Z,,,,device,Echo,,38,\n",
		}, "40 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := folder(t.TempDir())
			for subscription, rows := range tt.files {
				d.load(t, subscription, "skill_metrics", metricsHeader+rows)
			}
			wants(t, d.open(t), "SELECT coalesce(CAST(CAST(sum(amount) AS INTEGER) AS VARCHAR), 'NULL') || ' ' || count(*) FROM skill_metrics", []string{tt.want})
		})
	}
}

// Other metrics, skills, stages and days are not in each other's way.
func TestEachMetricHasAPeriodOfItsOwn(t *testing.T) {
	d := folder(t.TempDir())
	rows := sessions("PT1H", "10:00", "", "", "25") + sessions("P1D", "00:00", "", "", "25")
	rows += "2026-11-01,s,live,custom,uniqueCustomers,P1D,2026-11-01T00:00:00Z,,,,,,,,9\n"
	rows += "2026-11-01,s,development,custom,totalSessions,P1D,2026-11-01T00:00:00Z,,,,,,,3,\n"
	rows += "2026-11-01,t,live,custom,totalSessions,P1D,2026-11-01T00:00:00Z,,,,,,,5,\n"
	rows += "2026-11-02,s,live,custom,totalSessions,P1D,2026-11-02T00:00:00Z,,,,,,,7,\n"
	d.load(t, "a", "skill_metrics", metricsHeader+rows)
	e := d.open(t)
	wants(t, e, "SELECT dataset_date, skill_id, stage, metric, period, CAST(coalesce(amount, reading) AS INTEGER) FROM skill_metrics ORDER BY ALL",
		[]string{"2026-11-01", "s", "development", "totalSessions", "P1D", "3"},
		[]string{"2026-11-01", "s", "live", "totalSessions", "PT1H", "25"},
		[]string{"2026-11-01", "s", "live", "uniqueCustomers", "P1D", "9"},
		[]string{"2026-11-01", "t", "live", "totalSessions", "P1D", "5"},
		[]string{"2026-11-02", "s", "live", "totalSessions", "P1D", "7"})
	plan := ask(t, e, "EXPLAIN SELECT sum(amount) FROM skill_metrics WHERE dataset_date = DATE '2026-11-02'").texts[0][1]
	if !strings.Contains(plan, "Scanning Files: 1/") {
		t.Errorf("a filter on the day does not reach the files:\n%s", plan)
	}
}

const campaignsHeader = "dataset_date,campaign_id,campaign_group,title,body,locale,locales,template,content,targeting_type,target_units,starts_at,ends_at,validation_status,validation_reason,target_unit_count\n"

// snapshot is a row of a campaign on a day of November 2026.
func snapshot(day, campaign, title, status string) string {
	return "2026-11-" + day + "," + campaign + ",g-" + campaign + "," + title + ",,,,,,UNITS,u v,2026-11-01T10:00:00Z,," + status + ",,2\n"
}

// promotions is a dataset with the results and the snapshots of campaigns. The spa was renamed; the bar was deleted after the third,
// and its results come still; the pool is older than the first snapshot; the ghost is in none.
func promotions(t *testing.T) folder {
	t.Helper()
	d := folder(t.TempDir())
	d.load(t, "desk", "asp_campaigns", campaignsHeader+
		snapshot("02", "spa", "Spa", "IN_PROGRESS")+snapshot("03", "spa", "Spa", "APPROVED")+snapshot("04", "spa", "Spa", "APPROVED")+
		snapshot("06", "spa", "Spa & Sauna", "APPROVED")+
		snapshot("02", "bar", "Bar", "APPROVED")+snapshot("03", "bar", "Bar", "APPROVED")+
		snapshot("04", "pool", "Pool", "APPROVED")+snapshot("06", "pool", "Pool", "APPROVED"))
	// Another subscription sees the spa, too, and never the bar.
	d.load(t, "second", "asp_campaigns", campaignsHeader+snapshot("04", "spa", "Other", "APPROVED")+snapshot("07", "gym", "Gym", "APPROVED"))
	results := "dataset_date,unitId_level_0,unitName_level_0,campaign_id,targeted_devices_count,taps_count,impression_count\n"
	for _, row := range []string{"01,spa", "03,spa", "05,spa", "06,spa", "09,spa", "01,bar", "09,bar", "01,pool", "01,ghost"} {
		day, campaign, _ := strings.Cut(row, ",")
		results += "2026-11-" + day + ",org,Org," + campaign + ",5,1,10\n"
	}
	d.load(t, "hotels", "asp_proactive_campaign", results)
	return d
}

func TestACampaignHasARowForEachOfItsDefinitions(t *testing.T) {
	wants(t, promotions(t).open(t), "SELECT campaign_id, title, validation_status, valid_from, valid_to FROM asp_campaign_definitions ORDER BY campaign_id, valid_from",
		[]string{"bar", "Bar", "APPROVED", "2026-11-02", "2026-11-03"},
		[]string{"gym", "Gym", "APPROVED", "2026-11-07", "NULL"},
		[]string{"pool", "Pool", "APPROVED", "2026-11-04", "NULL"},
		[]string{"spa", "Spa", "IN_PROGRESS", "2026-11-02", "2026-11-02"},
		[]string{"spa", "Spa", "APPROVED", "2026-11-03", "2026-11-05"},
		[]string{"spa", "Spa & Sauna", "APPROVED", "2026-11-06", "NULL"})
}

// A definition that comes back is another row, and does not reach over the one between.
func TestADefinitionMayComeBack(t *testing.T) {
	d := folder(t.TempDir())
	d.load(t, "desk", "asp_campaigns", campaignsHeader+snapshot("01", "spa", "A", "")+snapshot("02", "spa", "B", "")+snapshot("03", "spa", "A", "")+snapshot("04", "spa", "A", ""))
	wants(t, d.open(t), "SELECT title, valid_from, valid_to FROM asp_campaign_definitions ORDER BY valid_from",
		[]string{"A", "2026-11-01", "2026-11-01"}, []string{"B", "2026-11-02", "2026-11-02"}, []string{"A", "2026-11-03", "NULL"})
}

// What another subscription still sees does not end a campaign that is in the newest snapshot of its own.
func TestACampaignMayMoveToAnotherSubscription(t *testing.T) {
	d := folder(t.TempDir())
	d.load(t, "a", "asp_campaigns", campaignsHeader+snapshot("01", "spa", "Spa", "")+snapshot("03", "gym", "Gym", ""))
	d.load(t, "b", "asp_campaigns", campaignsHeader+snapshot("02", "spa", "Spa", ""))
	wants(t, d.open(t), "SELECT campaign_id, valid_from, valid_to FROM asp_campaign_definitions ORDER BY ALL",
		[]string{"gym", "2026-11-03", "NULL"}, []string{"spa", "2026-11-01", "NULL"})
}

func TestResultsHaveTheTitlesOfTheirDays(t *testing.T) {
	e := promotions(t).open(t)
	wants(t, e, "SELECT campaign_id, dataset_date, title, validation_status, campaign_group, taps_count FROM asp_campaign_results ORDER BY campaign_id, dataset_date",
		[]string{"bar", "2026-11-01", "Bar", "APPROVED", "g-bar", "1"},
		[]string{"bar", "2026-11-09", "Bar", "APPROVED", "g-bar", "1"},
		[]string{"ghost", "2026-11-01", "NULL", "NULL", "NULL", "1"},
		[]string{"pool", "2026-11-01", "Pool", "APPROVED", "g-pool", "1"},
		[]string{"spa", "2026-11-01", "Spa", "IN_PROGRESS", "g-spa", "1"},
		[]string{"spa", "2026-11-03", "Spa", "APPROVED", "g-spa", "1"},
		[]string{"spa", "2026-11-05", "Spa", "APPROVED", "g-spa", "1"},
		[]string{"spa", "2026-11-06", "Spa & Sauna", "APPROVED", "g-spa", "1"},
		[]string{"spa", "2026-11-09", "Spa & Sauna", "APPROVED", "g-spa", "1"})
	wants(t, e, "SELECT DISTINCT starts_at, ends_at FROM asp_campaign_results WHERE campaign_id = 'spa'", []string{"2026-11-01 10:00:00Z", "NULL"})
}

// A subscription that overlaps another one adds no snapshot and no campaign twice.
func TestACampaignHasOneSnapshotADay(t *testing.T) {
	wants(t, promotions(t).open(t), "SELECT subscription, title, count(*) FROM asp_campaigns WHERE dataset_date = DATE '2026-11-04' AND campaign_id = 'spa' GROUP BY ALL",
		[]string{"desk", "Spa", "1"})
}

// A view's columns have the names and the types that it says, also where nothing was loaded.
func TestViewsHaveTheirColumns(t *testing.T) {
	for state, e := range map[string]*duckdb.Engine{"with files": promotions(t).open(t), "without files": folder(t.TempDir()).open(t)} {
		for _, v := range dataset.Views() {
			var want, got []string
			for _, c := range v.Columns {
				want = append(want, c.Name+" "+duckTypes[c.Type])
			}
			for _, row := range ask(t, e, "DESCRIBE "+v.Name).texts {
				got = append(got, row[0]+" "+row[1])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s: %s", v.Name, state, diff)
			}
		}
	}
}
