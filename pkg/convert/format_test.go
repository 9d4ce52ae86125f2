package convert_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// format1 is a dataset that the first release wrote, from the files in csv.
var format1 = filepath.Join("..", "..", "testdata", "format1")

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{format1}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func section(content string) *io.SectionReader {
	return io.NewSectionReader(strings.NewReader(content), 0, int64(len(content)))
}

// What the first release published, held or staged is still read, and becomes the bytes that loading it today gives.
func TestASliceOfTheFirstFormatBecomesOneOfToday(t *testing.T) {
	t.Parallel()
	demo := func(name string) report.Contract {
		return report.Contract{Subscription: "demo", Table: name, Window: anyDay}
	}
	fresh := func(name, csv string) report.Conversion {
		c, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(csv), demo(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	compare := func(name string, want report.EncodedDay, parts ...*io.SectionReader) {
		t.Helper()
		got, err := convert.NewConverter().Merge(t.Context(), demo(name), want.Date, parts)
		if err != nil {
			t.Fatalf("%s of %s: %v", want.Date, name, err)
		}
		if got.Rows != want.Rows || !slices.Equal(body(t, got), body(t, want)) {
			t.Errorf("%s of %s is not what loading it today gives", want.Date, name)
		}
		equal(t, "sums", got.Sums, want.Sums)
	}
	for _, d := range dataset.Definitions() {
		if !d.HasUnits() {
			continue // There was none.
		}
		for _, day := range fresh(d.Name, readFile(t, "csv", strings.TrimPrefix(d.Name, "asp_")+".csv")).Days {
			compare(d.Name, day, section(readFile(t, "bellhop-dataset", report.PartitionKey("demo", d.Name, day.Date))))
		}
	}
	held := fresh("asp_device", readFile(t, "csv", "device_shrunk.csv")).Days[0]
	compare("asp_device", held, section(readFile(t, "bellhop-dataset", "_held/asp_device/dataset_date="+held.Date.String()+"/demo.parquet")))

	// One of two files was staged before, the other one is of today.
	const domain = "asp_domain_engagement"
	first, second := readFile(t, "csv", "domain_part_1.csv"), readFile(t, "csv", "domain_part_2.csv")
	_, rows, _ := strings.Cut(second, "\n")
	whole, today := fresh(domain, first+rows).Days[0], fresh(domain, second).Days[0]
	compare(domain, whole, section(readFile(t, "bellhop-dataset", report.StagedKey("demo-000007", domain, whole.Date, "domain_part_1.csv"))), today.Body)
}

// A file that is newer than this code is refused, with what to do about it.
func TestAFormatThatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	day := converted(t, convert.NewConverter(), "asp_device", golden(t, "device.csv")).Days[0]
	newer := strings.Replace(string(body(t, day)), "bellhop.format\x18\x012", "bellhop.format\x18\x013", 1)
	_, err := convert.NewConverter().Merge(t.Context(), contract("asp_device"), day.Date, []*io.SectionReader{section(newer)})
	if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), `format "3"`) || !strings.Contains(err.Error(), "use a newer one") {
		t.Errorf("got %v", err)
	}
}
