package janitor_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var verifiedAt = time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)

// archive is a dataset with the ledger's record of it.
type archive struct {
	subs    []string
	days    map[string][]report.Partition // by subscription
	objects map[string]string             // ETags by key
	// metadata is what objects say of themselves, by key, and putAt when they were put.
	metadata map[string]map[string]string
	putAt    time.Time
	round    report.Verification
	// queries counts the reads of a subscription's days, and lists the LIST calls, each of a thousand keys.
	queries, lists int
	// queried happens at each read, and unreadable is a subscription whose days cannot be read.
	queried    func(name string)
	unreadable string
	listErr    error
	statErr    error
	// meanwhile happens after the listing.
	meanwhile func()
	now       time.Time
}

// newArchive has two days of one table for each subscription, published an hour ago.
func newArchive(subs ...string) *archive {
	a := &archive{subs: subs, days: map[string][]report.Partition{}, objects: map[string]string{}, now: verifiedAt, putAt: verifiedAt}
	for _, sub := range subs {
		for d := report.NewDate(2026, 11, 1); d <= report.NewDate(2026, 11, 2); d++ {
			key := report.PartitionKey(sub, "asp_device", d)
			a.objects[key] = "e-" + d.String()
			a.days[sub] = append(a.days[sub], report.Partition{
				Subscription: sub, Table: "asp_device", Date: d, Rows: 3, Key: key, ETag: "e-" + d.String(), LoadedAt: verifiedAt.Add(-time.Hour), Version: 1,
			})
		}
	}
	return a
}

func (a *archive) Standings(context.Context) ([]report.Standing, error) {
	var all []report.Standing
	for _, name := range a.subs {
		all = append(all, report.Standing{Subscription: name})
	}
	return all, nil
}

func (a *archive) DaysBetween(_ context.Context, name, after, to string) ([]report.Partition, error) {
	a.queries++
	if a.queried != nil {
		a.queried(name)
	}
	if name == a.unreadable {
		return nil, fault.New(fault.Internal, "a day of %s cannot be read", name)
	}
	var days []report.Partition
	for _, s := range a.days[name] {
		if s.Key > after && (to == "" || s.Key <= to) {
			days = append(days, s)
		}
	}
	return days, nil
}

func (a *archive) Partitions(_ context.Context, sub, table string, w report.Window) ([]report.Partition, error) {
	return slices.DeleteFunc(slices.Clone(a.days[sub]), func(s report.Partition) bool { return s.Table != table || !w.Contains(s.Date) }), nil
}

func (a *archive) MarkDay(_ context.Context, s report.Partition, _ time.Time) error {
	for i, current := range a.days[s.Subscription] {
		if current.Table == s.Table && current.Date == s.Date {
			if current.Version != s.Version {
				return fault.New(fault.Conflict, "it has changed")
			}
			s.Version++
			a.days[s.Subscription][i] = s
		}
	}
	return nil
}

func (a *archive) Verification(context.Context) (report.Verification, error) { return a.round, nil }

func (a *archive) NoteVerification(_ context.Context, v report.Verification) error {
	if v.Version != a.round.Version {
		return fault.New(fault.Conflict, "another run has gone on")
	}
	v.Version++
	a.round = v
	return nil
}

func (a *archive) ListAfter(_ context.Context, after string) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		keys := slices.Sorted(maps.Keys(a.objects))
		first, _ := slices.BinarySearch(keys, after+"\x00")
		a.lists++
		for i, key := range keys[first:] {
			if i > 0 && i%1000 == 0 {
				a.lists++
			}
			if !yield(report.Object{Key: key, ETag: a.objects[key]}, nil) {
				return
			}
		}
		if a.listErr != nil {
			yield(report.Object{}, a.listErr)
		}
		if a.meanwhile != nil {
			a.meanwhile()
		}
	}
}

func (a *archive) Stat(_ context.Context, key string) (report.Object, error) {
	etag, there := a.objects[key]
	switch {
	case a.statErr != nil:
		return report.Object{}, a.statErr
	case !there:
		return report.Object{}, fault.New(fault.NotFound, "%s is not there", key)
	}
	return report.Object{Key: key, ETag: etag, ModifiedAt: a.putAt, Metadata: a.metadata[key]}, nil
}

func (a *archive) Open(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
	panic("a verification reads no object")
}

// replace puts another object, which says one thing of itself.
func (a *archive) replace(key, name, value string) {
	a.objects[key], a.metadata = "another", map[string]map[string]string{key: {name: value}}
}

func (a *archive) verifier() janitor.Verifier {
	return janitor.Verifier{Days: a, Dataset: a, Now: func() time.Time { return a.now }, Lists: 1000}
}

// marks tells of each day that is marked how.
func (a *archive) marks() string {
	var all []string
	for _, sub := range a.subs {
		for _, s := range a.days[sub] {
			if s.Vanished != nil {
				all = append(all, fmt.Sprintf("%s %s replaced=%t seen %s", sub, s.Date, s.Vanished.Replaced, s.Vanished.LastSeen.Format("15:04")))
			}
		}
	}
	return strings.Join(all, "; ")
}

func TestVerifyingTheDataset(t *testing.T) {
	first := report.PartitionKey("hotel", "asp_device", report.NewDate(2026, 11, 1))
	down := fault.New(fault.Transient, "S3 is down")
	tests := map[string]struct {
		change func(*archive)
		fails  bool
		marks  string
		found  int
		// unsettled days changed while they were looked at.
		unsettled int
	}{
		"all is there":      {change: func(*archive) {}},
		"an object is gone": {change: func(a *archive) { delete(a.objects, first) }, marks: "hotel 2026-11-01 replaced=false seen 03:00", found: 1},
		"an object is another": {
			change: func(a *archive) { a.objects[first] = "foreign" }, marks: "hotel 2026-11-01 replaced=true seen 03:00", found: 1,
		},
		"all of it is gone": {
			change: func(a *archive) { clear(a.objects) },
			marks:  "hotel 2026-11-01 replaced=false seen 03:00; hotel 2026-11-02 replaced=false seen 03:00", found: 2,
		},
		"it was seen whole since it was loaded": {
			change: func(a *archive) {
				delete(a.objects, first)
				a.round.WholeAt = verifiedAt.Add(-time.Minute)
			}, marks: "hotel 2026-11-01 replaced=false seen 03:59", found: 1,
		},
		"a day without rows has no object": {change: func(a *archive) {
			delete(a.objects, first)
			a.days["hotel"][0].Key, a.days["hotel"][0].Rows = "", 0
		}},
		"it is back as it was": {change: func(a *archive) { a.days["hotel"][0].Vanished = &report.Vanished{} }},
		"the listing breaks off": {
			change: func(a *archive) { delete(a.objects, first); a.listErr = down }, fails: true,
		},
		"the second look fails": {change: func(a *archive) { delete(a.objects, first); a.statErr = down }, fails: true},
		"it comes back after the listing": {change: func(a *archive) {
			delete(a.objects, first)
			a.meanwhile = func() { a.objects[first] = "e-2026-11-01" }
		}, unsettled: 1},
		"it is migrated, and not recorded": {change: func(a *archive) { a.replace(first, report.MetaMigrated, "e-2026-11-01") }},
		"it is migrated, and was marked": {change: func(a *archive) {
			a.replace(first, report.MetaMigrated, "e-2026-11-01")
			a.days["hotel"][0].Vanished = &report.Vanished{Replaced: true}
		}},
		"a newer report is there, and not recorded yet": {change: func(a *archive) {
			a.replace(first, report.MetaGeneration, report.FormatGeneration(verifiedAt))
		}, unsettled: 1},
		"a newer report is there, and was not recorded for a day": {change: func(a *archive) {
			a.replace(first, report.MetaGeneration, report.FormatGeneration(verifiedAt))
			a.putAt = verifiedAt.Add(-24 * time.Hour)
		}, marks: "hotel 2026-11-01 replaced=true seen 03:00", found: 1},
		"another report is replacing it": {change: func(a *archive) {
			a.objects[first] = "new"
			a.days["hotel"][0].Fence = &report.Fence{File: "b.csv", Until: verifiedAt.Add(time.Minute)}
		}, unsettled: 1},
		"another report was to replace it, and never did": {change: func(a *archive) {
			delete(a.objects, first)
			a.days["hotel"][0].Fence = &report.Fence{File: "b.csv", Until: verifiedAt.Add(-time.Minute)}
		}, marks: "hotel 2026-11-01 replaced=false seen 03:00", found: 1},
		"another report replaces it after the listing": {change: func(a *archive) {
			delete(a.objects, first)
			a.meanwhile = func() { a.objects[first], a.days["hotel"][0].ETag, a.days["hotel"][0].Version = "new", "new", 2 }
		}, unsettled: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := newArchive("hotel")
			tt.change(a)
			found, err := a.verifier().All(t.Context())
			if (err != nil) != tt.fails || a.marks() != tt.marks || len(found.Vanished) != tt.found || found.Unsettled != tt.unsettled {
				t.Errorf("marked %q, want %q; found %+v; %v", a.marks(), tt.marks, found, err)
			}
			if again, err := a.verifier().All(t.Context()); !tt.fails && (err != nil || len(again.Vanished)+len(again.Returned) > 0) {
				t.Errorf("once more: %+v, %v", again, err)
			}
		})
	}
	t.Run("a dry run marks nothing", func(t *testing.T) {
		a := newArchive("hotel")
		delete(a.objects, first)
		v := a.verifier()
		v.DryRun = true
		if found, err := v.All(t.Context()); err != nil || len(found.Vanished) != 1 || a.marks() != "" {
			t.Errorf("%+v, %q, %v", found, a.marks(), err)
		}
	})
}

// ending is a context with a deadline by the test's clock.
type ending struct {
	context.Context
	at time.Time
}

func (e ending) Deadline() (time.Time, bool) { return e.at, true }

// refusing is an archive in which one object may not be looked at.
type refusing struct {
	*archive
	key string
}

func (r refusing) Stat(ctx context.Context, key string) (report.Object, error) {
	if key == r.key {
		return report.Object{}, fault.New(fault.Internal, "403")
	}
	return r.archive.Stat(ctx, key)
}
