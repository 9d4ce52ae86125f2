package architecture_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

const (
	mappingType  = "AWS::Lambda::EventSourceMapping"
	scheduleType = "AWS::Scheduler::Schedule"
	queueType    = "AWS::SQS::Queue"
)

func eventRules() map[string]expandedRule {
	return map[string]expandedRule{
		"a batch fails in parts, bounded, and never unseen": {
			broken: failsInParts,
			breaches: map[string]func(x expanded){
				"a whole batch for one message":   property(nil, "IngesterFunctionDeliveries", "FunctionResponseTypes"),
				"any number of ingesters":         property(nil, "IngesterFunctionDeliveries", "ScalingConfig"),
				"a message that comes back early": property(300.0, "IngestQueue", "VisibilityTimeout"),
				"a queue without dead letters":    property(nil, "IngestQueue", "RedrivePolicy"),
				"dead letters that are forgotten": property(345600.0, "IngestDeadLetters", "MessageRetentionPeriod"),
				"a record tried for a day":        property(nil, "JanitorFunctionLoadedFiles", "MaximumRetryAttempts"),
				"a record of any age":             property(-1.0, "JanitorFunctionLoadedFiles", "MaximumRecordAgeInSeconds"),
				"a batch that is never halved":    property(false, "JanitorFunctionLoadedFiles", "BisectBatchOnFunctionError"),
				"a batch that is given up unseen": property(nil, "JanitorFunctionLoadedFiles", "DestinationConfig"),
				"records that are skipped":        property("LATEST", "JanitorFunctionLoadedFiles", "StartingPosition"),
				"a mapping that is switched off":  property(false, "JanitorFunctionLoadedFiles", "Enabled"),
			},
		},
		"a schedule is on, retried, has dead letters, and its function has ended before the next run": {
			broken: schedulesRun,
			breaches: map[string]func(x expanded){
				"switched off":             property("DISABLED", "JanitorFunctionSweep", "State"),
				"not retried":              property(nil, "RequesterFunctionDaily", "Target", "RetryPolicy"),
				"no dead letters":          property(nil, "RequesterFunctionWorkOff", "Target", "DeadLetterConfig"),
				"a run that outlasts it":   property(300.0, "JanitorFunction", "Timeout"),
				"a shorter schedule":       func(x expanded) { set(x.Object, "rate(1 minute)", "Parameters", "SweepSchedule", "AllowedValues", 0) },
				"failures that are lost":   func(x expanded) { set(x.Object, nil, "Resources", "RequesterFunctionEventInvokeConfig") },
				"failures that go nowhere": property(nil, "JanitorFunctionEventInvokeConfig", "DestinationConfig"),
			},
		},
		"roles may report where failures are sent": {
			broken: failuresAreAllowed,
			breaches: map[string]func(x expanded){
				"a queue that the role cannot send to": property(
					object{"Fn::GetAtt": []any{"IngestDeadLetters", "Arn"}}, "JanitorFunctionEventInvokeConfig", "DestinationConfig", "OnFailure", "Destination"),
				"dead letters that the schedule cannot send": property(
					object{"Fn::GetAtt": []any{"IngestDeadLetters", "Arn"}}, "RequesterFunctionDaily", "Target", "DeadLetterConfig", "Arn"),
			},
		},
	}
}

// number is a JSON number, or 0.
func number(value any) float64 { n, _ := value.(float64); return n }

func failsInParts(_ *testing.T, x expanded) []string {
	var problems []string
	complain := func(id, format string, args ...any) {
		problems = append(problems, id+": "+fmt.Sprintf(format, args...))
	}
	const days = 86400
	for _, id := range x.IDs(mappingType) {
		mapping := x.Properties(id)
		if !slices.Contains(list(mapping["FunctionResponseTypes"]), any("ReportBatchItemFailures")) {
			complain(id, "one failure fails the whole batch")
		}
		if enabled := mapping["Enabled"]; enabled != nil && enabled != true {
			complain(id, "is switched off")
		}
		source := cloudformation.Target(mapping["EventSourceArn"])
		if at(x.Resource(source), "Type") == queueType {
			queue, timeout := x.Properties(source), number(x.Properties(cloudformation.Target(mapping["FunctionName"]))["Timeout"])
			if visibility := number(queue["VisibilityTimeout"]); timeout == 0 || visibility < 6*timeout {
				complain(source, "a message comes back after %v s, want six times the timeout of %v s", visibility, timeout)
			}
			if number(at(mapping, "ScalingConfig", "MaximumConcurrency")) < 2 {
				complain(id, "is not bounded")
			}
			letters := cloudformation.Target(at(queue, "RedrivePolicy", "deadLetterTargetArn"))
			if number(x.Properties(letters)["MessageRetentionPeriod"]) != 14*days {
				complain(source, "dead letters in %q are not kept for 14 days", letters)
			}
			continue
		}
		if mapping["StartingPosition"] != "TRIM_HORIZON" {
			complain(id, "skips the records written while it is made")
		}
		if mapping["BisectBatchOnFunctionError"] != true {
			complain(id, "is not bisected")
		}
		if number(mapping["MaximumRetryAttempts"]) < 1 || number(mapping["MaximumRecordAgeInSeconds"]) < 1 {
			complain(id, "a record that always fails holds up its shard")
		}
		if at(mapping, "DestinationConfig", "OnFailure", "Destination") == nil {
			complain(id, "what is given up is not reported")
		}
	}
	return problems
}

var rate = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)

// shortest is the least time between two runs of any schedule that the parameter allows; a cron is a day.
func shortest(x expanded, expression any) time.Duration {
	name := cloudformation.Target(expression)
	least := 24 * time.Hour
	values := append(list(at(x.Object, "Parameters", name, "AllowedValues")), at(x.Object, "Parameters", name, "Default"))
	for _, value := range values {
		if match := rate.FindStringSubmatch(fmt.Sprint(value)); match != nil {
			n, _ := strconv.Atoi(match[1])
			unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[match[2]]
			least = min(least, time.Duration(n)*unit)
		}
	}
	return least
}

func schedulesRun(_ *testing.T, x expanded) []string {
	var problems []string
	complain := func(id, format string, args ...any) {
		problems = append(problems, id+": "+fmt.Sprintf(format, args...))
	}
	asynchronous := map[string]bool{}
	for _, id := range x.IDs("AWS::Lambda::EventInvokeConfig") {
		if at(x.Properties(id), "DestinationConfig", "OnFailure", "Destination") != nil {
			asynchronous[cloudformation.Target(x.Properties(id)["FunctionName"])] = true
		}
	}
	for _, id := range x.IDs(scheduleType) {
		schedule := x.Properties(id)
		function := cloudformation.Target(at(schedule, "Target", "Arn"))
		if state := schedule["State"]; state != nil && state != "ENABLED" {
			complain(id, "is switched off")
		}
		if number(at(schedule, "Target", "RetryPolicy", "MaximumRetryAttempts")) < 1 {
			complain(id, "a start that failed is not tried again")
		}
		if at(schedule, "Target", "DeadLetterConfig", "Arn") == nil {
			complain(id, "a start that failed for good is not reported")
		}
		gap := shortest(x, schedule["ScheduleExpression"])
		if timeout := time.Duration(number(x.Properties(function)["Timeout"])) * time.Second; timeout == 0 || timeout >= gap {
			complain(id, "starts every %v what may run for %v", gap, timeout)
		}
		if !asynchronous[function] {
			complain(function, "is invoked asynchronously, and its failures go nowhere")
		}
	}
	return problems
}

// failuresAreAllowed looks up, for each place that failures are sent to, whether the role that sends them may.
func failuresAreAllowed(_ *testing.T, x expanded) []string {
	sends := map[string][]string{} // by role: queues
	for _, s := range statements(x) {
		if slices.Contains(s.actions, "sqs:SendMessage") {
			for _, resource := range s.resources {
				sends[s.owner] = append(sends[s.owner], cloudformation.Target(resource))
			}
		}
	}
	var problems []string
	check := func(id string, role, destination any) {
		if queue := cloudformation.Target(destination); queue != "" && !slices.Contains(sends[cloudformation.Target(role)], queue) {
			problems = append(problems, fmt.Sprintf("%s: %s may not send to %s", id, cloudformation.Target(role), queue))
		}
	}
	for _, id := range x.IDs("AWS::Lambda::EventInvokeConfig", mappingType) {
		role := x.Properties(cloudformation.Target(x.Properties(id)["FunctionName"]))["Role"]
		check(id, role, at(x.Properties(id), "DestinationConfig", "OnFailure", "Destination"))
	}
	for _, id := range x.IDs(scheduleType) {
		check(id, at(x.Properties(id), "Target", "RoleArn"), at(x.Properties(id), "Target", "DeadLetterConfig", "Arn"))
	}
	return problems
}
