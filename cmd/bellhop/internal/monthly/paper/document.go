// Package paper puts a month's report on pages and sheets: HTML for a browser, and a workbook for a spreadsheet.
package paper

import (
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// longTable is how many rows a table has that is folded.
const longTable = 25

// sections say which blocks stand together, in the order of the page.
var sections = []struct {
	id, title string
	blocks    []string
}{
	{"use", "Use", []string{"use-by-day", "use-by-property", "domains", "intents"}},
	{"people", "Campaigns and calls", []string{"campaigns", "calls"}},
	{"rooms", "Rooms", []string{"silent", "rooms"}},
	{"services", "Skills and contact centre", []string{"skills", "care"}},
	{"data", "What the numbers rest on", []string{"completeness", "restatements"}},
}

// Document returns the page of what an audience sees of a report.
func Document(r monthly.Report, s monthly.Sight) page.Document {
	d := page.Document{
		Title: title(r), Above: "Voice assistants, month by month", Lead: lead(r),
		Facts: []page.Fact{
			{Name: "Days", Value: r.Month.Days().String()}, {Name: "Computed", Value: phrase.Minute(r.AsOf)}, {Name: "For", Value: string(s.Audience)},
		},
		Sections: []page.Section{{ID: "short", Title: "The month at a glance", Tiles: []page.Tile{headline(r)}}},
		Foot:     foot(r, s),
	}
	for _, section := range sections {
		made := page.Section{ID: section.id, Title: section.title}
		for _, name := range section.blocks {
			if b, ok := r.Block(name); ok {
				made.Tiles = append(made.Tiles, Tile(b))
			}
		}
		if len(made.Tiles) > 0 {
			d.Sections = append(d.Sections, made)
		}
	}
	return d
}

func title(r monthly.Report) string {
	if r.Property != nil {
		return r.Property.Name + ", " + r.Month.Name()
	}
	return "All properties, " + r.Month.Name()
}

// lead is the month in a sentence or two.
func lead(r monthly.Report) string {
	var said []string
	for _, f := range r.Headline {
		n, shown := f.Value.(query.Number)
		switch {
		case !shown:
		case f.Name == "dialogs":
			said = append(said, fmt.Sprintf("People had %s dialogs with their assistants.", monthly.Spoken(n)))
		case f.Name == "percent_in_use":
			said = append(said, fmt.Sprintf("On an average day %s %% of the devices were in use.", monthly.Spoken(n)))
		}
	}
	if gone := r.Data.Of - r.Data.There; gone > 0 {
		said = append(said, fmt.Sprintf("Missing or incomplete: %d of %s.", gone, phrase.Count(r.Data.Of, "day")))
	}
	return strings.Join(said, " ")
}

func headline(r monthly.Report) page.Tile {
	t := page.Tile{ID: "headline", Title: r.Month.Name() + " compared with " + r.Month.Before().Name(), Data: data(&r.Data)}
	for _, f := range r.Headline {
		made := page.Figure{Label: f.Label, Value: value(f.Value, "")}
		if n, ok := f.Value.(query.Number); ok && f.Unit != "" {
			made.Value = monthly.Spoken(n) + " " + f.Unit
		}
		made.Note, made.Tone = change(f, r)
		t.Figures = append(t.Figures, made)
	}
	if !r.Data.Complete() || !r.Before.Complete() {
		t.Caveat = fmt.Sprintf("There is no comparison with %s, because a change is shown only between two complete months: this month has %d of %d days, and that one has %d of %d.",
			r.Month.Before().Name(), r.Data.There, r.Data.Of, r.Before.There, r.Before.Of)
	}
	return t
}

// change says how a figure stands beside that of the month before.
func change(f monthly.Figure, r monthly.Report) (note string, tone page.Tone) {
	n, ok := f.Change.(query.Number)
	if !ok {
		return "", page.Plain
	}
	unit := "%"
	if f.Unit == "%" {
		unit = "points"
	}
	sign, tone := "+", page.Good
	if strings.HasPrefix(string(n), "-") {
		sign, n, tone = "−", n[1:], page.Bad
	}
	if f.Name == "devices" {
		tone = page.Plain // more devices are neither good nor bad
	}
	return fmt.Sprintf("%s%s %s on %s", sign, monthly.Spoken(n), unit, r.Month.Before().Name()), tone
}

func data(d *monthly.Data) *page.Data {
	if d == nil {
		return nil
	}
	return &page.Data{Until: d.Until, There: d.There, Of: d.Of}
}

// Head shows all of a block but its numbers: its answer, what to take care of, and how to ask for it.
func Head(b monthly.Block) page.Tile {
	return page.Tile{ID: b.Name, Title: b.Title, Answer: b.Answer(), Data: data(b.Data), Caveat: b.Caveat, SQL: b.SQL, Command: b.Command}
}

// Tile shows a block.
func Tile(b monthly.Block) page.Tile {
	t := Head(b)
	t.Table = &page.Table{Caption: b.Title, Folded: len(b.Rows) > longTable, Columns: make([]page.Column, len(b.Columns))}
	for i, c := range b.Columns {
		t.Table.Columns[i] = page.Column{Title: c.Title, Kind: kind(c)}
	}
	for _, row := range b.Rows {
		shown := make([]any, len(row))
		for i, v := range row {
			shown[i] = value(v, b.Columns[i].Role)
		}
		t.Table.Rows = append(t.Table.Rows, shown)
	}
	if b.Name == "use-by-day" {
		t.Chart = byDay(b)
	}
	return t
}

func kind(c monthly.Column) page.Kind {
	switch {
	case c.Drawn == "bar":
		return page.Bar
	case c.Drawn == "heat":
		return page.Heat
	case c.Role == monthly.ID:
		return page.Code
	case c.Role.Numeric():
		return page.Plenty
	default:
		return page.Text
	}
}

// value returns a value as a page writes it.
func value(v any, role monthly.Role) any {
	switch v := v.(type) {
	case monthly.Missing:
		return page.Missing(v)
	case monthly.Hidden:
		return page.Hidden(v)
	case string:
		if date, err := report.ParseDate(v); err == nil && role == monthly.Day {
			return date
		}
	}
	return v
}

// byDay draws the dialogs of each day.
func byDay(b monthly.Block) *page.Chart {
	c := &page.Chart{Label: "Dialogs of each day, as bars. The numbers are in the table below.", Series: []page.Series{{Name: "Dialogs"}}}
	for _, row := range b.Rows {
		date, ok := value(row[0], monthly.Day).(report.Date)
		if !ok {
			continue
		}
		c.Days = append(c.Days, date)
		c.Series[0].Values = append(c.Series[0].Values, row[len(row)-1])
	}
	return c
}

// foot says what the page does not say.
func foot(r monthly.Report, s monthly.Sight) []string {
	all := []string{
		"A missing day is shown as missing, not as zero. A dash means that the vendor gave no value. Days are as the vendor dates them; it does not document their time zone.",
	}
	if s.Audience == monthly.Owner {
		all = append(all, fmt.Sprintf("Activity counts from 1 to %d are hidden, and so are numbers that would reveal them. Units have pseudonyms, which are the same in each of your reports.", s.Fewest-1))
	}
	if len(r.Without) > 0 {
		all = append(all, "Left out: "+strings.Join(r.Without, "; ")+".")
	}
	return all
}
