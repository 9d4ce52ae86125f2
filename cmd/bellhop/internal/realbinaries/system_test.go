package realbinaries_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// begin asks, and has everything delivered.
func (w *fixture) begin() {
	w.t.Helper()
	if a := w.schedule(); a.Accepted != 1 {
		w.t.Fatalf("the requester answers %+v\n%s", a, w.log.tail())
	}
	w.deliver()
}

// isDelete reports whether a request deletes an object whose key has a part.
func isDelete(part string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == http.MethodDelete && strings.Contains(r.URL.Path, part) }
}

// A deletion that fails is tried again from the record that failed on, and what comes after it in the shard waits.
func TestADeletionThatFailsComesAgain(t *testing.T) {
	awayFromMidnight()
	w := newFixture(t, fixtureOptions{})
	w.begin()
	w.load()
	w.gate.close(func(r *http.Request) bool { return isDelete("-DEVICE-")(r) && w.gate.refused.Load() < 3 })
	w.until("the delivery bucket is empty", func() bool { w.release(); return len(w.list(delivery)) == 0 })
	if refused, left := w.gate.refused.Load(), w.account.waiting(failedRuns); refused != 3 || left != 0 {
		t.Errorf("%d deletions were refused, want 3; %d batches were given up, want none", refused, left)
	}
	w.certified()
	w.complete()
}

// A deletion that always fails is given up after the tries of the mapping, and says so among the failed runs. The next sweep
// deletes what the stream did not.
func TestADeletionThatAlwaysFailsIsLeftToTheSweep(t *testing.T) {
	awayFromMidnight()
	w := newFixture(t, fixtureOptions{})
	w.begin()
	w.load()
	w.gate.close(isDelete("-DEVICE-"))
	w.until("only what cannot be deleted is left", func() bool { w.release(); return len(w.list(delivery)) == 1 })
	w.until("the batch is given up", func() bool { w.release(); return w.account.waiting(failedRuns) == 1 })
	// The first try and ten more.
	if got, want := w.gate.refused.Load(), int64(1+w.mapping(janitor).MaximumRetryAttempts); got != want {
		t.Errorf("%d deletions were refused, want %d", got, want)
	}
	w.gate.open()
	if a := w.sweep(); a.Sweep == nil || a.Sweep.Deleted != 1 {
		t.Errorf("the sweep answers %+v", a.Sweep)
	}
	if left := len(w.list(delivery)); left != 0 {
		t.Errorf("%d objects are left", left)
	}
	w.certified()
	w.complete()
}

// Loads that fail come again when the message is visible again, end as dead letters after the redrive policy's tries, and
// are started by the sweep when the trouble is over.
func TestLoadsThatAlwaysFailEndAsDeadLettersAndAreSweptUp(t *testing.T) {
	awayFromMidnight()
	w := newFixture(t, fixtureOptions{})
	w.begin()
	w.gate.close(func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, dataset)
	})
	w.load()
	w.load() // All are hidden.
	q := w.account.queues[ingestQueue]
	if got := w.account.waiting(ingestQueue); got != 5 || q.visibility < 6*5*time.Minute || q.maxReceives < 2 {
		t.Fatalf("%d messages wait, want 5, for %s, %d times", got, q.visibility, q.maxReceives)
	}
	for range q.maxReceives - 1 {
		w.account.skip(q.visibility)
		w.load()
	}
	if dead := w.account.waiting(ingestDead); dead != 0 {
		t.Errorf("%d messages were given up too early", dead)
	}
	w.account.skip(q.visibility)
	w.load()
	if dead, left := w.account.waiting(ingestDead), w.account.waiting(ingestQueue); dead != 5 || left != 0 {
		t.Errorf("%d dead letters, want 5; %d messages wait, want none", dead, left)
	}
	for key, f := range w.files() {
		if f.Status != report.FileExpected || f.Loads != q.maxReceives || f.Setbacks != f.Loads {
			t.Errorf("%s is %s after %d loads and %d setbacks", key, f.Status, f.Loads, f.Setbacks)
		}
	}
	w.gate.open()
	if a := w.sweep(); a.Sweep.Redelivered != 0 || a.Sweep.Left != 5 {
		t.Errorf("failed loads have no pause: the sweep answers %+v", a.Sweep)
	}
	w.age()
	if a := w.sweep(); a.Sweep.Redelivered != 5 {
		t.Errorf("the sweep answers %+v", a.Sweep)
	}
	w.load()
	w.until("the delivery bucket is empty", func() bool { w.release(); return len(w.list(delivery)) == 0 })
	w.certified()
	w.complete()
	w.discreet()
}

// A template that is wrong is noticed: with each of these the life of a report goes another way.
func TestABrokenTemplateIsNoticed(t *testing.T) {
	awayFromMidnight()
	set := func(id string, value any, path ...string) func(cloudformation.Template) {
		return func(x cloudformation.Template) {
			last := len(path) - 1
			var steps []any
			for _, step := range path[:last] {
				steps = append(steps, step)
			}
			parent := cloudformation.At(x.Properties(id), steps...).(cloudformation.Object)
			if value == nil {
				delete(parent, path[last])
			} else {
				parent[path[last]] = value
			}
		}
	}
	filter := func(pattern string) any {
		return []any{cloudformation.Object{"Pattern": pattern}}
	}
	for name, test := range map[string]struct {
		breach func(cloudformation.Template)
		// look lives on after the delivery and says what is wrong.
		look func(w *fixture) string
		want string
	}{
		"the bucket announces nothing": {
			set("DeliveryBucket", nil, "NotificationConfiguration"),
			func(w *fixture) string { w.load(); return fmt.Sprintf("%d started", w.functions[ingester].Starts()) }, "0 started",
		},
		"the filter asks for another status": {
			set("JanitorFunctionLoadedFiles", filter(`{"dynamodb":{"NewImage":{"status":{"S":["CLAIMED"]}}}}`), "FilterCriteria", "Filters"),
			func(w *fixture) string {
				w.load()
				w.release()
				return fmt.Sprintf("%d objects left", len(w.list(delivery)))
			}, "5 objects left",
		},
		"nobody listens to what failed in a batch of messages": {
			set("IngesterFunctionDeliveries", nil, "FunctionResponseTypes"),
			func(w *fixture) string {
				w.gate.close(func(r *http.Request) bool { return r.Method == http.MethodPut })
				w.load()
				return fmt.Sprintf("%d messages wait", w.account.waiting(ingestQueue))
			}, "0 messages wait",
		},
		"the ingester is not told of the dataset": {
			set(ingesterID, nil, "Environment", "Variables", "BELLHOP_DATASET_BUCKET"),
			func(w *fixture) string {
				w.poll(w.mapping(ingester))
				return fmt.Sprint(strings.Contains(w.log.text(), "BELLHOP_DATASET_BUCKET is not set"))
			}, "true",
		},
		"the ingester expects another account's buckets": {
			set(ingesterID, "999999999999", "Environment", "Variables", "BELLHOP_BUCKET_OWNER"),
			func(w *fixture) string {
				w.load()
				w.until("S3's refusal is in the log", func() bool { return strings.Contains(w.log.text(), "AccessDenied") })
				return fmt.Sprintf("%d days published", len(w.published()))
			}, "0 days published",
		},
		"the janitor expects another account's buckets": {
			set(janitorID, "999999999999", "Environment", "Variables", "BELLHOP_BUCKET_OWNER"),
			func(w *fixture) string {
				w.load()
				w.release()
				return fmt.Sprintf("%d objects left", len(w.list(delivery)))
			}, "5 objects left",
		},
		"a message is visible again at once": {
			set(ingestQueue, float64(0), "VisibilityTimeout"),
			func(w *fixture) string {
				w.gate.close(func(r *http.Request) bool { return r.Method == http.MethodPut })
				w.load()
				return fmt.Sprintf("%d dead letters", w.account.waiting(ingestDead))
			}, "5 dead letters",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, fixtureOptions{breach: test.breach})
			w.begin()
			if got := test.look(w); got != test.want {
				t.Errorf("%s, want %s: the template's words have no effect", got, test.want)
			}
		})
	}
}

// A batch whose invocation fails is halved until the record that fails is alone, and that one is given up.
func TestABatchIsHalvedAroundThePoison(t *testing.T) {
	var records []streamRecord
	for i := range 10 {
		records = append(records, streamRecord{sequence: fmt.Sprint(i), whole: map[string]any{"n": i}})
	}
	var handled, givenUp []string
	s := shard{
		mapping: mapping{BatchSize: 10, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 10, FunctionResponseTypes: []string{"ReportBatchItemFailures"}},
		giveUp: func(batch []streamRecord) {
			for _, r := range batch {
				givenUp = append(givenUp, r.sequence)
			}
		},
	}
	s.invoke = func(event []byte) ([]byte, error) {
		if strings.Contains(string(event), `"n":6`) {
			return nil, fmt.Errorf("a panic")
		}
		for i := range 10 {
			if strings.Contains(string(event), fmt.Sprintf(`"n":%d}`, i)) {
				handled = append(handled, fmt.Sprint(i))
			}
		}
		return []byte(`{"batchItemFailures":[]}`), nil
	}
	s.work(t, records)
	if want := []string{"0", "1", "2", "3", "4", "5", "7", "8", "9"}; !slices.Equal(handled, want) || !slices.Equal(givenUp, []string{"6"}) {
		t.Errorf("handled %v and given up %v", handled, givenUp)
	}
}
