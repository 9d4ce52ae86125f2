package alexa

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
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

func readDate(f *rest.Fields, name string) (d day, ok bool) {
	f.Text(name, "a date of the form YYYY-MM-DD", func(s string) bool {
		var err error
		d, err = script.ParseDay(s)
		ok = err == nil
		return ok
	})
	return d, ok
}

func readCategories(f *rest.Fields) []string {
	list, ok := rest.Take[[]any](f, "categories", "an array")
	if ok && len(list) == 0 {
		f.Bad("categories must not be empty")
	}
	var names []string
	for i, item := range list {
		name, _ := item.(string)
		switch _, known := categoryNamed(name); {
		case !known:
			f.Bad("categories[%d] must be one of %s", i, strings.Join(categoryNames(), ", "))
		case slices.Contains(names, name):
			f.Bad("categories[%d] is there twice", i)
		}
		names = append(names, name)
	}
	return names
}

// readRequest checks the body against the documented table of properties and names every one that is not valid.
// Unknown properties are refused too (assumed): a misspelt one would otherwise go unnoticed.
func (s *Simulator) readRequest(body []byte) (q reportRequest, problems []string) {
	f, ok := rest.ReadFields(body, &problems)
	if !ok {
		return q, problems
	}
	q.unit = f.Text("unitId", "of the form "+unitIDPrefix+"{id}", validUnitID)
	q.categories = readCategories(f)
	if r, ok := f.Object("dateRange"); ok {
		q.from, q.to = s.readDates(r)
		q.aggregate = r.OneOf("granularity", granularityDaily, s.switches.AggregateGranularity) == s.switches.AggregateGranularity
		r.Close()
	}
	f.OneOf("format", "CSV")
	q.subUnits, _ = rest.Take[bool](f, "showSubUnits", "a boolean")
	if c, ok := f.Object("deliveryChannel"); ok {
		// The channel's id is documented as optional, but for S3 it is the only way to say where to.
		c.OneOf("type", "S3")
		q.bucketARN = c.Text("id", "the ARN of an S3 bucket", func(id string) bool { return len(id) > 255 || bucketARN.MatchString(id) })
		if len(q.bucketARN) > 255 { // documented
			c.Bad("id must not be longer than 255 characters")
		}
		c.Close()
	}
	f.Close()
	return q, problems
}

// readDates checks both ends, which are inclusive, against each other and against the documented history.
func (s *Simulator) readDates(f *rest.Fields) (from, to day) {
	from, fromOK := readDate(f, "startDate")
	to, toOK := readDate(f, "endDate")
	if fromOK && from < s.today()-history {
		f.Bad("startDate must not be more than %d days in the past", history)
	}
	if toOK && to > s.today() {
		f.Bad("endDate must not be in the future")
	}
	if fromOK && toOK && from > to {
		f.Bad("startDate must not be after endDate")
	}
	return from, to
}
