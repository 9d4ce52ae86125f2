package alexa

import "slices"

// measureKind says how a measure adds up over units and days.
type measureKind int

const (
	// additive counts add up over units and days.
	additive measureKind = iota
	// minutes add up like counts; they are held in hundredths and printed with two decimals.
	minutes
	// gauge adds up over units; over days the largest counts.
	gauge
	// distinct counts devices, each once, however many days and units it was seen in.
	distinct
)

type measure struct {
	column string
	kind   measureKind
}

// category is one documented kind of report.
type category struct {
	name       string
	dimensions []string
	measures   []measure
}

// categories holds the five documented categories with the columns of the documented samples, letter by letter.
var categories = []category{
	{
		name:     "DEVICE",
		measures: []measure{{"device_count", gauge}, {"active_device_count", distinct}, {"dialog_count", additive}},
	},
	{
		name:       "DOMAIN_ENGAGEMENT",
		dimensions: []string{"Business Domain"},
		measures:   []measure{{"active_device_count", distinct}, {"dialog_count", additive}},
	},
	{
		name:       "PROACTIVE_CAMPAIGN",
		dimensions: []string{"campaign_id"},
		measures:   []measure{{"targeted_devices_count", gauge}, {"taps_count", additive}, {"impression_count", additive}},
	},
	{
		name:       "PROPERTY_SKILL",
		dimensions: []string{"skill_name", "intent_name"},
		measures:   []measure{{"active_device_count", distinct}, {"dialog_count", additive}},
	},
	{
		name:       "COMMUNICATION",
		dimensions: []string{"direction", "sub_experience", "call_provider"},
		measures: []measure{
			{"calling_action_count", additive},
			{"calling_duration_minutes", minutes},
			{"dropIn_action_count", additive},
			{"dropIn_duration_minutes", minutes},
		},
	},
}

const dateColumn = "dataset_date"

func categoryNamed(name string) (category, bool) {
	i := slices.IndexFunc(categories, func(c category) bool { return c.name == name })
	if i < 0 {
		return category{}, false
	}
	return categories[i], true
}

func categoryNames() []string {
	names := make([]string, len(categories))
	for i, c := range categories {
		names[i] = c.name
	}
	return names
}

// has reports whether a report of c always bears the column: level columns come and go.
func (c category) has(column string) bool {
	return column == dateColumn || slices.Contains(c.dimensions, column) ||
		slices.ContainsFunc(c.measures, func(m measure) bool { return m.column == column })
}

// lastColumn is the rightmost column of c.
func (c category) lastColumn() string { return c.measures[len(c.measures)-1].column }
