package pinpoint

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/pinpoint"
	"github.com/aws/aws-sdk-go-v2/service/pinpoint/types"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
)

// caller calls the three operations. The SDK makes, signs and reads what goes over HTTP; the exchange itself, its bounds and what an
// answer means are those of every source.
type caller struct {
	client *sdk.Client
	rules  *alexa.Client // classifies
	o      Options
}

func newCaller(o Options) *caller {
	rules := alexa.ReadRules(alexa.Remedies{
		BadRequest:   "check the subscription's parameters",
		Unauthorized: "check the AWS credentials",
		Forbidden:    "check that the role may call the operation for the application, and " + ParamRegion,
		NotFound:     "check " + ParamApplicationID + ", " + ParamCampaignIDs + ", " + ParamJourneyIDs + " and " + ParamRegion,
	})
	return &caller{
		sdk.NewFromConfig(o.AWS, func(c *sdk.Options) {
			// The requester tries again, at its own pace.
			c.HTTPClient, c.Retryer = exchanges{o.HTTP}, aws.NopRetryer{}
		}),
		alexa.New(alexa.Options{Now: o.Now, Scrubber: o.Scrubber}, rules), o,
	}
}

// exchange is what came of one request.
type exchange struct {
	reply *httpclient.Reply // nil when no answer came
	err   error             // why not
}

type exchangeKey struct{}

// exchanges is the SDK's HTTP client, which notes what came in the [exchange] of the request's context.
type exchanges struct{ http *httpclient.Client }

// Do sends the request, and hands on an answer that has come whole.
func (e exchanges) Do(req *http.Request) (*http.Response, error) {
	reply, err := e.http.Do(req)
	noted, _ := req.Context().Value(exchangeKey{}).(*exchange)
	if noted == nil {
		noted = &exchange{}
	}
	if noted.err = err; err != nil {
		return nil, err
	}
	noted.reply = &reply
	return &http.Response{
		Status: http.StatusText(reply.Status), StatusCode: reply.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: reply.Header,
		ContentLength: int64(len(reply.Body)), Body: io.NopCloser(bytes.NewReader(reply.Body)), Request: req,
	}, nil
}

// ask sends one request. With any other outcome than accepted there is no response.
func (c *caller) ask(ctx context.Context, w wanted, q query) (response, report.Answer) {
	var came exchange
	ctx = context.WithValue(ctx, exchangeKey{}, &came)
	r, err := c.call(ctx, w, q)
	switch {
	case came.reply == nil && (came.err != nil || ctx.Err() != nil):
		why := "not sent: the run's time is up"
		if came.err != nil {
			why = c.o.Scrubber.Scrub(came.err.Error())
		}
		return r, report.Answer{Outcome: report.OutcomeBackOff, Why: why}
	case came.reply == nil && err != nil:
		return r, report.Answer{Outcome: report.OutcomeRefused, Why: "not sent: the SDK cannot make the request: check the endpoint and " + ParamRegion}
	case came.reply == nil:
		return r, report.Answer{Outcome: report.OutcomeBackOff, Why: "the SDK sent nothing"}
	}
	a := c.rules.Classify(*came.reply, alexa.Call{})
	if a.Outcome == report.OutcomeUnauthorized {
		// The vendor refuses credentials with a 403 of many kinds. One that stands for a 401 is about this request alone.
		a.Outcome = report.OutcomeRefused
	}
	if a.Outcome == report.OutcomeAccepted && err != nil {
		a.Outcome, a.Why = report.OutcomeBackOff, "the vendor answered, but its body is not the JSON that is documented"
	}
	return r, a
}

// call calls the operation of the query's level. The range is inclusive, and ends within its day: an end at midnight would be the
// next day's for a vendor that looks at dates.
func (c *caller) call(ctx context.Context, w wanted, q query) (r response, err error) {
	from, to := aws.Time(q.Day.Time()), aws.Time((q.Day + 1).Time().Add(-time.Second))
	in := func(o *sdk.Options) {
		if w.Region != "" {
			o.Region = w.Region
		}
	}
	switch q.Level {
	case Application:
		out, err := c.client.GetApplicationDateRangeKpi(ctx, &sdk.GetApplicationDateRangeKpiInput{
			ApplicationId: &w.Application, KpiName: &q.KPI, StartTime: from, EndTime: to,
		}, in)
		if err != nil || out.ApplicationDateRangeKpiResponse == nil {
			return r, err
		}
		a := out.ApplicationDateRangeKpiResponse
		r = made(a.ApplicationId, a.KpiName, a.StartTime, a.EndTime, a.KpiResult, a.NextToken)
	case Campaign:
		out, err := c.client.GetCampaignDateRangeKpi(ctx, &sdk.GetCampaignDateRangeKpiInput{
			ApplicationId: &w.Application, CampaignId: &q.ID, KpiName: &q.KPI, StartTime: from, EndTime: to,
		}, in)
		if err != nil || out.CampaignDateRangeKpiResponse == nil {
			return r, err
		}
		a := out.CampaignDateRangeKpiResponse
		r = made(a.ApplicationId, a.KpiName, a.StartTime, a.EndTime, a.KpiResult, a.NextToken)
		r.CampaignID = aws.ToString(a.CampaignId)
	case Journey:
		out, err := c.client.GetJourneyDateRangeKpi(ctx, &sdk.GetJourneyDateRangeKpiInput{
			ApplicationId: &w.Application, JourneyId: &q.ID, KpiName: &q.KPI, StartTime: from, EndTime: to,
		}, in)
		if err != nil || out.JourneyDateRangeKpiResponse == nil {
			return r, err
		}
		a := out.JourneyDateRangeKpiResponse
		r = made(a.ApplicationId, a.KpiName, a.StartTime, a.EndTime, a.KpiResult, a.NextToken)
		r.JourneyID = aws.ToString(a.JourneyId)
	}
	return r, nil
}

// made is a response from the SDK's types.
func made(application, kpi *string, from, to *time.Time, result *types.BaseKpiResult, next *string) response {
	r := response{
		ApplicationID: aws.ToString(application), KpiName: aws.ToString(kpi), NextToken: next,
		StartTime: moment{aws.ToTime(from)}, EndTime: moment{aws.ToTime(to)},
	}
	if result == nil {
		return r
	}
	r.KpiResult = &struct{ Rows []resultRow }{}
	for _, given := range result.Rows {
		r.KpiResult.Rows = append(r.KpiResult.Rows, resultRow{values(given.GroupedBys), values(given.Values)})
	}
	return r
}

func values(given []types.ResultRowValue) []value {
	all := make([]value, len(given))
	for i, v := range given {
		all[i] = value{aws.ToString(v.Key), aws.ToString(v.Type), aws.ToString(v.Value)}
	}
	return all
}
