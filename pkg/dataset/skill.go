package dataset

import "github.com/bellhop-asp/bellhop/pkg/report"

// skillMetrics is the table of the Skill Metrics API. Metrics, periods, stages and types are the vendor's words (the vendor's page
// "Skill Metrics API v1"). One table has all metrics, as the vendor adds new ones; which of its two numbers a metric's value
// is in, says whether it adds up.
func skillMetrics() Definition {
	return Definition{
		Name:    "skill_metrics",
		Meaning: "Use of custom, smart home and flash briefing skills, as the Skill Metrics API counts it.",
		Grain:   "A row is one metric of one skill, stage and type in one period, over all locales and intents or for one of them.",
		Source:  report.SourceSkillMetrics, DatedBy: "period_start", ShrinkBelow: Half, chosen: finestTotals,
		Columns: withOrigin([]Column{
			{Name: "dataset_date", Type: Date, Role: RoleDate, Meaning: "The date, in UTC, on which the period begins."},
			required(dimension("skill_id", "The skill, as amzn1.ask.skill.…")),
			required(dimension("stage", "live or development.")),
			required(dimension("skill_type", "custom, smartHome or flashBriefing; of other skills, what was asked for.")),
			required(dimension("metric", "What is counted, such as totalSessions or uniqueCustomers.")),
			required(dimension("period", "How long the period is: PT15M, PT1H, P1D, or SINGLE for the whole time that was asked for, which no column tells.")),
			required(instant("period_start", "When the period begins, in UTC.")),
			dimension("locale", "The only locale that is counted, such as en-US. NULL: all locales together."),
			dimension("intent", "The only intent that is counted. NULL: all together."),
			dimension("statistic", "How the second version of the API sums up the period, such as count or p90. NULL in the first version."),
			dimension("group_field", "By what the second version of the API breaks the metric down. NULL: it does not."),
			dimension("group_value", "The value of that field which the row is about."),
			dimension("given", "The number as the vendor wrote it, where its measure does not have it exactly, but rounded; or not at all, above 12 digits or below zero."),
			decimal("amount", Additive, "The metric's value, where values of several periods of one length add up: sessions, utterances."),
			decimal("reading", NotAdditive, "The metric's value, where they do not: distinct customers, enablements so far, rates, averages, and all metrics that bellhop does not know."),
		}),
	}
}
