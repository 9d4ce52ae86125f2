package realbinaries_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// pollers do what Lambda's event source mappings do, by the mappings of the template. See "Using Lambda with Amazon SQS",
// "Using AWS Lambda with Amazon DynamoDB" and, for batches that fail in part, "Reporting batch item failures" in Lambda's
// developer guide.

// mapping is the event source mapping of a function.
func (w *fixture) mapping(function string) mapping {
	w.t.Helper()
	source := map[string]string{ingester: ingestQueue, janitor: "Ledger"}[function]
	return mappingOf(w.t, w.stack, ids[function], source)
}

// load lets the ingester have what is visible in its queue, until nothing is.
func (w *fixture) load() {
	w.t.Helper()
	m := w.mapping(ingester)
	for w.poll(m) {
	}
}

// poll hands one batch of messages to the ingester, and reports whether there was one.
func (w *fixture) poll(m mapping) bool {
	w.t.Helper()
	w.account.mu.Lock()
	q := w.account.queues[ingestQueue]
	batch := q.take(m.BatchSize, w.account.now(), w.account.queues[q.dead])
	w.account.mu.Unlock()
	if len(batch) == 0 {
		return false
	}
	raw, err := w.functions[ingester].Invoke(w.t.Context(), sqsEvent(q.id, batch))
	failed := failuresIn(w.t, raw, err, m)
	w.account.mu.Lock()
	defer w.account.mu.Unlock()
	q.remove(slices.DeleteFunc(batch, func(m message) bool { return err != nil || slices.Contains(failed, m.id) }))
	return true
}

// failuresIn reads what an answer says has failed, if the mapping listens to it.
func failuresIn(t *testing.T, raw []byte, err error, m mapping) []string {
	t.Helper()
	if err != nil || !m.reports() {
		return nil
	}
	var answer struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("the function answers %s: %v", raw, err)
	}
	var failed []string
	for _, f := range answer.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

// release lets the janitor have what is new in the ledger's stream, and tries again what fails, until it is done or given up.
func (w *fixture) release() {
	w.t.Helper()
	m := w.mapping(janitor)
	p := shard{mapping: m, invoke: func(event []byte) ([]byte, error) {
		return w.functions[janitor].Invoke(w.t.Context(), event)
	}, giveUp: func(batch []streamRecord) {
		queue := cloudformation.Target(m.DestinationConfig.OnFailure.Destination)
		body, err := json.Marshal(map[string]any{"requestContext": map[string]any{"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": map[string]any{
			"startSequenceNumber": batch[0].sequence, "endSequenceNumber": batch[len(batch)-1].sequence, "batchSize": len(batch),
		}})
		if err != nil || queue == "" {
			w.t.Fatalf("a batch is given up, and goes to %q: %v", queue, err)
		}
		w.account.send(queue, body)
	}}
	p.work(w.t, w.stream.fresh(w.t, m))
}

// shard hands the records of a shard on in order: a batch that fails holds up all later ones.
type shard struct {
	mapping
	invoke func(event []byte) ([]byte, error)
	giveUp func(batch []streamRecord)
}

// attempt is a batch, and how often it was tried again.
type attempt struct {
	batch   []streamRecord
	retries int
}

func (s shard) work(t *testing.T, records []streamRecord) {
	t.Helper()
	var waiting []attempt
	for batch := range slices.Chunk(records, s.BatchSize) {
		waiting = append(waiting, attempt{batch: batch})
	}
	for len(waiting) > 0 {
		a := waiting[0]
		raw, err := s.invoke(streamEvent(a.batch))
		failed := failuresIn(t, raw, err, s.mapping)
		waiting = slices.Concat(s.again(a, failed, err), waiting[1:])
	}
}

// again returns what of a batch is to be tried once more.
func (s shard) again(a attempt, failed []string, err error) []attempt {
	from := 0
	if err == nil {
		if len(failed) == 0 {
			return nil
		}
		// The lowest number that failed is where it goes on; one that is not of the batch fails all of it.
		from = slices.IndexFunc(a.batch, func(r streamRecord) bool { return slices.Contains(failed, r.sequence) })
		from = max(from, 0)
	}
	rest := a.batch[from:]
	switch {
	case s.MaximumRetryAttempts >= 0 && a.retries >= s.MaximumRetryAttempts:
		s.giveUp(rest)
		return nil
	case s.BisectBatchOnFunctionError && from == 0 && len(rest) > 1:
		half := len(rest) / 2
		return []attempt{{rest[:half], a.retries + 1}, {rest[half:], a.retries + 1}}
	default:
		return []attempt{{rest, a.retries + 1}}
	}
}
