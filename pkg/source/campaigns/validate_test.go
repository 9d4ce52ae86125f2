package campaigns_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

// changed returns the vendor's example with texts replaced: pairs of old and new.
func changed(t *testing.T, pairs ...string) campaigns.Campaign {
	t.Helper()
	document := quote(t, "create-request.json")
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(document, pairs[i]) {
			t.Fatalf("the example has no %s", pairs[i])
		}
		document = strings.Replace(document, pairs[i], pairs[i+1], 1)
	}
	return parse(t, document)
}

// units returns the JSON of that many targets.
func units(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"id": "amzn1.alexa.unit.did.%d"}`, i))
	}
	return strings.Join(all, ",")
}

const (
	exampleTitle = "Example notification title."
	exampleUnit  = "{\n           \"id\": \"amzn1.alexa.unit.did.unitId\"\n        }"
	exampleSrc   = "<placeholderLinkToDocument>"
	exampleStart = "2021-01-01T10:00:00.00Z"
	exampleURI   = "connection://AMAZON.ColdLaunch/1?provider=amzn1.ask.skill.12345"
	exampleImage = "https://www.example.com/image.jpg"
)

func TestValidate(t *testing.T) {
	const first, second = "suggestion.variants[0].content.values[0].", "suggestion.variants[0].content.values[1]."
	family := strings.Repeat("\U0001F468\u200D\U0001F469\u200D\U0001F467", 60)
	cases := map[string]struct {
		changes  []string
		problems []string
	}{
		"the example":             {},
		"the documented template": {changes: []string{exampleSrc, campaigns.DefaultTemplate}},
		"a newer template": {changes: []string{exampleSrc, "doc://alexa/apl/documents/home/cards/rating",
			`"title": "` + exampleTitle + `"`, `"primaryText": "x", "ratingNumber": 4.5, "listItems": [{"a": 1}]`}},
		"another template":   {changes: []string{exampleSrc, "doc://alexa/apl/documents/enterprise/suggestions/home/defaultTemplat"}, problems: []string{first + "document.src is not a template that is documented"}},
		"60 characters":      {changes: []string{exampleTitle, strings.Repeat("é", 60)}},
		"61 characters":      {changes: []string{exampleTitle, strings.Repeat("é", 61)}, problems: []string{first + "datasources.displayText.title has 61 characters: at most 60"}},
		"60 of three parts":  {changes: []string{exampleTitle, family}},
		"60 with accents":    {changes: []string{exampleTitle, strings.Repeat("e\u0301", 60)}},
		"a title of numbers": {changes: []string{`"` + exampleTitle + `"`, "5"}, problems: []string{first + "datasources.displayText.title must be text"}},
		"no title":           {changes: []string{`"title": "` + exampleTitle + `",`, ""}},
		"100 units":          {changes: []string{exampleUnit, units(100)}},
		"101 units":          {changes: []string{exampleUnit, units(101)}, problems: []string{"targeting.values has 101 units: at most 100"}},
		"no unit":            {changes: []string{exampleUnit, ""}, problems: []string{"targeting.values is empty"}},
		"a unit twice":       {changes: []string{exampleUnit, units(1) + "," + units(1)}, problems: []string{"targeting.values[1].id is that of another value"}},
		"starts as it ends":  {changes: []string{exampleStart, "2021-01-31T11:00:00+01:00"}},
		"starts after":       {changes: []string{exampleStart, "2021-01-31T10:00:00.001Z"}, problems: []string{"scheduling.activationWindow.end is before the start"}},
		"starts on a day":    {changes: []string{exampleStart, "2021-01-01"}, problems: []string{"scheduling.activationWindow.start must be a moment"}},
		"unknown locale":     {changes: []string{"pt-BR", "pt_BR"}, problems: []string{second + `locale is "pt_BR"`}},
		"a locale twice":     {changes: []string{"pt-BR", "en-US"}, problems: []string{second + "locale is that of another value"}},
		"an image by HTTP":   {changes: []string{exampleImage, "http://www.example.com/image.jpg"}, problems: []string{first + "datasources.background.backgroundImageSource must be an https address"}},
		"no image":           {changes: []string{`"backgroundImageSource": "` + exampleImage + `"`, ""}, problems: []string{first + "datasources.background.backgroundImageSource is missing"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { sourcetest.Complains(t, changed(t, c.changes...).Validate(), c.problems) })
	}
}

// Everything that is wrong is said at once, nothing of the content is repeated, and nothing is sent.
func TestEveryProblemAtOnce(t *testing.T) {
	c := changed(t,
		`"HOME"`, `"LOBBY"`, `"Link"`, `"Inline"`, exampleTitle, strings.Repeat("Mrs Planted ", 6), "Example notification text.", strings.Repeat("Mrs Planted ", 7),
		"SkillConnection", "Call", exampleURI, "https://planted.example", `"input": {}`, `"input": {"planted": 1}`, exampleImage, "planted",
		`"en-US"`, `"english"`, "pt-BR", "pt", `"UNITS"`, `"USERS"`, "amzn1.alexa.unit.did.unitId", "Room 101", exampleStart, "yesterday", "2021-01-31T10:00:00.00Z", "",
	)
	const variant = "suggestion.variants[0]."
	const value = variant + "content.values[0]."
	problems := []string{
		variant + "placement.channel must be HOME", value + `locale is "english"`, value + "document.type must be Link",
		value + "datasources.displayText.title has 72 characters", value + "datasources.displayText.body has 84 characters",
		value + "datasources.displayText.action.type must be SkillConnection", value + "datasources.displayText.action.uri must be of the form connection://AMAZON.ColdLaunch/1",
		value + "datasources.displayText.action.input must be empty", value + "datasources.background.backgroundImageSource must be an https address",
		variant + `content.values[1].locale is "pt"`, "targeting.type must be UNITS", "targeting.values[0].id must be of the form amzn1.alexa.unit.did.{id}",
		"scheduling.activationWindow.start must be a moment", "scheduling.activationWindow.end must be a moment",
	}
	nobody, _ := client(t)
	_, err := nobody.Create(t.Context(), c)
	sourcetest.Complains(t, err, problems)
	if !fault.Is(err, fault.Poison) || strings.Contains(strings.ToLower(err.Error()), "planted") || strings.Contains(err.Error(), "Room 101") {
		t.Errorf("got %v", err)
	}
	sourcetest.Complains(t, campaigns.Campaign{}.Validate(), []string{
		"suggestion.variants is empty", "targeting.type must be UNITS", "targeting.values is empty",
		"scheduling.activationWindow.start must be", "scheduling.activationWindow.end must be",
	})
	empty := campaigns.Campaign{Suggestion: campaigns.Suggestion{Variants: make([]campaigns.Variant, 1)}}
	if err := empty.Validate(); !strings.Contains(err.Error(), "content.values is empty") {
		t.Errorf("got %v", err)
	}
}

func TestDatasources(t *testing.T) {
	const at = "suggestion.variants[0].content.values[0].datasources"
	cases := map[string][]string{
		``:                               {at + " is missing"},
		`"Room 101"`:                     {at + " must be a JSON object"},
		`null`:                           {at + " must be a JSON object"},
		`{}`:                             nil,
		`{"other":{"title":5}}`:          nil,
		`{"displayText":[]}`:             {at + ".displayText must be a JSON object"},
		`{"displayText":{"action":{}}}`:  {at + ".displayText.action.type must be", at + ".displayText.action.uri must be"},
		`{"displayText":{"title":null}}`: {at + ".displayText.title must be text"},
		`{"background":{"backgroundImageSource":5}}`: {at + ".background.backgroundImageSource must be text"},
	}
	for document, problems := range cases {
		t.Run(document, func(t *testing.T) {
			c := changed(t)
			c.Suggestion.Variants[0].Content.Values[0].Datasources = []byte(document)
			sourcetest.Complains(t, c.Validate(), problems)
		})
	}
}

func TestParse(t *testing.T) {
	cases := map[string]string{
		`{"sugestion":{}}`:                    `a campaign has no field "sugestion"`,
		`{"targeting":{"values":"Room 101"}}`: "targeting.values is not of the documented type",
		`[]`:                                  " is not of the documented type",
		`Room 101`:                            "a campaign is a JSON object",
		`{}{}`:                                "a campaign is one JSON object",
	}
	for document, want := range cases {
		t.Run(document, func(t *testing.T) {
			if _, err := campaigns.Parse([]byte(document)); err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRequestsThatAreNotSent(t *testing.T) {
	c, _ := client(t)
	many := make([]string, 101)
	for i := range many {
		many[i] = "U"
	}
	page := func(_ campaigns.Page, err error) error { return err }
	cases := map[string]error{
		"11 a page":        page(c.List(t.Context(), campaigns.PageRequest{MaxResults: 11})),
		"-1 a page":        page(c.List(t.Context(), campaigns.PageRequest{MaxResults: -1})),
		"for no unit":      page(c.Query(t.Context(), nil, campaigns.PageRequest{})),
		"for 101 units":    page(c.Query(t.Context(), many, campaigns.PageRequest{})),
		"for a blank one":  page(c.Query(t.Context(), []string{"Room 101"}, campaigns.PageRequest{})),
		"11 a queried one": page(c.Query(t.Context(), []string{"U1"}, campaigns.PageRequest{MaxResults: 11})),
		"no id":            c.Delete(t.Context(), ""),
		"another path":     c.Delete(t.Context(), ".."),
		"too long an id":   c.Delete(t.Context(), strings.Repeat("x", 256)),
		"a blank id":       func() error { _, err := c.Get(t.Context(), "a b"); return err }(),
	}
	for name, err := range cases {
		if !fault.Is(err, fault.Poison) || strings.Contains(err.Error(), "Room 101") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
