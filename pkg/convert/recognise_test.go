package convert_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// The vendor's own samples, and what is fetched, name no table; their headers do.
func TestRecogniseVendorSamples(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"device.csv": "asp_device", "device_subunits.csv": "asp_device", "domain_engagement.csv": "asp_domain_engagement",
		"proactive_campaign.csv": "asp_proactive_campaign", "property_skill.csv": "asp_property_skill", "communication.csv": "asp_communication",
		"../fetched/skill_metrics.csv": "skill_metrics", "../fetched/asp_campaigns.csv": "asp_campaigns",
	} {
		t.Run(file, func(t *testing.T) {
			in, err := os.Open(filepath.Join("..", "..", "testdata", "asp", file))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = in.Close() }()
			if d, err := convert.NewConverter().Recognise(t.Context(), in); err != nil || d.Name != want {
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
		"an export, old and new":    {"dataset_date,company,agent_name,extra\n", "", "fits khoros_marketing_raw_agent_states and khoros_raw_agent_states equally well: say which table it is"},
		"two equally well":          {units + "business_domain,device_count,active_device_count,dialog_count\n", "", "fits asp_device and asp_domain_engagement equally well"},
		"none, but nearly one":      {units + "campaign_id,targeted_devices_count,taps_count\n", "", "header of asp_proactive_campaign: missing: impression_count; unknown: none"},
		"a row of data":             {"8/15/2023,Secret Suite\n", "", "none of the 2 cells of the first line is a known column"},
		"no header that any accept": {strings.Repeat("a,", 1300) + "\n", "", "header has 1301 columns"},
		"empty":                     {"", "", "empty file"},
		"compressed":                {"\x1f\x8b\x08", "", "gzip"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := convert.NewConverter().Recognise(t.Context(), strings.NewReader(tt.csv))
			if d.Name != tt.want || (err != nil) != (tt.want == "") {
				t.Fatalf("recognised %q: %v", d.Name, err)
			}
			if err != nil && (!fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "Secret")) {
				t.Errorf("%s error: %v", fault.KindOf(err), err)
			}
		})
	}
}
