package lwa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/outbound"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// rotation is a refresh token that Login with Amazon issued in place of another one and that could not be
// written back yet.
type rotation struct{ from, to redact.Text }

// renew exchanges the refresh token for an access token and keeps it.
func (t *Tokens) renew(ctx context.Context) (redact.Text, error) {
	grant, err := t.grant(ctx)
	if refused, ok := errors.AsType[*RefusedError](err); ok && refused.Code == "invalid_grant" {
		// Another process may have rotated the refresh token, or a person renewed it, since it was read.
		t.secret.Forget()
		grant, err = t.grantUnless(ctx, grant.sent, err)
	}
	if err != nil {
		return redact.Text{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.until = grant.token, t.now().Add(grant.lifetime/5*4)
	return grant.token, nil
}

// grant is what one exchange gave.
type grant struct {
	sent     redact.Text
	token    redact.Text
	lifetime time.Duration
}

func (t *Tokens) grant(ctx context.Context) (grant, error) {
	return t.grantUnless(ctx, redact.Text{}, nil)
}

// grantUnless runs one exchange with the secret as it is now, or returns unchanged if its refresh token is
// still the one that was refused.
func (t *Tokens) grantUnless(ctx context.Context, refused redact.Text, unchanged error) (grant, error) {
	document, credentials, err := t.read(ctx)
	if err != nil {
		return grant{}, err
	}
	if unchanged != nil && credentials.RefreshToken.Equal(refused) {
		return grant{}, unchanged
	}
	reply, err := t.exchange(ctx, credentials)
	if err != nil {
		return grant{sent: credentials.RefreshToken}, fmt.Errorf("refresh the access token: %w", err)
	}
	t.scrubber.Add(reply.AccessToken, reply.RefreshToken)
	if !reply.RefreshToken.Empty() && !reply.RefreshToken.Equal(credentials.RefreshToken) {
		t.rotation = rotation{from: credentials.RefreshToken, to: reply.RefreshToken}
		// Before the access token is used: whoever dies in between must not leave a dead refresh token behind.
		if err := t.writeBack(ctx, document); err != nil {
			return grant{}, err
		}
	}
	return grant{
		sent: credentials.RefreshToken, token: reply.AccessToken,
		// More than a day is no lifetime of a token that lives an hour, and would only overflow.
		lifetime: time.Duration(max(0, min(reply.ExpiresIn, 86400))) * time.Second,
	}, nil
}

// read returns the secret, with a rotated refresh token that an earlier exchange could not write back written.
func (t *Tokens) read(ctx context.Context) ([]byte, Credentials, error) {
	document, err := t.secret.Read(ctx)
	if fault.Is(err, fault.NotFound) {
		return nil, Credentials{}, fmt.Errorf("nobody has logged in yet: %s: read the LWA secret: %w", remedy, err)
	}
	if err != nil {
		return nil, Credentials{}, fmt.Errorf("read the LWA secret: %w", err)
	}
	credentials, err := ParseCredentials(document)
	if err != nil {
		return nil, Credentials{}, err
	}
	t.scrubber.Add(credentials.ClientSecret, credentials.RefreshToken)
	if t.rotation.to.Empty() {
		return document, credentials, nil
	}
	if !credentials.RefreshToken.Equal(t.rotation.from) {
		// The secret has moved on without us: what it says now counts.
		t.rotation = rotation{}
		return document, credentials, nil
	}
	credentials.RefreshToken = t.rotation.to
	return document, credentials, t.writeBack(ctx, document)
}

func (t *Tokens) writeBack(ctx context.Context, document []byte) error {
	document, err := rotate(document, t.rotation.to)
	if err == nil {
		err = t.secret.Write(ctx, document)
	}
	if err != nil {
		return fmt.Errorf("write the rotated refresh token back to the LWA secret: %w", err)
	}
	t.rotation = rotation{}
	return nil
}

// answer is the token endpoint's, of a success and of a failure.
type answer struct {
	AccessToken  redact.Text `json:"access_token"`
	RefreshToken redact.Text `json:"refresh_token"`
	ExpiresIn    int64       `json:"expires_in"`
	Error        string      `json:"error"`
}

// exchange sends the refresh grant: a form, as the documents show it. It may be repeated.
func (t *Tokens) exchange(ctx context.Context, c Credentials) (answer, error) {
	form := url.Values{
		"grant_type":    {"refresh_token"},
		"refresh_token": {c.RefreshToken.Reveal()},
		"client_id":     {c.ClientID},
		"client_secret": {c.ClientSecret.Reveal()},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, fault.New(fault.Poison, "the token endpoint is not a URL")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	reply, err := t.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	return understand(reply)
}

// understand makes sense of the endpoint's answer. Of its words only a known error code is repeated: its descriptions
// have been seen to quote the request.
func understand(reply outbound.Reply) (answer, error) {
	var a answer
	if err := json.Unmarshal(reply.Body, &a); err != nil {
		return answer{}, fault.New(fault.Transient, "the token endpoint answered %d without readable JSON", reply.Status)
	}
	switch {
	case isFinal(a.Error):
		return answer{}, fault.As(fault.Poison, &RefusedError{Code: a.Error})
	case reply.Status != http.StatusOK:
		return answer{}, fault.New(fault.Transient, "the token endpoint answered %d", reply.Status)
	case !reply.Whole || !sendable(a.AccessToken):
		return answer{}, fault.New(fault.Transient, "the token endpoint answered %d without an access token", reply.Status)
	}
	return a, nil
}

// sendable reports whether a token can stand in a header.
func sendable(token redact.Text) bool {
	for _, r := range token.Reveal() {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return !token.Empty()
}
