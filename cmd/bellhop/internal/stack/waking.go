package stack

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// choice returns a stack's parameter: of Alarms essential, all or none; "" for a stack of an older release, which has all.
func choice(stack cfn.Stack, parameter string) string {
	for _, p := range stack.Parameters {
		if aws.ToString(p.ParameterKey) == parameter {
			return aws.ToString(p.ParameterValue)
		}
	}
	return ""
}

func (s Subject) wakingChecks(describe func(context.Context) (cfn.Stack, error)) []Check {
	alarms := once(s.alarms)
	// A stack that is meant to have no alarms is not asked for any.
	unlessNone := func(name string, look func(ctx context.Context, choice string) (string, error)) Check {
		return Check{"alarms", name, func(ctx context.Context) (string, error) {
			stack, err := describe(ctx)
			if err != nil {
				return "", err
			}
			chosen := choice(stack, "Alarms")
			if chosen == "none" {
				return "the stack is meant to have no alarms (Alarms=none): bellhop status is all that tells of trouble", nil
			}
			return look(ctx, chosen)
		}}
	}
	withAlarms := func(look func(found []types.MetricAlarm, choice string) (string, error)) func(context.Context, string) (string, error) {
		return func(ctx context.Context, choice string) (string, error) {
			found, err := alarms(ctx)
			if err != nil {
				return "", err
			}
			return look(found, choice)
		}
	}
	return []Check{
		unlessNone("they are there", withAlarms(s.speaking)), unlessNone("none is ringing", withAlarms(quiet)),
		unlessNone("somebody hears them", s.listeners),
	}
}

// alarms returns those of the stack that CloudWatch knows.
func (s Subject) alarms(ctx context.Context) ([]types.MetricAlarm, error) {
	var found []types.MetricAlarm
	// CloudWatch takes a hundred names at once.
	for names := range slices.Chunk(s.Alarms(), 100) {
		pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(s.Config), &cloudwatch.DescribeAlarmsInput{
			AlarmNames: names, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			found = append(found, page.MetricAlarms...)
		}
	}
	return found, nil
}

func (s Subject) speaking(found []types.MetricAlarm, choice string) (string, error) {
	topic, err := s.ID(AlarmTopic)
	if err != nil {
		return "", err
	}
	if len(s.Alarms()) == 0 {
		return "", trouble(redeploy, "the stack has no alarms, and none of its parameters says so")
	}
	if missing := len(s.Alarms()) - len(found); missing > 0 {
		return "", trouble(redeploy, "%d of the stack's %d alarms are gone", missing, len(s.Alarms()))
	}
	var mute []string
	for _, a := range found {
		if !aws.ToBool(a.ActionsEnabled) || !slices.Contains(a.AlarmActions, topic) {
			mute = append(mute, aws.ToString(a.AlarmName))
		}
	}
	if len(mute) > 0 {
		return "", trouble("switch their actions on again, or deploy again", "they tell nobody: %s", strings.Join(mute, ", "))
	}
	if choice != "" {
		choice = fmt.Sprintf(" (Alarms=%s)", choice)
	}
	return fmt.Sprintf("%d%s, and each tells the topic", len(found), choice), nil
}

func quiet(found []types.MetricAlarm, _ string) (string, error) {
	var ringing, sections []string
	for _, a := range found {
		if a.StateValue == types.StateValueAlarm {
			name, section := spoken(a)
			ringing = append(ringing, name)
			if !slices.Contains(sections, section) {
				sections = append(sections, section)
			}
		}
	}
	if len(ringing) > 0 {
		return "", trouble("see "+strings.Join(sections, ", "), "%s", strings.Join(ringing, "; "))
	}
	return "all is quiet", nil
}

// spoken returns what an alarm says in its description: its name, and its section in the runbook.
func spoken(a types.MetricAlarm) (name, section string) {
	name, rest, _ := strings.Cut(aws.ToString(a.AlarmDescription), ". ")
	if _, after, ok := strings.Cut(rest, "See docs/"); ok {
		return name, "docs/" + strings.TrimSuffix(after, ".")
	}
	return aws.ToString(a.AlarmName), "the CloudWatch console"
}

func (s Subject) listeners(ctx context.Context, _ string) (string, error) {
	topic, err := s.ID(AlarmTopic)
	if err != nil {
		return "", err
	}
	confirmed, waiting := 0, 0
	pages := sns.NewListSubscriptionsByTopicPaginator(sns.NewFromConfig(s.Config), &sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if code(err) == "NotFound" {
			return "", trouble(redeploy, "there is no topic %s: no alarm reaches anybody", topic)
		}
		if err != nil {
			return "", err
		}
		for _, subscription := range page.Subscriptions {
			switch aws.ToString(subscription.SubscriptionArn) {
			case "PendingConfirmation":
				waiting++
			case "Deleted":
			default:
				confirmed++
			}
		}
	}
	switch {
	case waiting > 0:
		return "", trouble("open the letter from AWS Notifications and confirm", "%d of %d subscribers of the alarms have not confirmed, and hear nothing", waiting, waiting+confirmed)
	case confirmed == 0:
		return "", trouble("deploy with AlarmEmail, or subscribe something to "+topic, "nobody hears them")
	default:
		return fmt.Sprintf("confirmed subscribers: %d", confirmed), nil
	}
}
