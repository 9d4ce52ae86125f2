package campaigns_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

// A creation must not happen twice: what the vendor may have carried out is not known, and nobody sends it again.
func TestWhatBecomesOfACreation(t *testing.T) {
	cases := map[string]struct {
		answer  sourcetest.Reply
		outcome report.Outcome
		kind    fault.Kind
	}{
		"no id":               {sourcetest.Says(202, `{}`), report.OutcomeUnknown, fault.Internal},
		"no body":             {sourcetest.Says(201, ""), report.OutcomeUnknown, fault.Internal},
		"broken off":          {sourcetest.Says(202, `{"campaignId":"a"}`, "Content-Length", "500"), report.OutcomeUnknown, fault.Internal},
		"no answer":           {sourcetest.Raw(""), report.OutcomeUnknown, fault.Internal},
		"late":                {sourcetest.Late, report.OutcomeUnknown, fault.Internal},
		"500":                 {sourcetest.Says(500, `{"message":"internal"}`), report.OutcomeUnknown, fault.Internal},
		"504":                 {sourcetest.Says(504, ""), report.OutcomeUnknown, fault.Internal},
		"503":                 {sourcetest.Says(503, `{"message":"Service is temporarily unavailable."}`), report.OutcomeBackOff, fault.Transient},
		"503 of a gateway":    {sourcetest.Says(503, "upstream connect error", "Content-Type", "text/plain"), report.OutcomeUnknown, fault.Internal},
		"429":                 {sourcetest.Says(429, `{}`, "Retry-After", "3"), report.OutcomeBackOff, fault.Transient},
		"400":                 {sourcetest.Says(400, `{"message":"no"}`), report.OutcomeRefused, fault.Poison},
		"400, content echoed": {sourcetest.Says(400, `{"message":"Example notification text. Tail is not allowed, and neither is Texto de notificação de exemplo."}`), report.OutcomeRefused, fault.Poison},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			vendor, _ := client(t, c.answer)
			id, err := vendor.Create(t.Context(), changed(t, exampleTitle, "Example notification text. Tail"))
			e, ok := errors.AsType[*campaigns.Error](err)
			if id != "" || !ok || e.Answer.Outcome != c.outcome || fault.KindOf(err) != c.kind {
				t.Fatalf("got %q, %v of kind %s", id, err, fault.KindOf(err))
			}
			if unknown := strings.Contains(err.Error(), "list the campaigns before you create it again"); unknown != (c.outcome == report.OutcomeUnknown) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "Tail") || strings.Contains(err.Error(), "Example") || strings.Contains(err.Error(), "exemplo") {
				t.Errorf("content is shown: %v", err)
			}
		})
	}
}

func TestWhatIsNotThere(t *testing.T) {
	const no = `{"message":"The campaign isn't found."}`
	c, _ := client(t, sourcetest.Says(404, no), sourcetest.Says(http.StatusNotFound, no), sourcetest.Says(200, `{"campaignId":"another"}`), sourcetest.Says(200, "Room 101"))
	_, get := c.Get(t.Context(), "a")
	for _, err := range []error{get, c.Delete(t.Context(), "a")} {
		if !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "only campaigns of the same security profile are visible") {
			t.Errorf("got %v", err)
		}
	}
	for range 2 {
		if _, err := c.Get(t.Context(), "a"); !fault.Is(err, fault.Transient) || strings.Contains(err.Error(), "Room 101") {
			t.Errorf("got %v", err)
		}
	}
}

func TestAllPages(t *testing.T) {
	one := func(id, rest string) sourcetest.Reply {
		return sourcetest.Says(200, `{"results":[{"campaignId":"`+id+`"}]`+rest+`}`)
	}
	const more = `,"paginationContext":{"nextToken":"t"}`
	cases := map[string]struct {
		pages []sourcetest.Reply
		want  string
		kind  fault.Kind
	}{
		"one":                 {pages: []sourcetest.Reply{one("a", "")}, want: "[campaign a]"},
		"no more":             {pages: []sourcetest.Reply{one("a", `,"paginationContext":null`)}, want: "[campaign a]"},
		"no token":            {pages: []sourcetest.Reply{one("a", `,"paginationContext":{}`)}, want: "[campaign a]"},
		"null":                {pages: []sourcetest.Reply{one("a", more), one("b", `,"paginationContext":{"nextToken":null}`)}, want: "[campaign a campaign b]"},
		"shifted":             {pages: []sourcetest.Reply{one("a", more), one("a", "")}, want: "[campaign a]"},
		"round":               {pages: []sourcetest.Reply{one("a", more), one("b", more)}, kind: fault.Transient},
		"expired":             {pages: []sourcetest.Reply{one("a", more), sourcetest.Says(400, `{"message":"Invalid token"}`)}, kind: fault.Transient},
		"no list":             {pages: []sourcetest.Reply{sourcetest.Says(202, "{}")}, kind: fault.Transient},
		"a list of something": {pages: []sourcetest.Reply{sourcetest.Says(200, `{"results":[{}]}`)}, kind: fault.Transient},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c, v := client(t, test.pages...)
			pauses := 0
			got, err := campaigns.All(t.Context(), c.List, func(context.Context) error { pauses++; return nil })
			if text := fmt.Sprint(got); err == nil && text != test.want || err != nil && fault.KindOf(err) != test.kind || (err == nil) != (test.want != "") {
				t.Errorf("got %v, %v", got, err)
			}
			if pauses != len(v.Asked())-1 {
				t.Errorf("%d pauses for %d requests", pauses, len(v.Asked()))
			}
		})
	}
	c, _ := client(t, one("a", more))
	stop := errors.New("stop")
	if _, err := campaigns.All(t.Context(), c.List, func(context.Context) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// A promotion to any number of units becomes campaigns that the vendor takes and that report as one.
func TestSplit(t *testing.T) {
	c := changed(t, exampleUnit, units(201)+","+units(2))
	parts := campaigns.Split(c)
	group, err := c.Group()
	if err != nil || !strings.HasPrefix(group, "g-") || len(group) != 14 {
		t.Fatalf("got %q, %v", group, err)
	}
	var sizes []int
	for _, part := range parts {
		sizes = append(sizes, len(part.Targeting.Values))
		if g, _ := part.Group(); g != group || part.Validate() != nil {
			t.Errorf("a part is of %s: %v", g, part.Validate())
		}
	}
	if fmt.Sprint(sizes) != "[100 100 1]" || len(c.Targeting.Values) != 203 {
		t.Errorf("parts of %v", sizes)
	}
	if parts := campaigns.Split(campaigns.Campaign{}); len(parts) != 1 {
		t.Errorf("nobody's campaign has %d parts", len(parts))
	}
	groups := map[string][]string{
		"other blanks":   {`"locale": "pt-BR"`, `"locale" :  "pt-BR"`},
		"another form":   {exampleStart, "2021-01-01T11:00:00+01:00"},
		"another title":  {exampleTitle, "x"},
		"another start":  {exampleStart, "2021-01-01T10:00:01Z"},
		"other template": {exampleSrc, campaigns.DefaultTemplate},
	}
	for name, changes := range groups {
		same := name == "other blanks" || name == "another form"
		if g, _ := changed(t, changes...).Group(); (g == group) != same {
			t.Errorf("%s: %s and %s", name, g, group)
		}
	}
}

// What a campaign says is printed nowhere.
func TestContentIsNotPrinted(t *testing.T) {
	c, _ := client(t, sourcetest.Says(200, quote(t, "query-response.json")))
	page, err := c.List(t.Context(), campaigns.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, v := range []any{page, page.Campaigns[0], page.Campaigns[0].Campaign, &page.Campaigns[0].Campaign, campaigns.New(sourcetestOptions(t))} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
	}
	for _, v := range []any{page, page.Campaigns[0], page.Campaigns[0].Campaign} {
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
	}
	if strings.Contains(out.String(), "breakfast") || !strings.Contains(out.String(), "sample-id") {
		t.Errorf("printed: %s", out.String())
	}
}
