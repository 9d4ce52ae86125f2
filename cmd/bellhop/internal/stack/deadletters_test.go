package stack_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/internal/standin"
)

func send(t *testing.T, a *Account, part stack.Part, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := sqs.NewFromConfig(a.Config).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(a.ID(part)), MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
}

// A record of a failed invocation, as Lambda's page on asynchronous invocation shows one, and one of a failed batch, as the page on
// DynamoDB streams does.
const (
	failedRun   = `{"version":"1.0","timestamp":"2026-11-20T10:00:00.000Z","requestContext":{"requestId":"e4b46cbf","functionArn":"arn:aws:lambda:us-east-1:123456789012:function:bellhop-requester:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":2},"requestPayload":{"detail":"{}"},"responseContext":{"statusCode":200,"functionError":"Unhandled"},"responsePayload":{"errorMessage":"read the ledger: throttled","errorType":"wrapError"}}`
	failedBatch = `{"requestContext":{"requestId":"316aa6d0","functionArn":"arn:aws:lambda:us-east-1:123456789012:function:bellhop-janitor","condition":"RetryAttemptsExhausted","approximateInvokeCount":11},"responseContext":{"statusCode":200,"functionError":"Unhandled"},"version":"1.0","DDBStreamBatchInfo":{"shardId":"shardId-1","startSequenceNumber":"1","endSequenceNumber":"3","batchSize":3}}`
)

func TestDeadLetters(t *testing.T) {
	a := Deploy(t, nil)
	t.Run("what was given up is shown, stays, and goes with a purge", func(t *testing.T) { lookAndPurge(t, a) })
	t.Run("a redrive is watched to its end", func(t *testing.T) { redrive(t, a) })
}

func lookAndPurge(t *testing.T, a *Account) {
	put, err := os.ReadFile(filepath.Join(standin.Root(t), "events", "s3-put.json"))
	if err != nil {
		t.Fatal(err)
	}
	send(t, a, stack.IngestDeadLetters, string(put), `{"odd":1}`, "no JSON")
	send(t, a, stack.FailedRuns, failedRun, failedBatch, `{"detail-type":"Scheduled Event"}`, "[]")
	want := map[string][]string{
		"deliveries": {"DeviceMetrics_2026-11-01_2026-11-04.csv", "not a notification of S3", "not a notification of S3"},
		"runs": {
			"a schedule whose event could not be handed over", "bellhop-janitor: a batch of 3 changes: RetryAttemptsExhausted", "bellhop-requester: read the ledger: throttled", "not a record of a run",
		},
	}
	for _, k := range stack.DeadLetterQueues() {
		box, err := a.Installation().DeadLetters(k)
		if err != nil {
			t.Fatal(err)
		}
		// Looking changes nothing: the second look sees the same.
		for range 2 {
			letters, err := box.Peek(t.Context(), 20)
			if err != nil {
				t.Fatal(err)
			}
			var what []string
			for _, l := range letters {
				if l.Queue != k || l.ID == "" || time.Since(l.SentAt) > time.Hour {
					t.Errorf("%+v", l)
				}
				what = append(what, strings.Join(l.What, " "))
			}
			slices.Sort(what)
			if !slices.Equal(what, want[k]) {
				t.Errorf("%s: %q, want %q", k, what, want[k])
			}
		}
		if few, err := box.Peek(t.Context(), 2); err != nil || len(few) != 2 {
			t.Errorf("%d messages of %s, %v", len(few), k, err)
		}
		n, err := box.Count(t.Context())
		if err != nil || n != len(want[k]) {
			t.Errorf("%d messages of %s, %v", n, k, err)
		}
		if err := box.Purge(t.Context()); err != nil {
			t.Error(err)
		}
		if n, err := box.Count(t.Context()); err != nil || n != 0 {
			t.Errorf("%d messages of %s after a purge, %v", n, k, err)
		}
	}
}

// SQS moves by itself; what is shown is what it says, until it says that it is done. moto cannot move, so its answers are
// written after the API reference of ListMessageMoveTasks.
func redrive(t *testing.T, a *Account) {
	box, err := a.Installation().DeadLetters(stack.Deliveries)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		start    string // the answer to the start; "" is a task
		statuses []string
		says     string
		moved    []int64
	}{
		"it is moved":                  {"", []string{"RUNNING", "RUNNING", "COMPLETED"}, "", []int64{1, 2, 3}},
		"it fails":                     {"", []string{"RUNNING", "FAILED"}, "FAILED after 2 messages: no access", []int64{1}},
		"somebody else has started it": {"There is already a task running. Only one active task is allowed for a source queue arn at a given time.", []string{"COMPLETED"}, "", []int64{1}},
		"it may not be started":        {"The queue is no dead letter queue.", nil, "no dead letter queue", nil},
	} {
		t.Run(name, func(t *testing.T) {
			a.Answer("StartMessageMoveTask", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				if tt.start != "" {
					w.WriteHeader(http.StatusBadRequest)
					_, _ = fmt.Fprintf(w, `{"__type":"com.amazonaws.sqs#UnsupportedOperation","message":%q}`, tt.start)
					return
				}
				_, _ = fmt.Fprint(w, `{"TaskHandle":"handle"}`)
			})
			looks := 0
			a.Answer("ListMessageMoveTasks", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				looks++
				_, _ = fmt.Fprintf(w, `{"Results":[{"Status":%q,"ApproximateNumberOfMessagesMoved":%d,"ApproximateNumberOfMessagesToMove":3,"FailureReason":"no access"}]}`, tt.statuses[looks-1], looks)
			})
			var moved []int64
			wait := func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
			last, err := box.Redrive(t.Context(), wait, func(m stack.Move) { moved = append(moved, m.Moved) })
			if tt.says == "" && (err != nil || !last.Done) || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("%+v, %v; want %q", last, err, tt.says)
			}
			if !slices.Equal(moved, tt.moved) {
				t.Errorf("told of %v, want %v", moved, tt.moved)
			}
		})
	}
}
