package asp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

func TestValidate(t *testing.T) {
	const unit = "amzn1.alexa.unit.did.AE123"
	cases := map[string]struct {
		params   report.Params
		problems []string
	}{
		"least": {params: report.Params{"unit_id": unit}},
		"all":   {params: report.Params{"unit_id": unit, "categories": " DEVICE , PROPERTY_SKILL", "show_sub_units": "false", "granularity": "DAILY"}},
		"none":  {problems: []string{"unit_id is missing"}},
		"all wrong": {
			params: report.Params{
				"unit_id": "42", "categories": "DEVICE,DEFECTS,device", "show_sub_units": "yes", "granularity": "daily", "unit": "x", "colour": "red",
			},
			problems: []string{
				"colour is not a parameter", "unit is not a parameter", `unit_id is "42"`,
				`categories has "DEFECTS", which is unknown: use DEVICE, DOMAIN_ENGAGEMENT, PROACTIVE_CAMPAIGN, PROPERTY_SKILL, COMMUNICATION`,
				`categories has "device"`, `show_sub_units is "yes": it must be true or false`, `granularity is "daily": it must be a word of capital letters`,
			},
		},
		"roll-up": {
			params:   report.Params{"unit_id": unit, "granularity": "DATE_RANGE"},
			problems: []string{`granularity is "DATE_RANGE": only DAILY is known to give a row for each day`},
		},
		"too long": {params: report.Params{"unit_id": unit + strings.Repeat("x", 255)}, problems: []string{"unit_id is"}},
	}
	s, _, _ := play(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { sourcetest.Complains(t, s.Validate(c.params), c.problems) })
	}
}

func TestAnotherDailyGranularityCanBeConfigured(t *testing.T) {
	options, v, _ := sourcetest.Play(t, []sourcetest.Reply{sourcetest.Says(202, device), sourcetest.Says(202, device)}...)
	s := open(options, asp.Options{Daily: []string{"BY_DAY", "DAILY"}})
	o := order("asp_device")
	s.Submit(t.Context(), o)
	o.Subscription.Params["granularity"] = "DAILY"
	s.Submit(t.Context(), o)
	for i, want := range []string{"BY_DAY", "DAILY"} {
		body := sent(t, v.Asked()[i])
		if diff := cmp.Diff(map[string]any{"startDate": "2026-06-01", "endDate": "2026-06-02", "granularity": want}, body["dateRange"]); diff != "" {
			t.Error(diff)
		}
	}
}

func TestLimits(t *testing.T) {
	s, _, _ := play(t)
	// 90 days are documented; two are kept clear.
	want := report.Limits{Tables: allTables, HorizonDays: 88, LostAfterDays: 90, DeliveryWindow: 6 * time.Hour}
	if diff := cmp.Diff(want, s.Limits(report.Params{})); diff != "" {
		t.Error(diff)
	}
	want.Tables = []string{"asp_device", "asp_communication"}
	if diff := cmp.Diff(want, s.Limits(report.Params{"categories": "COMMUNICATION,DEVICE,DEVICE"})); diff != "" {
		t.Error(diff)
	}
}

func TestBuckets(t *testing.T) {
	cases := map[string]struct{ partition, bucket, want string }{
		"by name":              {"", "bellhop-x", "arn:aws:s3:::bellhop-x"},
		"in another partition": {"aws-us-gov", "bellhop-x", "arn:aws-us-gov:s3:::bellhop-x"},
		"by ARN":               {"aws-us-gov", "arn:aws-cn:s3:::bellhop-x", "arn:aws-cn:s3:::bellhop-x"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			options, v, _ := sourcetest.Play(t, sourcetest.Says(202, device))
			s := open(options, asp.Options{Partition: c.partition})
			o := order("asp_device")
			o.DeliveryBucket = c.bucket
			if got := s.Submit(t.Context(), o); got.Outcome != report.OutcomeAccepted {
				t.Fatalf("got %+v", got)
			}
			if diff := cmp.Diff(map[string]any{"id": c.want, "type": "S3"}, sent(t, v.Asked()[0])["deliveryChannel"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}
