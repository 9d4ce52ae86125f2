package alexa

// weighted is one of several possible values and its share of all of them.
type weighted struct {
	value  string
	weight int64
}

func pick(c *chance, from []weighted) string {
	var total int64
	for _, w := range from {
		total += w.weight
	}
	at := c.below(total)
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

// profileOf falls back to a hotel for units above or outside the kinds.
func profileOf(n *node) profile {
	if p, ok := profiles[n.kind]; ok {
		return p
	}
	return profiles[Hotel]
}
