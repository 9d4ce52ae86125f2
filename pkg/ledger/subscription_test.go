package ledger_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func subscriptionCases() protocolCases {
	return protocolCases{
		"a subscription is created once":                  subscriptionCreated,
		"a subscription takes another form":               subscriptionUpdated,
		"parameters are compared by name":                 subscriptionParams,
		"a subscription keeps its source":                 subscriptionSource,
		"subscriptions are listed by name":                subscriptionList,
		"what is not there is NotFound":                   nothingThere,
		"a snapshot is of one subscription":               snapshots,
		"days are listed within a window":                 days,
		"a held day is decided on by itself":              heldDay,
		"a held report that is accepted restates its day": heldAccepted,
	}
}

func subscriptionCreated(t *testing.T, d fixture) {
	changed, err := d.Apply(t.Context(), hotel("hotel"), at(planned))
	done(t, "apply", err)
	same(t, "changed", changed, true)
	got, err := d.Subscription(t.Context(), "hotel")
	done(t, "read the subscription", err)
	if !reflect.DeepEqual(got, hotel("hotel")) {
		t.Fatalf("got %+v", got)
	}
	b := d.snapshot(t, "hotel")
	same(t, "the next job", b.NextJob, 1)
	same(t, "the snapshot", len(b.Markers)+len(b.Partitions), 0)

	l, calls := d.behind(nil)
	changed, err = l.Apply(t.Context(), hotel("hotel"), at(planned))
	done(t, "apply again", err)
	same(t, "changed again", changed, false)
	same(t, "the writes of that", calls.Count(ledgertest.Write), 0)
}

func subscriptionUpdated(t *testing.T, d fixture) {
	d.planned(t, "hotel", ask(1, 4, device))
	for name, change := range map[string]func(*report.Subscription){
		"lag":         func(s *report.Subscription) { s.LagDays = 5 },
		"paused":      func(s *report.Subscription) { s.Paused = true },
		"from":        func(s *report.Subscription) { s.From = oct(2) },
		"a parameter": func(s *report.Subscription) { s.Params = report.Params{"unit_id": "u-2", "categories": "DEVICE"} },
	} {
		sub := hotel("hotel")
		change(&sub)
		changed, err := d.Apply(t.Context(), sub, at(planned))
		done(t, name, err)
		same(t, name+" changed", changed, true)
		b := d.snapshot(t, "hotel")
		if !reflect.DeepEqual(b.Subscription, sub) {
			t.Fatalf("%s: the snapshot has %+v", name, b.Subscription)
		}
		same(t, "the next job", b.NextJob, 2)
	}
	same(t, "subscriptions", len(d.subscriptions(t)), 1)
}

func subscriptionParams(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	for i, params := range []report.Params{
		{"a": "1", "b": ""}, {"a": "1", "c": ""}, {"a": "1"}, {"a": "2"}, {"b": "2"}, {"b": "2", "c": ""}, nil,
	} {
		sub := hotel("hotel")
		sub.Params = params
		for _, want := range []bool{true, false} {
			changed, err := d.Apply(t.Context(), sub, at(planned))
			done(t, "apply", err)
			same(t, fmt.Sprintf("form %d changed", i), changed, want)
		}
	}
}

func subscriptionSource(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	d.unchanged(t, func() {
		sub := hotel("hotel")
		sub.Source = report.SourceKhorosCare
		_, err := d.Apply(t.Context(), sub, at(planned))
		fails(t, "another source", err, fault.Poison)
	})
}

func (d fixture) subscriptions(t *testing.T) []report.Subscription {
	t.Helper()
	subs, err := d.Subscriptions(t.Context())
	done(t, "list", err)
	return subs
}

func subscriptionList(t *testing.T, d fixture) {
	same(t, "none", len(d.subscriptions(t)), 0)
	for _, name := range []string{"pier", "annex", "pier-2"} {
		d.planned(t, name, ask(1, 4, device))
	}
	var names []string
	for _, s := range d.subscriptions(t) {
		names = append(names, s.Name)
	}
	same(t, "the names", strings.Join(names, " "), "annex pier pier-2")
}

func nothingThere(t *testing.T, d fixture) {
	ctx := t.Context()
	_, snapshot := d.Snapshot(ctx, "hotel")
	_, subscription := d.Subscription(ctx, "hotel")
	_, job := d.Job(ctx, "hotel-000001")
	_, file := d.File(ctx, "a.csv")
	_, updateJob := d.UpdateJob(ctx, "hotel-000001", func(*report.Job) error { return nil })
	_, updateFile := d.UpdateFile(ctx, "a.csv", noon, func(*report.File) error { return nil })
	_, _, accept := d.Accept(ctx, "hotel-000001", 1, answer(), noon, noon)
	_, lose := d.LoseJob(ctx, "hotel-000001", noon, noon, "")
	_, certify := d.Certify(ctx, "a.csv", report.Certificate{Job: "hotel-000001"}, noon)
	held := d.DecideHeld(ctx, "hotel", device, oct(1), func(*report.Partition) error { return nil })
	change := d.ChangeDay(ctx, "hotel", device, oct(1), func(*report.Partition) error { return nil })
	for name, err := range map[string]error{
		"Snapshot": snapshot, "Subscription": subscription, "Job": job, "File": file, "UpdateJob": updateJob, "UpdateFile": updateFile,
		"Accept": accept, "LoseJob": lose, "Certify": certify, "DecideHeld": held, "ChangeDay": change,
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v (%v)", name, err, fault.KindOf(err))
		}
	}
	same(t, "what that wrote", d.everything(t), "")
}

func snapshots(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	d.commit(t, f, published(f, 1, "p1", 0))
	d.planned(t, "hotel-2", ask(1, 4, device))
	b := d.snapshot(t, "hotel")
	same(t, "the markers of a loaded job", len(b.Markers), 0)
	same(t, "the published days", len(b.Partitions), 1)
	same(t, "the day's version", b.Partitions[0].Version, 1)
	d.wantMarkers(t, "hotel-2", "hotel-2-000001 PLANNED asp_device")
	same(t, "the days of another", len(d.snapshot(t, "hotel-2").Partitions), 0)
}

func days(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", device+"_more"))
	f := d.claimed(t, "a.csv")
	d.commit(t, f, published(f, 4, "p4", 0), published(f, 1, "p1", 0), published(f, 2, "p2", 0))
	g := d.claimed(t, "b.csv")
	d.commit(t, g, published(g, 2, "other", 0))
	d.wantDays(t, "hotel", device, "1 p1 v1", "2 p2 v1", "4 p4 v1")
	some, err := d.Partitions(t.Context(), "hotel", device, report.Window{From: oct(2), To: oct(3)})
	done(t, "read two days", err)
	if len(some) != 1 || some[0].Date != oct(2) || some[0].ETag != "p2" {
		t.Fatalf("2 to 3 October: %+v", some)
	}
}

func heldDay(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	day := published(f, 1, "p1", 0)
	day.Held = &report.Held{Job: f.Job, File: f.Key, Rows: 1, Why: "it has 1 row, the published day has 5", At: at(loaded)}
	d.commit(t, f, day, published(f, 2, "p2", 0))
	drop := func(s *report.Partition) error {
		s.Held = nil
		return nil
	}
	done(t, "decide", d.DecideHeld(t.Context(), "hotel", device, oct(1), drop))
	left := d.wantDays(t, "hotel", device, "1 p1 v2", "2 p2 v1")
	same(t, "held no longer", left[0].Held == nil, true)
	d.unchanged(t, func() {
		fails(t, "a day that is not held", d.DecideHeld(t.Context(), "hotel", device, oct(2), drop), fault.NotFound)
	})
	same(t, "restated by a report that is dropped", len(d.restatements(t, "hotel", 0)), 0)
}

// heldAccepted: what a person publishes restates the day as a load does, in the transaction of the decision.
func heldAccepted(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	day := published(f, 1, "p1", 0)
	day.Held = &report.Held{Job: f.Job, File: f.Key, Rows: 1}
	d.commit(t, f, day)
	accept := func(s *report.Partition) error {
		s.Held, s.SHA256, s.Rows, s.LoadedAt = nil, "cd34", 1, at(deleted)
		return nil
	}
	l, _ := d.behind(ledgertest.CrashAt(2, ledgertest.Throttled)) // read, write
	d.unchanged(t, func() {
		fails(t, "decide", l.DecideHeld(t.Context(), "hotel", device, oct(1), accept), fault.Transient)
	})
	done(t, "decide", d.DecideHeld(t.Context(), "hotel", device, oct(1), accept))
	d.unchanged(t, func() {
		fails(t, "decide again", d.DecideHeld(t.Context(), "hotel", device, oct(1), accept), fault.NotFound)
	})
	all := d.restatements(t, "hotel", deleted)
	if len(all) != 1 || all[0].Before.Rows != 5 || all[0].After.Rows != 1 || all[0].Date != oct(1) {
		t.Errorf("restated: %+v", all)
	}
}
