package ingester_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// rows returns so many rows of 1 November, of one minute each.
func rows(n int) string { return strings.Repeat("2026-11-01,1\n", n) }

const heldNovember1 = "_held/asp_device/dataset_date=2026-11-01/seaside-20261105T040000.000000000Z.parquet"

// TestWhatAReportMeansForAPublishedDay puts one report of 1 November against what is published for it.
func TestWhatAReportMeansForAPublishedDay(t *testing.T) {
	const hour = time.Hour
	earlier, later := asked.Add(-hour), asked.Add(hour)
	cases := map[string]struct {
		published  string // "": nothing is
		generation time.Time
		shrink     float64
		report     string
		outcome    report.PartitionOutcome
		stored     string // of the day, afterwards
		puts       []string
		moved      bool // the day's record now speaks of this file
		held       int64
		why        string
	}{
		"new":                            {report: rows(2), outcome: report.PartitionWritten, stored: rows(2), puts: []string{november1}, moved: true},
		"new, and empty":                 {report: "", outcome: report.PartitionZero, moved: true},
		"other content":                  {published: "2026-11-01,1.5\n", generation: earlier, report: rows(1), outcome: report.PartitionWritten, stored: rows(1), puts: []string{november1}, moved: true},
		"other content, same generation": {published: "2026-11-01,1.5\n", generation: asked, report: rows(1), outcome: report.PartitionWritten, stored: rows(1), puts: []string{november1}, moved: true},
		"the same content: no put, and the generation moves on": {
			published: rows(2), generation: earlier, report: rows(2), outcome: report.PartitionUnchanged, stored: rows(2), moved: true,
		},
		"a newer report is there": {published: "2026-11-01,1.5\n", generation: later, report: rows(1), outcome: report.PartitionSuperseded, stored: "2026-11-01,1.5\n"},
		"a newer report of the same content is there": {
			published: rows(2), generation: later, report: rows(2), outcome: report.PartitionSuperseded, stored: rows(2),
		},
		"a newer report is there, and this one would empty it": {published: rows(9), generation: later, report: "", outcome: report.PartitionSuperseded, stored: rows(9)},
		"emptied": {
			published: rows(3), generation: earlier, report: "", outcome: report.PartitionHeld, stored: rows(3), why: "it has 0 rows, the published day has 3",
		},
		"shrunk below half": {
			published: rows(5), generation: earlier, report: rows(2), outcome: report.PartitionHeld, stored: rows(5), puts: []string{heldNovember1},
			held: 2, why: "it has 2 rows, the published day has 5",
		},
		"shrunk to half": {
			published: rows(4), generation: earlier, report: rows(2), outcome: report.PartitionWritten, stored: rows(2), puts: []string{november1}, moved: true,
		},
		"shrunk below the configured share": {
			published: rows(10), generation: earlier, shrink: 0.9, report: rows(8), outcome: report.PartitionHeld, stored: rows(10),
			puts: []string{heldNovember1}, held: 8, why: "it has 8 rows, the published day has 10",
		},
		"shrunk to the configured share": {
			published: rows(10), generation: earlier, shrink: 0.5, report: rows(5), outcome: report.PartitionWritten, stored: rows(5), puts: []string{november1}, moved: true,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			if c.shrink > 0 {
				d.ShrinkBelow = func(string) float64 { return c.shrink }
			}
			if c.published != "" {
				d.publish(c.published, c.generation)
			}
			before := d.published[window.From]
			d.expect("a.csv")
			out := d.ingest(d.deliver("a.csv", c.report))

			proof := out.File.Receipt.Partitions[0]
			if proof.Outcome != c.outcome {
				t.Fatalf("outcome %s, want %s", proof.Outcome, c.outcome)
			}
			if got := d.stored[november1].Content; got != c.stored {
				t.Errorf("stored %q, want %q", got, c.stored)
			}
			if !slices.Equal(d.puts, c.puts) {
				t.Errorf("put %q, want %q", d.puts, c.puts)
			}
			after := d.published[window.From]
			if moved := after.File == "a.csv" && after.Generation.Equal(asked); moved != c.moved {
				t.Errorf("the day is recorded as of %s, %s", after.File, after.Generation)
			}
			if c.outcome == report.PartitionHeld {
				if h := after.Held; h == nil || h.Rows != c.held || h.Why != c.why || h.File != "a.csv" || !h.Generation.Equal(asked) || !h.At.Equal(start) {
					t.Errorf("held %+v", h)
				}
				if !after.Generation.Equal(before.Generation) || after.Rows != before.Rows {
					t.Error("holding a report has changed the published day")
				}
			} else if after.Held != nil {
				t.Errorf("held %+v", after.Held)
			}
			// Where the receipt names an object, that object is there with that ETag: the deletion relies on it.
			if proof.Key != "" && d.stored[proof.Key].ETag != proof.ETag {
				t.Errorf("the receipt proves %s with %s, stored is %s", proof.Key, proof.ETag, d.stored[proof.Key].ETag)
			}
			if hasObject := c.report != "" || c.outcome == report.PartitionSuperseded; hasObject != (proof.Key != "") {
				t.Errorf("the receipt names %q", proof.Key)
			}
			if after.Fence != nil {
				t.Error("the day is still fenced")
			}
		})
	}
}

func TestRestatementsAreCounted(t *testing.T) {
	cases := map[string]struct {
		published, report string
		want              int
	}{
		"the first":        {"", rows(1), 0},
		"the same":         {rows(1), rows(1), 0},
		"another":          {"2026-11-01,1.5\n", rows(1), 1},
		"more, and others": {"2026-11-01,1.5\n", rows(7), 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			if c.published != "" {
				d.publish(c.published, asked.Add(-time.Hour))
			}
			d.expect("a.csv")
			d.ingest(d.deliver("a.csv", c.report))
			if got := d.published[window.From].Restated; got != c.want {
				t.Errorf("restated %d times, want %d", got, c.want)
			}
		})
	}
}

// TestAHeldReport stays for a person to decide on until a report of its own age or younger settles the day (I7).
func TestAHeldReport(t *testing.T) {
	cases := map[string]struct {
		held    time.Time
		report  string
		outcome report.PartitionOutcome
		file    string // of the report that is held afterwards
	}{
		"a younger report settles it":                    {asked.Add(-time.Minute), rows(5), report.PartitionWritten, ""},
		"a younger report of the same content":           {asked.Add(-time.Minute), rows(4), report.PartitionUnchanged, ""},
		"a younger one that shrinks the day is held now": {asked.Add(-time.Minute), rows(1), report.PartitionHeld, "a.csv"},
		"an older report does not settle it":             {asked.Add(time.Minute), rows(5), report.PartitionWritten, "held.csv"},
		"an older one that shrinks the day is late":      {asked.Add(time.Minute), rows(1), report.PartitionSuperseded, "held.csv"},
		"an older one that empties the day is late":      {asked.Add(time.Minute), "", report.PartitionSuperseded, "held.csv"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.publish(rows(4), asked.Add(-time.Hour))
			day := d.published[window.From]
			day.Held = &report.Held{Generation: c.held, File: "held.csv", Rows: 1}
			d.published[window.From] = day
			d.expect("a.csv")
			out := d.ingest(d.deliver("a.csv", c.report))
			if got := out.File.Receipt.Partitions[0].Outcome; got != c.outcome {
				t.Errorf("outcome %s, want %s", got, c.outcome)
			}
			held := ""
			if h := d.published[window.From].Held; h != nil {
				held = h.File
			}
			if held != c.file {
				t.Errorf("held is the report of %q, want %q", held, c.file)
			}
		})
	}
}

// TestAnObjectThatTheLedgerDoesNotKnow is what a run leaves that was stopped between its put and its commit.
func TestAnObjectThatTheLedgerDoesNotKnow(t *testing.T) {
	newer, older := asked.Add(time.Hour), asked.Add(-time.Hour)
	cases := map[string]struct {
		content    string
		generation time.Time
		outcome    report.PartitionOutcome
		stored     string
		puts       int
	}{
		"our own, from an earlier try: adopted":            {rows(1), asked, report.PartitionWritten, rows(1), 0},
		"the same content of an older report: put again":   {rows(1), older, report.PartitionWritten, rows(1), 1},
		"the same content of a newer report: left to that": {rows(1), newer, report.PartitionSuperseded, rows(1), 0},
		"an older report: replaced":                        {"2026-11-01,1.5\n", older, report.PartitionWritten, rows(1), 1},
		"a newer report: left to that":                     {"2026-11-01,1.5\n", newer, report.PartitionSuperseded, "2026-11-01,1.5\n", 0},
		"without a generation: replaced":                   {"2026-11-01,1.5\n", time.Time{}, report.PartitionWritten, rows(1), 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.publish(c.content, c.generation)
			delete(d.published, window.From)
			d.expect("a.csv")
			out := d.ingest(d.deliver("a.csv", rows(1)))
			proof := out.File.Receipt.Partitions[0]
			if proof.Outcome != c.outcome || proof.ETag != objectstest.ETag(c.stored) || proof.Key != november1 {
				t.Errorf("proof %+v, want %s with the ETag of what is there", proof, c.outcome)
			}
			if got := d.stored[november1].Content; got != c.stored || len(d.puts) != c.puts {
				t.Errorf("stored %q with %d puts, want %q with %d", got, len(d.puts), c.stored, c.puts)
			}
			day, recorded := d.published[window.From]
			if recorded != (c.outcome == report.PartitionWritten) || recorded && day.ETag != objectstest.ETag(c.stored) {
				t.Errorf("recorded as %+v", day)
			}
		})
	}
}

// TestPutsAreConditional: on absence for a new day, on the ETag that the ledger knows for a known one.
func TestPutsAreConditional(t *testing.T) {
	cases := map[string]struct {
		published string
		want      report.Condition
	}{
		"new":   {"", report.Condition{Absent: true}},
		"known": {"2026-11-01,1.5\n", report.Condition{ETag: objectstest.ETag("2026-11-01,1.5\n")}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			if c.published != "" {
				d.publish(c.published, asked.Add(-time.Hour))
			}
			d.expect("a.csv")
			d.dataset.put = func(ctx context.Context, w report.Write) (report.Object, error) {
				if w.Condition != c.want {
					t.Errorf("condition %+v, want %+v", w.Condition, c.want)
				}
				return d.put(ctx, w)
			}
			d.ingest(d.deliver("a.csv", rows(1)))
		})
	}
}

// TestAPutThatLosesARace looks at what is there, and goes on from that.
func TestAPutThatLosesARace(t *testing.T) {
	t.Run("the object it was to replace is gone", func(t *testing.T) {
		d := newFixture(t)
		d.publish("2026-11-01,1.5\n", asked.Add(-time.Hour))
		delete(d.stored, november1)
		d.expect("a.csv")
		d.dataset.put = func(ctx context.Context, w report.Write) (report.Object, error) {
			if w.Condition == (report.Condition{}) {
				t.Error("a put without a condition")
			}
			return d.put(ctx, w)
		}
		if out := d.ingest(d.deliver("a.csv", rows(1))); out.File.Status != report.FileLoaded || out.File.Loads != 1 {
			t.Errorf("the file is %s after %d loads", out.File.Status, out.File.Loads)
		}
		if got := d.stored[november1].Content; got != rows(1) {
			t.Errorf("stored %q", got)
		}
	})
	t.Run("again and again", func(t *testing.T) {
		d := newFixture(t)
		d.expect("a.csv")
		d.publish("2026-11-01,1.5\n", asked.Add(-time.Hour))
		puts := 0
		d.dataset.put = func(context.Context, report.Write) (report.Object, error) {
			puts++
			return report.Object{}, fault.New(fault.Conflict, "changed")
		}
		// One put in each attempt.
		if _, err := d.Ingest(t.Context(), d.deliver("a.csv", rows(1))); !fault.Is(err, fault.Transient) || puts != 8 {
			t.Errorf("error %v after %d puts", err, puts)
		}
	})
	t.Run("looking fails", func(t *testing.T) {
		d := newFixture(t)
		d.publish("2026-11-01,1.5\n", asked.Add(-time.Hour))
		delete(d.published, window.From)
		d.expect("a.csv")
		down := fault.New(fault.Transient, "S3 is down")
		d.dataset.stat = func(context.Context, string) (report.Object, error) { return report.Object{}, down }
		if _, err := d.Ingest(t.Context(), d.deliver("a.csv", rows(1))); !errors.Is(err, down) {
			t.Errorf("error %v", err)
		}
		if got := d.stored[november1].Content; got != "2026-11-01,1.5\n" {
			t.Errorf("stored %q: replaced without having been looked at", got)
		}
	})
}

// TestADayThatAnotherReplaces is left alone until its fence ends: two puts at once could end with the older one.
func TestADayThatAnotherReplaces(t *testing.T) {
	cases := map[string]struct {
		fence report.Fence
		stays bool
	}{
		"another file has it":                 {report.Fence{File: "b.csv", Epoch: 1, Until: start.Add(time.Second)}, true},
		"another claim of this file has it":   {report.Fence{File: "a.csv", Epoch: 7, Until: start.Add(time.Second)}, true},
		"another file had it":                 {report.Fence{File: "b.csv", Epoch: 1, Until: start}, false},
		"this claim has it, from before":      {report.Fence{File: "a.csv", Epoch: 1, Until: start.Add(time.Hour)}, false},
		"another claim of this file was late": {report.Fence{File: "a.csv", Epoch: 0, Until: start.Add(-time.Second)}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.publish("2026-11-01,1.5\n", asked.Add(-time.Hour))
			day := d.published[window.From]
			day.Fence = &c.fence
			d.published[window.From] = day
			d.expect("a.csv")
			_, err := d.Ingest(t.Context(), d.deliver("a.csv", rows(1)))
			if fault.Is(err, fault.Transient) != c.stays || (err != nil) != c.stays {
				t.Errorf("error %v", err)
			}
			if replaced := d.stored[november1].Content == rows(1); replaced == c.stays {
				t.Errorf("stored %q", d.stored[november1].Content)
			}
			if f := d.files["a.csv"]; c.stays && f.Status != report.FileExpected {
				t.Errorf("file %s, want it given back", f.Status)
			}
		})
	}
}

// TestOnlyWhatIsReplacedIsFenced, for as long as the claim lasts: a new day's put is conditional on absence.
func TestOnlyWhatIsReplacedIsFenced(t *testing.T) {
	d := newFixture(t)
	d.publish("2026-11-01,1.5\n", asked.Add(-time.Hour))
	d.expect("a.csv")
	d.days.fence = func(ctx context.Context, f report.File, days []report.Partition, now, until time.Time) ([]report.Partition, error) {
		if len(days) != 1 || days[0].Date != window.From || !now.Equal(start) || !until.Equal(start.Add(time.Minute)) {
			t.Errorf("fences %v from %s until %s", days, now, until)
		}
		return d.fence(ctx, f, days, now, until)
	}
	d.ingest(d.deliver("a.csv", rows(1)+"2026-11-03,1\n"))
}

// TestAFenceThatLosesARace decides the days anew.
func TestAFenceThatLosesARace(t *testing.T) {
	d := newFixture(t)
	d.publish("2026-11-01,1.5\n", asked.Add(-time.Hour))
	d.expect("a.csv")
	fences := 0
	d.days.fence = func(ctx context.Context, f report.File, days []report.Partition, now, until time.Time) ([]report.Partition, error) {
		if fences++; fences == 1 {
			d.publish("2026-11-01,6\n", asked.Add(time.Hour))
		}
		return d.fence(ctx, f, days, now, until)
	}
	out := d.ingest(d.deliver("a.csv", rows(1)))
	if got := out.File.Receipt.Partitions[0].Outcome; got != report.PartitionSuperseded || len(d.puts) != 0 {
		t.Errorf("outcome %s with %d puts, want superseded without any", got, len(d.puts))
	}
}
