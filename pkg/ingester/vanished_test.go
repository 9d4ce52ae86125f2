package ingester_test

import (
	"context"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// An object of the dataset that is gone at each call must not be taken for the delivery: the file is given back with the
// cause, and is not lost.
func TestAMissingObjectOfTheDatasetIsNotTheDelivery(t *testing.T) {
	gone := fault.New(fault.NotFound, "put object: it is not there")
	d := newFixture(t)
	d.publish("2026-11-01,5\n", asked.Add(-time.Hour))
	d.expect("a.csv")
	d.dataset.put = func(context.Context, report.Write) (report.Object, error) {
		return report.Object{}, gone
	}
	_, err := d.Ingest(t.Context(), d.deliver("a.csv", rows(1)))
	if f := d.files["a.csv"]; !fault.Is(err, fault.Transient) || f.Status != report.FileExpected || f.Setbacks != 1 {
		t.Errorf("error %v of kind %s; the file is %s after %d setbacks", err, fault.KindOf(err), f.Status, f.Setbacks)
	}
}

// Of three generations of a day that the ledger does not know yet, the oldest was put by a run that died, the middle one
// is about to be put, and the newest, with the bytes of the oldest, is loaded and committed meanwhile. The newest stays.
func TestTheNewestOfThreeGenerationsStays(t *testing.T) {
	d := newFixture(t)
	d.expect("middle.csv")
	content := rows(2)
	d.stored[november1] = objectstest.Stored{Object: report.Object{Key: november1, ETag: objectstest.ETag(content), Size: int64(len(content)), Metadata: map[string]string{
		report.MetaGeneration: report.FormatGeneration(asked.Add(-time.Hour)), report.MetaSHA256: digest(content),
	}}, Content: content}
	d.files["newest.csv"] = report.File{
		Key: "newest.csv", Status: report.FileExpected, Job: "seaside-2", Subscription: "seaside", Table: "asp_device",
		Window: window, Generation: asked.Add(time.Hour), Parts: 1,
	}
	met := false
	d.dataset.put = func(ctx context.Context, w report.Write) (report.Object, error) {
		if !met && w.Metadata[report.MetaJob] == "seaside-1" {
			met = true
			d.ingest(d.deliver("newest.csv", content)) //nolint:contextcheck // another worker
		}
		return d.put(ctx, w)
	}
	d.ingest(d.deliver("middle.csv", rows(3)))
	if day, o := d.published[window.From], d.stored[november1]; !met || o.Content != content || day.ETag != o.ETag || !day.Generation.Equal(asked.Add(time.Hour)) {
		t.Errorf("the ledger has %s of %s, the dataset %q", day.ETag, day.Generation, o.Content)
	}
}

// Each report that is held has an object of its own: an older one that is held later cannot take the newer one's place.
func TestTwoReportsThatAreHeldAtOnce(t *testing.T) {
	first := report.HeldKey("seaside", "asp_device", window.From, asked)
	second := report.HeldKey("seaside", "asp_device", window.From, asked.Add(time.Nanosecond))
	if first == second || first != heldNovember1 {
		t.Errorf("%s and %s", first, second)
	}
}

// A report of a day that vanished, or that another hand replaced, is published in its place; one with less than was there
// is held all the same, and the day stays missing until a person decides.
func TestAReportOfAVanishedDay(t *testing.T) {
	for name, tt := range map[string]struct {
		foreign bool
		report  string
		outcome report.PartitionOutcome
		stored  string
		gone    bool
	}{
		"the same rows":                 {false, rows(5), report.PartitionWritten, rows(5), false},
		"other rows":                    {false, rows(4), report.PartitionWritten, rows(4), false},
		"the same rows over a foreign":  {true, rows(5), report.PartitionWritten, rows(5), false},
		"other rows over a foreign one": {true, rows(4), report.PartitionWritten, rows(4), false},
		"no rows":                       {false, "2026-11-02,1\n", report.PartitionHeld, "", true},
		"no rows beside a foreign one":  {true, "2026-11-02,1\n", report.PartitionHeld, "foreign rows", true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.publish(rows(5), asked.Add(-time.Hour))
			day := d.published[window.From]
			day.Vanished = &report.Vanished{At: start, LastSeen: start, Replaced: tt.foreign}
			d.published[window.From] = day
			delete(d.stored, november1)
			if tt.foreign {
				d.stored[november1] = objectstest.Stored{Object: report.Object{Key: november1, ETag: "foreign"}, Content: "foreign rows"}
			}
			d.expect("a.csv")
			out := d.ingest(d.deliver("a.csv", tt.report))
			day = d.published[window.From]
			if got := out.File.Receipt.Partitions[0].Outcome; got != tt.outcome || d.stored[november1].Content != tt.stored || (day.Vanished != nil) != tt.gone {
				t.Errorf("outcome %s; stored %q; vanished %v", got, d.stored[november1].Content, day.Vanished)
			}
			if !tt.gone && day.ETag != objectstest.ETag(tt.stored) {
				t.Errorf("recorded as %+v", day)
			}
		})
	}
}
