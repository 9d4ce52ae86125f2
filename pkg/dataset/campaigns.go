package dataset

import "github.com/bellhop-asp/bellhop/pkg/report"

// aspCampaigns is the table of the Proactive Suggestion API: what each campaign is, day by day, since the vendor's reports name
// campaigns by their ids alone and the API knows no campaign that was deleted.
func aspCampaigns() Definition {
	return Definition{
		Name:    "asp_campaigns",
		Meaning: "The proactive campaigns that exist, with their content and times, in a snapshot of each day.",
		Grain:   "A row is one campaign in the snapshot of one day.",
		Source:  report.SourceCampaigns,
		chosen:  oneSnapshot,
		Columns: withOrigin([]Column{
			{Name: "dataset_date", Type: Date, Role: RoleDate, Meaning: "The date, in UTC, of the snapshot. A campaign has a row for each day on which it was there."},
			required(dimension("campaign_id", "The vendor's identifier of the campaign.")),
			required(dimension("campaign_group", "The same for campaigns of equal template, content and times: a promotion to many units comes as several campaigns.")),
			dimension("title", "The title that people see."),
			dimension("body", "The text below it."),
			dimension("locale", "The locale of title and body: the first of the content."),
			dimension("locales", "All locales of the content, sorted, with spaces between them."),
			dimension("template", "The document that shows the content."),
			dimension("content", "The content of all locales as JSON: the vendor's content.values."),
			dimension("targeting_type", "What the campaign is aimed at: UNITS."),
			units(dimension("target_units", "The ids of those units, sorted, with spaces between them.")),
			instant("starts_at", "From when the campaign is shown, in UTC."),
			instant("ends_at", "Until when, in UTC."),
			dimension("validation_status", "What the vendor's review says: IN_PROGRESS, APPROVED or REJECTED."),
			dimension("validation_reason", "Why, in the vendor's words."),
			count("target_unit_count", NotAdditive, "How many units target_units has. Campaigns share units, and each is there again every day."),
		}),
	}
}
