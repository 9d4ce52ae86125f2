package asp

import (
	"regexp"
	"slices"
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
