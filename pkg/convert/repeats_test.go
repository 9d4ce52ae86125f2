package convert_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const statesHeader = "dataset_date,company,agent_name,extra\n"

// states are rows of which each of three thirds is there once, twice or three times.
func states(n int) (lines []string, rows int64) {
	for i := range n {
		for range 1 + i%3 {
			lines = append(lines, "2026-02-20,Harbour,"+fmt.Sprintf(`Agent %d,"{""state"":""s %d"",""note"":""`, i%7, i)+strings.Repeat("n", i%90)+"\"\"}\"\n")
		}
	}
	return lines, int64(len(lines))
}

// Where rows repeat, each is kept as often as it comes: in memory, stored by number, in runs of text, and in the parts of a merge.
// The order in which they come changes no byte.
func TestEqualRowsAreKept(t *testing.T) {
	t.Parallel()
	const table = "khoros_raw_agent_states"
	lines, n := states(3000)
	want := converted(t, convert.NewConverter(), table, file(statesHeader, lines))
	equal(t, "rows", want.Rows, n)
	counts := map[string]int{}
	for _, r := range rows(t, want.Days...) {
		counts[r["extra"].(map[string]string)["state"]]++
	}
	for i := range 3000 {
		if got := counts[fmt.Sprintf("s %d", i)]; got != 1+i%3 {
			t.Fatalf("row %d is there %d times", i, got)
		}
	}
	shuffled := slices.Clone(lines)
	rand.New(rand.NewPCG(3, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, budget := range []int64{40 << 20, 600 << 10, 200 << 10, 1} {
		out := converted(t, convert.NewConverter(convert.Budget(budget)), table, file(statesHeader, shuffled))
		if out.Rows != n || out.Duplicates != 0 || !slices.Equal(body(t, out.Days[0]), body(t, want.Days[0])) {
			t.Errorf("with %d bytes: %d rows, %d duplicates, or other bytes", budget, out.Rows, out.Duplicates)
		}
		var parts []*io.SectionReader
		for _, part := range [][]string{shuffled[:1], shuffled[1:2000], shuffled[2000:]} {
			parts = append(parts, converted(t, convert.NewConverter(), table, file(statesHeader, part)).Days[0].Body)
		}
		merged, err := convert.NewConverter(convert.Budget(budget)).Merge(t.Context(), contract(table), report.NewDate(2026, 2, 20), parts)
		if err != nil || merged.Rows != n || merged.Duplicates != 0 || !slices.Equal(body(t, merged), body(t, want.Days[0])) {
			t.Errorf("merged within %d bytes: %d rows, %d duplicates, or other bytes; %v", budget, merged.Rows, merged.Duplicates, err)
		}
	}
}

// Columns that an open table does not know come as columns or as an object, and nobody is told of them.
func TestOpenTables(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		csv  string
		want map[string]string
		says string
	}{
		"an object":            {statesHeader + `2026-02-20,H,,"{""b"":""2"",""a"":""=1+1\r\n🎉"",""c"":""""}"`, map[string]string{"a": "=1+1\r\n🎉", "b": "2"}, ""},
		"columns":              {"dataset_date,company,agent_name,b\n2026-02-20,H,,2", map[string]string{"b": "2"}, ""},
		"both":                 {"b,dataset_date,company,agent_name,extra\n1,2026-02-20,H,,\"{\"\"b\"\":\"\"2\"\",\"\"a\"\":\"\"3\"\"}\"", map[string]string{"a": "3", "b": "1"}, ""},
		"neither":              {statesHeader + "2026-02-20,H,,", map[string]string{}, ""},
		"a long text":          {statesHeader + `2026-02-20,H,,"{""a"":""` + strings.Repeat("x", 100<<10) + `""}"`, map[string]string{"a": strings.Repeat("x", 100<<10)}, ""},
		"the row before it":    {statesHeader + "2026-02-20,A,,\"{\"\"a\"\":\"\"1\"\"}\"\n2026-02-20,H,,", map[string]string{}, ""},
		"no company":           {statesHeader + "2026-02-20,,,", nil, "line 2, column company: empty"},
		"no JSON":              {statesHeader + "2026-02-20,H,,Room 101", nil, "line 2, column extra: not a JSON object"},
		"a list":               {statesHeader + `2026-02-20,H,,"[""Room 101""]"`, nil, "line 2, column extra: not a JSON object"},
		"a NUL in a text":      {statesHeader + `2026-02-20,H,,"{""a"":""Room\u0000""}"`, nil, "line 2, column extra: not a JSON object"},
		"a NUL in a name":      {statesHeader + `2026-02-20,H,,"{""Room\u0000"":""a""}"`, nil, "line 2, column extra: not a JSON object"},
		"an object in another": {statesHeader + `2026-02-20,H,,"{""a"":{""Room"":""101""}}"`, nil, "line 2, column extra: not a JSON object"},
		"no UTF-8":             {statesHeader + "2026-02-20,H,,\"{\"\"Room\"\":\"\"\xff\"\"}\"", nil, "line 2, column extra: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(tt.csv+"\n"), contract("khoros_raw_agent_states"))
			if tt.want == nil {
				if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "Room") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			all := rows(t, out.Days...)
			equal(t, "extra", all[len(all)-1]["extra"], any(tt.want))
			equal(t, "unknown", len(out.Unknown), 0)
			if err := out.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
