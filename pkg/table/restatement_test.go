package table_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/table"
)

// The figures of a measure are those that the default views show: roll-ups and empty cells are not in them.
func TestFiguresAreOfLeafRows(t *testing.T) {
	t.Parallel()
	const header = "dataset_date,unitId_level_0,unitId_level_1,direction,sub_experience,call_provider," +
		"calling_action_count,calling_duration_minutes,dropIn_action_count,dropIn_duration_minutes\n"
	csv := header +
		"1/1/2026,org,,Inbound,Voice,A2A,7,3.75,1,\n" +
		"1/1/2026,org,oak,Inbound,Voice,A2A,3,1.5,,\n" +
		"1/1/2026,org,elm,Inbound,Voice,A2A,4,2.25,,\n" +
		"1/1/2026,org,ash,Inbound,Voice,A2A,,,0,\n" +
		"1/2/2026,org,,Inbound,Voice,A2A,7,3.75,1,\n"
	want := map[string]map[string]report.Figures{
		"2026-01-01": {
			"calling_action_count": {Values: 2, Sum: "7"}, "calling_duration_minutes": {Values: 2, Sum: "3.75"},
			"dropin_action_count": {Values: 1, Sum: "0"}, "dropin_duration_minutes": {Values: 0, Sum: "0"},
		},
		"2026-01-02": {
			"calling_action_count": {Values: 1, Sum: "7"}, "calling_duration_minutes": {Values: 1, Sum: "3.75"},
			"dropin_action_count": {Values: 1, Sum: "1"}, "dropin_duration_minutes": {Values: 0, Sum: "0"},
		},
	}
	for name, c := range map[string]*table.Converter{
		"in memory": table.NewConverter(table.UnitIDs(table.AnyUnitID)), "spilled": table.NewConverter(table.UnitIDs(table.AnyUnitID), table.Budget(1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]map[string]report.Figures{}
			for _, d := range convert(t, c, "asp_communication", csv).Days {
				got[d.Date.String()] = d.Figures
			}
			equal(t, "figures", got, want)
		})
	}
}

// A day's record is read with every load of the day: it must stay small, also while all measures of a report are held.
func TestADaysRecordStaysSmall(t *testing.T) {
	t.Parallel()
	for _, d := range table.Definitions() {
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
	for _, d := range table.Definitions() {
		if share := table.ShrinkBelow(d.Name); share != 0.5 {
			t.Errorf("%s is held below %s of a day", d.Name, strconv.FormatFloat(share, 'f', -1, 64))
		}
	}
}
