//go:build cgo

package duckdb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// imports brings a file of people's own data into the dataset.
func (d folder) imports(t *testing.T, table, csv string) {
	t.Helper()
	got, err := own.Run(t.Context(), migrate.Folder(d), own.Order{Table: table, Content: []byte(csv)})
	if err != nil || len(got.Mistakes) > 0 {
		t.Fatalf("%+v, %v", got, err)
	}
}

const levels = "dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,unitId_level_2,unitName_level_2,"

// at is the beginning of a row: a day of October 2026, and the unit with those above it, by its first letter.
func at(day int, unit string) string {
	property := map[byte]string{'n': "n,North", 's': "s,South"}[unit[0]]
	room := ","
	if len(unit) > 1 {
		room = unit + ",Room " + unit
	}
	return fmt.Sprintf("2026-10-%02d,o,Org,%s,%s", day, property, room)
}

// fortnight is a dataset of two properties, each with a subscription of its own, from Monday 5 to Sunday 18 October 2026.
//
// North has two rooms, of which n2 is silent, and from the 16th on a third, silent too. Its own row, which is a roll-up, says two dialogs
// more than its rooms on the 6th. South has one room, s1; its s2 was reported on the 5th only, and the 15th is missing altogether.
func fortnight(t *testing.T) folder {
	t.Helper()
	d := folder(t.TempDir())
	head := levels + "device_count,active_device_count,dialog_count\n"
	north, south := head, head
	for day := 5; day <= 18; day++ {
		dialogs, devices, extra := 10, 3, 0
		if day >= 12 {
			dialogs = 15
		}
		if day >= 16 {
			devices = 4
			north += at(day, "n3") + ",1,0,0\n"
		}
		if day == 6 {
			extra = 2
		}
		north += fmt.Sprintf("%s,2,1,%d\n%s,1,0,0\n%s,%d,1,%d\n", at(day, "n1"), dialogs, at(day, "n2"), at(day, "n"), devices, dialogs+extra)
		switch day {
		case 5:
			south += at(day, "s1") + ",1,1,20\n" + at(day, "s2") + ",1,0,0\n" + at(day, "s") + ",2,1,20\n"
		case 15:
		default:
			south += at(day, "s1") + ",1,1,20\n" + at(day, "s") + ",1,1,20\n"
		}
	}
	d.load(t, "north", "asp_device", north)
	d.load(t, "south", "asp_device", south)
	domains := levels + "business_domain,active_device_count,dialog_count\n"
	d.load(t, "north", "asp_domain_engagement", domains+at(5, "n1")+",Audio,1,100\n"+at(5, "n1")+",Other,1,60\n"+at(5, "n")+",Audio,1,100\n")
	d.load(t, "south", "asp_domain_engagement", domains+at(6, "s1")+",Audio,1,260\n")
	// A call from n1 to s1 is in both rooms, and in the row of North.
	calls := levels + "direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropin_action_count,dropin_duration_minutes\n"
	d.load(t, "north", "asp_communication", calls+at(5, "n1")+",Outbound,Calling_Voice,A2A,1,10.5,0,0\n"+at(5, "n")+",Outbound,Calling_Voice,A2A,1,10.5,0,0\n"+
		at(6, "n1")+",Outbound,Calling_Voice,PSTN,2,9,0,0\n"+at(6, "n2")+",Inbound,DropIn_Video,A2A,0,0,1,3.25\n")
	d.load(t, "south", "asp_communication", calls+at(5, "s1")+",Inbound,Calling_Voice,A2A,1,10.5,0,0\n")
	skill := levels + "skill_name,intent_name,active_device_count,dialog_count\n"
	d.load(t, "north", "asp_property_skill", skill+at(5, "n1")+",Concierge,Menu,1,60\n"+at(5, "n")+",Concierge,Menu,1,60\n")
	d.load(t, "south", "asp_property_skill", skill+at(7, "s1")+",Concierge,AMAZON.FallbackIntent,1,40\n")
	return d
}

// channels adds campaigns, care and messages to the fortnight. The campaign "ghost" is in no snapshot.
func channels(t *testing.T, d folder) {
	t.Helper()
	results := levels + "campaign_id,targeted_devices_count,taps_count,impression_count\n"
	d.load(t, "north", "asp_proactive_campaign", results+at(5, "n1")+",c1,2,1,20\n"+at(5, "n")+",c1,2,1,20\n")
	d.load(t, "south", "asp_proactive_campaign", results+at(6, "s1")+",c2,1,3,20\n"+at(5, "s1")+",ghost,1,0,20\n")
	campaign := func(id, group, title, units, starts, ends, status string) string {
		return fmt.Sprintf("2026-10-06,%s,%s,%s,,,,,,UNITS,%s,%s,%s,%s,,\n", id, group, title, units, starts, ends, status)
	}
	d.load(t, "desk", "asp_campaigns", campaignsHeader+
		campaign("c1", "g-1", "Spa", "n", "", "", "APPROVED")+campaign("c2", "g-1", "Spa", "s1 s2", "", "", "APPROVED")+
		campaign("c3", "g-3", "Pool", "n1", "", "", "REJECTED")+campaign("c4", "g-4", "Bar", "s1", "2026-11-01T10:00:00Z", "", "APPROVED")+
		campaign("c5", "g-5", "Gym", "n1", "", "", "APPROVED")+campaign("c6", "g-6", "Tea", "s1", "", "2026-10-01T10:00:00Z", "APPROVED"))
	d.load(t, "care", "khoros_response", responses("Harbour,k1,north", "Harbour,k1,north", "Harbour,k2,north; vip", "Harbour,k3,south", "Harbour,k4,northern", "Inland,k5,north"))
	kpi := "2026-10-05,%s,application,%[1]s,%s,%s,%s,X,Double,,%d,\n"
	d.load(t, "messages", "pinpoint_kpis", "dataset_date,application_id,level,resource_id,kpi_name,group_key,group_value,value_key,value_type,given,amount,reading\n"+
		fmt.Sprintf(kpi, "A1", "txn-emails-delivered", "", "", 12)+fmt.Sprintf(kpi, "A1", "txn-emails-sent", "", "", 99)+
		fmt.Sprintf(kpi, "A1", "successful-deliveries-grouped-by-campaign", "CampaignId", "x", 3)+
		fmt.Sprintf(kpi, "A1", "successful-deliveries-grouped-by-campaign", "CampaignId", "y", 2)+
		fmt.Sprintf(kpi, "A9", "txn-sms-delivered", "", "", 7))
}

// responses is an export of 5 October 2026, of rows of a company, a conversation and a tag.
func responses(rows ...string) string {
	var names []string
	definition, _ := dataset.Lookup("khoros_response")
	for _, c := range definition.Dimensions() {
		if !slices.Contains([]string{"company", "conversation_id", "manual_tag"}, c.Name) {
			names = append(names, c.Name)
		}
	}
	all := "dataset_date,company,conversation_id,manual_tag," + strings.Join(names, ",") + "\n"
	for _, row := range rows {
		all += "2026-10-05," + row + strings.Repeat(",", len(names)) + "\n"
	}
	return all
}

// knownToPeople imports what people know of the fortnight: the application A9 serves both properties, n1 was occupied on a day that is
// not in the dataset, and s1 on the day that is missing.
func knownToPeople(t *testing.T, d folder) {
	t.Helper()
	d.imports(t, "rooms", "unit_id,room,building,wing,property_code\nn1,wrong,,,\n")
	d.imports(t, "rooms", "unit_id,room,building,wing,property_code\nn1,101,Main,East,\n")
	d.imports(t, "occupancy", "unit_id,stay_date,occupied\nn1,2026-10-05,1\nn1,2026-10-06,0\nn1,2026-10-12,1\nn1,2026-10-30,1\nn2,2026-10-05,1\n"+
		"s1,2026-10-14,1\ns1,2026-10-15,1\ns1,2026-10-16,1\ns2,2026-10-06,1\n")
	d.imports(t, "properties", "property_id,property_code,company,tag,application_id\nn,NOR,Harbour,north,A1\ns,SOU,Harbour,south,A2\nn,NOR,,,A9\ns,SOU,,,A9\n")
	d.imports(t, "campaigns", "campaign_id,campaign_group\nghost,Lobby\n")
}

// roomsByDay are the rooms' days: n1 has 2 devices and 10 dialogs until the 11th, then 15; n3 is there from the 16th on; s1 has 20
// dialogs, and nothing on the 15th.
func roomsByDay() [][]string {
	var all [][]string
	room := func(property, name, unit, devices string, first, last int, dialogs func(day int) string) {
		for day := first; day <= last; day++ {
			if n := dialogs(day); n != "" {
				all = append(all, []string{property, name, unit, "Room " + unit, fmt.Sprintf("2026-10-%02d", day), devices, n})
			}
		}
	}
	silent := func(int) string { return "0" }
	room("n", "North", "n1", "2", 5, 11, func(int) string { return "10" })
	room("n", "North", "n1", "2", 12, 18, func(int) string { return "15" })
	room("n", "North", "n2", "1", 5, 18, silent)
	room("n", "North", "n3", "1", 16, 18, silent)
	room("s", "South", "s1", "1", 5, 18, func(day int) string { return map[bool]string{true: "", false: "20"}[day == 15] })
	room("s", "South", "s2", "1", 5, 5, silent)
	return all
}

// answers are by hand, from what fortnight, channels and knownToPeople say, by the question's name.
var answers = map[string][][]string{
	// North: 7 × 10 and 7 × 15 are 70 and 105, half as much again. South lacks a day of the second week.
	"dialogs-by-property-and-week": {
		{"n", "North", "2026-10-05", "70", "7", "NULL"}, {"n", "North", "2026-10-12", "105", "7", "50"},
		{"s", "South", "2026-10-05", "140", "7", "NULL"}, {"s", "South", "2026-10-12", "120", "6", "NULL"},
	},
	// North: 7 of 21 device-days, then 7 of 4 × 3 + 3 × 4 = 24. South: 7 of 2 + 6 = 8, then 6 of 6.
	"adoption-rate": {
		{"n", "North", "2026-10-05", "7", "3", "33.3"}, {"n", "North", "2026-10-12", "7", "3.4", "29.2"},
		{"s", "South", "2026-10-05", "7", "1.1", "87.5"}, {"s", "South", "2026-10-12", "6", "1", "100"},
	},
	// North has 3 devices and 10 dialogs until the 11th, then 15 dialogs, and 4 devices from the 16th on; South has 1 and 20, but 2 on the
	// 5th, and nothing on the 15th.
	"use-by-day": {
		{"2026-10-05", "5", "2", "30"}, {"2026-10-06", "4", "2", "30"}, {"2026-10-07", "4", "2", "30"}, {"2026-10-08", "4", "2", "30"},
		{"2026-10-09", "4", "2", "30"}, {"2026-10-10", "4", "2", "30"}, {"2026-10-11", "4", "2", "30"}, {"2026-10-12", "4", "2", "35"},
		{"2026-10-13", "4", "2", "35"}, {"2026-10-14", "4", "2", "35"}, {"2026-10-15", "3", "1", "15"}, {"2026-10-16", "5", "2", "35"},
		{"2026-10-17", "5", "2", "35"}, {"2026-10-18", "5", "2", "35"},
	},
	"use-by-property": {{"s", "South", "13", "1.1", "1", "92.9", "260"}, {"n", "North", "14", "3.2", "1", "31.1", "175"}},
	"use-by-unit": {
		{"s", "South", "s1", "Room s1", "13", "1", "260"}, {"n", "North", "n1", "Room n1", "14", "2", "175"},
		{"n", "North", "n2", "Room n2", "14", "1", "0"}, {"n", "North", "n3", "Room n3", "3", "1", "0"}, {"s", "South", "s2", "Room s2", "1", "1", "0"},
	},
	// North: 45 device-days in 14 days, of which 14 in use. South: 14 in 13 days, of which 13.
	"devices-in-use": {{"n", "North", "3.2", "1", "31.1"}, {"s", "South", "1.1", "1", "92.9"}},
	// s2 has 13 days since it was seen, n3 only 3.
	"silent-units": {{"n2", "North", "Room n2", "1", "2026-10-18", "14"}, {"s2", "South", "Room s2", "1", "2026-10-05", "13"}},
	"rooms-by-day": roomsByDay(),
	// n1: 10 + 15 on two occupied days; s1: 20 on each of the two that are there; s2: no row on its occupied day.
	"top-rooms": {
		{"South", "s1", "Room s1", "NULL", "NULL", "260", "2", "40", "20"}, {"North", "n1", "101", "Main", "East", "175", "2", "25", "12.5"},
		{"North", "n2", "Room n2", "NULL", "NULL", "0", "1", "0", "0"}, {"South", "s2", "Room s2", "NULL", "NULL", "0", "1", "0", "0"},
		{"North", "n3", "Room n3", "NULL", "NULL", "0", "NULL", "NULL", "NULL"},
	},
	// Of North's 175 dialogs 160 have a domain, of South's 13 × 20 = 260 all.
	"domains-by-share": {
		{"n", "North", "Audio", "100", "62.5", "15"}, {"n", "North", "Other", "60", "37.5", "15"}, {"s", "South", "Audio", "260", "100", "0"},
	},
	"calls-and-drop-ins": {
		{"n", "North", "A2A", "Inbound", "DropIn_Video", "0", "0.000000", "1", "3.250000", "NULL"},
		{"n", "North", "A2A", "Outbound", "Calling_Voice", "1", "10.500000", "0", "0.000000", "10.5"},
		{"n", "North", "PSTN", "Outbound", "Calling_Voice", "2", "9.000000", "0", "0.000000", "4.5"},
		{"s", "South", "A2A", "Inbound", "Calling_Voice", "1", "10.500000", "0", "0.000000", "10.5"},
	},
	"intents-of-own-skills": {
		{"Concierge", "Menu", "60", "60", "40", "2026-10-05", "2026-10-05"},
		{"Concierge", "AMAZON.FallbackIntent", "40", "40", "40", "2026-10-07", "2026-10-07"},
	},
	"rollup-reconciliation": {{"2026-10-06", "north", "1", "n", "North", "2", "12", "10", "2"}},
	// c1 and c2 are one promotion: 1 + 3 taps of 20 + 20 impressions.
	"campaign-click-through": {
		{"g-1", "Spa", `["c1","c2"]`, "2026-10-05", "2026-10-06", "40", "4", "10"},
		{"Lobby", "NULL", `["ghost"]`, "2026-10-05", "2026-10-05", "20", "0", "0"},
	},
	"campaign-taps": {
		{"c2", "2026-10-06", "2026-10-06", "20", "3", "15"}, {"c1", "2026-10-05", "2026-10-05", "20", "1", "5"},
		{"ghost", "2026-10-05", "2026-10-05", "20", "0", "0"},
	},
	// c1 is aimed at North and was shown in its room.
	"campaign-reach-gap": {
		{"g-1", "c2", "Spa", "s2", "no results of this unit"}, {"g-3", "c3", "Pool", "n1", "rejected"}, {"g-4", "c4", "Bar", "s1", "not begun"},
		{"g-5", "c5", "Gym", "n1", "not shown"}, {"g-6", "c6", "Tea", "s1", "over before"},
	},
	"care-responses": {
		{"2026-10-05", "north", "3", "2", "0"}, {"2026-10-05", "north; vip", "1", "1", "0"}, {"2026-10-05", "northern", "1", "1", "0"},
		{"2026-10-05", "south", "1", "1", "0"},
	},
	// k4 has another tag, and k5 is of a company that is not mapped.
	"care-conversations-by-property": {
		{"n", "NOR", "2026-10-05", "3", "2"}, {"NULL", "NULL", "2026-10-05", "2", "2"}, {"s", "SOU", "2026-10-05", "1", "1"},
	},
	"messages-by-application": {
		{"A1", "2026-10-05", "17.000000", "5.000000", "12.000000", "NULL"}, {"A9", "2026-10-05", "7.000000", "NULL", "NULL", "7.000000"},
	},
	"cross-channel-funnel": {
		{"s", "2026-10-06", "NULL", "20", "3", "NULL"}, {"n", "2026-10-05", "17.000000", "20", "1", "2"}, {"s", "2026-10-05", "NULL", "20", "0", "1"},
	},
}

var october = catalog.Scope{From: report.NewDate(2026, time.October, 5), To: report.NewDate(2026, time.October, 18)}

func questionNamed(t *testing.T, slug string) catalog.Question {
	t.Helper()
	all, err := catalog.Questions()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range all {
		if q.Slug == slug {
			return q
		}
	}
	t.Fatalf("no question is called %s", slug)
	return catalog.Question{}
}

func TestTheAnalysesAnswerWhatAPersonReckons(t *testing.T) {
	d := fortnight(t)
	channels(t, d)
	knownToPeople(t, d)
	e := d.open(t)
	// What a person gets who adds up all rows: each day of each property twice, and the two dialogs of the 6th.
	wants(t, e, "SELECT sum(dialog_count), (SELECT sum(dialog_count) FROM raw.asp_device) FROM asp_device", []string{"435", "872"})
	for slug, want := range answers {
		t.Run(slug, func(t *testing.T) {
			wants(t, e, questionNamed(t, slug).Statement(october), want...)
		})
	}
	t.Run("out of memory that holds the tables", func(t *testing.T) {
		held, err := duckdb.Open(t.Context(), duckdb.Options{Dataset: string(d), Memory: "1GB", Hold: true, Days: report.Window{From: october.From, To: october.To}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := held.Close(); err != nil {
				t.Error(err)
			}
		}()
		for range 2 {
			for slug, want := range answers {
				wants(t, held, questionNamed(t, slug).Statement(october), want...)
			}
		}
	})
	t.Run("coverage-and-expiry", func(t *testing.T) {
		sql := questionNamed(t, "coverage-and-expiry").Statement(october)
		// 90 days behind 15 October are 13 January.
		wants(t, e, "SELECT table_name, subscription, dataset_date, lost_after FROM ("+sql+") WHERE table_name = 'asp_device'", []string{"asp_device", "south", "2026-10-15", "2027-01-13"})
		// Each of the others has rows of one or two of the 14 days.
		wants(t, e, "SELECT subscription, count(*) FROM ("+sql+") WHERE table_name = 'asp_communication' GROUP BY ALL ORDER BY ALL",
			[]string{"north", "12"}, []string{"south", "13"})
	})
	t.Run("one property", func(t *testing.T) {
		scope := october
		scope.Property = "s"
		for _, slug := range []string{"dialogs-by-property-and-week", "domains-by-share", "calls-and-drop-ins", "cross-channel-funnel", "care-conversations-by-property"} {
			var want [][]string
			for _, row := range answers[slug] {
				if row[0] == "s" {
					want = append(want, row)
				}
			}
			wants(t, e, questionNamed(t, slug).Statement(scope), want...)
		}
	})
}

// Nobody said which room a unit is, nor which property a conversation is about.
func TestTheAnalysesRunWithoutOwnData(t *testing.T) {
	d := fortnight(t)
	channels(t, d)
	e := d.open(t)
	top := ask(t, e, questionNamed(t, "top-rooms").Statement(october)).texts
	if diff := cmp.Diff([]string{"South", "s1", "Room s1", "NULL", "NULL", "260", "NULL", "NULL", "NULL"}, top[0]); diff != "" {
		t.Error(diff)
	}
	wants(t, e, questionNamed(t, "care-conversations-by-property").Statement(october), []string{"NULL", "NULL", "2026-10-05", "6", "5"})
	wants(t, e, questionNamed(t, "wellbeing-join").Statement(october))
}

func TestTheUnitsOfTheDataset(t *testing.T) {
	units, err := own.Units(t.Context(), fortnight(t).open(t))
	if want := map[string]bool{"o": true, "n": true, "n1": true, "n2": true, "n3": true, "s": true, "s1": true, "s2": true}; err != nil || !cmp.Equal(units, want) {
		t.Errorf("got %v, %v", units, err)
	}
}

// Five rooms have 40 minutes of calls in October, and marks that rose by 1, 0.5, 0, 1.5 and 2: 1 on average. The sixth, without a call, is
// alone in its band, and the seventh has no mark of the month before.
func TestTheSurveyIsComparedOfManyRoomsOnly(t *testing.T) {
	d := folder(t.TempDir())
	devices := levels + "device_count,active_device_count,dialog_count\n"
	calls := levels + "direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropin_action_count,dropin_duration_minutes\n"
	survey := "unit_id,survey_month,satisfaction\nn7,2026-08,1\nn7,2026-10,5\n"
	for i, rise := range []string{"4", "3.5", "3", "4.5", "5", "2"} {
		room := fmt.Sprintf("n%d", i+1)
		devices += at(10, room) + ",1,1,5\n"
		survey += room + ",2026-09,3\n" + room + ",2026-10," + rise + "\n"
		if i < 5 {
			calls += at(10, room) + ",Outbound,Calling_Voice,PSTN,2,25,0,0\n" + at(11, room) + ",Inbound,Calling_Voice,PSTN,1,15,0,0\n"
		}
	}
	d.load(t, "north", "asp_device", devices+at(10, "n7")+",1,1,5\n")
	d.load(t, "north", "asp_communication", calls)
	d.imports(t, "survey", survey)
	wants(t, d.open(t), questionNamed(t, "wellbeing-join").Statement(october), []string{"30 and more", "5", "5", "1"})
}

// Every question of the catalogue has an answer that was reckoned by hand, here or in another test of this package, and says rightly which
// columns it has.
func TestEveryQuestionIsReckoned(t *testing.T) {
	elsewhere := "coverage-and-expiry restatement-log wellbeing-join skill-failure-rate skill-health skill-intents skill-sessions-per-user"
	all, err := catalog.Questions()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := withOperations(t, func(string) ([][]any, error) { return nil, nil })
	for _, q := range all {
		if answers[q.Slug] == nil && !strings.Contains(elsewhere, q.Slug) {
			t.Errorf("nobody reckoned %s", q.Slug)
		}
		columns := map[string]bool{}
		for _, c := range ask(t, e, q.SQL).columns {
			columns[c.Name] = true
		}
		for _, name := range q.AddsUp {
			if !columns[name] {
				t.Errorf("%s has no column %s to add up", q.Slug, name)
			}
		}
	}
}
