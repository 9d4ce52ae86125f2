package lwa

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Credentials are the document that the LWA secret holds, as JSON: client_id, client_secret, refresh_token.
// Printing them shows the client's id only.
type Credentials struct {
	ClientID     string      `json:"client_id"`
	ClientSecret redact.Text `json:"client_secret"`
	RefreshToken redact.Text `json:"refresh_token"`
}

// ParseCredentials reads the secret's document. The error, of kind [fault.Poison], names every missing field and
// shows nothing of the document.
func ParseCredentials(document []byte) (Credentials, error) {
	var c Credentials
	if err := json.Unmarshal(document, &c); err != nil {
		// The decoder's error quotes what it read.
		return Credentials{}, fault.New(fault.Poison, "the LWA secret is not JSON with client_id, client_secret and refresh_token: %s", remedy)
	}
	var problems []error
	for _, field := range []struct {
		name    string
		missing bool
	}{
		{"client_id", c.ClientID == ""},
		{"client_secret", c.ClientSecret.Empty()},
		{"refresh_token", c.RefreshToken.Empty()},
	} {
		if field.missing {
			problems = append(problems, fmt.Errorf("the LWA secret has no %s: %s", field.name, remedy))
		}
	}
	if len(problems) > 0 {
		return Credentials{}, fault.As(fault.Poison, errors.Join(problems...))
	}
	return c, nil
}

// Known returns what a document holds of credentials, which may be a part of them, or nothing.
func Known(document []byte) Credentials {
	var c Credentials
	if err := json.Unmarshal(document, &c); err != nil {
		return Credentials{}
	}
	return c
}

// Into returns a document with these credentials in place of those that it holds. Fields that bellhop does not know
// stay. Nothing stays of a document that is not a JSON object, or does not exist yet.
func (c Credentials) Into(document []byte) ([]byte, error) {
	fields := map[string]any{}
	if err := json.Unmarshal(document, &fields); err != nil || fields == nil {
		fields = map[string]any{}
	}
	fields["client_id"], fields["client_secret"], fields["refresh_token"] = c.ClientID, c.ClientSecret.Reveal(), c.RefreshToken.Reveal()
	return encoded(fields)
}

// rotate returns the document with another refresh token. Fields that bellhop does not know stay.
func rotate(document []byte, refreshToken redact.Text) ([]byte, error) {
	fields := map[string]any{}
	if err := json.Unmarshal(document, &fields); err != nil {
		return nil, fault.New(fault.Poison, "the LWA secret is not a JSON object")
	}
	fields["refresh_token"] = refreshToken.Reveal()
	return encoded(fields)
}

func encoded(fields map[string]any) ([]byte, error) {
	document, err := json.Marshal(fields)
	if err != nil {
		return nil, fault.New(fault.Internal, "the LWA secret cannot be written as JSON")
	}
	return document, nil
}
