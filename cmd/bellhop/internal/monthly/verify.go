package monthly

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Verification says which numbers of a frozen report have changed.
type Verification struct {
	AsOf time.Time `json:"as_of"`
	// Numbers counts those that were compared, Days the days that they rest on.
	Numbers int       `json:"numbers"`
	Days    int       `json:"days"`
	Changed []Changed `json:"changed"`
	// Restated are the days that have changed.
	Restated []Restated `json:"restated"`
}

// Changed is a number that has changed. A number that did not exist has no text.
type Changed struct {
	Block  string `json:"block"`
	Row    string `json:"row"`
	Column string `json:"column"`
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
}

// Restated is a measure of a day that has changed; for a day that appeared or disappeared without figures, it is rows.
type Restated struct {
	Subscription string      `json:"subscription"`
	Table        string      `json:"table"`
	Date         report.Date `json:"date"`
	Measure      string      `json:"measure"`
	Old          string      `json:"old,omitempty"`
	New          string      `json:"new,omitempty"`
	// At is when the present content of the day was loaded; zero if there is none.
	At time.Time `json:"at,omitzero"`
}

// Verify computes a frozen report again and compares.
func (r Reader) Verify(ctx context.Context, f Frozen) (Verification, error) {
	v := Verification{AsOf: r.Now().UTC(), Numbers: len(f.Numbers), Days: len(f.Days), Changed: []Changed{}}
	now, err := r.Report(ctx, Order{Month: f.Month, Property: f.Property})
	if err != nil {
		return v, err
	}
	numbers, err := now.numbers()
	if err != nil {
		return v, err
	}
	old, fresh := placed(f.Numbers), placed(numbers)
	for _, n := range f.Numbers {
		if value, there := fresh[n.place()]; !there || value != n.Value {
			v.Changed = append(v.Changed, Changed{n.Block, n.Row, n.Column, n.Value, value})
		}
	}
	for _, n := range numbers {
		if _, there := old[n.place()]; !there {
			v.Changed = append(v.Changed, Changed{n.Block, n.Row, n.Column, "", n.Value})
		}
	}
	v.Restated, err = r.restated(ctx, f)
	return v, err
}

func (n Number) place() Number {
	n.Value = ""
	return n
}

func placed(numbers []Number) map[Number]string {
	all := make(map[Number]string, len(numbers))
	for _, n := range numbers {
		all[n.place()] = n.Value
	}
	return all
}

// day names a published day.
type day struct {
	subscription, table string
	date                report.Date
}

func (d RestOn) day() day { return day{d.Subscription, d.Table, d.Date} }

// restated compares the days that a frozen report rests on with the days published now.
func (r Reader) restated(ctx context.Context, f Frozen) ([]Restated, error) {
	days, err := r.restOn(ctx, f.Month.Days())
	if err != nil {
		return nil, err
	}
	now := map[day]RestOn{}
	for _, d := range days {
		now[d.day()] = d
	}
	all := []Restated{}
	for _, old := range f.Days {
		fresh := now[old.day()]
		delete(now, old.day())
		all = append(all, old.against(fresh)...)
	}
	for _, d := range days {
		if fresh, left := now[d.day()]; left {
			all = append(all, RestOn{Subscription: d.Subscription, Table: d.Table, Date: d.Date}.against(fresh)...)
		}
	}
	return all, nil
}

// against says what differs. A day without content on either side differs by what it holds, if only no rows.
func (d RestOn) against(fresh RestOn) []Restated {
	if d.Content == fresh.Content && d.ETag == fresh.ETag && d.LoadedAt.IsZero() == fresh.LoadedAt.IsZero() {
		return nil
	}
	made := func(measure, old, now string) Restated {
		return Restated{d.Subscription, d.Table, d.Date, measure, old, now, fresh.LoadedAt}
	}
	var all []Restated
	if d.Rows != fresh.Rows || d.LoadedAt.IsZero() != fresh.LoadedAt.IsZero() {
		all = append(all, made("rows", d.rows(), fresh.rows()))
	}
	measures := maps.Clone(d.Figures)
	if measures == nil {
		measures = map[string]report.Figures{}
	}
	maps.Copy(measures, fresh.Figures)
	for _, m := range slices.Sorted(maps.Keys(measures)) {
		if old, now := d.Figures[m].Sum, fresh.Figures[m].Sum; old != now {
			all = append(all, made(m, old, now))
		}
	}
	if all == nil {
		all = append(all, made("content", phrase.Second(d.LoadedAt), phrase.Second(fresh.LoadedAt)))
	}
	return all
}

func (d RestOn) rows() string {
	if d.LoadedAt.IsZero() {
		return ""
	}
	return fmt.Sprint(d.Rows)
}

// restatedBlock is the appendix about an earlier report.
func restatedBlock(f Frozen, since []Restated) Block {
	b := Block{
		Name: restatements, Title: fmt.Sprintf("What changed in %s since its report of %s", f.Month.Name(), phrase.Minute(f.AsOf)),
		Columns: []Column{
			{Name: "date", Title: "Day", Role: Day}, text("table", "Table"), text("measure", "Measure"), level("old", "Reported"), level("new", "Now"),
			text("at", "Loaded"), {Name: "subscription", Title: "Subscription", Role: ID},
		},
		Rows: [][]any{},
		Caveat: "These are sums over all units of a subscription's day, whatever property this report is about. " +
			"The sums of devices are of one day and must not be added up.",
		of: &subject{say: sayRows("%s changed after that report."), empty: "Nothing changed: its numbers still hold."},
	}
	for _, c := range since {
		row := []any{c.Date.String(), c.Table, c.Measure, given(c.Old), given(c.New), nil, c.Subscription}
		if !c.At.IsZero() {
			row[5] = phrase.Minute(c.At)
		}
		b.Rows = append(b.Rows, row)
	}
	return b
}

// given returns a number, text that is not a number, or nil for empty text.
func given(text string) any {
	if _, ok := number(query.Number(text)); ok {
		return query.Number(text)
	}
	if text == "" {
		return nil
	}
	return text
}
