package main

import (
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/config"
)

// variables is the table of the functions' environment.
func variables(string) (string, error) {
	var b strings.Builder
	b.WriteString("| variable | read by | default | what it says | form |\n|---|---|---|---|---|\n")
	for _, v := range config.Variables() {
		var readers []string
		for _, f := range v.Functions {
			readers = append(readers, strings.ToUpper(f[:1]))
		}
		standard := "none"
		switch {
		case v.Required:
			standard = "**required**"
		case v.Default != "":
			standard = "`" + cell(v.Default) + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", v.Name, strings.Join(readers, " "), standard, cell(v.Meaning), cell(v.Form))
	}
	return b.String(), nil
}
