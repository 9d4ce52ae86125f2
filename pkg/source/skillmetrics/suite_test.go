package skillmetrics_test

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/skillmetrics"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

func build(o alexa.Options) requester.Source { return skillmetrics.New(o) }

// suite is the source with parameters.
func suite(params report.Params) sourcetest.Subject {
	return sourcetest.Subject{
		New: build,
		Order: func() report.Order {
			o := order(params)
			o.Window.To++
			return o
		},
		Invalid: map[string]func(*report.Order){
			"parameters":       func(o *report.Order) { o.Subscription.Params = report.Params{"a": "b"} },
			"another table":    func(o *report.Order) { o.Tables = []string{"asp_device"} },
			"a table too many": func(o *report.Order) { o.Tables = append(o.Tables, "asp_device") },
			"no table":         func(o *report.Order) { o.Tables = nil },
			"eight days":       func(o *report.Order) { o.Window.To = o.Window.From + 7 },
			"inverted window":  func(o *report.Order) { o.Window.From = o.Window.To + 1 },
			"everything wrong": func(o *report.Order) { *o = report.Order{} },
		},
	}
}

func TestSuite(t *testing.T) {
	s := suite(report.Params{"metrics": "uniqueCustomers,totalSessions"})
	page := func(metric, day, value, rest string) string {
		return `{"metric":"` + metric + `","timestamps":["2026-11-0` + day + `T00:00:00Z"],"values":[` + value + `]` + rest + `}`
	}
	const more = `,"nextToken":"t"`
	s.Good = []string{page("totalSessions", "1", "9", ""), page("uniqueCustomers", "1", "5", more), page("uniqueCustomers", "2", "6", "")}
	s.Shuffled = []string{page("totalSessions", "1", "9", ""), page("uniqueCustomers", "2", "6", more), page("uniqueCustomers", "1", "5", "")}
	s.Echo = func(quoted string) []string {
		return []string{
			`{"metric":` + quoted + `}`,
			`{"metric":"totalSessions","timestamps":[` + quoted + `],"values":[1]}`,
			`{"metric":"totalSessions","timestamps":["2026-11-01T00:00:00Z"],"values":[` + quoted + `]}`,
			`{"metric":"totalSessions","nextToken":` + quoted + `}`,
		}
	}
	sourcetest.Run(t, s)
}

func TestSuiteV2(t *testing.T) {
	s := suite(report.Params{"api": "v2", "metrics": "A,B,C,D,E,F", "locales": ""})
	result := func(id, name, stamps, values string) string {
		return `{"id":"` + id + `","name":"` + name + `","data":[{"timestamps":[` + stamps + `],"values":[` + values + `]}]}`
	}
	rest := result("m2", "B", "", "") + "," + result("m3", "C", "", "") + "," + result("m4", "D", "", "") + "," + result("m5", "E", "", "")
	const first, second = "1793491200000", "1793577600000"
	last := `{"results":[` + result("m1", "F", first, "3") + `]}`
	s.Good = []string{
		`{"results":[` + result("m1", "A", first, "1") + `],"paginationContext":{"nextToken":"t"}}`,
		`{"results":[` + result("m1", "A", second, "2") + `,` + rest + `]}`, last,
	}
	s.Shuffled = []string{
		`{"results":[` + rest + `,` + result("m1", "A", second, "2") + `],"paginationContext":{"nextToken":"t"}}`,
		`{"results":[` + result("m1", "A", first, "1") + `]}`, last,
	}
	s.Echo = func(quoted string) []string {
		return []string{`{"results":[{"id":"m1","name":` + quoted + `}]}`, `{"results":[],"paginationContext":{"nextToken":` + quoted + `}}`}
	}
	sourcetest.Run(t, s)
}
