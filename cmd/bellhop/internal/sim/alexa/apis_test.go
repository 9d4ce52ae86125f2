package alexa_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/skills"
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
