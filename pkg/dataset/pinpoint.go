package dataset

import "github.com/bellhop-asp/bellhop/pkg/report"

// pinpointKPIs is the table of Amazon Pinpoint's KPIs. Names and keys are the vendor's words. One table has all KPIs; which of its two
// numbers a value is in, says whether it adds up.
func pinpointKPIs() Definition {
	return Definition{
		Name:    "pinpoint_kpis",
		Meaning: "Key performance indicators of Amazon Pinpoint projects, campaigns and journeys, day by day. The vendor ended the service on 2026-10-30.",
		Grain:   "A row is one value of one KPI of one application, campaign or journey on one day, for all of it or for one group.",
		Source:  report.SourcePinpointKPI, ShrinkBelow: Half, chosen: oneAnswer,
		Columns: withOrigin([]Column{
			{Name: "dataset_date", Type: Date, Role: RoleDate, Meaning: "The date, in UTC, that was asked for; of a KPI that is grouped by date, that of the group. A KPI for which the vendor has no data has no row."},
			required(dimension("application_id", "The application, which the console calls a project.")),
			required(dimension("level", "What the KPI is about: application, campaign or journey.")),
			required(dimension("resource_id", "The id of that application, campaign or journey.")),
			required(dimension("kpi_name", "The KPI, such as txn-emails-sent or unique-deliveries-grouped-by-campaign.")),
			dimension("group_key", "By what the KPI is grouped, such as CampaignId. NULL: it is not."),
			dimension("group_value", "The group that the row is about: an id, a date, a country of ISO 3166-1 or an error code."),
			dimension("value_key", "What the vendor calls the value, such as UniqueDeliveries."),
			dimension("value_type", "The type that the vendor gives of it, such as Double."),
			dimension("given", "The value as the vendor wrote it. Where it is no number, or does not fit into decimal(18,6), amount and reading are NULL."),
			decimal("amount", Additive, "The value of a KPI that counts messages, which adds up over days. A grouped KPI is another KPI than its total: sum one of them."),
			decimal("reading", NotAdditive, "The value of any other one: rates, counts of distinct people, and money in thousandths of a US cent (price, spend). Whether a rate is 0.97 or 97 is not documented."),
		}),
	}
}

// oneAnswer is the choice of pinpoint_kpis: where several subscriptions ask for a KPI of a day, the one whose name sorts first.
var oneAnswer = choice{
	"Each KPI and day of an application, campaign or journey from one subscription.",
	func(columns, from string) string {
		return "SELECT " + columns + `
FROM (
  SELECT ` + columns + `,
    min(subscription) OVER (PARTITION BY dataset_date, application_id, level, resource_id, kpi_name) AS chosen_subscription
  FROM ` + from + `
) AS answer
WHERE subscription = chosen_subscription`
	},
}
