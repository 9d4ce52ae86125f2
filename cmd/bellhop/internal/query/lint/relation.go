package lint

import (
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// value is what is known of a column.
type value struct {
	// measure is the measure that it has, or the sum of a day of it; nil when it has none.
	measure *measure
	// day says that it is the day, and ratio that something was divided.
	day, ratio bool
}

// measure is a measure of a table.
type measure struct {
	table string // as it is named in SQL
	dataset.Column
	// dimensions are the table's.
	dimensions []string
	// needs are what rows have to be chosen by before they are added up.
	needs []need
}

// need is a choice without which rows count the same thing twice.
type need struct {
	// by are columns: one of them has to be in a condition or in GROUP BY.
	by           []string
	wrong        bool
	why, instead string
}

// needs returns what rows of a table have to be chosen by.
func needs(table string, raw, units bool) []need {
	var all []need
	if raw && units {
		all = append(all, need{
			[]string{"row_scope", "depth", "unit_id"}, true, "raw." + table + " has each room again in its group, its property and its organisation",
			"ask " + table + ", which has each room once, or add WHERE row_scope = 'LEAF'",
		})
	}
	switch table {
	case "skill_metrics":
		all = append(all, need{
			[]string{"metric"}, true, "the rows of skill_metrics are of several metrics, and some are parts of others", "add WHERE metric = '…'",
		})
		if raw {
			all = append(all, need{
				[]string{"period"}, true, "a day is there as a row of P1D, again as 24 rows of PT1H, and in a row of SINGLE", "ask skill_metrics, or add WHERE period = 'P1D'",
			}, need{
				[]string{"locale"}, true, "a row without a locale counts all of them already", "ask skill_metrics, or add WHERE locale IS NULL",
			})
		}
	case "pinpoint_kpis":
		all = append(all, need{
			[]string{"kpi_name"}, true, "the rows of pinpoint_kpis are of several KPIs, and a grouped one is there again as its total", "add WHERE kpi_name = '…'",
		})
	case "asp_communication":
		all = append(all, need{
			[]string{"direction", "unit_id", "unit_name"}, false, "a call from room to room is presumably Outbound in one row and Inbound in the other", "add WHERE direction = 'Outbound', or group by direction",
		})
	}
	return all
}

// relation is what a SELECT reads from.
type relation struct {
	alias   string
	columns map[string]value
	// oneDay says that its rows are of one day.
	oneDay bool
}

// table returns a table or a view of the dataset; nothing for any other.
func table(schema, name string) (relation, bool) {
	schema, name = strings.ToLower(schema), strings.ToLower(name)
	r := relation{columns: map[string]value{}}
	var columns []dataset.Column
	var units bool
	if d, known := dataset.Lookup(name); known {
		columns, units = d.Columns, d.HasUnits()
	} else if i := slices.IndexFunc(dataset.ViewsOverOthers(), func(v dataset.View) bool { return v.Name == name }); i >= 0 && schema == "" {
		columns = dataset.ViewsOverOthers()[i].Columns
	} else {
		return r, false
	}
	var dimensions []string
	for _, c := range columns {
		if c.Role == dataset.RoleDimension {
			dimensions = append(dimensions, c.Name)
		}
	}
	for _, c := range columns {
		v := value{day: c.Role == dataset.RoleDate}
		if c.Role == dataset.RoleMeasure {
			v.measure = &measure{name, c, dimensions, needs(name, schema == "raw", units)}
		}
		r.columns[c.Name] = v
	}
	return r, true
}
