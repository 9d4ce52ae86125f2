package alexa

import "errors"

// maxPages bounds the pages of one query. A vendor that names ever new tokens would otherwise never end.
const maxPages = 1000

// Pages follows the continuation tokens of one query. The zero value stands before the first page.
type Pages struct{ seen map[string]bool }

// Next notes the token that a page names for the next one, and returns an error when the vendor names one that it named
// before, or names too many: its pages would go round. An empty token ends the pages.
func (p *Pages) Next(token string) error {
	switch {
	case token == "":
		return nil
	case p.seen[token]:
		return errors.New("it names the continuation token of an earlier page: all pages are asked for again")
	case len(p.seen) == maxPages:
		return errors.New("its pages do not end: all pages are asked for again")
	case p.seen == nil:
		p.seen = map[string]bool{}
	}
	p.seen[token] = true
	return nil
}
