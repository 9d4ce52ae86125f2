// Command generate writes what other files say first: the nested stacks of the catalogue and of the alarms, from the definitions of
// the tables and the alarms; the tables of parameters and outputs in docs/deployment.md, from template.yaml; the saved queries in
// docs/sql.md; and the table of variables in docs/configuration.md, from the configuration's types. Run it from the repository's
// top, as `make generate` does; a test fails while anything is stale.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bellhop-asp/bellhop/internal/alarm"
	"github.com/bellhop-asp/bellhop/internal/catalog"
)

func main() {
	for _, page := range pages {
		if err := page.rewrite("."); err != nil {
			fmt.Fprintln(os.Stderr, "generate:", err)
			os.Exit(1)
		}
	}
}

// page is a file that is generated: all of it, or what is between the line that has begin and the line that has end.
type page struct {
	path, begin, end string
	// text makes the part, ending in a newline, from the repository at root.
	text func(root string) (string, error)
}

// pages are in order: what a later one is made from is written before.
var pages = []page{
	{path: "template/analytics.yaml", text: func(string) (string, error) { return catalog.Template() }},
	{path: "template/watching.yaml", text: func(string) (string, error) { return alarm.Template() }},
	{"docs/deployment.md", "<!-- parameters: begin", "<!-- parameters: end", part("parameters")},
	{"docs/deployment.md", "<!-- outputs: begin", "<!-- outputs: end", part("outputs")},
	{"docs/sql.md", "<!-- questions: begin", "<!-- questions: end", part("questions")},
	{"docs/configuration.md", "<!-- variables: begin", "<!-- variables: end", part("variables")},
}

// fresh returns the file's text as it is, and as it would be.
func (p page) fresh(root string) (is, wouldBe string, err error) {
	made, err := p.text(root)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", p.path, err)
	}
	content, err := os.ReadFile(filepath.Join(root, p.path)) //nolint:gosec // a page of the repository
	is = string(content)
	if p.begin == "" && (err == nil || errors.Is(err, fs.ErrNotExist)) {
		return is, made, nil
	}
	if err != nil {
		return "", "", err
	}
	before, rest, found := strings.Cut(is, p.begin)
	marker, rest, _ := strings.Cut(rest, "\n")
	_, after, ended := strings.Cut(rest, p.end)
	if !found || !ended {
		return "", "", fmt.Errorf("%s has no part from %q to %q", p.path, p.begin, p.end)
	}
	indent := before[strings.LastIndexByte(before, '\n')+1:]
	return is, before + p.begin + marker + "\n" + made + indent + p.end + after, nil
}

// rewrite writes the file anew where it is stale.
func (p page) rewrite(root string) error {
	is, wouldBe, err := p.fresh(root)
	if err != nil || is == wouldBe {
		return err
	}
	return os.WriteFile(filepath.Join(root, p.path), []byte(wouldBe), 0o644) //nolint:gosec // as git keeps it
}
