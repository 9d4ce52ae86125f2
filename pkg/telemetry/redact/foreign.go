package redact

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxForeign bounds what [Scrubber.Foreign] returns, in characters.
const MaxForeign = 300

var (
	// Forty characters without a break are no word of any language: a token, a key, an encoded blob. Dots and
	// colons break, so that an id such as amzn1.alexa.unit.did.X keeps its beginning.
	blob = regexp.MustCompile(`[A-Za-z0-9+/_=~%-]{40,}`)
	// Quoted text with a blank in it is a name that a person gave: a room, a resident's device. A quoted word
	// without one is a field or a value of the vendor's and says what is wrong.
	quoted = regexp.MustCompile("\"[^\"]*\\s[^\"]*\"|“[^”]*\\s[^”]*”|«[^»]*\\s[^»]*»|`[^`]*\\s[^`]*`")
	// An apostrophe opens only after a blank or a bracket and closes only before one or before punctuation, or
	// else "isn't allowed, don't" would be a quotation.
	apostrophes = regexp.MustCompile(`(^|[\s(\[:=])'[^']*\s[^']*'($|[\s)\].,;:!?])`)
)

// Foreign returns text from outside bellhop as one line that is fit for logs, errors and the ledger: without
// secrets, without anything that looks like one, without quoted names and control characters, and cut to
// [MaxForeign]. Names that are not quoted cannot be recognised.
func (s *Scrubber) Foreign(text string) string {
	text = strings.ToValidUTF8(text, "�")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, text)
	text = s.Scrub(strings.Join(strings.Fields(text), " "))
	text = blob.ReplaceAllString(text, Mark)
	text = quoted.ReplaceAllString(text, `"…"`)
	text = apostrophes.ReplaceAllString(text, `$1"…"$2`)
	return clip(text, MaxForeign)
}

// clip cuts text to n characters, the last of which then shows that it was cut.
func clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	return string(runes[:n-1]) + "…"
}
