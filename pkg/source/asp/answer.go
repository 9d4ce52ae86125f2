package asp

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
)

// understand adds to the answer to an order what the vendor says it will deliver.
func understand(reply httpclient.Reply, a report.Answer, o report.Order) report.Answer {
	files, err := accepted(reply, o.Tables)
	if err != nil {
		// The vendor took the request, but what it will deliver cannot be told: files may well come.
		a.Outcome, a.Why = report.OutcomeUnknown, fmt.Sprintf("the vendor answered %d, but %v", reply.Status, err)
		return a
	}
	for i := range files {
		files[i].Root = o.Subscription.Params[ParamUnitID]
	}
	a.Files, a.Why = files, unnamed(files, o.Tables)
	return a
}

// success is a 202's body.
type success struct {
	Reports []struct {
		Category string `json:"category"`
		Name     string `json:"name"`
	} `json:"reports"`
	Errors []json.RawMessage `json:"errors"`
}

// maxKey is the longest key that S3 takes, in bytes.
const maxKey = 1024

// accepted returns the files that a success names. It fails, without repeating what the body said, when that cannot be
// the answer to what was asked: a list that is only half right would make bellhop wait for the wrong files.
func accepted(reply httpclient.Reply, tables []string) ([]report.NamedFile, error) {
	var b success
	if !reply.Whole {
		return nil, errors.New("its body broke off or is too long")
	}
	if err := json.Unmarshal(reply.Body, &b); err != nil {
		return nil, errors.New("its body is not the JSON that is documented")
	}
	if len(b.Errors) > 0 {
		return nil, fmt.Errorf("it reports %d errors", len(b.Errors))
	}
	if len(b.Reports) == 0 {
		return nil, errors.New("it names no report")
	}
	files := make([]report.NamedFile, 0, len(b.Reports))
	seen := map[string]bool{}
	for i, r := range b.Reports {
		c, known := byName(r.Category)
		switch {
		case !known || !slices.Contains(tables, c.table):
			return nil, fmt.Errorf("report %d is of a category that was not asked for", i+1)
		case !validName(r.Name):
			return nil, fmt.Errorf("report %d has no usable name", i+1)
		case seen[r.Name]:
			return nil, fmt.Errorf("report %d has the name of another one", i+1)
		}
		seen[r.Name] = true
		files = append(files, report.NamedFile{Name: r.Name, Table: c.table})
	}
	return files, nil
}

func validName(name string) bool {
	return strings.TrimSpace(name) != "" && len(name) <= maxKey && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

// unnamed says for which tables no file was named. Nothing documented forbids that, and more than one file for a
// category is as possible.
func unnamed(files []report.NamedFile, tables []string) string {
	var missing []string
	for _, table := range tables {
		if !slices.ContainsFunc(files, func(f report.NamedFile) bool { return f.Table == table }) {
			missing = append(missing, table)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "no file was named for " + strings.Join(missing, ", ")
}
