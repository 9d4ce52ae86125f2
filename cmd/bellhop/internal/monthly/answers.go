package monthly

import (
	"context"
	"fmt"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Answers are blocks about any days, and the titles of those left out because no subscription collects their data.
type Answers struct {
	Blocks  []Block
	Without []string
}

// RoomsByDay is the block with a row for each room and day.
const RoomsByDay = "rooms-by-day"

// Answers computes the named blocks about some days, and about one property by its id or its name, or about all. The names are those
// of a report's blocks, and of [Reader.Answers] alone: [RoomsByDay], adoption, weeks, reach, failures, sessions, skill-intents, care-by-property,
// funnel, messages and wellbeing.
func (r Reader) Answers(ctx context.Context, names []string, days report.Window, property string) (Answers, error) {
	var made Answers
	about := scope{days: days}
	var feeding []string
	var err error
	if property != "" {
		if about.property, feeding, err = r.property(ctx, property, days); err != nil {
			return made, err
		}
	}
	covered, err := r.covered(ctx, days, feeding)
	if err != nil {
		return made, err
	}
	asked, err := asking(append(subjects(), others()...))
	if err != nil {
		return made, err
	}
	for _, name := range names {
		i := slices.IndexFunc(asked, func(s subject) bool { return s.name == name })
		if i < 0 {
			return made, fmt.Errorf("there is no block %s", name)
		}
		if !asked[i].answerable(covered, about.property) {
			made.Without = append(made.Without, asked[i].title)
			continue
		}
		b, err := r.answer(ctx, asked[i], about, covered)
		if err != nil {
			return made, err
		}
		made.Blocks = append(made.Blocks, b)
	}
	return made, nil
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
