package campaigns_test

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

func TestSuite(t *testing.T) {
	list := func(rest, ids string) string { return `{"results":[` + ids + `]` + rest + `}` }
	const more, last = `,"paginationContext":{"nextToken":"t"}`, `,"paginationContext":{"nextToken":null}`
	sourcetest.Run(t, sourcetest.Subject{
		New:   func(o alexa.Options) requester.Source { return campaigns.New(o) },
		Order: order,
		Invalid: map[string]func(*report.Order){
			"parameters":       func(o *report.Order) { o.Subscription.Params = report.Params{"a": "b"} },
			"another table":    func(o *report.Order) { o.Tables = []string{"asp_device"} },
			"no table":         func(o *report.Order) { o.Tables = nil },
			"two days":         func(o *report.Order) { o.Window.From-- },
			"inverted window":  func(o *report.Order) { o.Window.From = o.Window.To + 1 },
			"everything wrong": func(o *report.Order) { *o = report.Order{} },
		},
		Good:     []string{list(more, bare("a", "")+","+bare("b", "")), list(last, bare("c", ""))},
		Shuffled: []string{list(more, bare("c", "")+","+bare("a", "")), list(last, bare("a", "")+","+bare("b", ""))},
		Echo: func(quoted string) []string {
			return []string{
				list("", `{"campaignId":`+quoted+`}`),
				list("", bare("a", `,"scheduling":{"activationWindow":{"start":`+quoted+`}}`)),
				list("", bare("a", `,"suggestion":`+quoted)),
				list("", bare("a", `,"validationStatus":{"reason":`+quoted+`}`)+","+bare("a", "")),
				list(`,"paginationContext":{"nextToken":`+quoted+`}`, ""),
			}
		},
	})
}
