//go:build cgo

package duckdb_test

import (
	"strings"
	"testing"
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
