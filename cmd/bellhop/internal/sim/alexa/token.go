package alexa

import (
	"crypto/subtle"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"
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
	maxBody    = 64 << 10
	formType   = "application/x-www-form-urlencoded"
	jsonType   = "application/json"
	tokenChars = 352 // documented: an access token has 350 to 2048 bytes
)

// token serves POST /auth/o2/token.
func (s *Simulator) token(r *http.Request) answer {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Counters.TokenCalls++
	if err != nil || len(body) > maxBody {
		return s.refuseToken(http.StatusBadRequest, "invalid_request", "The request body is too large or incomplete")
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != formType {
		return s.refuseToken(http.StatusBadRequest, "invalid_request", "The Content-Type must be "+formType)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return s.refuseToken(http.StatusBadRequest, "invalid_request", "The request body is not form-encoded")
	}
	for _, values := range form {
		if len(values) > 1 {
			return s.refuseToken(http.StatusBadRequest, "invalid_request", "The request has a parameter twice")
		}
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	for _, required := range []struct{ name, value string }{
		{"grant_type", form.Get("grant_type")}, {"client_id", id}, {"client_secret", secret},
	} {
		if required.value == "" {
			return s.refuseToken(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter : "+required.name)
		}
	}
	client, known := s.clients[id]
	if !known || subtle.ConstantTimeCompare([]byte(client.Secret), []byte(secret)) != 1 {
		return s.refuseToken(http.StatusUnauthorized, "invalid_client", "Client authentication failed")
	}
	if form.Get("grant_type") != "refresh_token" {
		return s.refuseToken(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported")
	}
	if form.Get("refresh_token") == "" {
		return s.refuseToken(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter : refresh_token")
	}
	return s.refresh(client, form.Get("refresh_token"))
}

// refresh trades a refresh token for an access token. The caller holds the lock.
func (s *Simulator) refresh(client Client, refreshToken string) answer {
	chain := s.state.Refresh[client.ID]
	at := slices.Index(chain, refreshToken)
	if at < 0 {
		return s.refuseGrant()
	}
	rotate := s.switches.RotateRefreshTokens
	for _, f := range s.strikes(tokenFault, occasion{call: s.state.Counters.TokenCalls}) {
		switch f.Kind {
		case TokenRevoked:
			s.withdraw(func(g grant) bool { return g.Client == client.ID })
			return s.refuseGrant()
		case TokenServerError:
			return s.refuseToken(f.Status, "server_error", "The service is temporarily unavailable")
		case TokenRotated:
			rotate = true
		}
	}
	now := s.now()
	chain = chain[at:] // a token that was used ends its predecessors
	s.withdraw(func(g grant) bool { return !now.Before(g.Expires) })
	s.state.Counters.TokensGranted++
	c := draw(s.seed, "token", client.ID, int64(s.state.Counters.TokensGranted))
	access := "Atza|" + c.hex(tokenChars-5)
	successor := refreshToken
	if rotate {
		successor = "Atzr|" + c.hex(tokenChars-5)
		chain = append(slices.Clone(chain), successor)
	}
	s.state.Refresh[client.ID] = chain
	s.state.Access[access] = grant{Client: client.ID, Expires: now.Add(s.switches.TokenLifetime)}
	return jsonAnswer(http.StatusOK, tokenAnswer{
		AccessToken: access, TokenType: "bearer", ExpiresIn: int(s.switches.TokenLifetime.Seconds()), RefreshToken: successor,
	})
}

// withdraw forgets the access tokens that match. The caller holds the lock.
func (s *Simulator) withdraw(match func(grant) bool) {
	for text, g := range s.state.Access {
		if match(g) {
			delete(s.state.Access, text)
		}
	}
}

func (s *Simulator) refuseGrant() answer {
	return s.refuseToken(http.StatusBadRequest, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
}

func (s *Simulator) refuseToken(status int, code, description string) answer {
	s.state.Counters.TokensRefused[code]++
	return jsonAnswer(status, tokenError{Error: code, Description: description})
}
