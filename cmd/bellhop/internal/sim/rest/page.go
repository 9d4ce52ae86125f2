package rest

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
)

// Pages makes the tokens by which an API is read on. A token says where to go on and whose query it belongs to; only the vendor
// that sealed it takes it back.
type Pages struct {
	Seed uint64
	// Life is how long a token is good for.
	Life time.Duration
}

type position struct {
	Offset int    `json:"o"`
	Query  string `json:"q"`
	Issued int64  `json:"t"`
}

// Seal returns the token for the offset at which the query goes on.
func (p Pages) Seal(query string, offset int, now time.Time) string {
	text, err := json.Marshal(position{Offset: offset, Query: digest(query), Issued: now.Unix()})
	if err != nil {
		panic(err) // two numbers and a string
	}
	payload := base64.RawURLEncoding.EncodeToString(text)
	return payload + "." + p.mark(payload)
}

// Open returns the offset of a token, or what is wrong with it. Without a token the offset is 0.
func (p Pages) Open(token, query string, now time.Time) (offset int, problem string) {
	if token == "" {
		return 0, ""
	}
	payload, mark, _ := strings.Cut(token, ".")
	var at position
	text, err := base64.RawURLEncoding.DecodeString(payload)
	switch {
	case err != nil, mark != p.mark(payload), json.Unmarshal(text, &at) != nil:
		return 0, "nextToken is not one that this service returned"
	case at.Query != digest(query):
		return 0, "nextToken belongs to another request"
	case now.Sub(time.Unix(at.Issued, 0)) >= p.Life:
		return 0, "nextToken is expired"
	}
	return at.Offset, ""
}

func (p Pages) mark(payload string) string { return chance.Draw(p.Seed, "page", payload, 0).Hex(16) }

func digest(query string) string { return chance.Draw(0, "query", query, 0).Hex(16) }
