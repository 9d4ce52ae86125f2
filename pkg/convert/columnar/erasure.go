package columnar

import (
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// erasure leaves rows of erased units out of parts.
type erasure struct {
	units report.ErasedUnits
	known map[string]bool // by id, so that each is hashed once
	// left counts the rows that were left out, stripped those that lost a unit in a list.
	left, stripped int64
}

// takes reports whether a row with these units is to be left out, and counts it.
func (e *erasure) takes(ids []string) bool {
	if len(e.units) == 0 || !slices.ContainsFunc(ids, e.has) {
		return false
	}
	e.left++
	return true
}

// has is about an id that may be short-lived.
func (e *erasure) has(id string) bool {
	gone, known := e.known[id]
	if !known {
		if e.known == nil {
			e.known = map[string]bool{}
		}
		gone = e.units.Has(id)
		e.known[strings.Clone(id)] = gone
	}
	return gone
}

// strip returns a list of units without those that are erased.
func (e *erasure) strip(list string) string {
	kept, changed := e.units.Strip(list)
	if changed {
		e.stripped++
	}
	return kept
}
