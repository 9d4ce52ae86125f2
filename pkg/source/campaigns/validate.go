package campaigns

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Limits of the vendor's page.
const (
	maxText  = 60  // characters of a title or body
	maxUnits = 100 // of a campaign, and of a query
	maxPage  = 10  // campaigns of a page
	maxID    = 255
)

// DefaultTemplate is the only template that the vendor's page documents.
const DefaultTemplate = enterprise + "suggestions/home/defaultTemplate"

const enterprise = "doc://alexa/apl/documents/enterprise/"

var (
	unitID     = regexp.MustCompile(`^amzn1\.alexa\.unit\.did\.[[:graph:]]+$`)
	coldLaunch = regexp.MustCompile(`^connection://AMAZON\.ColdLaunch/1\?provider=amzn1\.ask\.skill\.[A-Za-z0-9._-]+$`)
	printable  = regexp.MustCompile(`^[[:graph:]]+$`)
)

// problems collects what is wrong with a campaign. Each names the field and repeats no content.
type problems []error

func (p *problems) bad(field, format string, args ...any) {
	*p = append(*p, errors.New(field+" "+fmt.Sprintf(format, args...)))
}

// is complains when a field does not have the one value that it can have.
func (p *problems) is(field, got, want string) {
	if got != want {
		p.bad(field, "must be %s", want)
	}
}

// Validate reports every problem that the vendor's page lets one see before the campaign is sent. Texts are measured in
// characters as a person counts them, the grapheme clusters of Unicode: the page does not say what it counts. Keys of the
// datasources that belong to other templates than the documented one are left to the vendor.
func (c Campaign) Validate() error {
	var p problems
	if len(c.Suggestion.Variants) == 0 {
		p.bad("suggestion.variants", "is empty: a campaign has at least one variant")
	}
	for i, v := range c.Suggestion.Variants {
		at := fmt.Sprintf("suggestion.variants[%d].", i)
		p.is(at+"placement.channel", v.Placement.Channel, "HOME")
		if len(v.Content.Values) == 0 {
			p.bad(at+"content.values", "is empty: a variant has content in at least one locale")
		}
		locales := map[string]bool{}
		for j, value := range v.Content.Values {
			at := fmt.Sprintf("%scontent.values[%d].", at, j)
			if !alexa.KnownLocale(value.Locale) {
				p.bad(at+"locale", "is %q: it must be a locale such as en-US", value.Locale)
			} else if locales[value.Locale] {
				p.bad(at+"locale", "is that of another value: each locale has one")
			}
			locales[value.Locale] = true
			p.value(at, value)
		}
	}
	p.targets(c.Targeting)
	p.window(c.Scheduling.ActivationWindow)
	return errors.Join(p...)
}

func (p *problems) value(at string, v Value) {
	p.is(at+"document.type", v.Document.Type, "Link")
	switch src := v.Document.Src; {
	case src == "":
		p.bad(at+"document.src", "is missing: use %s", DefaultTemplate)
	case strings.HasPrefix(src, enterprise) && src != DefaultTemplate:
		p.bad(at+"document.src", "is not a template that is documented: use %s", DefaultTemplate)
	}
	at += "datasources."
	top, ok := p.object(strings.TrimSuffix(at, "."), v.Datasources)
	if !ok {
		if len(v.Datasources) == 0 {
			p.bad(strings.TrimSuffix(at, "."), "is missing")
		}
		return
	}
	display, _ := p.object(at+"displayText", top["displayText"])
	for _, name := range []string{"title", "body"} {
		p.text(at+"displayText."+name, display[name])
	}
	if action, ok := p.object(at+"displayText.action", display["action"]); ok {
		p.action(at+"displayText.action.", action)
	}
	if background, ok := p.object(at+"background", top["background"]); ok {
		p.image(at+"background.backgroundImageSource", background["backgroundImageSource"])
	}
}

// object returns the fields of a JSON object, and complains of anything else that is there.
func (p *problems) object(field string, document json.RawMessage) (map[string]json.RawMessage, bool) {
	if len(document) == 0 {
		return nil, false
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(document, &fields) != nil || fields == nil {
		p.bad(field, "must be a JSON object")
		return nil, false
	}
	return fields, true
}

// word returns the text of a JSON string, and complains of anything else that is there.
func (p *problems) word(field string, document json.RawMessage) (string, bool) {
	if len(document) == 0 {
		return "", false
	}
	var text *string
	if json.Unmarshal(document, &text) != nil || text == nil {
		p.bad(field, "must be text")
		return "", false
	}
	return *text, true
}

func (p *problems) text(field string, document json.RawMessage) {
	text, _ := p.word(field, document)
	if n := uniseg.GraphemeClusterCount(text); n > maxText {
		p.bad(field, "has %d characters: at most %d", n, maxText)
	}
}

func (p *problems) action(at string, action map[string]json.RawMessage) {
	kind, _ := p.word(at+"type", action["type"])
	p.is(at+"type", kind, "SkillConnection")
	if uri, _ := p.word(at+"uri", action["uri"]); !coldLaunch.MatchString(uri) {
		p.bad(at+"uri", "must be of the form connection://AMAZON.ColdLaunch/1?provider=amzn1.ask.skill.{id}")
	}
	if input := bytes.TrimSpace(action["input"]); len(input) > 0 {
		if fields, ok := p.object(at+"input", input); ok && len(fields) > 0 {
			p.bad(at+"input", "must be empty")
		}
	}
}

func (p *problems) image(field string, document json.RawMessage) {
	text, given := p.word(field, document)
	address, err := url.Parse(text)
	switch {
	case !given && len(document) == 0:
		p.bad(field, "is missing: a background has an image")
	case given && (err != nil || address.Scheme != "https" || address.Host == ""):
		p.bad(field, "must be an https address")
	}
}

func (p *problems) targets(t Targeting) {
	p.is("targeting.type", t.Type, "UNITS")
	switch n := len(t.Values); {
	case n == 0:
		p.bad("targeting.values", "is empty: a campaign has at least one unit")
	case n > maxUnits:
		p.bad("targeting.values", "has %d units: at most %d; a larger promotion is split into several campaigns", n, maxUnits)
	}
	seen := map[Unit]bool{}
	for i, u := range t.Values {
		at := fmt.Sprintf("targeting.values[%d].id", i)
		switch {
		case len(u.ID) > maxID || !unitID.MatchString(u.ID):
			p.bad(at, "must be of the form amzn1.alexa.unit.did.{id}")
		case seen[u]:
			p.bad(at, "is that of another value")
		}
		seen[u] = true
	}
}

func (p *problems) window(w Window) {
	const at = "scheduling.activationWindow."
	parse := func(name, text string) (alexa.Instant, bool) {
		i, err := alexa.ParseInstant(text)
		if err != nil {
			p.bad(at+name, "must be a moment such as 2021-01-01T10:00:00Z")
		}
		return i, err == nil
	}
	start, begins := parse("start", w.Start)
	if end, ends := parse("end", w.End); begins && ends && end.Before(start.Time) {
		p.bad(at+"end", "is before the start")
	}
}

// validateUnits checks what a query is for. The vendor's example shows that it takes ids of other forms than that of rooms.
func validateUnits(units []string) error {
	var p problems
	if n := len(units); n < 1 || n > maxUnits {
		p.bad("a query", "is for 1 to %d units, not %d", maxUnits, n)
	}
	for i, id := range units {
		if len(id) > maxID || !printable.MatchString(id) {
			p.bad(fmt.Sprintf("unit %d", i+1), "is no id")
		}
	}
	return errors.Join(p...)
}

// validateID checks a campaign's id: the vendor documents no form, and a path must not lead elsewhere.
func validateID(id string) error {
	if len(id) > maxID || !printable.MatchString(id) || id == "." || id == ".." {
		return errors.New("that is no campaign's id")
	}
	return nil
}
