package pinpoint_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

// The page of standard metrics lists 48 for applications, 18 for campaigns and 18 for journeys.
func TestKnownKPIs(t *testing.T) {
	for level, want := range map[pinpoint.Level]int{pinpoint.Application: 48, pinpoint.Campaign: 18, pinpoint.Journey: 18} {
		names := pinpoint.KPIs(level)
		if len(names) != want || len(slices.Compact(slices.Clone(names))) != want {
			t.Errorf("%s has %d names", level, len(names))
		}
	}
	if slices.Contains(pinpoint.KPIs(pinpoint.Application), "attempted-deliveries") {
		t.Error("the example of the announcement is no name of the list")
	}
}

func turns(context.Context) error { return nil }

// fetch plays the order before a vendor with these answers, and returns the content.
func fetch(t *testing.T, o report.Order, build func(*testing.T, ...sourcetest.Reply) (requester.Source, *sourcetest.Vendor), answers ...sourcetest.Reply) (string, report.Answer, *sourcetest.Vendor) {
	t.Helper()
	src, v := build(t, answers...)
	a := src.Submit(t.Context(), o)
	if a.Outcome != report.OutcomeAccepted || len(a.Files) != 1 {
		t.Fatalf("submitted: %+v", a)
	}
	content, a := src.Fetch(t.Context(), o, a.Files[0], turns)
	if content == nil {
		return "", a, v
	}
	text, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), a, v
}

func alive(t *testing.T, answers ...sourcetest.Reply) (requester.Source, *sourcetest.Vendor) {
	o, v, _ := sourcetest.Play(t, answers...)
	return running(o), v
}

func retired(t *testing.T, answers ...sourcetest.Reply) (requester.Source, *sourcetest.Vendor) {
	o, v, _ := sourcetest.Play(t, answers...)
	return ending(pinpoint.Sunset)(o), v
}

const columns = "dataset_date,application_id,level,resource_id,kpi_name,group_key,group_value,value_key,value_type,given,amount,reading\n"

func TestRequestsAndRows(t *testing.T) {
	o := order(pinpoint.ParamKPIs, "txn-emails-sent,sms-spend,journey-emails-sent,email-open-rate", pinpoint.ParamCampaignIDs, "c-1", pinpoint.ParamJourneyIDs, "j-1")
	of := func(kpi, id, rows string) sourcetest.Reply {
		return sourcetest.Says(200, strings.Replace(says(kpi, rows), `{"A`, `{`+id+`"A`, 1))
	}
	text, a, v := fetch(t, o, alive,
		of("email-open-rate", "", `{"Values":[{"Key":"EmailOpenRate","Type":"Double","Value":"0.333333333"}]}`),
		of("txn-emails-sent", "", `{"Values":[{"Key":"TxnEmailsSent","Type":"Double","Value":"123.0"}]}`),
		of("email-open-rate", `"CampaignId":"c-1",`, ``),
		of("sms-spend", `"CampaignId":"c-1",`, `{"Values":[{"Key":"SmsSpend","Type":"Long","Value":"645000"},{"Key":"Currency","Type":"String","Value":"USD"}]}`),
		of("journey-emails-sent", `"JourneyId":"j-1",`, `{"GroupedBys":[{"Key":"A","Type":"String","Value":"x"},{"Key":"B","Type":"String","Value":"y"}],"Values":[{"Key":"Sent","Type":"Integer","Value":"7"}]}`),
	)
	const mine = "2026-10-01," + app + ","
	want := columns +
		mine + "application," + app + ",email-open-rate,,,EmailOpenRate,Double,0.333333333,,0.333333\n" +
		mine + "application," + app + ",txn-emails-sent,,,TxnEmailsSent,Double,123.0,123,\n" +
		mine + "campaign,c-1,sms-spend,,,Currency,String,USD,,\n" +
		mine + "campaign,c-1,sms-spend,,,SmsSpend,Long,645000,,645000\n" +
		mine + "journey,j-1,journey-emails-sent,A|B,x|y,Sent,Integer,7,7,\n"
	if text != want || a.Outcome != report.OutcomeAccepted {
		t.Fatalf("got %+v\n%s\nwant\n%s", a, text, want)
	}
	var paths []string
	for _, r := range v.Asked() {
		paths = append(paths, r.Path)
		if r.Method != http.MethodGet || r.Query.Get("start-time") != "2026-10-01T00:00:00Z" || r.Query.Get("end-time") != "2026-10-01T23:59:59Z" ||
			!strings.Contains(r.Header.Get("Authorization"), "/us-east-1/mobiletargeting/aws4_request") {
			t.Errorf("asked %+v", r)
		}
	}
	const base = "/v1/apps/" + app
	if want := []string{
		base + "/kpis/daterange/email-open-rate", base + "/kpis/daterange/txn-emails-sent", base + "/campaigns/c-1/kpis/daterange/email-open-rate",
		base + "/campaigns/c-1/kpis/daterange/sms-spend", base + "/journeys/j-1/kpis/daterange/journey-emails-sent",
	}; !slices.Equal(paths, want) {
		t.Errorf("asked %q", paths)
	}
}

// No rows mean no data, and nothing is made zero.
func TestNoRowsAreNoData(t *testing.T) {
	text, a, _ := fetch(t, order(), alive, sourcetest.Says(200, says("txn-emails-sent", "")))
	if text != columns || a.Outcome != report.OutcomeAccepted {
		t.Errorf("got %+v\n%s", a, text)
	}
}

func TestAnswersAboutSomethingElse(t *testing.T) {
	good := says("txn-emails-sent", `{"Values":[{"Key":"TxnEmailsSent","Type":"Double","Value":"1"}]}`)
	for name, body := range map[string]string{
		"another day":         strings.ReplaceAll(good, "2026-10-01", "2026-10-02"),
		"two days":            strings.Replace(good, "10-01T23", "10-02T23", 1),
		"another application": strings.Replace(good, app, "other", 1),
		"another KPI":         strings.Replace(good, "txn-emails-sent", "txn-emails-opened", 1),
		"no result":           strings.Replace(good, "KpiResult", "Kpis", 1),
		"two values":          strings.Replace(good, `{"Values"`, `{"Values":[{"Key":"TxnEmailsSent","Type":"Double","Value":"2"}]},{"Values"`, 1),
	} {
		if text, a, _ := fetch(t, order(), alive, sourcetest.Says(200, body)); a.Outcome != report.OutcomeBackOff || text != "" || !strings.HasPrefix(a.Why, "the vendor answered, but ") {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// After the end every failure is one clear refusal, however the vendor's host behaves, and days after it are not wanted.
func TestTheServiceHasEnded(t *testing.T) {
	for name, answer := range map[string]sourcetest.Reply{
		"gone": sourcetest.Says(410, `{"message":"gone"}`), "not found": sourcetest.Says(404, `{}`), "failing": sourcetest.Says(503, "x"),
		"throttled": sourcetest.Says(429, `{}`, "Retry-After", "60"), "silent": sourcetest.Raw(""), "a page": sourcetest.Says(200, "<html>"),
	} {
		_, a, _ := fetch(t, order(), retired, answer)
		if a.Outcome != report.OutcomeRefused || !strings.HasPrefix(a.Why, "Amazon ended Pinpoint's analytics on 2026-10-30, and the call failed: ") || a.RetryAfter != 0 {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if text, a, _ := fetch(t, order(), retired, sourcetest.Says(200, says("txn-emails-sent", ""))); a.Outcome != report.OutcomeAccepted || text != columns {
		t.Errorf("what is still answered is taken: %+v", a)
	}
	src, _ := retired(t)
	p := order().Subscription.Params
	if warnings := src.Warnings(p); len(warnings) != 1 || !strings.Contains(warnings[0], "2026-10-30") || src.Describe().Sunset != pinpoint.Sunset {
		t.Errorf("warnings %q", warnings)
	}
	if last := src.Limits(p).LastDay; last != report.NewDate(2026, 10, 30) {
		t.Errorf("the last day is %s", last)
	}
	if before, _ := alive(t); before.Warnings(p) != nil {
		t.Error("warned before the end")
	}
}

func TestValidate(t *testing.T) {
	src, _ := alive(t)
	many := strings.Repeat("c,", 100)
	for i := range 101 {
		many += "c-" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ","
	}
	for name, tt := range map[string]struct {
		params report.Params
		want   string
	}{
		"no application":      {report.Params{}, "application_id is missing"},
		"another parameter":   {report.Params{"application_id": app, "x": "y"}, "x is not a parameter"},
		"a path":              {report.Params{"application_id": "../x"}, "application_id is not an id"},
		"a host":              {report.Params{"application_id": app, "region": "x.example"}, "region is not a region"},
		"a KPI of no level":   {report.Params{"application_id": app, "kpis": "attempted-deliveries"}, "attempted-deliveries"},
		"a KPI without an id": {report.Params{"application_id": app, "kpis": "sms-spend"}, "sms-spend"},
		"a campaign's path":   {report.Params{"application_id": app, "campaign_ids": "a/b"}, "campaign_ids has what is not an id"},
		"too many campaigns":  {report.Params{"application_id": app, "campaign_ids": many}, "at most 100"},
	} {
		if err := src.Validate(tt.params); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// 48 requests a day: 31 days take 1488 of the 4500 of one job. 48 + 100 of 18 are 1848, of which two days fit.
	if days := src.Limits(report.Params{"application_id": app}).MaxWindowDays; days != 31 {
		t.Errorf("a window has %d days", days)
	}
	if days := src.Limits(report.Params{"application_id": app, "journey_ids": hundred()}).MaxWindowDays; days != 2 {
		t.Errorf("with many journeys a window has %d days", days)
	}
}

func hundred() string {
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = "j-" + strings.Repeat("a", 1+i%10) + strings.Repeat("b", 1+i/10)
	}
	return strings.Join(ids, ",")
}

func TestSavedResponses(t *testing.T) {
	total := func(value string) string {
		return `{"Values":[{"Key":"TxnEmailsSent","Type":"Double","Value":"` + value + `"}]}`
	}
	cli := `{"ApplicationDateRangeKpiResponse": ` + strings.Replace(says("txn-emails-sent", total("9.0")), "00:00Z", "00:00+00:00", 1) + `}`
	dated := strings.Replace(says("txn-emails-sent-grouped-by-date",
		`{"GroupedBys":[{"Key":"Date","Type":"String","Value":"2026-10-02"}],"Values":[{"Key":"TxnEmailsSent","Type":"Double","Value":"4.0"}]}`), "10-01T23", "10-31T23", 1)
	tests := map[string]struct {
		document, want, refuses string
	}{
		"as the AWS CLI writes it": {document: cli, want: "2026-10-01," + app + ",application," + app + ",txn-emails-sent,,,TxnEmailsSent,Double,9.0,9,\n"},
		"bare, twice in an array":  {document: "[" + says("txn-emails-sent", total("9.0")) + "," + cli + "]", want: "2026-10-01," + app + ",application," + app + ",txn-emails-sent,,,TxnEmailsSent,Double,9.0,9,\n"},
		"one after another":        {document: says("txn-emails-sent", "") + "\n" + says("txn-emails-opened", "")},
		"dates alone":              {document: strings.Replace(strings.Replace(says("txn-emails-sent", total("1")), "T00:00:00Z", "", 1), "T23:59:59Z", "", 1), want: "2026-10-01," + app + ",application," + app + ",txn-emails-sent,,,TxnEmailsSent,Double,1,1,\n"},
		"a month by date":          {document: dated, want: "2026-10-02," + app + ",application," + app + ",txn-emails-sent-grouped-by-date,Date,2026-10-02,TxnEmailsSent,Double,4.0,4,\n"},
		"a KPI that is not known":  {document: says("stars", total("5")), want: "2026-10-01," + app + ",application," + app + ",stars,,,TxnEmailsSent,Double,5,,5\n"},
		"a campaign's": {
			document: `{"CampaignDateRangeKpiResponse":` + strings.Replace(says("sms-spend", total("5")), `{"A`, `{"CampaignId":"c","A`, 1) + `}`,
			want:     "2026-10-01," + app + ",campaign,c,sms-spend,,,TxnEmailsSent,Double,5,,5\n",
		},
		"a month together":     {document: strings.Replace(says("txn-emails-sent", total("9")), "10-01T23", "10-31T23", 1), refuses: "more than one day"},
		"a date out of range":  {document: strings.Replace(dated, "10-31T23", "10-01T23", 1), refuses: "outside its range"},
		"another application":  {document: strings.Replace(cli, app, "other", 1), refuses: "another application"},
		"another document":     {document: `{"Applications":["planted"]}`, refuses: "not a KPI response"},
		"other types":          {document: `{"ApplicationDateRangeKpiResponse":"planted"}`, refuses: "another type"},
		"no JSON":              {document: "planted", refuses: "not JSON"},
		"cut off":              {document: cli[:len(cli)-5], refuses: "ends too early"},
		"nothing":              {document: "", refuses: "no KPI response"},
		"two different values": {document: says("txn-emails-sent", total("9")) + says("txn-emails-sent", total("8")), refuses: "two values"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			saved := pinpoint.Saved{Application: app}
			err := saved.Add(strings.NewReader(tt.document))
			var text []byte
			if err == nil {
				var content io.ReadCloser
				if content, err = saved.Content(); err == nil {
					text, _ = io.ReadAll(content)
				}
			}
			if tt.refuses != "" {
				if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), tt.refuses) || strings.Contains(err.Error(), "planted") {
					t.Errorf("got %v, want %q", err, tt.refuses)
				}
				return
			}
			if err != nil || string(text) != columns+tt.want {
				t.Errorf("got %v\n%s\nwant\n%s", err, text, columns+tt.want)
			}
		})
	}
}
