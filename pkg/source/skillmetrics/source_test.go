package skillmetrics_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/skillmetrics"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

const skill = "amzn1.ask.skill.001"

// order is for one metric of one skill on one day.
func order(more report.Params) report.Order {
	p := report.Params{"skill_ids": skill, "metrics": "uniqueCustomers", "locales": "en-US"}
	maps.Copy(p, more)
	day := report.NewDate(2026, 11, 1)
	return report.Order{
		Job:          "skills/1",
		Subscription: report.Subscription{Name: "skills", Source: report.SourceSkillMetrics, Params: p},
		Window:       report.Window{From: day, To: day},
		Tables:       []string{"skill_metrics"},
	}
}

// fetch submits an order and fetches its first file.
func fetch(t *testing.T, o report.Order, answers ...sourcetest.Reply) (string, report.Answer, []sourcetest.Request) {
	t.Helper()
	options, vendor, _ := sourcetest.Play(t, answers...)
	s := skillmetrics.New(options)
	submitted := s.Submit(t.Context(), o)
	if submitted.Outcome != report.OutcomeAccepted {
		t.Fatalf("submitted: %+v", submitted)
	}
	content, answer := s.Fetch(t.Context(), o, submitted.Files[0], func(context.Context) error { return nil })
	if content == nil {
		return "", answer, vendor.Asked()
	}
	text, err := io.ReadAll(content)
	if err != nil || answer.Outcome != report.OutcomeAccepted {
		t.Errorf("content with %+v, %v", answer, err)
	}
	return string(text), answer, vendor.Asked()
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const header = "dataset_date,skill_id,stage,skill_type,metric,period,period_start,locale,intent,statistic,group_field,group_value,given,amount,reading\n"

// answer is a page with the given instants and values, and the rest of a JSON object.
func answer(metric, timestamps, values, rest string) sourcetest.Reply {
	return sourcetest.Says(200, `{"metric":"`+metric+`","timestamps":[`+timestamps+`],"values":[`+values+`]`+rest+`}`)
}

func customers(timestamps, values, rest string) sourcetest.Reply {
	return answer("uniqueCustomers", timestamps, values, rest)
}

// The second page of a query asks for what the document's sample request asks for, on another day and without maxResults.
func TestTheRequestIsAsDocumented(t *testing.T) {
	sample, err := url.Parse(strings.Fields(read(t, "request-v1.txt"))[1])
	if err != nil {
		t.Fatal(err)
	}
	want := sample.Query()
	want.Set("startTime", "2026-11-01T00:00:00Z")
	want.Set("endTime", "2026-11-02T00:00:00Z")
	want.Del("maxResults")
	_, _, asked := fetch(t, order(report.Params{"period": "SINGLE"}), customers("", "", `,"nextToken":"token"`), customers("", "", ""))
	second := asked[1]
	if second.Method != http.MethodGet || second.Path != sample.Path || second.Header.Get("Authorization") != "Bearer Atza|first" || second.Body != "" {
		t.Errorf("asked %+v", second)
	}
	if diff := cmp.Diff(want, second.Query); diff != "" {
		t.Error(diff)
	}
	want.Del("nextToken")
	if diff := cmp.Diff(want, asked[0].Query); diff != "" {
		t.Error(diff)
	}
}

// The document's sample answer gives three values for one instant, and a token. Its values are believed where the instants
// differ.
func TestTheAnswerIsAsDocumented(t *testing.T) {
	sample := read(t, "response-v1.json")
	last := customers("", "", "")
	sample = strings.ReplaceAll(sample, "2018-11-01", "2026-11-01")
	if _, a, _ := fetch(t, order(nil), sourcetest.Says(200, sample), last); a.Outcome != report.OutcomeBackOff ||
		a.Why != "the vendor answered, but it gives two values for one period" {
		t.Errorf("got %+v", a)
	}
	for _, hour := range []string{"T11:45:00Z", "T12:45:00Z"} {
		i := strings.LastIndex(sample, "T10:45:00Z")
		sample = sample[:i] + hour + sample[i+len(hour):]
	}
	got, _, _ := fetch(t, order(report.Params{"period": "PT1H"}), sourcetest.Says(200, sample), last)
	prefix := "2026-11-01," + skill + ",live,custom,uniqueCustomers,PT1H,2026-11-01T1"
	want := header + prefix + "0:45:00Z,en-US,,,,,,,10\n" + prefix + "1:45:00Z,en-US,,,,,,,30\n" + prefix + "2:45:00Z,en-US,,,,,,,20\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestContent(t *testing.T) {
	const day = `"2026-11-01T00:00:00Z"`
	line := func(cells string) string {
		return header + "2026-11-01," + skill + ",live,custom," + cells + "\n"
	}
	sessions := report.Params{"metrics": "totalSessions", "locales": "", "intents": "OrderIntent"}
	cases := map[string]struct {
		params  report.Params
		answers []sourcetest.Reply
		want    string
	}{
		"nothing":      {answers: []sourcetest.Reply{customers("", "", "")}, want: header},
		"null lists":   {answers: []sourcetest.Reply{sourcetest.Says(200, `{"metric":"uniqueCustomers","timestamps":null}`)}, want: header},
		"a null token": {answers: []sourcetest.Reply{customers(day, "3", `,"nextToken":null,"isTruncated":true`)}, want: line("uniqueCustomers,P1D,2026-11-01T00:00:00Z,en-US,,,,,,,3")},
		"adds up":      {params: sessions, answers: []sourcetest.Reply{answer("totalSessions", day, "7", "")}, want: line("totalSessions,P1D,2026-11-01T00:00:00Z,,OrderIntent,,,,,7,")},
		"twice equal": {answers: []sourcetest.Reply{customers(day, "3", `,"nextToken":"a"`), customers(`"2026-11-01T01:00:00+01:00"`, "3.0", "")},
			want: line("uniqueCustomers,P1D,2026-11-01T00:00:00Z,en-US,,,,,,,3")},
		"outside the window": {answers: []sourcetest.Reply{customers(`"2026-10-31T23:59:59.999Z",`+day+`,"2026-11-02T00:00:00Z"`, "1,2,3", "")},
			want: line("uniqueCustomers,P1D,2026-11-01T00:00:00Z,en-US,,,,,,,2")},
		"more digits than fit": {answers: []sourcetest.Reply{customers(day, "0.12345650", "")},
			want: line("uniqueCustomers,P1D,2026-11-01T00:00:00Z,en-US,,,,,0.12345650,,0.123456")},
		"too large": {answers: []sourcetest.Reply{customers(day, "1e12", "")},
			want: line("uniqueCustomers,P1D,2026-11-01T00:00:00Z,en-US,,,,,1e12,,")},
		"a fraction of a second": {answers: []sourcetest.Reply{customers(`"2026-11-01T00:00:00.1234567Z"`, "2", "")},
			want: line("uniqueCustomers,P1D,2026-11-01T00:00:00.123456Z,en-US,,,,,,,2")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, a, _ := fetch(t, order(c.params), c.answers...)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%+v\n%s", a, diff)
			}
		})
	}
}

// Every answer that cannot be what was asked for is asked for again, and nothing of it is repeated.
func TestWrongAnswers(t *testing.T) {
	const day, room = `"2026-11-01T00:00:00Z"`, "Room 101"
	cases := map[string]struct {
		answers []sourcetest.Reply
		why     string
	}{
		"a value too many":       {[]sourcetest.Reply{customers(day, "1,2", "")}, "its timestamps and values are not of equal number"},
		"a timestamp too many":   {[]sourcetest.Reply{customers(day+","+day, "1", "")}, "its timestamps and values are not of equal number"},
		"another metric":         {[]sourcetest.Reply{answer(room, day, "1", "")}, "it is about a metric that was not asked for"},
		"no metric":              {[]sourcetest.Reply{sourcetest.Says(200, `{}`)}, "it is about a metric that was not asked for"},
		"another form":           {[]sourcetest.Reply{sourcetest.Says(200, `{"metric":["Room 101"]}`)}, "its body is not the JSON that is documented"},
		"two documents":          {[]sourcetest.Reply{sourcetest.Says(200, `{"metric":"uniqueCustomers"}{}`)}, "its body is not the JSON that is documented"},
		"no date":                {[]sourcetest.Reply{customers(`"Room 101"`, "1", "")}, "timestamp 1 is none"},
		"text for a value":       {[]sourcetest.Reply{customers(day, `"Room 101"`, "")}, "its body is not the JSON that is documented"},
		"null for a value":       {[]sourcetest.Reply{customers(day, "null", "")}, "one of its values is not a number"},
		"an endless number":      {[]sourcetest.Reply{customers(day, "1e999999999", "")}, "one of its values is not a number"},
		"two values, one page":   {[]sourcetest.Reply{customers(day+","+day, "1,2", "")}, "it gives two values for one period"},
		"two values, two pages":  {[]sourcetest.Reply{customers(day, "1", `,"nextToken":"a"`), customers(day, "2", "")}, "it gives two values for one period"},
		"the token of the page":  {[]sourcetest.Reply{customers("", "", `,"nextToken":"a"`), customers("", "", `,"nextToken":"a"`)}, "it names the continuation token of an earlier page"},
		"a token of long before": {[]sourcetest.Reply{customers("", "", `,"nextToken":"a"`), customers("", "", `,"nextToken":"b"`), customers("", "", `,"nextToken":"a"`)}, "it names the continuation token of an earlier page"},
		"an expired token":       {[]sourcetest.Reply{customers("", "", `,"nextToken":"a"`), sourcetest.Says(400, `{"message":"The nextToken has expired."}`)}, "all pages are asked for again"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, a, _ := fetch(t, order(nil), c.answers...)
			if got != "" || a.Outcome != report.OutcomeBackOff || !strings.Contains(a.Why, c.why) || strings.Contains(a.Why, room) ||
				a.RequestID != sourcetest.RequestID {
				t.Errorf("got %+v and %q", a, got)
			}
		})
	}
}

func TestViolationsAreShown(t *testing.T) {
	cases := map[string]struct{ body, why string }{
		"violations": {`{"message":"Request is not valid.","violations":[{"code":"INVALID_PERIOD","message":"period must be a week at most"},{"code":"X","message":"Unit \"Room 101\" is wrong"}]}`,
			`the vendor answered 400: INVALID_PERIOD: period must be a week at most; X: Unit "…" is wrong (check the subscription's parameters)`},
		"a message":               {`{"message":"Token is no parameter."}`, "the vendor answered 400: Token is no parameter. (check the subscription's parameters)"},
		"a code":                  {`{"code":"BAD","message":"no","validationDetails":{"value":"Room 101"}}`, "the vendor answered 400: BAD: no (check the subscription's parameters)"},
		"violations of no list":   {`{"message":"no","violations":{"code":"Room 101"}}`, "the vendor answered 400: no (check the subscription's parameters)"},
		"violations of other kin": {`{"message":"no","violations":["Room 101"]}`, "the vendor answered 400: no (check the subscription's parameters)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, a, _ := fetch(t, order(nil), sourcetest.Says(400, c.body))
			if a.Outcome != report.OutcomeRefused || a.Why != c.why {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestEachFileIsOfOneSkill(t *testing.T) {
	options, _, _ := sourcetest.Play(t)
	s := skillmetrics.New(options)
	names := func(more report.Params, days int) []string {
		o := order(more)
		o.Window.To = o.Window.From + report.Date(days-1)
		var names []string
		a := s.Submit(t.Context(), o)
		for _, f := range a.Files {
			if f.Table != "skill_metrics" || f.Root != "" || f.Fetch == "" || strings.Contains(f.Fetch, "amzn1") {
				t.Errorf("named %+v", f)
			}
			names = append(names, f.Name)
		}
		return names
	}
	const one, two, three = "skill-metrics-001.csv", "skill-metrics-002.csv", "skill-metrics-003.csv"
	cases := map[string]struct {
		params report.Params
		days   int
		want   []string
	}{
		"one metric":            {nil, 7, []string{one}},
		"two skills":            {report.Params{"skill_ids": skill + ", amzn1.ask.skill.002," + skill}, 1, []string{one, two}},
		"25 requests":           {report.Params{"metrics": "a,b,c,d,e", "intents": "A,B,C,D,E"}, 1, []string{one}},
		"26 requests":           {report.Params{"metrics": "a,b", "intents": "A,B,C,D,E,F,G,H,I,J,K,L,M"}, 1, []string{one, two}},
		"SINGLE by day":         {report.Params{"metrics": "a,b,c,d", "period": "SINGLE"}, 7, []string{one, two}},
		"five queries a call":   {report.Params{"api": "v2", "metrics": "A,B,C,D,E,F,G,H,I,J,K", "locales": "de-DE,en-US,es-ES,es-MX,fr-CA,fr-FR,it-IT,ja-JP,pt-BR,hi-IN,en-GB,en-IN"}, 1, []string{one, two}},
		"all metrics of a type": {report.Params{"metrics": "", "locales": "en-US,en-GB,de-DE,fr-FR,ja-JP"}, 1, []string{one, two}},
		"of three skills":       {report.Params{"skill_ids": "amzn1.ask.skill.a,amzn1.ask.skill.b,amzn1.ask.skill.c"}, 1, []string{one, two, three}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, names(c.params, c.days)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Another window or other parameters make a reference void, other than the horizon, which changes no request.
func TestAReferenceIsOfOnePlan(t *testing.T) {
	options, vendor, _ := sourcetest.Play(t)
	s := skillmetrics.New(options)
	named := s.Submit(t.Context(), order(nil)).Files[0]
	changes := map[string]func(*report.Order, *report.NamedFile){
		"another metric":   func(o *report.Order, _ *report.NamedFile) { o.Subscription.Params["metrics"] = "totalSessions" },
		"one metric more":  func(o *report.Order, _ *report.NamedFile) { o.Subscription.Params["metrics"] += ",totalSessions" },
		"another stage":    func(o *report.Order, _ *report.NamedFile) { o.Subscription.Params["stage"] = "development" },
		"another window":   func(o *report.Order, _ *report.NamedFile) { o.Window.To++ },
		"no reference":     func(_ *report.Order, f *report.NamedFile) { f.Fetch = "" },
		"another number":   func(_ *report.Order, f *report.NamedFile) { f.Fetch = "2" + strings.TrimPrefix(f.Fetch, "1") },
		"a negative one":   func(_ *report.Order, f *report.NamedFile) { f.Fetch = "-" + f.Fetch },
		"without a digest": func(_ *report.Order, f *report.NamedFile) { f.Fetch = "1" },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			o, f := order(nil), named
			change(&o, &f)
			if content, a := s.Fetch(t.Context(), o, f, nil); content != nil || a.Outcome != report.OutcomeFailed || a.Why == "" {
				t.Errorf("got %+v", a)
			}
		})
	}
	if n := len(vendor.Asked()); n != 0 {
		t.Errorf("asked %d times", n)
	}
	got, _, _ := fetch(t, order(report.Params{"horizon_days": "30"}), customers("", "", ""))
	if got != header {
		t.Errorf("got %q", got)
	}
}

// Calls of one file come in the order of the plan, each but the first under a turn of its own, and a fetch that was cut short
// starts with the first one again.
func TestAFetchTakesTurns(t *testing.T) {
	o := order(report.Params{"metrics": "uniqueCustomers,totalSessions", "locales": "en-US,de-DE"})
	sessions := answer("totalSessions", "", "", "")
	pages := []sourcetest.Reply{sessions, sessions, customers("", "", `,"nextToken":"a"`), customers("", "", ""), customers("", "", "")}
	options, vendor, _ := sourcetest.Play(t, append(pages[:2:2], pages...)...)
	s := skillmetrics.New(options)
	file := s.Submit(t.Context(), o).Files[0]
	left := 1
	turn := func(context.Context) error {
		if left--; left < 0 {
			return errors.New("the run's time is up")
		}
		return nil
	}
	if content, a := s.Fetch(t.Context(), o, file, turn); content != nil || a.Outcome != report.OutcomeBackOff || a.Why != "not sent: the run's time is up" {
		t.Errorf("got %+v", a)
	}
	left = 4
	if _, a := s.Fetch(t.Context(), o, file, turn); a.Outcome != report.OutcomeAccepted || left != 0 {
		t.Errorf("got %+v with %d turns left", a, left)
	}
	var asked []string
	for _, r := range vendor.Asked() {
		asked = append(asked, r.Query.Get("metric")+" "+r.Query.Get("locale")+" "+r.Query.Get("nextToken"))
	}
	first := []string{"totalSessions de-DE ", "totalSessions en-US "}
	want := append(append(first[:2:2], first...), "uniqueCustomers de-DE ", "uniqueCustomers de-DE a", "uniqueCustomers en-US ")
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

// The file has the columns of the table's definition, in its order, but for those that the conversion adds.
func TestTheHeaderIsThatOfTheTable(t *testing.T) {
	d, ok := dataset.Lookup("skill_metrics")
	if !ok {
		t.Fatal("the table has no definition")
	}
	names := []string{"dataset_date"}
	for _, c := range slices.Concat(d.Dimensions(), d.Measures()) {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff(strings.Join(names, ",")+"\n", header); diff != "" {
		t.Error(diff)
	}
}
