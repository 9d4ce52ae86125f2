package catalog

import (
	"encoding/json"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// presto is the type's name in Athena's queries, which is another than in its tables.
func presto(t dataset.Type) string {
	switch t {
	case dataset.Int:
		return "integer"
	case dataset.String:
		return "varchar"
	case dataset.Strings:
		return "array(varchar)"
	case dataset.StringMap:
		return "map(varchar, varchar)"
	case dataset.Date, dataset.Bigint, dataset.Decimal:
		return t.SQL()
	default:
		return t.SQL()
	}
}

// viewText is what Athena keeps of a view in the Glue catalogue, before it is encoded as Base64. The schema is a
// reference, for CloudFormation to fill in, and so is that of the tables beneath. It is one line, which may be broken at
// any space.
func viewText(d dataset.Definition) (string, error) {
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
	}{d.View("${AllRows}." + d.Name), "awsdatacatalog", "${Catalog}", columns}, "", " ")
	return strings.Join(strings.Fields(string(text)), " "), err
}
