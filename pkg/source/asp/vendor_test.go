package asp_test

import (
	"encoding/json"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

// fails answers with the documented form of an error.
func fails(status int, code, description string) sourcetest.Reply {
	errors, _ := json.Marshal([]any{map[string]any{"errorDescription": description, "errorCode": code, "status": status}})
	return sourcetest.Says(status, `{"message": "There was an error processing the request.", "reports": [], "errors": `+string(errors)+`}`)
}

// play returns a source before a vendor that gives these answers, with two tokens to spend.
func play(t *testing.T, answers ...sourcetest.Reply) (*asp.Source, *sourcetest.Vendor, *sourcetest.Tokens) {
	t.Helper()
	o, v, k := sourcetest.Play(t, answers...)
	return open(o, asp.Options{}), v, k
}

func open(a alexa.Options, o asp.Options) *asp.Source {
	o.Options = a
	return asp.New(o)
}

// sent returns the body of a request.
func sent(t *testing.T, r sourcetest.Request) map[string]any {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
		t.Errorf("the request's body: %v", err)
	}
	return body
}

var allTables = []string{
	"asp_device", "asp_domain_engagement", "asp_proactive_campaign", "asp_property_skill", "asp_communication",
}

func order(tables ...string) report.Order {
	if len(tables) == 0 {
		tables = allTables
	}
	return report.Order{
		Job: "seaside/1",
		Subscription: report.Subscription{
			Name: "seaside", Source: report.SourceASPAnalytics,
			Params: report.Params{"unit_id": "amzn1.alexa.unit.did.xxxx"},
		},
		Window:         report.Window{From: report.NewDate(2026, 6, 1), To: report.NewDate(2026, 6, 2)},
		Tables:         tables,
		DeliveryBucket: "bellhop-x-delivery",
	}
}
