package dataset

import (
	"slices"
	"strings"
)

// Trap is one way in which a query over the dataset gives a wrong number without any error.
type Trap struct {
	// Name says the trap in a few words.
	Name string `json:"name"`
	// Wrong is what happens, Right what to do instead.
	Wrong string `json:"wrong"`
	Right string `json:"right"`

	in func(d Definition) bool
}

// Traps returns all traps, the most common first. The caller owns the result.
func Traps() []Trap {
	return slices.Concat(rowTraps(), measureTraps(), timeTraps())
}

// Traps returns the traps that wait in this table, the most common first.
func (d Definition) Traps() []Trap {
	return slices.DeleteFunc(Traps(), func(t Trap) bool { return !t.in(d) })
}

func anyTable(Definition) bool { return true }

func named(names ...string) func(Definition) bool {
	return func(d Definition) bool { return slices.Contains(names, d.Name) }
}

// measures is for tables with a measure of that additivity.
func measures(a Additivity) func(Definition) bool {
	return func(d Definition) bool {
		return slices.ContainsFunc(d.Measures(), func(c Column) bool { return c.Additivity == a })
	}
}

// rowTraps count the same thing in two rows.
func rowTraps() []Trap {
	return []Trap{
		{
			"LEAF and ROLLUP rows added together",
			"With sub-units in the report, each room counts again in its group, its property and its organisation.",
			"Filter with row_scope = 'LEAF' before you add anything up, or look at a single depth.", Definition.HasUnits,
		},
		{
			"two subscriptions over the same units",
			"A subscription to an organisation and one to its property both hold the property's rows. One day of one subscription is never there twice.",
			"Filter on one subscription.", Definition.HasUnits,
		},
		{
			"two subscriptions over the same skills, campaigns or companies",
			"Each holds rows of its own for them. One day of one subscription is never there twice.",
			"Filter on one subscription.", func(d Definition) bool { return !d.HasUnits() },
		},
		{
			"locales and intents added to their total",
			"A row without a locale, or without an intent, counts all of them already.",
			"Keep to locale IS NULL and intent IS NULL, or to the rows of all locales or intents without the total.", named("skill_metrics"),
		},
		{
			"periods of several lengths added up",
			"A day is there as a row of P1D, again as 24 rows of PT1H, and in a row of SINGLE that spans days.",
			"Filter on one period. SINGLE stands alone: no column says where it ends.", named("skill_metrics"),
		},
		{
			"parts of a session, or of an utterance, added to the whole",
			"totalSessions has the successful, incomplete and ended sessions in it, as totalUtterances has successful and failed ones.",
			"Filter on one metric, or divide one by the other.", named("skill_metrics"),
		},
		{
			"a campaign counted once for each day",
			"Each day's snapshot has the campaign again, and with it the number of its units.",
			"Look at one dataset_date, or take the view asp_campaign_definitions, which has each definition once.", named("asp_campaigns"),
		},
		{
			"rows of an export counted as things",
			"A conversation, a post or an agent may be in the exports of several days, and twice in that of one day.",
			"Count distinct ids. Which column has them is the vendor's to say: look into extra.", func(d Definition) bool { return d.Repeats },
		},
		{
			"one call, two rows",
			"A call from room to room is presumably Outbound in one row and Inbound in the other; the vendor's documents do not say.",
			"Add up one direction only.", named("asp_communication"),
		},
		{
			"calls and drop-ins joined",
			"Each row has both kinds of measures, so a join of the call rows with the drop-in rows multiplies them.",
			"Add the two columns up side by side, without a join.", named("asp_communication"),
		},
		{
			"one campaign, several ids",
			"A campaign that was split or made again has rows under several campaign_id.",
			"Group by campaign_group, which the view asp_campaign_results has; campaigns of other words or times need a list of your own.", named("asp_proactive_campaign"),
		},
	}
}

// measureTraps add up what has no sum.
func measureTraps() []Trap {
	return []Trap{
		{
			"KPIs added to each other",
			"A KPI, its form by date and its form by campaign count the same messages three times.",
			"Filter on one kpi_name, and sum amount alone.", named("pinpoint_kpis"),
		},
		{
			"stocks and distinct counts added up over days",
			"A device that is there, or in use, on seven days counts seven times.",
			"Sum over the leaf units of one day; over days take the average of those sums, or the last. Distinct counts of a week cannot be had from days.",
			measures(AdditiveDay),
		},
		{
			"distinct counts added up",
			"One device may be in several domains, intents or campaigns, and on several days, and counts in each.",
			"Show them side by side; never add them up. asp_device has the distinct devices of each unit and day.",
			func(d Definition) bool { return d.HasUnits() && measures(NotAdditive)(d) },
		},
		{
			"unique customers added up",
			"Who uses the skill in two hours, on two days or in two locales counts in each; enablements are a running total.",
			"Take the period that you mean as it is: a day's customers are in the row of P1D. Nothing in the column reading has a sum.", named("skill_metrics"),
		},
		{
			"ratios averaged",
			"The average of percentages weighs an empty room like a full one.",
			"Divide the sum of the numerators by the sum of the denominators.", anyTable,
		},
		{
			"NULL taken for zero",
			"An empty cell is NULL: the vendor said nothing. An average leaves it out; coalesce to 0 makes it a statement.",
			"Keep NULL apart from 0, and say how many there are.", anyTable,
		},
	}
}

// timeTraps compare days that are not alike.
func timeTraps() []Trap {
	return []Trap{
		{
			"missing days read as zero",
			"A day without rows is a day that the vendor reported as empty, or a day that is not there.",
			"Ask bellhop coverage: ZERO is empty, anything but COMPLETE and ZERO is not known.", anyTable,
		},
		{
			"units that were moved or renamed",
			"A row has the names and the parents that the unit had in that report, so one room may come in two groups.",
			"Group by unit_id, and take the names of the newest day.", Definition.HasUnits,
		},
		{
			"the zone of a day",
			"The vendor does not say when its days begin. Compared with days of another system, the edges may be off by hours.",
			"Compare weeks rather than days, or leave the edges out.", Definition.HasUnits,
		},
		{
			"a day of UTC taken for a day of the property",
			"These days begin at midnight in UTC, which is the evening before in America. The vendor's days of asp tables may begin at another hour.",
			"Add up PT1H rows by the hour of your zone, or compare weeks.", named("skill_metrics"),
		},
		{
			"days that change",
			"Vendors restate young days, so that the same query may answer differently tomorrow.",
			"Leave out the days that are still asked for again: BELLHOP_REFRESH_DAYS, 4 by default.",
			func(d Definition) bool { return d.Name != "asp_campaigns" },
		},
	}
}

func whichTables(t Trap) string {
	var in []string
	all, units := true, true
	for _, d := range Definitions() {
		all = all && t.in(d)
		units = units && t.in(d) == d.HasUnits()
		if t.in(d) {
			in = append(in, "`"+d.Name+"`")
		}
	}
	switch {
	case all:
		return "all"
	case units:
		return "all with units"
	default:
		return strings.Join(in, ", ")
	}
}
