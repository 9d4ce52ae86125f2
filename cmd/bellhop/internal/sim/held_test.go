package sim

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The reports of one day: four rooms, then one, then one whose number is another.
var (
	fourRooms = device(good, "11/1/2026,org,,oak,Oak,1,1,3", "11/1/2026,org,,elm,Elm,1,1,4", "11/1/2026,org,,ash,Ash,1,1,5")
	oneRoom   = device(good)
	noRoom    = device()
)

var november1 = report.NewDate(2026, 11, 1)

// deliverNext has a report of November 1 asked for, an hour after the one before, and loaded.
func (p *harness) deliverNext(name, content string) {
	p.t.Helper()
	p.skipTo(p.clock.Now().Add(time.Hour))
	p.expectOf("org", name, "asp_device", report.Window{From: november1, To: november1})
	p.deliver(name, content)
	p.drain()
}

// holds are those of the harness, with its injector between them and the outside.
func (p *harness) holds() *ingester.Holds {
	return &ingester.Holds{
		Days: ledger.New(p.inject.store(p.store)), Dataset: objects.NewBucket(objects.NewClient(p.s3.Config(), p.inject.s3), p.outside.dataset),
		Converter: convert.NewConverter(), Now: p.clock.Now,
	}
}

// day is the ledger's record of November 1.
func (p *harness) day() report.Partition {
	p.t.Helper()
	days, err := p.ledger.Partitions(p.t.Context(), Subscription, "asp_device", report.Window{From: november1, To: november1})
	if err != nil || len(days) != 1 {
		p.t.Fatalf("%d days, %v", len(days), err)
	}
	return days[0]
}

// left are the objects outside of the tables: held and staged ones.
func (p *harness) left() []string {
	p.t.Helper()
	var keys []string
	for key := range content(p.t.Context(), p.t, p.s3, p.outside.dataset, func(key string) bool { return strings.HasPrefix(key, "_") && key != report.FormatKey }) {
		keys = append(keys, key)
	}
	return keys
}

// heldHarness has four rooms published and another report held.
func (at *fixture) heldHarness(t *testing.T, held string) *harness {
	t.Helper()
	p := at.newHarness(t, nil)
	p.deliverNext("first.csv", fourRooms())
	p.deliverNext("second.csv", held)
	if s := p.day(); s.Held == nil || s.Rows != 4 {
		t.Fatalf("nothing is held, or the day is not what it was: %+v", s)
	}
	return p
}

// What a person decides about a held report comes about once, whatever becomes of the process that carries it out, and nothing of the
// held copy is left.
func TestACrashInADecisionChangesNothing(t *testing.T) {
	at := newFixture(t)
	by := max(1, stride(t)/20) // a decision has few steps
	for name, tt := range map[string]struct {
		held   string
		decide func(ctx context.Context, h *ingester.Holds, held time.Time) (report.Partition, error)
		// like is the report that a fresh machine would have loaded to have this dataset.
		like           string
		rows, restated int
	}{
		"a smaller report is accepted": {oneRoom(), accept, oneRoom(), 1, 1},
		"a report without rows is":     {noRoom(), accept, noRoom(), 0, 1},
		"a smaller one is dropped":     {oneRoom(), drop, fourRooms(), 4, 0},
		"one without rows is dropped":  {noRoom(), drop, fourRooms(), 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			fresh := at.newHarness(t, nil)
			fresh.deliverNext("first.csv", tt.like)
			want := fresh.dataset()
			steps := int64(1)
			for n := int64(0); n <= steps; n += by {
				p := at.heldHarness(t, tt.held)
				held := p.day().Held.Generation
				p.inject.steps.Store(0)
				p.inject.crashAt.Store(n)
				_, err := tt.decide(t.Context(), p.holds(), held)
				if n == 0 {
					steps = p.inject.steps.Load()
				}
				if (err != nil) != (n > 0) {
					t.Fatalf("step %d of %d: %v", n, steps, err)
				}
				p.inject.restart()
				// The person decides once more, and may learn that it was done.
				if _, err := tt.decide(t.Context(), p.holds(), held); err != nil && !fault.Is(err, fault.NotFound) {
					t.Fatalf("again, after step %d of %d: %v", n, steps, err)
				}
				sameDataset(t, want, p.dataset())
				s := p.day()
				if s.Held != nil || s.Fence != nil || s.Rows != int64(tt.rows) || s.Restated != tt.restated {
					t.Errorf("after step %d of %d: %+v", n, steps, s)
				}
				p.toldOf([]report.Partition{s})
				// The copy may be left by a death between the last two steps; the bucket's lifecycle removes it.
				if left := p.left(); len(left) > 0 && n < steps-4 {
					t.Errorf("after step %d of %d there is %q", n, steps, left)
				}
			}
			if steps < 6 {
				t.Errorf("only %d steps", steps)
			}
		})
	}
}

func accept(ctx context.Context, h *ingester.Holds, held time.Time) (report.Partition, error) {
	return h.Accept(ctx, Subscription, "asp_device", november1, held)
}

func drop(ctx context.Context, h *ingester.Holds, held time.Time) (report.Partition, error) {
	return h.Drop(ctx, Subscription, "asp_device", november1, held)
}

// A decision is about the report that the person saw, and about no other.
func TestADecisionIsAboutWhatWasSeen(t *testing.T) {
	at := newFixture(t)
	for name, decide := range map[string]func(context.Context, *ingester.Holds, time.Time) (report.Partition, error){"accept": accept, "drop": drop} {
		t.Run(name, func(t *testing.T) {
			p := at.heldHarness(t, oneRoom())
			seen := p.day().Held.Generation
			p.deliverNext("third.csv", noRoom())
			before := p.dataset()
			if _, err := decide(t.Context(), p.holds(), seen); !fault.Is(err, fault.Conflict) {
				t.Errorf("another report is held by now: %v", err)
			}
			sameDataset(t, before, p.dataset())
			// A report that is large enough settles the day without a decision.
			p.deliverNext("fourth.csv", fourRooms())
			if _, err := decide(t.Context(), p.holds(), seen); !fault.Is(err, fault.NotFound) {
				t.Errorf("nothing is held by now: %v", err)
			}
		})
	}
}

// What is loaded after a decision goes by it.
func TestLifeGoesOnAfterADecision(t *testing.T) {
	at := newFixture(t)
	p := at.heldHarness(t, oneRoom())
	if _, err := accept(t.Context(), p.holds(), p.day().Held.Generation); err != nil {
		t.Fatal(err)
	}
	p.deliverNext("third.csv", oneRoom())
	if s := p.day(); s.Held != nil || s.Rows != 1 || s.File != "third.csv" {
		t.Errorf("the same again: %+v", s)
	}
	p.deliverNext("fourth.csv", fourRooms())
	if s := p.day(); s.Held != nil || s.Rows != 4 {
		t.Errorf("more rooms: %+v", s)
	}
}

// A restatement with all of its rows is held when the rooms say nothing any more, although the roll-up above them still does.
func TestRoomsThatTurnBlankAreHeld(t *testing.T) {
	at := newFixture(t)
	p := at.newHarness(t, nil)
	rooms := func(oak, elm string) func() string {
		return device("11/1/2026,org,,,,2,2,9", "11/1/2026,org,,oak,Oak,1,1,"+oak, "11/1/2026,org,,elm,Elm,1,1,"+elm)
	}
	p.deliverNext("first.csv", rooms("4", "5")())
	p.deliverNext("second.csv", rooms("", "")())
	s := p.day()
	if s.Held == nil || !slices.Equal(s.Held.Fell, []string{"dialog_count"}) || s.Held.Why != "dialog_count has 0 values, the published day has 2" {
		t.Fatalf("held: %+v", s.Held)
	}
	if _, err := accept(t.Context(), p.holds(), s.Held.Generation); err != nil {
		t.Fatal(err)
	}
	if got, want := p.day().Figures["dialog_count"], (report.Figures{Sum: "0"}); got != want {
		t.Errorf("the accepted day has %+v, want %+v", got, want)
	}
	p.deliverNext("third.csv", rooms("4", "5")())
	if s := p.day(); s.Held != nil || s.Figures["dialog_count"] != (report.Figures{Values: 2, Sum: "9"}) {
		t.Errorf("the rooms speak again: %+v", s)
	}
}

// The command line opens a folder where no machine runs.
func TestDecidingInAFolder(t *testing.T) {
	dir := t.TempDir()
	stopped := morning
	open := func() *harness {
		m, err := Open(t.Context(), Options{Dir: dir, Now: func() time.Time { return stopped }, Chaos: &Chaos{}, outside: outside{unitIDs: []string{convert.AnyUnitID}}})
		if err != nil {
			t.Fatal(err)
		}
		return &harness{Machine: m, t: t, inject: &injector{}}
	}
	p := open()
	p.deliverNext("first.csv", fourRooms())
	p.deliverNext("second.csv", oneRoom())
	held := p.day().Held.Generation
	if _, err := OpenDataset(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "another bellhop runs") {
		t.Errorf("beside a running machine: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := OpenDataset(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	h := &ingester.Holds{Days: d.Ledger, Dataset: objects.NewDataset(d.Bucket), Converter: convert.NewConverter(), Now: d.Now}
	if s, err := accept(t.Context(), h, held); err != nil || s.Rows != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	p = open()
	if s := p.day(); s.Held != nil || s.Rows != 1 {
		t.Errorf("%+v", s)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
