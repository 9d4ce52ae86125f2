package console

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// coverageTone says whether the state of a day is good or bad.
func coverageTone(status report.CoverageStatus) page.Tone {
	switch {
	case status.Covered():
		return page.Good
	case status == report.CoverageMissing || status == report.CoverageExpired:
		return page.Bad
	default:
		return page.Waiting
	}
}

func mark(status report.CoverageStatus) page.Mark {
	return page.Mark{Sign: phrase.CoverageSign(status), Tone: coverageTone(status), Title: phrase.CoverageMeaning(status)}
}

func coverage(ctx context.Context, s *sight) error {
	c, err := s.view.Coverage(ctx, view.CoverageFilter{})
	if err != nil {
		return err
	}
	tiles := make([]page.Tile, len(c.Subscriptions))
	for i, sub := range c.Subscriptions {
		tiles[i] = s.calendar(sub)
	}
	if len(tiles) == 0 {
		tiles = []page.Tile{{ID: "none", Title: "No subscriptions", Answer: "There are no subscriptions: make one with " + s.command("subscriptions apply NAME") + "."}}
	}
	s.section("calendar", "Every day", "", tiles...)
	s.section("gaps", "Gaps", "", s.gaps(c))
	return nil
}

func (s *sight) calendar(c view.Covered) page.Tile {
	t := page.Tile{ID: "of-" + c.Name, Title: c.Name, Command: s.command("coverage %s", c.Name)}
	var said []string
	cal := &page.Calendar{Caption: "Days of " + c.Name + ", one row for each table", Days: c.Window}
	for _, status := range report.CoverageStatuses() {
		if n := c.Counts[status]; n > 0 {
			said = append(said, fmt.Sprintf("%s %s", phrase.Number(int64(n)), status))
			cal.Key = append(cal.Key, mark(status))
		}
	}
	t.Answer = strings.Join(said, " · ")
	if len(c.Days) == 0 {
		t.Answer = "No day is wanted yet."
		return t
	}
	t.Calendar = cal
	for _, d := range c.Days {
		i := slices.IndexFunc(cal.Rows, func(r page.CalendarRow) bool { return r.Name == d.Table })
		if i < 0 {
			i = len(cal.Rows)
			cal.Rows = append(cal.Rows, page.CalendarRow{Name: d.Table, Marks: make([]page.Mark, c.Window.Len())})
		}
		m := mark(d.Status)
		m.Title = fmt.Sprintf("%s: %s", d.Date, d.Status)
		if d.Held {
			m.Tone, m.Title = page.Waiting, m.Title+", and a newer report is held"
		}
		cal.Rows[i].Marks[d.Date-c.Window.From] = m
	}
	return t
}

func (s *sight) gaps(c view.Coverage) page.Tile {
	t := page.Tile{
		ID: "gaps-list", Title: "Missing days", Command: s.command("coverage"),
		Table: &page.Table{
			Caption: "Missing days, and until when they can be fetched", Empty: "No wanted day is missing.",
			Columns: columns(text("Table"), text("Subscription"), line("Days"), text("State"), line("Can be fetched until"), why()),
		},
	}
	for _, sub := range c.Subscriptions {
		for _, g := range sub.Gaps {
			left := fmt.Sprintf("%s, %s left", g.LostAfter, phrase.Count(g.DaysLeft, "day"))
			if g.DaysLeft < 0 {
				left = g.LostAfter.String() + ", which has passed"
			}
			t.Table.Rows = append(t.Table.Rows, []any{g.Table, g.Subscription, phrase.Days(g.Window), page.Word{Text: string(g.Status), Tone: coverageTone(g.Status)}, left, g.Why})
		}
	}
	return t
}
