package pinpoint

import "github.com/bellhop-asp/bellhop/pkg/report"

// Describe tells people about the source.
func (s *Source) Describe() report.SourceDescription {
	return report.SourceDescription{
		Name: s.Name(), Title: "Amazon Pinpoint KPIs",
		Meaning: "Key performance indicators of an Amazon Pinpoint project, of its campaigns and of its journeys: messages delivered, opened, clicked, refused. " +
			"bellhop asks for them day by day and delivers the answers. Amazon ended the service on " + Sunset.String() +
			": bellhop import pinpoint brings responses that you saved, and docs/pinpoint.md says what replaces it.",
		Delivery: report.DeliveryFetched, Credential: credential, Scope: "mobiletargeting:Get{Application,Campaign,Journey}DateRangeKpi",
		Countries: "the AWS regions of Amazon Pinpoint",
		Latency:   "about two hours, and more where mailbox providers report late",
		Horizon:   "90 days, and none since the end of the service",
		Limits: []string{
			"The service ended on " + Sunset.String() + ". Days after it are not wanted, and a request is refused.",
			"A request spans at most 31 days; bellhop asks day by day, as only that tells the days apart.",
			"No rows means no data, and not zero. A day is ZERO when the vendor has no rows of any KPI that was asked for.",
			"Prices and spend are in thousandths of a US cent. Whether a rate is 0.97 or 97 is not documented.",
			"Counts of distinct people and rates do not add up, over days or otherwise.",
		},
		Sunset: Sunset,
		Tables: []string{Table},
		Params: []report.ParamDescription{
			{Name: ParamApplicationID, Required: true, Example: "ce796be37f32f178af652b26eexample", Meaning: "the application, which the console calls a project"},
			{Name: ParamKPIs, Default: "all that are known of each level", Example: "txn-emails-sent,unique-deliveries", Meaning: "the KPIs by name"},
			{Name: ParamCampaignIDs, Default: "none", Example: "80b8efd84042ff8d9c96ce2f8example", Meaning: "the campaigns, each apart"},
			{Name: ParamJourneyIDs, Default: "none", Example: "0e7cd5ec4a4a4a8b8b8b8b8b8example", Meaning: "the journeys, each apart"},
			{Name: ParamRegion, Default: "that of bellhop", Example: "us-east-1", Meaning: "the AWS region of the application"},
		},
		Defaults: report.Subscription{LagDays: 1, RefreshDays: 2, MaxWindowDays: maxWindowDays},
	}
}
