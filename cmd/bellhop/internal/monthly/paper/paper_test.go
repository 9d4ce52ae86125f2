package paper_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly/paper"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var (
	october = monthly.MonthOf(report.NewDate(2026, time.October, 1))
	manager = monthly.Sight{Audience: monthly.Manager}
)

// sunrise is a report of one house with some rooms, whose first is called as a formula is.
func sunrise(rooms int) monthly.Report {
	r := monthly.Report{
		Month: october, Property: &monthly.Property{ID: "p1", Name: "Sunrise"}, AsOf: time.Date(2026, 11, 3, 8, 12, 0, 0, time.UTC),
		Data: monthly.Data{Until: report.NewDate(2026, 10, 31), There: 31, Of: 31}, Before: monthly.Data{Until: report.NewDate(2026, 9, 30), There: 30, Of: 30},
		Headline: []monthly.Figure{
			{Name: "dialogs", Label: "Dialogs", Value: query.Number("12345"), Before: query.Number("10000"), Change: query.Number("23.5")},
			{Name: "percent_in_use", Label: "Devices in use", Value: query.Number("62.4"), Before: query.Number("65.0"), Change: query.Number("-2.6"), Unit: "%"},
		},
		Without: []string{"Campaigns"},
	}
	data := r.Data
	days := monthly.Block{Name: "use-by-day", Title: "Use by day", Data: &data, Columns: []monthly.Column{
		{Name: "dataset_date", Title: "Day", Role: monthly.Day}, {Name: "dialogs", Title: "Dialogs", Role: monthly.Activity, Drawn: "bar"},
	}}
	for d := range october.Days().Days() {
		days.Rows = append(days.Rows, []any{d.String(), query.Number("400")})
	}
	days.Rows[4][1], days.Rows[5][1] = monthly.Missing{Why: "EXPIRED"}, query.Number("0")
	list := monthly.Block{Name: "rooms", Title: "Rooms by use", Data: &data, Caveat: "Care.", SQL: "SELECT 1", Command: "bellhop analyses run x", Columns: []monthly.Column{
		{Name: "unit_name", Title: "Unit", Role: monthly.Unit}, {Name: "property_name", Title: "Property", Role: monthly.Unit}, {Name: "days", Title: "Days", Role: monthly.Level},
		{Name: "devices", Title: "Devices", Role: monthly.Level}, {Name: "dialogs", Title: "Dialogs", Role: monthly.Activity, Drawn: "heat"}, {Name: "unit_id", Title: "Id", Role: monthly.ID},
	}}
	for i := range rooms {
		list.Rows = append(list.Rows, []any{
			fmt.Sprintf("=HYPERLINK(%d)", i), "Sunrise", query.Number("31"), query.Number("1.5"), query.Number(fmt.Sprint(12*i + 1)), fmt.Sprintf("amzn1.alexa.unit.did.%060d", i),
		})
	}
	if rooms > 1 {
		list.Rows[1][4] = monthly.Hidden{Why: "under 5"}
	}
	r.Blocks = []monthly.Block{days, list}
	return r
}

func written(t testing.TB, r monthly.Report, s monthly.Sight) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := paper.Document(r, s).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read returns the text that a person reads, with a line between elements.
func read(t *testing.T, page []byte) string {
	t.Helper()
	var text strings.Builder
	skip := false
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return text.String()
		case html.StartTagToken:
			name, _ := z.TagName()
			skip = string(name) == "script" || string(name) == "style"
		case html.TextToken:
			if !skip {
				text.WriteString(strings.TrimSpace(string(z.Text())) + "\n")
			}
		default:
		}
	}
}

func TestThePageSaysTheReport(t *testing.T) {
	page := read(t, written(t, sunrise(2), manager))
	for _, want := range []string{
		"Sunrise, October 2026", "People had 12 345 dialogs with their assistants. On an average day 62.4 % of the devices were in use.",
		"12\u202f345", "+23.5 % on September 2026", "−2.6 points on September 2026", "62.4 %", "missing", "under 5", "=HYPERLINK(0)", "2026-10-05",
		"Data until 31 October 2026 · 31 of 31 days", "Care.", "SELECT 1", "bellhop analyses run x", "Left out: Campaigns.",
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestThePageSaysWhyThereIsNoComparison(t *testing.T) {
	r := sunrise(1)
	r.Before.There = 29
	r.Headline[0].Change, r.Headline[1].Change = nil, nil
	page := read(t, written(t, r, manager))
	if !strings.Contains(page, "this month has 31 of 31 days, and that one has 29 of 30") || strings.Contains(page, "on September 2026") {
		t.Errorf("the page says:\n%s", page)
	}
}

// The rooms have the longest ids that there are.
func TestThePageOfFiveHundredRoomsIsSmall(t *testing.T) {
	if size := len(written(t, sunrise(500), manager)); size > 400_000 {
		t.Errorf("%d bytes", size)
	}
}

func TestAWorkbookHasNumbersAndNoFormulas(t *testing.T) {
	var b bytes.Buffer
	if err := paper.Workbook(&b, sunrise(2)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read from
	if got := strings.Join(f.GetSheetList(), " "); got != "summary use-by-day rooms" {
		t.Errorf("the sheets are %s", got)
	}
	tests := map[string]struct {
		sheet, cell, want string
		kind              excelize.CellType
	}{
		"a figure":            {"summary", "B6", "12345", excelize.CellTypeUnset},
		"its change":          {"summary", "D6", "23.5", excelize.CellTypeUnset},
		"a day":               {"use-by-day", "A6", "2026-10-01", excelize.CellTypeUnset},
		"a missing number":    {"use-by-day", "B10", "missing", excelize.CellTypeSharedString},
		"a zero":              {"use-by-day", "B11", "0", excelize.CellTypeUnset},
		"a head":              {"rooms", "A5", "Unit", excelize.CellTypeSharedString},
		"a name like a sum":   {"rooms", "A6", "=HYPERLINK(0)", excelize.CellTypeSharedString},
		"a number":            {"rooms", "D6", "1.5", excelize.CellTypeUnset},
		"a hidden number":     {"rooms", "E7", "under 5", excelize.CellTypeSharedString},
		"the caveat":          {"rooms", "A3", "Care.", excelize.CellTypeSharedString},
		"of which days it is": {"rooms", "A2", "Data until 31 October 2026 · 31 of 31 days", excelize.CellTypeSharedString},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := f.GetCellValue(test.sheet, test.cell)
			kind, err2 := f.GetCellType(test.sheet, test.cell)
			formula, err3 := f.GetCellFormula(test.sheet, test.cell)
			if err != nil || err2 != nil || err3 != nil || got != test.want || kind != test.kind || formula != "" {
				t.Errorf("%q of type %v and formula %q, want %q of type %v: %v %v %v", got, kind, formula, test.want, test.kind, err, err2, err3)
			}
		})
	}
}

func BenchmarkThePageOfFiveHundredRooms(b *testing.B) {
	r := sunrise(500)
	for b.Loop() {
		written(b, r, manager)
	}
}
