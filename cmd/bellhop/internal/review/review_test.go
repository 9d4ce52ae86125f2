package review_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
)

func TestEntriesOfDeadLetters(t *testing.T) {
	noon := time.Date(2026, time.November, 14, 12, 0, 0, 0, time.UTC)
	message := func(queue string, sent time.Time, what ...string) stack.Message {
		return stack.Message{Queue: queue, SentAt: sent, What: what}
	}
	for name, tt := range map[string]struct {
		given review.GivenUp
		want  []review.Entry
	}{
		"queues without messages": {review.GivenUp{Counts: map[string]int{stack.Deliveries: 0, stack.Runs: 0}}, nil},
		"the oldest message says since when, whatever the order": {
			review.GivenUp{Counts: map[string]int{stack.Deliveries: 3}, Letters: []stack.Message{
				message(stack.Deliveries, noon, "a.csv"),
				message(stack.Deliveries, noon.Add(-time.Hour), "b.csv", "c.csv"),
				message(stack.Deliveries, noon.Add(time.Hour), "d.csv"),
			}},
			[]review.Entry{{
				Kind: review.DeadLetters, Key: stack.Deliveries, Since: noon.Add(-time.Hour), Verbs: []review.Verb{review.Replay, review.Drop},
				Reason: "about 3 that failed for good, such as a.csv; b.csv, c.csv; d.csv",
			}},
		},
		"a run's messages can only be dropped, and another queue's say nothing of it": {
			review.GivenUp{Counts: map[string]int{stack.Runs: 1}, Letters: []stack.Message{
				message(stack.Deliveries, noon.Add(-time.Hour), "a.csv"), message(stack.Runs, noon, "janitor: timed out"),
			}},
			[]review.Entry{{
				Kind: review.DeadLetters, Key: stack.Runs, Since: noon, Verbs: []review.Verb{review.Drop},
				Reason: "about 1 that failed for good, such as janitor: timed out",
			}},
		},
		"messages that somebody else is reading": {
			review.GivenUp{Counts: map[string]int{stack.Runs: 2}},
			[]review.Entry{{Kind: review.DeadLetters, Key: stack.Runs, Verbs: []review.Verb{review.Drop}, Reason: "about 2 that failed for good"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.given.Entries()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
