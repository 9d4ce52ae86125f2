package khoros

import (
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Describe tells people about the source.
func (s *Source) Describe() report.SourceDescription {
	d := report.SourceDescription{
		Name: s.Name(), Title: "Khoros Care Analytics Reports API",
		Meaning: "Exports of conversations, posts, responses, agents and teams of Khoros Care, day by day. bellhop orders each, asks until it " +
			"is finished, and delivers it.",
		Delivery: report.DeliveryPolled, Credential: report.CredentialKhoros, Scope: "the vendor's role Analytics; the vendor's support enables the user",
		Countries: "hosts for the US and EMEA, or the tenant's own", Latency: "not documented; an export takes seconds to minutes",
		Horizon: "not documented; bellhop asks for the past 90 days unless " + ParamHorizonDays + " says otherwise",
		Limits: []string{
			"20 requests a minute, by a third party's account: bellhop sends one every 3.2 seconds, whatever runs at the same time.",
			"Columns whose names speak of names of authors and agents, handles, e-mail, places, links, or what people wrote are dropped unless " +
				ParamKeep + " or " + ParamHash + " names them: " + strings.Join(personalColumns(), ", ") + ", and any other of that kind.",
			"Rows of past days change, and have no key: a day is replaced whole.",
			"A conversation's history has 500 actions at most, or 2,000 with " + ParamRaiseLimit + "; the vendor does not say when it cuts.",
		},
		Params:   params(),
		Defaults: report.Subscription{LagDays: 1, RefreshDays: 3, MaxWindowDays: 1},
	}
	for _, table := range dataset.Definitions() {
		if table.Source == d.Name {
			d.Tables = append(d.Tables, table.Name)
		}
	}
	return d
}

// personalColumns are those that the tables know.
func personalColumns() []string {
	var all []string
	for _, d := range dataset.Definitions() {
		for _, c := range d.Dimensions() {
			if d.Source == report.SourceKhorosCare && personal(c.Name) && !slices.Contains(all, c.Name) {
				all = append(all, c.Name)
			}
		}
	}
	slices.Sort(all)
	return all
}

func params() []report.ParamDescription {
	return []report.ParamDescription{
		{Name: ParamReport, Required: true, Example: "response", Meaning: "the report type: " + strings.Join(dataset.KhorosReportTypes(), ", ") +
			"; each also behind " + marketing + ", the vendor's older way"},
		{Name: ParamCompany, Required: true, Example: "Harbour Hotels", Meaning: "what you call the company whose key the secret has"},
		{Name: ParamZone, Required: true, Example: "Europe/Berlin", Meaning: "the IANA zone whose days are asked for"},
		{Name: ParamHost, Default: "us", Example: "emea", Meaning: "us, emea, or the host that the vendor's administration page names"},
		{Name: ParamHosts, Default: "none", Example: "downloads.example.com", Meaning: "more hosts from which an export may be read; they get no credential"},
		{Name: ParamFormat, Default: formatJSON, Example: formatCSV, Meaning: "json or csv: how the vendor writes the export"},
		{Name: ParamLocale, Default: "en", Example: "de", Meaning: "the language of the export's texts"},
		{Name: ParamTimezone, Default: "UTC", Example: "America/New_York", Meaning: "the vendor's id of the zone in which it writes times"},
		{Name: ParamColumns, Default: "all", Example: "CONVERSATION_ID,STATUS", Meaning: "the columns that are wanted, in the vendor's words"},
		{Name: ParamConversations, Default: "none; report conversation must have it", Example: "CLOSED",
			Meaning: "OPEN_AT_END, CLOSED or CREATED, of conversation only: the vendor's default, OPEN_AT_END, hides closed conversations"},
		{Name: ParamInterval, Default: "none; report team_performance_interval must have it", Example: "1h", Meaning: "5m to 24h, of team_performance_interval only"},
		{Name: ParamRaiseLimit, Default: "true", Example: "false", Meaning: "2,000 actions of a conversation in place of 500, of conversation_history_action only"},
		{Name: ParamBusinessHours, Default: "false", Example: "true", Meaning: "whether only business hours count"},
		{Name: ParamBusinessHoursType, Default: "the vendor's", Example: "true", Meaning: "the vendor's businessHourType, where business hours count"},
		{Name: ParamPriorities, Default: "all", Example: "0,1", Meaning: "the priorities that are wanted, 0 to 5"},
		{Name: ParamSmartView, Default: "none", Example: "12", Meaning: "the id of one smart view"},
		{Name: ParamWorkQueues, Default: "all", Example: "3,4", Meaning: "the ids of work queues"},
		{Name: ParamTeams, Default: "all", Example: "7", Meaning: "the ids of teams, of " + strings.Join(withTeams, ", ") + " only"},
		{Name: ParamAgents, Default: "all", Example: "9", Meaning: "the ids of agents, of user only"},
		{Name: ParamDisabledAgents, Default: "false", Example: "true", Meaning: "whether agents who are turned off are there too, of " + strings.Join(withLeft, ", ") + " only"},
		{Name: ParamCampaign, Default: "all", Example: "5", Meaning: "the id of a campaign, of raw_brand_posts only"},
		{Name: ParamKeep, Default: "none", Example: "response_content", Meaning: "personal columns that are kept as they are, in snake case"},
		{Name: ParamDrop, Default: "none", Example: "manual_tag", Meaning: "more columns that are dropped"},
		{Name: ParamHash, Default: "none", Example: "response_handle", Meaning: "columns whose values are hashed with hash_key of the secret, so that equal ones stay equal"},
		{Name: ParamHorizonDays, Default: "90", Example: "30", Meaning: "how many days back the vendor answers"},
	}
}
