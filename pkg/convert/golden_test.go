package convert_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/convert"
)

const did = "amzn1.alexa.unit.did."

type row = map[string]any

// with returns base with the given columns replaced or added.
func with(base row, columns row) row {
	out := maps.Clone(base)
	maps.Copy(out, columns)
	return out
}

// The vendor's sample tables, column by column. Minutes are in millionths: DECIMAL(18,6) as stored.
func TestVendorSamples(t *testing.T) {
	t.Parallel()
	room := row{
		"unit_id": did + "ZZZ", "unit_name": "Test Room", "depth": 3, "row_scope": "LEAF",
		"parent_unit_id": did + "YYY", "property_id": did + "XXX", "property_name": "Test Healthcare",
		"unit_ids":   []any{did + "XXX", did + "YYY", did + "ZZZ"},
		"unit_names": []any{"Test Healthcare", "Default", "Test Room"},
		"extra":      map[string]string{}, "subscription": "seaside",
		"device_count": 1, "active_device_count": 0, "dialog_count": 0,
	}
	property := row{
		"unit_id": did + "YYY", "unit_name": "Test Healthcare", "depth": 1, "row_scope": "LEAF",
		"parent_unit_id": did + "XXX", "property_id": did + "YYY", "property_name": "Test Healthcare",
		"unit_ids": []any{did + "XXX", did + "YYY"}, "unit_names": []any{"Test Org", "Test Healthcare"},
		"extra": map[string]string{}, "subscription": "seaside",
	}
	tests := map[string]struct {
		table string
		rows  []row
		// sums by date
		sums map[string]map[string]string
	}{
		"device.csv": {
			table: "asp_device",
			rows: []row{
				with(room, row{"dataset_date": "2023-08-15"}), with(room, row{"dataset_date": "2023-08-16"}),
				with(room, row{"dataset_date": "2023-08-17"}), with(room, row{"dataset_date": "2023-08-19"}),
				with(room, row{"dataset_date": "2023-08-20"}), with(room, row{"dataset_date": "2023-08-21"}),
				with(room, row{"dataset_date": "2023-08-22"}),
			},
			sums: map[string]map[string]string{
				"2023-08-15": {"device_count": "1", "active_device_count": "0", "dialog_count": "0"},
				"2023-08-16": {"device_count": "1", "active_device_count": "0", "dialog_count": "0"},
				"2023-08-17": {"device_count": "1", "active_device_count": "0", "dialog_count": "0"},
				"2023-08-19": {"device_count": "1", "active_device_count": "0", "dialog_count": "0"},
				"2023-08-20": {"device_count": "1", "active_device_count": "0", "dialog_count": "0"},
				"2023-08-21": {"device_count": "1", "active_device_count": "0", "dialog_count": "0"},
				"2023-08-22": {"device_count": "1", "active_device_count": "0", "dialog_count": "0"},
			},
		},
		"domain_engagement.csv": {
			table: "asp_domain_engagement",
			rows: []row{
				with(property, row{"dataset_date": "2023-08-16", "business_domain": "Audio", "active_device_count": 12, "dialog_count": 46}),
				with(property, row{"dataset_date": "2023-08-17", "business_domain": "Other", "active_device_count": 2, "dialog_count": 3}),
			},
			sums: map[string]map[string]string{
				"2023-08-16": {"active_device_count": "12", "dialog_count": "46"},
				"2023-08-17": {"active_device_count": "2", "dialog_count": "3"},
			},
		},
		"proactive_campaign.csv": {
			table: "asp_proactive_campaign",
			rows: []row{with(property, row{
				"dataset_date": "2023-09-03", "campaign_id": "XXX", "targeted_devices_count": 1, "taps_count": 4, "impression_count": 100,
			})},
			sums: map[string]map[string]string{
				"2023-09-03": {"targeted_devices_count": "1", "taps_count": "4", "impression_count": "100"},
			},
		},
		"property_skill.csv": {
			table: "asp_property_skill",
			rows: []row{with(property, row{
				"dataset_date": "2023-09-03", "skill_name": "My Property Skill", "intent_name": "GetMenu", "active_device_count": 1, "dialog_count": 1,
			})},
			sums: map[string]map[string]string{"2023-09-03": {"active_device_count": "1", "dialog_count": "1"}},
		},
		"communication.csv": {
			table: "asp_communication",
			rows: []row{
				with(property, row{
					"dataset_date": "2023-09-03", "direction": "Inbound", "sub_experience": "DropIn_Video", "call_provider": "A2A",
					"calling_action_count": 0, "calling_duration_minutes": 0, "dropin_action_count": 1, "dropin_duration_minutes": 164_330_000,
				}),
				with(property, row{
					"dataset_date": "2023-09-03", "direction": "Outbound", "sub_experience": "Calling_Voice", "call_provider": "PSTN",
					"calling_action_count": 99, "calling_duration_minutes": 157_950_000, "dropin_action_count": 0, "dropin_duration_minutes": 0,
				}),
			},
			sums: map[string]map[string]string{"2023-09-03": {
				"calling_action_count": "99", "calling_duration_minutes": "157.95", "dropin_action_count": "1", "dropin_duration_minutes": "164.33",
			}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := converted(t, convert.NewConverter(), tt.table, golden(t, name))
			equal(t, "Rows", out.Rows, int64(len(tt.rows)))
			equal(t, "Unknown", out.Unknown, []string(nil))
			equal(t, "rows", rows(t, out.Days...), tt.rows)
			sums := map[string]map[string]string{}
			for _, d := range out.Days {
				sums[d.Date.String()] = d.Sums
			}
			equal(t, "sums", sums, tt.sums)
		})
	}
}

// Rows of an organisation, its properties, groups and rooms together, as showSubUnits=true delivers them.
// On 1 November the naive total of dialogs is 31+21+21+20+1+10 = 104; the rooms of North and the property
// South (which has no rows below it that day) make 20+1+10 = 31, the organisation's own figure.
// On 2 November South has a room, so South's group is a roll-up: naive 7+7+0 = 14, right 7+0 = 7.
func TestSubUnitsAddUpOverLeavesOnly(t *testing.T) {
	t.Parallel()
	out := converted(t, convert.NewConverter(), "asp_device", golden(t, "device_subunits.csv"))
	type totals struct{ naive, leaf, devices, leafDevices int }
	want := map[string]totals{
		"2026-11-01": {naive: 104, leaf: 31, devices: 16, leafDevices: 5},
		"2026-11-02": {naive: 14, leaf: 7, devices: 7, leafDevices: 5},
	}
	got := map[string]totals{}
	var scopes []string
	for _, r := range rows(t, out.Days...) {
		date := r["dataset_date"].(string)
		s := got[date]
		s.naive += r["dialog_count"].(int)
		s.devices += r["device_count"].(int)
		if r["row_scope"] == "LEAF" {
			s.leaf += r["dialog_count"].(int)
			s.leafDevices += r["device_count"].(int)
		}
		got[date] = s
		scopes = append(scopes, r["unit_id"].(string)[len(did):]+" "+r["row_scope"].(string))
	}
	for date, w := range want {
		if got[date] != w {
			t.Errorf("%s: got %+v, want %+v", date, got[date], w)
		}
	}
	equal(t, "row_scope", scopes, []string{
		"org ROLLUP", "north ROLLUP", "north-g ROLLUP", "101 LEAF", "102 LEAF", "south LEAF",
		"north LEAF", "south-g ROLLUP", "201 LEAF",
	})
	equal(t, "naive sum of the receipt", out.Days[0].Sums["dialog_count"], "104")

	first := rows(t, out.Days[0])
	equal(t, "the organisation's row", first[0], row{
		"dataset_date": "2026-11-01", "unit_id": did + "org", "unit_name": "Hotels", "depth": 0, "row_scope": "ROLLUP",
		"parent_unit_id": nil, "property_id": nil, "property_name": nil,
		"unit_ids": []any{did + "org"}, "unit_names": []any{"Hotels"},
		"device_count": 5, "active_device_count": 4, "dialog_count": 31,
		"extra": map[string]string{}, "subscription": "seaside",
	})
	equal(t, "a quoted name", first[4]["unit_name"], any(`The "Suite"`))
	equal(t, "a name with a comma", first[4]["property_name"], any("North, Old Town"))
}

// Readers other than parquet-go find columns by the paths in the footer, and tables by the order of columns.
func TestFooter(t *testing.T) {
	t.Parallel()
	want := []string{
		"unit_id", "unit_name", "depth", "row_scope", "parent_unit_id", "property_id", "property_name",
		"unit_ids.list.element", "unit_names.list.element", "device_count", "active_device_count", "dialog_count",
		"extra.key_value.key", "extra.key_value.value", "subscription",
	}
	out := converted(t, convert.NewConverter(convert.Budget(1)), "asp_device", golden(t, "device.csv"))
	for _, d := range out.Days {
		f, err := parquet.OpenFile(d.Body, d.Body.Size())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range f.Metadata().RowGroups[0].Columns {
			got = append(got, strings.Join(c.MetaData.PathInSchema, "."))
		}
		equal(t, d.Date.String(), got, want)
		said := map[string]string{}
		for _, pair := range f.Metadata().KeyValueMetadata {
			said[pair.Key] = pair.Value
		}
		equal(t, "key-value metadata", said, map[string]string{"bellhop.format": "2", "bellhop.dataset_date": d.Date.String()})
		equal(t, "created by", f.Metadata().CreatedBy, "bellhop version 1(build table)")
	}
}

// Athena skips files and pages by the bounds of their text.
func TestBoundsOfText(t *testing.T) {
	t.Parallel()
	csv := deviceHeader + "1/1/2026,m,Mid,1,1,1\n1/1/2026,z,,1,1,1\n1/1/2026,a,Ärger,1,1,1\n1/1/2026,m,Mid,1,1,1\n"
	d := converted(t, convert.NewConverter(), "asp_device", csv).Days[0]
	f, err := parquet.OpenFile(d.Body, d.Body.Size())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]string{}
	for i, c := range f.Metadata().RowGroups[0].Columns {
		name := strings.Join(c.MetaData.PathInSchema, ".")
		index, err := f.RowGroups()[0].ColumnChunks()[i].ColumnIndex()
		if err != nil {
			t.Fatal(err)
		}
		s := c.MetaData.Statistics
		switch name {
		case "unit_id", "unit_ids.list.element", "unit_name", "row_scope":
			got[name] = [2]string{string(s.MinValue), string(s.MaxValue)}
			equal(t, "page bounds of "+name, [2]string{index.MinValue(0).String(), index.MaxValue(0).String()}, got[name])
		}
	}
	equal(t, "bounds", got, map[string][2]string{
		"unit_id": {"a", "z"}, "unit_ids.list.element": {"a", "z"}, "unit_name": {"Mid", "Ärger"}, "row_scope": {"LEAF", "LEAF"},
	})
}
