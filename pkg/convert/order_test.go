package convert_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const communicationHeader = "dataset_date,unitId_level_0,unitId_level_1,unitName_level_1,unitId_level_2,direction,sub_experience,call_provider,mood," +
	"calling_action_count,calling_duration_minutes,dropIn_action_count,dropIn_duration_minutes\n"

// drawKey draws what tells a row from the others of its file.
func drawKey(t *rapid.T) string {
	draw := func(name string, texts ...string) string { return rapid.SampledFrom(texts).Draw(t, name) }
	return fmt.Sprintf("2026-11-0%s,%s,%s,%s,%s,%s,%s,%s",
		draw("day", "1", "2"), draw("org", "", "o", "org"), draw("property", "a", "aa", "b", "ü"), "Inn", draw("group", "", "a", "b"),
		draw("direction", "", "In", "Inbound"), draw("experience", "", "x"), draw("provider", "", "A2A")+","+draw("mood", "", "calm", "calm down"))
}

// The same rows are the same bytes: whatever their order, however often each comes, in as many files as the vendor likes, and
// however little memory there is.
func TestSameRowsInAnyOrderAreTheSameBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.Custom(drawKey), 1, 40, rapid.ID).Draw(t, "keys")
		var lines []string
		for i, k := range keys {
			lines = append(lines, fmt.Sprintf("%s,%d,%d.5,,1\n", k, i, i))
		}
		again := rapid.SliceOfN(rapid.SampledFrom(lines), 0, 20).Draw(t, "again")
		shuffled := rapid.Permutation(slices.Concat(lines, again)).Draw(t, "order")
		budget := rapid.SampledFrom([]int64{1, 1, 300 << 10, 40 << 20}).Draw(t, "budget")

		want := convertOnce(t, convert.NewConverter(), communicationHeader+strings.Join(lines, ""))
		got := convertOnce(t, convert.NewConverter(convert.Budget(budget)), communicationHeader+strings.Join(shuffled, ""))
		if got.Rows != int64(len(lines)) || got.Duplicates != int64(len(again)) || want.Duplicates != 0 {
			t.Fatalf("%d rows and %d duplicates, want %d and %d", got.Rows, got.Duplicates, len(lines), len(again))
		}
		for i, d := range got.Days {
			if w := want.Days[i]; d.SHA256 != w.SHA256 || d.Rows != w.Rows {
				t.Fatalf("%s: other bytes, or %d rows and not %d", d.Date, d.Rows, w.Rows)
			}
		}

		// The same rows in two files, some of them in both.
		cut := rapid.IntRange(0, len(shuffled)).Draw(t, "cut")
		parts := map[report.Date][]*io.SectionReader{}
		for _, share := range [][]string{shuffled[:cut], shuffled[cut:]} {
			for _, d := range convertOnce(t, convert.NewConverter(), communicationHeader+strings.Join(share, "")).Days {
				parts[d.Date] = append(parts[d.Date], d.Body)
			}
		}
		for _, w := range want.Days {
			d, err := convert.NewConverter(convert.Budget(budget)).Merge(t.Context(), contract("asp_communication"), w.Date, parts[w.Date])
			if err != nil || d.SHA256 != w.SHA256 || d.Rows != w.Rows {
				t.Fatalf("%s merged: other bytes, or %d rows and not %d: %v", w.Date, d.Rows, w.Rows, err)
			}
		}
	})
}

func convertOnce(t *rapid.T, c *convert.Converter, csv string) report.Conversion {
	out, err := c.Convert(t.Context(), strings.NewReader(csv), contract("asp_communication"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	return out
}

// Parents come before their children, and the shorter text before the longer one.
func TestTheOrderOfRows(t *testing.T) {
	t.Parallel()
	const numbers = ",1,1,1\n"
	header := "dataset_date,unitId_level_0,unitId_level_1,unitId_level_2,device_count,active_device_count,dialog_count\n"
	rowsIn := []string{"o,b,x", "o,a b,", "p,,", "o,a,z", "o,a,", "o,,a", "o,,", "o,a,é", ",o,", ",,o", "o,b,"}
	csv := header
	for _, r := range rowsIn {
		csv += "1/1/2026," + r + numbers
	}
	for name, budget := range map[string]int64{"in memory": 40 << 20, "in runs with text": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, r := range rows(t, converted(t, convert.NewConverter(convert.Budget(budget)), "asp_device", csv).Days...) {
				got = append(got, fmt.Sprintf("%v at %d", r["unit_ids"], r["depth"]))
			}
			equal(t, "order", got, []string{
				"[o] at 0", "[o] at 1", "[o] at 2", "[o a] at 1", "[o a] at 2", "[o a z] at 2", "[o a é] at 2", "[o a b] at 1", "[o b] at 1", "[o b x] at 2", "[p] at 0",
			})
		})
	}
}

// Many rows of one date, and few that come very often: sorted in memory, as stored numbers and as runs with their text, with
// pages that end at the same rows.
func TestManyRowsOfOneDate(t *testing.T) {
	t.Parallel()
	// Little text, so that it is the rows that do not fit.
	header, lines := communicationHeader, []string(nil)
	for n := range 12_000 {
		lines = append(lines, fmt.Sprintf("2/20/2026,org,p%d,,r%d,%s,kind %d,,,%d,1.5,,%d\n", n%5, n%300, []string{"", "In"}[n/300%2], n/600, n%7, n%2))
	}
	tests := map[string][]string{
		"each once":       lines,
		"few, very often": slices.Repeat(lines[:3000], 5),
	}
	for name, lines := range tests {
		sorted := slices.Compact(slices.Sorted(slices.Values(lines)))
		want := converted(t, convert.NewConverter(), "asp_communication", file(header, sorted)).Days[0]
		shuffled := slices.Clone(lines)
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for kind, budget := range map[string]int64{"in memory": 40 << 20, "as numbers": 2 << 20, "as few numbers": 1 << 20, "as text": 100 << 10, "as little text": 1} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				got := converted(t, convert.NewConverter(convert.Budget(budget)), "asp_communication", file(header, shuffled))
				equal(t, "SHA-256", got.Days[0].SHA256, want.SHA256)
				equal(t, "sums", got.Days[0].Sums, want.Sums)
				equal(t, "rows", got.Rows, want.Rows)
				equal(t, "duplicates", got.Duplicates, int64(len(lines))-want.Rows)
			})
		}
	}
}

func TestARowThatComesTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	once := estate("")
	header, body, _ := strings.Cut(once, "\n")
	want := converted(t, convert.NewConverter(), "asp_device", once)
	for name, budget := range map[string]int64{"in memory": 40 << 20, "in runs": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := converted(t, convert.NewConverter(convert.Budget(budget)), "asp_device", header+"\n"+body+body)
			equal(t, "bodies", bodies(t, got), bodies(t, want))
			equal(t, "rows", got.Rows, int64(4))
			equal(t, "duplicates", got.Duplicates, int64(4))
			equal(t, "duplicates of the day", got.Days[0].Duplicates, int64(4))
			equal(t, "sums", got.Days[0].Sums, want.Days[0].Sums)
		})
	}
}

// Two rows of one date, unit and dimensions with other values: one of them is wrong, and nobody can say which.
func TestRowsThatContradictAreRefused(t *testing.T) {
	t.Parallel()
	row := func(key, mood, numbers string) string {
		return "11/1/2026,o," + key + ",,,A2A," + mood + "," + numbers + "\n"
	}
	filler := func(n int) (b strings.Builder) {
		for i := range n {
			b.WriteString(row(fmt.Sprintf("p%d,n,r", i), "", "1,1,1,1"))
		}
		return b
	}
	many := filler(5000)
	tests := map[string]struct{ csv, want string }{
		"another count":            {row("a,n,r", "", "1,1,1,1") + row("b,n,r", "", "1,1,1,1") + row("a,n,r", "", "1,1,2,1"), "line 4: the same date, unit and dimensions as in line 2, with other values"},
		"other minutes":            {row("a,n,r", "", "1,1,1,1") + row("a,n,r", "", "1,1.000001,1,1"), "line 3: the same"},
		"empty and not":            {row("a,n,r", "", "1,1,,1") + row("a,n,r", "", "1,1,0,1"), "line 3: the same"},
		"another name":             {row("a,n,r", "", "1,1,1,1") + row("a,"+secret+",r", "", "1,1,1,1"), "line 3: the same"},
		"far apart":                {row("a,n,r", "", "1,1,1,1") + many.String() + row("a,n,r", "", "7,1,1,1"), "line 5003: the same date, unit and dimensions as in line 2, with other values"},
		"behind a duplicate":       {row("a,n,r", "", "1,1,1,1") + row("a,n,r", "", "1,1,1,1") + row("a,n,r", "", "7,1,1,1"), "line 4: the same date, unit and dimensions as in line 2, with other values"},
		"another unknown column":   {row("a,n,r", "calm", "1,1,1,1") + row("a,n,r", "", "7,1,1,1"), ""},
		"another unit":             {row("a,n,r", "", "1,1,1,1") + row("a,n,s", "", "7,1,1,1") + row("a,n,", "", "7,1,1,1"), ""},
		"the same, on another day": {row("a,n,r", "", "1,1,1,1") + strings.Replace(row("a,n,r", "", "7,1,1,1"), "11/1", "11/2", 1), ""},
	}
	for name, test := range tests {
		for kind, budget := range map[string]int64{"in memory": 40 << 20, "as numbers": 4 << 20, "in runs": 1} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				out, err := convert.NewConverter(convert.Budget(budget)).Convert(t.Context(), strings.NewReader(communicationHeader+test.csv), contract("asp_communication"))
				switch {
				case test.want == "" && err != nil:
					t.Error(err)
				case test.want != "" && (!fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret)):
					t.Errorf("got %v, want %q", err, test.want)
				}
				if err := out.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestPartsThatContradictAreRefused(t *testing.T) {
	t.Parallel()
	part := func(csv string) *io.SectionReader {
		return converted(t, convert.NewConverter(), "asp_device", deviceHeader+csv).Days[0].Body
	}
	parts := []*io.SectionReader{part("11/1/2026,a,n,1,1,1\n"), part("11/1/2026,b,n,1,1,1\n11/1/2026,a,n,1,1,1\n"), part("11/1/2026,b,n,1,1,2\n")}
	merged, err := convert.NewConverter().Merge(t.Context(), contract("asp_device"), report.NewDate(2026, 11, 1), parts[:2])
	if err != nil || merged.Rows != 2 || merged.Duplicates != 1 {
		t.Errorf("%d rows, %d duplicates: %v", merged.Rows, merged.Duplicates, err)
	}
	for name, budget := range map[string]int64{"in memory": 40 << 20, "in runs": 1} {
		_, err = convert.NewConverter(convert.Budget(budget)).Merge(t.Context(), contract("asp_device"), report.NewDate(2026, 11, 1), parts)
		if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), "part 3 has a row of part 2, with the same key and other values") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
