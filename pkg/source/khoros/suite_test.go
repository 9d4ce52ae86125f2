package khoros_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// vault is the suite's tokens as passwords.
type vault struct {
	tokens alexa.Tokens
	last   redact.Text
}

func (v *vault) Read(ctx context.Context) ([]byte, error) {
	token, err := v.tokens.Token(ctx)
	if err != nil {
		return nil, err
	}
	v.last = token
	return json.Marshal(map[string]string{"username": "analyst", "password": token.Reveal(), "company_key": "key-of-harbour", "hash_key": "salt-of-harbour"})
}

func (v *vault) Forget() { v.tokens.Drop(v.last) }

func build(o alexa.Options) requester.Source {
	return khoros.New(khoros.Options{Endpoint: o.Endpoint, HTTP: o.HTTP, Secret: &vault{tokens: o.Tokens}, Now: o.Now, Scrubber: o.Scrubber})
}

// order is for the 14th of November 2026 in New York.
func order(params report.Params) report.Order {
	all := report.Params{"report": "response", "company": "Harbour Hotels", "zone": "America/New_York"}
	maps.Copy(all, params)
	day := report.NewDate(2026, 11, 14)
	sub := report.Subscription{Name: "care", Source: report.SourceKhorosCare, Params: all, MaxWindowDays: 1}
	return report.Order{Job: "care-000001", Subscription: sub, Window: report.Window{From: day, To: day}, Tables: []string{dataset.KhorosTable(all["report"])}}
}

const (
	made  = `{"status":"PASS","request":null,"message":null,"result":{"workflowId":"wf-7","runId":"23+/a=","downloadUrl":"","statusUrl":"https://elsewhere.example/status"}}`
	ready = `{"status":"PASS","result":{"jobInfo":{"workflowId":"wf-7","runId":"23+/a=","downloadUrl":"/d/23%2B%2Fa%3D?analyticsAccessToken=t%2Ft"},` +
		`"result":{"runnerState":"CLOSED","reason":null,"detail":"COMPLETED"}}}`
	running = `{"status":"PASS","result":[{"jobInfo":{"workflowId":"wf-7","runId":"23+/a=","downloadUrl":"/early"},"result":{"runnerState":"RUNNING","reason":null,"detail":""}}]}`
	rows    = `[{"CONVERSATION_ID":"1","Response Content":"planted post text","Mood":"glad"},{"CONVERSATION_ID":"2","count":3}]`
)

func TestSuite(t *testing.T) {
	sourcetest.Run(t, sourcetest.Subject{
		New:   build,
		Order: func() report.Order { return order(nil) },
		Invalid: map[string]func(*report.Order){
			"parameters":       func(o *report.Order) { o.Subscription.Params = report.Params{"a": "b"} },
			"another table":    func(o *report.Order) { o.Tables = []string{"khoros_user"} },
			"a table too many": func(o *report.Order) { o.Tables = append(o.Tables, "khoros_user") },
			"no table":         func(o *report.Order) { o.Tables = nil },
			"two days":         func(o *report.Order) { o.Window.To++ },
			"inverted window":  func(o *report.Order) { o.Window.From = o.Window.To + 1 },
			"everything wrong": func(o *report.Order) { *o = report.Order{} },
		},
		Good: []string{made, running, ready, ready, rows},
		// What a throttled request is answered with is not documented.
		Statuses:      map[int]report.Outcome{403: report.OutcomeBackOff},
		Authorization: basic,
		Echo: func(quoted string) []string {
			return []string{
				`{"status":"PASS","result":` + quoted + `}`, `{"status":"PASS","message":` + quoted + `,"result":null}`,
				`{"status":"PASS","result":[{"workflowId":` + quoted + `,"runId":` + quoted + `}]}`, `[` + quoted + `]`,
			}
		},
	})
}

func basic(password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("analyst:"+password))
}
