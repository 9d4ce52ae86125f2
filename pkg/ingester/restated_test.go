package ingester_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// lines makes a report of 1 November, of rows with minutes and perhaps calls.
func lines(cells ...string) string {
	var content string
	for _, c := range cells {
		content += "2026-11-01," + c + "\n"
	}
	return content
}

// TestARestatementIsWeighedByMeasure: rows may all be there, and still say less.
func TestARestatementIsWeighedByMeasure(t *testing.T) {
	older := func(s *report.Partition) { s.Figures = nil }
	cases := map[string]struct {
		published string
		record    func(*report.Partition) // what is other about the day's record
		share     float64
		report    string
		fell      []string // nil: the report is published
		why       string
	}{
		"cells turn blank": {
			published: lines("1,1", "1,2", "1,3", "1,4", "1,5"), report: lines("1,", "1,", "1,", "1,9", "1,9"), fell: []string{"calls"},
			why: "calls has 2 values, the published day has 5",
		},
		"all cells turn blank, and were 0": {
			published: lines("1,0", "1,0"), report: lines("1,", "1,"), fell: []string{"calls"},
			why: "calls has 0 values, the published day has 2",
		},
		"half of the cells turn blank": {published: lines("1,2", "1,2"), report: lines("1,", "1,4")},
		"a sum falls to less than half": {
			published: lines("5,1", "5,1"), report: lines("2.5,1", "2.4,1"), fell: []string{"minutes"},
			why: "minutes adds up to 4.9, in the published day to 10",
		},
		"a sum falls to half": {published: lines("5,1", "5,1"), report: lines("2.5,1", "2.5,1")},
		"a small sum falls, as few rows do": {
			published: lines("3"), report: lines("1"), fell: []string{"minutes"}, why: "minutes adds up to 1, in the published day to 3",
		},
		"two measures fall": {
			published: lines("5,4"), report: lines("1,1"), fell: []string{"calls", "minutes"},
			why: "calls adds up to 1, in the published day to 4; minutes adds up to 1, in the published day to 5",
		},
		"rows fall, and the measures with them": {
			published: lines("5,1", "5,1", "5,1"), report: lines("5,"), fell: []string{"rows"}, why: "it has 1 rows, the published day has 3",
		},
		"more rows, and less in them": {
			published: lines("5"), report: lines("1", "1"), fell: []string{"minutes"}, why: "minutes adds up to 2, in the published day to 5",
		},
		"a measure is gone": {
			published: lines("1,1", "1,1"), report: lines("1", "1"), fell: []string{"calls"}, why: "calls has 0 values, the published day has 2",
		},
		"a measure is new":         {published: lines("1", "1"), report: lines("1,1", "1,1")},
		"everything grows":         {published: lines("1,1", "1,"), report: lines("9,9", "9,9", "9,9")},
		"zeros stay zeros":         {published: lines("0,0"), report: lines("0,0", "0,0")},
		"one falls, another grows": {published: lines("1,9", "1,9"), report: lines("9,1", "9,1"), fell: []string{"calls"}, why: "calls adds up to 2, in the published day to 18"},
		"the table's share is higher": {
			published: lines("10"), share: 0.9, report: lines("8"), fell: []string{"minutes"}, why: "minutes adds up to 8, in the published day to 10",
		},
		"the table's share is lower":    {published: lines("10"), share: 0.2, report: lines("3")},
		"an older record, a sum falls":  {published: lines("5,1"), record: older, report: lines("1,1"), fell: []string{"minutes"}, why: "minutes adds up to 1, in the published day to 5"},
		"an older record, cells blank":  {published: lines("1,0"), record: older, report: lines("1,")},
		"an older record without sums":  {published: lines("5,1"), record: func(s *report.Partition) { s.Figures, s.Sums = nil, nil }, report: lines("1,1")},
		"an older record, rows fall":    {published: lines("1", "1", "1"), record: older, report: lines("1"), fell: []string{"rows"}, why: "it has 1 rows, the published day has 3"},
		"an older record, all the same": {published: lines("1", "1"), record: older, report: lines("1", "1")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			if c.share > 0 {
				d.ShrinkBelow = func(table string) float64 { return map[string]float64{"asp_device": c.share}[table] }
			}
			d.publish(c.published, asked.Add(-time.Hour))
			before := d.published[window.From]
			if c.record != nil {
				c.record(&before)
				d.published[window.From] = before
			}
			d.expect("a.csv")
			d.ingest(d.deliver("a.csv", c.report))

			after, newer := d.published[window.From], d.encode(window.From, c.report)
			if c.fell == nil {
				if diff := cmp.Diff(newer.Figures, after.Figures); diff != "" || after.Held != nil || d.stored[november1].Content != c.report {
					t.Errorf("held %+v, stored %q, figures (-want +got):\n%s", after.Held, d.stored[november1].Content, diff)
				}
				return
			}
			if after.Held == nil || d.stored[november1].Content != c.published || d.stored[heldNovember1].Content != c.report {
				t.Fatalf("held %+v, stored %q", after.Held, d.stored[november1].Content)
			}
			want := &report.Held{
				Generation: asked, Job: "seaside-1", File: "a.csv", Rows: newer.Rows, Figures: newer.Figures,
				Fell: c.fell, Key: heldNovember1, Why: c.why, At: start,
			}
			if before.Figures == nil {
				want.Sums = newer.Sums
			}
			if diff := cmp.Diff(want, after.Held); diff != "" {
				t.Errorf("held (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before.Figures, after.Figures); diff != "" {
				t.Errorf("holding a report has changed the published day's figures (-want +got):\n%s", diff)
			}
		})
	}
}

// An accepted report brings its figures along: the next one is weighed by those.
func TestAnAcceptedReportBringsItsFigures(t *testing.T) {
	d := newHoldsFixture(t)
	s, err := d.accept()
	want := map[string]report.Figures{"minutes": {Values: 1, Sum: "1"}}
	if diff := cmp.Diff(want, s.Figures); diff != "" || err != nil {
		t.Errorf("%v, figures (-want +got):\n%s", err, diff)
	}
	d = newHoldsFixture(t)
	s = d.published[window.From]
	s.Held.Key, s.Held.Rows = "", 0
	if s, err = d.accept(); err != nil || s.Figures != nil {
		t.Errorf("a day without rows has figures %v, %v", s.Figures, err)
	}
}

// TestWhatARestatementSays: what changed of a published day is committed with the newer content, and nothing where none changed.
func TestWhatARestatementSays(t *testing.T) {
	const none = 0
	was := func(values int64, sum string) report.Figures { return report.Figures{Values: values, Sum: sum} }
	of := func(measure string, before, after report.Figures) report.Change {
		return report.Change{Measure: measure, Before: before, After: after}
	}
	cases := map[string]struct {
		published string
		record    func(*report.Partition) // what is other about the day's record
		report    string
		rows      [2]int64 // before and after; none: no restatement
		measures  []report.Change
	}{
		"another sum, another number of rows": {
			published: lines("1.5,2", "2,"), report: lines("1.5,2", "2,", "0.25,7"), rows: [2]int64{2, 3},
			measures: []report.Change{of("calls", was(1, "2"), was(2, "9")), of("minutes", was(2, "3.5"), was(3, "3.75"))},
		},
		"other rows of the same sums": {
			published: lines("1", "2"), report: lines("2", "1"), rows: [2]int64{2, 2}, measures: []report.Change{of("minutes", was(2, "3"), was(2, "3"))},
		},
		"a measure is new": {
			published: lines("1"), report: lines("1,4"), rows: [2]int64{1, 1},
			measures: []report.Change{of("calls", was(none, "0"), was(1, "4")), of("minutes", was(1, "1"), was(1, "1"))},
		},
		"a zero day gets rows": {
			record: func(s *report.Partition) { s.Generation = asked.Add(-time.Hour) }, report: lines("1", "2"), rows: [2]int64{0, 2},
			measures: []report.Change{of("minutes", was(none, "0"), was(2, "3"))},
		},
		"the day had vanished, and comes back as another": {
			published: lines("2"), record: func(s *report.Partition) { s.Vanished = &report.Vanished{} }, report: lines("3"), rows: [2]int64{1, 1},
			measures: []report.Change{of("minutes", was(1, "2"), was(1, "3"))},
		},
		"the older record has sums of all rows alone": {
			published: lines("2"), record: func(s *report.Partition) { s.Figures = nil }, report: lines("3"), rows: [2]int64{1, 1},
			measures: []report.Change{of("minutes", was(report.Uncounted, "2"), was(report.Uncounted, "3"))},
		},
		"the older record has no sums at all": {
			published: lines("2"), record: func(s *report.Partition) { s.Figures, s.Sums = nil, nil }, report: lines("3"), rows: [2]int64{1, 1},
		},
		"the same content":                  {published: lines("2"), report: lines("2")},
		"the day had vanished, and is back": {published: lines("2"), record: func(s *report.Partition) { s.Vanished = &report.Vanished{} }, report: lines("2")},
		"a new day":                         {report: lines("2")},
		"a zero day stays one":              {record: func(s *report.Partition) { s.Generation = asked.Add(-time.Hour) }},
		"a newer report is there":           {published: lines("2"), record: func(s *report.Partition) { s.Generation = asked.Add(time.Hour) }, report: lines("3")},
		"the report is held":                {published: lines("9"), report: lines("3")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			if c.published != "" {
				d.publish(c.published, asked.Add(-time.Hour))
			}
			before := d.published[window.From]
			if c.record != nil {
				before.Subscription, before.Table, before.Date, before.Version = "seaside", "asp_device", window.From, 1
				c.record(&before)
				d.published[window.From] = before
			}
			d.expect("a.csv")
			delivery := d.deliver("a.csv", c.report)
			d.ingest(delivery)
			d.ingest(delivery) // a duplicate restates nothing

			var want []report.Restatement
			if c.rows != [2]int64{} {
				want = []report.Restatement{{
					Subscription: "seaside", Table: "asp_device", Date: window.From, At: start, Measures: c.measures,
					Before: report.Edition{Generation: before.Generation, Job: before.Job, File: before.File, Rows: c.rows[0], SHA256: before.SHA256},
					After:  report.Edition{Generation: asked, Job: "seaside-1", File: "a.csv", Rows: c.rows[1], SHA256: digest(c.report)},
				}}
			}
			if diff := cmp.Diff(want, d.restated); diff != "" {
				t.Errorf("restated (-want +got):\n%s", diff)
			}
		})
	}
}
