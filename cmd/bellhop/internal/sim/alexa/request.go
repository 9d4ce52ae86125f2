package alexa

import (
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

// problems collects one description per property that is not valid.
type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// object is a JSON object whose properties are taken one by one. The names are matched exactly:
// encoding/json's structs would let "unitID" pass for "unitId".
type object struct {
	path   string
	fields map[string]any
	found  *problems
}

func (o object) take(name string) (any, bool) {
	value, ok := o.fields[name]
	delete(o.fields, name)
	return value, ok
}

// taken reads a required property of type T.
func taken[T any](o object, name, what string) (T, bool) {
	value, there := o.take(name)
	typed, ok := value.(T)
	switch {
	case !there:
		o.found.add("%s%s is required", o.path, name)
	case !ok:
		o.found.add("%s%s must be %s", o.path, name, what)
	}
	return typed, there && ok
}

func (o object) text(name string) (string, bool) {
	s, ok := taken[string](o, name, "a string")
	if ok && s == "" {
		o.found.add("%s%s must not be empty", o.path, name)
		return "", false
	}
	return s, ok
}

func (o object) oneOf(name string, allowed ...string) string {
	s, ok := o.text(name)
	if ok && !slices.Contains(allowed, s) {
		o.found.add("%s%s must be one of %s", o.path, name, strings.Join(allowed, ", "))
	}
	return s
}

func (o object) date(name string) (day, bool) {
	s, ok := o.text(name)
	if !ok {
		return 0, false
	}
	d, err := parseDay(s)
	if err != nil {
		o.found.add("%s%s: %v", o.path, name, err)
	}
	return d, err == nil
}

func (o object) object(name string) (object, bool) {
	fields, ok := taken[map[string]any](o, name, "an object")
	return object{path: o.path + name + ".", fields: fields, found: o.found}, ok
}

// end reports the properties that nobody took.
func (o object) end() {
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		o.found.add("%s%q is not a known property", o.path, name)
	}
}

// readRequest checks the body against the documented table of properties and names every one that is not valid.
// Unknown properties are refused too (assumed): a misspelt one would otherwise go unnoticed.
func (s *Simulator) readRequest(body []byte) (reportRequest, problems) {
	var found problems
	root := object{found: &found}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	if err := decoder.Decode(&root.fields); err != nil || root.fields == nil {
		return reportRequest{}, problems{"The request body is not a JSON object"}
	}
	if _, err := decoder.Token(); err != io.EOF {
		return reportRequest{}, problems{"The request body has data after the JSON object"}
	}
	var q reportRequest
	unit, ok := root.text("unitId")
	if ok && !validUnitID(unit) {
		found.add("unitId must have the form %s{id}", unitIDPrefix)
	}
	q.unit = unit
	q.categories = root.categories()
	if dates, ok := root.object("dateRange"); ok {
		q.from, q.to = s.readDates(dates)
		q.aggregate = dates.oneOf("granularity", granularityDaily, s.switches.AggregateGranularity) == s.switches.AggregateGranularity
		dates.end()
	}
	root.oneOf("format", "CSV")
	q.subUnits, _ = taken[bool](root, "showSubUnits", "a boolean")
	if channel, ok := root.object("deliveryChannel"); ok {
		q.bucketARN = channel.bucket()
		channel.end()
	}
	root.end()
	return q, found
}

func (o object) categories() []string {
	list, ok := taken[[]any](o, "categories", "an array")
	if !ok {
		return nil
	}
	if len(list) == 0 {
		o.found.add("categories must not be empty")
	}
	var names []string
	for i, item := range list {
		name, _ := item.(string)
		switch _, known := categoryNamed(name); {
		case !known:
			o.found.add("categories[%d] must be one of %s", i, strings.Join(categoryNames(), ", "))
		case slices.Contains(names, name):
			o.found.add("categories[%d] is there twice", i)
		}
		names = append(names, name)
	}
	return names
}

// readDates checks both ends, which are inclusive, against each other and against the documented history.
func (s *Simulator) readDates(dates object) (from, to day) {
	from, fromOK := dates.date("startDate")
	to, toOK := dates.date("endDate")
	today := s.today()
	oldest := today - day(s.history)
	if fromOK && from < oldest {
		dates.found.add("dateRange.startDate must not be more than %d days in the past", s.history)
	}
	if toOK && to > today {
		dates.found.add("dateRange.endDate must not be in the future")
	}
	if fromOK && toOK && from > to {
		dates.found.add("dateRange.startDate must not be after dateRange.endDate")
	}
	return from, to
}

// bucket reads a delivery channel. The id is documented as optional, but for S3 it is the only way to say where to.
func (o object) bucket() string {
	o.oneOf("type", "S3")
	id, ok := o.text("id")
	switch {
	case !ok:
	case len(id) > 255: // documented
		o.found.add("deliveryChannel.id must not be longer than 255 characters")
	case !bucketARN.MatchString(id):
		o.found.add("deliveryChannel.id must be the ARN of an S3 bucket")
	}
	return id
}
