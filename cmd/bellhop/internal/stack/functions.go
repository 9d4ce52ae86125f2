package stack

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
)

func (s Subject) functionChecks() []Check {
	function := func(name string, part Part) Check {
		return Check{"functions", name, func(ctx context.Context) (string, error) { return s.function(ctx, part) }}
	}
	sources := func(name string, part Part, without string) Check {
		return Check{"functions", name, s.of(part, func(ctx context.Context, id string) (string, error) { return s.sources(ctx, id, without) })}
	}
	schedule := func(name string, part Part, without string) Check {
		return Check{"schedules", name, s.of(part, func(ctx context.Context, id string) (string, error) { return s.schedule(ctx, id, without) })}
	}
	return []Check{
		function("requester", RequesterFunction), function("ingester", IngesterFunction), function("janitor", JanitorFunction),
		sources("arrivals reach the ingester", IngesterFunction, "every file stays where it is"),
		sources("loads reach the janitor", JanitorFunction, "deletions wait for the sweep"),
		schedule("daily run", DailySchedule, "no new day is asked for"),
		schedule("work-off run", WorkOffSchedule, "what has become due waits for the daily run"),
		schedule("sweep", SweepSchedule, "lost events are not made good, and nothing proves that the bucket is empty"),
	}
}

func (in *Installation) configuration(ctx context.Context, function Part) (*lambda.GetFunctionConfigurationOutput, error) {
	name, err := in.ID(function)
	if err != nil {
		return nil, err
	}
	out, err := lambda.NewFromConfig(in.Config).GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if code(err) == "ResourceNotFoundException" {
		return nil, trouble(redeploy, "there is no function %s", name)
	}
	return out, err
}

func (s Subject) function(ctx context.Context, function Part) (string, error) {
	out, err := s.configuration(ctx, function)
	if err != nil {
		return "", err
	}
	if out.State != types.StateActive && out.State != "" || out.LastUpdateStatus == types.LastUpdateStatusFailed {
		return "", trouble("see "+aws.ToString(out.FunctionName)+" in the Lambda console, and deploy again", "it is %s, its last update %s: %s", out.State, out.LastUpdateStatus, aws.ToString(out.LastUpdateStatusReason))
	}
	reserved, err := lambda.NewFromConfig(s.Config).GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: out.FunctionName})
	if err != nil {
		return "", err
	}
	if reserved.ReservedConcurrentExecutions != nil && *reserved.ReservedConcurrentExecutions == 0 {
		return "", trouble("remove the reserved concurrency of 0", "somebody has stopped it: its reserved concurrency is 0")
	}
	return fmt.Sprintf("active, %d MB, %d s", aws.ToInt32(out.MemorySize), aws.ToInt32(out.Timeout)), nil
}

func (s Subject) sources(ctx context.Context, name, without string) (string, error) {
	out, err := lambda.NewFromConfig(s.Config).ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: &name})
	if err != nil {
		return "", err
	}
	if len(out.EventSourceMappings) == 0 {
		return "", trouble(redeploy, "it has no event source: %s", without)
	}
	for _, m := range out.EventSourceMappings {
		if state := aws.ToString(m.State); state != "Enabled" {
			return "", trouble("enable the event source mapping "+aws.ToString(m.UUID), "its event source is %s: %s", state, without)
		}
		if last := aws.ToString(m.LastProcessingResult); strings.HasPrefix(last, "PROBLEM") {
			return "", trouble("see "+aws.ToString(m.UUID)+" in the Lambda console", "its event source says %s", last)
		}
	}
	return "the event source is enabled", nil
}

func (s Subject) schedule(ctx context.Context, name, without string) (string, error) {
	out, err := scheduler.NewFromConfig(s.Config).GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &name})
	if code(err) == "ResourceNotFoundException" {
		return "", trouble(redeploy, "there is no schedule %s: %s", name, without)
	}
	if err != nil {
		return "", err
	}
	if out.State != schedulertypes.ScheduleStateEnabled {
		return "", trouble("enable the schedule "+name, "it is %s: %s", out.State, without)
	}
	return "enabled, " + aws.ToString(out.ScheduleExpression), nil
}
