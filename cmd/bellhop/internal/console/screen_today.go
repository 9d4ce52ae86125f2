package console

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func today(ctx context.Context, s *sight) error {
	status, err := s.view.Status(ctx)
	if err != nil {
		return err
	}
	fresh, err := s.view.Freshness(ctx, view.FreshnessFilter{})
	if err != nil {
		return err
	}
	since := s.view.Now().AddDate(0, 0, -report.Week)
	changes, err := s.view.Changes(ctx, view.ChangesFilter{Since: since})
	if err != nil {
		return err
	}
	s.section("state", "State", "", s.standing(status), s.attention(status))
	s.section("data", "Data", "", s.freshness(fresh), s.restated(changes))
	checks, err := s.checks()
	if err == nil {
		s.section("checks", "Checks", "", checks)
	}
	return err
}

func (s *sight) standing(status view.Status) page.Tile {
	wanted, there := 0, 0
	for _, d := range status.Data {
		wanted += d.Wanted
		for _, state := range report.CoverageStatuses() {
			if state.Covered() {
				there += d.Counts[state]
			}
		}
	}
	needs := page.Figure{Label: "Needs a person", Value: number(len(status.Attention)), Note: "nothing to do", Tone: page.Good}
	if len(status.Attention) > 0 {
		needs.Note, needs.Tone = "see below", page.Bad
	}
	raw := page.Figure{Label: "Files in the delivery bucket", Value: number(status.Raw.Objects), Note: "none left", Tone: page.Good}
	if status.Raw.Objects > 0 {
		raw.Note, raw.Tone = "oldest "+phrase.Span(status.Raw.Oldest), page.Plain
	}
	if len(status.Raw.Overdue) > 0 {
		raw.Tone = page.Bad
	}
	open := page.Figure{Label: "Open jobs", Value: number(status.Jobs.Open)}
	if status.Jobs.Named > 0 {
		open.Note = fmt.Sprintf("%d of %s arrived", status.Jobs.Loaded, phrase.Count(status.Jobs.Named, "file"))
	}
	return page.Tile{
		ID: "standing", Title: "At a glance", Command: s.command("status"),
		Figures: []page.Figure{
			needs, {Label: "Days loaded, over all tables", Value: number(there), Note: "of " + phrase.Number(int64(wanted)) + " wanted"}, open, raw,
		},
	}
}

func (s *sight) attention(status view.Status) page.Tile {
	t := page.Tile{
		ID: "attention", Title: "What needs a person", Command: s.command("status"),
		Table: &page.Table{Caption: "What needs a person, with the remedy", Columns: columns(text("What")), Empty: "Nothing needs a person."},
	}
	for _, need := range status.Attention {
		t.Table.Rows = append(t.Table.Rows, []any{need})
	}
	return t
}

func (s *sight) freshness(f view.Freshness) page.Tile {
	t := page.Tile{
		ID: "freshness", Title: "Age of the newest day", Command: s.command("freshness"), Answer: "Every table is as fresh as it should be.",
		Table: &page.Table{
			Caption: "Tables by subscription, with their newest day", Empty: "There are no subscriptions.", Folded: len(f.Tables) > 12,
			Columns: columns(text("Table"), text("Subscription"), text("Newest day"), plenty("Age, days"), plenty("Allowed, days"), text("State")),
		},
	}
	stale := 0
	for _, one := range f.Tables {
		state := page.Word{Text: one.Status}
		switch one.Status {
		case view.Fresh:
			state.Tone = page.Good
		case view.Stale:
			state.Tone = page.Bad
			stale++
		}
		var last, age any
		if one.LastDay != 0 {
			last, age = one.LastDay, number(one.AgeDays)
		}
		t.Table.Rows = append(t.Table.Rows, []any{one.Table, one.Subscription, last, age, number(one.SLODays), state})
	}
	if stale > 0 {
		t.Answer = "Out of date: " + phrase.Count(stale, "table") + ", marked stale below."
	}
	return t
}

func (s *sight) restated(c view.Changes) page.Tile {
	t := page.Tile{
		ID: "restated", Title: "What changed in the last week", Command: s.command("changes --since 7d"),
		Answer: fmt.Sprintf("%s of published days by newer reports since %s.", phrase.Count(len(c.Restated), "replacement"), phrase.Minute(c.Since)),
		Table: &page.Table{
			Caption: "Replaced days, newest first", Empty: "No published day was replaced by other content.", Folded: true,
			Columns: columns(text("Day"), text("Table"), text("Subscription"), text("Measure"), plenty("Before"), plenty("After"), line("When")),
		},
	}
	for _, r := range c.Restated {
		of := func(measure, before, after string) {
			if len(t.Table.Rows) < mostRows {
				t.Table.Rows = append(t.Table.Rows, []any{r.Date, r.Table, r.Subscription, measure, query.Number(before), query.Number(after), phrase.Minute(r.At)})
			}
		}
		if r.Before.Rows != r.After.Rows || len(r.Measures) == 0 {
			of(report.FellRows, strconv.FormatInt(r.Before.Rows, 10), strconv.FormatInt(r.After.Rows, 10))
		}
		for _, m := range r.Measures {
			of(m.Measure, m.Before.Sum, m.After.Sum)
		}
	}
	return t
}

func (s *sight) checks() (page.Tile, error) {
	t := page.Tile{ID: "checks-found", Title: "What the last run found", Command: s.command("check run")}
	found, ran, err := s.place.Checks()
	if err != nil || !ran {
		t.Answer = "The checks have not run over this dataset, as far as this machine knows."
		return t, err
	}
	t.Answer = fmt.Sprintf("On %s: %s, %s.", found.CheckedAt.UTC().Format("2 January 2006, "+time.TimeOnly),
		phrase.Count(found.Counts[catalog.Bad], "bad finding"), phrase.Count(found.Counts[catalog.Warn], "warning"))
	t.Table = &page.Table{Caption: "Rules and their findings", Columns: columns(text("Rule"), text("Severity"), plenty("Findings")), Folded: true}
	for _, rule := range found.Rules {
		t.Table.Rows = append(t.Table.Rows, []any{rule.Title, string(rule.Severity), number(rule.Findings)})
	}
	return t, nil
}
