package alexa

import (
	"cmp"
	"crypto/subtle"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// grant is an access token that was handed out.
type grant struct {
	Client  string    `json:"client"`
	Expires time.Time `json:"expires"`
}

// tokenAnswer and tokenError are the documented bodies of Login with Amazon.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
}

type tokenError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

const (
	formType   = "application/x-www-form-urlencoded"
	tokenChars = 352 // documented: an access token has 350 to 2048 bytes
)

// token serves POST /auth/o2/token. The caller holds the lock.
func (s *Simulator) token(r *http.Request, body []byte, whole bool) rest.Answer {
	s.state.Counters.TokenCalls++
	media, _, mediaErr := mime.ParseMediaType(r.Header.Get("Content-Type"))
	form, formErr := url.ParseQuery(string(body))
	twice := false
	for _, values := range form {
		twice = twice || len(values) > 1
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	client, known := s.clients[id]
	const (
		invalid = "invalid_request"
		missing = "The request is missing a required parameter : "
	)
	for _, refusal := range []struct {
		when       bool
		status     int
		code, text string
	}{
		{!whole, http.StatusBadRequest, invalid, "The request body is too large or incomplete"},
		{mediaErr != nil || media != formType, http.StatusBadRequest, invalid, "The Content-Type must be " + formType},
		{formErr != nil, http.StatusBadRequest, invalid, "The request body is not form-encoded"},
		{twice, http.StatusBadRequest, invalid, "The request has a parameter twice"},
		{form.Get("grant_type") == "", http.StatusBadRequest, invalid, missing + "grant_type"},
		{id == "", http.StatusBadRequest, invalid, missing + "client_id"},
		{secret == "", http.StatusBadRequest, invalid, missing + "client_secret"},
		{!known || subtle.ConstantTimeCompare([]byte(client.Secret), []byte(secret)) != 1, http.StatusUnauthorized,
			"invalid_client", "Client authentication failed"},
		{form.Get("grant_type") != "refresh_token", http.StatusBadRequest,
			"unsupported_grant_type", "The authorization grant type is not supported"},
		{form.Get("refresh_token") == "", http.StatusBadRequest, invalid, missing + "refresh_token"},
	} {
		if refusal.when {
			return s.refuseToken(refusal.status, refusal.code, refusal.text)
		}
	}
	return s.refresh(client, form.Get("refresh_token"))
}

// refresh trades a refresh token for an access token.
func (s *Simulator) refresh(client Client, refreshToken string) rest.Answer {
	chain := s.state.Refresh[client.ID]
	at := slices.Index(chain, refreshToken)
	if at < 0 {
		return s.refuseGrant()
	}
	rotate := s.switches.RotateRefreshTokens
	for _, f := range s.strikes(atToken, call{Call: script.Call{Number: s.state.Counters.TokenCalls}}) {
		switch f.Kind {
		case TokenRevoked:
			maps.DeleteFunc(s.state.Access, func(_ string, g grant) bool { return g.Client == client.ID })
			return s.refuseGrant()
		case TokenServerError:
			return s.refuseToken(cmp.Or(f.Status, http.StatusServiceUnavailable), "server_error", "The service is temporarily unavailable")
		case TokenRotated:
			rotate = true
		}
	}
	now := s.now()
	chain = chain[at:] // a token that was used ends its predecessors
	maps.DeleteFunc(s.state.Access, func(_ string, g grant) bool { return !now.Before(g.Expires) })
	s.state.Counters.TokensGranted++
	c := chance.Draw(s.seed, "token", client.ID, int64(s.state.Counters.TokensGranted))
	access := "Atza|" + c.Hex(tokenChars-5)
	successor := refreshToken
	if rotate {
		successor = "Atzr|" + c.Hex(tokenChars-5)
		chain = append(slices.Clone(chain), successor)
	}
	s.state.Refresh[client.ID] = chain
	s.state.Access[access] = grant{Client: client.ID, Expires: now.Add(s.switches.TokenLifetime)}
	return rest.JSON(http.StatusOK, tokenAnswer{
		AccessToken: access, TokenType: "bearer", ExpiresIn: int(s.switches.TokenLifetime.Seconds()), RefreshToken: successor,
	})
}

func (s *Simulator) refuseGrant() rest.Answer {
	return s.refuseToken(http.StatusBadRequest, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
}

func (s *Simulator) refuseToken(status int, code, description string) rest.Answer {
	s.state.Counters.TokensRefused[code]++
	return rest.JSON(status, tokenError{Error: code, Description: description})
}
