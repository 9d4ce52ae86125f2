package asp_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

func TestSuite(t *testing.T) {
	sourcetest.Run(t, sourcetest.Subject{
		New:   func(o alexa.Options) requester.Source { return open(o, asp.Options{}) },
		Order: func() report.Order { return order("asp_device") },
		Good:  []string{device},
		// The vendor must not get an order twice: what a gateway lost may have been taken.
		Statuses: map[int]report.Outcome{
			501: report.OutcomeNotReady, 502: report.OutcomeUnknown, 504: report.OutcomeUnknown,
		},
		Echo: func(quoted string) []string {
			return []string{`{"reports":[{"category":` + quoted + `,"name":` + quoted + `}]}`, `{"reports":[],"errors":[` + quoted + `]}`}
		},
		Invalid: map[string]func(*report.Order){
			"unknown table":    func(o *report.Order) { o.Tables = []string{"asp_defects"} },
			"no table":         func(o *report.Order) { o.Tables = nil },
			"inverted window":  func(o *report.Order) { o.Window.From = o.Window.To + 1 },
			"parameters":       func(o *report.Order) { o.Subscription.Params = report.Params{"a": "b"} },
			"no bucket":        func(o *report.Order) { o.DeliveryBucket = "" },
			"a bucket's path":  func(o *report.Order) { o.DeliveryBucket = "arn:aws:s3:::bucket/prefix" },
			"another ARN":      func(o *report.Order) { o.DeliveryBucket = "arn:aws:sqs:us-east-1:123456789012:queue" },
			"too long an ARN":  func(o *report.Order) { o.DeliveryBucket = "arn:" + strings.Repeat("a", 240) + ":s3:::bucket" },
			"a broken ARN":     func(o *report.Order) { o.DeliveryBucket = "arn:aws:s3" },
			"an invalid name":  func(o *report.Order) { o.DeliveryBucket = "Bucket" },
			"too long a name":  func(o *report.Order) { o.DeliveryBucket = strings.Repeat("b", 64) },
			"a region's ARN":   func(o *report.Order) { o.DeliveryBucket = "arn:aws:s3:us-east-1::bucket" },
			"everything wrong": func(o *report.Order) { *o = report.Order{} },
		},
	})
}

// Whatever the vendor answers, it ends in one outcome, names no file that was not asked for, and shows no secret.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		device, "", "{}", "null", `"x"`, "<html>", `{"reports":null}`, `{"errors":[null]}`, sourcetest.Everything(sourcetest.PlantedPlainAccess),
		`{"message":"There was an error processing the request.","reports":[],"errors":[{"errorDescription":"d","errorCode":"c","status":400}]}`,
	} {
		for _, status := range []int{200, 202, 302, 400, 401, 429, 503} {
			f.Add(status, body, "17")
		}
	}
	f.Fuzz(func(t *testing.T, status int, body, retryAfter string) {
		var scrubber redact.Scrubber
		scrubber.Add(redact.NewText(sourcetest.PlantedPlainAccess))
		s := asp.New(asp.Options{Options: alexa.Options{Now: func() time.Time { return sourcetest.Now }, Scrubber: &scrubber}})
		header := http.Header{"Retry-After": {retryAfter}, "X-Amzn-Requestid": {retryAfter}}
		got := asp.Understand(s, httpclient.Reply{Status: status, Header: header, Body: []byte(body), Whole: true}, []string{"asp_device"})
		if got.Outcome.String() == "unhandled outcome" || got.RetryAfter < 0 || got.RetryAfter > httpclient.MaxRetryAfter {
			t.Errorf("got %+v", got)
		}
		if (got.Outcome == report.OutcomeAccepted) != (len(got.Files) > 0) || len(got.Files) > 0 && (status < 200 || status > 299) {
			t.Errorf("status %d gave %+v", status, got)
		}
		for _, file := range got.Files {
			if file.Table != "asp_device" || strings.TrimSpace(file.Name) == "" {
				t.Errorf("got %+v", file)
			}
		}
		if strings.Contains(got.Why, sourcetest.PlantedPlainAccess) || strings.ContainsAny(got.Why+got.RequestID, "\r\n\x00") || len(got.Why) > 1500 {
			t.Errorf("why: %q", got.Why)
		}
	})
}
