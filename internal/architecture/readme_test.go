package architecture_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/config"
)

// The README's table of variables says what the functions read: no more, no less, with the defaults that they have.
func TestTheReadmeListsTheVariables(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(readme), "<!-- variables: begin")
	table, _, ended := strings.Cut(table, "<!-- variables: end")
	if !found || !ended {
		t.Fatal("README.md has no table of variables between its markers")
	}
	rows := map[string]string{}
	for line := range strings.Lines(table) {
		if name := regexp.MustCompile("^\\| `(BELLHOP_[A-Z_]+)`").FindStringSubmatch(line); name != nil {
			rows[name[1]] = line
		}
	}
	for _, v := range config.Variables() {
		row, listed := rows[v.Name]
		if !listed || !strings.Contains(row, v.Default) || !strings.Contains(row, v.Meaning) {
			t.Errorf("%s, whose default is %q, is listed as %q", v.Name, v.Default, row)
		}
		delete(rows, v.Name)
	}
	for name := range rows {
		t.Errorf("README.md lists %s, which no function reads", name)
	}
}
