package campaigns

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// The documented forms. The family of cards is newer than the document; it is seen in use.
var (
	locale  = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?-[A-Z]{2}$`)
	connect = regexp.MustCompile(`^connection://AMAZON\.ColdLaunch/1\?provider=amzn1\.ask\.skill\.\S+$`)
	unitID  = regexp.MustCompile(`^amzn1\.alexa\.unit\.did\.\S+$`)
	cards   = regexp.MustCompile(`^doc://alexa/apl/documents/home/cards/(textWrapping|media|rating|suggestedActions|primePhoto|selectedPhoto)$`)
)

// readEntity checks the body of a new campaign against the documented tables and names every problem. Unknown properties are
// refused too (assumed), but for further data sources and for those of cards.
func (a *API) readEntity(body []byte) (e entity, problems []string) {
	f, ok := rest.ReadFields(body, &problems)
	if !ok {
		return e, problems
	}
	if s, ok := f.Object("suggestion"); ok {
		for _, v := range s.Objects("variants", 1, 1<<10) {
			readVariant(v)
		}
		s.Close()
	}
	if t, ok := f.Object("targeting"); ok {
		t.OneOf("type", "UNITS")
		for _, u := range t.Objects("values", 1, MaxUnits) {
			id := u.Text("id", "of the form amzn1.alexa.unit.did.{id}", unitID.MatchString)
			if unitID.MatchString(id) && !a.Units(id) {
				u.Bad("id is not a unit of yours")
			}
			u.Close()
		}
		t.Close()
	}
	if s, ok := f.Object("scheduling"); ok {
		if w, ok := s.Object("activationWindow"); ok {
			start, end := instant(w, "start"), instant(w, "end")
			if !start.IsZero() && !end.IsZero() && end.Before(start) {
				w.Bad("end must be later than or equal to the start")
			}
			w.Close()
		}
		s.Close()
	}
	f.Close()
	if len(problems) == 0 {
		if err := json.Unmarshal(body, &e); err != nil {
			problems = append(problems, "The request body is not a campaign")
		}
	}
	return e, problems
}

func instant(f *rest.Fields, name string) (at time.Time) {
	f.Text(name, "a time of the form YYYY-MM-DDThh:mm:ssZ", func(s string) bool {
		var err error
		at, err = time.Parse(time.RFC3339, s)
		return err == nil
	})
	return at
}

func readVariant(v *rest.Fields) {
	if p, ok := v.Object("placement"); ok {
		p.OneOf("channel", "HOME")
		p.Close()
	}
	c, ok := v.Object("content")
	if !ok {
		v.Close()
		return
	}
	seen := map[string]bool{}
	for _, value := range c.Objects("values", 1, 1<<10) {
		l := value.Text("locale", "an IETF BCP 47 locale such as en-US", locale.MatchString)
		if seen[l] {
			value.Bad("locale is there twice")
		}
		seen[l] = true
		known := true
		if d, ok := value.Object("document"); ok {
			d.OneOf("type", "Link")
			src := d.Text("src", Template, func(s string) bool { return s == Template || cards.MatchString(s) })
			known = src == Template
			d.Close()
		}
		if s, ok := value.Object("datasources"); ok && known {
			readSources(s)
		}
		value.Close()
	}
	c.Close()
	v.Close()
}

// readSources checks the data sources that the documented template reads.
func readSources(s *rest.Fields) {
	if s.Has("displayText") {
		if d, ok := s.Object("displayText"); ok {
			short := func(t string) bool { return utf8.RuneCountInString(t) <= maxChars }
			for _, name := range []string{"title", "body"} {
				if d.Has(name) {
					d.Text(name, "at most 60 characters long", short)
				}
			}
			readAction(d)
			d.Close()
		}
	}
	if s.Has("background") {
		if b, ok := s.Object("background"); ok {
			b.Text("backgroundImageSource", "a URL", func(u string) bool { return strings.HasPrefix(u, "https://") })
			b.Close()
		}
	}
}

func readAction(d *rest.Fields) {
	if !d.Has("action") {
		return
	}
	a, ok := d.Object("action")
	if !ok {
		return
	}
	if a.Has("type") {
		a.OneOf("type", "SkillConnection")
	}
	if a.Has("uri") {
		a.Text("uri", "of the form connection://AMAZON.ColdLaunch/1?provider={skillId}", connect.MatchString)
	}
	if a.Has("input") {
		if in, ok := a.Object("input"); ok {
			in.Close() // documented: leave empty
		}
	}
	a.Close()
}

// filter is what a query asks for.
type filter struct {
	units map[string]bool
	pageOf
}

// readQuery checks the body of a query against the documented rules, which leave it one structure.
func readQuery(body []byte) (q filter, problems []string) {
	f, ok := rest.ReadFields(body, &problems)
	if !ok {
		return q, problems
	}
	q.units = map[string]bool{}
	if object, ok := f.Object("query"); ok {
		and := object.Objects("and", 2, 2)
		object.Close()
		if len(and) == 2 {
			for _, or := range and[0].Objects("or", 1, 100) {
				if m, ok := or.Object("match"); ok {
					q.units[m.Text("targeting.values.id", "of the form amzn1.alexa.unit.did.{id}", func(id string) bool { return id != "" })] = true
					m.Close()
				}
				or.Close()
			}
			and[0].Close()
			if m, ok := and[1].Object("match"); ok {
				m.OneOf("targeting.type", "UNITS")
				m.Close()
			}
			and[1].Close()
		}
	}
	q.pageOf = pageOf{size: maxPage}
	if f.Has("paginationContext") {
		if p, ok := f.Object("paginationContext"); ok {
			if p.Has("maxResults") {
				q.size = int(p.Integer("maxResults", 1, maxPage))
			}
			if p.Has("nextToken") {
				q.token, _ = rest.Take[string](p, "nextToken", "a string or null")
			}
			p.Close()
		}
	}
	f.Close()
	return q, problems
}
