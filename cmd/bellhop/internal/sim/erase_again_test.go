package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// An erasure that is killed at any step goes on where it stopped, and nothing shows that it was.
func TestAKilledErasureGoesOn(t *testing.T) {
	at := newFixtureOn(t, s3server.Options{Dir: t.TempDir(), Versioning: true})
	var want map[string]string
	var certified []report.ErasedTotal
	steps := int64(1)
	for n := int64(0); n <= steps; n += max(1, steps/12) {
		p := at.eraseHarness(t)
		p.inject.steps.Store(0)
		p.inject.crashAt.Store(n)
		ctx, kill := context.WithCancel(t.Context())
		p.inject.kill = kill
		sum, err := p.erasures().Run(ctx, ash, false)
		kill()
		if (err != nil) != (n > 0) {
			t.Fatalf("killed at step %d of %d: %v", n, steps, err)
		}
		if n == 0 {
			steps, want, certified = p.inject.steps.Load(), p.state(), sum.Certificate.Changed
			continue
		}
		p.inject.restart()
		p.skipTo(p.clock.Now().Add(5 * time.Minute))
		if found, err := p.verifier.All(t.Context()); err != nil || len(found.Vanished)+found.Unsettled > 0 {
			t.Errorf("verified after step %d: %+v, %v", n, found, err)
		}
		again := p.erase(false)
		if diff := cmp.Diff(want, p.state()); diff != "" {
			t.Errorf("killed at step %d of %d: -want +got\n%s", n, steps, diff)
		}
		if diff := cmp.Diff(certified, again.Certificate.Changed); diff != "" {
			t.Errorf("killed at step %d of %d, certified: -want +got\n%s", n, steps, diff)
		}
		p.whole()
	}
	if steps < 60 {
		t.Errorf("only %d steps", steps)
	}
}

// state is what an erasure leaves: the days' records and the receipts of staged shares, and all objects with their versions.
func (p *harness) state() map[string]string {
	p.t.Helper()
	state := map[string]string{}
	var keys []string
	for key := range p.everything() {
		keys = append(keys, strings.Fields(key)[0])
	}
	slices.Sort(keys)
	state["versions"] = strings.Join(keys, "\n")
	maps.Copy(state, p.dataset())
	for key, doc := range p.records("SUB#") {
		if strings.Contains(key, "SLICE#") {
			state[key] = doc
		}
	}
	f, err := p.ledger.File(p.t.Context(), "four-a.csv")
	p.must(err)
	state["receipt"] = string(must(json.Marshal(f.Receipt.Partitions)))
	return state
}

// A load that was begun before the order, and does not know of it, is waited for: what it publishes is erased as well.
func TestAnErasureWaitsForTheLoadsThatDoNotKnowOfIt(t *testing.T) {
	at := newFixture(t)
	var begin func()
	p := at.newHarness(t, func(o *Options) {
		o.outside.s3 = beforePuts(o.outside.dataset, func() {
			if begin != nil {
				begin()
			}
		})
	})
	p.inject = &injector{} // the erasure's calls are not the load's
	waits, loaded, erasing := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	begin = func() {
		begin = nil
		s := p.erasures()
		s.Pause = func(context.Context, time.Duration) error {
			select {
			case <-waits:
			default:
				close(waits)
			}
			<-loaded
			return nil
		}
		go func() {
			sum, err := s.Run(context.WithoutCancel(t.Context()), ash, false)
			if err == nil && (len(sum.Failed) > 0 || len(sum.Changed) != 1 || sum.Changed[0] != total(report.ErasedDay, Subscription, "asp_device", 1, 1)) {
				err = fmt.Errorf("%+v", sum)
			}
			erasing <- err
		}()
		select {
		case <-waits:
		case err := <-erasing: // it did not wait
			erasing <- err
		}
	}
	p.deliverNext("first.csv", someRooms(1, 5, ash, "oak"))
	p.wantRows(map[string]string{"2026-11-01": "2"})
	close(loaded)
	if err := <-erasing; err != nil {
		t.Fatal(err)
	}
	p.wantRows(map[string]string{"2026-11-01": "1"})
	if left := p.places(); len(left) > 0 {
		t.Errorf("the room is still in %q", left)
	}
	p.whole()
}

// beforePuts does something before each put into a bucket.
func beforePuts(bucket string, do func()) func(*s3.Options) {
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("BeforePuts", func(
				ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
			) (middleware.InitializeOutput, middleware.Metadata, error) {
				if put, ok := in.Parameters.(*s3.PutObjectInput); ok && aws.ToString(put.Bucket) == bucket && strings.HasPrefix(aws.ToString(put.Key), "asp_") {
					do()
				}
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
		})
	}
}

// What cannot be read stays as it is and is named; the others go on, and there is no certificate before it is read.
func TestAnErasureLeavesWhatItCannotRead(t *testing.T) {
	p := newFixture(t).newHarness(t, nil)
	p.deliverNext("first.csv", someRooms(1, 5, ash, "oak"))
	bucket := objects.NewBucket(p.s3.Client(), p.outside.dataset)
	broken := report.PartitionKey("other", "asp_device", november1)
	put, err := bucket.Put(t.Context(), report.Write{Key: broken, Body: strings.NewReader("not Parquet")})
	p.must(err)
	sum, err := p.erasures().Run(t.Context(), ash, false)
	if err != nil || len(sum.Failed) != 1 || sum.Failed[0].Key != broken || sum.Certificate != nil {
		t.Fatalf("%+v, %v", sum, err)
	}
	p.wantRows(map[string]string{"2026-11-01": "1"})
	_, err = bucket.Delete(t.Context(), broken, put.ETag, "")
	p.must(err)
	// What the first run did is in the certificate of the second.
	sum = p.erase(false)
	if len(sum.Changed) > 0 || len(sum.Certificate.Changed) != 1 || sum.Certificate.Changed[0].Rows != 1 {
		t.Errorf("again: %+v, certified %+v", sum, sum.Certificate)
	}
	if _, err := p.erasures().Run(t.Context(), " n/a ", false); !fault.Is(err, fault.Poison) {
		t.Errorf("no unit: %v", err)
	}
}

// An object that a load left without a record loses the unit, and gets no record; one of the unit alone goes. While a load has a
// day, the erasure waits.
func TestAnErasureOfWhatIsNotRecorded(t *testing.T) {
	p := newFixture(t).newHarness(t, nil)
	p.deliverNext("first.csv", someRooms(1, 5, ash, "oak"))
	bucket := objects.NewBucket(p.s3.Client(), p.outside.dataset)
	left := map[string]string{}
	for day, content := range map[int]string{6: someRooms(6, 5, ash, "oak"), 7: someRooms(7, 5, ash)} {
		for key, parquet := range converted(t, "asp_device", content) {
			left[fmt.Sprint(day)] = key
			_, err := bucket.Put(t.Context(), report.Write{Key: key, Body: strings.NewReader(parquet)})
			p.must(err)
		}
	}
	now := p.clock.Now()
	_, err := p.ledger.Fence(t.Context(), report.File{Key: "slow.csv", Epoch: 7}, []report.Partition{p.day()}, now, now.Add(time.Minute))
	p.must(err)
	p.erase(false)
	if waited := p.clock.Now().Sub(now); waited < time.Minute {
		t.Errorf("it waited %s for the load that had the day", waited)
	}
	p.wantRows(map[string]string{"2026-11-01": "1"})
	days := p.dataset()
	if _, there := days[left["6"]]; !there || days[left["7"]] != "" || len(p.places()) > 0 {
		t.Errorf("left: %q, with the room: %q", slices.Sorted(maps.Keys(days)), p.places())
	}
}
