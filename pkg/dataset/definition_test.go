package dataset_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestDefinitions(t *testing.T) {
	t.Parallel()
	var names []string
	for _, d := range dataset.Definitions() {
		names = append(names, d.Name)
		if _, ok := dataset.Lookup(d.Name); !ok || d.Meaning == "" || d.Grain == "" || d.Source == "" {
			t.Errorf("%s cannot be looked up or is not fully defined", d.Name)
		}
		if d.DatedBy != "" && !slices.ContainsFunc(d.Dimensions(), func(c dataset.Column) bool {
			return c.Name == d.DatedBy && c.Type == dataset.Timestamp && !c.Nullable
		}) {
			t.Errorf("%s is dated by %s, which not every row has", d.Name, d.DatedBy)
		}
		if d.Repeats && (d.HasUnits() || len(d.Measures()) > 0) {
			t.Errorf("the rows of %s repeat, and may contradict each other", d.Name)
		}
		seen := map[string]bool{}
		for _, c := range d.Columns {
			if c.Meaning == "" || seen[c.Name] || strings.ToLower(c.Name) != c.Name || c.Type.SQL() == "unknown" {
				t.Errorf("%s.%s is not fully or not uniquely defined", d.Name, c.Name)
			}
			if measured := c.Additivity != dataset.NotMeasured; measured != (c.Role == dataset.RoleMeasure) {
				t.Errorf("%s.%s: additivity %q of role %d", d.Name, c.Name, c.Additivity, c.Role)
			}
			seen[c.Name] = true
		}
	}
	// Each of the fourteen report types of Khoros Care has two tables.
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "khoros_") })
	if want := []string{"asp_campaigns", "asp_communication", "asp_device", "asp_domain_engagement", "asp_proactive_campaign", "asp_property_skill", "pinpoint_kpis", "skill_metrics"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
	if _, ok := dataset.Lookup("asp_parking"); ok {
		t.Error("found a table that is not there")
	}
}

// The vendor's page and its definition of the API name these; each has the older way under marketing/ too.
func TestKhorosTables(t *testing.T) {
	t.Parallel()
	types := []string{
		"author", "combined", "conversation", "conversation_actions", "conversation_history_action", "incoming_post", "raw_agent_states",
		"raw_brand_posts", "raw_expert_help", "response", "response_approval", "team_performance", "team_performance_interval", "user",
	}
	if got := dataset.KhorosReportTypes(); !slices.Equal(got, types) {
		t.Errorf("types %q", got)
	}
	tables := 0
	for _, d := range dataset.Definitions() {
		if d.Source == report.SourceKhorosCare {
			tables++
		}
	}
	if tables != 2*len(types) {
		t.Errorf("%d tables", tables)
	}
	for _, name := range types {
		for reportType, table := range map[string]string{name: "khoros_" + name, "marketing/" + name: "khoros_marketing_" + name} {
			d, known := dataset.Lookup(table)
			if dataset.KhorosTable(reportType) != table || !known || !d.Repeats || !d.Open || len(d.Key()) > 0 || d.Dimensions()[0].Name != "company" {
				t.Errorf("%s: %+v", table, d)
			}
		}
	}
}

// A day's record is read with every load of the day: it must stay small, also while all measures of a report are held.
func TestADaysRecordStaysSmall(t *testing.T) {
	t.Parallel()
	for _, d := range dataset.Definitions() {
		sums, figures, less := map[string]string{}, map[string]report.Figures{}, map[string]report.Figures{}
		for _, c := range d.Measures() {
			sums[c.Name] = "999999999.999999"
			figures[c.Name], less[c.Name] = report.Figures{Values: 1 << 20, Sum: sums[c.Name]}, report.Figures{Values: 1 << 20, Sum: "111111111.111111"}
		}
		key := report.PartitionKey(strings.Repeat("s", 40), d.Name, report.NewDate(2026, time.November, 1))
		file := strings.Repeat("f", 100)
		partition := report.Partition{Table: d.Name, Rows: 1, Key: key, File: file, SHA256: strings.Repeat("0", 64), Sums: sums, Figures: figures}
		fell, why := partition.Fallen(report.EncodedDay{Rows: 1, Figures: less}, 0.5)
		if len(fell) != len(d.Measures()) {
			t.Errorf("%s: only %q fell", d.Name, fell)
		}
		partition.Held = &report.Held{File: file, Rows: 1, Key: key, Figures: less, Fell: fell, Why: why}
		if b, err := json.Marshal(partition); err != nil || len(b) > 2<<10 {
			t.Errorf("%s: %d bytes, %v", d.Name, len(b), err)
		}
	}
}

func TestEachTableHasAShareToShrinkBelow(t *testing.T) {
	t.Parallel()
	for _, d := range dataset.Definitions() {
		// A campaign that is deleted is no loss of data.
		want := map[string]float64{"asp_campaigns": 0}
		share, special := want[d.Name]
		if !special {
			share = 0.5
		}
		if got := dataset.ShrinkBelow(d.Name); got != share {
			t.Errorf("%s is held below %s of a day", d.Name, strconv.FormatFloat(got, 'f', -1, 64))
		}
	}
	if got := dataset.ShrinkBelow("asp_parking"); got != 0.5 {
		t.Errorf("a table that is not known is held below %v", got)
	}
}

// The key is what the converter tells rows apart by.
func TestKeys(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"asp_device":             "dataset_date depth property_id unit_ids extra subscription",
		"asp_proactive_campaign": "dataset_date depth property_id unit_ids campaign_id extra subscription",
		"skill_metrics": "dataset_date skill_id stage skill_type metric period period_start locale intent statistic group_field group_value given " +
			"extra subscription",
		"asp_campaigns": "dataset_date campaign_id campaign_group title body locale locales template content targeting_type target_units " +
			"starts_at ends_at validation_status validation_reason extra subscription",
	} {
		d, _ := dataset.Lookup(name)
		var got []string
		for _, c := range d.Key() {
			got = append(got, c.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q", name, got)
		}
		if units := strings.HasPrefix(name, "asp_") && name != "asp_campaigns"; d.HasUnits() != units {
			t.Errorf("%s has units: %v", name, d.HasUnits())
		}
	}
}
