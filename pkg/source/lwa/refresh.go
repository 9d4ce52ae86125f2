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
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// rotation is a refresh token that Login with Amazon issued in place of another one and that could not be
// written back yet.
type rotation struct{ from, to redact.Text }

// renew exchanges the refresh token for an access token and keeps it.
func (t *Tokens) renew(ctx context.Context) (redact.Text, error) {
	grant, err := t.grantUnless(ctx, redact.Text{}, nil, false)
	if refused, ok := errors.AsType[*RefusedError](err); ok && refused.Code == "invalid_grant" {
		// Another process may have rotated the refresh token, or a person renewed it, since it was read.
		t.o.Secret.Forget()
		grant, err = t.grantUnless(ctx, grant.sent, err, false)
	}
	if err != nil {
		return redact.Text{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.until = grant.token, t.o.Now().Add(grant.lifetime/5*4)
	return grant.token, nil
}

// grant is what one exchange gave.
type grant struct {
	sent     redact.Text
	token    redact.Text
	lifetime time.Duration
}

// grantUnless runs one exchange with the secret as it is now, or returns unchanged if its refresh token is still the one that
// was refused. again says that this is the exchange with a login that came in the middle of the one before.
func (t *Tokens) grantUnless(ctx context.Context, refused redact.Text, unchanged error, again bool) (grant, error) {
	credentials, err := t.read(ctx)
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
	t.o.Scrubber.Add(reply.AccessToken, reply.RefreshToken)
	if !reply.RefreshToken.Empty() && !reply.RefreshToken.Equal(credentials.RefreshToken) {
		t.rotation = rotation{from: credentials.RefreshToken, to: reply.RefreshToken}
		// Before the access token is used: a process that dies in between must not leave a dead refresh token behind.
		superseded, err := t.writeBack(ctx)
		if err != nil {
			return grant{}, err
		}
		if superseded && !again {
			return t.grantUnless(ctx, redact.Text{}, nil, true)
		}
	}
	return grant{
		sent: credentials.RefreshToken, token: reply.AccessToken,
		// A token lives an hour. A lifetime of more than a day is a mistake, and would only overflow.
		lifetime: time.Duration(max(0, min(reply.ExpiresIn, 86400))) * time.Second,
	}, nil
}

// read returns the secret's credentials. A rotated refresh token that an earlier exchange could not write back is written
// first, or dropped when there is a newer login.
func (t *Tokens) read(ctx context.Context) (Credentials, error) {
	if !t.rotation.to.Empty() {
		if _, err := t.writeBack(ctx); err != nil {
			return Credentials{}, err
		}
	}
	_, credentials, err := t.stored(ctx)
	return credentials, err
}

// stored returns the secret as it is.
func (t *Tokens) stored(ctx context.Context) ([]byte, Credentials, error) {
	document, err := t.o.Secret.Read(ctx)
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
	t.o.Scrubber.Add(credentials.ClientSecret, credentials.RefreshToken)
	return document, credentials, nil
}

// maxWriteBacks is how often a write-back looks at a secret that another process keeps changing.
const maxWriteBacks = 3

// writeBack puts the rotated refresh token in the place of the one that it was issued for. When the secret holds another
// one by now, that of a newer login, it stays, and the rotation is dropped: superseded says so.
func (t *Tokens) writeBack(ctx context.Context) (superseded bool, err error) {
	for range maxWriteBacks {
		// What is in memory may be minutes old.
		t.o.Secret.Forget()
		document, credentials, err := t.stored(ctx)
		if err != nil {
			return false, err
		}
		if !credentials.RefreshToken.Equal(t.rotation.from) {
			superseded = !credentials.RefreshToken.Equal(t.rotation.to)
			t.rotation = rotation{}
			return superseded, nil
		}
		rotated, err := rotate(document, t.rotation.to)
		if err == nil {
			err = t.o.Secret.Replace(ctx, document, rotated)
		}
		if fault.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("write the rotated refresh token back to the LWA secret: %w", err)
		}
		t.rotation = rotation{}
		return false, nil
	}
	return false, fault.New(fault.Transient, "write the rotated refresh token back to the LWA secret: it keeps changing")
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
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.o.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, fault.New(fault.Poison, "the token endpoint is not a URL")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	reply, err := t.o.HTTP.Do(req)
	if err != nil {
		return answer{}, err
	}
	return understand(reply)
}

// understand makes sense of the endpoint's answer. Of its words only a known error code is repeated: its descriptions
// have been seen to quote the request.
func understand(reply httpclient.Reply) (answer, error) {
	var a answer
	if err := json.Unmarshal(reply.Body, &a); err != nil {
		return answer{}, fault.New(fault.Transient, "the token endpoint answered %d without readable JSON", reply.Status)
	}
	switch {
	case final[a.Error] != "":
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
