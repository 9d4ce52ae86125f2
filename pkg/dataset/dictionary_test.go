package dataset_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// A trap is told of exactly where it waits.
func TestTrapsAreTold(t *testing.T) {
	t.Parallel()
	const days, distinct, rollups = "stocks and distinct counts added up over days", "distinct counts added up", "LEAF and ROLLUP rows added together"
	const customers, periods, totals = "unique customers added up", "periods of several lengths added up", "locales and intents added to their total"
	const snapshots, overlap = "a campaign counted once for each day", "two subscriptions over the same skills, campaigns or companies"
	const exports = "rows of an export counted as things"
	tests := map[string]struct{ with, without []string }{
		"asp_device":             {[]string{days}, []string{distinct, "one call, two rows"}},
		"asp_domain_engagement":  {[]string{distinct}, []string{days, "one campaign, several ids"}},
		"asp_proactive_campaign": {[]string{distinct, "one campaign, several ids"}, []string{days, "one call, two rows"}},
		"asp_property_skill":     {[]string{distinct}, []string{days}},
		"asp_communication":      {[]string{"one call, two rows", "calls and drop-ins joined"}, []string{days, distinct}},
		"skill_metrics":          {[]string{customers, periods, totals, overlap}, []string{days, distinct, rollups, snapshots, exports}},
		"pinpoint_kpis":          {[]string{"KPIs added to each other", overlap}, []string{days, distinct, rollups, snapshots, exports, periods}},
		"asp_campaigns":          {[]string{snapshots, overlap}, []string{days, distinct, rollups, customers, "days that change"}},
	}
	for _, d := range dataset.Definitions() {
		tt, ok := tests[d.Name]
		if d.Repeats {
			tt.with, tt.without, ok = []string{exports, overlap, "days that change"}, []string{days, distinct, rollups, snapshots}, true
		}
		if !ok {
			t.Errorf("say here which traps are in %s", d.Name)
		}
		told := map[string]bool{}
		for _, trap := range d.Traps() {
			told[trap.Name] = true
		}
		with := slices.Concat(tt.with, []string{"missing days read as zero", "NULL taken for zero"})
		if d.HasUnits() {
			with = append(with, rollups, "two subscriptions over the same units", "units that were moved or renamed")
		}
		for _, name := range with {
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
	sections := strings.Split(dataset.Markdown(), "\n## ")
	for _, d := range dataset.Definitions() {
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
	for _, trap := range dataset.Traps() {
		for _, text := range []string{trap.Name, trap.Wrong, trap.Right} {
			if text == "" || strings.ContainsAny(text, "|\n") {
				t.Errorf("%q does not fit into a cell", text)
			}
		}
	}
}

func TestEachTableSaysWhenAReportIsHeld(t *testing.T) {
	if got := (dataset.Definition{ShrinkBelow: 0.8}).HeldWhen(); !strings.Contains(got, "less than 80 % of the published ones") {
		t.Errorf("for a share of 0.8: %s", got)
	}
	if got := (dataset.Definition{}).HeldWhen(); !strings.Contains(got, "however much smaller") {
		t.Errorf("for no share: %s", got)
	}
	for _, d := range dataset.Definitions() {
		_, section, _ := strings.Cut(dataset.Markdown(), "\n## "+d.Name+"\n")
		if section, _, _ = strings.Cut(section, "| column |"); !strings.Contains(section, d.Grain) || !strings.Contains(section, d.HeldWhen()) {
			t.Errorf("the page does not say it of %s", d.Name)
		}
	}
}
