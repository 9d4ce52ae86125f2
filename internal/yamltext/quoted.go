// Package yamltext writes text into the generated parts of template.yaml.
package yamltext

import (
	"encoding/json"
	"strings"
)

// Quoted is text as YAML: JSON is a part of it.
func Quoted(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil { // text always encodes
		return `""`
	}
	// json.Marshal writes <, > and & as it would for a web page.
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(encoded))
}
