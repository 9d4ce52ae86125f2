package alexa_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/skills"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// metricsURL asks for a settled day of the hotel's skill, in pages of ten hours.
func metricsURL(more string) string {
	return "/v1/skills/" + skills.ID("Concierge") + "/metrics?startTime=2026-11-10T00:00:00Z&endTime=2026-11-11T00:00:00Z&period=PT1H" +
		"&metric=totalUtterances&stage=live&skillType=custom&maxResults=10" + more
}

// call sends a request with the vendor's token.
func (v *vendor) call(method, path, body string) reply {
	v.t.Helper()
	kind := ""
	if body != "" {
		kind = "application/json"
	}
	r := v.request(method, path, kind, body)
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	return v.send(r)
}

// estate starts a vendor with the demonstration's skills and these faults, and logs in.
func estate(t *testing.T, faults ...alexa.Fault) *vendor {
	t.Helper()
	return start(t, func(c *alexa.Config) { c.Faults, c.Skills = faults, alexa.DemoSkills() }).login()
}

func TestOneTokenOpensAllAPIs(t *testing.T) {
	v := estate(t)
	if r := v.call(http.MethodGet, metricsURL(""), ""); r.status != 200 || r.header.Get("X-Amzn-RequestId") == "" || field(t, r.body, "nextToken") == nil {
		t.Errorf("%d %s", r.status, r.body)
	}
	token := v.token
	for name, refused := range map[string]func(){
		"none":    func() { v.token = "" },
		"unknown": func() { v.token = "Atza|x" },
		"expired": func() { v.token = token; v.pass(time.Hour) },
	} {
		refused()
		if r := v.call(http.MethodGet, metricsURL(""), ""); r.status != 401 || !strings.Contains(field(t, r.body, "message").(string), "token") ||
			field(t, r.body, "code") != "UNAUTHORIZED" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	c := v.sim.Counters()
	if c.SkillMetrics.Calls != 4 || c.SkillMetrics.Served != 1 || c.SkillMetrics.Refused[401] != 3 || c.Posts != 0 {
		t.Errorf("counters %+v", c)
	}
}

func TestForbiddenClientReadsNoMetrics(t *testing.T) {
	v := start(t, func(c *alexa.Config) { c.Skills, c.Clients[0].Forbidden = alexa.DemoSkills(), true }).login()
	if r := v.call(http.MethodGet, metricsURL(""), ""); r.status != 403 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// The demonstration's skills have the names and intents that reports about their engagement have.
func TestDemoSkillsAreThoseOfTheReports(t *testing.T) {
	v := estate(t)
	records := v.report(ask(v.org(), "2026-11-01", "2026-11-19", true, "PROPERTY_SKILL"))
	names, intents := column(t, records, "skill_name"), column(t, records, "intent_name")
	known := map[string]bool{}
	for _, s := range alexa.DemoSkills().Skills {
		for _, in := range s.Intents {
			known[s.Name+" "+in.Value] = true
		}
	}
	for i := range names {
		if !known[names[i]+" "+intents[i]] {
			t.Fatalf("no skill %q with intent %q", names[i], intents[i])
		}
	}
	if len(names) < 100 {
		t.Errorf("only %d rows", len(names))
	}
}

const campaignsURL = "/v1/proactive/campaigns"

// campaignsOf reads all pages of the list.
func (v *vendor) campaignsOf() (all []map[string]any) {
	v.t.Helper()
	for token := ""; ; {
		r := v.call(http.MethodGet, campaignsURL+"?nextToken="+url.QueryEscape(token), "")
		var page struct {
			Results           []map[string]any
			PaginationContext struct{ NextToken string }
		}
		if err := json.Unmarshal([]byte(r.body), &page); err != nil || r.status != 202 {
			v.t.Fatalf("%d %s", r.status, r.body)
		}
		all = append(all, page.Results...)
		if token = page.PaginationContext.NextToken; token == "" {
			return all
		}
	}
}

// campaign is a valid body that targets one unit.
func campaign(unit string) string {
	return `{"suggestion":{"variants":[{"placement":{"channel":"HOME"},"content":{"values":[{"locale":"en-US",
		"document":{"type":"Link","src":"doc://alexa/apl/documents/enterprise/suggestions/home/defaultTemplate"},
		"datasources":{"displayText":{"title":"Tea at five","body":"In the library."}}}]}}]},
		"targeting":{"type":"UNITS","values":[{"id":"` + unit + `"}]},
		"scheduling":{"activationWindow":{"start":"2026-11-20T10:00:00Z","end":"2026-12-20T10:00:00Z"}}}`
}

// Reports of campaigns and the campaigns themselves join by id and room, but for the orphan.
func TestCampaignsAreThoseOfTheReports(t *testing.T) {
	for name, rooms := range map[string]int{"a small estate": 6, "more than a hundred rooms with a screen": 160} {
		v := start(t, func(c *alexa.Config) { c.Estate = alexa.SizedEstate(rooms) }).login()
		records := v.report(ask(v.org(), "2026-10-24", "2026-11-19", true, "PROACTIVE_CAMPAIGN"))
		targets := map[string][]string{}
		for _, c := range v.campaignsOf() {
			id := c["campaignId"].(string)
			for _, u := range c["targeting"].(map[string]any)["values"].([]any) {
				targets[id] = append(targets[id], u.(map[string]any)["id"].(string))
			}
			if len(targets[id]) == 0 || len(targets[id]) > 100 {
				t.Errorf("%s: a campaign has %d units", name, len(targets[id]))
			}
		}
		orphans, joined := map[string]bool{}, map[string]bool{}
		leaves := column(t, records, "unitId_level_3")
		for i, id := range column(t, records, "campaign_id") {
			switch {
			case leaves[i] == "":
			case targets[id] == nil:
				orphans[id] = true
			case !slices.Contains(targets[id], leaves[i]):
				t.Fatalf("%s: campaign %s is not aimed at %s", name, id, leaves[i])
			default:
				joined[id] = true
			}
		}
		// Of five campaigns one is an orphan. More than a hundred rooms of the hotel and of the home need each of theirs twice.
		if wantJoined, wantOrphans := map[int]int{6: 4, 160: 7}[rooms], map[int]int{6: 1, 160: 2}[rooms]; len(joined) != wantJoined || len(orphans) != wantOrphans {
			t.Errorf("%s: %d campaigns joined, %d orphans", name, len(joined), len(orphans))
		}
	}
}

func TestOnlyTheOwnersCampaignsAreVisible(t *testing.T) {
	other := alexa.Client{ID: "other", Secret: "secret", RefreshToken: "Atzr|other"}
	v := start(t, func(c *alexa.Config) { c.Clients = append(c.Clients, other) }).login()
	id := v.campaignsOf()[0]["campaignId"].(string)
	form := refreshForm(other.RefreshToken)
	form.Set("client_id", other.ID)
	v.token = field(t, v.grant(form).body, "access_token").(string)
	if all := v.campaignsOf(); len(all) != 0 {
		t.Errorf("another client sees %d campaigns", len(all))
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if r := v.call(method, campaignsURL+"/"+id, ""); r.status != 404 {
			t.Errorf("%s: %d %s", method, r.status, r.body)
		}
	}
}

// Each answer can go wrong at each endpoint, in the endpoint's form of an error, and the next call is served.
func TestFaultyAnswersOfTheOtherAPIs(t *testing.T) {
	for name, test := range map[string]struct {
		fault  alexa.Fault
		status int
		words  string
		retry  string
	}{
		"429":                  {alexa.Fault{Kind: alexa.RateLimited}, 429, "rate limit", ""},
		"429 with Retry-After": {alexa.Fault{Kind: alexa.RateLimited, RetryAfterSeconds: 7}, 429, "rate limit", "7"},
		"503":                  {alexa.Fault{Kind: alexa.ServerError, Status: 503}, 503, "server", ""},
		"gateway page":         {alexa.Fault{Kind: alexa.GatewayError, Status: 504}, 504, "<html>", ""},
		"token expired":        {alexa.Fault{Kind: alexa.TokenExpired}, 401, "token", ""},
		"400":                  {alexa.Fault{Kind: alexa.InvalidRequest, Name: "No such locale"}, 400, "No such locale", ""},
		"page token expired":   {alexa.Fault{Kind: alexa.PageTokenExpired}, 400, "nextToken is expired", ""},
		"lost request":         {alexa.Fault{Kind: alexa.LostRequest}, 0, "", ""},
		"lost answer":          {alexa.Fault{Kind: alexa.LostAnswer}, 0, "", ""},
	} {
		for endpoint, path := range map[alexa.Endpoint]string{
			alexa.SkillMetrics: metricsURL(""), alexa.Campaigns: campaignsURL + "?maxResults=1",
		} {
			t.Run(name+" of "+string(endpoint), func(t *testing.T) {
				test.fault.Endpoint, test.fault.Times = endpoint, 1
				test.fault.FirstCall = 2
				v := estate(t, test.fault)
				first := v.call(http.MethodGet, path, "")
				next := path + "&nextToken=" + url.QueryEscape(nextToken(t, first.body))
				r := v.call(http.MethodGet, next, "")
				if r.status != test.status || !strings.Contains(r.body, test.words) || r.header.Get("Retry-After") != test.retry {
					t.Errorf("%d %s", r.status, r.body)
				}
				if violations := fieldOrNone(r.body, "violations"); (violations != nil) != (test.status == 400 && endpoint == alexa.SkillMetrics) {
					t.Errorf("violations %v", violations)
				}
				if v.login(); v.call(http.MethodGet, next, "").status/100 != 2 {
					t.Error("the next call is not served")
				}
				c := v.sim.Counters()
				calls := map[alexa.Endpoint]rest.Tally{alexa.SkillMetrics: c.SkillMetrics, alexa.Campaigns: c.Campaigns}[endpoint]
				if c.Faults[test.fault.Kind] != 1 || calls.Calls != 3 || calls.Served != 2 || calls.Lost+calls.Refused[test.status] != 1 {
					t.Errorf("counters %+v", c)
				}
			})
		}
	}
}

func nextToken(t *testing.T, body string) string {
	t.Helper()
	var page struct {
		NextToken         string
		PaginationContext struct{ NextToken string }
	}
	if err := json.Unmarshal([]byte(body), &page); err != nil || page.NextToken+page.PaginationContext.NextToken == "" {
		t.Fatalf("no token: %v in %s", err, body)
	}
	return page.NextToken + page.PaginationContext.NextToken
}

// fieldOrNone reads a field of a body that need not be JSON.
func fieldOrNone(body, name string) any {
	var o map[string]any
	if json.Unmarshal([]byte(body), &o) != nil {
		return nil
	}
	return o[name]
}

// A lost answer of a creation or a deletion has taken effect, a lost request has not.
func TestLostChanges(t *testing.T) {
	for kind, more := range map[alexa.FaultKind]int{alexa.LostAnswer: 1, alexa.LostRequest: 0} {
		v := estate(t, alexa.Fault{Kind: kind, Endpoint: alexa.Campaigns, Operations: []string{"create", "delete"}})
		before := v.campaignsOf()
		if r := v.call(http.MethodPost, campaignsURL, campaign(v.room(0, 0))); r.status != 0 {
			t.Fatalf("%d %s", r.status, r.body)
		}
		if got := len(v.campaignsOf()); got != len(before)+more {
			t.Errorf("%s of a creation: %d campaigns, then %d", kind, len(before), got)
		}
		v.call(http.MethodDelete, campaignsURL+"/"+before[0]["campaignId"].(string), "")
		if got := len(v.campaignsOf()); got != len(before) {
			t.Errorf("%s of a deletion: %d campaigns, then %d", kind, len(before), got)
		}
	}
}

func TestConditionsOfAFaultOfMetrics(t *testing.T) {
	for name, test := range map[string]struct {
		fault   alexa.Fault
		strikes bool
	}{
		"the endpoint":      {alexa.Fault{}, true},
		"the metric":        {alexa.Fault{Metrics: []string{"totalUtterances"}}, true},
		"another metric":    {alexa.Fault{Metrics: []string{"totalSessions"}}, false},
		"the operation":     {alexa.Fault{Operations: []string{"v1"}}, true},
		"another operation": {alexa.Fault{Operations: []string{"v2"}}, false},
		"the day":           {alexa.Fault{From: "2026-11-10", To: "2026-11-10"}, true},
		"the day before":    {alexa.Fault{To: "2026-11-09"}, false},
		"the day after":     {alexa.Fault{From: "2026-11-11"}, false}, // midnight, where the window ends, is not in it
		"one day":           {alexa.Fault{MaxDays: 1}, true},
		"another endpoint":  {alexa.Fault{Endpoint: alexa.Campaigns}, false},
		"reports":           {alexa.Fault{Endpoint: alexa.Reports}, false},
	} {
		f := test.fault
		f.Kind = alexa.ServerError
		if f.Endpoint == "" {
			f.Endpoint = alexa.SkillMetrics
		}
		if r := estate(t, f).call(http.MethodGet, metricsURL(""), ""); (r.status == 500) != test.strikes {
			t.Errorf("%s: %d", name, r.status)
		}
	}
}

func TestFaultsOfContent(t *testing.T) {
	v := estate(t, alexa.Fault{Kind: alexa.UnequalLengths}, alexa.Fault{Kind: alexa.OtherMetric, Name: "smiles"}, alexa.Fault{Kind: alexa.SameTimestamps})
	var p struct {
		Metric             string
		Timestamps, Values []any
	}
	if err := json.Unmarshal([]byte(v.call(http.MethodGet, metricsURL(""), "").body), &p); err != nil {
		t.Fatal(err)
	}
	if p.Metric != "smiles" || len(p.Timestamps) != 10 || len(p.Values) != 9 || p.Timestamps[9] != p.Timestamps[0] {
		t.Errorf("%+v", p)
	}
	v = estate(t, alexa.Fault{Kind: alexa.RejectedValidation, Name: "Too loud.", Times: 1}, alexa.Fault{Kind: alexa.SlowValidation, DelayMinutes: 600})
	id := field(t, v.call(http.MethodPost, campaignsURL, campaign(v.room(0, 0))).body, "campaignId").(string)
	status := func() any {
		return field(t, v.login().call(http.MethodGet, campaignsURL+"/"+id, "").body, "validationStatus").(map[string]any)["value"]
	}
	v.pass(599 * time.Minute)
	if got := status(); got != "IN_PROGRESS" {
		t.Errorf("%v after 599 minutes", got)
	}
	v.pass(time.Minute)
	if got := status(); got != "REJECTED" {
		t.Errorf("%v after 600 minutes", got)
	}
}

// Such a fault keeps its strikes for the calls that it is about.
func TestFaultsOfCallsThatGoOnOrCreate(t *testing.T) {
	v := estate(t,
		alexa.Fault{Kind: alexa.PageTokenExpired, Endpoint: alexa.SkillMetrics}, alexa.Fault{Kind: alexa.CampaignDeleted}, alexa.Fault{Kind: alexa.SlowValidation})
	if r := v.call(http.MethodGet, metricsURL(""), ""); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	v.call(http.MethodGet, campaignsURL, "")
	if c := v.sim.Counters(); len(c.Faults) != 0 {
		t.Errorf("struck: %v", c.Faults)
	}
}

func TestBodyThatIsTooLarge(t *testing.T) {
	if r := estate(t).call(http.MethodPost, campaignsURL, campaign(strings.Repeat("x", 64<<10))); r.status != 413 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestFaultsThatNeverStrikeAreRefused(t *testing.T) {
	faults := []alexa.Fault{
		{Kind: alexa.UnequalLengths, Endpoint: alexa.Campaigns}, {Kind: alexa.NotEligible, Endpoint: alexa.SkillMetrics},
		{Kind: alexa.ServerError, Endpoint: alexa.Campaigns, From: "2026-11-10"}, {Kind: alexa.ServerError, Operations: []string{"v1"}},
		{Kind: alexa.ServerError, Endpoint: alexa.Campaigns, Operations: []string{"erase"}}, {Kind: alexa.ServerError, Metrics: []string{"totalSessions"}},
		{Kind: alexa.ServerError, Endpoint: alexa.SkillMetrics, Categories: []string{"DEVICE"}}, {Kind: alexa.TokenRevoked, Endpoint: alexa.Reports},
	}
	for _, f := range faults {
		c := alexa.Config{
			Now: time.Now, Estate: alexa.SizedEstate(1), Clients: []alexa.Client{credentials}, Faults: []alexa.Fault{f},
			Deliver: func(context.Context, string, string, []byte) error { return nil },
		}
		if _, err := alexa.New(c); err == nil || !strings.Contains(err.Error(), "fault 0") {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// What callers changed, and how far the script got, survives a restart.
func TestCampaignsSurviveARestart(t *testing.T) {
	config := func(c *alexa.Config) {
		c.Faults = []alexa.Fault{{Kind: alexa.CampaignDeleted, Times: 1}, {Kind: alexa.ServerError, Endpoint: alexa.Campaigns, FirstCall: 5, Times: 1}}
	}
	play := func(restart bool) (text string) {
		v := start(t, config).login()
		say := func(method, path, body string) {
			r := v.call(method, path, body)
			text += method + path + r.body + "\n"
		}
		created := v.call(http.MethodPost, campaignsURL, campaign(v.room(0, 0)))
		first := v.call(http.MethodGet, campaignsURL+"?maxResults=2", "")
		next := campaignsURL + "?maxResults=2&nextToken=" + url.QueryEscape(nextToken(t, first.body))
		say(http.MethodGet, next, "")
		if restart {
			text, n := snapshot(t, v), start(t, config)
			if err := n.sim.Restore(text); err != nil {
				t.Fatal(err)
			}
			n.clock, n.token = v.clock, v.token
			v = n
		}
		say(http.MethodPost, campaignsURL, campaign(v.room(0, 1)))
		say(http.MethodGet, next, "")
		say(http.MethodGet, campaignsURL+"/"+field(t, created.body, "campaignId").(string), "")
		say(http.MethodGet, campaignsURL, "")
		return text + string(snapshot(t, v))
	}
	straight, restarted := play(false), play(true)
	if straight != restarted || !strings.Contains(straight, "INTERNAL_SERVER_ERROR") {
		t.Errorf("without a restart\n%s\nwith\n%s", straight, restarted)
	}
}
