package main

import (
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/internal/catalog"
)

// questions lists the saved queries with what they are for.
func questions(string) (string, error) {
	all, err := catalog.Questions()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, q := range all {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n```sql\n%s\n```\n", q.Name, q.Meaning, q.SQL)
	}
	b.WriteString("\n")
	return b.String(), nil
}
