package page

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func written(t *testing.T, d Document) string {
	t.Helper()
	var b strings.Builder
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tile(t Tile) Document {
	return Document{Title: "Title", Sections: []Section{{ID: "one", Title: "One", Tiles: []Tile{t}}}}
}

// The library is the vendor's file, untouched: these are the sums of dist/ and LICENSE in the tarball uplot-1.6.32.tgz of the
// npm registry, whose own sum is 4b8a8191e425658e3ea8c8c1314b0fc679c861ee3a1af2b20c7b16ba50b5133d.
func TestTheChartLibraryIsAsItsAuthorPublishedIt(t *testing.T) {
	for name, want := range map[string]string{
		"uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"uPlot.min.css":     "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
		"uPlot.LICENSE":     "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
	} {
		sum := sha256.Sum256([]byte(asset(name)))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: sha256 %s, want %s", name, got, want)
		}
	}
	if page := written(t, Document{}); !strings.Contains(page, "Copyright (c) 2022 Leon Sorokin") {
		t.Error("the page has the library without its licence")
	}
}

// evil is what somebody may call a room.
const evil = `</script><script>alert(1)</script><b onmouseover="x">&amp;'"` + "\u2028`${x}"

func TestTextIsEscapedWhereverItStands(t *testing.T) {
	d := tile(Tile{
		ID: "t", Title: evil, Answer: evil, Caveat: evil, SQL: evil, Command: evil,
		Figures: []Figure{{Label: evil, Value: evil, Note: evil}},
		Chart:   &Chart{Label: evil, Days: []report.Date{0}, Series: []Series{{evil, []any{query.Number("1")}}}},
		Table:   &Table{Caption: evil, Columns: []Column{{evil, Text}, {evil, Bar}}, Rows: [][]any{{evil, Hidden{evil}}, {evil, Missing{evil}}}},
	})
	d.Title, d.Above, d.Lead, d.Facts, d.Foot = evil, evil, evil, []Fact{{evil, evil}}, []string{evil}
	page := written(t, d)
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("the page has %d scripts, want the data and its own", n)
	}
	for _, bad := range []string{"<b ", "alert(1)</script>", `onmouseover="x"`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	var drawn drawing
	if err := json.Unmarshal([]byte(between(t, page, `<script type="application/json">`, "</script>")), &drawn); err != nil || drawn.Series[0].Name != evil {
		t.Errorf("the script reads %+v, %v", drawn, err)
	}
}

func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, before)
	found, _, ok2 := strings.Cut(rest, after)
	if !ok || !ok2 {
		t.Fatalf("nothing stands between %q and %q", before, after)
	}
	return found
}

// What the policy allows is what the browser finds: it hashes what stands between the tags.
func TestThePolicyNamesWhatIsInThePage(t *testing.T) {
	page := written(t, tile(Tile{ID: "t", Title: "T"}))
	policy := strings.ReplaceAll(between(t, page, `Content-Security-Policy" content="`, `"`), "&#39;", "'")
	policy = strings.ReplaceAll(policy, "&#43;", "+")
	for _, element := range []string{"style", "script"} {
		sum := sha256.Sum256([]byte(between(t, page, "<"+element+">", "</"+element+">")))
		want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if !strings.Contains(policy, want) {
			t.Errorf("the policy is %q, want %q in it", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	if elsewhere := regexp.MustCompile(`(src|href)="?(https?:)?//`).FindString(page); elsewhere != "" {
		t.Errorf("the page loads from elsewhere: %s", elsewhere)
	}
	if style := regexp.MustCompile(`<[^>]* style=`).FindString(page); style != "" {
		t.Errorf("%s: the policy refuses styles in elements", style)
	}
}

func TestZeroMissingHiddenAndUnknownLookDifferent(t *testing.T) {
	tests := map[string]struct {
		kind  Kind
		value any
		text  string
		class string
	}{
		"zero":                      {Heat, query.Number("0"), "0", "number heat0"},
		"largest":                   {Heat, query.Number("100"), "100", "number heat5"},
		"a little":                  {Heat, query.Number("1"), "1", "number heat1"},
		"not there":                 {Heat, Missing{"the vendor no longer has it"}, "missing", "absent missing"},
		"an identifier not there":   {Code, Missing{"nobody says it"}, "missing", "absent missing"},
		"a time not there":          {Line, nil, "–", "absent"},
		"too few to show":           {Plenty, Hidden{"under 5"}, "under 5", "absent hidden"},
		"nothing said":              {Plenty, nil, "–", "absent"},
		"grouped":                   {Plenty, query.Number("1234567.500000"), "1\u202f234\u202f567.500000", "number"},
		"below zero":                {Plenty, query.Number("-1234"), "−1\u202f234", "number"},
		"text that is like a digit": {Text, "007", "007", ""},
		"a day":                     {Text, report.NewDate(2026, 10, 5), "2026-10-05", "date"},
		"an identifier":             {Code, "amzn1.x", "amzn1.x", "code"},
		"a sentence":                {Prose, "it has fewer rows", "it has fewer rows", "prose"},
		"a time":                    {Line, "2026-10-05 06:00Z", "2026-10-05 06:00Z", "line"},
		"bad news":                  {Text, Word{"MISSING", Bad}, "MISSING", "bad"},
		"a way to elsewhere":        {Text, Link{Name: "job-1", Address: "/jobs?id=job-1"}, "job-1", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			table := Table{Columns: []Column{{"", Text}, {"", test.kind}}, Rows: [][]any{{"a", test.value}, {"b", query.Number("100")}}}
			got := cells(&table)[0][1]
			if got.Text != test.text || got.Class != test.class {
				t.Errorf("got %q, %q, want %q, %q", got.Text, got.Class, test.text, test.class)
			}
		})
	}
}

func TestABarIsAsLongAsItsShareOfTheLargest(t *testing.T) {
	table := Table{Columns: []Column{{"", Text}, {"", Bar}}, Rows: [][]any{
		{"a", query.Number("200")}, {"b", query.Number("50")}, {"c", query.Number("0")}, {"d", nil}, {"e", query.Number("0.1")}, {"f", query.Number("-400")},
	}}
	for i, want := range []int{50, 13, 0, -1, 1, 100} {
		if got := cells(&table)[i][1].Bar; got != want {
			t.Errorf("row %d: %d, want %d", i, got, want)
		}
	}
}

func TestAChartKeepsZeroApartFromNothing(t *testing.T) {
	chart := Chart{
		Days:   []report.Date{20000, 20001, 20002, 20003},
		Series: []Series{{"dialogs", []any{query.Number("0"), Missing{}, nil, query.Number("12345678901234567890.5")}}},
	}
	encoded, err := json.Marshal(draw(&chart))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"lines":false,"days":[1728000000,1728086400,1728172800,1728259200],"series":[{"name":"dialogs","values":[0,null,null,12345678901234567000]}]}`
	if string(encoded) != want {
		t.Errorf("got %s, want %s", encoded, want)
	}
}

func TestATileSaysUntilWhenThereAreData(t *testing.T) {
	tests := map[string]struct {
		data  Data
		want  string
		short bool
	}{
		"all":     {Data{report.NewDate(2026, 10, 31), 31, 31}, "Data until 31 October 2026 · 31 of 31 days", false},
		"a gap":   {Data{report.NewDate(2026, 10, 30), 29, 31}, "Data until 30 October 2026 · 29 of 31 days", true},
		"nothing": {Data{0, 0, 1}, "No data · 0 of 1 day", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			page := written(t, tile(Tile{ID: "t", Title: "T", Data: &test.data}))
			if !strings.Contains(page, ">"+test.want+"<") || strings.Contains(page, `class="data short"`) != test.short {
				t.Errorf("the page has %q, want %q", between(t, page, `<p class="data`, "</p>"), test.want)
			}
		})
	}
}

// Every element that is opened is closed, and each id is there once: a reader of the page may jump to it.
func TestThePageIsWellFormed(t *testing.T) {
	table := &Table{Caption: "Rooms", Columns: []Column{{"Room", Text}, {"Dialogs", Heat}}, Rows: [][]any{{"a", query.Number("1")}}, Folded: true}
	d := Document{Title: "T", Above: "A", Lead: "L", Facts: []Fact{{"a", "b"}}, Foot: []string{"f"}, Sections: []Section{
		{ID: "one", Title: "One", Lead: "l", Tiles: []Tile{{ID: "a", Title: "A", Table: table, SQL: "s", Command: "c", Data: &Data{}}}},
		{ID: "two", Title: "Two", Tiles: []Tile{{ID: "b", Title: "B", Half: true, Table: &Table{Empty: "nothing"}}}},
	}}
	ids, open := map[string]bool{}, []string{}
	for z := html.NewTokenizer(strings.NewReader(written(t, d))); ; {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			if len(open) != 0 {
				t.Errorf("left open: %v", open)
			}
			for _, want := range []string{"one", "a", "two", "b", "main"} {
				if !ids[want] {
					t.Errorf("nothing has the id %s", want)
				}
			}
			return
		case html.StartTagToken:
			for _, a := range token.Attr {
				if a.Key == "id" && ids[a.Val] {
					t.Errorf("the id %s is there twice", a.Val)
				}
				ids[a.Val] = ids[a.Val] || a.Key == "id"
			}
			if token.Data != "meta" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if last := open[len(open)-1]; last != token.Data {
				t.Fatalf("</%s> closes <%s>", token.Data, last)
			}
			open = open[:len(open)-1]
		default:
		}
	}
}

// 10 is a fifth of the 50 that stand in another column.
func TestAMapHasOneScale(t *testing.T) {
	table := Table{OneScale: true, Columns: []Column{{"", Text}, {"", Heat}, {"", Heat}}, Rows: [][]any{{"a", query.Number("10"), query.Number("50")}, {"b", query.Number("0"), nil}}}
	got := cells(&table)
	for i, want := range [][]string{{"number heat2", "number heat5"}, {"number heat0", "absent"}} {
		if got[i][1].Class != want[0] || got[i][2].Class != want[1] {
			t.Errorf("row %d: %q and %q, want %q", i, got[i][1].Class, got[i][2].Class, want)
		}
	}
}

func TestACalendarHasASignForEachDay(t *testing.T) {
	page := written(t, tile(Tile{ID: "t", Title: "T", Calendar: &Calendar{
		Caption: "Days", Days: report.Window{From: report.NewDate(2026, 10, 30), To: report.NewDate(2026, 11, 1)},
		Rows: []CalendarRow{{"asp_device", []Mark{{"■", Good, "30 October: complete"}, {"✖", Bad, "31 October: missing"}, {}}}},
		Key:  []Mark{{"■", Good, "complete"}},
	}}))
	for _, want := range []string{
		`<th scope="colgroup" colspan="2">Oct 2026</th><th scope="colgroup" colspan="1">Nov 2026</th>`,
		`<th scope="row">asp_device</th><td class="good" title="30 October: complete">■</td><td class="bad" title="31 October: missing">✖</td><td class=" first"></td>`,
		`<b class="good">■</b> complete`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}
