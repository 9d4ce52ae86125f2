package convert

import (
	"slices"
	"strings"
	"unicode"
)

// AnyUnitID among the forms of [UnitIDs] accepts every text as a unit's id.
const AnyUnitID = "*"

// AlexaUnitID is what each unit's id begins with in the vendor's documents.
const AlexaUnitID = "amzn1.alexa.unit."

// unitIDs tells the ids of units from other text. They are what an id may begin with; none accepts every text.
type unitIDs []string

// UnitIDs sets what a unit's id may begin with. Behind that it has printable characters of ASCII only. By default, and with
// [AnyUnitID], every text is taken for an id: a caller who loads what others deliver should know better.
func UnitIDs(forms ...string) Option {
	return func(c *Converter) {
		c.unitIDs = forms
		if slices.Contains(forms, AnyUnitID) {
			c.unitIDs = nil
		}
	}
}

// accept returns what is wrong with a text that stands where an id should.
func (u unitIDs) accept(id string) error {
	if len(u) == 0 {
		return nil
	}
	for _, form := range u {
		if rest, begins := strings.CutPrefix(id, form); begins && rest != "" && !strings.ContainsFunc(rest, notGraphic) {
			return nil
		}
	}
	return complaint("not a unit's id: each begins with " + strings.Join(u, " or ") + " and has no spaces")
}

func notGraphic(r rune) bool { return r <= ' ' || r > '~' }

// UnitID returns a unit's id as the dataset has it; empty for a text that is none.
func UnitID(text string) string { return idText(text) }

// spellingsOfNothing are what programs write for a value that is not there, in lower case.
var spellingsOfNothing = []string{
	"-", "--", "–", "—", "n/a", "#n/a", "na", "n.a.", "null", "(null)", `\n`, "nil", "none", "nan", "undefined", "(blank)",
}

// idText returns the id in a cell: without the white space around it, and empty for a spelling of nothing.
func idText(cell string) string {
	cell = strings.TrimFunc(cell, blank)
	const longest = 16 // bytes of a spelling, with room
	if len(cell) <= longest && slices.Contains(spellingsOfNothing, strings.ToLower(cell)) {
		return ""
	}
	return cell
}

// blank is white space of every kind, and the marks without width that come along with it.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }
