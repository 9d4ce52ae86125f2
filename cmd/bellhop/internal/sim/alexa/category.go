package alexa

import (
	"slices"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
)

// measureKind says how a measure adds up over units and days.
type measureKind int

const (
	// additive counts add up over units and days.
	additive measureKind = iota
	// minutes add up like counts; they are held in hundredths and printed with two decimals.
	minutes
	// gauge adds up over units; over days the largest counts.
	gauge
	// devices are counted once each, however many days and units they were seen in.
	devices
)

type measure struct {
	column string
	kind   measureKind
}

// category is one documented kind of report.
type category struct {
	name       string
	dimensions []string
	measures   []measure
}

// categories holds the five documented categories with the columns of the documented samples, letter by letter.
var categories = []category{
	{
		name:     "DEVICE",
		measures: []measure{{"device_count", gauge}, {"active_device_count", devices}, {"dialog_count", additive}},
	},
	{
		name:       "DOMAIN_ENGAGEMENT",
		dimensions: []string{"Business Domain"},
		measures:   []measure{{"active_device_count", devices}, {"dialog_count", additive}},
	},
	{
		name:       "PROACTIVE_CAMPAIGN",
		dimensions: []string{"campaign_id"},
		measures:   []measure{{"targeted_devices_count", gauge}, {"taps_count", additive}, {"impression_count", additive}},
	},
	{
		name:       "PROPERTY_SKILL",
		dimensions: []string{"skill_name", "intent_name"},
		measures:   []measure{{"active_device_count", devices}, {"dialog_count", additive}},
	},
	{
		name:       "COMMUNICATION",
		dimensions: []string{"direction", "sub_experience", "call_provider"},
		measures: []measure{
			{"calling_action_count", additive},
			{"calling_duration_minutes", minutes},
			{"dropIn_action_count", additive},
			{"dropIn_duration_minutes", minutes},
		},
	},
}

const dateColumn = "dataset_date"

func categoryNamed(name string) (category, bool) {
	i := slices.IndexFunc(categories, func(c category) bool { return c.name == name })
	if i < 0 {
		return category{}, false
	}
	return categories[i], true
}

func categoryNames() []string {
	var names []string
	for _, c := range categories {
		names = append(names, c.name)
	}
	return names
}

// has reports whether a report of c always bears the column: level columns come and go.
func (c category) has(column string) bool {
	return column == dateColumn || slices.Contains(c.dimensions, column) ||
		slices.ContainsFunc(c.measures, func(m measure) bool { return m.column == column })
}

// lastColumn is the rightmost column of c.
func (c category) lastColumn() string { return c.measures[len(c.measures)-1].column }

// weighted is one of several possible values and its share of all of them.
type weighted struct {
	value  string
	weight int64
}

func pick(c *chance.Stream, from []weighted) string {
	var total int64
	for _, w := range from {
		total += w.weight
	}
	at := c.Below(total)
	for _, w := range from {
		if at < w.weight {
			return w.value
		}
		at -= w.weight
	}
	return ""
}

// callHabit is one way in which the people of a property call, and how often.
type callHabit struct {
	direction, subExperience, provider string
	perMille                           int      // rooms in 1000 that do so on an ordinary day
	minutes                            [2]int64 // shortest and longest call, in hundredths of a minute
}

// profile is how the rooms of one kind of property behave. Arrays begin on Sunday.
type profile struct {
	occupied  [7]int64 // rooms in 1000 that are occupied
	stayDays  int64    // how long somebody stays
	dialogs   int64    // dialogs of an occupied room on an ordinary day
	weekday   [7]int64 // of these, in thousandths
	domains   []weighted
	skill     string
	intents   []weighted
	calls     []callHabit
	internal  int64    // calls from room to room per 1000 rooms and day
	campaigns []string // names that their ids are derived from
	screens   int      // rooms in 1000 whose device has a screen
}

// skillDomain is the domain of the dialogs that the property's own skill answered.
const skillDomain = "Skills"

// Of the domains only Audio and Other are documented, of the calls only Inbound, Outbound, DropIn_Video,
// Calling_Voice, A2A and PSTN. The other names follow their pattern (assumed).
var profiles = map[Kind]profile{
	Hotel: {
		occupied: [7]int64{620, 560, 580, 620, 680, 860, 900}, stayDays: 2,
		dialogs: 9, weekday: [7]int64{1150, 850, 850, 900, 950, 1200, 1350},
		domains: []weighted{
			{"Audio", 38}, {"Video", 14}, {"Weather", 10}, {"Timers & Alarms", 9},
			{"Smart Home", 12}, {skillDomain, 13}, {"Other", 4},
		},
		skill: "Concierge",
		intents: []weighted{
			{"GetMenu", 28}, {"RequestTowels", 22}, {"GetCheckoutTime", 18},
			{"GetWifi", 20}, {"AMAZON.FallbackIntent", 12},
		},
		calls: []callHabit{
			{"Outbound", "Calling_Voice", "PSTN", 60, [2]int64{40, 900}},
			{"Outbound", "Calling_Voice", "A2A", 20, [2]int64{30, 400}},
		},
		internal: 5, campaigns: []string{"breakfast", "spa"}, screens: 700,
	},
	SeniorLiving: {
		occupied: [7]int64{940, 950, 950, 950, 950, 950, 940}, stayDays: 400,
		dialogs: 16, weekday: [7]int64{1050, 1000, 1000, 1000, 1000, 980, 970},
		domains: []weighted{
			{"Audio", 30}, {"Weather", 12}, {"News", 14}, {"Timers & Alarms", 15},
			{"Communications", 12}, {"Knowledge", 7}, {skillDomain, 7}, {"Other", 3},
		},
		skill: "Daily Life",
		intents: []weighted{
			{"GetMenu", 45}, {"GetActivities", 35}, {"RequestHelp", 10}, {"AMAZON.FallbackIntent", 10},
		},
		calls: []callHabit{
			{"Inbound", "DropIn_Video", "A2A", 120, [2]int64{100, 4500}},
			{"Inbound", "DropIn_Voice", "A2A", 60, [2]int64{50, 1800}},
			{"Outbound", "Calling_Voice", "PSTN", 220, [2]int64{100, 3500}},
			{"Inbound", "Calling_Video", "A2A", 150, [2]int64{200, 4000}},
			{"Outbound", "Calling_Video", "A2A", 130, [2]int64{200, 4000}},
		},
		internal: 80, campaigns: []string{"activities", "wellness"}, screens: 850,
	},
	Hospital: {
		occupied: [7]int64{760, 820, 850, 850, 840, 800, 750}, stayDays: 3,
		dialogs: 7, weekday: [7]int64{950, 1000, 1030, 1030, 1030, 1000, 950},
		domains: []weighted{
			{"Audio", 26}, {"Video", 15}, {"Smart Home", 13}, {skillDomain, 34}, {"Other", 12},
		},
		skill: "Nurse Call",
		intents: []weighted{
			{"CallNurse", 52}, {"RequestWater", 20}, {"RequestBlanket", 16}, {"AMAZON.FallbackIntent", 12},
		},
		calls: []callHabit{
			{"Inbound", "DropIn_Video", "A2A", 90, [2]int64{60, 600}},
			{"Outbound", "Calling_Voice", "PSTN", 70, [2]int64{50, 1500}},
		},
		internal: 0, campaigns: []string{"visiting-hours"}, screens: 500,
	},
}
