package dataset

import "github.com/bellhop-asp/bellhop/pkg/report"

// The tables of the ASP Analytics API, one per report category. Dimensions and measures carry the vendor's
// names in lower case (reference: "Sample generated reports" in the vendor's page, of 28 November 2023).

func aspTables() []Definition {
	return []Definition{
		aspTable("asp_device", "Devices and their use, per unit and day (category DEVICE).", "one unit", nil, []Column{
			count("device_count", AdditiveDay, "Devices registered in the unit."),
			count("active_device_count", AdditiveDay, "Distinct devices of the unit that were used on the day."),
			count("dialog_count", Additive, "Dialogs: requests that a person made and Alexa answered."),
		}),
		aspTable("asp_domain_engagement", "Use per business domain, unit and day (category DOMAIN_ENGAGEMENT).", "one business domain in one unit", []Column{
			dimension("business_domain", "What the dialogs were about, such as Audio or Other."),
		}, []Column{
			count("active_device_count", NotAdditive, "Distinct devices that were used for the domain; one device may count in several domains."),
			count("dialog_count", Additive, "Dialogs in the domain."),
		}),
		aspTable("asp_proactive_campaign", "Proactive campaigns per unit and day (category PROACTIVE_CAMPAIGN).", "one campaign in one unit", []Column{
			dimension("campaign_id", "The vendor's identifier of the campaign."),
		}, []Column{
			count("targeted_devices_count", NotAdditive, "Distinct devices that the campaign was meant for; campaigns share devices."),
			count("taps_count", Additive, "Taps on the campaign's content."),
			count("impression_count", Additive, "Times that the content was shown."),
		}),
		aspTable("asp_property_skill", "Use of the property's own skills per unit and day (category PROPERTY_SKILL).", "one intent of one skill in one unit", []Column{
			dimension("skill_name", "The skill's name."),
			dimension("intent_name", "The intent of the skill that was invoked."),
		}, []Column{
			count("active_device_count", NotAdditive, "Distinct devices that invoked the intent; one device may count in several intents."),
			count("dialog_count", Additive, "Dialogs with the intent."),
		}),
		aspTable("asp_communication", "Calls and drop-ins per unit and day (category COMMUNICATION).", "one direction, kind and network of calls in one unit", []Column{
			dimension("direction", "Inbound or Outbound, seen from the unit."),
			dimension("sub_experience", "The kind of communication, such as Calling_Voice or DropIn_Video."),
			dimension("call_provider", "The network, such as A2A (Alexa to Alexa) or PSTN."),
		}, []Column{
			count("calling_action_count", Additive, "Calls."),
			minutes("calling_duration_minutes", "Minutes that the calls lasted."),
			count("dropin_action_count", Additive, "Drop-ins."),
			minutes("dropin_duration_minutes", "Minutes that the drop-ins lasted."),
		}),
	}
}

func aspTable(name, meaning, per string, dimensions, measures []Column) Definition {
	columns := []Column{
		{Name: "dataset_date", Type: Date, Role: RoleDate, Meaning: "The civil date that the row describes, as the vendor states it; its time zone is not documented."},
		unit("unit_id", String, false, "The unit that the row describes: the deepest one that the row names."),
		unit("unit_name", String, true, "That unit's name."),
		unit("depth", Int, false, "That unit's level: 0 organisation, 1 property, 2 group, 3 room."),
		unit("row_scope", String, false, "ROLLUP when another row of the same partition describes a descendant of the unit, else LEAF. Only LEAF rows add up."),
		unit("parent_unit_id", String, true, "The nearest unit above that the row names."),
		unit("property_id", String, true, "The unit at level 1."),
		unit("property_name", String, true, "The name of the unit at level 1."),
		unit("unit_ids", Strings, false, "All units that the row names, root first."),
		unit("unit_names", Strings, false, "Their names in the same order; NULL where a unit has none."),
	}
	columns = append(columns, dimensions...)
	columns = append(columns, measures...)
	return Definition{
		Name: name, Meaning: meaning, Grain: "A row is " + per + " on one day.", Source: report.SourceASPAnalytics,
		Columns: withOrigin(columns), ShrinkBelow: Half, chosen: leafUnits,
	}
}

// unitKey are the columns of units that are part of a row's key. The others follow from them, or are names.
var unitKey = []string{"depth", "property_id", "unit_ids"}

// withOrigin appends the columns that each table ends with.
func withOrigin(columns []Column) []Column {
	return append(columns,
		Column{Name: "extra", Type: StringMap, Role: RoleExtra, Meaning: "Non-empty cells of delivered columns that this definition does not know, by header."},
		Column{Name: "subscription", Type: String, Role: RoleSubscription, Meaning: "The subscription that asked for the report."},
	)
}

func unit(name string, t Type, nullable bool, meaning string) Column {
	return Column{Name: name, Type: t, Role: RoleUnit, Nullable: nullable, Meaning: meaning}
}

func dimension(name, meaning string) Column {
	return Column{Name: name, Type: String, Role: RoleDimension, Nullable: true, Meaning: meaning}
}

func count(name string, a Additivity, meaning string) Column {
	return Column{Name: name, Type: Bigint, Role: RoleMeasure, Nullable: true, Meaning: meaning, Additivity: a}
}

// required makes a dimension one that each row has.
func required(c Column) Column {
	c.Nullable = false
	return c
}

func units(c Column) Column {
	c.Units = true
	return c
}

func instant(name, meaning string) Column {
	c := dimension(name, meaning)
	c.Type = Timestamp
	return c
}

func minutes(name, meaning string) Column { return decimal(name, Additive, meaning) }

func decimal(name string, a Additivity, meaning string) Column {
	return Column{Name: name, Type: Decimal, Role: RoleMeasure, Nullable: true, Meaning: meaning, Additivity: a}
}
