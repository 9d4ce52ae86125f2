package campaigns_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

// quote returns an example of the vendor's page. Those that are no JSON have their notes filled in: the targeting by its own
// example, and nothing for a comment or a further campaign.
func quote(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".json") {
		return string(text)
	}
	targeting := strings.TrimSpace(quote(t, "targeting.json"))
	return strings.NewReplacer(
		"(polymorphic object of type units)", targeting[1:len(targeting)-1],
		"// IN_PROGRESS, APPROVED, or REJECTED", "",
		",\n     {\n        ... (another campaign and status) ...\n     }", "",
	).Replace(string(text))
}

func value(t *testing.T, document string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		t.Fatalf("%v: %s", err, document)
	}
	return v
}

func same(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(value(t, want), value(t, got)); diff != "" {
		t.Error(diff)
	}
}

func parse(t *testing.T, document string) campaigns.Campaign {
	t.Helper()
	c, err := campaigns.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// client returns a client before a vendor that gives these answers.
func client(t *testing.T, answers ...sourcetest.Reply) (*campaigns.Client, *sourcetest.Vendor) {
	t.Helper()
	o, v, _ := sourcetest.Play(t, answers...)
	return campaigns.NewClient(o), v
}

// sent checks a request: its line, and for one with a body that it is JSON with this value.
func sent(t *testing.T, v *sourcetest.Vendor, line, body string) {
	t.Helper()
	asked := v.Asked()[len(v.Asked())-1]
	got := asked.Method + " " + asked.Path
	if len(asked.Query) > 0 {
		got += "?" + asked.Query.Encode()
	}
	if got != line || asked.Header.Get("Authorization") != "Bearer Atza|first" || asked.Header.Get("Accept") != "application/json" {
		t.Errorf("asked %+v", asked)
	}
	if body == "" {
		if asked.Body != "" || asked.Header.Get("Content-Type") != "" {
			t.Errorf("a body was sent: %+v", asked)
		}
		return
	}
	same(t, body, asked.Body)
}

func TestTheExampleOfACreation(t *testing.T) {
	document := quote(t, "create-request.json")
	for _, status := range []int{http.StatusAccepted, http.StatusCreated, http.StatusOK} {
		c, v := client(t, sourcetest.Says(status, quote(t, "create-response.json")))
		id, err := c.Create(t.Context(), parse(t, document))
		if id != "{exampleId}" || err != nil {
			t.Errorf("status %d: got %q, %v", status, id, err)
		}
		sent(t, v, "POST /v1/proactive/campaigns", document)
	}
	body, err := parse(t, document).Body()
	if err != nil || !strings.Contains(string(body), `"start":"2021-01-01T10:00:00.00Z","end":"2021-01-31T10:00:00.00Z"`) {
		t.Errorf("got %s, %v", body, err)
	}
}

// The entity in the vendor's format has no content: every field that lacks is named.
func TestTheFormatOfACreation(t *testing.T) {
	c := parse(t, quote(t, "create-format.txt"))
	body, err := c.Body()
	if err != nil {
		t.Fatal(err)
	}
	same(t, strings.Replace(quote(t, "create-format.txt"), `"document": {}`, `"document": {"type":"","src":""}`, 1), string(body))
	want := "suggestion.variants[0].content.values[0].document.type must be Link\n" +
		"suggestion.variants[0].content.values[0].document.src is missing: use doc://alexa/apl/documents/enterprise/suggestions/home/defaultTemplate"
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestTheExampleOfAList(t *testing.T) {
	c, v := client(t, sourcetest.Says(202, quote(t, "list-response.txt")))
	page, err := c.List(t.Context(), campaigns.PageRequest{MaxResults: 3, NextToken: "a b&c"})
	if err != nil || len(page.Campaigns) != 1 || page.NextToken != "token from previous call" {
		t.Fatalf("got %v, %v", page, err)
	}
	sent(t, v, "GET /v1/proactive/campaigns?maxResults=3&nextToken=a+b%26c", "")
	l := page.Campaigns[0]
	if l.ID != "campaignId" || l.Validation.Value != "string enum" || l.Validation.Reason != "Explanation" || l.Targeting.Values[0].ID != "amzn1.alexa.unit.did.unitId" {
		t.Errorf("got %+v", l.Targeting)
	}
}

func TestTheExampleOfAQuery(t *testing.T) {
	c, v := client(t, sourcetest.Says(200, quote(t, "query-response.json")))
	page, err := c.Query(t.Context(), []string{"U1", "U2"}, campaigns.PageRequest{MaxResults: 10, NextToken: "paginationTokenString"})
	if err != nil || len(page.Campaigns) != 1 || page.NextToken != "paginationTokenString" {
		t.Fatalf("got %v, %v", page, err)
	}
	sent(t, v, "POST /v1/proactive/campaigns/query", quote(t, "query-request.json"))
	// The background of the second value stands beside the datasources: it is kept where it stands.
	results, _ := value(t, quote(t, "query-response.json")).(map[string]any)["results"].([]any)
	given, err := json.Marshal(page.Campaigns[0])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(results[0], value(t, string(given))); diff != "" {
		t.Error(diff)
	}
}

func TestTheExampleOfGet(t *testing.T) {
	document := quote(t, "get-response.txt")
	c, v := client(t, sourcetest.Says(200, document))
	l, err := c.Get(t.Context(), "campaignId")
	if err != nil || l.ID != "campaignId" || l.Validation.Final() {
		t.Errorf("got %v, %v", l, err)
	}
	sent(t, v, "GET /v1/proactive/campaigns/campaignId", "")
	given, _ := json.Marshal(l)
	same(t, document, string(given))
}

func TestTheExampleOfADeletion(t *testing.T) {
	for _, status := range []int{http.StatusAccepted, http.StatusNoContent, http.StatusOK} {
		c, v := client(t, sourcetest.Says(status, ""))
		if err := c.Delete(t.Context(), "a/b?c"); err != nil {
			t.Errorf("status %d: %v", status, err)
		}
		sent(t, v, "DELETE /v1/proactive/campaigns/a%2Fb%3Fc", "")
	}
}
