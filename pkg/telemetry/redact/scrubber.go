// Package redact keeps secrets out of everything that people read: a string type that cannot be printed, and
// a scrubber for text that may hold secrets all the same. It is a leaf: it imports the standard library only.
package redact

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// MinKnown is the length from which on a known secret is searched for. Anything shorter is a placeholder, and
// taking it out would shred every text.
const MinKnown = 6

// A Login with Amazon token begins with Atza| or Atzr|; the bar may be escaped as in a URL or in JSON.
var tokens = regexp.MustCompile(`(?i)\bAtz[ar](?:\||%7c|\\u007c)[^\s"'<>]*|\b(?:bearer|basic)\s+[^\s"'<>,;]{8,}`)

// Scrubber takes secrets out of text: Login with Amazon tokens and authorization headers by their looks, and
// the secrets it was told of by their value. The zero Scrubber is ready, and so is a nil one, which knows no
// values. It is safe for concurrent use.
type Scrubber struct {
	mu    sync.RWMutex
	known []Text
}

// Add makes s take out these secrets from now on, also as they look inside a URL or a JSON string.
func (s *Scrubber) Add(secrets ...Text) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		if len(secret.Reveal()) < MinKnown {
			continue
		}
		for _, form := range forms(secret.Reveal()) {
			if !slices.ContainsFunc(s.known, NewText(form).Equal) {
				s.known = append(s.known, NewText(form))
			}
		}
	}
	// Longest first: a secret that contains another must not leave its tail behind.
	slices.SortStableFunc(s.known, func(a, b Text) int { return len(b.Reveal()) - len(a.Reveal()) })
}

// forms returns how a secret may look in text.
func forms(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	// A string always marshals; invalid UTF-8 is replaced, and then this form merely never occurs.
	if quoted, err := json.Marshal(secret); err == nil {
		all = append(all, string(quoted[1:len(quoted)-1]))
	}
	return all
}

// Scrub returns text without secrets. It is for bellhop's own text: keys, digests and ids stay as they are.
func (s *Scrubber) Scrub(text string) string {
	if s != nil {
		s.mu.RLock()
		for _, secret := range s.known {
			text = strings.ReplaceAll(text, secret.Reveal(), Mark)
		}
		s.mu.RUnlock()
	}
	return tokens.ReplaceAllString(text, Mark)
}
