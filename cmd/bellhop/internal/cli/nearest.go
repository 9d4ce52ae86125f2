package cli

import (
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// unknownTable says that the dataset has no table of the name on the command line.
func unknownTable(name string) error {
	var names []string
	for _, d := range dataset.Definitions() {
		names = append(names, d.Name)
	}
	remedy := "see which there are: bellhop tables"
	if near := phrase.Nearest(name, names); len(near) > 0 {
		remedy = "did you mean: " + strings.Join(near, ", or ")
	}
	return usage(remedy, "there is no table %q", name)
}
