package alexa_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAcceptedAnswerIsTheDocumentedOne(t *testing.T) {
	v := start(t, nil).login()
	r := v.post(ask(v.org(), "2026-11-10", "2026-11-12", true, "DEVICE", "COMMUNICATION"))
	if r.status != http.StatusAccepted || r.header.Get("Content-Type") != "application/json" {
		t.Fatalf("status %d, type %q", r.status, r.header.Get("Content-Type"))
	}
	if id := r.header.Get("X-Amzn-RequestId"); !uuid.MatchString(id) {
		t.Errorf("request id %q is not a UUID", id)
	}
	const want = "The report generation has been queued. Results with the attached names will be delivered when complete."
	if got := field(t, r.body, "message"); got != want {
		t.Errorf("message %q", got)
	}
	if field(t, r.body, "errors") != nil {
		t.Error("a success has errors")
	}
	reports := field(t, r.body, "reports").([]any)
	for i, category := range []string{"DEVICE", "COMMUNICATION"} {
		report := reports[i].(map[string]any)
		name := regexp.MustCompile(`^[0-9a-f]{16}-` + category + `-1\.csv$`)
		if report["category"] != category || !name.MatchString(report["name"].(string)) || len(report) != 2 {
			t.Errorf("report %d: %v", i, report)
		}
	}
}

func TestInvalidBodiesNameTheField(t *testing.T) {
	set := func(name string, value any) func(map[string]any) {
		return func(b map[string]any) {
			at, last := b, name
			if outer, inner, nested := strings.Cut(name, "."); nested {
				at, last = b[outer].(map[string]any), inner
			}
			if value == nil {
				delete(at, last)
				return
			}
			at[last] = value
		}
	}
	for name, test := range map[string]struct {
		change func(map[string]any)
		field  string
	}{
		"no unit":                    {set("unitId", nil), "unitId"},
		"unit of another form":       {set("unitId", "unit-1"), "unitId"},
		"unit is a number":           {set("unitId", 4), "unitId"},
		"misspelt name":              {func(b map[string]any) { b["unitID"] = b["unitId"]; delete(b, "unitId") }, "unitID"},
		"no categories":              {set("categories", nil), "categories"},
		"empty categories":           {set("categories", []string{}), "categories"},
		"unknown category":           {set("categories", []string{"DEVICE", "DEFECTS"}), "categories[1]"},
		"category in small letters":  {set("categories", []string{"device"}), "categories[0]"},
		"category twice":             {set("categories", []string{"DEVICE", "DEVICE"}), "categories[1]"},
		"categories is a string":     {set("categories", "DEVICE"), "categories"},
		"no date range":              {set("dateRange", nil), "dateRange"},
		"no start":                   {set("dateRange.startDate", nil), "dateRange.startDate"},
		"no end":                     {set("dateRange.endDate", nil), "dateRange.endDate"},
		"American start":             {set("dateRange.startDate", "11/10/2026"), "dateRange.startDate"},
		"no such day":                {set("dateRange.endDate", "2026-11-31"), "dateRange.endDate"},
		"older than 90 days":         {set("dateRange.startDate", "2026-08-21"), "dateRange.startDate"},
		"end in the future":          {set("dateRange.endDate", "2026-11-21"), "dateRange.endDate"},
		"end before start":           {set("dateRange.endDate", "2026-11-09"), "dateRange.startDate"},
		"no granularity":             {set("dateRange.granularity", nil), "dateRange.granularity"},
		"unknown granularity":        {set("dateRange.granularity", "WEEKLY"), "dateRange.granularity"},
		"no format":                  {set("format", nil), "format"},
		"unknown format":             {set("format", "JSON"), "format"},
		"no showSubUnits":            {set("showSubUnits", nil), "showSubUnits"},
		"showSubUnits is a string":   {set("showSubUnits", "true"), "showSubUnits"},
		"no channel":                 {set("deliveryChannel", nil), "deliveryChannel"},
		"no channel type":            {set("deliveryChannel.type", nil), "deliveryChannel.type"},
		"unknown channel type":       {set("deliveryChannel.type", "SFTP"), "deliveryChannel.type"},
		"no channel id":              {set("deliveryChannel.id", nil), "deliveryChannel.id"},
		"bucket name instead of ARN": {set("deliveryChannel.id", "example-delivery"), "deliveryChannel.id"},
		"ARN of 256 characters":      {set("deliveryChannel.id", "arn:aws:s3:::"+strings.Repeat("b", 243)), "deliveryChannel.id must not be longer than 255"},
	} {
		t.Run(name, func(t *testing.T) {
			v := start(t, nil).login()
			body := ask(v.org(), "2026-11-10", "2026-11-12", true, "DEVICE")
			test.change(body)
			r := v.post(body)
			if r.status != http.StatusBadRequest {
				t.Fatalf("status %d, want 400: %s", r.status, r.body)
			}
			if got := field(t, r.body, "message"); got != "There was an error processing the request." {
				t.Errorf("message %q", got)
			}
			if reports, ok := field(t, r.body, "reports").([]any); !ok || len(reports) != 0 {
				t.Errorf("reports is not an empty array: %s", r.body)
			}
			named := false
			for _, e := range field(t, r.body, "errors").([]any) {
				problem := e.(map[string]any)
				text, _ := problem["errorDescription"].(string)
				named = named || strings.Contains(text, test.field)
				if problem["errorCode"] == "" || problem["status"] != 400.0 {
					t.Errorf("error %v lacks its code or status", problem)
				}
			}
			if !named {
				t.Errorf("%s is not named: %s", test.field, r.body)
			}
			if _, pending := v.sim.NextDelivery(); pending {
				t.Error("a refused request is delivered")
			}
		})
	}
}

func TestEdgeOfTheHistory(t *testing.T) {
	v := start(t, nil).login()
	v.accepted(ask(v.org(), "2026-08-22", "2026-11-19", false, "DEVICE"))
	v.accepted(ask(v.org(), "2026-08-22", "2026-08-22", false, "DEVICE"))
	v.pass(12 * time.Hour) // midnight: the oldest day falls out
	v.login()
	if r := v.post(ask(v.org(), "2026-08-22", "2026-08-22", false, "DEVICE")); r.status != 400 {
		t.Errorf("status %d, want 400", r.status)
	}
}

func TestHeadersAndBodiesThatAreNotARequest(t *testing.T) {
	for name, test := range map[string]struct {
		authorization, contentType, body string
		status                           int
	}{
		"no token":          {"", "application/json", "{}", 401},
		"basic auth":        {"Basic Y2xpZW50OnNlY3JldA==", "application/json", "{}", 401},
		"unknown token":     {"Bearer Atza|forged", "application/json", "{}", 401},
		"no content type":   {"token", "", "{}", 400},
		"form":              {"token", "application/x-www-form-urlencoded", "{}", 400},
		"not JSON":          {"token", "application/json", "unitId=1", 400},
		"an array":          {"token", "application/json", "[]", 400},
		"null":              {"token", "application/json", "null", 400},
		"two objects":       {"token", "application/json", "{}{}", 400},
		"more than 64 KiB":  {"token", "application/json", strings.Repeat(" ", 65537), 413},
		"empty":             {"token", "application/json", "", 400},
		"null for an array": {"token", "application/json; charset=utf-8", `{"categories":null,"dateRange":null}`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			v := start(t, nil).login()
			r := v.request(http.MethodPost, reportsURL, test.contentType, test.body)
			switch test.authorization {
			case "":
			case "token":
				r.Header.Set("Authorization", "Bearer "+v.token)
			default:
				r.Header.Set("Authorization", test.authorization)
			}
			got := v.send(r)
			if got.status != test.status || !uuid.MatchString(got.header.Get("X-Amzn-RequestId")) {
				t.Errorf("status %d, want %d: %s", got.status, test.status, got.body)
			}
			if v.sim.Counters().Refused[test.status] != 1 {
				t.Errorf("not counted: %+v", v.sim.Counters())
			}
		})
	}
}

func TestOtherPathsAndMethods(t *testing.T) {
	v := start(t, nil)
	for name, test := range map[string]struct {
		method, path string
		status       int
	}{
		"root":            {http.MethodGet, "/", 404},
		"units":           {http.MethodPost, "/v2/units", 404},
		"status of a job": {http.MethodGet, reportsURL + "/1", 404},
		"list of reports": {http.MethodGet, reportsURL, 405},
		"token by GET":    {http.MethodGet, tokenURL, 405},
	} {
		t.Run(name, func(t *testing.T) {
			r := v.send(v.request(test.method, test.path, "", ""))
			if r.status != test.status || field(t, r.body, "message") == nil || r.header.Get("X-Amzn-RequestId") == "" {
				t.Errorf("got %d %s, want %d", r.status, r.body, test.status)
			}
		})
	}
}

func TestUnitsThatCannotBeAskedAbout(t *testing.T) {
	young := func(c *alexa.Config) {
		c.Estate.Organisation.Units[1].Created = noon.AddDate(0, 0, -4).Add(time.Minute)
	}
	old := func(c *alexa.Config) { c.Estate.Organisation.Units[1].Created = noon.AddDate(0, 0, -4) }
	for name, test := range map[string]struct {
		change func(*alexa.Config)
		unit   func(*vendor) string
		status int
		words  string
	}{
		"unknown": {nil, func(*vendor) string { return "amzn1.alexa.unit.did.NOBODY" }, 404, "not found"},
		"of another customer, as documented": {
			nil, func(v *vendor) string { return v.estate.Foreign[0] }, 401, "access"},
		"of another customer, by switch": {
			func(c *alexa.Config) { c.Switches.NoAccessStatus = 403 },
			func(v *vendor) string { return v.estate.Foreign[0] }, 403, "access"},
		"operation not allowed": {
			func(c *alexa.Config) { c.Clients[0].Forbidden = true }, (*vendor).org, 403, "not allowed"},
		"young property":          {young, func(v *vendor) string { return v.property(1) }, 400, "at least four days old"},
		"room of a young one":     {young, func(v *vendor) string { return v.room(1, 0) }, 400, "at least four days old"},
		"property of four days":   {old, func(v *vendor) string { return v.property(1) }, 202, "queued"},
		"organisation of a young": {young, (*vendor).org, 202, "queued"},
		"young, other status": {
			func(c *alexa.Config) { young(c); c.Switches.IneligibleStatus = 403 },
			func(v *vendor) string { return v.property(1) }, 403, "at least four days old"},
		"young, rule off": {
			func(c *alexa.Config) { young(c); c.Switches.MinUnitAgeDays = -1 },
			func(v *vendor) string { return v.property(1) }, 202, "queued"},
	} {
		t.Run(name, func(t *testing.T) {
			v := start(t, test.change).login()
			r := v.post(ask(test.unit(v), "2026-11-18", "2026-11-18", true, "DEVICE"))
			if r.status != test.status || !strings.Contains(r.body, test.words) {
				t.Errorf("got %d %s, want %d with %q", r.status, r.body, test.status, test.words)
			}
		})
	}
}

func TestDaysThatAreNotReady(t *testing.T) {
	for name, test := range map[string]struct {
		switches alexa.Switches
		to       string
		status   int
	}{
		"today":                     {alexa.Switches{}, "2026-11-20", 502},
		"today, other number":       {alexa.Switches{NotReadyStatus: 501}, "2026-11-20", 501},
		"yesterday":                 {alexa.Switches{}, "2026-11-19", 202},
		"yesterday, two days' lag":  {alexa.Switches{LagDays: 2}, "2026-11-19", 502},
		"three days, two days' lag": {alexa.Switches{LagDays: 2}, "2026-11-17", 202},
		// There the 21st began at 11:00 UTC, so the 20th is yesterday.
		"the 20th at Auckland": {alexa.Switches{Zone: "Pacific/Auckland"}, "2026-11-20", 202},
	} {
		t.Run(name, func(t *testing.T) {
			v := start(t, func(c *alexa.Config) { c.Switches = test.switches }).login()
			r := v.post(ask(v.org(), "2026-11-16", test.to, false, "DEVICE"))
			if r.status != test.status {
				t.Fatalf("status %d, want %d: %s", r.status, test.status, r.body)
			}
			if r.status != 202 && !strings.Contains(r.body, "Data not yet available due to an upstream processing delay") {
				t.Errorf("not the documented words: %s", r.body)
			}
		})
	}
}

func TestPaceOfOneCredential(t *testing.T) {
	v := start(t, func(c *alexa.Config) { c.Switches.MinInterval = time.Second }).login()
	body := ask(v.org(), "2026-11-18", "2026-11-18", false, "DEVICE")
	for i, step := range []struct {
		wait   time.Duration
		status int
	}{{0, 202}, {0, 429}, {999 * time.Millisecond, 429}, {time.Second, 202}} {
		v.pass(step.wait)
		if r := v.post(body); r.status != step.status {
			t.Errorf("post %d: status %d, want %d", i+1, r.status, step.status)
		}
	}
}
