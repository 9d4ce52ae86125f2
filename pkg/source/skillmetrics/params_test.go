package skillmetrics_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/skillmetrics"
	"github.com/bellhop-asp/bellhop/pkg/source/sourcetest"
)

func TestValidate(t *testing.T) {
	many := func(form string, n int) string {
		var items []string
		for i := range n {
			items = append(items, fmt.Sprintf(form, i))
		}
		return strings.Join(items, ",")
	}
	cases := map[string]struct {
		params   report.Params
		problems []string
	}{
		"least": {params: report.Params{"skill_ids": skill}},
		"all of v1": {params: report.Params{
			"skill_ids": skill + ",amzn1.ask.skill.5b8ac2c0-1111-2222-3333-444455556666", "skill_type": "flashBriefing", "metrics": "totalSessions",
			"stage": "development", "period": "PT15M", "locales": "en-US,pt-BR", "intents": "AMAZON.HelpIntent", "api": "v1", "horizon_days": "365",
		}},
		"all of v2": {params: report.Params{
			"skill_ids": skill, "skill_type": "game", "metrics": "CUSTOMERS", "api": "v2", "namespace": "Alexa.Game", "stat": "p90", "group_by": "intent",
		}},
		"an unknown metric":      {params: report.Params{"skill_ids": skill, "metrics": "skillRating"}},
		"an unknown type":        {params: report.Params{"skill_ids": skill, "skill_type": "video", "metrics": "uniqueCustomers,playQueuesCount"}},
		"a type without metrics": {params: report.Params{"skill_ids": skill, "skill_type": "video"}, problems: []string{"metrics is missing: the vendor lists none for skill_type video"}},
		"none":                   {problems: []string{"skill_ids is missing"}},
		"all wrong": {
			params: report.Params{
				"skill_ids": "amzn1.ask.skill.,42", "skill_type": "smart home", "metrics": "Room 101", "stage": "beta", "period": "PT1D",
				"locales": "en_US,english,zz-ZZ,en", "intents": "Order Intent", "api": "v3", "horizon_days": "0", "stat": "avg", "colour": "red",
			},
			problems: []string{
				"colour is not a parameter of skill-metrics", `api is "v3": it must be v1 or v2`, `stage is "beta": it must be live or development`,
				`skill_type is "smart home"`, `period is "PT1D": it must be P1D or PT1H or PT15M or SINGLE`, `skill_ids has "42"`, `skill_ids has "amzn1.ask.skill."`,
				`metrics has "Room 101"`, `locales has "en"`, `locales has "en_US"`, `locales has "english"`, `locales has "zz-ZZ"`,
				`intents has "Order Intent"`, `horizon_days is "0"`, "stat is a parameter of api=v2 only",
			},
		},
		"metrics of other types": {
			params: report.Params{"skill_ids": skill, "skill_type": "smartHome", "metrics": "failedUtterances,totalUtterances,playQueuesCount"},
			problems: []string{
				"metrics has failedUtterances, which is no metric of a smartHome skill: use uniqueCustomers, totalEnablements, totalUtterances",
				"metrics has playQueuesCount, which is no metric of a smartHome skill",
			},
		},
		"v2": {
			params:   report.Params{"skill_ids": skill, "skill_type": "video", "api": "v2", "intents": "OrderIntent", "group_by": "a b"},
			problems: []string{"metrics is missing", "intents is a parameter of api=v1 only: use group_by=intent", "namespace is missing", `group_by is "a b"`},
		},
		"ninety files":     {params: report.Params{"skill_ids": many("amzn1.ask.skill.%d", 90), "metrics": many("m%d", 25)}},
		"one file more":    {params: report.Params{"skill_ids": many("amzn1.ask.skill.%d", 91)}, problems: []string{"a week of it takes 91 files of 25 requests, and a job has at most 90: split the subscription"}},
		"too many of days": {params: report.Params{"skill_ids": many("amzn1.ask.skill.%d", 31), "period": "SINGLE"}, problems: []string{"a week of it takes 93 files"}},
	}
	options, _, _ := sourcetest.Play(t)
	s := skillmetrics.New(options)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { sourcetest.Complains(t, s.Validate(c.params), c.problems) })
	}
	if err := s.Validate(s.Describe().Example("first").Params); err != nil {
		t.Errorf("the example is not accepted: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	options, _, _ := sourcetest.Play(t)
	s := skillmetrics.New(options)
	got := s.Warnings(report.Params{"skill_ids": skill, "skill_type": "music", "metrics": "skillRating,uniqueCustomers"})
	want := []string{
		"metrics has skillRating, which the vendor does not document: its values are not summed",
		"skill_type is music, which the vendor does not document: it may refuse it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := s.Warnings(report.Params{"skill_ids": skill}); got != nil {
		t.Errorf("got %q", got)
	}
	if got := s.Warnings(report.Params{"skill_ids": skill, "api": "v2", "metrics": "CUSTOMERS"}); len(got) != 1 || !strings.Contains(got[0], "has not met it live") {
		t.Errorf("got %q", got)
	}
}

func TestLimits(t *testing.T) {
	options, _, _ := sourcetest.Play(t)
	s := skillmetrics.New(options)
	want := report.Limits{
		Tables: []string{"skill_metrics"}, HorizonDays: 88, LostAfterDays: 90, MaxWindowDays: 7, DeliveryWindow: 6 * time.Hour, Repeatable: true,
	}
	if diff := cmp.Diff(want, s.Limits(report.Params{"skill_ids": skill})); diff != "" {
		t.Error(diff)
	}
	want.HorizonDays, want.LostAfterDays = 28, 30
	if diff := cmp.Diff(want, s.Limits(report.Params{"skill_ids": skill, "horizon_days": "30"})); diff != "" {
		t.Error(diff)
	}
}

// A distinct count, a stock, a rate and a length never add up, and neither does what nobody knows.
func TestAdditivity(t *testing.T) {
	cases := map[string]struct {
		statistic string
		additive  []string
		others    []string
	}{
		"v1": {
			additive: []string{
				"totalUtterances", "successfulUtterances", "failedUtterances", "totalSessions", "successfulSessions", "incompleteSessions",
				"userEndedSessions", "skillEndedSessions", "totalPlayQueuesDuration", "playQueuesCount",
			},
			others: []string{"uniqueCustomers", "totalEnablements", "successfulPlayQueueRate", "averagePlayQueueLength", "skillRating", "UTTERANCES"},
		},
		"v2, count":   {statistic: "count", additive: []string{"UTTERANCES"}, others: []string{"CUSTOMERS", "UTTERANCES_PER_CUSTOMER", "totalSessions"}},
		"v2, average": {statistic: "avg", others: []string{"UTTERANCES"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, metric := range c.additive {
				if !skillmetrics.Additive(metric, c.statistic) {
					t.Errorf("%s adds up", metric)
				}
			}
			for _, metric := range c.others {
				if skillmetrics.Additive(metric, c.statistic) {
					t.Errorf("%s does not add up", metric)
				}
			}
		})
	}
}
