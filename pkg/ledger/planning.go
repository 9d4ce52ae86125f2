package ledger

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// DueSubscriptions returns up to limit subscriptions that are to be planned at now, the longest overdue first. Records that
// cannot be read are told of as by [Ledger.DueJobs].
func (l *Ledger) DueSubscriptions(ctx context.Context, now time.Time, limit int) ([]report.Subscription, error) {
	keys, err := l.store.Due(ctx, SubscriptionQueue, now, limit)
	if err != nil {
		return nil, err
	}
	// The list may lag behind: only what the record itself says counts.
	return readEach(ctx, l.store, keys, func(doc subDoc) (report.Subscription, bool) { return doc.Subscription, doc.Due(now) })
}

// RecentSnapshot returns what the planner must know of one subscription today, or a NotFound: of the published days only
// those that the vendor still has, and those that [report.Gone] does not count yet.
func (l *Ledger) RecentSnapshot(ctx context.Context, name string, limits report.Limits, today report.Date) (report.Snapshot, error) {
	// The markers are read before the days, so that a snapshot which is read while a job is being loaded sees the job, its
	// days, or both.
	records, err := l.store.Between(ctx, subPrefix+name, meta, openPrefix+"~")
	if err != nil {
		return report.Snapshot{}, err
	}
	b, err := snapshot(name, records)
	if err != nil {
		return report.Snapshot{}, err
	}
	b.Since = b.Planning.Gone.Since(b.Subscription, limits, today)
	for _, table := range limits.Tables {
		days, err := l.Partitions(ctx, name, table, report.Window{From: b.Since, To: today})
		if err != nil {
			return report.Snapshot{}, err
		}
		b.Partitions = append(b.Partitions, days...)
	}
	return b, nil
}

// Planned records that the subscription of the snapshot, which must be the present one, was planned at now: how it stands,
// and what the next plan builds upon. When anything was written to the subscription since the snapshot was read, such as a
// wish to plan it, the error is a Conflict and the caller reads and plans again.
func (l *Ledger) Planned(ctx context.Context, b report.Snapshot, next report.Planning, gauges report.Gauges, now time.Time) error {
	if b.Subscription.Removed() {
		// Its entry would put it back on the list.
		return nil
	}
	name := b.Subscription.Name
	entry := subEntryKey(name)
	return l.atomically(ctx, []Key{entry}, func(t *tx) error {
		doc := subDoc{Subscription: b.Subscription, Planning: next, NextJob: b.NextJob}
		if err := t.putSubscription(b.Version, doc); err != nil {
			return err
		}
		return t.put(entry, "", time.Time{}, report.Standing{Subscription: name, PlannedAt: now, NextPlan: next.DueAt, Gauges: gauges})
	})
}

// PlanNow asks for the subscription to be planned by the next run, with all of its days read anew: after a change that the
// ledger cannot know to matter for the plan, such as a published object that vanished, or because a person wishes it. A
// subscription that does not exist is a NotFound.
func (l *Ledger) PlanNow(ctx context.Context, subscription string, now time.Time) error {
	key := subKey(subscription)
	return l.atomically(ctx, []Key{key}, func(t *tx) error {
		var doc subDoc
		what := "subscription " + subscription
		if err := t.must(key, &doc, what); err != nil {
			return err
		}
		if doc.Removed() {
			return absent(what)
		}
		return t.planNow(doc, now, true)
	})
}

// planNow makes a subscription that was read in t due at now, if it is not due before that. Recount says that days which
// were settled have changed. What is due already is written too, so that a plan which is being made meanwhile is made again.
func (t *tx) planNow(doc subDoc, now time.Time, recount bool) error {
	if doc.DueAt.IsZero() || doc.DueAt.After(now) {
		doc.DueAt = now
	}
	if recount {
		doc.Gone = report.Gone{}
	}
	return t.putSubscription(t.read[subKey(doc.Name)].Version, doc)
}

// jobMoved makes the subscription of a job due when the job, which stood at before, came to an end or to a halt, or went on
// after that: its days are to be planned, or at least counted, anew.
func (t *tx) jobMoved(job report.Job, before report.JobStatus) error {
	if before.Holds() == job.Status.Holds() && before.NeedsPerson() == job.Status.NeedsPerson() {
		return nil
	}
	key := subKey(job.Subscription)
	planned := slices.ContainsFunc(t.writes, func(m Mutation) bool { return m.Record.Key == key })
	var doc subDoc
	exists, err := t.get(key, &doc)
	if err != nil || !exists || doc.Removed() || planned || len(t.writes) == MaxMutations {
		return err
	}
	return t.planNow(doc, job.History[len(job.History)-1].At, false)
}

// daysCame makes the subscription due when any of its published days is new that counts as gone for ever.
func (t *tx) daysCame(subscription string, days []report.Partition, now time.Time) error {
	var doc subDoc
	exists, err := t.get(subKey(subscription), &doc)
	if err != nil || !exists || doc.Removed() {
		return err
	}
	if !slices.ContainsFunc(days, func(s report.Partition) bool { return s.Version == 0 && s.Date <= doc.Gone.Through }) {
		return nil
	}
	return t.planNow(doc, now, true)
}

// subscriptionOf returns the name in a job's id.
func subscriptionOf(job string) string {
	return job[:max(0, strings.LastIndexByte(job, '-'))]
}

// Standings returns how it stood with each subscription when it was last planned, by name.
func (l *Ledger) Standings(ctx context.Context) ([]report.Standing, error) {
	entries, err := l.store.Query(ctx, subPrefix, "")
	if err != nil {
		return nil, err
	}
	standings := make([]report.Standing, len(entries))
	for i, e := range entries {
		if err := decode(e, &standings[i]); err != nil {
			return nil, err
		}
		standings[i].Subscription = e.SK
	}
	return standings, nil
}
