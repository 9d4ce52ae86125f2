// Package lwa gets access tokens from Login with Amazon by the refresh grant.
package lwa

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// DefaultEndpoint is the token URL for organisations of every region.
const DefaultEndpoint = "https://api.amazon.com/auth/o2/token"

// Secret is where the [Credentials] are kept. Reads may come from memory until Forget.
type Secret interface {
	Read(ctx context.Context) ([]byte, error)
	// Replace puts document in the place of old. Conflict when there is another one by now.
	Replace(ctx context.Context, old, document []byte) error
	Forget()
}

// Options are what [New] needs.
type Options struct {
	// Endpoint is the token URL; empty means [DefaultEndpoint].
	Endpoint string
	HTTP     *httpclient.Client
	Secret   Secret
	Now      func() time.Time
	// Scrubber learns every secret that passes through here; it may be nil.
	Scrubber *redact.Scrubber
	// Failed, if set, is told of every renewal that failed, once for all that waited for it.
	Failed func(error)
}

// Tokens hands out access tokens. It is safe for concurrent use: callers that need a new token at the same time
// wait for one and the same exchange.
type Tokens struct {
	o      Options
	flight singleflight.Group

	mu    sync.Mutex
	token redact.Text
	until time.Time

	// rotation is touched inside the flight only.
	rotation rotation
}

// New returns a token source. Nothing is read or sent before the first Token.
func New(o Options) *Tokens {
	o.Endpoint = cmp.Or(o.Endpoint, DefaultEndpoint)
	return &Tokens{o: o}
}

// Token returns an access token that lives for at least a fifth of its lifetime more. An error of kind
// [fault.Poison] needs a person ([RefusedError], or a secret that holds no credentials); a Transient one passes; others are the
// secret store's. No error holds a secret.
//
// The exchange goes on when ctx ends before it does: a refresh token that it rotated would be lost otherwise.
func (t *Tokens) Token(ctx context.Context) (redact.Text, error) {
	if token, ok := t.cached(); ok {
		return token, nil
	}
	result := t.flight.DoChan("", func() (any, error) {
		// The flight before this one may have ended between our look and this moment.
		if token, ok := t.cached(); ok {
			return token, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
		defer cancel()
		token, err := t.renew(ctx)
		// Where nobody has logged in yet, no renewal has failed.
		if err != nil && t.o.Failed != nil && !fault.Is(err, fault.NotFound) {
			t.o.Failed(err)
		}
		return token, err
	})
	select {
	case <-ctx.Done():
		return redact.Text{}, fault.New(fault.Transient, "wait for an access token: %w", ctx.Err())
	case r := <-result:
		token, _ := r.Val.(redact.Text)
		return token, r.Err
	}
}

// Format writes the type's name alone: what is inside is either secret or belongs to another package.
func (t *Tokens) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "lwa.Tokens") }

// LogValue is the type's name alone.
func (t *Tokens) LogValue() slog.Value { return slog.StringValue("lwa.Tokens") }

// exchangeTime bounds a renewal: reading the secret, two exchanges at most, writing it back.
const exchangeTime = 30 * time.Second

func (t *Tokens) cached() (redact.Text, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.token, !t.token.Empty() && t.o.Now().Before(t.until)
}

// Drop makes the next Token fetch a new one, if token is still the one that is handed out: of many callers that
// were refused with the same token only the first does anything. The secret is read anew as well.
func (t *Tokens) Drop(token redact.Text) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.Equal(token) {
		t.token = redact.Text{}
		t.o.Secret.Forget()
	}
}
