package campaigns_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/campaigns"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// noon is a Friday.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// sampleUnit is that of the documented bodies.
const sampleUnit = "amzn1.alexa.unit.did.unitId"

func unit(n int) string { return fmt.Sprintf("amzn1.alexa.unit.did.%d", n) }

// service is the API with a clock that the test moves.
type service struct {
	t     *testing.T
	api   *campaigns.API
	state campaigns.State
	now   time.Time
}

// open starts a service. It has no campaigns unless the test gives it houses.
func open(t *testing.T, change func(*campaigns.Config)) *service {
	t.Helper()
	c := campaigns.Config{Seed: 7, Owner: "client", Units: func(id string) bool { return strings.HasPrefix(id, "amzn1.alexa.unit.did.") && id != unit(666) }}
	if change != nil {
		change(&c)
	}
	s := &service{t: t, state: campaigns.NewState(), now: noon}
	var err error
	if s.api, err = campaigns.New(c, &s.state); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *service) as(client, method, path, query, body string, twists ...rest.Twist) rest.Answer {
	call, refusal := s.api.Read(rest.Request{
		Method: method, Path: "/v1/proactive/campaigns" + path, RawQuery: query, ContentType: "application/json", Body: []byte(body),
		Client: client, Now: s.now,
	})
	if refusal.Status != 0 {
		return refusal
	}
	return call.Serve(twists)
}

func (s *service) create(body string, twists ...rest.Twist) (id string) {
	s.t.Helper()
	a := s.as("client", http.MethodPost, "", "", body, twists...)
	var created map[string]string
	if err := json.Unmarshal(a.Body, &created); err != nil || a.Status != http.StatusCreated || len(created) != 1 {
		s.t.Fatalf("%d %s", a.Status, a.Body)
	}
	return created["campaignId"]
}

// listed is what a page has of a campaign.
type listed struct {
	CampaignID string
	Suggestion struct {
		Variants []struct {
			Content struct {
				Values []struct {
					Locale      string
					Datasources struct{ DisplayText struct{ Title, Body string } }
				}
			}
		}
	}
	Targeting        struct{ Values []struct{ ID string } }
	Scheduling       struct{ ActivationWindow struct{ Start, End string } }
	ValidationStatus struct{ Value, Reason string }
}

func (l listed) title() string {
	return l.Suggestion.Variants[0].Content.Values[0].Datasources.DisplayText.Title
}

type page struct {
	Results           []listed
	PaginationContext *struct{ NextToken *string }
}

func (s *service) page(query string, twists ...rest.Twist) (p page) {
	s.t.Helper()
	a := s.as("client", http.MethodGet, "", query, "", twists...)
	if err := json.Unmarshal(a.Body, &p); err != nil || a.Status != http.StatusAccepted {
		s.t.Fatalf("%d %s", a.Status, a.Body)
	}
	return p
}

// list reads all pages.
func (s *service) list() (all []listed) {
	s.t.Helper()
	for token := ""; ; {
		p := s.page("nextToken=" + url.QueryEscape(token))
		all = append(all, p.Results...)
		if p.PaginationContext == nil {
			return all
		}
		token = *p.PaginationContext.NextToken
	}
}

func ids(all []listed) (ids []string) {
	for _, c := range all {
		ids = append(ids, c.CampaignID)
	}
	return ids
}

// document reads a body as the vendor's document has it.
func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sample is the documented body of a new campaign. Its link is a placeholder; the only one that is documented stands for it.
func sample(t *testing.T) string {
	t.Helper()
	return strings.ReplaceAll(document(t, "create.json"), "<placeholderLinkToDocument>", campaigns.Template)
}

func TestDocumentedCampaign(t *testing.T) {
	s := open(t, nil)
	id := s.create(sample(t))
	got := s.as("client", http.MethodGet, "/"+id, "", "")
	var campaign, want map[string]any
	if err := json.Unmarshal(got.Body, &campaign); err != nil || got.Status != http.StatusOK {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	if err := json.Unmarshal([]byte(sample(t)), &want); err != nil {
		t.Fatal(err)
	}
	want["campaignId"], want["validationStatus"] = id, map[string]any{"value": "IN_PROGRESS"}
	if fmt.Sprint(campaign) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", campaign, want)
	}
	gone := s.as("client", http.MethodDelete, "/"+id, "", "")
	if gone.Status != http.StatusAccepted || len(gone.Body) != 0 {
		t.Errorf("delete: %d %q", gone.Status, gone.Body)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if again := s.as("client", method, "/"+id, "", ""); again.Status != http.StatusNotFound {
			t.Errorf("%s after the deletion: %d", method, again.Status)
		}
	}
	if all := s.list(); len(all) != 0 {
		t.Errorf("still listed: %v", all)
	}
}

// The placeholder of the documented sample is no link.
func TestPlaceholderIsNoLink(t *testing.T) {
	if a := open(t, nil).as("client", http.MethodPost, "", "", document(t, "create.json")); a.Status != 400 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestLimitsOfACampaign(t *testing.T) {
	targets := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`{"id":%q}`, unit(i)))
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	one := "[\n        {\n           \"id\": \"" + sampleUnit + "\"\n        }\n      ]"
	title := `"Example notification title."`
	for name, test := range map[string]struct{ old, new, words string }{
		"60 characters":     {title, `"` + strings.Repeat("é", 60) + `"`, ""},
		"61 in the title":   {title, `"` + strings.Repeat("é", 61) + `"`, "values[0].datasources.displayText.title must be at most 60"},
		"61 in the body":    {`"Example notification text."`, `"` + strings.Repeat("x", 61) + `"`, "displayText.body must be at most 60"},
		"no title":          {`"title": "Example notification title.",`, "", ""},
		"100 units":         {one, targets(100), ""},
		"101 units":         {one, targets(101), "targeting.values must have 1 to 100 elements, not 101"},
		"no units":          {one, "[]", "targeting.values must have 1 to 100 elements"},
		"a room's number":   {sampleUnit, "204", "targeting.values[0].id must be of the form"},
		"somebody's unit":   {sampleUnit, unit(666), "targeting.values[0].id is not a unit of yours"},
		"other target":      {`"UNITS"`, `"USERS"`, "targeting.type must be one of UNITS"},
		"start at the end":  {"2021-01-31T10:00:00.00Z", "2021-01-01T10:00:00Z", ""},
		"start after end":   {"2021-01-31T10:00:00.00Z", "2020-12-31T10:00:00Z", "end must be later than or equal"},
		"no time":           {"2021-01-31T10:00:00.00Z", "end of January", "activationWindow.end must be a time"},
		"other channel":     {`"HOME"`, `"KITCHEN"`, "placement.channel must be one of HOME"},
		"other type":        {`"Link"`, `"Inline"`, "document.type must be one of Link"},
		"other template":    {campaigns.Template, "doc://my/own", "document.src must be doc://alexa"},
		"newer template":    {campaigns.Template, "doc://alexa/apl/documents/home/cards/textWrapping", ""},
		"other action":      {`"SkillConnection"`, `"OpenURL"`, "action.type must be one of SkillConnection"},
		"other uri":         {"connection://AMAZON.ColdLaunch/1?provider=amzn1.ask.skill.12345", "https://example.com", "action.uri must be of the form"},
		"input":             {`"input": {}`, `"input": {"a":1}`, "action.input.a is not a known property"},
		"background":        {`"backgroundImageSource": "https://www.example.com/image.jpg"`, "", "background.backgroundImageSource is required"},
		"a locale twice":    {`"pt-BR"`, `"en-US"`, "values[1].locale is there twice"},
		"no locale":         {`"pt-BR"`, `"Portuguese"`, "values[1].locale must be an IETF BCP 47 locale"},
		"misspelt":          {`"targeting"`, `"Targeting"`, "Targeting is not a known property"},
		"more data sources": {`"background":`, `"list": {"items": []}, "background":`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(sample(t), test.old, test.new, 1)
			if body == sample(t) {
				t.Fatal("nothing was changed")
			}
			a := open(t, nil).as("client", http.MethodPost, "", "", body)
			if want := map[bool]int{true: 201, false: 400}[test.words == ""]; a.Status != want || !strings.Contains(string(a.Body), test.words) {
				t.Errorf("%d %s, want %d with %q", a.Status, a.Body, want, test.words)
			}
		})
	}
	a := open(t, nil).as("client", http.MethodPost, "", "", strings.NewReplacer(`"HOME"`, `""`, `"UNITS"`, `""`).Replace(sample(t)))
	if !strings.Contains(string(a.Body), "channel") || !strings.Contains(string(a.Body), "targeting.type") {
		t.Errorf("not all problems at once: %s", a.Body)
	}
	if a := open(t, nil).as("client", http.MethodPost, "", "", "{}"); strings.Count(string(a.Body), "is required") != 3 {
		t.Errorf("%s", a.Body)
	}
}

func TestDocumentedQuery(t *testing.T) {
	s := open(t, nil)
	aimed := func(unit string) string { return s.create(strings.ReplaceAll(sample(t), sampleUnit, unit)) }
	u1 := aimed("amzn1.alexa.unit.did.U1")
	aimed("amzn1.alexa.unit.did.U3")
	plain := strings.NewReplacer(`"U1"`, `"amzn1.alexa.unit.did.U1"`, `"U2"`, `"amzn1.alexa.unit.did.U2"`, `"paginationTokenString"`, "null").
		Replace(document(t, "query.json"))
	a := s.as("client", http.MethodPost, "/query", "", plain)
	var got page
	if err := json.Unmarshal(a.Body, &got); err != nil || a.Status != http.StatusOK || !slices.Equal(ids(got.Results), []string{u1}) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	many := `{"match":{"targeting.values.id":"U1"}}`
	for name, test := range map[string]struct{ old, new, words string }{
		"the document's token": {"null", `"paginationTokenString"`, "nextToken is not one"},
		"first call in use":    {`"maxResults": 10,`, "", ""},
		"11 a page":            {`"maxResults": 10`, `"maxResults": 11`, "paginationContext.maxResults must be a whole number between 1 and 10"},
		"none a page":          {`"maxResults": 10`, `"maxResults": 0`, "maxResults must"},
		"or at the top":        {`"and"`, `"or"`, "query.and is required"},
		"another type":         {`"UNITS"`, `"USERS"`, "query.and[1].match.targeting.type must be one of UNITS"},
		"another field":        {`"targeting.values.id"`, `"campaignId"`, "query.and[0].or[0].match.targeting.values.id is required"},
		"another condition":    {`"match"`, `"prefix"`, "query.and[0].or[0].match is required"},
		"101 units":            {`"or": [`, `"or": [` + strings.Repeat(many+",", 99), "query.and[0].or must have 1 to 100 elements, not 101"},
		"three conditions":     {`"and": [`, `"and": [{},`, "query.and must have 2 to 2 elements, not 3"},
	} {
		body := strings.Replace(plain, test.old, test.new, 1)
		a := s.as("client", http.MethodPost, "/query", "", body)
		if want := map[bool]int{true: 200, false: 400}[test.words == ""]; body == plain || a.Status != want || !strings.Contains(string(a.Body), test.words) {
			t.Errorf("%s: %d %s, want %q", name, a.Status, a.Body, test.words)
		}
	}
}

func TestListing(t *testing.T) {
	s := open(t, nil)
	var want []string
	for range 12 {
		s.now = s.now.Add(time.Minute)
		want = append(want, s.create(sample(t)))
	}
	slices.Reverse(want) // the newest first
	first := s.page("")
	if len(first.Results) != 10 || first.PaginationContext == nil || *first.PaginationContext.NextToken == "" {
		t.Fatalf("%+v", first)
	}
	if got := ids(s.list()); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	token := url.QueryEscape(*first.PaginationContext.NextToken)
	other := s.as("another client", http.MethodGet, "", "", "")
	if string(other.Body) != `{"results":[]}` {
		t.Errorf("another client sees %s", other.Body)
	}
	for name, test := range map[string]struct {
		client, query string
		after         time.Duration
		words         string
	}{
		"one a page":        {"client", "maxResults=1", 0, ""},
		"ten a page":        {"client", "maxResults=10", 0, ""},
		"eleven a page":     {"client", "maxResults=11", 0, "between 1 and 10"},
		"none a page":       {"client", "maxResults=0", 0, "between 1 and 10"},
		"a word":            {"client", "maxResults=all", 0, "between 1 and 10"},
		"misspelt":          {"client", "maxresults=1", 0, "maxresults is not a known parameter"},
		"twice":             {"client", "maxResults=1&maxResults=2", 0, "more than once"},
		"last page":         {"client", "nextToken=" + token, 0, ""},
		"another's token":   {"another client", "nextToken=" + token, 0, "another request"},
		"expired token":     {"client", "nextToken=" + token, time.Hour, "expired"},
		"unreadable string": {"client", "%zz", 0, "malformed"},
	} {
		s.now = s.now.Add(test.after)
		a := s.as(test.client, http.MethodGet, "", test.query, "")
		if want := map[bool]int{true: 202, false: 400}[test.words == ""]; a.Status != want || !strings.Contains(string(a.Body), test.words) {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		s.now = s.now.Add(-test.after)
	}
}

func TestWhatTheDocumentLeavesOpen(t *testing.T) {
	for last, want := range map[campaigns.LastPage]string{
		campaigns.Omitted: `{"results":[]}`, campaigns.Null: `{"results":[],"paginationContext":{"nextToken":null}}`,
		campaigns.Empty: `{"results":[],"paginationContext":{}}`,
	} {
		s := open(t, func(c *campaigns.Config) { c.LastPage, c.ListStatus, c.CreateStatus = last, 200, 202 })
		if a := s.as("client", http.MethodGet, "", "", ""); a.Status != 200 || string(a.Body) != want {
			t.Errorf("%s: %d %s", last, a.Status, a.Body)
		}
		if a := s.as("client", http.MethodPost, "", "", sample(t)); a.Status != 202 {
			t.Errorf("create: %d", a.Status)
		}
	}
	if _, err := campaigns.New(campaigns.Config{LastPage: "torn", Houses: []campaigns.House{{Name: "inn", Standing: []campaigns.Standing{{Name: "??"}}}}}, nil); err == nil ||
		!strings.Contains(err.Error(), "last page") || !strings.Contains(err.Error(), "inn") {
		t.Errorf("no word of them: %v", err)
	}
}

func TestPathsAndMethods(t *testing.T) {
	s := open(t, nil)
	for call, want := range map[string]int{
		"PUT ": 405, "GET /query": 405, "PUT /x": 405, "GET /": 404, "GET /a/b": 404, "GET s": 404, "GET /unknown": 404, "DELETE /unknown": 404,
	} {
		method, path, _ := strings.Cut(call, " ")
		if a := s.as("client", method, path, "", ""); a.Status != want {
			t.Errorf("%s: %d, want %d", call, a.Status, want)
		}
	}
}

func TestValidation(t *testing.T) {
	for name, test := range map[string]struct {
		twists        []rest.Twist
		after         time.Duration
		value, reason string
	}{
		"at first":          {nil, 20*time.Minute - 1, "IN_PROGRESS", ""},
		"at last":           {nil, 2 * time.Hour, "APPROVED", ""},
		"slow":              {[]rest.Twist{{Kind: campaigns.SlowValidation}}, 48*time.Hour - 1, "IN_PROGRESS", ""},
		"slow, then good":   {[]rest.Twist{{Kind: campaigns.SlowValidation}}, 48 * time.Hour, "APPROVED", ""},
		"slow by the hour":  {[]rest.Twist{{Kind: campaigns.SlowValidation, Delay: time.Hour}}, time.Hour, "APPROVED", ""},
		"not rejected yet":  {[]rest.Twist{{Kind: campaigns.RejectedValidation}}, 0, "IN_PROGRESS", ""},
		"rejected":          {[]rest.Twist{{Kind: campaigns.RejectedValidation}}, 2 * time.Hour, "REJECTED", "The content does not comply with the policy."},
		"rejected in words": {[]rest.Twist{{Kind: campaigns.RejectedValidation, Name: "Too loud."}}, 2 * time.Hour, "REJECTED", "Too loud."},
	} {
		s := open(t, nil)
		s.create(sample(t), test.twists...)
		s.now = s.now.Add(test.after)
		if got := s.list()[0].ValidationStatus; got.Value != test.value || got.Reason != test.reason {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Between two pages somebody creates or deletes a campaign: one is listed twice, or not at all.
func TestPagesThatChange(t *testing.T) {
	for kind, want := range map[string]string{"": "4 3 2 1", campaigns.CreatedMeanwhile: "4 3 3 2", campaigns.DeletedMeanwhile: "4 3 1"} {
		s := open(t, nil)
		names := map[string]string{}
		for n := range 4 {
			s.now = s.now.Add(time.Minute)
			names[s.create(sample(t))] = fmt.Sprint(n + 1)
		}
		s.now = s.now.Add(time.Minute)
		one := s.page("maxResults=2")
		two := s.page("maxResults=2&nextToken="+url.QueryEscape(*one.PaginationContext.NextToken), rest.Twist{Kind: kind})
		var got []string
		for _, c := range append(one.Results, two.Results...) {
			got = append(got, names[c.CampaignID])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", kind, got, want)
		}
	}
}

func TestRepeatedToken(t *testing.T) {
	s := open(t, nil)
	s.create(sample(t))
	s.create(sample(t))
	token := *s.page("maxResults=1").PaginationContext.NextToken
	again := s.page("maxResults=1&nextToken="+url.QueryEscape(token), rest.Twist{Kind: campaigns.SameToken})
	if again.PaginationContext == nil || *again.PaginationContext.NextToken != token {
		t.Errorf("%+v", again)
	}
}

// inns are two properties, the first with more rooms than a campaign takes.
func inns(c *campaigns.Config) {
	rooms := func(first, n int) (ids []string) {
		for i := range n {
			ids = append(ids, unit(first+i))
		}
		return ids
	}
	c.Houses = []campaigns.House{
		{Name: "inn", Units: rooms(1000, 130), Standing: []campaigns.Standing{{Name: "breakfast", IDs: []string{"b1", "b2"}}}},
		{Name: "home", Units: rooms(2000, 8), Standing: []campaigns.Standing{{Name: "activities", IDs: []string{"a1"}}}},
	}
}

func TestAPromotionToMoreThanAHundredUnits(t *testing.T) {
	of := map[string]listed{}
	for _, c := range open(t, inns).list() {
		of[c.CampaignID] = c
	}
	one, two := of["b1"], of["b2"]
	if len(one.Targeting.Values) != 100 || len(two.Targeting.Values) != 30 || two.Targeting.Values[0].ID != unit(1100) {
		t.Errorf("%d and %d units", len(one.Targeting.Values), len(two.Targeting.Values))
	}
	if fmt.Sprint(one.Suggestion) != fmt.Sprint(two.Suggestion) || one.Scheduling != two.Scheduling {
		t.Errorf("not the same promotion: %+v and %+v", one, two)
	}
	values := one.Suggestion.Variants[0].Content.Values
	if len(values) != 2 || values[0].Locale != "en-US" || values[1].Locale != "fr-CA" || !strings.HasSuffix(one.Scheduling.ActivationWindow.Start, ":00.00Z") {
		t.Errorf("%+v", one)
	}
}

// In ten weeks campaigns come and go, one is called something else, and some are rejected.
func TestLifeOfCampaigns(t *testing.T) {
	s := open(t, inns)
	titles, states, seen := map[string]map[string]bool{}, map[string]bool{}, []string{}
	most, days := 0, map[string]int{}
	for range 70 {
		all := s.list()
		most = max(most, len(all))
		for _, c := range all {
			if days[c.CampaignID]++; days[c.CampaignID] > 22 && len(c.CampaignID) > 2 {
				t.Errorf("%s lives for %d days", c.CampaignID, days[c.CampaignID])
			}
			if titles[c.CampaignID] == nil {
				titles[c.CampaignID] = map[string]bool{}
			}
			titles[c.CampaignID][c.title()] = true
			states[c.ValidationStatus.Value] = true
			if len([]rune(c.title())) > 60 {
				t.Errorf("%q is too long", c.title())
			}
		}
		seen = append(seen, fmt.Sprint(len(all)))
		s.now = s.now.AddDate(0, 0, 1)
	}
	renamed := 0
	for id, names := range titles {
		if len(names) > 1 && !slices.Contains([]string{"a1", "b1", "b2"}, id) {
			renamed++
		}
	}
	if len(titles["b1"]) != 2 || renamed == 0 || len(titles) < 2*10 || most >= len(titles) || len(slices.Compact(slices.Sorted(slices.Values(seen)))) < 2 {
		t.Errorf("%d campaigns, at most %d at once, %d seasonal ones renamed; by day %v", len(titles), most, renamed, seen)
	}
	if !states["REJECTED"] || !states["APPROVED"] {
		t.Errorf("states %v", states)
	}
}

// paths are the keys of a document, with those above them.
func paths(above string, v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			into[above+"."+name] = true
			paths(above+"."+name, inner, into)
		}
	case []any:
		for _, inner := range v {
			paths(above+"[]", inner, into)
		}
	}
}

// The documented page has a background in the wrong place. All of its keys occur, and one besides.
func TestKeysAreThoseOfTheDocumentedPage(t *testing.T) {
	want, got := map[string]bool{}, map[string]bool{}
	var v any
	if err := json.Unmarshal([]byte(document(t, "page.json")), &v); err != nil {
		t.Fatal(err)
	}
	paths("", v, want)
	s := open(t, inns)
	for range 14 { // a campaign is rejected only now and then
		s.now = s.now.AddDate(0, 0, 7)
		if err := json.Unmarshal(s.as("client", http.MethodGet, "", "maxResults=5", "").Body, &v); err != nil {
			t.Fatal(err)
		}
		paths("", v, got)
	}
	for path := range want {
		if !got[path] {
			t.Errorf("%s never occurs", path)
		}
	}
	maps.DeleteFunc(got, func(path string, _ bool) bool { return want[path] })
	extra := slices.Sorted(maps.Keys(got))
	const values = ".results[].suggestion.variants[].content.values[]"
	if expected := []string{".results[].createdAt", values + ".datasources.background", values + ".datasources.background.backgroundImageSource"}; !slices.Equal(extra, expected) {
		t.Errorf("besides the document's: %v", extra)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	one, other := open(t, inns), open(t, inns)
	third := open(t, func(c *campaigns.Config) { inns(c); c.Seed = 8 })
	read := func(s *service) []byte {
		s.create(sample(t))
		return s.as("client", http.MethodGet, "", "", "").Body
	}
	a, b, c := read(one), read(other), read(third)
	if !bytes.Equal(a, b) || bytes.Equal(a, c) {
		t.Errorf("%s\n%s\n%s", a, b, c)
	}
}
