package asp

import (
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Describe tells people about the source. Facts are from the vendor's page "Analytics API" of 28 November 2023; the scope is that
// of the vendor's command line tool.
func (s *Source) Describe() report.SourceDescription {
	d := report.SourceDescription{
		Name: s.Name(), Title: "Alexa Smart Properties Analytics API",
		Meaning: "Devices, dialogs, campaigns, skills and calls of each unit and day: what the console's dashboards show. " +
			"The vendor writes the files into the delivery bucket some minutes after a request.",
		Delivery: report.DeliveryPushed, Credential: report.CredentialLWA, Scope: "alexa::enterprise:management",
		Countries: "US and CA: Healthcare, Hospitality on the A4P stack, Senior Living, Core",
		Latency:   "not documented; bellhop asks for a day when it is three days old",
		Horizon:   "the past 90 days, of which bellhop stays two clear",
		Limits: []string{
			"The units and their property must be four days old.",
			"The token must own the units that are asked for.",
			"The rate is not documented: bellhop sends one request a second.",
		},
		Params: []report.ParamDescription{
			{Name: ParamUnitID, Required: true, Example: "amzn1.alexa.unit.did.EXAMPLE",
				Meaning: "the organisation or unit whose reports are wanted"},
			{Name: ParamCategories, Default: "all", Example: strings.Join(Categories(), ","), Meaning: "the report categories that are wanted"},
			{Name: ParamShowSubUnits, Default: "true", Example: "true", Meaning: "whether the reports have a row for each unit below"},
			{Name: ParamGranularity, Default: s.o.Daily[0], Example: s.o.Daily[0], Meaning: "the vendor's word for a row for each day"},
		},
		Defaults: report.Subscription{LagDays: 3, RefreshDays: 4, MaxWindowDays: 30},
	}
	for _, c := range categories {
		d.Tables = append(d.Tables, c.table)
	}
	return d
}
