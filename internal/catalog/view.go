package catalog

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/table"
)

// ViewName is the name of a table's default view.
func ViewName(d table.Definition) string { return d.Name + "_leaf" }

// ViewSQL is the query behind a table's default view, in Athena's SQL. It keeps LEAF rows alone, so that a sum over
// units is right, and one row for each day, unit and combination of dimensions: where subscriptions overlap, that of the
// subscription whose name sorts first.
//
// The day and the unit are among the columns that partition the window, so a filter on them reaches the table.
func ViewSQL(d table.Definition) string {
	var columns []string
	for _, c := range d.Columns {
		columns = append(columns, c.Name)
	}
	same := []string{"dataset_date", "unit_id"}
	for _, c := range d.Dimensions() {
		same = append(same, c.Name)
	}
	list := strings.Join(columns, ", ")
	return fmt.Sprintf("SELECT %s FROM (SELECT %s, row_number() OVER (PARTITION BY %s ORDER BY subscription) AS choice "+
		"FROM %s WHERE row_scope = 'LEAF') WHERE choice = 1", list, list, strings.Join(same, ", "), d.Name)
}

// presto is the type's name in Athena's queries, which is another than in its tables.
func presto(t table.Type) string {
	switch t {
	case table.Int:
		return "integer"
	case table.String:
		return "varchar"
	case table.Strings:
		return "array(varchar)"
	case table.StringMap:
		return "map(varchar, varchar)"
	case table.Date, table.Bigint, table.Decimal:
		return t.SQL()
	default:
		return t.SQL()
	}
}

// viewText is what Athena keeps of a view in the Glue catalogue, before it is encoded as Base64. The schema is a
// reference, for CloudFormation to fill in. It is one line, which may be broken at any space.
func viewText(d table.Definition) (string, error) {
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	var columns []column
	for _, c := range d.Columns {
		columns = append(columns, column{c.Name, presto(c.Type)})
	}
	text, err := json.MarshalIndent(struct {
		SQL     string   `json:"originalSql"`
		Catalog string   `json:"catalog"`
		Schema  string   `json:"schema"`
		Columns []column `json:"columns"`
	}{ViewSQL(d), "awsdatacatalog", "${Catalog}", columns}, "", " ")
	return strings.Join(strings.Fields(string(text)), " "), err
}
