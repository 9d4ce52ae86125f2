package campaigns_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

func sourcetestOptions(t *testing.T) alexa.Options {
	t.Helper()
	o, _, _ := sourcetest.Play(t)
	return o
}

// order is for a snapshot of the day on which the tests play.
func order() report.Order {
	today := report.DateOf(sourcetest.Now)
	return report.Order{
		Job: "promotions/1", Subscription: report.Subscription{Name: "promotions", Source: report.SourceCampaigns},
		Window: report.Window{From: today, To: today}, Tables: []string{"asp_campaigns"},
	}
}

// fetch takes a snapshot and returns its CSV.
func fetch(t *testing.T, answers ...sourcetest.Reply) (string, report.Answer, []sourcetest.Request) {
	t.Helper()
	o, vendor, _ := sourcetest.Play(t, answers...)
	s := campaigns.New(o)
	submitted := s.Submit(t.Context(), order())
	want := []report.NamedFile{{Name: "campaigns.csv", Table: "asp_campaigns", Fetch: "all"}}
	if diff := cmp.Diff(report.Answer{Outcome: report.OutcomeAccepted, Files: want}, submitted); diff != "" {
		t.Fatal(diff)
	}
	content, a := s.Fetch(t.Context(), order(), submitted.Files[0], func(context.Context) error { return nil })
	if content == nil {
		return "", a, vendor.Asked()
	}
	text, err := io.ReadAll(content)
	if err != nil || a.Outcome != report.OutcomeAccepted {
		t.Errorf("got %+v, %v", a, err)
	}
	return string(text), a, vendor.Asked()
}

const header = "dataset_date,campaign_id,campaign_group,title,body,locale,locales,template,content,targeting_type,target_units,starts_at,ends_at," +
	"validation_status,validation_reason,target_unit_count\n"

// The vendor's example of a query has the misplaced background, two locales and a unit.
func TestTheSnapshotOfTheExample(t *testing.T) {
	document := strings.Replace(quote(t, "query-response.json"), `"nextToken": "paginationTokenString"`, `"nextToken": null`, 1)
	got, a, asked := fetch(t, sourcetest.Says(202, document))
	const content = `[{""datasources"":{""displayText"":{""body"":""Breakfast is served until 11:30 am!"",""title"":""Light and warm patio breakfast""}},` +
		`""document"":{""src"":""<placeholderLinkToDocument>"",""type"":""Link""},""locale"":""en-US""},` +
		`{""background"":{""backgroundImageSource"":""https://url-of-image.jpg""},` +
		`""datasources"":{""displayText"":{""body"":""O café da manhã é servido até as 11h30!"",""title"":""Café da manhã leve e quente no pátio""}},` +
		`""document"":{""src"":""<placeholderLinkToDocument>"",""type"":""Link""},""locale"":""pt-BR""}]`
	group := strings.Split(strings.SplitN(got, "\n", 3)[1], ",")[2]
	want := header + "2026-11-20,sample-id," + group + ",Light and warm patio breakfast,Breakfast is served until 11:30 am!,en-US,en-US pt-BR," +
		`<placeholderLinkToDocument>,"` + content + `",UNITS,amzn1.alexa.unit.did.unitId,2021-01-01T10:00:00Z,2021-01-31T10:00:00Z,IN_PROGRESS,Explanation,1` + "\n"
	if diff := cmp.Diff(want, got); diff != "" || !strings.HasPrefix(group, "g-") {
		t.Errorf("%+v %s", a, diff)
	}
	if r := asked[0]; len(asked) != 1 || r.Path != "/v1/proactive/campaigns" || r.Query.Encode() != "maxResults=10" {
		t.Errorf("asked %+v", asked)
	}
}

// bare is a campaign of a page with the least that a row needs, and more JSON.
func bare(id, more string) string { return `{"campaignId":"` + id + `"` + more + `}` }

func page(rest string, items ...string) sourcetest.Reply {
	return sourcetest.Says(200, `{"results":[`+strings.Join(items, ",")+`]`+rest+`}`)
}

const more = `,"paginationContext":{"nextToken":"t"}`

func TestSnapshots(t *testing.T) {
	cases := map[string]struct {
		pages []sourcetest.Reply
		// want has of each row what follows its group, which another test knows.
		want []string
	}{
		"no campaign":          {pages: []sourcetest.Reply{page("")}},
		"one without anything": {pages: []sourcetest.Reply{page("", bare("a", ""))}, want: []string{",,,,,[],,,,,,,0"}},
		"sorted, each once":    {pages: []sourcetest.Reply{page(more, bare("b", ""), bare("a", "")), page("", bare("b", ""), bare("c", ""))}, want: []string{",,,,,[],,,,,,,0", ",,,,,[],,,,,,,0", ",,,,,[],,,,,,,0"}},
		"below its key": {
			pages: []sourcetest.Reply{page("", bare("a", `,"validationStatus":{"value":"REJECTED","reason":"No"},"campaign":{"suggestion":{"variants":[{"content":{"values":[{"locale":"en-US"}]}}]}}`))},
			want:  []string{`,,en-US,en-US,,"[{""locale"":""en-US""}]",,,,,REJECTED,No,0`},
		},
		"newer templates": {
			pages: []sourcetest.Reply{page("", bare("a", `,"suggestion":{"variants":[{"content":{"values":[{"datasources":{"displayText":{"primaryText":"P","secondaryText":"S","ratingNumber":4.50}}}]}}]}`))},
			want:  []string{`P,S,,,,"[{""datasources"":{""displayText"":{""primaryText"":""P"",""ratingNumber"":4.50,""secondaryText"":""S""}}}]",,,,,,,0`},
		},
		"units sorted, each once": {
			pages: []sourcetest.Reply{page("", bare("a", `,"targeting":{"type":"UNITS","values":[{"id":"u2"},{"id":"u1"},{"id":"u2"},{"user":"x"}]}`))},
			want:  []string{",,,,,[],UNITS,u1 u2,,,,,2"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, a, _ := fetch(t, c.pages...)
			lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
			if lines[0]+"\n" != header || len(lines)-1 != len(c.want) {
				t.Fatalf("got %+v %q", a, got)
			}
			for i, want := range c.want {
				prefix := "2026-11-20," + string(rune('a'+i)) + ",g-"
				if !strings.HasPrefix(lines[i+1], prefix) || lines[i+1][len(prefix)+13:] != want {
					t.Errorf("line %d is %s, want %s…%s", i+1, lines[i+1], prefix, want)
				}
			}
		})
	}
}

// What cannot be a snapshot is asked for again from the first page, and says nothing of the content.
func TestNoSnapshot(t *testing.T) {
	cases := map[string]struct {
		pages []sourcetest.Reply
		why   string
	}{
		"a campaign that changed":   {[]sourcetest.Reply{page(more, bare("a", "")), page("", bare("a", `,"validationStatus":{"value":"Room 101"}`))}, "a campaign changed from one of its pages to another"},
		"the same page for ever":    {[]sourcetest.Reply{page(more, bare("a", "")), page(more, bare("a", ""))}, "names the continuation token of an earlier page"},
		"an expired token":          {[]sourcetest.Reply{page(more), sourcetest.Says(400, `{"message":"Token expired"}`)}, "all pages are asked for again"},
		"no list":                   {[]sourcetest.Reply{sourcetest.Says(202, "")}, "not the JSON that is documented"},
		"null for a list":           {[]sourcetest.Reply{sourcetest.Says(202, `{"results":null}`)}, "not the JSON that is documented"},
		"no id":                     {[]sourcetest.Reply{page("", `{"campaign":{}}`)}, "one of its campaigns has no id"},
		"a moment that is none":     {[]sourcetest.Reply{page("", bare("a", `,"scheduling":{"activationWindow":{"start":"Room 101"}}`))}, "one of its moments is none"},
		"an end that is none":       {[]sourcetest.Reply{page("", bare("a", `,"scheduling":{"activationWindow":{"end":"Room 101"}}`))}, "one of its moments is none"},
		"suggestions of other kind": {[]sourcetest.Reply{page("", bare("a", `,"suggestion":"Room 101"`))}, "not the JSON that is documented"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, a, _ := fetch(t, c.pages...)
			if got != "" || a.Outcome != report.OutcomeBackOff || !strings.Contains(a.Why, c.why) || strings.Contains(a.Why, "Room 101") {
				t.Errorf("got %+v and %q", a, got)
			}
		})
	}
}

// A snapshot is of its day: what was listed later does not show what there was.
func TestASnapshotIsOfItsDay(t *testing.T) {
	s := campaigns.New(sourcetestOptions(t))
	yesterday := order()
	yesterday.Window = report.Window{From: yesterday.Window.From - 1, To: yesterday.Window.From - 1}
	file := report.NamedFile{Fetch: "all"}
	if _, a := s.Fetch(t.Context(), yesterday, file, nil); a.Outcome != report.OutcomeFailed || a.Why != "not sent: a snapshot of 2026-11-19 cannot be taken on 2026-11-20" {
		t.Errorf("got %+v", a)
	}
	if _, a := s.Fetch(t.Context(), order(), report.NamedFile{}, nil); a.Outcome != report.OutcomeFailed {
		t.Errorf("got %+v", a)
	}
}

func TestSubscriptions(t *testing.T) {
	s := campaigns.New(sourcetestOptions(t))
	err := s.Validate(report.Params{"unit_id": "x", "colour": "red"})
	if err == nil || err.Error() != "colour is not a parameter of campaigns: it has none\nunit_id is not a parameter of campaigns: it has none" {
		t.Errorf("got %v", err)
	}
	want := report.Limits{Tables: []string{"asp_campaigns"}, MaxWindowDays: 1, DeliveryWindow: 6 * time.Hour, Repeatable: true}
	if diff := cmp.Diff(want, s.Limits(nil)); diff != "" {
		t.Error(diff)
	}
	if err := s.Validate(s.Describe().Example("first").Params); err != nil {
		t.Errorf("the example is not accepted: %v", err)
	}
}

// The file has the columns of the table's definition, in its order, but for those that the conversion adds.
func TestTheHeaderIsThatOfTheTable(t *testing.T) {
	d, ok := dataset.Lookup("asp_campaigns")
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
