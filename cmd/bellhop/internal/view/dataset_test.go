package view_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var gone = report.PartitionKey("hotel", "asp_device", day(15))

func (f *fixture) verify(t *testing.T, v janitor.Verifier) view.Verification {
	t.Helper()
	return answer(t, func(ctx context.Context) (view.Verification, error) { return f.view().VerifyDataset(ctx, v) })
}

func TestVerifyComparesTheDatasetWithTheLedger(t *testing.T) {
	vanish := func(f *fixture) { delete(f.dataset.objects, gone) }
	for name, tt := range map[string]struct {
		harm     func(*fixture)
		verifier janitor.Verifier
		days     int
		why      string
	}{
		"all is there":             {func(*fixture) {}, janitor.Verifier{}, 7, ""},
		"an object is gone":        {vanish, janitor.Verifier{}, 7, "vanished from the dataset, last seen 2026-11-20 01:00Z"},
		"an object is another":     {func(f *fixture) { f.dataset.objects[gone] = report.Object{Key: gone, ETag: "foreign"} }, janitor.Verifier{}, 7, "replaced in the dataset by another hand, last seen 2026-11-20 01:00Z"},
		"a dry run":                {vanish, janitor.Verifier{DryRun: true}, 7, "vanished from the dataset, last seen 2026-11-20 01:00Z"},
		"the table that lacks it":  {vanish, janitor.Verifier{Table: "asp_device"}, 4, "vanished from the dataset, last seen 2026-11-20 01:00Z"},
		"the table that lacks not": {vanish, janitor.Verifier{Only: "hotel", Table: "asp_communication"}, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			tt.harm(f)
			got := f.verify(t, tt.verifier)
			if got.Days != tt.days || (tt.why == "") != (len(got.Missing) == 0) {
				t.Fatalf("%+v", got)
			}
			if tt.why == "" {
				return
			}
			want := view.MissingDay{Subscription: "hotel", Table: "asp_device", Date: day(15), Key: gone, Why: tt.why, LostAfter: day(15) + 90}
			if len(got.Missing) != 1 || got.Missing[0] != want || got.New != 1 || got.DryRun != tt.verifier.DryRun {
				t.Errorf("%+v, want %+v", got, want)
			}
			if marked := len(f.marked); marked == 1 == tt.verifier.DryRun {
				t.Errorf("%d days are marked", marked)
			}
			if again := f.verify(t, tt.verifier); len(again.Missing) != 1 || (again.New == 1) != tt.verifier.DryRun {
				t.Errorf("once more: %+v", again)
			}
		})
	}
}

// A dry run takes a mark off what it shows where the object is back, and leaves the ledger alone.
func TestADryRunShowsADayThatIsBack(t *testing.T) {
	f := newFixture()
	for i, s := range f.snapshots["hotel"].Partitions {
		if s.Key == gone {
			f.snapshots["hotel"].Partitions[i].Vanished = &report.Vanished{At: at("02:00:00")}
		}
	}
	if got := f.verify(t, janitor.Verifier{DryRun: true}); got.Returned != 1 || len(got.Missing) != 0 || len(f.marked) > 0 {
		t.Errorf("%+v, and %d days are marked", got, len(f.marked))
	}
}

func TestVerifyAsJSON(t *testing.T) {
	f := newFixture()
	delete(f.dataset.objects, gone)
	f.dataset.objects["asp_device/copy.parquet"] = report.Object{Key: "asp_device/copy.parquet", ETag: "c", Size: 4, ModifiedAt: at("00:30:00")}
	got, err := json.Marshal(f.verify(t, janitor.Verifier{DryRun: true}))
	want := `{"as_of":"2026-11-20T07:40:00Z","days":7,"new":1,"returned":0,"missing":[{"subscription":"hotel","table":"asp_device","date":"2026-11-15",` +
		`"key":"asp_device/dataset_date=2026-11-15/hotel.parquet","why":"vanished from the dataset, last seen 2026-11-20 01:00Z","lost_after":"2027-02-13","expired":false}],` +
		`"unknown":[{"key":"asp_device/copy.parquet","size":4,"last_modified":"2026-11-20T00:30:00Z"}],"more_unknown":0,"unsettled":0,"dry_run":true}`
	if err != nil || string(got) != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got, want)
	}
}

// On one machine every answer says so before any sweep has run, and marks nothing; on a stack the janitor's marks count.
func TestAVanishedDayIsMissingInEveryAnswer(t *testing.T) {
	for _, listed := range []bool{true, false} {
		f := newFixture()
		f.listed = listed
		delete(f.dataset.objects, gone)
		want := map[bool]int{true: 1, false: 0}[listed]
		v := f.view()
		if s := answer(t, v.Status); s.Data[0].Counts[report.CoverageMissing] != want || len(s.Attention) != want {
			t.Errorf("listed %t: status %+v", listed, s)
		}
		state := answer(t, func(ctx context.Context) (view.SubscriptionState, error) { return v.State(ctx, "hotel") })
		if state.Coverage[report.CoverageMissing] != want || state.Wanted != 8 || state.Jobs[report.JobLoaded] != 1 {
			t.Errorf("listed %t: state %+v", listed, state)
		}
		if vanished := answer(t, v.Vanished); vanished["asp_device"] != want || vanished["asp_communication"] != 0 {
			t.Errorf("listed %t: vanished %v", listed, vanished)
		}
		if len(f.marked) > 0 {
			t.Error("looking has marked something")
		}
	}
}
