//go:build cgo

package duckdb_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// demonstrated plays a demonstration with its faults and returns the dataset that it left.
func demonstrated(t *testing.T) folder {
	t.Helper()
	dir := t.TempDir()
	m, err := sim.Open(t.Context(), sim.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := m.Demonstrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return folder(filepath.Join(dir, "s3", filepath.Base(summary.DatasetDir)))
}

// The vendor reports an organisation beside its rooms. Its own row was added up by the vendor, and the default view's sum by
// us, over other rows: they are equal for every additive measure, day and combination of dimensions, or one of us is wrong.
func TestLeavesAddUpToWhatTheVendorSaysOfTheOrganisation(t *testing.T) {
	e := demonstrated(t).open(t)
	for _, d := range dataset.Definitions() {
		if !d.HasUnits() {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			keys := []string{"dataset_date"}
			for _, c := range d.Dimensions() {
				keys = append(keys, c.Name)
			}
			for _, c := range d.Measures() {
				// A distinct count is another matter: a device that was moved on the day counts in two rooms.
				if c.Additivity != dataset.Additive {
					continue
				}
				by := strings.Join(keys, ", ")
				r := ask(t, e, fmt.Sprintf(`SELECT count(*), count(*) FILTER (ours IS DISTINCT FROM theirs), count(*) FILTER (ours > 0) FROM
					(SELECT %[1]s, sum(%[2]s) AS ours FROM %[3]s GROUP BY ALL) AS a FULL JOIN
					(SELECT %[1]s, sum(%[2]s) AS theirs FROM raw.%[3]s WHERE depth = 0 GROUP BY ALL) AS b USING (%[1]s)`, by, c.Name, d.Name)).texts[0]
				if r[0] == "0" || r[1] != "0" || r[2] == "0" {
					t.Errorf("%s: of %s sums %s differ, and %s are above 0", c.Name, r[0], r[1], r[2])
				}
			}
		})
	}
}

// What Athena has as saved queries is answered on a laptop too, word for word.
func TestTheSavedQuestionsHaveAnswers(t *testing.T) {
	d := demonstrated(t)
	d.load(t, "a-skill", "skill_metrics", metricsHeader+metricsOf(daysAgo(1)))
	e := d.open(t)
	questions, err := catalog.Questions()
	if err != nil {
		t.Fatal(err)
	}
	// Nobody told of a survey, and no roll-up contradicts its rooms.
	without := []string{"wellbeing-join", "rollup-reconciliation"}
	// What a ledger answers is asked beside one, in operations_test.
	questions = slices.DeleteFunc(questions, func(q catalog.Question) bool { return q.FromLedger })
	for _, q := range questions {
		t.Run(q.ID, func(t *testing.T) {
			r := ask(t, e, q.SQL)
			if silent := slices.Contains(without, q.Slug); silent != (len(r.texts) == 0) {
				t.Errorf("%d rows", len(r.texts))
			}
			// Two rooms of the demonstration are silent.
			if q.ID == "SilentUnits" && len(r.texts) != 2 {
				t.Errorf("%d units are silent: %v", len(r.texts), r.texts)
			}
		})
	}
}

// today is one day, also for a test that runs over midnight.
var today = time.Now().UTC()

func daysAgo(n int) string { return today.AddDate(0, 0, -n).Format(time.DateOnly) }

// metricsOf is a day of a skill, in rows that count some things several times.
func metricsOf(day string) string {
	row := func(metric, period, locale, intent, amount, reading string) string {
		return day + ",s,live,custom," + metric + "," + period + "," + day + "T00:00:00Z," + locale + "," + intent + ",,,,," + amount + "," + reading + "\n"
	}
	return row("totalUtterances", "P1D", "", "", "80", "") + row("totalUtterances", "PT1H", "", "", "80", "") +
		row("totalUtterances", "P1D", "en-US", "", "50", "") + row("failedUtterances", "P1D", "", "", "6", "") +
		row("totalSessions", "P1D", "", "", "30", "") + row("totalSessions", "PT1H", "", "", "30", "") +
		row("uniqueCustomers", "P1D", "", "", "", "12") + row("uniqueCustomers", "PT1H", "", "", "", "12") +
		row("totalUtterances", "P1D", "", "GetMenu", "45", "") + row("totalUtterances", "PT15M", "", "GetMenu", "45", "") +
		row("totalUtterances", "P1D", "en-US", "GetMenu", "20", "") +
		row("totalUtterances", "P1D", "en-US", "Stop", "7", "") + row("totalUtterances", "P1D", "de-DE", "Stop", "4", "")
}

// The answers are by hand: 6 of 80 utterances failed; 30 sessions of 12 users; 45 times GetMenu on each of two days, and 7 + 4 times
// Stop. Of the two campaigns that are one promotion 1 + 3 taps came of 20 + 20 impressions.
func TestTheQuestionsOverFetchedTables(t *testing.T) {
	d := folder(t.TempDir())
	quiet := daysAgo(3) + ",s,live,custom,%s,P1D," + daysAgo(3) + "T00:00:00Z,,,,,,,%s,%s\n"
	d.load(t, "a", "skill_metrics", metricsHeader+metricsOf(daysAgo(1))+metricsOf(daysAgo(2))+
		fmt.Sprintf(quiet, "totalUtterances", "0", "")+fmt.Sprintf(quiet, "failedUtterances", "0", "")+
		fmt.Sprintf(quiet, "totalSessions", "0", "")+fmt.Sprintf(quiet, "uniqueCustomers", "", "0"))
	d.load(t, "b", "skill_metrics", metricsHeader+metricsOf(daysAgo(2)))
	campaign := daysAgo(1) + ",%s,g-1,Spa,,,,,,,,,,,,\n"
	d.load(t, "c", "asp_campaigns", campaignsHeader+fmt.Sprintf(campaign, "spa-1")+fmt.Sprintf(campaign, "spa-2"))
	result := daysAgo(2) + ",org,Org,%s,9,%d,20\n"
	d.load(t, "h", "asp_proactive_campaign", "dataset_date,unitId_level_0,unitName_level_0,campaign_id,targeted_devices_count,taps_count,impression_count\n"+
		fmt.Sprintf(result, "spa-1", 1)+fmt.Sprintf(result, "spa-2", 3)+fmt.Sprintf(result, "ghost", 0))
	e := d.open(t)
	one, two, three := daysAgo(1), daysAgo(2), daysAgo(3)
	answers := map[string][][]string{
		"CampaignClickThrough": {
			{"g-1", "Spa", `["spa-1","spa-2"]`, two, two, "40", "4", "10"},
			{"ghost", "NULL", `["ghost"]`, two, two, "20", "0", "0"},
		},
		"SkillFailureRate": {
			{one, "s", "live", "80.000000", "6.000000", "7.5"}, {two, "s", "live", "80.000000", "6.000000", "7.5"},
			{three, "s", "live", "0.000000", "0.000000", "NULL"},
		},
		"SkillSessionsPerUser": {
			{one, "s", "live", "30.000000", "12.000000", "2.5"}, {two, "s", "live", "30.000000", "12.000000", "2.5"},
			{three, "s", "live", "0.000000", "0.000000", "NULL"},
		},
		"SkillHealth":  {{"s", "live", "3", "160.000000", "12.000000", "7.5"}},
		"SkillIntents": {{"s", "live", "GetMenu", "90.000000"}, {"s", "live", "Stop", "22.000000"}},
	}
	questions, err := catalog.Questions()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		if want, ours := answers[q.ID]; ours {
			wants(t, e, q.SQL, want...)
			delete(answers, q.ID)
		}
	}
	if len(answers) > 0 {
		t.Errorf("nobody asks %v", answers)
	}
}
