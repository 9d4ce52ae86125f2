package realbinaries_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// queue is an SQS queue as the template declares it. The account's lock guards it.
type queue struct {
	id          string
	visibility  time.Duration
	maxReceives int    // 0: it has no dead letters
	dead        string // the queue of its dead letters

	sent     int
	messages []message
}

type message struct {
	id, body string
	receives int
	visible  time.Time
}

// newQueue reads a queue's properties. Where the template says nothing, SQS's own default holds.
func newQueue(s cloudformation.Stack, id string) *queue {
	p := s.Template.Properties(id)
	q := &queue{id: id, visibility: 30 * time.Second}
	if p["VisibilityTimeout"] != nil {
		q.visibility = seconds(p["VisibilityTimeout"])
	}
	if redrive := p["RedrivePolicy"]; redrive != nil {
		receives, _ := cloudformation.At(redrive, "maxReceiveCount").(float64)
		q.maxReceives, q.dead = int(receives), cloudformation.Target(cloudformation.At(redrive, "deadLetterTargetArn"))
	}
	return q
}

func (q *queue) put(body string) string {
	q.sent++
	id := fmt.Sprintf("%s-%d", q.id, q.sent)
	q.messages = append(q.messages, message{id: id, body: body})
	return id
}

// take hides up to n messages that are visible, and returns them. One that was received too often goes to the dead letters
// instead.
func (q *queue) take(n int, now time.Time, deadLetters *queue) []message {
	var batch []message
	for i := 0; i < len(q.messages) && len(batch) < n; {
		m := &q.messages[i]
		switch {
		case m.visible.After(now):
			i++
		case q.maxReceives > 0 && m.receives >= q.maxReceives:
			deadLetters.messages = append(deadLetters.messages, *m)
			q.messages = slices.Delete(q.messages, i, i+1)
		default:
			m.receives++
			m.visible = now.Add(q.visibility)
			batch = append(batch, *m)
			i++
		}
	}
	return batch
}

// remove deletes messages that were dealt with.
func (q *queue) remove(handled []message) {
	q.messages = slices.DeleteFunc(q.messages, func(m message) bool {
		return slices.ContainsFunc(handled, func(h message) bool { return h.id == m.id })
	})
}

// sqsEvent is the event with which Lambda hands messages over.
func sqsEvent(queue string, batch []message) []byte {
	var records []map[string]any
	for _, m := range batch {
		sum := md5.Sum([]byte(m.body))
		records = append(records, map[string]any{
			"messageId": m.id, "receiptHandle": "AQEB", "body": m.body,
			"attributes":        map[string]string{"ApproximateReceiveCount": fmt.Sprint(m.receives), "SentTimestamp": "1793851827512"},
			"messageAttributes": map[string]any{}, "md5OfBody": hex.EncodeToString(sum[:]),
			"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:" + queue, "awsRegion": "us-east-1",
		})
	}
	event, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		panic(err)
	}
	return event
}
