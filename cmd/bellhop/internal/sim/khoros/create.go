package khoros

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// timeForm is the form of a time: milliseconds since 1970. Other numbers of digits are no time of a report (assumed).
var timeForm = regexp.MustCompile(`^[0-9]{13}$`)

// readCreate checks what an export is asked for with. Parameters that a type does not know are ignored, as documented samples have
// some.
func (a *api) readCreate(r rest.Request, of Company, kind string, marketing bool) (rest.Call, rest.Answer) {
	bodied := slices.Contains([]string{actions, user, history}, kind)
	allowed := []string{http.MethodPost}
	if kind == actions || kind == user {
		allowed = []string{http.MethodGet, http.MethodPost}
	}
	switch {
	case reports[kind].columns == nil:
		return rest.Call{}, a.Refuse(http.StatusNotFound, "")
	case !slices.Contains(allowed, r.Method):
		refusal := rest.NotAllowed(strings.Join(allowed, ", "))
		return rest.Call{}, refusal
	}
	query, err := url.ParseQuery(r.RawQuery)
	key := query["companyKey"]
	if err != nil || len(key) != 1 {
		return rest.Call{}, a.Refuse(http.StatusBadRequest, "")
	}
	if key[0] != of.Key {
		return rest.Call{}, a.Refuse(http.StatusForbidden, "") // assumed
	}
	parameters := query
	if bodied && r.Method == http.MethodPost {
		if parameters, err = readBody(r); err != nil {
			return rest.Call{}, a.Refuse(http.StatusBadRequest, "")
		}
		parameters["raiselimit"] = query["raiselimit"]
	}
	e, err := readExport(kind, parameters)
	if err != nil {
		return rest.Call{}, a.Refuse(http.StatusBadRequest, "")
	}
	if words := e.tooManyBuckets(); words != "" {
		return rest.Call{}, rest.JSON(http.StatusBadRequest, reply{Status: "FAIL", Result: words}) // documented words; assumed status
	}
	return rest.Call{
		Operation: Create, Metrics: []string{kind}, From: e.From, To: e.To.Add(time.Millisecond),
		Serve: func(twists []rest.Twist) rest.Answer { return a.create(r, of, e, marketing, twists) },
	}, rest.Answer{}
}

// readBody reads the parameters of a body. The document says JSON, and its own samples send a form.
func readBody(r rest.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.ContentType)
	if err != nil {
		return nil, err
	}
	if media != rest.ContentType {
		return url.ParseQuery(string(r.Body))
	}
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, fmt.Sprint(value))
	}
	return values, nil
}

// reader reads parameters, and remembers that one was wrong.
type reader struct {
	values url.Values
	bad    bool
}

// one is a parameter that is there at most once, in one of the allowed forms. Without forms, every one is allowed.
func (p *reader) one(name string, allowed ...string) string {
	values := p.values[name]
	if len(values) == 0 {
		return ""
	}
	p.bad = p.bad || len(values) > 1 || len(allowed) > 0 && !slices.Contains(allowed, values[0])
	return values[0]
}

func (p *reader) list(name string, allowed ...string) []string {
	text := p.one(name)
	if text == "" {
		return nil
	}
	list := strings.Split(text, ",")
	for _, item := range list {
		p.bad = p.bad || item == "" || len(allowed) > 0 && !slices.Contains(allowed, item)
	}
	return list
}

func (p *reader) millis(name string) time.Time {
	text := p.one(name)
	n, err := strconv.ParseInt(text, 10, 64)
	p.bad = p.bad || err != nil || !timeForm.MatchString(text)
	return time.UnixMilli(n).UTC()
}

func (p *reader) flag(name string) bool { return p.one(name, "true", "false") == "true" }

// localeForm is the documented form of a locale, with the country that the guide has.
var localeForm = regexp.MustCompile(`^(en|es|fr|de|tr)(_[A-Z]{2})?$`)

func readExport(kind string, values url.Values) (export, error) {
	p := &reader{values: values}
	e := export{
		Type: kind, From: p.millis("startTime"), To: p.millis("endTime"), Columns: values["reportMetrics"], Zone: "UTC",
		CSV:        strings.EqualFold(p.one("reportFormat", "json", "csv", "JSON", "CSV"), "csv"),
		Priorities: p.list("priorities", "0", "1", "2", "3", "4", "5"), Queues: p.list("workqueueIds"),
		Teams: p.list("teamIds"), Disabled: p.flag("includeDisabled"), Raised: p.flag("raiselimit"),
		Hours: p.one("businessHourType", "true", "false"),
	}
	p.one("smartViewId") // one only; no view here leaves out anything
	if kind == user {
		e.Teams, e.Agents = values["teamId"], values["agentId"]
	}
	if kind == "conversation" {
		e.Which = p.one("conversationReportType", openAtEnd, closed, created)
	}
	if locale := p.one("locale"); locale != "" && !localeForm.MatchString(locale) {
		p.bad = true
	}
	if zone := p.one("timezone"); zone != "" {
		_, err := time.LoadLocation(zone)
		p.bad, e.Zone = p.bad || err != nil, zone
	}
	if offset := p.one("timezoneOffset"); offset != "" {
		ms, err := strconv.ParseInt(offset, 10, 64)
		p.bad, e.OffsetMS = p.bad || err != nil, ms
	}
	e.readInterval(p)
	for _, column := range e.Columns {
		p.bad = p.bad || !slices.Contains(reports[kind].columns, column)
	}
	if p.bad || e.To.Before(e.From) || !p.flag("enableBusinessHour") && e.Hours != "" {
		return e, fmt.Errorf("a parameter is missing or malformed")
	}
	return e, nil
}

func (e *export) readInterval(p *reader) {
	if e.Type != interval {
		return
	}
	documented := []int64{300000, 600000, 900000, 1800000, 3600000, 7200000, 14400000, 28800000, 43200000, 86400000, 604800000}
	ms, err := strconv.ParseInt(p.one("timeInterval"), 10, 64)
	p.bad = p.bad || err != nil || ms < 604800000 && !slices.Contains(documented, ms)
	if ms > 604800000 {
		ms = 30 * 86400000 // documented: more than a week is a month
	}
	e.Interval = time.Duration(ms) * time.Millisecond
}

// tooManyBuckets has the documented words where the interval is too short for the range: the documents allow days and weeks for
// a month, and 8 hours, 12 hours and days for a week. Anything goes for a day (assumed).
func (e *export) tooManyBuckets() string {
	const day = 24 * time.Hour
	span := e.To.Sub(e.From)
	if e.Interval == 0 || span <= day || span <= 7*day && e.Interval >= 8*time.Hour || e.Interval >= day {
		return ""
	}
	return fmt.Sprintf("Unable to hydrate filter for export info: com.lithium.socialweb.analytics.webapp.models.filter."+
		"HydrationException: Too many buckets (%d) requested. Select a larger interval?", (span+time.Millisecond)/e.Interval+1)
}
