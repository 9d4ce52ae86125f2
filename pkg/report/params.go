package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// ParamReader reads the parameters of a subscription and collects what is wrong with them, so that a person sees everything at once.
type ParamReader struct {
	Params
	problems []error
}

// Bad adds a problem. Format and args are those of [fmt.Errorf].
func (r *ParamReader) Bad(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

// Err returns every problem so far, or nil.
func (r *ParamReader) Err() error { return errors.Join(r.problems...) }

// Only complains of parameters that the source does not have.
func (r *ParamReader) Only(source string, names ...string) {
	for _, name := range r.Unknown(names...) {
		r.Bad("%s is not a parameter of %s: use %s", name, source, strings.Join(names, ", "))
	}
}

// OneOf returns the value of a parameter, or missing where it has none, and complains of one that is not allowed.
func (r *ParamReader) OneOf(name, missing string, allowed ...string) string {
	v := cmp.Or(r.Params[name], missing)
	if r.Params[name] != "" && !slices.Contains(allowed, v) {
		r.Bad("%s is %q: it must be %s", name, v, strings.Join(allowed, " or "))
	}
	return v
}

// Bounds of the days that a vendor goes back who documents none.
const (
	assumedHorizon = 90
	longestHorizon = 3650
)

// Horizon returns how many days a vendor goes back who does not document it: what the subscription says, or 90.
func (r *ParamReader) Horizon(name string) int {
	text := r.Params[name]
	if text == "" {
		return assumedHorizon
	}
	days, err := strconv.Atoi(text)
	if err != nil || days < 1 || days > longestHorizon {
		r.Bad("%s is %q: it must be a number of days, 1 to %d", name, text, longestHorizon)
		return assumedHorizon
	}
	return days
}
