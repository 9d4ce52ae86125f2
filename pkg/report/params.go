package report

import (
	"slices"
	"strings"
)

// Params are the parameters of a subscription that only its source understands, by name. A list is
// written with commas. Which names there are, and what they mean, is each source's to say.
type Params map[string]string

// List returns the comma-separated items of a parameter, trimmed, empty ones left out.
func (p Params) List(name string) []string {
	var items []string
	for item := range strings.SplitSeq(p[name], ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// Unknown returns the names in p that are not among known, sorted.
func (p Params) Unknown(known ...string) []string {
	var names []string
	for name := range p {
		if !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
