package ingester_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const (
	partA = "2026-11-01,1\n2026-11-02,2\n"
	partB = "2026-11-01,4\n"
	partC = "2026-11-01,8\n2026-11-03,16\n"
)

// parts plays three files of one table in the given order of arrival.
func parts(t *testing.T, order ...string) *fixture {
	t.Helper()
	content := map[string]string{"a.csv": partA, "b.csv": partB, "c.csv": partC}
	d := newFixture(t)
	d.expect("a.csv", "b.csv", "c.csv")
	for _, name := range order {
		d.ingest(d.deliver(name, content[name]))
	}
	return d
}

// TestSeveralFilesMakeOneSlice, merged by the last in the order in which the vendor named them, whatever the order of arrival.
func TestSeveralFilesMakeOneSlice(t *testing.T) {
	for _, order := range [][]string{
		{"a.csv", "b.csv", "c.csv"}, {"a.csv", "c.csv", "b.csv"}, {"b.csv", "a.csv", "c.csv"},
		{"b.csv", "c.csv", "a.csv"}, {"c.csv", "a.csv", "b.csv"}, {"c.csv", "b.csv", "a.csv"},
	} {
		t.Run(strings.Join(order, " "), func(t *testing.T) {
			d := parts(t, order...)
			for key, want := range map[string]string{
				november1: "2026-11-01,1\n2026-11-01,4\n2026-11-01,8\n",
				"asp_device/dataset_date=2026-11-02/seaside.parquet": "2026-11-02,2\n",
				november3: "2026-11-03,16\n",
			} {
				if got := d.stored[key].Content; got != want {
					t.Errorf("%s holds %q, want %q", key, got, want)
				}
			}
			if day := d.published[window.From]; day.Rows != 3 || day.Sums["minutes"] != "13" || day.File != order[2] {
				t.Errorf("1 November: %d rows, %v, by %s", day.Rows, day.Sums, day.File)
			}
			if d.job.Status != report.JobLoaded {
				t.Errorf("job %s", d.job.Status)
			}
		})
	}
}

// The files of the job's other tables are not waited for.
func TestATableIsMergedWithoutTheOthers(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv", "b.csv")
	d.job.Files = append(d.job.Files, report.JobFile{Key: "skills.csv", Table: "asp_property_skill", Status: report.FileExpected})
	d.ingest(d.deliver("a.csv", partA))
	d.ingest(d.deliver("b.csv", partB))
	if got, want := d.stored[november1].Content, "2026-11-01,1\n2026-11-01,4\n"; got != want {
		t.Errorf("November 1 holds %q, want %q", got, want)
	}
}

// TestAFileThatIsNotTheLastIsStaged: nothing is published, and its receipt proves its shares.
func TestAFileThatIsNotTheLastIsStaged(t *testing.T) {
	d := parts(t, "b.csv", "a.csv")
	if len(d.published) != 0 || d.stored[november1].Content != "" {
		t.Errorf("published %v", d.published)
	}
	key := "_staging/seaside-1/asp_device/2026-11-01/a.csv.parquet"
	r := d.files["a.csv"].Receipt
	if r.Rows != 2 || r.Sums["minutes"] != "3" || len(r.Partitions) != 2 {
		t.Fatalf("receipt %+v", r)
	}
	want := report.PartitionProof{Date: window.From, Outcome: report.PartitionStaged, Rows: 1, Key: key, ETag: objectstest.ETag("2026-11-01,1\n")}
	if r.Partitions[0] != want || d.stored[key].Content != "2026-11-01,1\n" {
		t.Errorf("proof %+v, staged %q", r.Partitions[0], d.stored[key].Content)
	}
	if d.files["a.csv"].Status != report.FileLoaded || d.job.Status != report.JobAwaitingFiles {
		t.Errorf("file %s, job %s", d.files["a.csv"].Status, d.job.Status)
	}
}

// TestTheLastFilesReceipt proves its own shares and the days that it merged.
func TestTheLastFilesReceipt(t *testing.T) {
	d := parts(t, "a.csv", "b.csv", "c.csv")
	var got []string
	for _, p := range d.files["c.csv"].Receipt.Partitions {
		got = append(got, p.Date.String()+" "+string(p.Outcome))
	}
	want := []string{
		"2026-11-01 staged", "2026-11-03 staged",
		"2026-11-01 written", "2026-11-02 written", "2026-11-03 written",
	}
	if !slices.Equal(got, want) {
		t.Errorf("proofs %q, want %q", got, want)
	}
}

// TestTwoFilesThatFinishAtOnce: both believe not to be the last. The ledger refuses the second, which looks again and merges.
func TestTwoFilesThatFinishAtOnce(t *testing.T) {
	d := newFixture(t)
	d.expect("a.csv", "b.csv")
	first, second := d.deliver("a.csv", partA), d.deliver("b.csv", partB)
	commits := 0
	commit := d.days.commit
	d.days.commit = func(ctx context.Context, l report.Load, now time.Time) (report.File, error) {
		if commits++; commits == 1 {
			// To its end, while the first is about to commit.
			if _, err := d.Ingest(ctx, second); err != nil {
				t.Error(err)
			}
		}
		return commit(ctx, l, now)
	}
	d.ingest(first)
	// The first try of a, b's commit, and a's second.
	if commits != 3 {
		t.Errorf("%d commits, want 3", commits)
	}
	if got := d.stored[november1].Content; got != "2026-11-01,1\n2026-11-01,4\n" {
		t.Errorf("1 November holds %q", got)
	}
	if d.job.Status != report.JobLoaded {
		t.Errorf("job %s", d.job.Status)
	}
}

// TestWhatMayKeepALastFileFromMerging leaves its claim given back, and nothing published.
func TestWhatMayKeepALastFileFromMerging(t *testing.T) {
	down := fault.New(fault.Transient, "down")
	cases := map[string]struct {
		change func(*fixture)
		kind   fault.Kind
	}{
		"the job cannot be read": {func(d *fixture) {
			d.siblings.job = func(context.Context, string) (report.Job, error) { return report.Job{}, down }
		}, fault.Transient},
		"a sibling cannot be read": {func(d *fixture) {
			d.siblings.file = func(context.Context, string) (report.File, error) { return report.File{}, down }
		}, fault.Transient},
		"a share cannot be staged": {func(d *fixture) {
			d.dataset.put = func(context.Context, report.Write) (report.Object, error) {
				return report.Object{}, down
			}
		}, fault.Transient},
		"a sibling's share cannot be opened": {func(d *fixture) {
			d.dataset.open = func(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
				return nil, report.Object{}, down
			}
		}, fault.Transient},
		"a sibling's share breaks off": {func(d *fixture) {
			d.dataset.open = func(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
				return io.NopCloser(failing{errors.New("reset")}), report.Object{}, nil
			}
		}, fault.Transient},
		"a sibling is being loaded anew, and stays so": {func(d *fixture) {
			f := d.files["a.csv"]
			f.Receipt = nil
			d.files["a.csv"] = f
		}, fault.Transient},
		"the shares cannot be merged": {func(d *fixture) {
			d.converter.merge = func(context.Context, report.Contract, report.Date, []*io.SectionReader) (report.EncodedDay, error) {
				return report.EncodedDay{}, errors.New("disk full")
			}
		}, fault.Internal},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := parts(t, "a.csv", "b.csv")
			c.change(d)
			_, err := d.Ingest(t.Context(), d.deliver("c.csv", partC))
			if !fault.Is(err, c.kind) {
				t.Errorf("error %v of kind %s, want %s", err, fault.KindOf(err), c.kind)
			}
			if f := d.files["c.csv"]; f.Status != report.FileExpected || len(d.published) != 0 {
				t.Errorf("file %s, published %v", f.Status, d.published)
			}
		})
	}
}

// Nobody can stage again what a sibling had staged, as its file is deleted by then. The last file ends with that reason,
// and is not given back for ever.
func TestASiblingsShareThatIsGone(t *testing.T) {
	d := parts(t, "a.csv", "b.csv")
	delete(d.stored, "_staging/seaside-1/asp_device/2026-11-01/a.csv.parquet")
	out := d.ingest(d.deliver("c.csv", partC))
	if f := d.files["c.csv"]; !out.Quarantined || f.Status != report.FileQuarantined || !strings.Contains(f.Reason, "a.csv has staged for 2026-11-01 is gone") {
		t.Errorf("file %s: %s", f.Status, f.Reason)
	}
	if len(d.published) != 0 {
		t.Errorf("published %v", d.published)
	}
}

// TestAFileThatIsLoadedAgain is merged with what the others staged, and not with what the last of them had merged already.
func TestAFileThatIsLoadedAgain(t *testing.T) {
	d := parts(t, "a.csv", "b.csv", "c.csv")
	f := d.files["a.csv"]
	if err := f.Reopen(start, "a partition was not there"); err != nil {
		t.Fatal(err)
	}
	d.files["a.csv"] = f
	delete(d.stored, november1)
	d.now = start.Add(time.Minute)
	d.ingest(d.deliver("a.csv", "2026-11-01,32\n"))
	if got, want := d.stored[november1].Content, "2026-11-01,32\n2026-11-01,4\n2026-11-01,8\n"; got != want {
		t.Errorf("1 November holds %q, want %q", got, want)
	}
}

// TestRowsThatSeveralFilesShare are counted in the receipt of the last file; where they contradict each other, it is
// quarantined, and the reason names the files.
func TestRowsThatSeveralFilesShare(t *testing.T) {
	d := parts(t, "a.csv", "b.csv")
	d.converter.merge = func(ctx context.Context, c report.Contract, date report.Date, shares []*io.SectionReader) (report.EncodedDay, error) {
		day, err := d.merge(ctx, c, date, shares)
		day.Duplicates = 2
		return day, err
	}
	d.ingest(d.deliver("c.csv", partC))
	// Two in each of the three days.
	if got := d.files["c.csv"].Receipt.Duplicates; got != 6 {
		t.Errorf("%d duplicates in the receipt, want 6", got)
	}

	d = parts(t, "a.csv", "b.csv")
	d.converter.merge = func(context.Context, report.Contract, report.Date, []*io.SectionReader) (report.EncodedDay, error) {
		return report.EncodedDay{}, fault.New(fault.Poison, "part 3 has a row of part 1")
	}
	d.ingest(d.deliver("c.csv", partC))
	want := "merge 2026-11-01 of asp_device, whose parts are a.csv, b.csv, c.csv: part 3 has a row of part 1"
	if f := d.files["c.csv"]; f.Status != report.FileQuarantined || f.Reason != want {
		t.Errorf("%s: %q, want %q", f.Status, f.Reason, want)
	}
}
