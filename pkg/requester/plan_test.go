package requester_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// accepted answers every request with one file, so that nothing is asked twice.
func (d *fixture) accepted() {
	d.source.submit = func(_ context.Context, o report.Order) report.Answer {
		return report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{{Name: o.Job + ".csv", Table: "asp_device"}}}
	}
}

func (d *fixture) windows() []string {
	var all []string
	for _, j := range d.booked {
		all = append(all, j.Subscription+" "+j.Window.String())
	}
	slices.Sort(all)
	return all
}

// TestARunPlansWhatIsMissing: with a lag of three days, the 17th is the youngest day that is wanted on the 20th.
func TestARunPlansWhatIsMissing(t *testing.T) {
	november := func(from, to int) report.Window {
		return report.Window{From: report.NewDate(2026, 11, from), To: report.NewDate(2026, 11, to)}
	}
	cases := map[string]struct {
		trigger requester.Trigger
		want    []string
	}{
		"everything": {requester.Trigger{}, []string{"harbour 2026-11-01..2026-11-17", "seaside 2026-11-01..2026-11-17"}},
		"one subscription": {
			requester.Trigger{Subscription: "harbour"}, []string{"harbour 2026-11-01..2026-11-17"},
		},
		"one subscription and range": {
			requester.Trigger{Subscription: "harbour", Narrow: report.Narrow{Window: november(5, 6)}}, []string{"harbour 2026-11-05..2026-11-06"},
		},
		"a range of all": {
			requester.Trigger{Narrow: report.Narrow{Window: november(16, 30)}},
			[]string{"harbour 2026-11-16..2026-11-17", "seaside 2026-11-16..2026-11-17"},
		},
		"a paused one, even by name": {requester.Trigger{Subscription: "asleep"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.subscribe("harbour", "push", false)
			d.subscribe("seaside", "push", false)
			d.subscribe("asleep", "push", true)
			d.accepted()
			sum, err := d.Run(t.Context(), c.trigger)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.windows(); !slices.Equal(got, c.want) {
				t.Errorf("planned %q, want %q", got, c.want)
			}
			if n := len(c.want); sum != (requester.Summary{Reserved: n, Submitted: n, Accepted: n, Files: n}) {
				t.Errorf("summary %+v, want %d", sum, n)
			}
			if sum, err := d.Run(t.Context(), c.trigger); err != nil || sum != (requester.Summary{}) {
				t.Errorf("a second run on the same day: %+v, %v", sum, err)
			}
		})
	}
}

// TestRefreshAsksAgain for days that are covered.
func TestRefreshAsksAgain(t *testing.T) {
	day := report.NewDate(2026, 11, 17)
	for name, want := range map[string]int{"ordinary": 0, "refresh": 1} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			sub := d.subscribe("seaside", "push", false)
			sub.From = day
			d.subs["seaside"] = sub
			d.loaded["seaside"] = []report.Partition{{Subscription: "seaside", Table: "asp_device", Date: day, Rows: 3, Generation: start}}
			d.accepted()
			sum, err := d.Run(t.Context(), requester.Trigger{Narrow: report.Narrow{Refresh: name == "refresh"}})
			if err != nil || sum.Reserved != want {
				t.Errorf("reserved %d, %v; want %d", sum.Reserved, err, want)
			}
		})
	}
}

func TestAnUnknownSubscriptionIsAnErrorAndDueJobsStillRun(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("seaside", "push", false))
	d.answer(report.Answer{Outcome: report.OutcomeRefused})
	sum, err := d.Run(t.Context(), requester.Trigger{Subscription: "seeside"})
	if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), `"seeside"`) {
		t.Errorf("error %v", err)
	}
	if sum != (requester.Summary{Submitted: 1, Refused: 1}) {
		t.Errorf("summary %+v, want nothing planned and the due job done", sum)
	}
}

// TestALostRaceIsPlannedAgain from the snapshot as it is then.
func TestALostRaceIsPlannedAgain(t *testing.T) {
	cases := map[string]struct {
		races   int
		reserve int
		failed  bool
	}{
		"one":                   {1, 2, false},
		"eight":                 {8, 9, false},
		"nine: something is up": {9, 9, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.subscribe("seaside", "push", false)
			d.accepted()
			snapshots, reserved := 0, 0
			d.snapshots.snapshot = func(ctx context.Context, name string) (report.Snapshot, error) {
				snapshots++
				return d.snapshot(ctx, name)
			}
			d.snapshots.reserve = func(ctx context.Context, b report.Snapshot, r []report.Request, now time.Time) ([]report.Job, error) {
				if reserved++; reserved <= c.races {
					return nil, fault.New(fault.Conflict, "another plan came first")
				}
				return d.reserve(ctx, b, r, now)
			}
			_, err := d.Run(t.Context(), requester.Trigger{})
			if (err != nil) != c.failed || c.failed && !fault.Is(err, fault.Conflict) {
				t.Errorf("error %v, want one: %t", err, c.failed)
			}
			if snapshots != reserved || reserved != c.reserve {
				t.Errorf("read the snapshot %d times for %d plans, want %d of each", snapshots, reserved, c.reserve)
			}
		})
	}
}

// TestManyRequestsAreReservedInTurns: the ledger takes 33 at once, and the rest is planned again.
func TestManyRequestsAreReservedInTurns(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", false)
	// 14 September to 17 November are 17 + 31 + 17 = 65 days, each a request of its own.
	sub.From, sub.MaxWindowDays = report.NewDate(2026, 9, 14), 1
	d.subs["seaside"] = sub
	var turns []int
	d.snapshots.reserve = func(ctx context.Context, b report.Snapshot, r []report.Request, now time.Time) ([]report.Job, error) {
		made, err := d.reserve(ctx, b, r[:min(33, len(r))], now)
		turns = append(turns, len(made))
		return made, err
	}
	d.accepted()
	sum := d.run(t.Context())
	if !slices.Equal(turns, []int{33, 32}) || sum.Reserved != 65 || sum.Accepted != 65 {
		t.Errorf("turns %v, %d reserved and %d accepted; want 33 and 32", turns, sum.Reserved, sum.Accepted)
	}
	seen := map[report.Window]int{}
	for _, j := range d.booked {
		seen[j.Window]++
	}
	if len(seen) != 65 {
		t.Errorf("%d different windows, want 65", len(seen))
	}
}

// TestPlanningStopsWithTheRun, and does not count a plan that was not finished as one without gaps.
func TestPlanningStopsWithTheRun(t *testing.T) {
	d := newFixture(t)
	d.subscribe("seaside", "push", false)
	ctx, cancel := context.WithCancel(t.Context())
	d.snapshots.reserve = func(context.Context, report.Snapshot, []report.Request, time.Time) ([]report.Job, error) {
		cancel()
		return nil, nil // none of them, so that there is more to plan
	}
	if _, err := d.Run(ctx, requester.Trigger{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestSettledMarkersAreForgotten: the ledger is told which lost jobs the planner no longer has to know.
func TestSettledMarkersAreForgotten(t *testing.T) {
	d := newFixture(t)
	sub := d.subscribe("seaside", "push", false)
	day := report.NewDate(2026, 11, 17)
	sub.From = day
	d.subs["seaside"] = sub
	d.loaded["seaside"] = []report.Partition{{Subscription: "seaside", Table: "asp_device", Date: day, Rows: 3, Generation: start}}
	j := d.plan("lost", sub)
	j.Window, j.Status, j.DueAt = report.Window{From: day, To: day}, report.JobLost, time.Time{}
	d.booked["lost"] = j
	var forgotten []string
	d.snapshots.forget = func(_ context.Context, sub string, markers []report.Marker) error {
		for _, m := range markers {
			forgotten = append(forgotten, sub+" "+m.Job)
		}
		return nil
	}
	d.run(t.Context())
	if !slices.Equal(forgotten, []string{"seaside lost"}) {
		t.Errorf("forgotten: %q", forgotten)
	}
	down := fault.New(fault.Transient, "down")
	d.snapshots.forget = func(context.Context, string, []report.Marker) error { return down }
	d.planning["seaside"] = report.Planning{DueAt: d.now}
	if _, err := d.Run(t.Context(), requester.Trigger{}); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
}

// configured is a first subscription as the environment would give it.
func configured() *report.Subscription {
	return &report.Subscription{Name: "seaside", Source: "push", LagDays: 3, MaxWindowDays: 30}
}

// TestTheFirstSubscriptionFixesItsFirstDay on the day of its first run, as far back as the source goes: 88 days before
// 20 November are 24 August. Later runs keep it.
func TestTheFirstSubscriptionFixesItsFirstDay(t *testing.T) {
	august := report.NewDate(2026, 8, 24)
	cases := map[string]struct {
		there  *report.Subscription // in the ledger
		from   report.Date          // in the configuration
		want   report.Date
		paused bool
	}{
		"new":                          {want: august},
		"new, with a day of its own":   {from: report.NewDate(2026, 11, 5), want: report.NewDate(2026, 11, 5)},
		"on a later run":               {there: &report.Subscription{From: report.NewDate(2026, 6, 1)}, want: report.NewDate(2026, 6, 1)},
		"the configuration moves it":   {there: &report.Subscription{From: august}, from: report.NewDate(2026, 11, 5), want: report.NewDate(2026, 11, 5)},
		"a person has paused it since": {there: &report.Subscription{From: august, Paused: true}, want: august, paused: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			if c.there != nil {
				c.there.Name = "seaside"
				d.subs["seaside"] = *c.there
			}
			d.First = configured()
			d.First.From = c.from
			var applied []report.Subscription
			d.snapshots.apply = func(_ context.Context, sub report.Subscription) (bool, error) {
				applied = append(applied, sub)
				d.subs[sub.Name] = sub
				return true, nil
			}
			d.accepted()
			sum := d.run(t.Context())
			if len(applied) != 1 || applied[0].From != c.want || applied[0].Paused != c.paused || applied[0].LagDays != 3 {
				t.Errorf("applied %+v, want from %s, paused %t", applied, c.want, c.paused)
			}
			if (sum.Reserved == 0) != c.paused {
				t.Errorf("reserved %d", sum.Reserved)
			}
			if d.First.From != c.from {
				t.Error("the configuration itself was changed")
			}
		})
	}
}

// A person's removal outweighs the configuration: a run neither brings the subscription back nor plans for it.
func TestARemovedFirstSubscriptionStaysRemoved(t *testing.T) {
	d := newFixture(t)
	d.First = configured()
	d.subs[d.First.Name] = report.Subscription{Name: d.First.Name, Source: d.First.Source, RemovedAt: d.Now()}
	if sum := d.run(t.Context()); sum != (requester.Summary{}) {
		t.Errorf("the run did something: %+v", sum)
	}
}

// TestAFirstSubscriptionThatIsWrong is an error that names all that is wrong; everything else runs.
func TestAFirstSubscriptionThatIsWrong(t *testing.T) {
	down := fault.New(fault.Transient, "the ledger is down")
	cases := map[string]struct {
		wrong func(*fixture)
		kind  fault.Kind
		words []string
	}{
		"its own fields and its parameters": {
			func(d *fixture) {
				d.First.Name, d.First.LagDays = "Sea Side", -1
				d.source.validate = func(p report.Params) error {
					if p == nil {
						return errors.Join(errors.New("unit is missing"), errors.New("granularity is missing"))
					}
					return nil
				}
			},
			fault.Poison, []string{"not a slug", "lag_days is -1", "unit is missing", "granularity is missing"},
		},
		"its source": {func(d *fixture) { d.First.Source = "nobody" }, fault.Poison, []string{`no source is called "nobody"`}},
		"the ledger refuses": {
			func(d *fixture) {
				d.snapshots.apply = func(context.Context, report.Subscription) (bool, error) {
					return false, fault.New(fault.Poison, "its source cannot become push")
				}
			},
			fault.Poison, []string{"seaside", "cannot become"},
		},
		"the ledger cannot be read": {
			func(d *fixture) {
				d.snapshots.snapshot = func(ctx context.Context, name string) (report.Snapshot, error) {
					if name == "seaside" {
						return report.Snapshot{}, down
					}
					return d.snapshot(ctx, name)
				}
			},
			fault.Transient, []string{"seaside", "down"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.subscribe("harbour", "push", false)
			d.First = configured()
			d.accepted()
			c.wrong(d)
			sum, err := d.Run(t.Context(), requester.Trigger{})
			if !fault.Is(err, c.kind) {
				t.Errorf("error %v of kind %s, want %s", err, fault.KindOf(err), c.kind)
			}
			for _, words := range c.words {
				if err == nil || !strings.Contains(err.Error(), words) {
					t.Errorf("error %v does not say %q", err, words)
				}
			}
			if sum != (requester.Summary{Reserved: 1, Submitted: 1, Accepted: 1, Files: 1}) {
				t.Errorf("summary %+v, want that of the other subscription", sum)
			}
		})
	}
}

// TestOneSubscriptionsProblemIsNotTheOthers, wherever planning it fails.
func TestOneSubscriptionsProblemIsNotTheOthers(t *testing.T) {
	down := fault.New(fault.Transient, "the ledger is down")
	cases := map[string]func(*fixture, *report.Subscription){
		"bad parameters": func(d *fixture, sub *report.Subscription) {
			sub.Params = report.Params{"unit": "bad"}
			d.source.validate = func(p report.Params) error {
				if p["unit"] == "bad" {
					return errors.New("no such unit")
				}
				return nil
			}
		},
		"an unknown source": func(_ *fixture, sub *report.Subscription) { sub.Source = "nobody" },
		"a snapshot that cannot be read": func(d *fixture, _ *report.Subscription) {
			d.snapshots.snapshot = func(ctx context.Context, name string) (report.Snapshot, error) {
				if name == "broken" {
					return report.Snapshot{}, down
				}
				return d.snapshot(ctx, name)
			}
		},
		"jobs that cannot be reserved": func(d *fixture, _ *report.Subscription) {
			d.snapshots.reserve = func(ctx context.Context, b report.Snapshot, r []report.Request, now time.Time) ([]report.Job, error) {
				if b.Subscription.Name == "broken" {
					return nil, down
				}
				return d.reserve(ctx, b, r, now)
			}
		},
	}
	for name, breaks := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			sub := d.subscribe("broken", "push", false)
			breaks(d, &sub)
			d.subs["broken"] = sub
			d.subscribe("harbour", "push", false)
			d.accepted()
			sum, err := d.Run(t.Context(), requester.Trigger{})
			if err == nil || !strings.Contains(err.Error(), "plan subscription broken: ") {
				t.Errorf("error %v, want one about the subscription", err)
			}
			if sum != (requester.Summary{Reserved: 1, Submitted: 1, Accepted: 1, Files: 1}) {
				t.Errorf("summary %+v, want that of the other subscription", sum)
			}
		})
	}
}

// TestWithoutTheSubscriptionsNothingIsTried: a job whose subscription was not read is not one whose subscription is gone.
func TestWithoutTheSubscriptionsNothingIsTried(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("seaside", "push", false))
	down := fault.New(fault.Transient, "the ledger is down")
	d.snapshots.subscription = func(context.Context, string) (report.Subscription, error) { return report.Subscription{}, down }
	d.snapshots.due = func(context.Context, time.Time, int) ([]report.Subscription, error) { return nil, down }
	d.snapshots.standings = func(context.Context) ([]report.Standing, error) { return nil, down }
	sum, err := d.Run(t.Context(), requester.Trigger{})
	if !errors.Is(err, down) || sum != (requester.Summary{}) || strings.Contains(fmt.Sprint(err), "gone") {
		t.Errorf("%+v, error %v", sum, err)
	}
}
