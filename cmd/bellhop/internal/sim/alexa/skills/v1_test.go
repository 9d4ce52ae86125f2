package skills_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/skills"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// documented is the id of the document's samples.
const documented = "amzn1.ask.skill.001"

// settled is long after all that tests ask for.
var settled = time.Date(2018, 12, 24, 0, 0, 0, 0, time.UTC)

var locales = []skills.Share{{Value: "en-US", Weight: 3}, {Value: "fr-CA", Weight: 1}}

func config() skills.Config {
	born := time.Date(2018, 10, 1, 0, 0, 0, 0, time.UTC)
	return skills.Config{
		Seed: 7, Foreign: []string{"amzn1.ask.skill.foreign"}, MusicType: "music",
		Skills: []skills.Skill{
			{
				ID: documented, Name: "Concierge", Type: skills.Custom, Born: born, Locales: locales, Daily: 960, Customers: 50,
				Intents: []skills.Share{{Value: "GetMenu", Weight: 3}, {Value: "AMAZON.FallbackIntent", Weight: 1}},
			},
			{ID: "home", Name: "Home", Type: skills.SmartHome, Born: born, Locales: locales, Daily: 96, Customers: 9},
			{ID: "news", Name: "News", Type: skills.FlashBriefing, Born: born, Locales: locales, Daily: 96, Customers: 9},
			{ID: "radio", Name: "Radio", Type: skills.Music, Born: born, Locales: locales, Daily: 96, Customers: 9},
		},
	}
}

func open(t *testing.T, change func(*skills.Config)) *skills.API {
	t.Helper()
	c := config()
	if change != nil {
		change(&c)
	}
	a, err := skills.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sample is the document's request without the token, which a server has to have given.
const sample = "startTime=2018-11-01T10:45:00Z&endTime=2018-11-02T10:45:00Z&period=SINGLE&metric=uniqueCustomers&stage=live" +
	"&skillType=custom&locale=en-US&maxResults=3"

// changed is the sample with other parameters: "name=value"; "name" alone takes one out.
func changed(changes ...string) string {
	values, err := url.ParseQuery(sample)
	if err != nil {
		panic(err)
	}
	for _, c := range changes {
		name, value, set := strings.Cut(c, "=")
		values.Del(name)
		if set {
			values.Set(name, value)
		}
	}
	return values.Encode()
}

func get(a *skills.API, skill, query string, now time.Time, twists ...rest.Twist) rest.Answer {
	call, refusal := a.Read(rest.Request{
		Method: http.MethodGet, Path: "/v1/skills/" + skill + "/metrics", RawQuery: query, Now: now,
	})
	if refusal.Status != 0 {
		return refusal
	}
	return call.Serve(twists)
}

// page is the documented body.
type page struct {
	Metric     string
	Timestamps []string
	Values     []json.Number
	NextToken  string
}

func read(t *testing.T, a *skills.API, skill, query string, now time.Time) (p page) {
	t.Helper()
	answer := get(a, skill, query, now)
	if answer.Status != http.StatusOK {
		t.Fatalf("%s: %d %s", query, answer.Status, answer.Body)
	}
	if err := json.Unmarshal(answer.Body, &p); err != nil || len(p.Values) != len(p.Timestamps) {
		t.Fatalf("%s: %v", answer.Body, err)
	}
	return p
}

// all reads page by page.
func all(t *testing.T, a *skills.API, skill, query string, now time.Time) (whole page) {
	t.Helper()
	for token := ""; ; {
		p := read(t, a, skill, query+"&nextToken="+url.QueryEscape(token), now)
		whole.Timestamps, whole.Values = append(whole.Timestamps, p.Timestamps...), append(whole.Values, p.Values...)
		if token = p.NextToken; token == "" {
			return whole
		}
	}
}

func sum(t *testing.T, values []json.Number) (n int64) {
	t.Helper()
	for _, v := range values {
		i, err := v.Int64()
		if err != nil {
			t.Fatal(err)
		}
		n += i
	}
	return n
}

func TestDocumentedRequest(t *testing.T) {
	answer := get(open(t, nil), documented, sample, settled)
	var body map[string]any
	if err := json.Unmarshal(answer.Body, &body); err != nil || answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	values, _ := body["values"].([]any)
	if body["metric"] != "uniqueCustomers" || fmt.Sprint(body["timestamps"]) != "[2018-11-01T10:45:00Z]" ||
		len(values) != 1 || len(body) != 3 {
		t.Errorf("got %s", answer.Body)
	}
	if n, _ := values[0].(float64); n < 1 || n > 50 {
		t.Errorf("%v customers of 50", values[0])
	}
}

// The documents list ten metrics of custom skills, three of smart home, three of flash briefings and five of music.
func TestEachTypeHasItsMetrics(t *testing.T) {
	of := map[string]string{
		"custom": "uniqueCustomers totalEnablements totalUtterances successfulUtterances failedUtterances totalSessions " +
			"successfulSessions incompleteSessions userEndedSessions skillEndedSessions",
		"smartHome":     "uniqueCustomers totalEnablements totalUtterances",
		"flashBriefing": "uniqueCustomers totalEnablements totalSessions",
		"music":         "uniqueCustomers totalPlayQueuesDuration playQueuesCount successfulPlayQueueRate averagePlayQueueLength",
	}
	every := strings.Fields(of["custom"] + " " + of["music"])
	a := open(t, nil)
	for kind, skill := range map[string]string{"custom": documented, "smartHome": "home", "flashBriefing": "news", "music": "radio"} {
		for _, metric := range every {
			want := http.StatusBadRequest
			if slices.Contains(strings.Fields(of[kind]), metric) {
				want = http.StatusOK
			}
			if got := get(a, skill, changed("skillType="+kind, "metric="+metric), settled); got.Status != want {
				t.Errorf("%s of %s: %d, want %d: %s", metric, kind, got.Status, want, got.Body)
			}
		}
	}
	silent := open(t, func(c *skills.Config) { c.MusicType = "" })
	if got := get(silent, "radio", changed("skillType=music", "metric=playQueuesCount"), settled); got.Status != http.StatusBadRequest {
		t.Errorf("a type that the documents do not have: %d", got.Status)
	}
}

func TestViolations(t *testing.T) {
	for name, test := range map[string]struct {
		changes []string
		words   []string // each violation has to have one of them
	}{
		"no parameters":       {[]string{"startTime", "endTime", "period", "metric", "stage", "skillType"}, []string{"startTime is required", "endTime is required", "period is required", "metric is required", "stage is required", "skillType is required"}},
		"unknown metric":      {[]string{"metric=smiles"}, []string{"metric must be one of skills of type custom"}},
		"another type's":      {[]string{"metric=playQueuesCount"}, []string{"metric must"}},
		"another type":        {[]string{"skillType=smartHome", "metric=totalUtterances"}, []string{"skillType must be the type"}},
		"unknown type":        {[]string{"skillType=toaster"}, []string{"skillType must be one of custom, smartHome, flashBriefing"}},
		"eight days":          {[]string{"endTime=2018-11-09T10:45:00Z"}, []string{"one week"}},
		"a second too long":   {[]string{"endTime=2018-11-08T10:45:01Z"}, []string{"one week"}},
		"end before start":    {[]string{"endTime=2018-10-31T10:45:00Z"}, []string{"endTime must be later"}},
		"no time between":     {[]string{"endTime=2018-11-01T10:45:00Z"}, []string{"endTime must be later"}},
		"unreadable times":    {[]string{"startTime=yesterday", "endTime=2018-11-02"}, []string{"startTime must be a time", "endTime must be a time"}},
		"unknown period":      {[]string{"period=P7D"}, []string{"period must be one of SINGLE, PT15M, PT1H, P1D"}},
		"unknown stage":       {[]string{"stage=beta"}, []string{"stage must be one of live, development"}},
		"malformed locale":    {[]string{"locale=english"}, []string{"locale is malformed"}},
		"malformed intent":    {[]string{"intent=%20"}, []string{"intent is malformed"}},
		"no results":          {[]string{"maxResults=0"}, []string{"maxResults must"}},
		"too many results":    {[]string{"maxResults=100001"}, []string{"maxResults must be a whole number between 1 and 100000"}},
		"half a result":       {[]string{"maxResults=1.5"}, []string{"maxResults must"}},
		"the document's":      {[]string{"nextToken=token"}, []string{"nextToken is not one"}},
		"unknown parameter":   {[]string{"maxresults=3"}, []string{"maxresults is not a known parameter"}},
		"everything at once":  {[]string{"metric=smiles", "period=P7D", "maxResults=0"}, []string{"metric", "period", "maxResults"}},
		"largest, no problem": {[]string{"maxResults=100000", "endTime=2018-11-08T10:45:00Z"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			answer := get(open(t, nil), documented, changed(test.changes...), settled)
			var body struct {
				Message    string
				Violations []struct{ Code, Message string }
			}
			if err := json.Unmarshal(answer.Body, &body); err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{true: 200, false: 400}[test.words == nil]; answer.Status != want || len(body.Violations) != len(test.words) {
				t.Fatalf("%d %s", answer.Status, answer.Body)
			}
			for _, word := range test.words {
				if !slices.ContainsFunc(body.Violations, func(v struct{ Code, Message string }) bool {
					return strings.Contains(v.Message, word) && v.Code != "" && body.Message != ""
				}) {
					t.Errorf("no violation says %q: %s", word, answer.Body)
				}
			}
		})
	}
}

func TestAParameterThatIsThereTwice(t *testing.T) {
	for query, words := range map[string]string{sample + "&stage=live": "stage is there more than once", sample + "&%zz": "query string is malformed"} {
		if got := get(open(t, nil), documented, query, settled); got.Status != 400 || !strings.Contains(string(got.Body), words) {
			t.Errorf("%s: %d %s", query, got.Status, got.Body)
		}
	}
}

func TestSkillsOfOthersAndOtherPaths(t *testing.T) {
	a := open(t, nil)
	for name, test := range map[string]struct {
		method, path string
		status       int
	}{
		"foreign":     {"GET", "/v1/skills/amzn1.ask.skill.foreign/metrics", 403},
		"unknown":     {"GET", "/v1/skills/amzn1.ask.skill.002/metrics", 404},
		"too long":    {"GET", "/v1/skills/" + strings.Repeat("x", 256) + "/metrics", 404},
		"no such API": {"GET", "/v1/skills/amzn1.ask.skill.001/manifest", 404},
		"v1 by POST":  {"POST", "/v1/skills/amzn1.ask.skill.001/metrics", 405},
		"v2 by GET":   {"GET", "/v2/skills/amzn1.ask.skill.001/metrics", 405},
	} {
		if _, got := a.Read(rest.Request{Method: test.method, Path: test.path, RawQuery: sample, Now: settled}); got.Status != test.status {
			t.Errorf("%s: %d, want %d", name, got.Status, test.status)
		}
	}
}

const day = "startTime=2018-11-05T00:00:00Z&endTime=2018-11-06T00:00:00Z&stage=live&skillType=custom"

// Parts sum to their whole: the arithmetic of the numbers is that of a vendor who counts the same things.
func TestPartsSumToTheirWhole(t *testing.T) {
	a := open(t, nil)
	of := func(metric, period, more string) int64 {
		return sum(t, all(t, a, documented, day+"&metric="+metric+"&period="+period+more, settled).Values)
	}
	for _, metric := range []string{
		"totalUtterances", "successfulUtterances", "failedUtterances", "totalSessions", "successfulSessions", "incompleteSessions",
		"userEndedSessions", "skillEndedSessions",
	} {
		whole := of(metric, "SINGLE", "")
		for name, parts := range map[string]int64{
			"days": of(metric, "P1D", ""), "hours": of(metric, "PT1H", ""), "quarters": of(metric, "PT15M", ""),
			"locales": of(metric, "SINGLE", "&locale=en-US") + of(metric, "SINGLE", "&locale=fr-CA"),
			"intents": of(metric, "SINGLE", "&intent=GetMenu") + of(metric, "SINGLE", "&intent=AMAZON.FallbackIntent"),
		} {
			if whole == 0 || parts != whole {
				t.Errorf("%s: %s add up to %d, the whole is %d", metric, name, parts, whole)
			}
		}
	}
	for name, sides := range map[string][2]int64{
		"utterances": {of("totalUtterances", "P1D", ""), of("successfulUtterances", "P1D", "") + of("failedUtterances", "P1D", "")},
		"sessions":   {of("totalSessions", "P1D", ""), of("successfulSessions", "P1D", "") + of("incompleteSessions", "P1D", "")},
		"ends":       {of("successfulSessions", "P1D", ""), of("userEndedSessions", "P1D", "") + of("skillEndedSessions", "P1D", "")},
	} {
		if sides[0] != sides[1] {
			t.Errorf("%s: %d and %d", name, sides[0], sides[1])
		}
	}
	if day, hours := of("uniqueCustomers", "P1D", ""), of("uniqueCustomers", "PT1H", ""); day >= hours || day > 50 {
		t.Errorf("%d customers on the day, %d in its hours: a customer who comes twice counts once", day, hours)
	}
	// A thousand a day are expected, 960 of them with a standard deviation under 60.
	if n := of("totalUtterances", "P1D", ""); n < 780 || n > 1140 {
		t.Errorf("%d utterances, want about 960", n)
	}
	if live, tests := of("totalUtterances", "P1D", ""), sum(t, read(t, a, documented, strings.Replace(day, "live", "development", 1)+"&metric=totalUtterances&period=P1D", settled).Values); tests >= live/10 {
		t.Errorf("%d utterances in development, %d live", tests, live)
	}
}

func TestEnablementsAreAStock(t *testing.T) {
	a := open(t, nil)
	week := "startTime=2018-11-05T00:00:00Z&endTime=2018-11-12T00:00:00Z&stage=live&skillType=custom&metric=totalEnablements&period="
	days := read(t, a, documented, week+"P1D", settled).Values
	single := read(t, a, documented, week+"SINGLE", settled).Values
	if len(days) != 7 || single[0] != days[6] {
		t.Errorf("the week has %s, its days have %s", single, days)
	}
	if got := read(t, a, documented, week+"SINGLE&intent=GetMenu", settled).Values[0]; got != "0" {
		t.Errorf("%s enablements of an intent", got)
	}
	locales := func(l string) int64 { return sum(t, read(t, a, documented, week+"SINGLE&locale="+l, settled).Values) }
	if n, _ := single[0].Int64(); n == 0 || locales("en-US")+locales("fr-CA") != n {
		t.Errorf("locales have %d and %d, all have %d", locales("en-US"), locales("fr-CA"), n)
	}
}

func TestMusicRates(t *testing.T) {
	a := open(t, nil)
	of := func(metric string) string {
		q := strings.Replace(day, "custom", "music", 1) + "&period=P1D&metric=" + metric
		return read(t, a, "radio", q, settled).Values[0].String()
	}
	queues, _ := strconv.ParseInt(of("playQueuesCount"), 10, 64)
	seconds, _ := strconv.ParseInt(of("totalPlayQueuesDuration"), 10, 64)
	thousandths := seconds * 1000 / queues
	if want := fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000); of("averagePlayQueueLength") != want {
		t.Errorf("average %s, want %s", of("averagePlayQueueLength"), want)
	}
	if rate := of("successfulPlayQueueRate"); !strings.HasPrefix(rate, "0.9") && rate != "1.000" {
		t.Errorf("rate %s", rate)
	}
}

func TestPages(t *testing.T) {
	hours := day + "&metric=totalUtterances&period=PT1H"
	whole := read(t, open(t, nil), documented, hours, settled)
	a := open(t, func(c *skills.Config) { c.PageSize = 10 })
	first := read(t, a, documented, hours, settled)
	if len(whole.Values) != 24 || whole.NextToken != "" || len(first.Values) != 10 || first.NextToken == "" || len(first.NextToken) > 2047 {
		t.Fatalf("%d points, then %d with token %q", len(whole.Values), len(first.Values), first.NextToken)
	}
	if got := all(t, a, documented, hours, settled); !slices.Equal(got.Values, whole.Values) || !slices.Equal(got.Timestamps, whole.Timestamps) {
		t.Errorf("pages %v, whole %v", got, whole)
	}
	if got := all(t, a, documented, hours+"&maxResults=7", settled); !slices.Equal(got.Values, whole.Values) {
		t.Errorf("pages of seven: %v", got)
	}
	on := hours + "&nextToken=" + url.QueryEscape(first.NextToken)
	for name, test := range map[string]struct {
		query string
		now   time.Time
		words string
	}{
		"just in time":   {on, settled.Add(24*time.Hour - time.Second), ""},
		"a day later":    {on, settled.Add(24 * time.Hour), "expired"},
		"of another day": {strings.Replace(on, "11-06T00", "11-06T01", 1), settled, "another request"},
		"forged":         {on[:len(on)-1] + "x", settled, "not one that this service returned"},
		"changed":        {strings.Replace(on, "nextToken=e", "nextToken=f", 1), settled, "not one that this service returned"},
	} {
		got := get(a, documented, test.query, test.now)
		if test.words == "" && got.Status != 200 || test.words != "" && (got.Status != 400 || !strings.Contains(string(got.Body), test.words)) {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
}

func TestBirthAndFuture(t *testing.T) {
	week := "startTime=2018-09-28T00:00:00Z&endTime=2018-10-05T00:00:00Z&stage=live&skillType=custom&metric=totalUtterances&period=P1D"
	now := time.Date(2018, 10, 3, 12, 0, 0, 0, time.UTC)
	got := read(t, open(t, nil), documented, week, now)
	want := []string{"2018-10-01T00:00:00Z", "2018-10-02T00:00:00Z", "2018-10-03T00:00:00Z"}
	if !slices.Equal(got.Timestamps, want) {
		t.Errorf("days %v, want those from the birth to now: %v", got.Timestamps, want)
	}
	single := func(from string) []json.Number {
		q := strings.NewReplacer("2018-09-28", from, "P1D", "SINGLE").Replace(week)
		return read(t, open(t, nil), documented, q, settled).Values
	}
	if a, b := single("2018-09-28"), single("2018-10-01"); !slices.Equal(a, b) {
		t.Errorf("%v utterances with the days before the birth, %v without", a, b)
	}
	if got := read(t, open(t, nil), documented, week+"&locale=de-DE", now); len(got.Values) != 0 || got.Values == nil {
		t.Errorf("a locale that the skill lacks has %v", got.Values)
	}
}

func TestYoungNumbersGrowUntilTheyAreSettled(t *testing.T) {
	a := open(t, nil)
	end := time.Date(2018, 11, 6, 0, 0, 0, 0, time.UTC)
	of := func(metric string, after time.Duration) int64 {
		return sum(t, read(t, a, documented, day+"&period=P1D&metric="+metric, end.Add(after)).Values)
	}
	for metric, settles := range map[string]time.Duration{"totalUtterances": 48 * time.Hour, "totalEnablements": 24 * time.Hour} {
		young, later, last := of(metric, 0), of(metric, 3*time.Hour), of(metric, settles)
		if young >= last || later > last || young > later {
			t.Errorf("%s: %d, then %d, then %d", metric, young, later, last)
		}
		if end := of(metric, 1000*time.Hour); end != last {
			t.Errorf("%s: %d when it is settled, %d later", metric, last, end)
		}
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	q := day + "&metric=uniqueCustomers&period=PT1H&maxResults=20"
	one, other := get(open(t, nil), documented, q, settled), get(open(t, nil), documented, q, settled)
	third := get(open(t, func(c *skills.Config) { c.Seed = 8 }), documented, q, settled)
	if !bytes.Equal(one.Body, other.Body) || bytes.Equal(one.Body, third.Body) {
		t.Errorf("%s\n%s\n%s", one.Body, other.Body, third.Body)
	}
}

func TestTwists(t *testing.T) {
	hours := day + "&metric=totalUtterances&period=PT1H&maxResults=10"
	a := open(t, nil)
	first := read(t, a, documented, hours, settled)
	next := hours + "&nextToken=" + url.QueryEscape(first.NextToken)
	for name, test := range map[string]struct {
		twist rest.Twist
		holds func(page) bool
	}{
		"a value less":  {rest.Twist{Kind: skills.Unequal}, func(p page) bool { return len(p.Values) == 9 && len(p.Timestamps) == 10 }},
		"one timestamp": {rest.Twist{Kind: skills.SameTimestamp}, func(p page) bool { return p.Timestamps[9] == "2018-11-05T10:00:00Z" }},
		"other metric":  {rest.Twist{Kind: skills.OtherMetric}, func(p page) bool { return p.Metric == "uniqueCustomers" }},
		"named metric":  {rest.Twist{Kind: skills.OtherMetric, Name: "smiles"}, func(p page) bool { return p.Metric == "smiles" }},
		"same token":    {rest.Twist{Kind: skills.SameToken}, func(p page) bool { return p.NextToken == first.NextToken }},
	} {
		var p page
		if err := json.Unmarshal(get(a, documented, next, settled, test.twist).Body, &p); err != nil || !test.holds(p) {
			t.Errorf("%s: %+v %v", name, p, err)
		}
	}
}

func TestConfigurationProblems(t *testing.T) {
	_, err := skills.New(skills.Config{PageSize: -1, Skills: []skills.Skill{
		{ID: "a", Name: "silent", Type: skills.Custom, Locales: locales, Daily: 1, Customers: 1},
		{ID: "b", Name: "nobody's", Type: skills.Music, Locales: locales, Daily: 1},
		{ID: "c", Name: "first", Type: skills.Music, Locales: locales, Daily: 1, Customers: 1},
		{ID: "c", Name: "again", Type: skills.Music, Locales: locales, Daily: 1, Customers: 1},
	}})
	for _, want := range []string{"out of range", "silent", "nobody's", "again"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q: %v", want, err)
		}
	}
}
