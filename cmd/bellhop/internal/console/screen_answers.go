package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly/paper"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// topic is what one screen asks of the dataset: blocks of package monthly, in sections. Days is how many days it looks back when a
// person has chosen none.
type topic struct {
	days int
	// table is the one that the screen rests on.
	table  string
	groups []group
}

type group struct {
	id, title string
	blocks    []string
}

// usualDays are whole weeks, so that no day of the week counts more than another.
const usualDays = 4 * report.Week

var (
	rooms = topic{2 * report.Week, "asp_device", []group{{"map", "Day by day", []string{monthly.RoomsByDay}}, {"use", "Overall", []string{"silent", "rooms"}}}}

	engagement = topic{usualDays, "asp_device", []group{
		{"days", "Day by day", []string{"use-by-day"}},
		{"properties", "By property", []string{"use-by-property", "adoption", "weeks"}},
		{"asked", "Topics", []string{"domains", "intents"}},
	}}
	campaigns = topic{usualDays, "asp_proactive_campaign", []group{{"answered", "Response", []string{"campaigns"}}, {"unseen", "Where none was seen", []string{"reach"}}, {"channels", "Compared with other channels", []string{"funnel", "messages"}}}}
	calls     = topic{usualDays, "asp_communication", []group{{"calls", "Calls", []string{"calls"}}, {"wellbeing", "Compared with satisfaction", []string{"wellbeing"}}}}
	skills    = topic{usualDays, "skill_metrics", []group{{"work", "Do they work?", []string{"skills", "failures"}}, {"use", "How they are used", []string{"sessions", "skill-intents"}}}}
	care      = topic{usualDays, "khoros_response", []group{{"care", "The contact centre", []string{"care", "care-by-property"}}}}
)

// longestSpan is the most days that one page is about.
const longestSpan = 366

// scope is what the person has chosen, and which days were loaded.
type scope struct {
	days     report.Window
	property string
	there    known
}

// known is the coverage of all days, which is asked for once for a page.
type known struct {
	*view.View
	all view.Coverage
}

// Coverage returns the coverage of the chosen days, of all tables.
func (k known) Coverage(_ context.Context, f view.CoverageFilter) (view.Coverage, error) {
	c := view.Coverage{AsOf: k.all.AsOf}
	for _, sub := range k.all.Subscriptions {
		sub.Days = slices.DeleteFunc(slices.Clone(sub.Days), func(d report.DayCoverage) bool { return !f.Days.Contains(d.Date) })
		c.Subscriptions = append(c.Subscriptions, sub)
	}
	return c, nil
}

// scope reads what the person has chosen. The usual days end with the last that a subscription wants of the table.
func (s *sight) scope(ctx context.Context, t topic) (chosen scope, err error) {
	chosen = scope{property: s.ask.Get("property"), there: known{View: s.view}}
	if chosen.there.all, err = s.view.Coverage(ctx, view.CoverageFilter{}); err != nil {
		return chosen, err
	}
	chosen.days, err = s.days(chosen.there.all, t)
	return chosen, err
}

func (s *sight) days(there view.Coverage, t topic) (days report.Window, err error) {
	for _, sub := range there.Subscriptions {
		for _, d := range sub.Days {
			if d.Table == t.table {
				days.To = max(days.To, d.Date)
			}
		}
	}
	days.To = cmp.Or(days.To, report.DateOf(s.view.Now()))
	if chosen := s.ask.Get("to"); chosen != "" {
		if days.To, err = report.ParseDate(chosen); err != nil {
			return days, fmt.Errorf("the last day: %w", err)
		}
	}
	days.From = days.To - report.Date(t.days) + 1
	if chosen := s.ask.Get("from"); chosen != "" {
		if days.From, err = report.ParseDate(chosen); err != nil {
			return days, fmt.Errorf("the first day: %w", err)
		}
	}
	if n := days.Len(); n == 0 || n > longestSpan {
		return days, &phrase.Problem{Err: fmt.Errorf("%s is not a range of days", days), Remedy: fmt.Sprintf("choose 1 to %d days, with the first before the last", longestSpan)}
	}
	return days, nil
}

// asking returns what fills the screen of a topic.
func asking(t topic) func(ctx context.Context, s *sight) error {
	return func(ctx context.Context, s *sight) error {
		about, err := s.scope(ctx, t)
		if err != nil {
			return err
		}
		return s.asked.use(ctx, about.days, func(e query.Engine) error {
			s.Sections = nil
			r := monthly.Reader{Days: about.there, Engine: e, Now: s.view.Now}
			if err := s.tools(ctx, r, about); err != nil {
				return err
			}
			return s.answers(ctx, r, t, about)
		})
	}
}

// tools is the form that chooses days and a property.
func (s *sight) tools(ctx context.Context, r monthly.Reader, about scope) error {
	var path string
	for _, l := range s.Links {
		if l.Current {
			path = l.Address
		}
	}
	properties, err := r.Properties(ctx, about.days)
	if err != nil {
		return err
	}
	s.Tools, err = form("scope.html", struct {
		Path       string
		Days       report.Window
		Properties []monthly.Property
		Property   string
	}{path, about.days, properties, about.property})
	return err
}

func (s *sight) answers(ctx context.Context, r monthly.Reader, t topic, about scope) error {
	var names []string
	for _, g := range t.groups {
		names = append(names, g.blocks...)
	}
	found, err := r.Answers(ctx, names, about.days, about.property)
	if err != nil {
		return err
	}
	for _, g := range t.groups {
		var tiles []page.Tile
		for _, b := range found.Blocks {
			if !slices.Contains(g.blocks, b.Name) {
				continue
			}
			tile, err := s.tile(b, about)
			if err != nil {
				return err
			}
			tiles = append(tiles, tile)
		}
		s.section(g.id, g.title, "", tiles...)
	}
	if len(found.Blocks) == 0 {
		s.section("nothing", "Nothing to show", "", page.Tile{ID: "none", Title: "No data", Answer: "No subscription collects data for this page.", Command: s.command("sources list")})
	}
	if len(found.Without) > 0 {
		s.Foot = append(s.Foot, "Left out, because no subscription collects the data, or because they exist only for all properties together: "+strings.Join(found.Without, "; ")+".")
	}
	return nil
}

func (s *sight) tile(b monthly.Block, about scope) (t page.Tile, err error) {
	if b.Name == monthly.RoomsByDay {
		t = paper.Head(b)
		t.Table, err = heat(b, about)
	} else {
		t = paper.Tile(b)
	}
	t.Command += s.place.Flags
	switch b.Name {
	case "failures":
		t.Chart = lines(b, "Failed utterances in percent, by day and skill. The numbers are in the table below.", "skill_id", "percent_failed", about.days)
	case "sessions":
		t.Chart = lines(b, "Sessions per user, by day and skill. The numbers are in the table below.", "skill_id", "sessions_per_user", about.days)
	}
	return t, err
}

// heat has a row for each room and a column for each day.
func heat(b monthly.Block, about scope) (*page.Table, error) {
	t := &page.Table{Caption: "Dialogs of each room on each day", OneScale: true, Empty: "No unit has rows.", Columns: columns(text("Room"))}
	empty := []any{nil}
	for d := range about.days.Days() {
		t.Columns = append(t.Columns, page.Column{Title: d.Time().Format("2 Jan"), Kind: page.Heat})
		empty = append(empty, absent(about.there.all, d))
	}
	t.Columns, empty = append(t.Columns, text("Property")), append(empty, nil)
	rows := map[any][]any{}
	at := func(name string) int {
		return slices.IndexFunc(b.Columns, func(c monthly.Column) bool { return c.Name == name })
	}
	id, day, name, property, dialogs := at("unit_id"), at("dataset_date"), at("unit_name"), at("property_name"), at("dialogs")
	for _, from := range b.Rows {
		unit := from[id]
		row, known := rows[unit]
		if !known {
			row = append(row, empty...)
			rows[unit] = row
			t.Rows = append(t.Rows, row)
		}
		date, err := report.ParseDate(fmt.Sprint(from[day]))
		if err != nil {
			return nil, fmt.Errorf("read a day of %s: %w", b.Name, err)
		}
		row[0], row[len(row)-1], row[1+int(date-about.days.From)] = from[name], from[property], from[dialogs]
	}
	return t, nil
}

// absent stands for the number of a room that has no row on a day: nothing when the day was loaded, missing otherwise.
func absent(c view.Coverage, d report.Date) any {
	why := "no subscription wants it"
	for _, sub := range c.Subscriptions {
		for _, day := range sub.Days {
			switch {
			case day.Date != d || day.Table != rooms.table:
			case day.Status.Covered():
				return nil
			default:
				why = string(day.Status)
			}
		}
	}
	return page.Missing{Why: why}
}

// lines draws a column of a block that has a row for each day and name.
func lines(b monthly.Block, label, name, column string, days report.Window) *page.Chart {
	c := &page.Chart{Label: label, Lines: true}
	for d := range days.Days() {
		c.Days = append(c.Days, d)
	}
	at := map[string]int{}
	for _, row := range b.Rows {
		date, err := report.ParseDate(fmt.Sprint(b.Value(row, "dataset_date")))
		if err != nil || !days.Contains(date) {
			continue
		}
		of := fmt.Sprint(b.Value(row, name))
		i, known := at[of]
		if !known {
			i = len(c.Series)
			at[of] = i
			c.Series = append(c.Series, page.Series{Name: of, Values: make([]any, days.Len())})
		}
		c.Series[i].Values[date-days.From] = b.Value(row, column)
	}
	if len(c.Series) == 0 {
		return nil
	}
	return c
}
