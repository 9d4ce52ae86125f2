package janitor_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// filled is an archive of so many subscriptions with so many days each, all of one table.
func filled(subs, days int) *archive {
	a := newArchive()
	for i := range subs {
		name := fmt.Sprintf("hotel-%04d", i)
		a.subs = append(a.subs, name)
		for d := range days {
			date := report.NewDate(2020, 1, 1) + report.Date(d)
			key := report.PartitionKey(name, "asp_device", date)
			a.objects[key] = "e"
			a.days[name] = append(a.days[name], report.Partition{
				Subscription: name, Table: "asp_device", Date: date, Rows: 3, Key: key, ETag: "e", LoadedAt: verifiedAt.Add(-time.Hour), Version: 1,
			})
		}
	}
	return a
}

// A run has a budget of LIST calls and goes on where the last one stopped, also within the days of one subscription. The ledger is asked
// once for many days of each.
func TestARoundHasABudget(t *testing.T) {
	tests := map[string]struct {
		subs, days     int
		lists, queries []int // of each run, of at most 15 LIST calls
	}{
		"few days":           {5, 100, []int{1, 0}, []int{5, 0}},
		"one with many days": {1, 40_000, []int{15, 15, 10, 0}, []int{2, 2, 1, 0}},
		"many with few days": {2000, 20, []int{15, 15, 10, 0}, []int{2000, 2000, 2000, 0}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := filled(tt.subs, tt.days)
			last := a.days[a.subs[tt.subs-1]][tt.days-1].Key
			delete(a.objects, last)
			v := a.verifier()
			v.Lists = 15
			days, gone := 0, 0
			for i := range tt.lists {
				a.lists, a.queries = 0, 0
				found, err := v.Round(t.Context())
				if err != nil || a.lists != tt.lists[i] || a.queries != tt.queries[i] {
					t.Errorf("run %d: %d LIST calls, want %d; %d reads of the ledger, want %d; %v", i+1, a.lists, tt.lists[i], a.queries, tt.queries[i], err)
				}
				days, gone = days+found.Days, gone+len(found.Vanished)
			}
			if days != tt.subs*tt.days || gone != 1 || !a.round.WholeAt.Equal(verifiedAt) || a.round.Key != "" {
				t.Errorf("%d days compared, %d gone, %+v", days, gone, a.round)
			}
			a.now, a.lists = a.now.Add(24*time.Hour), 0
			if _, err := v.Round(t.Context()); err != nil || a.lists != tt.lists[0] {
				t.Errorf("a day later: %d LIST calls, %v", a.lists, err)
			}
		})
	}
}

// A run that has time for a part of the subscriptions only is gone on with behind the last of them.
func TestARoundGoesOnBehindTheLastSubscription(t *testing.T) {
	a := newArchive("annex", "hotel", "inn")
	var asked []string
	a.queried = func(name string) {
		asked = append(asked, name)
		a.now = a.now.Add(time.Minute)
	}
	delete(a.objects, report.PartitionKey("annex", "asp_device", report.NewDate(2026, 11, 1)))
	for range 4 {
		if _, err := a.verifier().Round(ending{t.Context(), a.now.Add(80 * time.Second)}); err != nil {
			t.Fatal(err)
		}
		asked = append(asked, "-")
	}
	if got, want := strings.Join(asked, " "), "annex - hotel - inn - -"; got != want || !a.round.WholeAt.Equal(verifiedAt) {
		t.Errorf("asked %s, want %s; %+v", got, want, a.round)
	}
	if want := "annex 2026-11-01 replaced=false seen 03:00"; a.marks() != want {
		t.Errorf("marked %q, want %q", a.marks(), want)
	}
}

// What lies among the tables and is in no record is named, with all that a listing tells, and nothing is done about it.
func TestUnknownObjectsAreNamed(t *testing.T) {
	day := report.NewDate(2026, 11, 3)
	tests := map[string]struct {
		key    string
		change func(a *archive, key string)
		known  bool
	}{
		"of a subscription that has no such day": {report.PartitionKey("hotel", "asp_device", day), nil, false},
		"of no subscription":                     {report.PartitionKey("guest", "asp_device", day), nil, false},
		"beside the days":                        {"asp_device/notes.txt", nil, false},
		"in no table":                            {"backup/dataset_date=2026-11-03/hotel.parquet", nil, false},
		"a held report":                          {"_held/asp_device/dataset_date=2026-11-03/hotel-x.parquet", nil, true},
		"the dataset's format":                   {report.FormatKey, nil, true},
		"of people's own data":                   {report.OwnKey("rooms", 3), nil, true},
		"of a subscription that was removed": {report.PartitionKey("guest", "asp_device", day), func(a *archive, key string) {
			a.days["guest"] = []report.Partition{{Subscription: "guest", Table: "asp_device", Date: day, Key: key, ETag: "e"}}
		}, true},
		"of a load that is not recorded yet": {report.PartitionKey("hotel", "asp_device", day), func(a *archive, key string) {
			a.replace(key, report.MetaGeneration, report.FormatGeneration(verifiedAt))
		}, true},
		"recorded since it was listed": {report.PartitionKey("hotel", "asp_device", day), func(a *archive, key string) {
			a.queried = func(name string) {
				if name == "inn" {
					a.days["hotel"] = append(a.days["hotel"], report.Partition{Subscription: "hotel", Table: "asp_device", Date: day, Key: key, ETag: "e"})
				}
			}
		}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := newArchive("hotel", "inn")
			a.objects[tt.key] = "e"
			if tt.change != nil {
				tt.change(a, tt.key)
			}
			found, err := a.verifier().Round(t.Context())
			if err != nil || len(found.Vanished) > 0 || a.marks() != "" {
				t.Fatalf("%+v, %v", found, err)
			}
			if tt.known != (len(found.Unknown) == 0) || !tt.known && (found.Unknown[0].Key != tt.key || !found.Unknown[0].ModifiedAt.Equal(a.putAt)) {
				t.Errorf("named %+v", found.Unknown)
			}
		})
	}
	t.Run("many", func(t *testing.T) {
		a := newArchive("hotel")
		for i := range 150 {
			a.objects[fmt.Sprintf("asp_device/%03d", i)] = "e"
		}
		if found, err := a.verifier().All(t.Context()); err != nil || len(found.Unknown) != 100 || found.MoreUnknown != 50 {
			t.Errorf("named %d, and %d more; %v", len(found.Unknown), found.MoreUnknown, err)
		}
	})
	t.Run("of one table and subscription", func(t *testing.T) {
		a := newArchive("hotel", "inn")
		delete(a.objects, report.PartitionKey("inn", "asp_device", report.NewDate(2026, 11, 1)))
		for _, key := range []string{report.PartitionKey("hotel", "asp_device", day), report.PartitionKey("inn", "asp_device", day), report.PartitionKey("hotel", "asp_property_skill", day)} {
			a.objects[key] = "e"
		}
		v := a.verifier()
		v.Only, v.Table = "hotel", "asp_device"
		if found, err := v.All(t.Context()); err != nil || found.Days != 2 || len(found.Vanished) > 0 || len(found.Unknown) != 1 || found.Unknown[0].Key != report.PartitionKey("hotel", "asp_device", day) {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

// A day that cannot be looked at, or a subscription that cannot be read, is a problem of its own: the round goes on, and does not count as
// one that saw everything, also when that was in an earlier run.
func TestWhatIsUnreadableKeepsNothingElseFromBeingVerified(t *testing.T) {
	first := report.PartitionKey("hotel-0000", "asp_device", report.NewDate(2020, 1, 1))
	tests := map[string]struct {
		harm  func(*archive, *janitor.Verifier)
		marks int
	}{
		"a day": {func(a *archive, v *janitor.Verifier) {
			delete(a.objects, first)
			v.Dataset = refusing{a, first}
		}, 1},
		"a subscription": {func(a *archive, v *janitor.Verifier) { a.unreadable = "hotel-0000" }, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := filled(2, 6000)
			v := a.verifier()
			v.Lists = 10
			tt.harm(a, &v)
			delete(a.objects, report.PartitionKey("hotel-0001", "asp_device", report.NewDate(2020, 1, 2)))
			if _, err := v.Round(t.Context()); err == nil || a.round.Key == "" {
				t.Errorf("the first run: %+v, %v", a.round, err)
			}
			a.unreadable = ""
			if _, err := v.Round(t.Context()); err != nil || a.round.Key != "" || !a.round.WholeAt.IsZero() {
				t.Errorf("the second: %+v, %v", a.round, err)
			}
			if got := strings.Count(a.marks(), "replaced"); got != tt.marks || !strings.Contains(a.marks(), "hotel-0001 2020-01-02") {
				t.Errorf("marked %q", a.marks())
			}
		})
	}
}
