package alexa

import "golang.org/x/text/language"

// KnownLocale reports whether a text is a language with its region as BCP 47 writes them, such as en-US. Which of them the
// vendor serves changes, so that no list of it is kept here.
func KnownLocale(text string) bool {
	tag, err := language.Raw.Parse(text)
	if err != nil || tag.String() != text {
		return false
	}
	base, _, region := tag.Raw()
	return text == base.String()+"-"+region.String()
}
