package pinpoint_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

const app = "ce796be37f32f178af652b26eexample"

// signing takes the token of the suite for the credentials.
type signing struct{ tokens alexa.Tokens }

func (s signing) Retrieve(ctx context.Context) (aws.Credentials, error) {
	token, err := s.tokens.Token(ctx)
	return aws.Credentials{AccessKeyID: "id", SecretAccessKey: token.Reveal(), SessionToken: token.Reveal()}, err
}

// ending builds the source of a service that ends on a day.
func ending(day report.Date) func(alexa.Options) requester.Source {
	return func(o alexa.Options) requester.Source {
		config := aws.Config{Region: "us-east-1", BaseEndpoint: &o.Endpoint}
		if o.Tokens != nil {
			config.Credentials = signing{o.Tokens}
		}
		s := pinpoint.New(pinpoint.Options{AWS: config, HTTP: o.HTTP, Now: o.Now, Scrubber: o.Scrubber})
		s.EndOn(day)
		return s
	}
}

// running builds the source of a service that has not ended on the day of the suite.
var running = ending(report.DateOf(sourcetest.Now))

func order(params ...string) report.Order {
	p := report.Params{pinpoint.ParamApplicationID: app, pinpoint.ParamKPIs: "txn-emails-sent"}
	for i := 0; i < len(params); i += 2 {
		p[params[i]] = params[i+1]
	}
	day := report.NewDate(2026, 10, 1)
	return report.Order{
		Job: "mail-000001", Subscription: report.Subscription{Name: "mail", Source: report.SourcePinpointKPI, Params: p},
		Window: report.Window{From: day, To: day}, Tables: []string{pinpoint.Table},
	}
}

// says is the body of an answer about the application on 1 October.
func says(kpi, rows string) string {
	return `{"ApplicationId":"` + app + `","KpiName":"` + kpi + `","StartTime":"2026-10-01T00:00:00Z","EndTime":"2026-10-01T23:59:59Z","KpiResult":{"Rows":[` + rows + `]}}`
}

func TestSuite(t *testing.T) {
	group := func(country, value string) string {
		return `{"GroupedBys":[{"Key":"Country","Type":"String","Value":"` + country + `"}],"Values":[{"Key":"TxnSmsSent","Type":"Double","Value":"` + value + `"}]}`
	}
	const total = `{"Values":[{"Key":"TxnEmailsSent","Type":"Double","Value":"9.0"}]}`
	sourcetest.Run(t, sourcetest.Subject{
		New: running,
		Order: func() report.Order {
			return order(pinpoint.ParamKPIs, "txn-sms-sent-grouped-by-country,txn-emails-sent")
		},
		Signed: true,
		Invalid: map[string]func(*report.Order){
			"parameters":      func(o *report.Order) { o.Subscription.Params = report.Params{"a": "b"} },
			"another table":   func(o *report.Order) { o.Tables = []string{"asp_device"} },
			"no table":        func(o *report.Order) { o.Tables = nil },
			"thirty-two days": func(o *report.Order) { o.Window.To = o.Window.From + 31 },
			"inverted window": func(o *report.Order) { o.Window.From = o.Window.To + 1 },
		},
		Good:     []string{says("txn-emails-sent", total), says("txn-sms-sent-grouped-by-country", group("US", "3.0")+","+group("CA", "1.0"))},
		Shuffled: []string{says("txn-emails-sent", total), says("txn-sms-sent-grouped-by-country", group("CA", "1.0")+","+group("US", "3.0"))},
		Echo: func(quoted string) []string {
			return []string{
				strings.Replace(says("txn-emails-sent", total), `"`+app+`"`, quoted, 1),
				strings.Replace(says("txn-emails-sent", total), `"txn-emails-sent"`, quoted, 1),
				strings.Replace(says("txn-emails-sent", total), `"2026-10-01T00:00:00Z"`, quoted, 1),
				says("txn-emails-sent", total)[:20] + quoted,
				strings.Replace(says("txn-emails-sent", total), `"KpiResult"`, `"NextToken":`+quoted+`,"KpiResult"`, 1),
			}
		},
	})
}
