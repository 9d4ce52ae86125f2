package table_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/table"
)

// The vendor's own samples name no table; their headers do.
func TestRecogniseVendorSamples(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"device.csv": "asp_device", "device_subunits.csv": "asp_device", "domain_engagement.csv": "asp_domain_engagement",
		"proactive_campaign.csv": "asp_proactive_campaign", "property_skill.csv": "asp_property_skill", "communication.csv": "asp_communication",
	} {
		t.Run(file, func(t *testing.T) {
			in, err := os.Open(filepath.Join("..", "..", "testdata", "asp", file))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = in.Close() }()
			if d, err := table.NewConverter().Recognise(t.Context(), in); err != nil || d.Name != want {
				t.Errorf("recognised %q: %v", d.Name, err)
			}
		})
	}
}

func TestRecognise(t *testing.T) {
	t.Parallel()
	const units = "dataset_date,unitId_level_0,"
	tests := map[string]struct {
		csv, want, says string
	}{
		"other order and case":      {"DIALOG_COUNT,Active Device Count,device_count,unitId_level_0,Dataset_Date\n", "asp_device", ""},
		"the fewest unknown":        {units + "business_domain,skill_name,intent_name,active_device_count,dialog_count\n", "asp_property_skill", ""},
		"two equally well":          {units + "business_domain,device_count,active_device_count,dialog_count\n", "", "fits asp_device and asp_domain_engagement equally well"},
		"none, but nearly one":      {units + "campaign_id,targeted_devices_count,taps_count\n", "", "header of asp_proactive_campaign: missing: impression_count; unknown: none"},
		"a row of data":             {"8/15/2023,Secret Suite\n", "", "none of the 2 cells of the first line is a known column"},
		"no header that any accept": {strings.Repeat("a,", 1300) + "\n", "", "header has 1301 columns"},
		"empty":                     {"", "", "empty file"},
		"compressed":                {"\x1f\x8b\x08", "", "gzip"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := table.NewConverter().Recognise(t.Context(), strings.NewReader(tt.csv))
			if d.Name != tt.want || (err != nil) != (tt.want == "") {
				t.Fatalf("recognised %q: %v", d.Name, err)
			}
			if err != nil && (!fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "Secret")) {
				t.Errorf("%s error: %v", fault.KindOf(err), err)
			}
		})
	}
}

// A trap is told of exactly where it waits.
func TestTrapsAreTold(t *testing.T) {
	t.Parallel()
	const days, distinct = "stocks and distinct counts added up over days", "distinct counts added up"
	tests := map[string]struct{ with, without []string }{
		"asp_device":             {[]string{days}, []string{distinct, "one call, two rows"}},
		"asp_domain_engagement":  {[]string{distinct}, []string{days, "one campaign, several ids"}},
		"asp_proactive_campaign": {[]string{distinct, "one campaign, several ids"}, []string{days, "one call, two rows"}},
		"asp_property_skill":     {[]string{distinct}, []string{days}},
		"asp_communication":      {[]string{"one call, two rows", "calls and drop-ins joined"}, []string{days, distinct}},
	}
	for _, d := range table.Definitions() {
		tt, ok := tests[d.Name]
		if !ok {
			t.Errorf("say here which traps are in %s", d.Name)
		}
		told := map[string]bool{}
		for _, trap := range d.Traps() {
			told[trap.Name] = true
		}
		for _, name := range append(tt.with, "LEAF and ROLLUP rows added together", "two subscriptions over the same units", "missing days read as zero") {
			if !told[name] {
				t.Errorf("%s does not warn of %q", d.Name, name)
			}
		}
		for _, name := range tt.without {
			if told[name] {
				t.Errorf("%s warns of %q, which is not in it", d.Name, name)
			}
		}
	}
}

// The page has every column with its type, and a table of Markdown has no bar or line break inside a cell.
func TestThePageIsWhole(t *testing.T) {
	t.Parallel()
	sections := strings.Split(table.Markdown(), "\n## ")
	for _, d := range table.Definitions() {
		i := slices.IndexFunc(sections, func(s string) bool { return strings.HasPrefix(s, d.Name+"\n") })
		if i < 0 {
			t.Fatalf("%s is not on the page", d.Name)
		}
		for _, c := range d.Columns {
			if !strings.Contains(sections[i], "| `"+c.Name+"` | "+c.Type.SQL()+" |") {
				t.Errorf("%s.%s is not on the page", d.Name, c.Name)
			}
		}
	}
	for _, trap := range table.Traps() {
		for _, text := range []string{trap.Name, trap.Wrong, trap.Right} {
			if text == "" || strings.ContainsAny(text, "|\n") {
				t.Errorf("%q does not fit into a cell", text)
			}
		}
	}
}

func TestEachTableSaysWhenAReportIsHeld(t *testing.T) {
	if got := (table.Definition{ShrinkBelow: 0.8}).HeldWhen(); !strings.Contains(got, "less than 80 % of the published ones") {
		t.Errorf("for a share of 0.8: %s", got)
	}
	if got := strings.Count(table.Markdown(), "less than 50 % of the published ones"); got != len(table.Definitions()) {
		t.Errorf("%d tables of the page say so, want %d", got, len(table.Definitions()))
	}
}
