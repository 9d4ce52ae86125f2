package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// subDoc is a subscription's record.
type subDoc struct {
	report.Subscription
	report.Planning
	NextJob int64 `json:"next_job"`
}

// putSubscription writes a subscription. It is on the list of those that are to be planned by its due time.
func (t *tx) putSubscription(version int64, doc subDoc) error {
	return t.putAt(subKey(doc.Name), version, SubscriptionQueue, doc.DueAt, doc)
}

// Subscriptions returns all subscriptions, by name. Records that cannot be read are told of as by [Ledger.DueJobs].
func (l *Ledger) Subscriptions(ctx context.Context) ([]report.Subscription, error) {
	entries, err := l.store.Query(ctx, subPrefix, "")
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(entries))
	for i, e := range entries {
		keys[i] = subKey(e.SK)
	}
	return readEach(ctx, l.store, keys, func(doc subDoc) (report.Subscription, bool) { return doc.Subscription, true })
}

// Subscription returns the subscription of that name, or a NotFound.
func (l *Ledger) Subscription(ctx context.Context, name string) (report.Subscription, error) {
	var doc subDoc
	what := "subscription " + name
	err := l.read(ctx, subKey(name), &doc, what)
	if err == nil && doc.Removed() {
		return report.Subscription{}, absent(what)
	}
	return doc.Subscription, err
}

func absent(what string) error {
	return fault.New(fault.NotFound, "there is no %s in the ledger", what)
}

func (l *Ledger) read(ctx context.Context, key Key, v any, what string) error {
	records, err := l.store.Get(ctx, key)
	if err != nil {
		return err
	}
	r, ok := records[key]
	if !ok {
		return absent(what)
	}
	return decode(r, v)
}

// Apply creates the subscription or brings the one of the same name to this form. It reports whether anything
// changed; if so, the subscription is to be planned at once. A subscription never changes its source: its partitions belong
// to it. One that was removed comes back, with the days that were kept.
func (l *Ledger) Apply(ctx context.Context, sub report.Subscription, now time.Time) (changed bool, err error) {
	key, entry := subKey(sub.Name), subEntryKey(sub.Name)
	err = l.atomically(ctx, []Key{key, entry}, func(t *tx) error {
		changed = false
		var doc subDoc
		exists, err := t.get(key, &doc)
		if err != nil {
			return err
		}
		if exists && doc.Source != sub.Source {
			return fault.New(fault.Poison, "subscription %s is one of %s: its source cannot become %s", sub.Name, doc.Source, sub.Source)
		}
		if exists && sameSubscription(doc.Subscription, sub) {
			return nil
		}
		changed = true
		listed := exists && !doc.Removed()
		doc.Subscription, doc.Planning = sub, report.Planning{DueAt: now}
		doc.NextJob = max(doc.NextJob, 1)
		if !listed {
			if err := t.put(entry, "", time.Time{}, report.Standing{Subscription: sub.Name, NextPlan: now}); err != nil {
				return err
			}
		}
		return t.putSubscription(t.read[key].Version, doc)
	})
	return changed, err
}

func sameSubscription(a, b report.Subscription) bool {
	if len(a.Params) != len(b.Params) {
		return false
	}
	for k, v := range a.Params {
		if w, ok := b.Params[k]; !ok || v != w {
			return false
		}
	}
	a.Params, b.Params = nil, nil
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// Snapshot returns everything about one subscription's days, or a NotFound.
func (l *Ledger) Snapshot(ctx context.Context, name string) (report.Snapshot, error) {
	// From META to the last partition: the entries of all its jobs, which are the more the longer it lives, come before META.
	records, err := l.store.Between(ctx, subPrefix+name, meta, partitionPrefix+"~")
	if err != nil {
		return report.Snapshot{}, err
	}
	return snapshot(name, records)
}

// snapshot makes the snapshot of a subscription from its records.
func snapshot(name string, records []Record) (report.Snapshot, error) {
	var b report.Snapshot
	for _, r := range records {
		switch {
		case r.SK == meta:
			var doc subDoc
			if err := decode(r, &doc); err != nil {
				return report.Snapshot{}, err
			}
			b.Subscription, b.Planning, b.NextJob, b.Version = doc.Subscription, doc.Planning, doc.NextJob, r.Version
		case strings.HasPrefix(r.SK, openPrefix):
			var m report.Marker
			if err := decode(r, &m); err != nil {
				return report.Snapshot{}, err
			}
			b.Markers = append(b.Markers, m)
		case strings.HasPrefix(r.SK, partitionPrefix):
			var s report.Partition
			if err := decode(r, &s); err != nil {
				return report.Snapshot{}, err
			}
			s.Version = r.Version
			b.Partitions = append(b.Partitions, s)
		}
	}
	if b.Version == 0 {
		return report.Snapshot{}, absent("subscription " + name)
	}
	return b, nil
}

// maxReserved is how many jobs one transaction reserves: three records each, and the subscription's.
const maxReserved = (MaxMutations - 1) / 3

// Reserve turns planned requests into PLANNED jobs. The snapshot must be the present one: when another plan was
// reserved for the subscription since it was read, the error is a Conflict and the caller reads and plans again. Of
// many requests only the first are reserved; the rest is planned again by the next run.
func (l *Ledger) Reserve(ctx context.Context, b report.Snapshot, requests []report.Request, now time.Time) ([]report.Job, error) {
	requests = requests[:min(len(requests), maxReserved)]
	if len(requests) == 0 {
		return nil, nil
	}
	sub := b.Subscription
	t := &tx{}
	jobs := make([]report.Job, len(requests))
	for i, r := range requests {
		id := fmt.Sprintf("%s-%06d", sub.Name, b.NextJob+int64(i))
		jobs[i] = report.NewJob(id, sub, r, now)
		if err := putJob(t, 0, jobDoc{Job: jobs[i]}, report.JobPlanned); err != nil {
			return nil, err
		}
		if err := t.putAt(jobEntryKey(sub.Name, id), 0, "", time.Time{}, struct{}{}); err != nil {
			return nil, err
		}
	}
	doc := subDoc{Subscription: sub, Planning: b.Planning, NextJob: b.NextJob + int64(len(jobs))}
	if err := t.putSubscription(b.Version, doc); err != nil {
		return nil, err
	}
	if err := l.store.Write(ctx, t.writes...); err != nil {
		return nil, fmt.Errorf("reserve %d jobs of %s: %w", len(jobs), sub.Name, err)
	}
	return jobs, nil
}

// Forget removes the markers of lost jobs that no longer tell the planner anything.
func (l *Ledger) Forget(ctx context.Context, sub string, markers []report.Marker) error {
	for _, m := range markers {
		key := jobKey(m.Job)
		err := l.atomically(ctx, []Key{key}, func(t *tx) error {
			var doc jobDoc
			exists, err := t.get(key, &doc)
			if err != nil || !exists || doc.MarkerVersion == 0 || doc.Status.Holds() {
				return err
			}
			t.deleteAt(markerKey(sub, m.Job), doc.MarkerVersion)
			doc.MarkerVersion = 0
			return t.putJobAlone(t.read[key].Version, doc)
		})
		if err != nil {
			return fmt.Errorf("forget the marker of job %s: %w", m.Job, err)
		}
	}
	return nil
}
