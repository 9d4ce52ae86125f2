//go:build cgo

package lint_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/lint"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// found returns what is found in a statement, a line each, with "wrong: " or "doubtful: " before it.
func found(t *testing.T, statement string) []string {
	t.Helper()
	parsed, err := duckdb.Parse(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	if parsed["error"] != false {
		t.Fatalf("%s: %v", statement, parsed["error_message"])
	}
	var all []string
	for _, f := range lint.Check(parsed) {
		if f.Why == "" || f.Instead == "" {
			t.Errorf("%s: %q says not why, or not what to do", statement, f.What)
		}
		all = append(all, map[bool]string{true: "wrong: ", false: "doubtful: "}[f.Wrong]+f.What)
	}
	slices.Sort(all)
	return all
}

func TestWhatIsFound(t *testing.T) {
	const (
		overDays    = "wrong: sum(device_count) over several days"
		doubtDays   = "doubtful: sum(device_count) over several days"
		overlapping = "wrong: sum(dialog_count) over rows that overlap"
		distinct    = "wrong: sum(active_device_count)"
		metric      = "wrong: sum(amount) over rows that overlap"
		ratios      = "doubtful: the average of ratios"
		calls       = "doubtful: sum(calling_action_count) over rows that overlap"
	)
	tests := map[string][]string{
		// A stock over days.
		"SELECT sum(device_count) FROM asp_device":                                                                             {overDays},
		"SELECT property_id, SUM(Device_Count) AS n FROM asp_device AS d GROUP BY property_id":                                 {overDays},
		"SELECT sum(coalesce(d.device_count, 0)::double) FROM asp_device d WHERE dataset_date >= DATE '2026-11-01'":            {overDays},
		"SELECT date_trunc('month', dataset_date), sum(device_count) FROM asp_device GROUP BY 1":                               {overDays},
		"WITH d AS (SELECT * FROM asp_device) SELECT sum(device_count) FROM d":                                                 {overDays},
		"SELECT sum(n) FROM (SELECT dataset_date, sum(device_count) AS n FROM asp_device GROUP BY ALL)":                        {overDays},
		"SELECT 1 WHERE (SELECT sum(device_count) FROM asp_device) > 5":                                                        {overDays},
		"SELECT property_id FROM asp_device GROUP BY ALL HAVING sum(device_count) > 5":                                         {overDays},
		"SELECT property_id FROM asp_device GROUP BY ALL ORDER BY sum(device_count)":                                           {overDays},
		"SELECT 1 UNION ALL SELECT sum(device_count) FROM asp_device":                                                          {overDays},
		"SELECT sum(CASE WHEN unit_id = 'x' THEN device_count END) FROM asp_device":                                            {overDays},
		"SELECT sum(device_count) FROM asp_device WHERE dataset_date = DATE '2026-11-01' OR true":                              {overDays},
		"SELECT sum(device_count) FROM asp_device WHERE dataset_date = coalesce(dataset_date, DATE '2026-11-01')":              {overDays},
		"SELECT sum(device_count) FROM asp_device WHERE dataset_date IN (DATE '2026-11-01', DATE '2026-11-02')":                {overDays},
		"SELECT a.unit_id, sum(a.device_count) FROM asp_device a JOIN own_rooms r ON r.unit_id = a.unit_id GROUP BY a.unit_id": {overDays},
		"SELECT sum(device_count) FROM asp_device GROUP BY month()":                                                            {overDays},
		"SELECT sum(device_count) / 30 FROM asp_device":                                                                        {doubtDays},
		"SELECT sum(device_count) OVER (PARTITION BY unit_id) FROM asp_device":                                                 {doubtDays},
		"EXPLAIN SELECT sum(device_count) FROM asp_device":                                                                     {overDays},
		"SELECT sum(device_count) FROM asp_device WHERE dataset_date = DATE '2026-11-01'":                                      nil,
		"SELECT sum(device_count) FROM asp_device WHERE dataset_date IN (DATE '2026-11-01') AND depth = 3":                     nil,
		"SELECT sum(device_count) FROM asp_device WHERE dataset_date = (SELECT max(dataset_date) FROM asp_device)":             nil,
		"SELECT sum(n) FROM (SELECT device_count AS n FROM asp_device WHERE dataset_date = DATE '2026-11-01')":                 nil,
		"SELECT dataset_date, sum(device_count) FROM asp_device GROUP BY ALL":                                                  nil,
		"SELECT dataset_date AS day, sum(device_count) FROM asp_device GROUP BY day":                                           nil,
		"SELECT CAST(date_trunc('day', dataset_date) AS date), sum(device_count) FROM asp_device GROUP BY 1":                   nil,
		"SELECT avg(n) FROM (SELECT dataset_date, sum(device_count) AS n FROM asp_device GROUP BY dataset_date)":               nil,
		"SELECT sum(device_count) / count(DISTINCT dataset_date) FROM asp_device":                                              nil,
		"SELECT round(1e2 * sum(active_device_count) / nullif(sum(device_count), 0), 1) FROM asp_device":                       nil,
		"SELECT max(device_count), avg(device_count), count(device_count), sum((device_count > 0)::int) FROM asp_device":       nil,
		"SELECT sum(last) FROM (SELECT max_by(device_count, dataset_date) AS last FROM asp_device GROUP BY unit_id)":           nil,
		"SELECT sum(device_count) OVER (PARTITION BY dataset_date) FROM asp_device":                                            nil,
		"SELECT sum(device_count) FROM nobody_knows":                                                                           nil,
		"WITH asp_device AS (SELECT 1 AS device_count) SELECT sum(device_count) FROM asp_device":                               nil,
		// Roll-ups beside their rooms.
		"SELECT sum(dialog_count) FROM raw.asp_device":                                               {overlapping},
		"SELECT sum(n) FROM (SELECT dialog_count AS n FROM raw.asp_device)":                          {overlapping},
		"SELECT avg(dialog_count) FROM raw.asp_device":                                               {"doubtful: avg(dialog_count) over rows that overlap"},
		"SELECT sum(dialog_count) FROM raw.asp_device WHERE row_scope = 'LEAF'":                      nil,
		"SELECT row_scope, sum(dialog_count) FROM raw.asp_device GROUP BY ALL":                       nil,
		"SELECT sum(dialog_count) FILTER (row_scope = 'LEAF') FROM raw.asp_device":                   nil,
		"SELECT sum(CASE WHEN depth = 0 THEN dialog_count END) FROM raw.asp_device":                  nil,
		"SELECT sum(n) FROM (SELECT dialog_count AS n FROM raw.asp_device WHERE row_scope = 'LEAF')": nil,
		"SELECT count(*), max(dialog_count) FROM raw.asp_device":                                     nil,
		"SELECT sum(dialog_count) FROM asp_device":                                                   nil,
		// What is distinct in each row alone.
		"SELECT sum(active_device_count) FROM asp_domain_engagement":                                             {distinct},
		"SELECT dataset_date, sum(active_device_count) FROM asp_domain_engagement GROUP BY ALL":                  {distinct},
		"SELECT dataset_date, business_domain, sum(active_device_count) FROM asp_domain_engagement GROUP BY ALL": {"doubtful: sum(active_device_count)"},
		"SELECT business_domain, max(active_device_count) FROM asp_domain_engagement GROUP BY ALL":               nil,
		"SELECT sum(targeted_devices_count) FROM asp_campaign_results":                                           {"wrong: sum(targeted_devices_count)"},
		// Metrics of several kinds, lengths and locales.
		"SELECT sum(amount) FROM skill_metrics":                                                                          {metric},
		"SELECT metric, sum(amount) FROM skill_metrics GROUP BY metric":                                                  nil,
		"SELECT sum(reading) FROM skill_metrics WHERE metric = 'uniqueCustomers'":                                        {"wrong: sum(reading)"},
		"SELECT sum(amount) FROM raw.skill_metrics WHERE metric = 'totalSessions' AND locale IS NULL":                    {metric},
		"SELECT sum(amount) FROM raw.skill_metrics WHERE metric = 'totalSessions' AND period = 'P1D'":                    {metric},
		"SELECT sum(amount) FROM raw.skill_metrics WHERE metric = 'totalSessions' AND period = 'P1D' AND locale IS NULL": nil,
		"SELECT sum(amount) FROM pinpoint_kpis":                                                                          {metric},
		// Ratios.
		"SELECT avg(taps_count / impression_count) FROM asp_proactive_campaign":                                                           {ratios},
		"SELECT avg(r) FROM (SELECT 100 * sum(taps_count) / sum(impression_count) AS r FROM asp_proactive_campaign GROUP BY property_id)": {ratios},
		"SELECT sum(r) FROM (SELECT taps_count / impression_count AS r FROM asp_proactive_campaign)":                                      {"doubtful: the sum of ratios"},
		"SELECT avg(dialog_count / 60) FROM asp_device":                                                                                   nil,
		// One call, two rows.
		"SELECT sum(calling_action_count) FROM asp_communication":                              {calls},
		"SELECT direction, sum(calling_action_count) FROM asp_communication GROUP BY ALL":      nil,
		"SELECT sum(calling_action_count) FROM asp_communication WHERE direction = 'Outbound'": nil,
		"DESCRIBE asp_device":  nil,
		"SUMMARIZE asp_device": nil,
		"FROM asp_device":      nil,
	}
	for statement, want := range tests {
		t.Run(statement, func(t *testing.T) {
			if got := found(t, statement); !slices.Equal(got, want) {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
}

// What we ask ourselves is right.
func TestTheQuestionsOfTheCatalogueAreRight(t *testing.T) {
	all, err := catalog.Questions()
	if err != nil || len(all) == 0 {
		t.Fatalf("%d questions, %v", len(all), err)
	}
	for _, q := range all {
		for _, s := range []catalog.Scope{{}, {From: report.NewDate(2026, 10, 1), To: report.NewDate(2026, 10, 31), Property: "x"}} {
			if got := found(t, q.Statement(s)); len(got) > 0 {
				t.Errorf("%s: %q", q.Slug, got)
			}
		}
	}
}

var asked = regexp.MustCompile("(?s)```sql\n(.*?)```|bellhop query (?:[^\n\"']*)\"([^\"]+)\"")

// So is what the pages show.
func TestTheExamplesOfThePagesAreRight(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..", "..")
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	statements := 0
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllStringSubmatch(string(content), -1) {
			statement := strings.ReplaceAll(m[1]+m[2], `\"`, `"`)
			statements++
			if got := found(t, statement); len(got) > 0 && !strings.Contains(statement, "is refused") {
				t.Errorf("%s: %s\n%q", page, statement, got)
			}
		}
	}
	if statements < 20 {
		t.Errorf("only %d statements", statements)
	}
}
