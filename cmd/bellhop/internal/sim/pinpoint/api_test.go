package pinpoint_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/pinpoint"
	"github.com/aws/aws-sdk-go-v2/service/pinpoint/types"
	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/pinpoint"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// vendor is the API behind a real server, called by the vendor's own SDK, with a clock that the test moves.
type vendor struct {
	t      *testing.T
	api    *rest.Service
	server *httptest.Server
	client *sdk.Client
	clock  time.Time
}

const app = pinpoint.DemoApplicationID

func start(t *testing.T, faults ...script.Fault) *vendor {
	t.Helper()
	v := &vendor{t: t, clock: time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)}
	api, err := pinpoint.New(pinpoint.Config{
		Seed: 7, Now: func() time.Time { return v.clock }, Applications: pinpoint.DemoApplications(), Faults: faults,
	})
	if err != nil {
		t.Fatal(err)
	}
	v.api, v.server = api, httptest.NewServer(api)
	t.Cleanup(v.server.Close)
	v.client = sdk.New(sdk.Options{
		BaseEndpoint: &v.server.URL, Region: "us-east-1", Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
	return v
}

func at(text string) *time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return &t
}

// rows asks for a KPI of any level, from and to a day included.
func (v *vendor) rows(level, kpi, from, to string) ([]types.ResultRow, error) {
	id, start, end := aws.String(app), at(from+"T00:00:00Z"), at(to+"T23:59:59Z")
	switch level {
	case "application":
		out, err := v.client.GetApplicationDateRangeKpi(context.Background(), &sdk.GetApplicationDateRangeKpiInput{
			ApplicationId: id, KpiName: &kpi, StartTime: start, EndTime: end})
		if err != nil {
			return nil, err
		}
		return out.ApplicationDateRangeKpiResponse.KpiResult.Rows, nil
	case "campaign":
		out, err := v.client.GetCampaignDateRangeKpi(context.Background(), &sdk.GetCampaignDateRangeKpiInput{
			ApplicationId: id, CampaignId: aws.String(pinpoint.DemoEmails), KpiName: &kpi, StartTime: start, EndTime: end})
		if err != nil {
			return nil, err
		}
		return out.CampaignDateRangeKpiResponse.KpiResult.Rows, nil
	}
	out, err := v.client.GetJourneyDateRangeKpi(context.Background(), &sdk.GetJourneyDateRangeKpiInput{
		ApplicationId: id, JourneyId: aws.String(pinpoint.DemoJourney), KpiName: &kpi, StartTime: start, EndTime: end})
	if err != nil {
		return nil, err
	}
	return out.JourneyDateRangeKpiResponse.KpiResult.Rows, nil
}

// sum adds up the rows of a KPI. The SDK gives every value as a string.
func (v *vendor) sum(level, kpi, from, to string) (n float64) {
	v.t.Helper()
	rows, err := v.rows(level, kpi, from, to)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, r := range rows {
		var f float64
		if err := json.Unmarshal([]byte(*r.Values[0].Value), &f); err != nil || *r.Values[0].Type != "Double" || !strings.Contains(*r.Values[0].Value, ".") {
			v.t.Fatalf("%s: %q of type %s", kpi, *r.Values[0].Value, *r.Values[0].Type)
		}
		n += f
	}
	return n
}

func TestSDKReadsAnAnswer(t *testing.T) {
	v := start(t)
	out, err := v.client.GetCampaignDateRangeKpi(t.Context(), &sdk.GetCampaignDateRangeKpiInput{
		ApplicationId: aws.String(app), CampaignId: aws.String(pinpoint.DemoEmails), KpiName: aws.String("unique-deliveries-grouped-by-date"),
		StartTime: at("2026-10-18T00:00:00Z"), EndTime: at("2026-10-19T23:59:59Z"),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := out.CampaignDateRangeKpiResponse
	if *r.ApplicationId != app || *r.CampaignId != pinpoint.DemoEmails || *r.KpiName != "unique-deliveries-grouped-by-date" || r.NextToken != nil ||
		!r.StartTime.Equal(*at("2026-10-18T00:00:00Z")) || !r.EndTime.Equal(*at("2026-10-19T23:59:59Z")) {
		t.Errorf("%+v", r)
	}
	rows := r.KpiResult.Rows
	if len(rows) != 2 || *rows[0].GroupedBys[0].Value != "2026-10-18" || *rows[1].GroupedBys[0].Value != "2026-10-19" || *rows[0].Values[0].Key != "UniqueDeliveries" {
		t.Errorf("rows %+v", rows)
	}
}

// The document has 10 + 22 + 16 KPIs of applications, 18 of campaigns and 18 of journeys.
func TestEveryKPI(t *testing.T) {
	v := start(t)
	for level, want := range map[string]int{"application": 48, "campaign": 18, "journey": 18} {
		names := pinpoint.KPIs(level)
		if len(names) != want {
			t.Errorf("%s has %d KPIs, want %d", level, len(names), want)
		}
		for _, name := range names {
			rows, err := v.rows(level, name, "2026-10-01", "2026-10-14")
			if err != nil {
				t.Errorf("%s %s: %v", level, name, err)
			}
			grouped := strings.Contains(name, "-grouped-by-") || name == "txn-sms-error-distribution"
			// The campaign of e-mails has no push messages and no SMS.
			if empty := level == "campaign" && (strings.Contains(name, "push") || name == "sms-spend"); (len(rows) == 0) != empty {
				t.Errorf("%s %s has %d rows", level, name, len(rows))
			}
			for _, r := range rows {
				if (len(r.GroupedBys) == 1) != grouped || len(r.Values) != 1 {
					t.Errorf("%s %s: %+v", level, name, r)
				}
			}
		}
	}
}

func TestCountsAddUpAndPeopleDoNot(t *testing.T) {
	v := start(t)
	days := []string{"2026-10-12", "2026-10-13", "2026-10-14"}
	for _, kpi := range []string{"txn-emails-sent", "txn-sms-delivered-by-parts", "txn-emails-unique-opens"} {
		whole, parts := v.sum("application", kpi, days[0], days[2]), 0.0
		for _, day := range days {
			parts += v.sum("application", kpi, day, day)
		}
		if unique := strings.Contains(kpi, "unique"); whole == 0 || (whole < parts) != unique || whole > parts {
			t.Errorf("%s: %v in three days, %v day by day", kpi, whole, parts)
		}
	}
	if plain, grouped := v.sum("application", "txn-sms-sent", days[0], days[2]), v.sum("application", "txn-sms-sent-grouped-by-country", days[0], days[2]); plain != grouped {
		t.Errorf("%v SMS, %v of all countries", plain, grouped)
	}
	if first, again := v.sum("journey", "journey-emails-sent", days[0], days[2]), start(t).sum("journey", "journey-emails-sent", days[0], days[2]); first != again {
		t.Errorf("%v with a seed, %v with the same", first, again)
	}
}

// What is not counted yet, or lies before the first message, has no row: not a zero.
func TestNoDataHasNoRows(t *testing.T) {
	v := start(t, script.Fault{Kind: pinpoint.NoData, Metrics: []string{"txn-emails-sent"}})
	for name, test := range map[string]struct{ kpi, day string }{
		"tomorrow": {"txn-sms-sent", "2026-10-21"}, "on demand": {"txn-emails-sent", "2026-10-14"},
	} {
		if rows, err := v.rows("application", test.kpi, test.day, test.day); err != nil || rows == nil || len(rows) != 0 {
			t.Errorf("%s: %v %v", name, rows, err)
		}
	}
}

func TestRangeOfDays(t *testing.T) {
	v := start(t)
	for name, test := range map[string]struct {
		from, to string
		refused  bool
	}{
		"31 days":     {"2026-09-01", "2026-10-01", false},
		"32 days":     {"2026-08-31", "2026-10-01", true},
		"89 days ago": {"2026-07-23", "2026-07-23", false},
		"90 days ago": {"2026-07-22", "2026-07-22", true},
		"backwards":   {"2026-10-02", "2026-10-01", true},
	} {
		_, err := v.rows("application", "txn-emails-sent", test.from, test.to)
		var bad *types.BadRequestException
		if errors.As(err, &bad) != test.refused || (err != nil) != test.refused {
			t.Errorf("%s: %v", name, err)
		}
		if test.refused && (bad == nil || *bad.Message == "" || len(*bad.RequestID) != 36) {
			t.Errorf("%s: %+v", name, bad)
		}
	}
}

// The documented forms of a time, and what is no form of one. Without times, it is the 31 days before.
func TestFormsOfTime(t *testing.T) {
	for query, want := range map[string]string{
		"start-time=2026-10-15&end-time=2026-10-19":                               `"StartTime":"2026-10-15T00:00:00Z","EndTime":"2026-10-19T23:59:59Z"`,
		"start-time=2026-10-15T16:00Z&end-time=2026-10-19T20:00Z":                 `"StartTime":"2026-10-15T16:00:00Z","EndTime":"2026-10-19T20:00:00Z"`,
		"start-time=2026-10-15T16:00:00.5Z&end-time=2026-10-19T20%3A00%3A00.000Z": `"StartTime":"2026-10-15T16:00:00Z"`,
		"":                      `"StartTime":"2026-09-20T00:00:00Z","EndTime":"2026-10-20T12:00:00Z"`,
		"start-time=1792022400": "BadRequestException",
	} {
		v := start(t)
		r, err := http.NewRequest(http.MethodGet, v.server.URL+"/v1/apps/"+app+"/kpis/daterange/txn-emails-sent?"+query, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=id/20261020/us-east-1/mobiletargeting/aws4_request, SignedHeaders=host, Signature=0")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !strings.Contains(string(body)+resp.Header.Get("X-Amzn-Errortype"), want) {
			t.Errorf("%q: %s, want %s", query, body, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for name, test := range map[string]struct {
		fault script.Fault
		call  func(*vendor) error
		code  string
	}{
		"unknown application": {call: func(v *vendor) error {
			_, err := v.client.GetApplicationDateRangeKpi(context.Background(), &sdk.GetApplicationDateRangeKpiInput{ApplicationId: aws.String("x"), KpiName: aws.String("txn-emails-sent")})
			return err
		}, code: "NotFoundException"},
		"unknown campaign": {call: func(v *vendor) error {
			_, err := v.client.GetCampaignDateRangeKpi(context.Background(), &sdk.GetCampaignDateRangeKpiInput{ApplicationId: aws.String(app), CampaignId: aws.String(pinpoint.DemoJourney), KpiName: aws.String("sms-spend")})
			return err
		}, code: "NotFoundException"},
		// Examples of the seed document that are in no list.
		"a bare name":       {call: asking("attempted-deliveries"), code: "BadRequestException"},
		"throttled":         {script.Fault{Kind: script.RateLimited}, asking("txn-emails-sent"), "TooManyRequestsException"},
		"server error":      {script.Fault{Kind: script.ServerError}, asking("txn-emails-sent"), "InternalServerErrorException"},
		"forbidden":         {script.Fault{Kind: script.ServerError, Status: 403}, asking("txn-emails-sent"), "ForbiddenException"},
		"payload too large": {script.Fault{Kind: script.ServerError, Status: 413}, asking("txn-emails-sent"), "PayloadTooLargeException"},
		"retired on demand": {script.Fault{Kind: pinpoint.Retired, Operations: []string{"application"}}, asking("txn-emails-sent"), "ForbiddenException"},
	} {
		var faults []script.Fault
		if test.fault.Kind != "" {
			faults = append(faults, test.fault)
		}
		v := start(t, faults...)
		var api smithy.APIError
		if err := test.call(v); !errors.As(err, &api) || api.ErrorCode() != test.code || api.ErrorMessage() == "" {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
		if k := test.fault.Kind; k != "" && (v.api.Counters().Faults[k] != 1 || v.api.Words(k) == "") {
			t.Errorf("%s: not counted, or without words", name)
		}
	}
	for _, kind := range []script.Kind{script.LostAnswer, script.LostRequest} {
		var api smithy.APIError
		if err := asking("txn-emails-sent")(start(t, script.Fault{Kind: kind})); err == nil || errors.As(err, &api) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func asking(kpi string) func(*vendor) error {
	return func(v *vendor) error {
		_, err := v.rows("application", kpi, "2026-10-14", "2026-10-14")
		return err
	}
}

func TestUnsignedCallsAreRefused(t *testing.T) {
	v := start(t)
	resp, err := http.Get(v.server.URL + "/v1/apps/" + app + "/kpis/daterange/txn-emails-sent")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden || resp.Header.Get("X-Amzn-Errortype") != "MissingAuthenticationTokenException" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

// The service ended on 2026-10-30. From the next day on everything is forbidden, at every level.
func TestEndOfSupport(t *testing.T) {
	v := start(t)
	for _, level := range []string{"application", "campaign", "journey"} {
		kpi := pinpoint.KPIs(level)[0]
		v.clock = time.Date(2026, 10, 30, 23, 59, 59, 0, time.UTC)
		if _, err := v.rows(level, kpi, "2026-10-14", "2026-10-14"); err != nil {
			t.Errorf("%s on the last day: %v", level, err)
		}
		v.clock = v.clock.Add(time.Second)
		var forbidden *types.ForbiddenException
		if _, err := v.rows(level, kpi, "2026-10-14", "2026-10-14"); !errors.As(err, &forbidden) {
			t.Errorf("%s after it: %v", level, err)
		}
	}
}

// What is saved is what the service answers at that instant, byte for byte.
func TestSavedAnswersAreThoseOfTheService(t *testing.T) {
	v := start(t)
	v.clock = pinpoint.DemoSaved
	const name = "txn-emails-sent"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		v.server.URL+"/v1/apps/"+app+"/kpis/daterange/"+name+"?start-time=2026-10-29&end-time=2026-10-29", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=id")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	want, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.StatusCode, err)
	}
	day := script.DayOf(time.Date(2026, 10, 29, 0, 0, 0, 0, time.UTC))
	saved, err := pinpoint.Saved(7, pinpoint.DemoApplications()[0], []string{name}, day, day+1, v.clock)
	if err != nil || len(saved) != 2 || !bytes.Equal(saved[0], want) {
		t.Errorf("saved %q, %v, want %q", saved, err, want)
	}
	if _, err := pinpoint.Saved(7, pinpoint.DemoApplications()[0], []string{name}, day, day, pinpoint.EndOfSupport); err == nil {
		t.Error("somebody saves answers of a service that is over")
	}
}
