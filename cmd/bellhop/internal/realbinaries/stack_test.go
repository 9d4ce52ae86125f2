package realbinaries_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// What the template calls its parts.
const (
	requesterID   = "RequesterFunction"
	ingesterID    = "IngesterFunction"
	janitorID     = "JanitorFunction"
	ingestQueue   = "IngestQueue"
	ingestDead    = "IngestDeadLetters"
	failedRuns    = "FailedRuns"
	dailySchedule = "RequesterFunctionDaily"
	sweepSchedule = "JanitorFunctionSweep"
)

// ids are the template's names of the functions.
var ids = map[string]string{requester: requesterID, ingester: ingesterID, janitor: janitorID}

// deployed is template.yaml after SAM's transform, as a stack with these values. A breach may change it before.
func deployed(t *testing.T, root string, values map[string]string, breach func(cloudformation.Template)) cloudformation.Stack {
	t.Helper()
	x := cloudformation.Parse(t, cloudformation.Expanded(t, root))
	if breach != nil {
		breach(x)
	}
	return cloudformation.NewStack(x, "bellhop", values)
}

// mapping is an event source mapping: the properties that this dispatcher knows. Another one in the template fails the test.
type mapping struct {
	FunctionName, EventSourceArn   any
	BatchSize                      int
	FunctionResponseTypes          []string
	ScalingConfig                  struct{ MaximumConcurrency int } // one at a time is within any bound
	BisectBatchOnFunctionError     bool
	MaximumRetryAttempts           int
	MaximumRecordAgeInSeconds      int
	StartingPosition               string
	DestinationConfig              struct{ OnFailure struct{ Destination any } }
	FilterCriteria                 struct{ Filters []struct{ Pattern string } }
	MaximumBatchingWindowInSeconds int
}

// reports says whether the function's answer names what failed.
func (m mapping) reports() bool {
	return len(m.FunctionResponseTypes) == 1 && m.FunctionResponseTypes[0] == "ReportBatchItemFailures"
}

// mappingOf returns the one event source mapping of a function.
func mappingOf(t *testing.T, s cloudformation.Stack, function, source string) mapping {
	t.Helper()
	var found []mapping
	for _, id := range s.Template.IDs("AWS::Lambda::EventSourceMapping") {
		m := mapping{BatchSize: map[string]int{ingestQueue: 10, "Ledger": 100}[source], MaximumRetryAttempts: -1} // Lambda's defaults
		decode(t, s.Template.Properties(id), &m)
		if cloudformation.Target(m.FunctionName) == function {
			found = append(found, m)
		}
	}
	if len(found) != 1 || cloudformation.Target(found[0].EventSourceArn) != source {
		t.Fatalf("%s has %d event sources, want %s", function, len(found), source)
	}
	return found[0]
}

// decode reads properties, of which none may be unknown.
func decode(t *testing.T, properties cloudformation.Object, into any) {
	t.Helper()
	raw, err := json.Marshal(properties)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("the dispatcher does not know what to do by %s: %v", raw, err)
	}
}

// tick returns the event of a schedule that is enabled and invokes the function, with what EventBridge Scheduler puts in
// for its own words.
func tick(t *testing.T, s cloudformation.Stack, schedule, function string) []byte {
	t.Helper()
	p := s.Template.Properties(schedule)
	if state := p["State"]; state != nil && s.Text(state) != "ENABLED" || cloudformation.Target(cloudformation.At(p, "Target", "Arn")) != function {
		t.Fatalf("%s does not invoke %s: %v", schedule, function, p)
	}
	return []byte(strings.NewReplacer(
		"<aws.scheduler.execution-id>", "9f1a7c52-53a3-4d04-a3a2-0c8d3a3a3a3a",
		"<aws.scheduler.scheduled-time>", time.Now().UTC().Format(time.RFC3339),
		"<aws.scheduler.schedule-arn>", "arn:aws:scheduler:us-east-1:111122223333:schedule/default/"+schedule,
		"<aws.scheduler.attempt-number>", "1",
	).Replace(s.Text(cloudformation.At(p, "Target", "Input"))))
}

// announces reports whether a bucket announces created objects, all of them, to a queue.
func announces(s cloudformation.Stack, bucket, queue string) bool {
	configurations, _ := cloudformation.At(s.Template.Properties(bucket), "NotificationConfiguration", "QueueConfigurations").([]any)
	for _, c := range configurations {
		if cloudformation.At(c, "Event") == "s3:ObjectCreated:*" && cloudformation.At(c, "Filter") == nil && cloudformation.Target(cloudformation.At(c, "Queue")) == queue {
			return true
		}
	}
	return false
}

// seconds reads a number of seconds.
func seconds(value any) time.Duration {
	n, _ := value.(float64)
	return time.Duration(n) * time.Second
}

// environment is what the template gives a function, beside the account's own.
func (w *fixture) environment(function string) []string {
	var env []string
	for name, value := range w.stack.Environment(ids[function]) {
		if strings.HasPrefix(value, "<") {
			w.t.Errorf("nobody knows %s of %s: %s", name, function, value)
		}
		env = append(env, name+"="+value)
	}
	for name, value := range w.environ {
		env = append(env, fmt.Sprintf("%s=%s", name, value))
	}
	// Lambda tells a function in which form to log: "Configuring advanced logging controls" in its developer guide.
	logging := w.stack.Template.Properties(ids[function])["LoggingConfig"]
	for name, setting := range map[string]string{"AWS_LAMBDA_LOG_FORMAT": "LogFormat", "AWS_LAMBDA_LOG_LEVEL": "ApplicationLogLevel"} {
		if value := cloudformation.At(logging, setting); value != nil {
			env = append(env, name+"="+w.stack.Text(value))
		}
	}
	return env
}
