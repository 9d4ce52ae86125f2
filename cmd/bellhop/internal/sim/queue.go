package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/s3event"
)

// Chaos is what the queue does to events on purpose, by their number. AWS promises neither that an event comes once, nor in
// which order, nor, in the end, that it comes.
type Chaos struct {
	// LoseEvery loses every nth event; 0 loses none.
	LoseEvery int
	// DuplicateEvery delivers every nth event a second time, when all others have been dealt with.
	DuplicateEvery int
	// Reverse hands the newest event out first.
	Reverse bool
}

type message struct {
	id       int
	body     string
	receives int
	visible  time.Time
}

func (m message) name() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", m.id) }

// queue is SQS between the delivery bucket and the ingester: at least once, what failed comes again, and what never succeeds
// goes to the dead letters, which here are the log.
type queue struct {
	handle func(ctx context.Context, event json.RawMessage) ([]string, error) // returns the ids that failed
	log    *slog.Logger
	chaos  Chaos
	now    func() time.Time
	// meter counts the requests that S3 and Lambda make.
	meter *cost.Meter

	mu             sync.Mutex
	wake           *sync.Cond
	waiting        []message
	echoes         []message // second deliveries, for when nothing else is to be done
	inFlight, sent int
	lost, doubled  int
	closed         bool
}

func newQueue(log *slog.Logger, chaos Chaos, now func() time.Time) *queue {
	q := &queue{log: log, chaos: chaos, now: now}
	q.wake = sync.NewCond(&q.mu)
	return q
}

// Send takes the body of an S3 notification.
func (q *queue) Send(body []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	nth := func(every int) bool { return every > 0 && q.sent%every == 0 }
	q.sent++
	if nth(q.chaos.LoseEvery) {
		q.lost++
		return
	}
	q.meter.Call("SQS SendMessage")
	m := q.add(body)
	if nth(q.chaos.DuplicateEvery) {
		q.doubled++
		q.echoes = append(q.echoes, m)
	}
}

// Redeliver sends the canonical notification of a delivery: the requester and the sweep use the way that events take. What
// they send is neither lost nor doubled.
func (q *queue) Redeliver(ctx context.Context, d report.Delivery) error {
	body, err := s3event.Encode(s3event.Object{
		Bucket: d.Bucket, Key: d.Key, ETag: d.ETag, VersionID: d.VersionID, Size: d.Size, At: d.At,
	})
	if err != nil {
		return fmt.Errorf("encode the notification of %s: %w", d.Key, err)
	}
	cost.MeterOf(ctx).Call("SQS SendMessage")
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent++
	q.add(body)
	return nil
}

// add queues a message with the number of the last one sent. The caller holds the lock.
func (q *queue) add(body []byte) message {
	m := message{id: q.sent, body: string(body)}
	q.waiting = append(q.waiting, m)
	q.wake.Broadcast()
	return m
}

// Work handles messages until the queue is closed. Several may work at once.
func (q *queue) Work(ctx context.Context) {
	for q.work(ctx) {
	}
}

// WorkOne handles one message, if one waits, and reports whether it did.
func (q *queue) WorkOne(ctx context.Context) bool { return !q.Idle() && q.work(ctx) }

// work waits for a message and handles it: one invocation gets one, as in template.yaml. It returns false when the queue is
// closed.
func (q *queue) work(ctx context.Context) bool {
	m, ok := q.receive()
	if ok {
		failed, err := q.handle(ctx, sqsEvent(m))
		q.settle(m, err != nil || slices.Contains(failed, m.name()))
	}
	return ok
}

func (q *queue) receive() (message, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := q.visible()
	for ; at < 0 && !q.closed; at = q.visible() {
		if len(q.echoes) > 0 && q.inFlight == 0 {
			q.waiting, q.echoes = append(q.waiting, q.echoes...), nil
			continue
		}
		q.wake.Wait()
	}
	if q.closed {
		return message{}, false
	}
	m := q.waiting[at]
	q.waiting = slices.Delete(q.waiting, at, at+1)
	q.inFlight++
	q.meter.Call("SQS ReceiveMessage")
	return m, true
}

// visible returns the place of the message to hand out next, -1 when nothing is visible. The caller holds the lock.
func (q *queue) visible() int {
	now, found := q.now(), -1
	for i, m := range q.waiting {
		if m.visible.After(now) {
			continue
		}
		if found = i; !q.chaos.Reverse {
			break
		}
	}
	return found
}

// Wake makes the workers look again, after time has passed.
func (q *queue) Wake() { q.wake.Broadcast() }

// NextVisible returns when the next message that failed is handed out again, if there is one.
func (q *queue) NextVisible() (at time.Time, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.waiting {
		if !ok || m.visible.Before(at) {
			at, ok = m.visible, true
		}
	}
	return at, ok
}

// settle deletes a message, or takes it back when it failed.
func (q *queue) settle(m message, failed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer q.wake.Broadcast()
	q.inFlight--
	if !failed {
		q.meter.Call("SQS DeleteMessage")
		return
	}
	if m.receives++; m.receives >= maxReceives {
		q.log.Error("message goes to the dead letters", "message_id", m.name(), "receives", m.receives)
		return
	}
	m.visible = q.now().Add(visibility)
	q.waiting = append(q.waiting, m)
}

// Idle reports whether nothing is to be handed out now and nothing is being handled.
func (q *queue) Idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.visible() < 0 && len(q.echoes) == 0 && q.inFlight == 0
}

// Close ends all workers once they have finished what they have in hand. What waits is lost, as with a kill.
func (q *queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake.Broadcast()
}

// sqsEvent is the event that Lambda's SQS poller makes of a message. It is built from literals, not from bellhop's own types,
// so that the handler reads what AWS writes.
func sqsEvent(m message) json.RawMessage {
	event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"messageId":         m.name(),
		"receiptHandle":     "local",
		"body":              m.body,
		"attributes":        map[string]any{"ApproximateReceiveCount": fmt.Sprint(m.receives + 1)},
		"messageAttributes": map[string]any{},
		"eventSource":       "aws:sqs",
		"eventSourceARN":    "arn:aws:sqs:us-east-1:000000000000:bellhop-ingest",
		"awsRegion":         "us-east-1",
	}}})
	if err != nil {
		panic("sim: an SQS event of strings cannot be encoded: " + err.Error())
	}
	return event
}

// Disturbed returns how many events were lost and doubled on purpose.
func (q *queue) Disturbed() (lost, doubled int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost, q.doubled
}
