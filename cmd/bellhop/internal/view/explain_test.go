package view_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const unitHeader = "dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,device_count,active_device_count,dialog_count\n"

// rooms is a property with two rooms that have the same name.
const rooms = "11/14/2026,org,Hotels,inn,The Inn,3,2,21\n11/14/2026,org,Hotels,a,Room 1,1,1,20\n11/14/2026,org,Hotels,b,Room 1,2,1,1\n"

// publish puts 14 November of a subscription into the dataset and the ledger.
func (f *fixture) publish(t *testing.T, subscription, csv string) {
	t.Helper()
	c, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(unitHeader+csv), report.Contract{
		Subscription: subscription, Table: "asp_device", Window: days(14, 14),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	content, err := io.ReadAll(c.Days[0].Body)
	if err != nil {
		t.Fatal(err)
	}
	s := report.Partition{
		Subscription: subscription, Table: "asp_device", Date: day(14), Generation: at("06:00:01"), Job: "hotel-000001", File: "d.csv",
		Rows: c.Days[0].Rows, Key: report.PartitionKey(subscription, "asp_device", day(14)), ETag: "s1", LoadedAt: at("06:12:30"),
	}
	f.dataset.content[s.Key] = content
	snapshot := f.snapshots[subscription]
	snapshot.Partitions = append(slices.DeleteFunc(slices.Clone(snapshot.Partitions), func(old report.Partition) bool {
		return old.Table == s.Table && old.Date == s.Date
	}), s)
	f.snapshots[subscription] = snapshot
}

func explaining(t *testing.T) *fixture {
	t.Helper()
	f := newFixture()
	f.publish(t, "hotel", rooms)
	return f
}

func (f *fixture) explain(ctx context.Context, table, unit string, d report.Date) (view.Explanation, error) {
	definition, _ := dataset.Lookup(table)
	return f.view().Explain(ctx, view.Question{Table: definition, Unit: unit, Date: d})
}

func TestANumberIsFollowedToTheVendorsRequest(t *testing.T) {
	for unit, dialogs := range map[string]string{"a": "20", "The Inn": "21"} {
		f := explaining(t)
		e := answer(t, func(ctx context.Context) (view.Explanation, error) {
			return f.explain(ctx, "asp_device", unit, day(14))
		})
		o := e.Subscriptions[0]
		if len(e.Subscriptions) != 1 || o.Coverage != report.CoverageComplete || len(o.Rows) != 1 || o.File.SHA256 != "ab12" ||
			o.Job.VendorRequestID != "r-1" || o.Certificate == nil || !o.Certificate.DeletedAt.Equal(at("06:12:31")) {
			t.Errorf("%s: %+v", unit, o)
		}
		got, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"dialog_count":` + dialogs, `"slice":{`, `"vendor_request_id":"r-1"`, `"taken_by_default_view":true`} {
			if !strings.Contains(string(got), want) {
				t.Errorf("%s: %s is not in %s", unit, want, got)
			}
		}
	}
}

// What a day's record names may have been forgotten, and the dataset may be out of reach: the rest is told.
func TestAnExplanationWithoutAllParts(t *testing.T) {
	f := explaining(t)
	f.certificates[0].SHA256 = "of other content under the same name"
	delete(f.jobs, "hotel-000001")
	e := answer(t, func(ctx context.Context) (view.Explanation, error) { return f.explain(ctx, "asp_device", "a", day(14)) })
	if o := e.Subscriptions[0]; o.File == nil || o.Job != nil || o.Certificate != nil {
		t.Errorf("without job and certificate: %+v", o)
	}
	delete(f.files, "d.csv")
	e = answer(t, func(ctx context.Context) (view.Explanation, error) { return f.explain(ctx, "asp_device", "a", day(14)) })
	if o := e.Subscriptions[0]; o.File != nil || o.Why != "the ledger does not know file d.csv any more" {
		t.Errorf("without the file: %+v", o)
	}
	v := f.view()
	v.Dataset = nil
	definition, _ := dataset.Lookup("asp_device")
	e, err := v.Explain(t.Context(), view.Question{Table: definition, Unit: "a", Date: day(14)})
	if err != nil || e.UnitID != "" || len(e.Subscriptions[0].Rows) != 0 || e.Subscriptions[0].Partition == nil {
		t.Errorf("without the dataset: %+v, %v", e, err)
	}
	clear(f.dataset.content)
	if _, err := f.explain(t.Context(), "asp_device", "a", day(14)); err == nil || !strings.Contains(err.Error(), "there is no object") {
		t.Errorf("without the object: %v", err)
	}
}

func TestWhatCannotBeExplained(t *testing.T) {
	for name, tt := range map[string]struct{ table, unit, says, remedy string }{
		"a name of two units":       {"asp_device", "Room 1", "2 units of that day have this name", "give the unit's id: a, b"},
		"a unit that no report has": {"asp_device", "nobody", "no unit of asp_device has this id or name on 2026-11-14", "see which there are: bellhop query"},
		"a name in small letters":   {"asp_device", "room 1", "no unit of asp_device has this id or name on 2026-11-14", "did you mean: Room 1"},
		"a name with a slip":        {"asp_device", "Rom 1", "no unit of asp_device has this id or name on 2026-11-14", "did you mean: Room 1"},
		"a table that nobody wants": {"asp_property_skill", "a", "no subscription asks for asp_property_skill", "see what they ask for"},
	} {
		_, err := explaining(t).explain(t.Context(), tt.table, tt.unit, day(14))
		p, ok := errors.AsType[*phrase.Problem](err)
		if !ok || !strings.Contains(p.Error(), tt.says) || !strings.HasPrefix(p.Remedy, tt.remedy) || strings.Contains(p.Error(), "Room") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADayThatIsNotThereSaysWhy(t *testing.T) {
	for name, tt := range map[string]struct {
		table  string
		date   report.Date
		status report.CoverageStatus
		why    string
	}{
		"zero":            {"asp_communication", day(14), report.CoverageZero, ""},
		"nobody wants it": {"asp_device", day(19), "", "the subscription wants the days 2026-11-14..2026-11-17"},
	} {
		f := explaining(t)
		e := answer(t, func(ctx context.Context) (view.Explanation, error) {
			return f.explain(ctx, tt.table, "nobody", tt.date)
		})
		if o := e.Subscriptions[0]; o.Coverage != tt.status || o.Why != tt.why {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

// The subscription that explain names is the one of which DuckDB's view has the rows; see the tests of the view.
func TestOfSeveralSubscriptionsTheViewsChoiceIsMarked(t *testing.T) {
	for name, tt := range map[string]struct{ other, csv, unit, want string }{
		"the first name":                     {"alpha", "11/14/2026,org,Hotels,a,Room 1,1,1,5\n", "a", "alpha"},
		"not the later name":                 {"zulu", "11/14/2026,org,Hotels,a,Room 1,1,1,5\n", "a", "hotel"},
		"nobody, where another has it above": {"alpha", "11/14/2026,org,Hotels,,,1,1,5\n", "org", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := explaining(t)
			sub := hotel()
			sub.Name = tt.other
			f.subs[tt.other] = sub
			f.publish(t, tt.other, tt.csv)
			e := answer(t, func(ctx context.Context) (view.Explanation, error) {
				return f.explain(ctx, "asp_device", tt.unit, day(14))
			})
			var taken string
			for _, o := range e.Subscriptions {
				if o.Taken {
					taken += o.Subscription
				}
			}
			if len(e.Subscriptions) != 2 || taken != tt.want {
				t.Errorf("taken from %q, want %q", taken, tt.want)
			}
		})
	}
}

func TestUnitsOfADay(t *testing.T) {
	f := explaining(t)
	d, _ := dataset.Lookup("asp_device")
	units := answer(t, func(ctx context.Context) ([]string, error) {
		published, _ := f.Partitions(ctx, "hotel", "asp_device", days(14, 14))
		return f.view().Units(ctx, d, published[0])
	})
	if want := []string{"Room 1", "The Inn", "a", "b", "inn"}; !slices.Equal(units, want) {
		t.Errorf("got %q, want %q", units, want)
	}
}
