package console

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Place is the installation that a console shows. All fields are required.
type Place struct {
	// View makes a read model for one request.
	View func() *view.View
	// Waiting lists what waits for a person.
	Waiting func(ctx context.Context) ([]review.Entry, error)
	// Decide carries out what a person decides about one of these, or only says what it would do. It may be repeated: what is
	// decided already is an error that says so.
	Decide func(ctx context.Context, verb review.Verb, key string, dryRun bool) (said string, err error)
	// Engine opens what answers questions about some days, or more of them. Its error is shown in place of the answers.
	Engine func(ctx context.Context, days report.Window) (query.Engine, error)
	// Checks returns what the last run of the checks found; ok is false where none is known.
	Checks func() (found quality.Result, ok bool, err error)
	// Bill estimates what the installation costs on AWS.
	Bill func() (cost.Estimate, error)
	// Explain says in words what went wrong, without secrets, and the remedy if one is known.
	Explain func(err error) (why, remedy string)
	// Flags name the place in a command that is shown: " --stack hotels", or nothing.
	Flags string
}

// sight is one page while it is filled.
type sight struct {
	*page.Document
	asked *lender
	view  *view.View
	place Place
	ask   url.Values
}

// section adds a section; empty sections are left out.
func (s *sight) section(id, title, lead string, tiles ...page.Tile) {
	if len(tiles) > 0 {
		s.Sections = append(s.Sections, page.Section{ID: id, Title: title, Lead: lead, Tiles: tiles})
	}
}

// command is a command line about this place.
func (s *sight) command(format string, args ...any) string {
	return "bellhop " + fmt.Sprintf(format, args...) + s.place.Flags
}

// mostRows is how many lines a list of the ledger has at most on a page.
const mostRows = 100

func number(n int) query.Number { return query.Number(strconv.Itoa(n)) }

func columns(of ...page.Column) []page.Column { return of }

func text(title string) page.Column { return page.Column{Title: title} }

func line(title string) page.Column { return page.Column{Title: title, Kind: page.Line} }

func why() page.Column { return page.Column{Title: "Why", Kind: page.Prose} }

func code(title string) page.Column { return page.Column{Title: title, Kind: page.Code} }

func plenty(title string) page.Column { return page.Column{Title: title, Kind: page.Plenty} }

// facts makes a table of names and values. Empty values are left out.
func facts(caption string, pairs ...any) *page.Table {
	t := &page.Table{Caption: caption, Columns: columns(text("What"), text("Value"))}
	for pair := range slices.Chunk(pairs, 2) {
		if n, is := pair[1].(query.Number); is {
			pair[1] = phrase.Grouped(string(n), " ") // it is aligned like the texts
		}
		if pair[1] != "" {
			t.Rows = append(t.Rows, pair)
		}
	}
	return t
}

// to links to the page of one thing.
func to(path, parameter, name string) page.Link {
	return page.Link{Name: name, Address: path + "?" + url.Values{parameter: {name}}.Encode()}
}

// timeline shows every transition, with the time since the one before.
func timeline(of report.Timeline) *page.Table {
	t := &page.Table{Caption: "Every step, with the time since the one before", Empty: "Nothing has happened yet.", Columns: columns(line("When"), line("After"), text("Step"), why())}
	var before time.Time
	for i, e := range of.History {
		if of.LeftOut > 0 && i == report.FirstEvents {
			t.Rows = append(t.Rows, []any{fmt.Sprintf("%s left out", phrase.Count(of.LeftOut, "step")), nil, nil, nil})
		}
		var after any
		if !before.IsZero() {
			after = "+" + phrase.Span(e.At.Sub(before))
		}
		step := e.To
		if e.From != "" {
			step = e.From + " → " + e.To
		}
		t.Rows = append(t.Rows, []any{phrase.Second(e.At), after, step, e.Why})
		before = e.At
	}
	return t
}
