package khoros_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/khoros"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// vendor is the API behind a real server, with a clock that the test moves.
type vendor struct {
	t      *testing.T
	api    *rest.Service
	server *httptest.Server
	clock  time.Time
	as     khoros.Company
}

var companies = khoros.DemoCompanies([]string{"Lakeside Inn, Toronto", "Maple Court"})

const base = "/api/public/reports/report/"

func start(t *testing.T, change func(*khoros.Config)) *vendor {
	t.Helper()
	v := &vendor{t: t, clock: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), as: companies[0]}
	c := khoros.Config{Seed: 7, Now: func() time.Time { return v.clock }, Companies: companies}
	if change != nil {
		change(&c)
	}
	api, err := khoros.New(c)
	if err != nil {
		t.Fatal(err)
	}
	v.api, v.server = api, httptest.NewServer(api)
	t.Cleanup(v.server.Close)
	return v
}

func faulty(t *testing.T, faults ...script.Fault) *vendor {
	t.Helper()
	return start(t, func(c *khoros.Config) { c.Faults, c.Files = faults, "http://files.example:1" })
}

// reply is an HTTP answer. A cut connection has status 0.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

func (v *vendor) call(method, address, body string) reply {
	v.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.server.URL + address
	}
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	} else if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if v.as.Username != "" {
		r.SetBasicAuth(v.as.Username, v.as.Password)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(text), err}
}

type info struct{ WorkflowID, RunID, DownloadURL, StatusURL string }

type status struct {
	JobInfo info
	Result  struct {
		RunnerState, Detail string
		Reason              *string
	}
}

// created posts, wants an export and returns its ids and URLs.
func (v *vendor) created(kind, query string) info {
	v.t.Helper()
	return v.decoded(v.call(http.MethodPost, base+kind+"?companyKey="+v.as.Key+"&"+query, ""))
}

func (v *vendor) decoded(r reply) info {
	v.t.Helper()
	var body struct {
		Status string
		Result info
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil || r.status != 200 || body.Status != "PASS" || body.Result.RunID == "" {
		v.t.Fatalf("%d %s %v", r.status, r.body, r.err)
	}
	return body.Result
}

// asked reads a status in either shape.
func (v *vendor) asked(i info) (s status, array bool) {
	v.t.Helper()
	r := v.call(http.MethodGet, i.StatusURL, "")
	var body struct {
		Status string
		Result json.RawMessage
	}
	err := json.Unmarshal([]byte(r.body), &body)
	var one []status
	if array = json.Unmarshal(body.Result, &one) == nil; array {
		s = one[0]
	} else {
		err = json.Unmarshal(body.Result, &s)
	}
	if err != nil || r.status != 200 || body.Status != "PASS" {
		v.t.Fatalf("%d %s %v", r.status, r.body, err)
	}
	return s, array
}

// export creates one, waits as long as it can take and downloads it.
func (v *vendor) export(kind, query string) string {
	v.t.Helper()
	i := v.created(kind, query)
	v.clock = v.clock.Add(4 * time.Minute)
	if i.StatusURL == "" { // built out of the ids
		i.StatusURL = base + i.WorkflowID + "/" + url.QueryEscape(i.RunID) + "/status?companyKey=" + v.as.Key
	}
	s, array := v.asked(i)
	if array || s.Result.Detail != "COMPLETED" {
		v.t.Fatalf("%s is not there: %+v", kind, s)
	}
	r := v.call(http.MethodGet, s.JobInfo.DownloadURL, "")
	if r.status != 200 {
		v.t.Fatalf("%s: %d %s", kind, r.status, r.body)
	}
	return r.body
}

// day is a day in UTC, as the vendor's own samples write it: to the last millisecond.
func day(date string) string {
	from, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("startTime=%d&endTime=%d", from.UnixMilli(), from.AddDate(0, 0, 1).UnixMilli()-1)
}

func objects(t *testing.T, body string) (rows []map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &rows); err != nil {
		t.Fatalf("%v: %.200s", err, body)
	}
	return rows
}

func records(t *testing.T, body string) [][]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The guide's two requests, of three columns the second. Its range is 2019-03-01T12:00Z to 2019-05-01T12:00Z, whatever it says.
func TestGuide(t *testing.T) {
	v := start(t, nil)
	const guide = "reportFormat=csv&locale=en_US&startTime=1551441600000&endTime=1556712000000"
	all := records(t, v.export("conversation", guide+"&conversationReportType=CREATED"))
	head := strings.Join(all[0], ",")
	if !strings.HasPrefix(head, "Conversation ID,Status,Assigned Agent Display ID,Time Zone,") || len(all) < 1000 {
		t.Errorf("%d rows under %s", len(all), head)
	}
	if first, last := all[1][4], all[len(all)-1][4]; first < "2019-03-01 12:00:00" || first > "2019-03-01 15" || last > "2019-05-01 12:00:00" || last < "2019-05-01 09" {
		t.Errorf("conversations from %s to %s", first, last)
	}
	few := v.export("conversation", guide+"&reportMetrics=CONVERSATION_ID&reportMetrics=STATUS&reportMetrics=ASSIGNED_AGENT_DISPLAY_ID")
	if head, _, _ := strings.Cut(few, "\n"); head != "Conversation ID,Status,Assigned Agent Display ID" {
		t.Errorf("header %q", head)
	}
}

// The samples of the vendor's OpenAPI. They have parameters that the type does not know, and none of them is refused for that.
func TestSamplesOfTheDocument(t *testing.T) {
	const teams = "&teamIds=175%2C154%2C151&timezoneOffset=-21600000&enableBusinessHour=true&locale=en&timeInterval=86400000&includeDisabled=true"
	for name, test := range map[string]struct {
		method, path, body string
		kind               string // Content-Type
	}{
		"actions, GET": {"GET", "conversation_actions?companyKey=KEY&reportFormat=json&startTime=1561438800000&endTime=1561525199999&timezone=America%2FChicago",
			"", "application/json"},
		"actions, form": {"POST", "conversation_actions?companyKey=KEY",
			"startTime=1548979200000&endTime=1556668800000&timezoneOffset=-21600000&enableBusinessHour=true&locale=en&timeInterval=86400000&timezone=America%2FChicago",
			"text/plain"},
		"actions, JSON":      {"POST", "conversation_actions?companyKey=KEY", `{"startTime":"1548979200000","endTime":1556668800000}`, "text/plain"},
		"user, GET":          {"GET", "user?startTime=1548979200000&endTime=1556668800000&companyKey=KEY&timeInterval=3600000000", "", "application/json"},
		"user, form":         {"POST", "user?companyKey=KEY", "startTime=1682312400000&endTime=1682355540000&reportFormat=json", "text/plain"},
		"history":            {"POST", "conversation_history_action?companyKey=KEY&raiselimit=true", "startTime=1548979200000&endTime=1556668800000", "text/plain"},
		"interval":           {"POST", "team_performance_interval?companyKey=KEY&startTime=1548979200000&endTime=1556668800000" + teams, "", "text/plain"},
		"interval, CSV":      {"POST", "team_performance_interval?companyKey=KEY&startTime=1481212789920&endTime=1481817589920&reportFormat=CSV" + teams, "", "text/plain"},
		"agent states":       {"POST", "raw_agent_states?companyKey=KEY&startTime=1538782436000&endTime=1544052836000&timezone=America%2fChicago&reportFormat=json&locale=en&reportMetrics=agent_name&reportMetrics=agent_email&reportMetrics=agent_id", "", "text/plain"},
		"marketing":          {"POST", "marketing/raw_brand_posts?companyKey=KEY&startTime=1538782436000&endTime=1544052836000", "", "text/plain"},
		"business hours":     {"POST", "conversation?companyKey=KEY&startTime=1538782436000&endTime=1544052836000&enableBusinessHour=true&businessHourType=false", "", "text/plain"},
		"all the priorities": {"POST", "combined?companyKey=KEY&startTime=1538782436000&endTime=1544052836000&priorities=0%2C1%2C2%2C3%2C4%2C5&smartViewId=4&workqueueIds=15%2C21", "", "text/plain"},
	} {
		v := start(t, nil)
		r := v.call(test.method, base+strings.Replace(test.path, "KEY", v.as.Key, 1), test.body)
		v.decoded(r)
		if got := r.header.Get("Content-Type"); got != test.kind {
			t.Errorf("%s: Content-Type %q, want %q", name, got, test.kind)
		}
	}
}

func TestShapesOfTheDocument(t *testing.T) {
	v := faulty(t, script.Fault{Kind: khoros.JobFails, FirstCall: 5, LastCall: 5})
	host := strings.TrimPrefix(v.server.URL, "http://")
	i := v.created("response", day("2026-11-18"))
	if !strings.HasPrefix(i.RunID, "23") || len(i.RunID) != 46 || !strings.Contains(i.RunID, "+") || !strings.Contains(i.RunID, "/") || !strings.HasSuffix(i.RunID, "=") {
		t.Errorf("run id %q", i.RunID)
	}
	escaped := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(i.RunID)
	if want := "http://" + host + base + i.WorkflowID + "/" + escaped + "/status?companyKey=" + v.as.Key; i.StatusURL != want || i.DownloadURL != "" {
		t.Errorf("status %s, want %s; download %q", i.StatusURL, want, i.DownloadURL)
	}
	r := v.call(http.MethodGet, i.StatusURL, "")
	for _, part := range []string{
		`{"status":"PASS","request":null,"message":null,"result":[{"jobInfo":{"workflowId":"` + i.WorkflowID + `","runId":"` + i.RunID + `","downloadUrl":"","statusUrl":"`,
		`/status?analyticsAccessToken=`,
		`"result":{"runnerState":"RUNNING","reason":null,"detail":"","currentCount":null,"totalCount":null,"lastAcknowledgeTime":null}}]}`,
	} {
		if !strings.Contains(r.body, part) {
			t.Errorf("%s\nlacks %s", r.body, part)
		}
	}
	v.clock = v.clock.Add(3 * time.Minute)
	s, array := v.asked(i)
	if array || s.Result.RunnerState != "CLOSED" || s.Result.Detail != "COMPLETED" || !strings.Contains(s.JobInfo.DownloadURL, escaped+"/download?analyticsAccessToken=") {
		t.Errorf("ready: array %t, %+v", array, s)
	}
	if again, _ := v.asked(s.JobInfo); again.Result.Detail != "COMPLETED" {
		t.Errorf("under the URL of the answer: %+v", again)
	}
	i = v.created("response", day("2026-11-18"))
	v.clock = v.clock.Add(3 * time.Minute)
	if s, array = v.asked(i); !array || s.Result.RunnerState != "CLOSED" || s.Result.Detail != "FAILED" || s.Result.Reason != nil || s.JobInfo.DownloadURL != "" {
		t.Errorf("failed: array %t, %+v", array, s)
	}
}

// A user export names its download before anything ran; types that only the guide knows have no URLs.
func TestURLsThatSayNothing(t *testing.T) {
	v := start(t, nil)
	i := v.decoded(v.call(http.MethodGet, base+"user?companyKey="+v.as.Key+"&"+day("2026-11-18"), ""))
	if i.DownloadURL == "" {
		t.Error("a user export has no download URL")
	}
	if r := v.call(http.MethodGet, i.DownloadURL, ""); r.status != 404 {
		t.Errorf("it leads to %d", r.status)
	}
	for _, kind := range []string{"raw_brand_posts", "marketing/conversation"} {
		if i := v.created(kind, day("2026-11-18")); i.StatusURL != "" || i.DownloadURL != "" {
			t.Errorf("%s: %+v", kind, i)
		}
	}
}

func TestRefusals(t *testing.T) {
	valid := day("2026-11-18")
	v := start(t, func(c *khoros.Config) { c.PerMinute = -1 })
	of := v.created("author", valid)
	job := base + of.WorkflowID + "/" + url.QueryEscape(of.RunID)
	key := "companyKey=" + v.as.Key
	for name, test := range map[string]struct {
		method, path string
		status       int
		body         string
	}{
		"no company key":             {"POST", "conversation?" + valid, 400, "{}"},
		"another company's key":      {"POST", "conversation?companyKey=elsewhere-c02&" + valid, 403, "{}"},
		"no start":                   {"POST", "conversation?" + key + "&endTime=1763510399999", 400, "{}"},
		"no end":                     {"POST", "conversation?" + key + "&startTime=1763424000000", 400, "{}"},
		"seconds":                    {"POST", "conversation?" + key + "&startTime=1763424000&endTime=1763510399", 400, "{}"},
		"the sample with 14 digits":  {"POST", "author?" + key + "&startTime=1682312400000&endTime=16823555400000", 400, "{}"},
		"end before start":           {"POST", "conversation?" + key + "&startTime=1763510400000&endTime=1763510399999", 400, "{}"},
		"unknown type":               {"POST", "conversations?" + key + "&" + valid, 404, "{}"},
		"GET of another type":        {"GET", "conversation?" + key + "&" + valid, 405, "Not Allowed"},
		"unknown format":             {"POST", "conversation?" + key + "&reportFormat=xml&" + valid, 400, "{}"},
		"unknown locale":             {"POST", "conversation?" + key + "&locale=it&" + valid, 400, "{}"},
		"unknown zone":               {"POST", "conversation?" + key + "&timezone=Mars%2FOlympus&" + valid, 400, "{}"},
		"unknown column":             {"POST", "conversation?" + key + "&reportMetrics=SMILES&" + valid, 400, "{}"},
		"columns in one parameter":   {"POST", "conversation?" + key + "&reportMetrics=CONVERSATION_ID,STATUS&" + valid, 400, "{}"},
		"two smart views":            {"POST", "conversation?" + key + "&smartViewId=1&smartViewId=2&" + valid, 400, "{}"},
		"priority 6":                 {"POST", "conversation?" + key + "&priorities=6&" + valid, 400, "{}"},
		"hours without the switch":   {"POST", "conversation?" + key + "&businessHourType=true&" + valid, 400, "{}"},
		"unknown kind":               {"POST", "conversation?" + key + "&conversationReportType=OPEN&" + valid, 400, "{}"},
		"query where a body belongs": {"POST", "user?" + key + "&" + valid, 400, "{}"},
		"no interval":                {"POST", "team_performance_interval?" + key + "&" + valid, 400, "{}"},
		"interval of 7 minutes":      {"POST", "team_performance_interval?" + key + "&timeInterval=420000&" + valid, 400, "{}"},
		"run id twice encoded":       {"GET", of.WorkflowID + "/" + url.QueryEscape(url.QueryEscape(of.RunID)) + "/status?" + key, 404, "{}"},
		"run id as it is":            {"GET", of.WorkflowID + "/" + of.RunID + "/status?" + key, 404, "{}"},
		"status without a key":       {"GET", job[len(base):] + "/status", 400, "{}"},
		"status with a false token":  {"GET", job[len(base):] + "/status?analyticsAccessToken=x", 403, "{}"},
		"download too early":         {"GET", job[len(base):] + "/download?" + key, 404, "{}"},
		"POST of a status":           {"POST", job[len(base):] + "/status?" + key, 405, "Not Allowed"},
	} {
		if r := v.call(test.method, base+test.path, ""); r.status != test.status || !strings.Contains(r.body, test.body) {
			t.Errorf("%s: %d %s, want %d %s", name, r.status, r.body, test.status, test.body)
		}
	}
	for name, as := range map[string]khoros.Company{
		"nobody": {}, "a wrong password": {Username: v.as.Username, Password: "x"}, "an unknown user": {Username: "x", Password: v.as.Password},
	} {
		v.as = as
		for _, path := range []string{base + "conversation?" + key + "&" + valid, job + "/status?" + key, job + "/download?" + key} {
			if r := v.call(http.MethodPost, path, ""); r.status != 401 {
				t.Errorf("%s: %d of %s", name, r.status, path)
			}
		}
	}
}
