package monthly

import "github.com/bellhop-asp/bellhop/internal/catalog"

// subject is what a block is about: one of the questions of package catalog, and what the report makes of its answer.
type subject struct {
	name, title, question string
	columns               []Column
	// within names the columns whose values split the rows into parts of which totals are known.
	within []string
	// adds are the columns of which totals are known; where it is nil, those that add up by the question.
	adds []string
	// whole says that the question is about the whole account and not about properties.
	whole bool
	// say returns the most important thing in a sentence, of what the audience sees.
	say func(Block) string
	// empty is said where there is no row.
	empty string

	asked catalog.Question // once it was asked
}

var (
	propertyID   = Column{Name: "property_id", Title: "Property's id", Role: ID}
	propertyName = Column{Name: "property_name", Title: "Property", Role: Unit, ID: "property_id"}
	unitID       = Column{Name: "unit_id", Title: "Unit's id", Role: ID}
	unitName     = Column{Name: "unit_name", Title: "Unit", Role: Unit, ID: "unit_id"}
	dialogs      = Column{Name: "dialogs", Title: "Dialogs", Role: Activity, Drawn: "bar"}
)

func text(name, title string) Column     { return Column{Name: name, Title: title, Role: Text} }
func level(name, title string) Column    { return Column{Name: name, Title: title, Role: Level} }
func activity(name, title string) Column { return Column{Name: name, Title: title, Role: Activity} }
func derived(name, title string) Column  { return Column{Name: name, Title: title, Role: Derived} }

func drawn(c Column, how string) Column {
	c.Drawn = how
	return c
}

const (
	useByDay     = "use-by-day"
	completeness = "completeness"
	restatements = "restatements"
)

// subjects are the blocks that come from questions, in the order of the report.
func subjects() []subject { return append(subjectsOfUse(), subjectsOfRest()...) }

func subjectsOfUse() []subject {
	return []subject{
		{
			name: useByDay, title: "Use by day", question: "use-by-day", say: sayBusiest, empty: "The month has no data.", adds: []string{"dialogs", "in_use"}, // an average tells the sum
			columns: []Column{{Name: "dataset_date", Title: "Day", Role: Day}, level("devices", "Devices"), activity("in_use", "In use"), dialogs},
		},
		{
			name: "use-by-property", title: "Use by property", question: "use-by-property", say: sayLargest("property_name", "dialogs", "Most dialogs were in %s: %s."),
			columns: []Column{
				propertyName, level("days", "Days"), level("devices", "Devices"), activity("in_use", "In use"), derived("percent_in_use", "In use, %"), dialogs, propertyID,
			},
			empty: "No property has rows.", adds: []string{"dialogs", "in_use"},
		},
		{
			name: "domains", title: "What people ask for", question: "domains-by-share", within: []string{"property_id"},
			say:     sayLargest("business_domain", "dialogs", "Most asked for in one property: %s, with %s dialogs."),
			columns: []Column{propertyName, text("business_domain", "Domain"), dialogs, derived("percent", "Share, %"), propertyID},
			empty:   "There are no dialogs.",
		},
		{
			name: "intents", title: "Own skills: what people ask", question: "intents-of-own-skills", say: sayLargest("intent_name", "dialogs", "The most used intent is %s: %s dialogs."),
			columns: []Column{text("skill_name", "Skill"), text("intent_name", "Intent"), dialogs}, within: []string{"skill_name"},
			empty: "Nobody used a skill of the property.",
		},
		{
			name: "campaigns", title: "Campaigns", question: "campaign-click-through", say: sayLargest("title", "taps_per_hundred", "Best answered: %s, with %s taps per hundred impressions."),
			columns: []Column{
				text("title", "Campaign"), {Name: "first_day", Title: "First day", Role: Day}, {Name: "last_day", Title: "Last day", Role: Day},
				activity("impressions", "Impressions"), activity("taps", "Taps"), drawn(derived("taps_per_hundred", "Taps per 100"), "bar"),
				{Name: "promotion", Title: "Campaign's id", Role: ID},
			},
			empty: "No campaign was shown.",
		},
	}
}

func subjectsOfRest() []subject {
	return []subject{
		{
			name: "calls", title: "Calls and drop-ins", question: "calls-and-drop-ins", say: sayCalls, within: []string{"direction"}, adds: []string{"calls", "drop_ins"},
			columns: []Column{
				propertyName, text("call_provider", "Network"), text("direction", "Direction"), text("sub_experience", "Kind"),
				activity("calls", "Calls"), derived("call_minutes", "Minutes"), activity("drop_ins", "Drop-ins"), derived("drop_in_minutes", "Drop-ins, minutes"), propertyID,
			},
			empty: "Nobody called.",
		},
		{
			name: "skills", title: "Skills: do they work?", question: "skill-health", whole: true, say: saySkills,
			columns: []Column{
				{Name: "skill_id", Title: "Skill", Role: Text}, text("stage", "Stage"), level("days", "Days"),
				activity("utterances", "Utterances"), activity("failed", "Failed"), drawn(derived("percent_failed", "Failed, %"), "bar"),
			},
			empty: "No skill was used.",
		},
		{
			name: "care", title: "Contact centre: responses", question: "care-responses", whole: true, say: sayRows("%s of responses, by week and tag."),
			columns: []Column{
				{Name: "week", Title: "Week from", Role: Day}, text("tag", "Tag"), drawn(activity("responses", "Responses"), "bar"),
				activity("conversations", "Conversations"), activity("agents", "Agents"),
			},
			within: []string{"week"}, empty: "There are no responses.",
		},
		{
			name: "silent", title: "Silent rooms", question: "silent-units", say: saySilent, adds: []string{},
			columns: []Column{unitName, propertyName, level("devices", "Devices"), {Name: "last_day_seen", Title: "Last day with a row", Role: Day}, unitID},
			empty:   "Every unit with a device was used.",
		},
		{
			name: "rooms", title: "Rooms by use", question: "use-by-unit", within: []string{"property_id"},
			say: sayLargest("unit_name", "dialogs", "Most dialogs were in %s: %s."), empty: "No unit has rows.",
			columns: []Column{unitName, propertyName, level("days", "Days"), level("devices", "Devices"), drawn(dialogs, "heat"), unitID, propertyID},
		},
	}
}
