package architecture_test

import (
	"encoding/json"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// event is one event source of a function.
func event(t *testing.T, function, name string) any {
	t.Helper()
	found := at(resources(t, functionType)[function], "Events", name)
	if found == nil {
		t.Fatalf("%s has no event %s", function, name)
	}
	return found
}

func TestDeliveriesWaitInAQueue(t *testing.T) {
	queue := resources(t, "AWS::SQS::Queue")["IngestQueue"]
	timeout := at(resources(t, functionType)["IngesterFunction"], "Timeout").(int)
	if visibility := queue["VisibilityTimeout"].(int); visibility < 6*timeout {
		t.Errorf("a message becomes visible again after %d s, want at least six times the timeout of %d s", visibility, timeout)
	}
	letters := at(queue, "RedrivePolicy", "deadLetterTargetArn", "Fn::GetAtt")
	want(t, "dead letters go to", letters, "IngestDeadLetters.Arn")
	const days = 86400
	deadLetters := resources(t, "AWS::SQS::Queue")["IngestDeadLetters"]
	want(t, "retention of dead letters", deadLetters["MessageRetentionPeriod"], 14*days)

	source := event(t, "IngesterFunction", "Deliveries")
	want(t, "source", at(source, "Type"), "SQS")
	want(t, "queue", at(source, "Properties", "Queue", "Fn::GetAtt"), "IngestQueue.Arn")
	want(t, "responses", at(source, "Properties", "FunctionResponseTypes"), []any{"ReportBatchItemFailures"})
	if at(source, "Properties", "ScalingConfig", "MaximumConcurrency") == nil {
		t.Error("any number of ingesters may run at once")
	}
}

func TestOnlyTheDeliveryBucketMayAnnounceDeliveries(t *testing.T) {
	statements := at(resources(t, "AWS::SQS::QueuePolicy")["IngestQueuePolicy"], "PolicyDocument", "Statement").([]any)
	if len(statements) != 1 {
		t.Fatalf("the ingest queue's policy has %d statements, want 1", len(statements))
	}
	name := at(resources(t, "AWS::S3::Bucket")["DeliveryBucket"], "BucketName")
	want(t, "statement", statements[0], object{
		"Sid":       "LetTheDeliveryBucketAnnounceItsObjects",
		"Effect":    "Allow",
		"Principal": object{"Service": "s3.amazonaws.com"},
		"Action":    "sqs:SendMessage",
		"Resource":  object{"Fn::GetAtt": "IngestQueue.Arn"},
		"Condition": object{
			"StringEquals": object{"aws:SourceAccount": object{"Ref": "AWS::AccountId"}},
			"ArnEquals":    object{"aws:SourceArn": object{"Fn::Join": []any{"", []any{object{"Fn::Sub": "arn:${AWS::Partition}:s3:::"}, name}}}},
		},
	})
}

func TestJanitorSeesLoadedFilesAndNothingElse(t *testing.T) {
	source := event(t, "JanitorFunction", "LoadedFiles")
	want(t, "source", at(source, "Type"), "DynamoDB")
	properties := at(source, "Properties")
	want(t, "stream", at(properties, "Stream", "Fn::GetAtt"), "Ledger.StreamArn")
	want(t, "start", at(properties, "StartingPosition"), "TRIM_HORIZON")
	want(t, "responses", at(properties, "FunctionResponseTypes"), []any{"ReportBatchItemFailures"})
	want(t, "bisecting", at(properties, "BisectBatchOnFunctionError"), true)
	for _, bound := range []string{"MaximumRetryAttempts", "MaximumRecordAgeInSeconds"} {
		if n, _ := at(properties, bound).(int); n < 1 {
			t.Errorf("%s is %v: a record that always fails would hold up its shard", bound, at(properties, bound))
		}
	}
	if at(properties, "DestinationConfig", "OnFailure", "Destination") == nil {
		t.Error("a batch that failed for good is not reported")
	}

	filters := at(properties, "FilterCriteria", "Filters").([]any)
	if len(filters) != 1 {
		t.Fatalf("%d filters, want 1", len(filters))
	}
	var pattern any
	if err := json.Unmarshal([]byte(at(filters[0], "Pattern").(string)), &pattern); err != nil {
		t.Fatalf("the filter is no JSON: %v", err)
	}
	want(t, "filter", pattern, object{
		"eventName": []any{"INSERT", "MODIFY"},
		"dynamodb": object{"NewImage": object{
			"pk":     object{"S": []any{object{"prefix": "FILE#"}}},
			"status": object{"S": []any{string(report.FileLoaded)}},
		}},
	})
}

func TestSchedules(t *testing.T) {
	tests := map[string]struct{ function, schedule string }{
		"the day is planned":  {"RequesterFunction", "Daily"},
		"due work is done":    {"RequesterFunction", "WorkOff"},
		"the bucket is swept": {"JanitorFunction", "Sweep"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			schedule := event(t, test.function, test.schedule)
			want(t, "type", at(schedule, "Type"), "ScheduleV2")
			properties := at(schedule, "Properties")
			want(t, "OmitName", at(properties, "OmitName"), true)
			want(t, "role", at(properties, "RoleArn", "Fn::GetAtt"), "ScheduleRole.Arn")
			want(t, "dead letters", at(properties, "DeadLetterConfig", "Arn", "Fn::GetAtt"), "FailedRuns.Arn")
			if n, _ := at(properties, "RetryPolicy", "MaximumRetryAttempts").(int); n < 1 {
				t.Error("a start that failed is not tried again")
			}
			var input map[string]any
			if err := json.Unmarshal([]byte(at(properties, "Input").(string)), &input); err != nil {
				t.Fatalf("the input is no JSON: %v", err)
			}
			// The shape that the Scheduler itself sends, and that events/ holds.
			want(t, "input's source", input["source"], "aws.scheduler")
			want(t, "input's kind", input["detail-type"], "Scheduled Event")
			onFailure := at(resources(t, functionType)[test.function], "EventInvokeConfig", "DestinationConfig", "OnFailure")
			want(t, "failed runs go to", at(onFailure, "Destination", "Fn::GetAtt"), "FailedRuns.Arn")
		})
	}
}
