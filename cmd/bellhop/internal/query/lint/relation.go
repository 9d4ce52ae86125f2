package lint

import (
	"maps"
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

// scope is what names mean in a statement: the queries of WITH, by name.
type scope map[string]relation

// with returns the scope with the queries of a statement's WITH.
func (s scope) with(statement node, found *[]Finding) scope {
	inner := scope{}
	maps.Copy(inner, s)
	for _, entry := range statement.child("cte_map").list("map") {
		inner[strings.ToLower(entry.text("key"))] = inner.statement(entry.child("value").child("query").child("node"), found)
	}
	return inner
}

// from returns the relations of a FROM, and what its joins compare.
func (s scope) from(n node, found *[]Finding) (all []relation, conditions []node) {
	r := relation{}
	switch n.text("type") {
	case "BASE_TABLE":
		var known bool
		if r, known = s[strings.ToLower(n.text("table_name"))]; !known || n.text("schema_name") != "" {
			r, _ = table(n.text("schema_name"), n.text("table_name"))
		}
		r.alias = n.text("table_name")
	case "SUBQUERY":
		r = s.statement(n.child("subquery").child("node"), found)
	case "JOIN":
		left, on := s.from(n.child("left"), found)
		right, also := s.from(n.child("right"), found)
		conditions = append(append(on, also...), n.child("condition"))
		return append(left, right...), conditions
	}
	if alias := n.text("alias"); alias != "" {
		r.alias = alias
	}
	r.alias = strings.ToLower(r.alias)
	return []relation{r}, nil
}
