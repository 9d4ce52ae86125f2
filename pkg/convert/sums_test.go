package convert_test

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
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
	for name, c := range map[string]*convert.Converter{
		"in memory": convert.NewConverter(convert.UnitIDs(convert.AnyUnitID)), "spilled": convert.NewConverter(convert.UnitIDs(convert.AnyUnitID), convert.Budget(1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]map[string]report.Figures{}
			for _, d := range converted(t, c, "asp_communication", csv).Days {
				got[d.Date.String()] = d.Figures
			}
			equal(t, "figures", got, want)
		})
	}
}
