package console

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
)

//go:embed assets
var assets embed.FS

var forms = template.Must(template.ParseFS(assets, "assets/*.html"))

// form fills in one of the forms.
func form(name string, with any) (template.HTML, error) {
	var b strings.Builder
	err := forms.ExecuteTemplate(&b, name, with)
	return template.HTML(b.String()), err //nolint:gosec // G203: the template has escaped what is in it
}

func waiting(ctx context.Context, s *sight) error {
	entries, err := s.place.Waiting(ctx)
	if err != nil {
		return err
	}
	var tiles []page.Tile
	for i, e := range entries {
		goes := ""
		if !e.Until.IsZero() {
			goes = phrase.Minute(e.Until)
		}
		t := page.Tile{
			ID: fmt.Sprintf("entry-%d", i+1), Title: e.Key, Answer: e.Reason, Command: s.command("review show %s", e.Key),
			Table: facts("About "+e.Key, "Kind", string(e.Kind), "Since", phrase.Minute(e.Since), "Kept until", goes),
		}
		if t.Body, err = form("verbs.html", verbs(e)); err != nil {
			return err
		}
		tiles = append(tiles, t)
	}
	if len(tiles) == 0 {
		tiles = []page.Tile{{ID: "nothing", Title: "Nothing waits for a person", Answer: "No report is held, no file is quarantined, and nothing has failed for good.", Command: s.command("review list")}}
	}
	s.section("waiting", "What waits", "Each decision is shown before it is carried out.", tiles...)
	return nil
}

// verbs links to the decisions about an entry.
func verbs(e review.Entry) []page.Link {
	var all []page.Link
	for _, v := range e.Verbs {
		all = append(all, page.Link{Name: string(v), Address: "/review/decide?" + url.Values{"verb": {string(v)}, "key": {e.Key}}.Encode()})
	}
	return all
}

// decision is what a person is about to decide. Seen is what the console said that it would do.
type decision struct {
	Verb      review.Verb
	Key, Seen string
}

// decision reads the form. Only what waits, with a verb that it has, can be decided.
func (s *sight) decision(ctx context.Context) (decision, error) {
	d := decision{review.Verb(s.ask.Get("verb")), s.ask.Get("key"), s.ask.Get("seen")}
	entries, err := s.place.Waiting(ctx)
	if err != nil {
		return d, err
	}
	if !slices.ContainsFunc(entries, func(e review.Entry) bool { return e.Key == d.Key && slices.Contains(e.Verbs, d.Verb) }) {
		return d, &phrase.Problem{Err: fmt.Errorf("nothing under this key waits for the decision %q", string(d.Verb)), Remedy: "look under Review: it may already be decided"}
	}
	return d, nil
}

// confirm says what a decision would do, and asks.
func confirm(ctx context.Context, s *sight) error {
	d, err := s.decision(ctx)
	if err != nil {
		return err
	}
	return s.askFor(ctx, d, "")
}

func (s *sight) askFor(ctx context.Context, d decision, caveat string) (err error) {
	if d.Seen, err = s.place.Decide(ctx, d.Verb, d.Key, true); err != nil {
		return err
	}
	s.Title = fmt.Sprintf("%s %s?", d.Verb, d.Key)
	t := page.Tile{ID: "confirm", Title: "What would happen", Answer: d.Seen, Caveat: caveat, Command: s.command("review %s %s", d.Verb, d.Key)}
	if t.Body, err = form("confirm.html", d); err != nil {
		return err
	}
	s.section("decide", "Your decision", "Nothing has happened yet.", t)
	return nil
}

// decide carries out what the person has confirmed. When something else would happen by now, it asks again.
func decide(ctx context.Context, s *sight) error {
	d, err := s.decision(ctx)
	if err != nil {
		return err
	}
	now, err := s.place.Decide(ctx, d.Verb, d.Key, true)
	if err != nil {
		return err
	}
	if now != d.Seen {
		return s.askFor(ctx, d, "Something has changed since you looked. Nothing was done.")
	}
	said, err := s.place.Decide(ctx, d.Verb, d.Key, false)
	if err != nil {
		return err
	}
	s.Title = "Done"
	t := page.Tile{ID: "done", Title: d.Key, Answer: said, Command: s.command("review list")}
	if t.Body, err = form("verbs.html", []page.Link{{Name: "back to Review", Address: "/review"}}); err != nil {
		return err
	}
	s.section("done-section", "What was done", "", t)
	return nil
}
