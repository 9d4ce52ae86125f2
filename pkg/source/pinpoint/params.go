package pinpoint

import (
	"regexp"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Names of the parameters of a subscription to this source. A list is written with commas.
const (
	// ParamApplicationID is the application, which the console calls a project. Required.
	ParamApplicationID = "application_id"
	// ParamKPIs lists the KPIs by name; none means all that are known of each level.
	ParamKPIs = "kpis"
	// ParamCampaignIDs and ParamJourneyIDs list campaigns and journeys, each of which is asked for apart; none means none.
	ParamCampaignIDs = "campaign_ids"
	ParamJourneyIDs  = "journey_ids"
	// ParamRegion is the AWS region of the application; that of bellhop by default.
	ParamRegion = "region"
)

var allParams = []string{ParamApplicationID, ParamKPIs, ParamCampaignIDs, ParamJourneyIDs, ParamRegion}

// Bounds of a subscription: a job has no more files than one transaction of the ledger records, and each file is fetched in one go.
const (
	maxResources  = 100
	callsPerFile  = 50
	maxFiles      = 90
	maxWindowDays = 31 // of the vendor: "a range of 31 calendar days, inclusive"
	horizonDays   = 89 // of the vendor: "fewer than 90 days"
)

var (
	id     = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	region = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`)
)

// target is one thing that KPIs are about.
type target struct {
	Level Level
	ID    string
	KPIs  []string
}

// wanted is what a subscription asks for.
type wanted struct {
	Application, Region string
	Targets             []target
}

// callsPerDay counts the requests that a day takes.
func (w wanted) callsPerDay() int {
	n := 0
	for _, t := range w.Targets {
		n += len(t.KPIs)
	}
	return n
}

// parse reads parameters and reports every problem at once.
func parse(p report.Params) (wanted, error) {
	r := report.ParamReader{Params: p}
	r.Only(report.SourcePinpointKPI, allParams...)
	w := wanted{Application: p[ParamApplicationID], Region: p[ParamRegion]}
	switch {
	case w.Application == "":
		r.Bad("%s is missing: the project's id in the console", ParamApplicationID)
	case !id.MatchString(w.Application):
		r.Bad("%s is not an id of letters, digits and hyphens", ParamApplicationID)
	}
	if w.Region != "" && !region.MatchString(w.Region) {
		r.Bad("%s is not a region such as us-east-1", ParamRegion)
	}
	resources := map[Level][]string{Application: {w.Application}}
	for level, name := range map[Level]string{Campaign: ParamCampaignIDs, Journey: ParamJourneyIDs} {
		ids := p.List(name)
		slices.Sort(ids)
		resources[level] = slices.Compact(ids)
		if len(resources[level]) > maxResources {
			r.Bad("%s has %d ids: at most %d are taken; split the subscription", name, len(resources[level]), maxResources)
		}
		if slices.ContainsFunc(ids, func(text string) bool { return !id.MatchString(text) }) {
			r.Bad("%s has what is not an id of letters, digits and hyphens", name)
		}
	}
	chosen, used := p.List(ParamKPIs), map[string]bool{}
	for _, level := range levels() {
		known := KPIs(level)
		if len(chosen) > 0 {
			known = slices.DeleteFunc(known, func(name string) bool { return !slices.Contains(chosen, name) })
		}
		for _, resource := range resources[level] {
			if len(known) > 0 {
				w.Targets = append(w.Targets, target{level, resource, known})
			}
			for _, name := range known {
				used[name] = true
			}
		}
	}
	for _, name := range chosen {
		if !used[name] {
			r.Bad("%s has %.80q, which is no KPI of an application, nor of a campaign or journey that is listed: see the vendor's page of standard metrics", ParamKPIs, name)
		}
	}
	return w, r.Err()
}

// Validate reports every problem of a subscription's parameters at once.
func (s *Source) Validate(p report.Params) error {
	_, err := parse(p)
	return err
}

// Warnings says that the service has ended, when it has.
func (s *Source) Warnings(report.Params) []string {
	if !s.ended() {
		return nil
	}
	return []string{"the vendor ended the service on " + Sunset.String() + ": nothing more can be asked for; bellhop import pinpoint brings responses that you saved"}
}

// Limits of the vendor. The answer is there at once; the delivery window is for the way from the delivery to the dataset. A window is
// so long that its requests fit into the files of one job.
func (s *Source) Limits(p report.Params) report.Limits {
	l := report.Limits{
		Tables: []string{Table}, LastDay: Sunset,
		MaxWindowDays: maxWindowDays, Repeatable: true, DeliveryWindow: 6 * time.Hour, Pace: pace,
	}
	if w, err := parse(p); err == nil && w.callsPerDay() > 0 {
		l.MaxWindowDays = max(1, min(maxWindowDays, callsPerFile*maxFiles/w.callsPerDay()))
	}
	return l.Reaching(horizonDays)
}

// pace is far below the vendor's quota of 300 requests a second, which all that runs in the account shares.
const pace = 250 * time.Millisecond
