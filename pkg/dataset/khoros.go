package dataset

import (
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

const (
	khorosTable     = "khoros_"
	khorosMarketing = "marketing_"
)

// khorosReport is one of the report types of the Analytics Reports API of Khoros Care.
type khorosReport struct {
	name    string
	row     string // what a row is about
	columns []Column
}

// khorosReports are the types of the vendor's page "Beginner's Guide to the Analytics Reports API" and its definition of the API. The
// vendor's lists of columns are not public: the known ones are those of the guide's examples and those of others' clients. No document
// says what type any of them has, so all are text.
func khorosReports() []khorosReport {
	conversation := dimension("conversation_id", "The conversation.")
	return []khorosReport{
		{"author", "author of posts", nil},
		{"combined", "entry of the combined raw export", nil},
		{"conversation", "conversation", []Column{
			conversation,
			dimension("status", "The conversation's status."),
			dimension("assigned_agent_display_id", "The agent that it is assigned to: the vendor's Assignee ID."),
			dimension("time_zone", "The zone in which the vendor writes the row's times."),
		}},
		{"conversation_actions", "action in a conversation", nil},
		{"conversation_history_action", "action in a conversation's history", nil},
		{"incoming_post", "incoming post", nil},
		{"raw_agent_states", "state of an agent", []Column{dimension("agent_name", personal("The agent's name."))}},
		{"raw_brand_posts", "post of the brand", nil},
		{"raw_expert_help", "request for help", nil},
		{"response", "response to a post", khorosResponse(conversation)},
		{"response_approval", "response that was to be approved", nil},
		{"team_performance", "team or agent, with their figures", nil},
		{"team_performance_interval", "team or agent in an interval, with their figures", nil},
		{"user", "user of the vendor's product", nil},
	}
}

// khorosResponse are the columns that others' clients show of a response. Those whose meaning no document gives have their names in words.
func khorosResponse(conversation Column) []Column {
	return []Column{
		conversation,
		dimension("responding_agent_display_id", "The agent that responded."),
		dimension("responding_agent_email", personal("The agent's e-mail address.")),
		dimension("agent_response_order", "The order among the responses of agents."),
		dimension("bot_response_order", "The order among the responses of bots."),
		dimension("response_order", "The order among all responses."),
		dimension("assistant_rht", "The vendor's assistant RHT."),
		dimension("expert_rht", "The vendor's expert RHT."),
		dimension("response_tar", "The vendor's response TAR."),
		dimension("auto_tag", "Tags that were set automatically."),
		dimension("manual_tag", "Tags that people set."),
		dimension("response_tag", "The response's tags."),
		dimension("date_claimed", "When the post was claimed, as the vendor writes it."),
		dimension("external_response_id", "The response's id on the network where it was posted."),
		dimension("response_content", personal("The response's text.")),
		dimension("response_handle", personal("The handle that responded.")),
		dimension("response_language", "The response's language."),
		dimension("response_location", personal("Where the response was written.")),
		dimension("response_provider", "The network on which it was posted."),
		dimension("response_published_date", "When it was published, as the vendor writes it."),
		dimension("response_sentiment", "The sentiment that the vendor finds in it."),
		dimension("response_type", "The vendor's kind of the response."),
	}
}

// personal marks a column whose values are of persons.
func personal(meaning string) string {
	return meaning + " Personal: NULL unless the subscription asks to keep or to hash it."
}

// KhorosTable returns the name of the table of a report type of Khoros Care, which may have marketing/ before it.
func KhorosTable(reportType string) string {
	return khorosTable + strings.Replace(reportType, "marketing/", khorosMarketing, 1)
}

// KhorosReportTypes returns the report types that have tables, in order, without those that have marketing/ before them.
func KhorosReportTypes() []string {
	var all []string
	for _, r := range khorosReports() {
		all = append(all, r.name)
	}
	return all
}

// khorosTables are the tables of the report types, and of each as the vendor's older way of marketing/ gives it.
func khorosTables() []Definition {
	var all []Definition
	for _, r := range khorosReports() {
		d := Definition{
			Name: khorosTable + r.name, Meaning: "Khoros Care: the export " + r.name + ".",
			Grain:  "A row is one " + r.row + ", as the export of one day has it.",
			Source: report.SourceKhorosCare, Open: true, Repeats: true, ShrinkBelow: Half, chosen: oneExport,
		}
		d.Columns = append([]Column{
			{Name: "dataset_date", Type: Date, Role: RoleDate, Meaning: "The day that was asked for, in the zone that the subscription names."},
			required(dimension("company", "The company, as the subscription calls it.")),
		}, r.columns...)
		d.Columns = withOrigin(d.Columns)
		for i, c := range d.Columns {
			if c.Role == RoleExtra {
				d.Columns[i].Meaning = "Non-empty cells of all other columns of the export, by their names in snake case."
			}
		}
		all = append(all, d)
		d.Name, d.Meaning = khorosTable+khorosMarketing+r.name, "Khoros Care: the export marketing/"+r.name+", the vendor's older way."
		all = append(all, d)
	}
	return all
}
