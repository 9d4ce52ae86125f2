package skillmetrics

import "github.com/bellhop-asp/bellhop/pkg/report"

// scope is that of the vendor's command line tool for reading skills; which one the Metrics API wants is not documented.
const scope = "alexa::ask:skills:read"

// Describe tells people about the source. Latencies are from the vendor's page of questions about skill metrics.
func (s *Source) Describe() report.SourceDescription {
	return report.SourceDescription{
		Name: s.Name(), Title: "Skill Metrics API",
		Meaning: "Customers, enablements, utterances and sessions of skills by day, hour or quarter of an hour. " +
			"bellhop asks for them and delivers the answers.",
		Delivery: report.DeliveryFetched, Credential: report.CredentialLWA, Scope: scope + " (not documented)",
		Countries: "wherever the skill is published",
		Latency:   "minutes to two hours for most metrics, up to a day for enablements",
		Horizon:   "not documented; bellhop takes it for 90 days, of which it stays two clear, unless " + ParamHorizonDays + " says otherwise",
		Limits: []string{
			"A request spans at most seven days.",
			"What people say to a skill on the test page is not counted.",
			"The rate is not documented: bellhop sends one request a second, one for each skill, metric, locale and intent.",
		},
		Tables: []string{Table},
		Params: []report.ParamDescription{
			{Name: ParamSkillIDs, Required: true, Example: "amzn1.ask.skill.EXAMPLE", Meaning: "the skills whose metrics are wanted"},
			{Name: ParamSkillType, Default: custom, Example: smartHome, Meaning: "the type of the skills: custom, smartHome or flashBriefing"},
			{Name: ParamMetrics, Default: "all that the vendor lists for the type", Example: "uniqueCustomers,totalSessions",
				Meaning: "the metrics that are wanted"},
			{Name: ParamStage, Default: stageLive, Example: stageLive, Meaning: "live or development"},
			{Name: ParamPeriod, Default: periodDay, Example: "PT1H", Meaning: "P1D, PT1H, PT15M, or SINGLE for each day"},
			{Name: ParamLocales, Default: "all together", Example: "en-US,de-DE", Meaning: "the locales, each apart"},
			{Name: ParamIntents, Default: "all together", Example: "OrderIntent", Meaning: "the intents, each apart"},
			{Name: ParamAPI, Default: apiV1, Example: apiV1, Meaning: "v1, or v2 with the three parameters that follow"},
			{Name: ParamNamespace, Default: "that of the skill type", Example: "Alexa.Custom", Meaning: "the namespace of the metrics, of v2"},
			{Name: ParamStat, Default: statCount, Example: "p90", Meaning: "the statistic, of v2"},
			{Name: ParamGroupBy, Default: "none", Example: "intent", Meaning: "what the values are broken down by, of v2"},
			{Name: ParamHorizonDays, Default: "90", Example: "30", Meaning: "how many days back the vendor answers"},
		},
		Defaults: report.Subscription{LagDays: 1, RefreshDays: 2, MaxWindowDays: maxWindowDays},
	}
}
