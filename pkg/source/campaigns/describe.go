package campaigns

import "github.com/bellhop-asp/bellhop/pkg/report"

// Describe tells people about the source.
func (s *Source) Describe() report.SourceDescription {
	return report.SourceDescription{
		Name: s.Name(), Title: "Proactive Suggestion API",
		Meaning: "The campaigns on the home screens of rooms, one row for each on every day: what they say, whom they are for, " +
			"when they are active, and how the vendor's review of them ended.",
		Delivery: report.DeliveryFetched, Credential: report.CredentialLWA, Scope: scope,
		Countries: "Healthcare and Core: US; Hospitality and Senior Living: US, UK, FR, CA, IT, DE. " +
			"Organisations outside of North America have an endpoint of their own.",
		Latency: "none: the list is that of the moment",
		Horizon: "none: a day's snapshot is taken on that day or never",
		Limits: []string{
			"Only campaigns of the same security profile are listed.",
			"A page has at most 10 campaigns: the list of 100 takes 10 requests.",
			"The rate is not documented: bellhop sends one request a second.",
		},
		Tables:   []string{Table},
		Params:   []report.ParamDescription{},
		Defaults: report.Subscription{MaxWindowDays: 1},
	}
}
