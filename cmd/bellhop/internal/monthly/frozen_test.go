//go:build cgo

package monthly_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func published(table string, d report.Date, etag, dialogs string, rows int64) report.Partition {
	at := time.Date(2026, time.November, 2, 6, 0, 0, 0, time.UTC)
	return report.Partition{
		Subscription: "hotels", Table: table, Date: d, Generation: at, LoadedAt: at, Rows: rows, ETag: etag, SHA256: "sha-" + etag,
		Figures: map[string]report.Figures{"dialog_count": {Values: rows, Sum: dialogs}, "device_count": {Values: rows, Sum: "5"}},
	}
}

// frozen freezes the report of hotels and reads it back.
func frozen(t *testing.T, e *estate) monthly.Frozen {
	t.Helper()
	e.published = []report.Partition{published("asp_device", october(1), "a", "35", 4), published("asp_device", october(2), "b", "43", 4), published("asp_device", report.NewDate(2026, 9, 1), "s", "40", 3)}
	reader := e.reader(t)
	f, err := reader.Freeze(t.Context(), made(t, reader, monthly.Order{}), []byte("page"))
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	back, err := monthly.Thaw(content)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func verified(t *testing.T, e *estate, f monthly.Frozen) monthly.Verification {
	t.Helper()
	v, err := e.reader(t).Verify(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNothingChangedWhenNothingChanged(t *testing.T) {
	e := hotels(t)
	f := frozen(t, e)
	v := verified(t, e, f)
	if len(v.Changed) != 0 || len(v.Restated) != 0 || v.Days != 2 || v.Numbers < 100 {
		t.Errorf("%+v", v)
	}
	// SHA-256 of "page", by sha256sum.
	if f.Page != "3660315a9af3df255d8f19ab077e4797822b41488a0e2a04bc6af71213c23274" {
		t.Errorf("the page's sum is %s", f.Page)
	}
}

// The vendor says on 4 November that Mrs Smith had 13 dialogs on the 2nd and not 3, and a room on the 1st is gone.
func TestARestatedDayIsFoundWithItsNumbers(t *testing.T) {
	e := hotels(t)
	f := frozen(t, e)
	e.load(t, "hotels", "asp_device", table(devices, "2026-10-02 r1 1,1,13", "2026-10-02 r2 1,0,0", "2026-10-02 r3 2,2,40", "2026-10-02 r4 1,0,0"))
	e.published[1] = published("asp_device", october(2), "c", "53", 4)
	e.published[1].LoadedAt = time.Date(2026, time.November, 4, 6, 0, 0, 0, time.UTC)
	e.published = append(e.published, published("asp_device", october(3), "d", "0", 1))
	v := verified(t, e, f)
	changes := map[string]string{}
	for _, c := range v.Changed {
		changes[c.Block+" "+c.Row+" "+c.Column] = c.Old + " → " + c.New
	}
	for place, want := range map[string]string{
		"headline dialogs value":                     "78 → 88",
		"use-by-day dataset_date=2026-10-02 dialogs": "43 → 53",
		"use-by-property property_id=p1 dialogs":     "33 → 43",
		"rooms unit_id=r1 property_id=p1 dialogs":    "13 → 23",
	} {
		if changes[place] != want {
			t.Errorf("%s: %q, want %q", place, changes[place], want)
		}
		delete(changes, place)
	}
	if len(changes) != 0 {
		t.Errorf("these changed, too: %v", changes)
	}
	later := made(t, e.reader(t), monthly.Order{Month: monthly.MonthOf(report.NewDate(2026, 11, 1)), Earlier: &f})
	same(t, "the appendix", texts(t, later, "restatements"),
		"2026-10-02 | asp_device | dialog_count | 43 | 53 | 2026-11-04 06:00Z | hotels",
		"2026-10-03 | asp_device | rows | <nil> | 1 | 2026-11-02 06:00Z | hotels",
		"2026-10-03 | asp_device | device_count | <nil> | 5 | 2026-11-02 06:00Z | hotels",
		"2026-10-03 | asp_device | dialog_count | <nil> | 0 | 2026-11-02 06:00Z | hotels")
	if _, there := later.For(owner).Block("restatements"); there {
		t.Error("the owner sees sums of other properties")
	}
}

// What tells that a day is another one when its figures are the same, or it has none.
func TestADayWithTheSameFiguresIsNoticed(t *testing.T) {
	for name, tt := range map[string]struct {
		change       func(e *estate)
		measure, old string
		now          string
	}{
		"an object of other bytes": {func(e *estate) { e.published[0].ETag = "z" }, "content", "2026-11-02 06:00:00Z", "2026-11-02 06:00:00Z"},
		"another content":          {func(e *estate) { e.published[0].SHA256 = "z" }, "content", "2026-11-02 06:00:00Z", "2026-11-02 06:00:00Z"},
		"a day without rows": {func(e *estate) {
			empty := published("asp_device", october(3), "", "", 0)
			empty.SHA256, empty.Figures = "", nil
			e.published = append(e.published, empty)
		}, "rows", "", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			e := hotels(t)
			f := frozen(t, e)
			tt.change(e)
			v := verified(t, e, f)
			if len(v.Restated) != 1 || v.Restated[0].Measure != tt.measure || v.Restated[0].Old != tt.old || v.Restated[0].New != tt.now {
				t.Errorf("%+v", v.Restated)
			}
		})
	}
}

func TestADayThatIsGoneIsNoticed(t *testing.T) {
	e := hotels(t)
	f := frozen(t, e)
	e.published = e.published[1:]
	v := verified(t, e, f)
	if len(v.Restated) != 3 || v.Restated[0].Measure != "rows" || v.Restated[0].Old != "4" || v.Restated[0].New != "" || !v.Restated[0].At.IsZero() {
		t.Errorf("%+v", v.Restated)
	}
}

func TestAChangedFileIsRefused(t *testing.T) {
	e := hotels(t)
	content, err := json.Marshal(frozen(t, e))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ content, want string }{
		"another number":  {strings.Replace(string(content), `"value":"78"`, `"value":"79"`, 1), "its content was changed"},
		"another format":  {strings.Replace(string(content), `"format":1`, `"format":2`, 1), "its format is 2"},
		"another file":    {`{"subscriptions":[]}`, "this is not a frozen report"},
		"no file of JSON": {"<html>", "this is not a frozen report"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := monthly.Thaw([]byte(test.content)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
