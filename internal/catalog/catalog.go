// Package catalog describes the dataset to Glue and Athena: the tables, the default views and the questions that come
// with them, as the nested stack template/analytics.yaml. All of it is made from the definitions in package dataset, as the
// Parquet schema is, so the two cannot say different things.
package catalog

import (
	"embed"
	"encoding/json"
	"strings"
	"text/template"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// firstDay is where the projected partitions begin. No day that bellhop can load is older: the vendor goes back 90 days,
// and bellhop is of 2026. A query without a filter on the day lists each of them once.
const firstDay = "2026-01-01"

//go:embed analytics.yaml weeks.sql questions/*.sql checks/*.sql
var files embed.FS

var page = template.Must(template.New("analytics.yaml").Delims("[[", "]]").Funcs(template.FuncMap{
	"resource": resourceName, "comment": comment, "view": viewText,
	// A column that the path spells out must not be among those of the file: Glue takes a column once.
	"partition": func(c dataset.Column) bool { return c.Role == dataset.RoleDate },
	"indent":    func(text string) string { return strings.ReplaceAll(text, "\n", "\n        ") },
}).ParseFS(files, "analytics.yaml"))

// Template returns the text of template/analytics.yaml.
func Template() (string, error) {
	questions, err := Questions()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = page.Execute(&b, map[string]any{
		"Tables": dataset.Definitions(), "Own": dataset.OwnTables(), "Operations": dataset.Operations(), "Views": dataset.Views(),
		"Questions": questions, "FirstDay": firstDay,
	})
	return b.String(), err
}

// resourceName makes AspDevice of asp_device.
func resourceName(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// comment is a column's meaning and what may be done with it, in the 255 characters that Glue takes.
func comment(c dataset.Column) string {
	if c.Additivity == dataset.NotMeasured {
		return c.Meaning
	}
	return c.Meaning + " Adds up: " + string(c.Additivity) + "."
}

// presto are the types whose names in Athena's queries are others than in its tables.
var presto = map[dataset.Type]string{
	dataset.Int: "integer", dataset.String: "varchar", dataset.Strings: "array(varchar)", dataset.StringMap: "map(varchar, varchar)",
	dataset.Timestamp: "timestamp(3)",
}

// viewText is what Athena keeps of a view in the Glue catalogue, in one line, before it is encoded as Base64. CloudFormation
// fills in the names of the two databases.
func viewText(v dataset.View) (string, error) {
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	var columns []column
	for _, c := range v.Columns {
		kind, other := presto[c.Type]
		if !other {
			kind = c.Type.SQL()
		}
		columns = append(columns, column{c.Name, kind})
	}
	text, err := json.Marshal(struct {
		SQL     string   `json:"originalSql"`
		Catalog string   `json:"catalog"`
		Schema  string   `json:"schema"`
		Columns []column `json:"columns"`
	}{v.SQL("${AllRows}."), "awsdatacatalog", "${Catalog}", columns})
	return string(text), err
}
