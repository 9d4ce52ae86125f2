package asp

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Names of the parameters of a subscription to this source.
const (
	// ParamUnitID is the unit whose data is wanted: amzn1.alexa.unit.did.{id}. An organisation's works too. Required.
	ParamUnitID = "unit_id"
	// ParamCategories lists the categories; none means all five.
	ParamCategories = "categories"
	// ParamShowSubUnits is true (the default: a row for each descendant too) or false (the unit's own rows only).
	ParamShowSubUnits = "show_sub_units"
	// ParamGranularity is the vendor's word for rows by day; DAILY by default.
	ParamGranularity = "granularity"
)

// Daily is the granularity that the documents show. Other words exist, but none is known.
const Daily = "DAILY"

// category is one kind of report and the table that it fills.
type category struct{ name, table string }

// categories in the order in which the documents show their samples.
var categories = []category{
	{"DEVICE", "asp_device"},
	{"DOMAIN_ENGAGEMENT", "asp_domain_engagement"},
	{"PROACTIVE_CAMPAIGN", "asp_proactive_campaign"},
	{"PROPERTY_SKILL", "asp_property_skill"},
	{"COMMUNICATION", "asp_communication"},
}

// Categories returns the names of the categories that bellhop has a table for.
func Categories() []string {
	names := make([]string, len(categories))
	for i, c := range categories {
		names[i] = c.name
	}
	return names
}

func byTable(table string) (category, bool) {
	return find(func(c category) bool { return c.table == table })
}

func byName(name string) (category, bool) {
	return find(func(c category) bool { return c.name == name })
}

func find(wanted func(category) bool) (category, bool) {
	if i := slices.IndexFunc(categories, wanted); i >= 0 {
		return categories[i], true
	}
	return category{}, false
}

// The ARN of a bucket bounds the delivery channel's id, so nothing longer than that is an id here either.
const maxID = 255

var (
	unitID      = regexp.MustCompile(`^amzn1\.alexa\.unit\.did\.[[:graph:]]+$`)
	granularity = regexp.MustCompile(`^[A-Z_]+$`)
)

// Validate reports every problem of a subscription's parameters at once.
func (s *Source) Validate(p report.Params) error {
	r := report.ParamReader{Params: p}
	for _, name := range p.Unknown(ParamUnitID, ParamCategories, ParamShowSubUnits, ParamGranularity) {
		r.Bad("%s is not a parameter of %s: use %s, %s, %s or %s", name, s.Name(),
			ParamUnitID, ParamCategories, ParamShowSubUnits, ParamGranularity)
	}
	switch id := p[ParamUnitID]; {
	case id == "":
		r.Bad("%s is missing: the unit whose data is wanted, of the form amzn1.alexa.unit.did.{id}", ParamUnitID)
	case len(id) > maxID || !unitID.MatchString(id):
		r.Bad("%s is %q: it must be of the form amzn1.alexa.unit.did.{id}", ParamUnitID, id)
	}
	for _, name := range p.List(ParamCategories) {
		if _, ok := byName(name); !ok {
			r.Bad("%s has %q, which is unknown: use %s", ParamCategories, name, strings.Join(Categories(), ", "))
		}
	}
	r.OneOf(ParamShowSubUnits, "true", "true", "false")
	switch g := p[ParamGranularity]; {
	case g == "":
	case !granularity.MatchString(g):
		r.Bad("%s is %q: it must be a word of capital letters such as %s", ParamGranularity, g, Daily)
	case !slices.Contains(s.o.Daily, g):
		r.Bad("%s is %q: only %s is known to give a row for each day, and only days can be loaded",
			ParamGranularity, g, strings.Join(s.o.Daily, ", "))
	}
	return r.Err()
}

// Warnings returns none: what the source accepts it can vouch for.
func (s *Source) Warnings(report.Params) []string { return nil }

// Limits of the vendor: data of the past 90 days, of which bellhop stays two clear; a request may span all of it.
// No delivery time is documented, so a file is waited for six hours.
func (s *Source) Limits(p report.Params) report.Limits {
	l := report.Limits{DeliveryWindow: 6 * time.Hour}
	wanted := p.List(ParamCategories)
	for _, c := range categories {
		if len(wanted) == 0 || slices.Contains(wanted, c.name) {
			l.Tables = append(l.Tables, c.table)
		}
	}
	return l.Reaching(90)
}
