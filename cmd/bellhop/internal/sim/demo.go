package sim

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/skills"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/khoros"
	simulated "github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/pinpoint"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
)

// Names of the demonstration's subscriptions.
const (
	Subscription         = "demo"
	SkillSubscription    = "demo-skills"
	IntentSubscription   = "demo-intents"
	CampaignSubscription = "demo-campaigns"
	CareSubscription     = "demo-care"
	KPISubscription      = "demo-kpis"
)

// subscription is the first that the demonstration has: everything that the vendor has of the whole organisation.
func (m *Machine) subscription() report.Subscription {
	return report.Subscription{
		Name: Subscription, Source: report.SourceASPAnalytics,
		Params:  report.Params{"unit_id": m.outside.estate.Organisation.ID, "show_sub_units": "true"},
		LagDays: 3, RefreshDays: 4, MaxWindowDays: m.WindowDays,
	}
}

// campaignSubscription takes a snapshot of all campaigns each day.
func campaignSubscription() report.Subscription {
	return report.Subscription{Name: CampaignSubscription, Source: report.SourceCampaigns, MaxWindowDays: 1}
}

// demoOthers are the subscriptions besides the first: four weeks of the properties' own skills, the use of
// one skill's intents, the campaigns, a week of the contact centre's responses, and the last two weeks of a service that is over, whose
// answers somebody saved.
func (m *Machine) demoOthers() []report.Subscription {
	var ids, intents []string
	for _, s := range alexa.DemoSkills().Skills {
		if s.Type != skills.Custom {
			continue
		}
		ids = append(ids, s.ID)
		for _, in := range s.Intents {
			intents = append(intents, in.Value)
		}
	}
	since := report.DateOf(m.clock.Now()) - 28
	return []report.Subscription{{
		Name: SkillSubscription, Source: report.SourceSkillMetrics, From: since, LagDays: 1, RefreshDays: 2, MaxWindowDays: 7,
		Params: report.Params{
			"skill_ids": strings.Join(ids, ","), "metrics": "uniqueCustomers,totalUtterances,failedUtterances,totalSessions",
		},
	}, {
		Name: IntentSubscription, Source: report.SourceSkillMetrics, From: since, LagDays: 1, RefreshDays: 2, MaxWindowDays: 7,
		Params: report.Params{"skill_ids": ids[0], "metrics": "totalUtterances", "intents": strings.Join(intents[:4], ",")},
	}, campaignSubscription(), {
		Name: CareSubscription, Source: report.SourceKhorosCare, From: since + 21, LagDays: 1, RefreshDays: 2, MaxWindowDays: 1,
		Params: report.Params{"report": "response", "company": "Lakeside", "zone": "UTC"},
	}, {
		Name: KPISubscription, Source: report.SourcePinpointKPI, From: pinpoint.Sunset - savedDays + 1, LagDays: 1, MaxWindowDays: savedDays,
		Params: report.Params{pinpoint.ParamApplicationID: simulated.DemoApplicationID, pinpoint.ParamKPIs: strings.Join(simulated.DemoKPIs, ",")},
	}}
}

// careUser is the user of the contact centre whose conversations are about these properties.
func careUser(properties []string) document {
	c := khoros.DemoCompanies(properties)[0]
	content, err := json.Marshal(map[string]string{
		"username": c.Username, "password": c.Password, "company_key": c.Key, "hash_key": "a key of this demonstration",
	})
	if err != nil {
		panic(err) // texts can be written as JSON
	}
	return content
}

// document is a secret that is kept in memory.
type document []byte

func (d document) Read(context.Context) ([]byte, error) { return d, nil }
func (d document) Forget()                              {}
