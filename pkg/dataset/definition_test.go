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
		if _, ok := dataset.Lookup(d.Name); !ok || d.Meaning == "" {
			t.Errorf("%s cannot be looked up or has no meaning", d.Name)
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
	if want := []string{"asp_communication", "asp_device", "asp_domain_engagement", "asp_proactive_campaign", "asp_property_skill"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
	if _, ok := dataset.Lookup("asp_parking"); ok {
		t.Error("found a table that is not there")
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
		if share := dataset.ShrinkBelow(d.Name); share != 0.5 {
			t.Errorf("%s is held below %s of a day", d.Name, strconv.FormatFloat(share, 'f', -1, 64))
		}
	}
}
