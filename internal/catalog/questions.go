package catalog

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Question is something that people who run voice assistants ask, with the query that answers it.
type Question struct {
	// ID is the resource's name in the template, without its prefix.
	ID string `json:"-"`
	// Slug names it on a command line.
	Slug string `json:"name"`
	// Name and Meaning say what is asked; Caveat says what the answer does not say.
	Name    string `json:"question"`
	Meaning string `json:"meaning"`
	Caveat  string `json:"caveat"`
	// AddsUp are the columns of the answer that may be added up over its rows. No other one may.
	AddsUp []string `json:"adds_up"`
	// Measures are the measures that the query reads, with what the dataset says of adding them up.
	Measures []Measure `json:"measures"`
	// Tables are the tables of the dataset that the query reads, also through views over them.
	Tables []string `json:"tables"`
	// Days is how many days back from today the query looks when no days are chosen.
	Days int `json:"days"`
	// FromLedger says that the query reads operations tables, which are made from the ledger, and in Athena are as of when they were
	// last published.
	FromLedger bool `json:"from_ledger"`
	// ByProperty says that the question can be asked about one property.
	ByProperty bool `json:"by_property"`
	// SQL is the statement about the usual days and all properties. It runs in DuckDB, over the default views and over all
	// rows of a table as raw.NAME.
	SQL string `json:"sql"`

	text *template.Template
}

// Measure is a measure of a table.
type Measure struct {
	Table      string             `json:"table"`
	Column     string             `json:"column"`
	Additivity dataset.Additivity `json:"additivity"`
}

// Scope narrows a question. The zero value asks it about its usual days and all properties.
type Scope struct {
	// From and To are the first and the last day, both included. Without To, all days since From count; without From, as many
	// days up to To as the question has.
	From, To report.Date
	// Property is the id of a property, of a question that is [Question.ByProperty].
	Property string
}

// Statement returns the question's SQL with the scope in it.
func (q Question) Statement(s Scope) string {
	text, err := fill(q.text, s.markers(q.Days, new(bool)))
	if err != nil {
		panic(fmt.Sprintf("catalog: question %s: %v", q.Slug, err)) // it was filled in when it was read
	}
	return text
}

// markers are what a question's file has in the place of conditions.
func (s Scope) markers(days int, byProperty *bool) template.FuncMap {
	return template.FuncMap{
		"days": func(column string) string {
			switch {
			case s.From != 0 && s.To != 0:
				return fmt.Sprintf("%s BETWEEN DATE '%s' AND DATE '%s'", column, s.From, s.To)
			case s.From != 0:
				return fmt.Sprintf("%s >= DATE '%s'", column, s.From)
			case s.To != 0:
				return fmt.Sprintf("%s BETWEEN DATE '%s' AND DATE '%s'", column, s.To-report.Date(days)+1, s.To)
			default:
				return fmt.Sprintf("%s >= current_date - INTERVAL '%d' DAY", column, days)
			}
		},
		"property": func(column string) string {
			*byProperty = true
			if s.Property == "" {
				return ""
			}
			return fmt.Sprintf(" AND %s = '%s'", column, strings.ReplaceAll(s.Property, "'", "''"))
		},
	}
}

func fill(t *template.Template, markers template.FuncMap) (string, error) {
	fresh, err := t.Clone()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = fresh.Funcs(markers).Execute(&b, nil)
	return b.String(), err
}

var allRows = regexp.MustCompile(`\braw\.`)

// OfAllRows says that the query reads rows which a default view leaves out.
func (q Question) OfAllRows() bool { return allRows.MatchString(q.SQL) }

// Athena returns the SQL for Athena: all rows are in a database of their own, whose name CloudFormation fills in.
func (q Question) Athena() string {
	return allRows.ReplaceAllLiteralString(q.published(q.SQL), "${AllRows}.")
}

// InAthena is [Question.Statement] for Athena, of a question that is not [Question.OfAllRows].
func (q Question) InAthena(s Scope) string { return q.published(q.Statement(s)) }

// published names the operations tables as they are published.
func (q Question) published(sql string) string {
	for _, o := range dataset.Operations() {
		if q.FromLedger {
			sql = strings.ReplaceAll(sql, o.Table(), o.Published())
		}
	}
	return sql
}

// Questions returns the saved queries, sorted by id. They are files: lines of comment with what is to be known of the question, and
// the query, which obeys the additivity of the measures that it adds up. In the query {{days "column"}} is the condition on the
// days, and {{property "column"}} behind it the one on a property, if one was chosen. The caller owns the result.
func Questions() ([]Question, error) {
	names, err := fs.Glob(files, "questions/*.sql")
	if err != nil {
		return nil, err
	}
	var all []Question
	for _, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		q, err := parseQuestion(strings.TrimSuffix(path.Base(name), ".sql"), string(content))
		if err != nil {
			return nil, fmt.Errorf("question %s: %w", name, err)
		}
		all = append(all, q)
	}
	return all, nil
}

// headLine is a comment at the head of a query's file, and where its text goes.
type headLine struct {
	label string
	into  *string
}

// readHead takes these comments off a query's file, each of which it must have, and returns the rest.
func readHead(content string, lines []headLine) (rest string, err error) {
	for _, line := range lines {
		head, rest, _ := strings.Cut(content, "\n")
		said, found := strings.CutPrefix(head, "-- "+line.label)
		if !found || said == "" {
			return "", fmt.Errorf("where %q stands, a line is to begin with %q", head, "-- "+line.label)
		}
		*line.into, content = said, rest
	}
	return content, nil
}

// parseQuestion reads a question's file: its name, its meaning, "Caveat: ", "Adds up: " and "Days: ", a line each, and the query.
func parseQuestion(name, content string) (Question, error) {
	q := Question{ID: resourceName(name), Slug: strings.ReplaceAll(name, "_", "-"), AddsUp: []string{}}
	var columns, days string
	content, err := readHead(content, []headLine{{"", &q.Name}, {"", &q.Meaning}, {"Caveat: ", &q.Caveat}, {"Adds up: ", &columns}, {"Days: ", &days}})
	if err != nil {
		return q, err
	}
	if columns != "nothing" {
		q.AddsUp = strings.Split(columns, ", ")
	}
	if q.Days, err = strconv.Atoi(days); err != nil || q.Days < 1 {
		return q, fmt.Errorf("%q is no number of days", days)
	}
	markers := Scope{}.markers(q.Days, &q.ByProperty)
	if q.text, err = template.New(name).Funcs(markers).Parse(strings.TrimSpace(content)); err != nil {
		return q, err
	}
	if q.SQL, err = fill(q.text, markers); err != nil || q.SQL == "" {
		return q, cmp.Or(err, fmt.Errorf("there is no query"))
	}
	q.Tables, q.Measures = read(q.SQL)
	q.FromLedger = strings.Contains(q.SQL, dataset.OperationsSchema+".")
	return q, nil
}

// read returns the tables that a query names, themselves or by a view over them, and the measures of these that it names.
func read(sql string) (tables []string, measures []Measure) {
	words := strings.FieldsFunc(sql, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	for _, v := range dataset.ViewsOverOthers() {
		if slices.Contains(words, v.Name) {
			words = append(words, v.Over...)
		}
	}
	for _, d := range dataset.Definitions() {
		if !slices.Contains(words, d.Name) {
			continue
		}
		tables = append(tables, d.Name)
		for _, c := range d.Measures() {
			if slices.Contains(words, c.Name) {
				measures = append(measures, Measure{d.Name, c.Name, c.Additivity})
			}
		}
	}
	return tables, measures
}
