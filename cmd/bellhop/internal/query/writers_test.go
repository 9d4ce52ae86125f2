package query_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

type closing interface {
	query.Result
	Close() error
}

func written(t *testing.T, to func(*bytes.Buffer) closing, columns []string, rows ...[]any) string {
	t.Helper()
	var b bytes.Buffer
	w := to(&b)
	described := make([]query.Column, len(columns))
	for i, name := range columns {
		described[i].Name = name
	}
	if err := w.Columns(described); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func asJSON(b *bytes.Buffer) closing  { return &query.JSON{To: b} }
func asLines(b *bytes.Buffer) closing { return &query.JSON{To: b, Lines: true} }
func asCSV(b *bytes.Buffer) closing   { return query.NewCSV(b, false) }
func asRaw(b *bytes.Buffer) closing   { return query.NewCSV(b, true) }

// everything is a row with a value of each kind. As a float, the first number would end in 808 and the second lose its
// zeros.
var everything = []any{
	query.Number("9223372036854775807"), query.Number("1.500000"), nil, "", "<a & \"b\">", true,
	[]any{"x", nil}, query.Object{{Name: "k", Value: "v"}},
}

var named = []string{"big", "exact", "null", "empty", "text", "flag", "list", "map"}

const object = `{"big":9223372036854775807,"exact":1.500000,"null":null,"empty":"","text":"<a & \"b\">","flag":true,` +
	`"list":["x",null],"map":{"k":"v"}}`

func TestJSONKeepsEveryDigit(t *testing.T) {
	if diff := cmp.Diff("[\n  "+object+",\n  "+object+"\n]\n", written(t, asJSON, named, everything, everything)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(object+"\n", written(t, asLines, named, everything)); diff != "" {
		t.Error(diff)
	}
	if got := written(t, asJSON, named); got != "[]\n" {
		t.Errorf("no rows are %q", got)
	}
}

func TestAnUnfinishedArrayIsNoJSON(t *testing.T) {
	var b bytes.Buffer
	w := &query.JSON{To: &b}
	if err := w.Columns([]query.Column{{Name: "a"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Row([]any{"x"}); err != nil {
		t.Fatal(err)
	}
	if json.Valid(b.Bytes()) {
		t.Errorf("%s passes for the whole result", b.String())
	}
}

func TestCSVIsReadBackAsItWas(t *testing.T) {
	got, err := csv.NewReader(strings.NewReader(written(t, asCSV, named, everything))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{named, {"9223372036854775807", "1.500000", "", "", "<a & \"b\">", "true", `["x",null]`, `{"k":"v"}`}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSpreadsheetsRunNoCell(t *testing.T) {
	tests := map[string]struct {
		value         any
		neutral, bare string
	}{
		"formula":                 {`=HYPERLINK("http://x")`, `'=HYPERLINK("http://x")`, `=HYPERLINK("http://x")`},
		"plus":                    {"+1", "'+1", "+1"},
		"minus":                   {"-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0", "-1+cmd|' /C calc'!A0"},
		"at":                      {"@SUM(A1)", "'@SUM(A1)", "@SUM(A1)"},
		"tab before it":           {"\t=1", "'\t=1", "\t=1"},
		"line break before it":    {"\n=1", "'\n=1", "\n=1"},
		"carriage return":         {"\r=1", "'\r=1", "\r=1"},
		"a number below zero":     {query.Number("-3.5"), "-3.5", "-3.5"},
		"a name":                  {"Room 12", "Room 12", "Room 12"},
		"a formula inside a list": {[]any{"=1"}, `["=1"]`, `["=1"]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for want, as := range map[string]func(*bytes.Buffer) closing{"'" + test.neutral: asCSV, "r" + test.bare: asRaw} {
				records, err := csv.NewReader(strings.NewReader(written(t, as, []string{"a", "b"}, []any{test.value, "x"}))).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				// encoding/csv reads \r\n as \n; a lone \r stays.
				if got := records[1][0]; got != want[1:] {
					t.Errorf("got %q, want %q", got, want[1:])
				}
			}
		})
	}
	if got := written(t, asCSV, []string{"=header"}); got != "'=header\n" {
		t.Errorf("a header may be a formula too: %q", got)
	}
}

func TestAValueNobodyKnowsIsAnError(t *testing.T) {
	w := &query.JSON{To: &bytes.Buffer{}}
	if err := w.Columns([]query.Column{{Name: "a"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Row([]any{3.5}); err == nil {
		t.Error("a float passed, with what digits it has")
	}
}

func TestNullIsSeenByPeople(t *testing.T) {
	for want, v := range map[string]any{"NULL": nil, "": "", "2.50": query.Number("2.50"), `["a"]`: []any{"a"}} {
		if got, err := query.Text(v); got != want || err != nil {
			t.Errorf("Text(%v) = %q, %v, want %q", v, got, err, want)
		}
	}
}
