package alexa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// reportRequest is a valid request body.
type reportRequest struct {
	unit       string
	categories []string
	from, to   day
	aggregate  bool
	subUnits   bool
	bucketARN  string
}

// bucketARN is the documented form of deliveryChannel.id for S3: a bucket's ARN. Whether a key prefix
// may follow is not documented, so it may not.
var bucketARN = regexp.MustCompile(`^arn:aws(-[a-z]+)*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// history is the documented number of past days that can be asked for.
const history = 90

// properties are those of a body, those of an object in it as "object.name". Each is taken once. The names are matched exactly:
// encoding/json's structs would let "unitID" pass for "unitId".
type properties struct {
	values   map[string]any
	problems []string
}

func (p *properties) flatten(path string, object map[string]any) {
	for name, value := range object {
		if inner, ok := value.(map[string]any); ok {
			p.flatten(path+name+".", inner)
		} else {
			p.values[path+name] = value
		}
	}
}

func (p *properties) bad(format string, args ...any) {
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// taken reads a required property of type T.
func taken[T any](p *properties, name, what string) (T, bool) {
	value, there := p.values[name]
	delete(p.values, name)
	typed, ok := value.(T)
	switch {
	case !there:
		p.bad("%s is required", name)
	case !ok:
		p.bad("%s must be %s", name, what)
	}
	return typed, ok
}

// text reads a required string that has to be valid.
func (p *properties) text(name, what string, valid func(string) bool) string {
	s, ok := taken[string](p, name, what)
	if ok && !valid(s) {
		p.bad("%s must be %s", name, what)
	}
	return s
}

func (p *properties) oneOf(name string, allowed ...string) string {
	return p.text(name, "one of "+strings.Join(allowed, ", "), func(s string) bool { return slices.Contains(allowed, s) })
}

func (p *properties) date(name string) (d day, ok bool) {
	p.text(name, "a date of the form YYYY-MM-DD", func(s string) bool {
		var err error
		d, err = parseDay(s)
		ok = err == nil
		return ok
	})
	return d, ok
}

func (p *properties) categories() []string {
	list, ok := taken[[]any](p, "categories", "an array")
	if ok && len(list) == 0 {
		p.bad("categories must not be empty")
	}
	var names []string
	for i, item := range list {
		name, _ := item.(string)
		switch _, known := categoryNamed(name); {
		case !known:
			p.bad("categories[%d] must be one of %s", i, strings.Join(categoryNames(), ", "))
		case slices.Contains(names, name):
			p.bad("categories[%d] is there twice", i)
		}
		names = append(names, name)
	}
	return names
}

// readRequest checks the body against the documented table of properties and names every one that is not valid.
// Unknown properties are refused too (assumed): a misspelt one would otherwise go unnoticed.
func (s *Simulator) readRequest(body []byte) (q reportRequest, problems []string) {
	var root map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&root); err != nil || root == nil {
		return q, []string{"The request body is not a JSON object"}
	}
	if _, err := decoder.Token(); err != io.EOF {
		return q, []string{"The request body has data after the JSON object"}
	}
	p := &properties{values: map[string]any{}}
	p.flatten("", root)
	q.unit = p.text("unitId", "of the form "+unitIDPrefix+"{id}", validUnitID)
	q.categories = p.categories()
	q.from, q.to = s.readDates(p)
	q.aggregate = p.oneOf("dateRange.granularity", granularityDaily, s.switches.AggregateGranularity) == s.switches.AggregateGranularity
	p.oneOf("format", "CSV")
	q.subUnits, _ = taken[bool](p, "showSubUnits", "a boolean")
	// The channel's id is documented as optional, but for S3 it is the only way to say where to.
	p.oneOf("deliveryChannel.type", "S3")
	q.bucketARN = p.text("deliveryChannel.id", "the ARN of an S3 bucket", func(id string) bool { return len(id) > 255 || bucketARN.MatchString(id) })
	if len(q.bucketARN) > 255 { // documented
		p.bad("deliveryChannel.id must not be longer than 255 characters")
	}
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		p.bad("%s is not a known property, or not of the right type", name)
	}
	return q, p.problems
}

// readDates checks both ends, which are inclusive, against each other and against the documented history.
func (s *Simulator) readDates(p *properties) (from, to day) {
	from, fromOK := p.date("dateRange.startDate")
	to, toOK := p.date("dateRange.endDate")
	if fromOK && from < s.today()-history {
		p.bad("dateRange.startDate must not be more than %d days in the past", history)
	}
	if toOK && to > s.today() {
		p.bad("dateRange.endDate must not be in the future")
	}
	if fromOK && toOK && from > to {
		p.bad("dateRange.startDate must not be after dateRange.endDate")
	}
	return from, to
}
