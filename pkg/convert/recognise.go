package convert

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Recognise tells from the header alone which table a delivered file belongs to: the one that a conversion would take
// it for, and when its header satisfies several, the one to which the fewest of its columns are unknown. It reads csv no
// further than it must. A header that fits no table, or two equally well, is [fault.Poison], with the reason for the
// nearest table; a failure to read keeps its kind.
func (c *Converter) Recognise(ctx context.Context, csv io.Reader) (dataset.Definition, error) {
	header, err := newScanner(csv, c.limits).open(ctx)
	if err != nil {
		return dataset.Definition{}, fmt.Errorf("recognise the table: %w", err)
	}
	// What no table would accept is said once, and not as a misfit with some table.
	names, err := headerNames(header, c.limits)
	if err != nil {
		return dataset.Definition{}, fmt.Errorf("recognise the table: %w", err)
	}
	var best []dataset.Definition
	var misfit error // of the table that lacks the fewest columns
	fewestUnknown, fewestMissing := 0, 0
	for _, d := range dataset.Definitions() {
		l, err := matchHeader(d, header, c.limits)
		missing := absent(d, names)
		switch {
		case err == nil && (best == nil || len(l.unknown) < fewestUnknown):
			best, fewestUnknown = []dataset.Definition{d}, len(l.unknown)
		case err == nil && len(l.unknown) == fewestUnknown:
			best = append(best, d)
		case err != nil && !d.Open && (misfit == nil || missing < fewestMissing):
			// An open table, which has hardly a column of its own, is near to any header.
			misfit, fewestMissing = err, missing
		}
	}
	switch len(best) {
	case 1:
		return best[0], nil
	case 0:
		return dataset.Definition{}, fault.As(fault.Poison, fmt.Errorf("recognise the table: no known table has this header; the nearest: %w", misfit))
	default:
		return dataset.Definition{}, fault.New(fault.Poison, "recognise the table: the header fits %s and %s equally well: say which table it is", best[0].Name, best[1].Name)
	}
}

// absent counts the columns that a table cannot do without and the header does not have.
func absent(d dataset.Definition, names []string) int {
	n := 0
	for _, c := range append(d.Dimensions(), d.Measures()...) {
		if !slices.ContainsFunc(names, func(name string) bool { return fold(name) == fold(c.Name) }) {
			n++
		}
	}
	return n
}
