package khoros_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/khoros"
)

// October has 31 days, so 744 hours, and one bucket more is counted, as in the document's sample.
func TestTooManyBuckets(t *testing.T) {
	october := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		days     int
		interval time.Duration
		want     string // of the result, nothing where the export is created
	}{
		"a month of hours":     {31, time.Hour, "Too many buckets (745) requested. Select a larger interval?"},
		"a month of half days": {31, 12 * time.Hour, "Too many buckets (63) requested"},
		"a month of days":      {31, 24 * time.Hour, ""},
		"a month of weeks":     {31, 7 * 24 * time.Hour, ""},
		"a week of 4 hours":    {7, 4 * time.Hour, "Too many buckets (43) requested"},
		"a week of 8 hours":    {7, 8 * time.Hour, ""},
		"a day of 5 minutes":   {1, 5 * time.Minute, ""},
	} {
		v := start(t, nil)
		r := v.call(http.MethodPost, fmt.Sprintf("%steam_performance_interval?companyKey=%s&startTime=%d&endTime=%d&timeInterval=%d", base, v.as.Key,
			october.UnixMilli(), october.AddDate(0, 0, test.days).UnixMilli()-1, test.interval.Milliseconds()), "")
		var body struct{ Result any }
		if err := json.Unmarshal([]byte(r.body), &body); err != nil {
			t.Fatal(err)
		}
		words, isText := body.Result.(string)
		if isText != (test.want != "") || (r.status == 400) != isText || !strings.Contains(words, test.want) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

func TestTwentyCallsAMinute(t *testing.T) {
	for _, throttle := range []int{0, 403} {
		v := start(t, func(c *khoros.Config) { c.ThrottleStatus = throttle })
		path := base + "conversation?companyKey=" + v.as.Key + "&" + day("2026-11-18")
		for range 20 {
			v.decoded(v.call(http.MethodPost, path, ""))
			v.clock = v.clock.Add(2900 * time.Millisecond)
		}
		r := v.call(http.MethodPost, path, "")
		if want := max(throttle, 403); throttle == 0 && r.status != 429 || throttle != 0 && r.status != want || r.header.Get("Retry-After") != "" || r.body != "{}" {
			t.Errorf("call 21: %d %v %s", r.status, r.header, r.body)
		}
		mine := v.as
		v.as = companies[1]
		v.created("conversation", day("2026-11-18")) // another user has calls of its own
		v.as = mine
		v.clock = v.clock.Add(2 * time.Second) // the first call is a minute old
		v.decoded(v.call(http.MethodPost, path, ""))
	}
}

func TestTenantsAreApart(t *testing.T) {
	v := start(t, nil)
	i := v.created("conversation", day("2026-11-18"))
	first := v.export("incoming_post", day("2026-11-18"))
	v.as = companies[1]
	if r := v.call(http.MethodGet, i.StatusURL, ""); r.status != 404 {
		t.Errorf("another company's export: %d %s", r.status, r.body)
	}
	second := v.export("incoming_post", day("2026-11-18"))
	if strings.Contains(second, "maple-court") || !strings.Contains(first, "maple-court") || !strings.Contains(second, "seaview") {
		t.Error("one has the other's tags")
	}
}

func TestDownloadLeadsToAnotherHost(t *testing.T) {
	v := start(t, func(c *khoros.Config) { c.Files = "http://files.example:8080" })
	i := v.created("conversation", day("2026-11-18")+"&reportFormat=csv")
	v.clock = v.clock.Add(3 * time.Minute)
	s, _ := v.asked(i)
	r := v.call(http.MethodGet, s.JobInfo.DownloadURL, "")
	link, err := url.Parse(r.header.Get("Location"))
	if err != nil || r.status != 302 || link.Host != "files.example:8080" {
		t.Fatalf("%d %v", r.status, r.header)
	}
	path := link.RequestURI()
	if r := v.call(http.MethodGet, path, ""); r.status != 400 {
		t.Errorf("with the user's password: %d", r.status)
	}
	v.as = khoros.Company{}
	if r := v.call(http.MethodGet, path, ""); r.status != 200 || r.header.Get("Content-Type") != "text/csv;charset=UTF-8" || len(records(t, r.body)) < 2 {
		t.Errorf("%d %v %s", r.status, r.header, r.body)
	}
	if r := v.call(http.MethodGet, strings.Replace(path, "Signature=", "Signature=0", 1), ""); r.status != 403 {
		t.Errorf("with another signature: %d", r.status)
	}
	v.clock = v.clock.Add(5 * time.Minute)
	if r := v.call(http.MethodGet, path, ""); r.status != 403 {
		t.Errorf("too late: %d", r.status)
	}
}

// The list of time zones is for those who have a user and its company's key, and counts like any other call.
func TestZonesAreForUsers(t *testing.T) {
	v := start(t, nil)
	const path = "/api/public/config/timezones?companyKey="
	if r := v.call(http.MethodGet, path+v.as.Key, ""); r.status != 200 || !strings.Contains(r.body, `"result":[{"id":"UTC"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	for address, want := range map[string]int{path + "other": 403, strings.TrimSuffix(path, "companyKey="): 400} {
		if r := v.call(http.MethodGet, address, ""); r.status != want {
			t.Errorf("%s: %d", address, r.status)
		}
	}
	if r := v.call(http.MethodPost, path+v.as.Key, ""); r.status != 405 {
		t.Errorf("POST: %d", r.status)
	}
	for range 16 {
		v.call(http.MethodGet, path+v.as.Key, "")
	}
	if r := v.call(http.MethodGet, path+v.as.Key, ""); r.status != 429 {
		t.Errorf("call 21: %d", r.status)
	}
	v.as = khoros.Company{}
	if r := v.call(http.MethodGet, path, ""); r.status != 401 {
		t.Errorf("nobody: %d", r.status)
	}
}
