package realbinaries_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The kill test asks for each day on its own, and gets two files for each category of it, the later of which merges both.
// BELLHOP_KILL_DAYS=45 makes it 450 files, which takes some minutes.
const (
	usualDays  = 2
	categories = 5
	parts      = 2
)

func killDays(t *testing.T) int {
	t.Helper()
	text := os.Getenv("BELLHOP_KILL_DAYS")
	if text == "" {
		return usualDays
	}
	days, err := strconv.Atoi(text)
	if err != nil || days < 1 || days > 80 {
		t.Fatalf("BELLHOP_KILL_DAYS is %q: it must be a number of days, 1 to 80", text)
	}
	return days
}

// Killed at random moments, as a timeout kills, with its events lost: the sweep starts the loads again, and the dataset
// is byte for byte the one of a run in which nothing happened.
func TestKilledIngestersAndJanitorsLeaveTheSameDataset(t *testing.T) {
	awayFromMidnight()
	days := killDays(t)
	oneDayEach := fixtureOptions{parts: parts, values: map[string]string{
		"MaxWindowDays": "1", "LagDays": "1",
		"From": (report.DateOf(time.Now().UTC()) - report.Date(days)).String(),
	}}
	var want map[string][]byte
	usual := map[string][]time.Duration{} // how long each invocation takes when nothing happens
	if !t.Run("not killed", func(t *testing.T) {
		w := newFixture(t, oneDayEach)
		w.ask(days)
		for event := w.account.receive(1); event != nil; event = w.account.receive(1) {
			usual[ingester] = append(usual[ingester], w.timed(ingester, event))
		}
		w.until("the delivery bucket is empty", func() bool {
			for _, event := range w.stream.events(t, w.mapping(janitor), 1) {
				usual[janitor] = append(usual[janitor], w.timed(janitor, event))
			}
			return len(w.list(delivery)) == 0
		})
		w.certified()
		w.complete()
		want = w.published()
	}) {
		return
	}
	for _, seed := range []uint64{1, 2} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			w := newFixture(t, oneDayEach)
			w.ask(days)
			k := &killer{
				fixture: w, chance: rand.New(rand.NewPCG(seed, 0)), killed: map[string]int{},
				within: map[string]time.Duration{ingester: mostly(usual[ingester]), janitor: mostly(usual[janitor])},
			}
			k.rampage()
			w.until("the delivery bucket is empty", func() bool {
				w.load()
				w.age()
				w.sweep()
				return len(w.list(delivery)) == 0 && len(w.statuses()) == 1
			})
			w.certified()
			w.complete()
			same(t, want, w.published())
			if posts := w.vendor.Counters().Posts; posts != days {
				t.Errorf("the vendor was asked %d times, want %d", posts, days)
			}
		})
	}
}

// ask has everything asked for and delivered.
func (w *fixture) ask(days int) {
	w.t.Helper()
	if a := w.schedule(); a.Accepted != days {
		w.t.Fatalf("the requester answers %+v\n%s", a, w.log.tail())
	}
	w.deliver()
	if len(w.delivered) != days*categories*parts {
		w.t.Fatalf("%d files are delivered, want %d", len(w.delivered), days*categories*parts)
	}
}

func (w *fixture) timed(function string, event []byte) time.Duration {
	w.t.Helper()
	began := time.Now()
	w.invoke(function, event)
	return time.Since(began)
}

// mostly returns one and a half times the median, a time within which most of the work is done, and some is not.
func mostly(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2] * 3 / 2
}

// killer kills functions at work.
type killer struct {
	*fixture
	chance *rand.Rand
	within map[string]time.Duration // the moment lies between the beginning and this
	killed map[string]int
}

// rampage kills loads and deletions in three rounds. Who is killed does not get the event again: that is left to the sweep.
func (k *killer) rampage() {
	k.t.Helper()
	for round := range 3 {
		for event := k.account.receive(1); event != nil; event = k.account.receive(1) {
			k.invoke(ingester, event)
		}
		k.t.Logf("round %d: the loads leave files %v", round, k.statuses())
		for _, event := range k.stream.events(k.t, k.mapping(janitor), 1) {
			k.invoke(janitor, event)
		}
		k.t.Logf("round %d: the deletions leave %d objects", round, len(k.list(delivery)))
		k.age()
		k.sweep()
	}
	k.t.Logf("killed at work: %v", k.killed)
	if k.killed[ingester] == 0 || k.killed[janitor] == 0 {
		k.t.Error("not every function was killed: the test tests too little")
	}
}

// invoke hands an event to a function and kills it at some moment. Some get through.
func (k *killer) invoke(function string, event []byte) {
	k.t.Helper()
	// A process that still starts is at nothing: let one wait for the event.
	idle := map[string]string{ingester: "s3-test-event.json", janitor: "dynamodb-stream.json"}
	k.fixture.invoke(function, k.event(idle[function]))
	ctx, cancel := context.WithTimeout(k.t.Context(), time.Duration(k.chance.Int64N(int64(k.within[function]))))
	defer cancel()
	_, err := k.functions[function].Invoke(ctx, event)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		k.killed[function]++
	case err != nil:
		k.t.Fatalf("%s: %v\n%s", function, err, k.log.tail())
	}
}

// age lets the leases of dead workers and the pauses after failed loads run out, without the minutes that they have left:
// the record of such a file becomes what it will be then.
func (w *fixture) age() {
	w.t.Helper()
	now := time.Now()
	for key, f := range w.files() {
		if f.Status != report.FileClaimed && (f.Status != report.FileExpected || f.Delivery == nil) {
			continue
		}
		_, err := w.ledger.UpdateFile(w.t.Context(), key, now, func(f *report.File) error {
			f.DueAt = now.Add(-time.Second)
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// statuses counts the ledger's files.
func (w *fixture) statuses() map[report.FileStatus]int {
	w.t.Helper()
	counts := map[report.FileStatus]int{}
	for _, f := range w.files() {
		counts[f.Status]++
	}
	return counts
}

// same compares two datasets byte for byte.
func same(t *testing.T, want, got map[string][]byte) {
	t.Helper()
	if len(want) == 0 || !slices.Equal(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))) {
		t.Errorf("the dataset has the objects %q, want %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	for key, content := range want {
		if !bytes.Equal(got[key], content) {
			t.Errorf("%s has %d other bytes, want %d", key, len(got[key]), len(content))
		}
	}
}
