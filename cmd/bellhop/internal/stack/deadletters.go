package stack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/pkg/s3event"
)

// The queues of what failed for good, by their names on the command line.
const (
	// Deliveries could not be loaded after the tries of the ingest queue.
	Deliveries = "deliveries"
	// Runs of schedules and batches of changes. SQS moves back only what came from a queue; the next run does their work.
	Runs = "runs"
)

// DeadLetterQueues returns the names of both queues.
func DeadLetterQueues() []string { return []string{Deliveries, Runs} }

// Message is one message.
type Message struct {
	Queue  string    `json:"queue"`
	ID     string    `json:"id"`
	SentAt time.Time `json:"sent_at,omitzero"`
	// What says what it is about: keys of objects, or a function and what became of it. No row and no name of a room is in
	// these messages.
	What []string `json:"what"`
}

// DeadLetters is one of the queues.
type DeadLetters struct {
	Name   string
	client *sqs.Client
	url    string
}

// DeadLetters returns the queue of that name. It calls nothing yet.
func (in *Installation) DeadLetters(name string) (*DeadLetters, error) {
	url, err := in.ID(map[string]Part{Deliveries: IngestDeadLetters, Runs: FailedRuns}[name])
	return &DeadLetters{Name: name, client: sqs.NewFromConfig(in.Config), url: url}, err
}

func (q *DeadLetters) attributes(ctx context.Context) (map[string]string, error) {
	out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &q.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return nil, fmt.Errorf("look at the queue of %s: %w", q.Name, err)
	}
	return out.Attributes, nil
}

// Count is about how many messages there are: SQS says no more.
func (q *DeadLetters) Count(ctx context.Context) (int, error) {
	attributes, err := q.attributes(ctx)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(attributes["ApproximateNumberOfMessages"])
	if err != nil {
		return 0, fmt.Errorf("the queue of %s counts its messages as %q", q.Name, attributes["ApproximateNumberOfMessages"])
	}
	return n, nil
}

// held is for how long messages that are being looked at are hidden from others. They are shown again at once afterwards.
const held = 30 // seconds

// Peek returns up to most messages and leaves them there.
func (q *DeadLetters) Peek(ctx context.Context, most int) (letters []Message, err error) {
	var handles []string
	// Also when it was cut short: they would be hidden for the rest of the time.
	defer func() { err = errors.Join(err, q.show(context.WithoutCancel(ctx), handles)) }()
	for len(letters) < most {
		out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &q.url, MaxNumberOfMessages: int32(min(10, most-len(letters))), VisibilityTimeout: held,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
		})
		if err != nil {
			return letters, fmt.Errorf("look at the messages of %s: %w", q.Name, err)
		}
		if len(out.Messages) == 0 {
			break
		}
		for _, m := range out.Messages {
			handles = append(handles, aws.ToString(m.ReceiptHandle))
			letters = append(letters, q.letter(m))
		}
	}
	return letters, nil
}

// show makes messages visible again.
func (q *DeadLetters) show(ctx context.Context, handles []string) error {
	for _, handle := range handles {
		_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &q.url, ReceiptHandle: &handle, VisibilityTimeout: 0})
		if err != nil {
			return fmt.Errorf("show a message of %s again; SQS does so after %d seconds: %w", q.Name, held, err)
		}
	}
	return nil
}

func (q *DeadLetters) letter(m types.Message) Message {
	l := Message{Queue: q.Name, ID: aws.ToString(m.MessageId)}
	if ms, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64); err == nil {
		l.SentAt = time.UnixMilli(ms).UTC()
	}
	if q.Name == Deliveries {
		l.What = objectsIn(aws.ToString(m.Body))
	} else {
		l.What = []string{runIn(aws.ToString(m.Body))}
	}
	return l
}

// objectsIn names the objects that a notification is about.
func objectsIn(body string) []string {
	messages, err := s3event.Decode(json.RawMessage(body))
	if err != nil {
		return []string{"not a notification of S3"}
	}
	var what []string
	for _, m := range messages {
		for _, o := range m.Objects {
			what = append(what, o.Key)
		}
	}
	if len(what) == 0 {
		return []string{"a notification about no object"}
	}
	return what
}

// runIn says what a failed run was. A record of Lambda has the function and the condition; what a schedule could not
// deliver is the event alone.
func runIn(body string) string {
	var record struct {
		RequestContext struct {
			FunctionARN string `json:"functionArn"`
			Condition   string `json:"condition"`
		} `json:"requestContext"`
		ResponsePayload struct {
			ErrorMessage string `json:"errorMessage"`
			ErrorType    string `json:"errorType"`
		} `json:"responsePayload"`
		Stream *struct {
			Size int `json:"batchSize"`
		} `json:"DDBStreamBatchInfo"`
		DetailType string `json:"detail-type"`
	}
	if err := json.Unmarshal([]byte(body), &record); err != nil {
		return "not a record of a run"
	}
	function := record.RequestContext.FunctionARN
	if _, name, ok := strings.Cut(function, ":function:"); ok {
		function, _, _ = strings.Cut(name, ":")
	}
	var parts []string
	if function != "" {
		parts = append(parts, function)
	}
	if s := record.Stream; s != nil {
		parts = append(parts, fmt.Sprintf("a batch of %d changes", s.Size))
	}
	if reason := cmp.Or(record.ResponsePayload.ErrorMessage, record.ResponsePayload.ErrorType, record.RequestContext.Condition); reason != "" {
		parts = append(parts, reason)
	}
	if len(parts) == 0 && record.DetailType != "" {
		return "a schedule whose event could not be handed over"
	}
	return cmp.Or(strings.Join(parts, ": "), "a record without a function")
}

// Move is how far a redrive is.
type Move struct {
	Moved, Total int64
	Done         bool
}

// Redrive has SQS move all messages back to the queue that they came from, and tells of its progress until that is done. When
// ctx ends first, SQS goes on: what is moved is loaded again, which may be repeated.
func (q *DeadLetters) Redrive(ctx context.Context, wait func(context.Context, time.Duration) error, tell func(Move)) (Move, error) {
	attributes, err := q.attributes(ctx)
	if err != nil {
		return Move{}, err
	}
	arn := attributes["QueueArn"]
	_, err = q.client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &arn})
	if err != nil && !running(err) {
		return Move{}, fmt.Errorf("start moving the messages of %s back: %w", q.Name, err)
	}
	for {
		out, err := q.client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &arn, MaxResults: aws.Int32(1)})
		if err != nil {
			return Move{}, fmt.Errorf("see how far the move is: %w", err)
		}
		if len(out.Results) == 0 {
			return Move{}, fmt.Errorf("the queue of %s knows of no move", q.Name)
		}
		task := out.Results[0]
		m := Move{Moved: task.ApproximateNumberOfMessagesMoved, Total: aws.ToInt64(task.ApproximateNumberOfMessagesToMove)}
		switch aws.ToString(task.Status) {
		case "COMPLETED":
			m.Done = true
			tell(m)
			return m, nil
		case "FAILED", "CANCELLED":
			return m, fmt.Errorf("the move of %s is %s after %d messages: %s", q.Name, aws.ToString(task.Status), m.Moved, aws.ToString(task.FailureReason))
		}
		tell(m)
		if err := wait(ctx, time.Second); err != nil {
			return m, err
		}
	}
}

// running reports whether a move is under way already.
func running(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && strings.Contains(api.ErrorMessage(), "already")
}

// Purge deletes all messages.
func (q *DeadLetters) Purge(ctx context.Context) error {
	if _, err := q.client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &q.url}); err != nil {
		return fmt.Errorf("delete the messages of %s: %w", q.Name, err)
	}
	return nil
}
