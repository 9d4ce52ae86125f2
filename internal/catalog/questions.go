package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Question is something that people who run voice assistants ask, with the query that answers it.
type Question struct {
	// ID is the resource's name in the template, without its prefix.
	ID string `json:"-"`
	// Slug names it on a command line.
	Slug string `json:"name"`
	// Name and Meaning are what Athena's list of saved queries shows.
	Name    string `json:"question"`
	Meaning string `json:"meaning"`
	// SQL runs in DuckDB, over the default views and over all rows of a table as raw.NAME.
	SQL string `json:"sql"`
}

var allRows = regexp.MustCompile(`\braw\.`)

// Athena returns the SQL for Athena: all rows are in a database of their own, whose name CloudFormation fills in.
func (q Question) Athena() string { return allRows.ReplaceAllLiteralString(q.SQL, "${AllRows}.") }

// Questions returns the saved queries, sorted by id. They are files: a comment with the name, one with the meaning, and the
// query, which obeys the additivity of the measures that it adds up. The caller owns the result.
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
			return nil, err
		}
		all = append(all, q)
	}
	return all, nil
}

func parseQuestion(name, content string) (Question, error) {
	lines := strings.SplitN(strings.TrimSpace(content), "\n", 3)
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "-- ") || !strings.HasPrefix(lines[1], "-- ") {
		return Question{}, fmt.Errorf("question %s does not begin with a line for its name and one for its meaning", name)
	}
	return Question{resourceName(name), strings.ReplaceAll(name, "_", "-"), lines[0][3:], lines[1][3:], lines[2]}, nil
}
