package ingester_test

import (
	"context"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// erase has units left out from now on.
func (d *fixture) erase(ids ...string) {
	units := report.ErasedUnits{}
	for _, id := range ids {
		units[report.HashUnit(id)] = true
	}
	d.days.erased = func(context.Context) (report.ErasedUnits, error) { return units, nil }
}

// TestRowsOfAnErasedUnitAreLeftOut, and the receipt counts them beside the rows that were loaded.
func TestRowsOfAnErasedUnitAreLeftOut(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	d.erase("2", "4")
	d.ingest(d.deliver("a.csv", "2026-11-01,1\n2026-11-01,2\n2026-11-02,4\n2026-11-03,8\n"))
	if got := d.stored[november1].Content; got != "2026-11-01,1\n" {
		t.Errorf("1 November holds %q", got)
	}
	second := d.published[window.From+1]
	if second.Rows != 0 || second.Key != "" {
		t.Errorf("a day of erased units alone: %+v", second)
	}
	if r := d.files["a.csv"].Receipt; r.Rows != 2 || r.Erased != 2 || r.Sums["minutes"] != "9" {
		t.Errorf("receipt %+v", r)
	}
}

// TestAPartThatWasStagedBeforeTheErasure loses the unit in the merge.
func TestAPartThatWasStagedBeforeTheErasure(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv", "b.csv", "c.csv")
	d.ingest(d.deliver("a.csv", partA))
	d.ingest(d.deliver("b.csv", partB))
	d.erase("2", "4", "16")
	d.ingest(d.deliver("c.csv", partC))
	if got := d.stored[november1].Content; got != "2026-11-01,1\n2026-11-01,8\n" {
		t.Errorf("1 November holds %q", got)
	}
	for _, date := range []report.Date{window.From + 1, window.To} {
		if day := d.published[date]; day.Rows != 0 || day.Key != "" || day.Job == "" {
			t.Errorf("%s: %+v", date, day)
		}
	}
	// 16 was in the last file, 2 and 4 in those before it.
	if r := d.files["c.csv"].Receipt; r.Rows != 1 || r.Erased != 3 {
		t.Errorf("receipt %+v", r)
	}
}

// TestWithoutTheListNothingIsLoaded: whether a unit is erased must be known.
func TestWithoutTheListNothingIsLoaded(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv")
	d.days.erased = func(context.Context) (report.ErasedUnits, error) { return nil, fault.New(fault.Transient, "throttled") }
	if _, err := d.Ingest(t.Context(), d.deliver("a.csv", partA)); !fault.Is(err, fault.Transient) {
		t.Errorf("got %v", err)
	}
	if f := d.files["a.csv"]; f.Status != report.FileExpected || len(d.puts) > 0 {
		t.Errorf("the file is %s, and %q was put", f.Status, d.puts)
	}
}

// TestAHeldReportIsAcceptedWithoutAnErasedUnit: the only row of the held report is of unit 1.
func TestAHeldReportIsAcceptedWithoutAnErasedUnit(t *testing.T) {
	for unit, want := range map[string]int64{"1": 0, "7": 1} {
		d := newHoldsFixture(t)
		d.erase(unit)
		got, err := d.accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, there := d.stored[november1]; got.Rows != want || there != (want > 0) || (got.Key != "") != there {
			t.Errorf("without unit %s: %+v, and an object is there: %t", unit, got, there)
		}
	}
}
