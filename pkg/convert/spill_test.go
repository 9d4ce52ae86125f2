package convert_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// hotel returns communication rows of days × rooms with every level of units, empty cells and an unknown
// column, sorted by date. The header is not among them.
func hotel(days, rooms int) (header string, lines []string) {
	r := rand.New(rand.NewPCG(7, 7))
	header = "dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,unitId_level_3,unitName_level_3," +
		"direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropIn_action_count,dropIn_duration_minutes,mood\n"
	for d := range days {
		y, m, day := report.NewDate(2026, 2, 20+d).Time().Date()
		date := fmt.Sprintf("%d/%d/%d", m, day, y)
		lines = append(lines, date+",org,Org,,,,,,,,1,1.5,0,0,\n")
		for p := range 3 {
			lines = append(lines, fmt.Sprintf("%s,org,Org,p%d,,,,Inbound,,PSTN,%d,%d.25,,,\n", date, p, p, p))
		}
		for n := range rooms {
			mood := ""
			if n%50 == 0 {
				mood = fmt.Sprintf("mood %d", n%3)
			}
			lines = append(lines, fmt.Sprintf("%s,org,Org,p%d,,r%d,\"Room, %d\",%s,Calling_Voice,A2A,%d,%d.%02d,%d,,%s\n",
				date, n%3, n, n, []string{"Inbound", "Outbound", ""}[r.IntN(3)], r.IntN(9), r.IntN(100), r.IntN(100), n%2, mood))
		}
	}
	return header, lines
}

func file(header string, lines []string) string { return header + strings.Join(lines, "") }

func TestBudgetChangesNoByte(t *testing.T) {
	t.Parallel()
	header, lines := hotel(3, 1500)
	shuffled := slices.Clone(lines)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	sorted := slices.Clone(shuffled)
	slices.SortStableFunc(sorted, func(a, b string) int {
		dateOf := func(line string) string { date, _, _ := strings.Cut(line, ","); return date }
		return strings.Compare(dateOf(a), dateOf(b))
	})
	want := bodies(t, converted(t, convert.NewConverter(), "asp_communication", file(header, sorted)))
	if len(want) != 3 {
		t.Fatalf("%d days", len(want))
	}
	for name, opts := range map[string][]convert.Option{
		"all in memory":        nil,
		"spilled now and then": {convert.Budget(1 << 20)},
		"spilled often":        {convert.Budget(600 << 10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			out := converted(t, convert.NewConverter(append(opts, convert.TempDir(dir))...), "asp_communication", file(header, shuffled))
			equal(t, "rows", out.Rows, int64(len(lines)))
			got := bodies(t, out)
			if len(got) != len(want) {
				t.Fatalf("%d days, want %d", len(got), len(want))
			}
			for date, b := range want {
				if !slices.Equal(got[date], b) {
					t.Errorf("%s: %d bytes differ from the %d of the sorted file in memory", date, len(got[date]), len(b))
				}
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("named temporary files: %v, %v", left, err)
			}
		})
	}
}

func TestOneRowBudget(t *testing.T) {
	t.Parallel()
	header, lines := hotel(4, 6)
	rand.New(rand.NewPCG(2, 1)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	want := bodies(t, converted(t, convert.NewConverter(), "asp_communication", file(header, lines)))
	got := bodies(t, converted(t, convert.NewConverter(convert.Budget(1)), "asp_communication", file(header, lines)))
	equal(t, "bodies", got, want)
}

func TestMergeEqualsOneFile(t *testing.T) {
	t.Parallel()
	header, lines := hotel(1, 3000)
	date := report.NewDate(2026, 2, 20)
	whole := converted(t, convert.NewConverter(), "asp_communication", file(header, lines)).Days[0]
	// In the second part alone, the properties' rows are leaves: their rooms are in the others.
	cuts := [][]string{lines[:2], lines[2:4], lines[4:1500], lines[1500:]}
	var parts []*io.SectionReader
	for _, c := range cuts {
		parts = append(parts, converted(t, convert.NewConverter(), "asp_communication", file(header, c)).Days[0].Body)
	}
	merged, err := convert.NewConverter().Merge(t.Context(), contract("asp_communication"), date, parts)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(body(t, merged), body(t, whole)) {
		t.Error("the merged partition is not that of one file")
	}
	equal(t, "rows", merged.Rows, whole.Rows)
	equal(t, "sums", merged.Sums, whole.Sums)
	equal(t, "figures", merged.Figures, whole.Figures)
	equal(t, "SHA-256", merged.SHA256, whole.SHA256)
}

func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	device := converted(t, convert.NewConverter(), "asp_device", golden(t, "device.csv"))
	tests := map[string]struct {
		table string
		date  report.Date
		part  *io.SectionReader
		want  string
		kind  fault.Kind
	}{
		"another date":  {"asp_device", device.Days[1].Date, device.Days[0].Body, "part 1: holds rows of another date", fault.Poison},
		"another table": {"asp_property_skill", device.Days[0].Date, device.Days[0].Body, "part 1: is not a slice of asp_property_skill", fault.Poison},
		"no Parquet":    {"asp_device", device.Days[0].Date, io.NewSectionReader(strings.NewReader("hello"), 0, 5), "part 1: open", fault.Internal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := convert.NewConverter().Merge(t.Context(), contract(tt.table), tt.date, []*io.SectionReader{tt.part})
			if err == nil || !strings.Contains(err.Error(), tt.want) || fault.KindOf(err) != tt.kind {
				t.Errorf("got %v of kind %v", err, fault.KindOf(err))
			}
		})
	}
}

func TestSameRowsSameBytes(t *testing.T) {
	t.Parallel()
	header, lines := hotel(2, 1500)
	c := convert.NewConverter()
	first := bodies(t, converted(t, c, "asp_communication", file(header, lines)))
	for range 4 {
		t.Run("again, at the same time", func(t *testing.T) {
			t.Parallel()
			for range 2 {
				equal(t, "bodies", bodies(t, converted(t, c, "asp_communication", file(header, lines))), first)
			}
		})
	}
}

// 20,000 units with names of 1,000 bytes make more text than one row group takes. Of 8 MiB, each takes 200 bytes
// for its path, 1,005 for its name and at most 10 for its id: some 6,900 fit, so there are three row groups.
func TestRowGroupsEndAtTheSameRows(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a second")
	}
	var b strings.Builder
	b.WriteString(deviceHeader)
	name := strings.Repeat("n", 1000)
	for n := range 20_000 {
		fmt.Fprintf(&b, "1/1/2026,unit-%d,%05d%s,1,1,1\n", n, n, name)
	}
	inMemory := converted(t, convert.NewConverter(), "asp_device", b.String())
	spilled := converted(t, convert.NewConverter(convert.Budget(4<<20)), "asp_device", b.String())
	if got := groups(t, inMemory.Days[0]); got != 3 {
		t.Errorf("%d row groups, want 3", got)
	}
	equal(t, "SHA-256", spilled.Days[0].SHA256, inMemory.Days[0].SHA256)
}

// The text of a row group is what is in its dictionaries, where each text is once: 10,000 units below one whose id
// has 1,000 bytes take some 2 MiB, not 12.
func TestRowGroupsCountTextOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("dataset_date,unitId_level_1,unitId_level_2,device_count,active_device_count,dialog_count\n")
	above := strings.Repeat("p", 1000)
	for n := range 10_000 {
		fmt.Fprintf(&b, "1/1/2026,%s,unit-%d,1,1,1\n", above, n)
	}
	if got := groups(t, converted(t, convert.NewConverter(), "asp_device", b.String()).Days[0]); got != 1 {
		t.Errorf("%d row groups, want 1", got)
	}
}

// In a file in order of date, a date that was spilled gets no more rows: its part is the partition as it is,
// row_scope included.
func TestSpilledInOrderOfDate(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("dataset_date,unitId_level_1,unitId_level_2,device_count,active_device_count,dialog_count\n")
	for n := range 12_000 {
		room := ""
		if n%3000 > 0 {
			room = fmt.Sprintf("room-%d", n%3000)
		}
		fmt.Fprintf(&b, "2026-02-0%d,hotel,%s,1,0,%d\n", 1+n/3000, room, n%7)
	}
	want := converted(t, convert.NewConverter(), "asp_device", b.String())
	got := converted(t, convert.NewConverter(convert.Budget(200<<10)), "asp_device", b.String())
	equal(t, "bodies", bodies(t, got), bodies(t, want))
	for i := range got.Days {
		equal(t, "rows", got.Days[i].Rows, want.Days[i].Rows)
		equal(t, "sums", got.Days[i].Sums, want.Days[i].Sums)
		equal(t, "figures", got.Days[i].Figures, want.Days[i].Figures)
		equal(t, "SHA-256", got.Days[i].SHA256, want.Days[i].SHA256)
	}
}
