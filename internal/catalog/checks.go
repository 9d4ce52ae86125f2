package catalog

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Severity says how much a finding matters.
type Severity string

// The severities, the worst first.
const (
	Bad  Severity = "bad"  // the numbers contradict each other
	Warn Severity = "warn" // somebody should look
	Info Severity = "info" // worth knowing
)

// Severities returns all of them, the worst first.
func Severities() []Severity { return []Severity{Bad, Warn, Info} }

// Check is a rule that the numbers should obey.
type Check struct {
	Name     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`
	Meaning  string   `json:"meaning"`
	// SQL runs in DuckDB. Each of its rows is what broke the rule: table_name, dataset_date, unit_id, subject, value and expected.
	SQL string `json:"sql"`
}

// Checks returns the rules, the worst first, then by name. They are files: a comment with severity and title, one with the meaning,
// and the query. The caller owns the result.
func Checks() ([]Check, error) {
	names, err := fs.Glob(files, "checks/*.sql")
	if err != nil {
		return nil, err
	}
	var all []Check
	for _, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c := Check{Name: strings.ReplaceAll(strings.TrimSuffix(path.Base(name), ".sql"), "_", "-")}
		var title string
		sql, err := readHead(string(content), []headLine{{"", &title}, {"", &c.Meaning}})
		if err != nil {
			return nil, err
		}
		severity, title, _ := strings.Cut(title, ": ")
		if c.Severity, c.Title, c.SQL = Severity(severity), title, strings.TrimSpace(sql); !slices.Contains(Severities(), c.Severity) {
			return nil, fmt.Errorf("check %s has the severity %q: it must be one of %v", c.Name, severity, Severities())
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(x, y Check) int {
		return cmp.Compare(slices.Index(Severities(), x.Severity), slices.Index(Severities(), y.Severity))
	})
	return all, nil
}

// Weeks returns the query that compares the dialogs of each property in the week that begins on a Monday with those of the week
// before. It names operations.days: of a property with a week that is not complete there is no change.
func Weeks(monday report.Date) (string, error) {
	content, err := files.ReadFile("weeks.sql")
	return strings.NewReplacer("{before}", (monday - 7).String(), "{monday}", monday.String(), "{sunday}", (monday + 6).String()).Replace(string(content)), err
}
