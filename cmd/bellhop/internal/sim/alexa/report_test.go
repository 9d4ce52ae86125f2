package alexa_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
)

// levels spells the pairs of level columns, as the documented samples do.
func levels(first, last int) []string {
	var columns []string
	for n := first; n <= last; n++ {
		columns = append(columns, fmt.Sprintf("unitId_level_%d", n), fmt.Sprintf("unitName_level_%d", n))
	}
	return columns
}

// The columns after the levels, copied from the documented sample of each category.
var documented = map[string][]string{
	"DEVICE":             {"device_count", "active_device_count", "dialog_count"},
	"DOMAIN_ENGAGEMENT":  {"Business Domain", "active_device_count", "dialog_count"},
	"PROACTIVE_CAMPAIGN": {"campaign_id", "targeted_devices_count", "taps_count", "impression_count"},
	"PROPERTY_SKILL":     {"skill_name", "intent_name", "active_device_count", "dialog_count"},
	"COMMUNICATION": {
		"direction", "sub_experience", "call_provider", "calling_action_count", "calling_duration_minutes",
		"dropIn_action_count", "dropIn_duration_minutes",
	},
}

func TestColumnsAreTheDocumentedOnes(t *testing.T) {
	v := start(t, nil).login()
	for name, test := range map[string]struct {
		unit        string
		subUnits    bool
		device      []string
		allTheOther []string
	}{
		// Both documented samples: DEVICE of a property with its rooms, the others of a property alone.
		"property with sub-units":     {v.property(0), true, levels(1, 3), levels(0, 3)},
		"property":                    {v.property(0), false, levels(1, 1), levels(0, 1)},
		"organisation with sub-units": {v.org(), true, levels(0, 3), levels(0, 3)},
		"organisation":                {v.org(), false, levels(0, 0), levels(0, 0)},
		"room":                        {v.room(0, 0), false, levels(1, 3), levels(0, 3)},
	} {
		for category, columns := range documented {
			t.Run(name+" "+category, func(t *testing.T) {
				want := append([]string{"dataset_date"}, test.allTheOther...)
				if category == "DEVICE" {
					want = append([]string{"dataset_date"}, test.device...)
				}
				want = append(want, columns...)
				got := v.report(ask(test.unit, "2026-11-02", "2026-11-08", test.subUnits, category))[0]
				if !slices.Equal(got, want) {
					t.Errorf("columns %q\nwant    %q", got, want)
				}
			})
		}
	}
}

func TestEveryCategoryHasData(t *testing.T) {
	v := start(t, nil).login()
	for category := range documented {
		for i, house := range v.estate.Organisation.Units {
			if records := v.report(ask(v.property(i), "2026-08-22", "2026-11-19", true, category)); len(records) < 20 {
				t.Errorf("%s of a %s: only %d records", category, house.Kind, len(records))
			}
		}
	}
}

func TestDatesAreWrittenAsInTheSample(t *testing.T) {
	v := start(t, nil).login()
	dates := column(t, v.report(ask(v.org(), "2026-09-30", "2026-10-02", false, "DEVICE")), "dataset_date")
	if want := []string{"9/30/2026", "10/1/2026", "10/2/2026"}; !slices.Equal(dates, want) {
		t.Errorf("dates %q, want %q", dates, want)
	}
}

func TestRowsOfAUnitAndItsDescendants(t *testing.T) {
	v := start(t, nil).login()
	all := v.report(ask(v.property(1), "2026-11-10", "2026-11-10", true, "DEVICE"))
	rooms := v.estate.Organisation.Units[1].Units[0].Units
	// The property, its group, its rooms.
	if want := 1 + 2 + len(rooms); len(all) != want {
		t.Fatalf("%d records, want %d", len(all), want)
	}
	property, room := all[1], all[3]
	if property[1] != v.property(1) || property[2] != "Maple Court" || strings.Join(property[3:7], "") != "" {
		t.Errorf("the property's row %q", property)
	}
	if room[4] != "Default" || room[5] != rooms[0].ID || room[6] != "Apartment 101" {
		t.Errorf("the room's row %q", room)
	}
	if !slices.Contains(column(t, all, "unitName_level_3"), alexa.PlantedName) {
		t.Error("the planted name is missing")
	}
	alone := v.report(ask(v.property(1), "2026-11-10", "2026-11-10", false, "DEVICE"))
	if len(alone) != 2 || !slices.Equal(alone[1][3:], property[7:]) {
		t.Errorf("alone %q, want the same numbers as %q", alone[1:], property)
	}
}

// additive lists the measures that add up over units.
var additive = map[string][]string{
	"DEVICE":             {"device_count", "dialog_count"},
	"DOMAIN_ENGAGEMENT":  {"dialog_count"},
	"PROACTIVE_CAMPAIGN": {"targeted_devices_count", "taps_count", "impression_count"},
	"PROPERTY_SKILL":     {"dialog_count"},
	"COMMUNICATION":      {"calling_action_count", "calling_duration_minutes", "dropIn_action_count", "dropIn_duration_minutes"},
}

func TestRollUpsAreTheSumsOfTheirRooms(t *testing.T) {
	v := start(t, nil).login()
	for category, measures := range additive {
		for _, granularity := range []string{"DAILY", "AGGREGATED"} {
			t.Run(category+" "+granularity, func(t *testing.T) {
				body := ask(v.org(), "2026-10-01", "2026-10-31", true, category)
				body["dateRange"].(map[string]any)["granularity"] = granularity
				records := v.report(body)
				depth := func(r []string) int { // 3 for rooms; level columns begin at 1
					for level := 3; level > 0; level-- {
						if r[1+2*level] != "" {
							return level
						}
					}
					return 0
				}
				for _, measure := range measures {
					i := slices.Index(records[0], measure)
					sums := map[int]int64{}
					for _, r := range records[1:] {
						sums[depth(r)] += hundredths(t, r[i])
					}
					if sums[3] == 0 || sums[0] != sums[3] || sums[1] != sums[3] || sums[2] != sums[3] {
						t.Errorf("%s by level, in hundredths: %v", measure, sums)
					}
				}
			})
		}
	}
}

func TestDevicesOfAParentAreCountedOnce(t *testing.T) {
	totals := func(switches alexa.Switches) (parent, rooms int64) {
		v := start(t, func(c *alexa.Config) { c.Switches = switches; c.Estate = alexa.SizedEstate(20) }).login()
		records := v.report(ask(v.property(1), "2026-09-01", "2026-10-31", true, "DEVICE"))
		active := slices.Index(records[0], "active_device_count")
		devices := slices.Index(records[0], "device_count")
		for _, r := range records[1:] {
			n := hundredths(t, r[active]) / 100
			if n > hundredths(t, r[devices])/100 {
				t.Fatalf("more active devices than devices: %q", r)
			}
			switch {
			case r[5] != "":
				rooms += n
			case r[3] == "":
				parent += n
			}
		}
		return parent, rooms
	}
	if parent, rooms := totals(alexa.Switches{}); parent >= rooms || parent < rooms*9/10 {
		t.Errorf("distinct: property %d, rooms %d: want a little fewer", parent, rooms)
	}
	if parent, rooms := totals(alexa.Switches{SumDistinct: true}); parent != rooms {
		t.Errorf("summed: property %d, rooms %d: want the same", parent, rooms)
	}
}

func TestDomainsAndIntentsAddUpToTheDialogs(t *testing.T) {
	v := start(t, nil).login()
	sum := func(category, where, is string) (total int64) {
		records := v.report(ask(v.org(), "2026-10-01", "2026-10-31", false, category))
		counts := column(t, records, "dialog_count")
		for i, n := range counts {
			if where == "" || column(t, records, where)[i] == is {
				total += hundredths(t, n) / 100
			}
		}
		return total
	}
	if device, domains := sum("DEVICE", "", ""), sum("DOMAIN_ENGAGEMENT", "", ""); device != domains {
		t.Errorf("%d dialogs by device, %d by domain", device, domains)
	}
	if skills, intents := sum("DOMAIN_ENGAGEMENT", "Business Domain", "Skills"), sum("PROPERTY_SKILL", "", ""); skills != intents {
		t.Errorf("%d dialogs with skills, %d by intent", skills, intents)
	}
}

func TestCallsFillOnePairOfColumns(t *testing.T) {
	v := start(t, nil).login()
	records := v.report(ask(v.property(1), "2026-10-01", "2026-10-31", true, "COMMUNICATION"))
	plainZero, decimals := false, false
	for i, sub := range column(t, records, "sub_experience") {
		idle := []string{"dropIn_action_count", "dropIn_duration_minutes"}
		busy := []string{"calling_action_count", "calling_duration_minutes"}
		if strings.HasPrefix(sub, "DropIn_") {
			idle, busy = busy, idle
		}
		for _, name := range idle {
			if cell := column(t, records, name)[i]; cell != "0" {
				t.Fatalf("%s: %s is %q", sub, name, cell)
			}
		}
		if column(t, records, busy[0])[i] == "0" {
			t.Fatalf("%s without an action", sub)
		}
		length := column(t, records, busy[1])[i]
		plainZero = plainZero || length == "0"
		decimals = decimals || len(length) > 3 && length[len(length)-3] == '.'
	}
	if !plainZero || !decimals {
		t.Errorf("plain zero %t, two decimals %t: want both", plainZero, decimals)
	}
}

func TestInternalCallsHaveTwoEnds(t *testing.T) {
	count := func(switches alexa.Switches) (in, out int64) {
		v := start(t, func(c *alexa.Config) { c.Switches = switches }).login()
		records := v.report(ask(v.property(1), "2026-09-01", "2026-10-31", false, "COMMUNICATION"))
		for i, sub := range column(t, records, "sub_experience") {
			n := hundredths(t, column(t, records, "calling_action_count")[i]) / 100
			// In senior living nobody else calls by Alexa and voice alone.
			if sub == "Calling_Voice" && column(t, records, "call_provider")[i] == "A2A" {
				if column(t, records, "direction")[i] == "Inbound" {
					in += n
				} else {
					out += n
				}
			}
		}
		return in, out
	}
	if in, out := count(alexa.Switches{}); in == 0 || in != out {
		t.Errorf("%d inbound, %d outbound: want the same", in, out)
	}
	if in, out := count(alexa.Switches{OneSidedInternalCalls: true}); in != 0 || out == 0 {
		t.Errorf("%d inbound, %d outbound: want outbound alone", in, out)
	}
}

func TestRhythms(t *testing.T) {
	v := start(t, func(c *alexa.Config) { c.Estate = alexa.SizedEstate(30) }).login()
	weekly := func(property int) (weekend, midweek int64) {
		// Twelve whole weeks from a Monday.
		records := v.report(ask(v.property(property), "2026-08-24", "2026-11-15", false, "DEVICE"))
		for i, date := range column(t, records, "dataset_date") {
			day, err := time.Parse("1/2/2006", date)
			if err != nil {
				t.Fatal(err)
			}
			n := hundredths(t, column(t, records, "dialog_count")[i]) / 100
			switch day.Weekday() {
			case time.Friday, time.Saturday:
				weekend += n
			case time.Tuesday, time.Wednesday:
				midweek += n
			}
		}
		return weekend, midweek
	}
	if weekend, midweek := weekly(0); weekend < midweek*3/2 {
		t.Errorf("hotel: %d on Fridays and Saturdays, %d in midweek: want a weekend peak", weekend, midweek)
	}
	if weekend, midweek := weekly(2); weekend >= midweek {
		t.Errorf("hospital: %d on Fridays and Saturdays, %d in midweek: want fewer", weekend, midweek)
	}
	skills := column(t, v.report(ask(v.property(2), "2026-11-01", "2026-11-10", false, "PROPERTY_SKILL")), "intent_name")
	if !slices.Contains(skills, "CallNurse") {
		t.Error("nobody called a nurse")
	}
}

func TestSomeRoomsAreSilentAndSomeDaysAreMissing(t *testing.T) {
	v := start(t, func(c *alexa.Config) { c.Estate = alexa.SizedEstate(20) }).login()
	records := v.report(ask(v.property(1), "2026-09-01", "2026-10-30", true, "DEVICE"))
	rows, idle := 0, 0
	for i, room := range column(t, records, "unitId_level_3") {
		if room == "" {
			continue
		}
		rows++
		if column(t, records, "dialog_count")[i] == "0" {
			idle++
		}
	}
	if whole := 20 * 60; rows >= whole || rows < whole*95/100 {
		t.Errorf("%d rows of %d: want some missing", rows, whole)
	}
	if idle == 0 || idle > rows/4 {
		t.Errorf("%d of %d rows are idle", idle, rows)
	}
}

// In the demonstration two rooms are silent: they have a device on every day, and nobody speaks to it or calls from it.
func TestTwoRoomsOfTheDemonstrationAreSilent(t *testing.T) {
	v := start(t, func(c *alexa.Config) { c.Estate = alexa.DemoEstate() }).login()
	devices := v.report(ask(v.org(), "2026-09-01", "2026-10-30", true, "DEVICE"))
	dialogs, seen := map[string]bool{}, map[string]int{}
	for i, room := range column(t, devices, "unitName_level_3") {
		seen[room]++
		dialogs[room] = dialogs[room] || column(t, devices, "dialog_count")[i] != "0"
	}
	var silent []string
	for room, spoke := range dialogs {
		if !spoke {
			silent = append(silent, room)
		}
	}
	slices.Sort(silent)
	if want := []string{"Bed 206", "Room 108"}; !slices.Equal(silent, want) || seen["Bed 206"] < 55 {
		t.Errorf("%q are silent, want %q, and in reports of %d days", silent, want, seen["Bed 206"])
	}
	calls := v.report(ask(v.org(), "2026-09-01", "2026-10-30", true, "COMMUNICATION"))
	for _, room := range column(t, calls, "unitName_level_3") {
		if slices.Contains(silent, room) {
			t.Fatalf("somebody called from %s", room)
		}
	}
}

func TestNoDataBeforeAUnitWasCreated(t *testing.T) {
	v := start(t, func(c *alexa.Config) {
		c.Estate.Organisation.Units[0].Created = time.Date(2026, 11, 5, 15, 0, 0, 0, time.UTC)
	}).login()
	dates := column(t, v.report(ask(v.property(0), "2026-11-01", "2026-11-07", false, "DEVICE")), "dataset_date")
	if want := []string{"11/5/2026", "11/6/2026", "11/7/2026"}; !slices.Equal(dates, want) {
		t.Errorf("dates %q, want %q", dates, want)
	}
}
