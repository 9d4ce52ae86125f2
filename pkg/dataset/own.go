package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// Own is a table of what people know themselves and import: no source reports it. Each import is a version of the whole table, in a
// file of its own; the view of the table's name has the rows of the newest.
type Own struct {
	// Name is the last part of the table's name: rooms of own_rooms.
	Name    string
	Meaning string
	// Key are the columns that tell a row from all others.
	Key []string
	// Columns are in the order of the file. The last of them is the version.
	Columns []Column
}

// Table returns the table's name.
func (o Own) Table() string { return "own_" + o.Name }

// Said are the columns that a person fills in.
func (o Own) Said() []Column { return o.Columns[:len(o.Columns)-1] }

// view is the newest version.
func (o Own) view() View {
	return View{
		Name: o.Table(), Meaning: o.Meaning + " The version that was imported last.", Columns: o.Said(),
		query: func(raw string) string {
			return fmt.Sprintf("SELECT %[1]s\nFROM %[2]s\nWHERE version = (SELECT max(version) FROM %[2]s)", names(o.Said()), raw+o.Table())
		},
	}
}

// OwnTables returns the tables of people's own data, sorted by name. The caller owns the result.
func OwnTables() []Own {
	unit := key("unit_id", String, "The unit, as the vendor's reports have it.")
	return []Own{
		ownTable("campaigns", "Which campaigns belong together in your own words.", "campaign_id", key("campaign_id", String, "The vendor's identifier of the campaign."),
			key("campaign_group", String, "What you call the promotion that it is a part of.")),
		ownTable("occupancy", "Which unit was occupied on which day.", "unit_id stay_date", unit, key("stay_date", Date, "The day, in the property's own time."),
			Column{Name: "occupied", Type: Int, Role: RoleMeasure, Additivity: Additive, Meaning: "1: somebody stayed there; 0: nobody did."}),
		ownTable("properties", "What a property is called elsewhere. A property has a row for each pair of values.", "property_id company tag application_id",
			key("property_id", String, "The property, as the vendor's reports have it."), text("property_code", "Your own code of it."),
			text("company", "The company of its subscription to Khoros Care."), text("tag", "The tag that its responses have in Khoros Care."),
			text("application_id", "Its application in Amazon Pinpoint.")),
		ownTable("rooms", "Which room a unit is.", "unit_id", unit, key("room", String, "The room's number or name."), text("building", "The building."),
			text("wing", "The part of the building."), text("property_code", "Your own code of the property.")),
		ownTable("survey", "What people say of a unit, month by month.", "unit_id survey_month", unit,
			key("survey_month", Date, "The first day of the month."),
			Column{Name: "satisfaction", Type: Decimal, Role: RoleMeasure, Additivity: NotAdditive, Meaning: "The mark, on the scale of your own survey."}),
	}
}

// LookupOwn returns the table of people's own data of that name, such as rooms.
func LookupOwn(name string) (Own, bool) {
	all := OwnTables()
	i := slices.IndexFunc(all, func(o Own) bool { return o.Name == name })
	if i < 0 {
		return Own{}, false
	}
	return all[i], true
}

func ownTable(name, meaning, key string, columns ...Column) Own {
	return Own{name, meaning, strings.Fields(key), append(columns,
		Column{Name: "version", Type: Int, Role: RoleDimension, Meaning: "The number of the import that the row is from."})}
}

func key(name string, t Type, meaning string) Column {
	return Column{Name: name, Type: t, Role: RoleDimension, Meaning: meaning}
}

func text(name, meaning string) Column { return dimension(name, meaning+" May be empty.") }
