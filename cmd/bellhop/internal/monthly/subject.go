package monthly

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

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

// RoomsByDay is the block with a row for each room and day.
const RoomsByDay = "rooms-by-day"

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

// others are blocks that are in no report: they compare weeks or days, and a month has few of either.
func others() []subject {
	skill, stage := Column{Name: "skill_id", Title: "Skill", Role: Text}, text("stage", "Stage")
	day := Column{Name: "dataset_date", Title: "Day", Role: Day}
	week := Column{Name: "week", Title: "Week from", Role: Day}
	property := text("property_id", "Property's id")
	return []subject{
		{
			name: RoomsByDay, title: "Rooms, day by day", question: RoomsByDay, empty: "No unit has rows.",
			say:     sayLargest("unit_name", "dialogs", "Most dialogs in a room on one day: %s, with %s."),
			columns: []Column{unitName, propertyName, day, dialogs, unitID, propertyID},
		},
		{
			name: "adoption", title: "Devices in use, week by week", question: "adoption-rate", empty: "No property has rows.",
			say:     sayRows("%s: one for each property and week."),
			columns: []Column{propertyName, week, level("days", "Days"), level("devices", "Devices"), drawn(derived("percent_in_use", "In use, %"), "bar"), propertyID},
		},
		{
			name: "weeks", title: "Dialogs compared with the week before", question: "dialogs-by-property-and-week", empty: "No property has rows.",
			say:     sayRows("%s: one for each property and week."),
			columns: []Column{propertyName, week, level("days", "Days"), dialogs, derived("percent_change", "Change, %"), propertyID},
		},
		{
			name: "reach", title: "Where a campaign was never shown", question: "campaign-reach-gap", whole: true, empty: "Every campaign was shown in each unit that it targets.",
			say:     sayRows("%s: each is a campaign in a unit where nobody saw it."),
			columns: []Column{text("title", "Campaign"), text("why", "Why"), {Name: "unit_id", Title: "Unit's id", Role: ID}, {Name: "campaign_id", Title: "Campaign's id", Role: ID}},
		},
		{
			name: "failures", title: "Failed utterances, day by day", question: "skill-failure-rate", whole: true, empty: "No skill was used.", say: saySkills,
			columns: []Column{day, skill, stage, activity("utterances", "Utterances"), activity("failed", "Failed"), drawn(derived("percent_failed", "Failed, %"), "bar")},
		},
		{
			name: "sessions", title: "Sessions per user, day by day", question: "skill-sessions-per-user", whole: true, empty: "No skill was used.",
			say:     sayRows("%s: one for each skill and day."),
			columns: []Column{day, skill, stage, activity("sessions", "Sessions"), activity("users", "Users"), drawn(derived("sessions_per_user", "Sessions per user"), "bar")},
		},
		{
			name: "skill-intents", title: "What people say to skills", question: "skill-intents", whole: true, empty: "No utterance reached an intent.",
			say:     sayLargest("intent", "utterances", "The most used intent is %s: %s utterances."),
			columns: []Column{text("intent", "Intent"), skill, stage, drawn(activity("utterances", "Utterances"), "bar")},
		},
		{
			name: "care-by-property", title: "Conversations by property", question: "care-conversations-by-property", empty: "There are no responses.",
			say:     sayRows("%s: one for each property and week."),
			columns: []Column{week, text("property_code", "Property"), activity("responses", "Responses"), drawn(activity("conversations", "Conversations"), "bar"), property},
		},
		{
			name: "funnel", title: "Messages, cards and care", question: "cross-channel-funnel", empty: "No channel has data.",
			say:     sayRows("%s: one for each property and day."),
			columns: []Column{day, property, activity("delivered", "Messages"), activity("impressions", "Cards shown"), activity("taps", "Taps"), activity("conversations", "Conversations")},
		},
		{
			name: "messages", title: "Messages that Pinpoint delivered", question: "messages-by-application", whole: true, empty: "No message was delivered.",
			say:     sayRows("%s: one for each application and week."),
			columns: []Column{week, text("application_id", "Application"), drawn(activity("delivered", "Delivered"), "bar"), activity("by_campaigns", "By campaigns"), activity("transactional_emails", "E-mail"), activity("transactional_sms", "SMS")},
		},
		{
			name: "wellbeing", title: "Satisfaction by minutes of calls", question: "wellbeing-join", empty: "There is no survey: import one with bellhop map import FILE --as survey.",
			say:     sayRows("%s: one for each band of minutes."),
			columns: []Column{text("minutes_of_calls", "Minutes of calls in a month"), level("rooms", "Rooms"), level("answers", "Answers"), derived("change", "Change of satisfaction")},
		},
	}
}

// Answer returns the most important number of the block in a sentence; nothing if it is hidden.
func (b Block) Answer() string {
	switch {
	case b.of == nil:
		return ""
	case len(b.Rows) == 0:
		return b.of.empty
	default:
		return b.of.say(b)
	}
}

// largest returns the row with the largest number in a column; ok is false where no row shows one above 0.
func (b Block) largest(column string) (row []any, ok bool) {
	most := new(big.Rat)
	for _, r := range b.Rows {
		if n, is := number(b.Value(r, column)); is && n.Cmp(most) > 0 {
			row, most = r, n
		}
	}
	return row, row != nil
}

// number returns a value that is a number.
func number(v any) (*big.Rat, bool) {
	n, ok := v.(query.Number)
	if !ok {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

// sayLargest fills in the name and the number of the row with the largest number.
func sayLargest(name, column, sentence string) func(Block) string {
	return func(b Block) string {
		row, ok := b.largest(column)
		called, named := b.Value(row, name).(string)
		if !ok || !named {
			return ""
		}
		return fmt.Sprintf(sentence, called, Spoken(b.Value(row, column)))
	}
}

func sayRows(sentence string) func(Block) string {
	return func(b Block) string { return fmt.Sprintf(sentence, phrase.Count(len(b.Rows), "row")) }
}

func sayBusiest(b Block) string {
	row, ok := b.largest("dialogs")
	if !ok {
		return ""
	}
	return fmt.Sprintf("The busiest day was %v with %s dialogs.", b.Value(row, "dataset_date"), Spoken(b.Value(row, "dialogs")))
}

// total adds up a column over the rows that choose accepts; ok is false when a number among them is hidden.
func (b Block) total(column string, choose func(row []any) bool) (sum query.Number, ok bool) {
	all := new(big.Rat)
	for _, row := range b.Rows {
		v := b.Value(row, column)
		if _, hidden := v.(Hidden); hidden && choose(row) {
			return "", false
		}
		if n, is := number(v); is && choose(row) {
			all.Add(all, n)
		}
	}
	return whole(all), true
}

func anyRow([]any) bool { return true }

func sayCalls(b Block) string {
	outbound := func(row []any) bool {
		direction, _ := b.Value(row, "direction").(string)
		return strings.EqualFold(direction, "outbound")
	}
	calls, known := b.total("calls", outbound)
	if !known {
		return ""
	}
	return fmt.Sprintf("There were %s outbound calls.", Spoken(calls))
}

func saySkills(b Block) string {
	row, ok := b.largest("percent_failed")
	if !ok {
		return "No utterance failed."
	}
	return fmt.Sprintf("At worst, %s %% of a skill's utterances failed.", Spoken(b.Value(row, "percent_failed")))
}

func saySilent(b Block) string {
	return fmt.Sprintf("%s had devices and no dialog on any day with data.", phrase.Count(len(b.Rows), "unit"))
}

// Spoken writes a number for a sentence.
func Spoken(v any) string {
	n, ok := v.(query.Number)
	if !ok {
		return "–"
	}
	return phrase.Grouped(string(n), " ")
}

// whole writes a sum without the zeros behind its point.
func whole(n *big.Rat) query.Number {
	digits := n.FloatString(6)
	return query.Number(strings.TrimSuffix(strings.TrimRight(digits, "0"), "."))
}
