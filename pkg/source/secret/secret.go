// Package secret reads and writes back one secret document, wherever an account keeps it: AWS Secrets Manager,
// an SSM parameter, or whatever else implements [Store].
package secret

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Store keeps one document. Its errors have a kind: NotFound when there is no such secret, Transient when
// trying again may help, Internal otherwise; and they never hold the document.
type Store interface {
	// Read returns the current document.
	Read(ctx context.Context) ([]byte, error)
	// Write replaces the document. Repeating it is safe.
	Write(ctx context.Context, document []byte) error
	// Replace puts document in the place of old. Conflict when the store holds another one by now, which stays.
	Replace(ctx context.Context, old, document []byte) error
}

// CacheFor is how long a [Cached] trusts what it read.
const CacheFor = 5 * time.Minute

// Cached is a [Store] that asks its store at most once in [CacheFor]. It is safe for concurrent use.
type Cached struct {
	store Store
	now   func() time.Time

	mu       sync.Mutex
	document redact.Text
	until    time.Time
}

// NewCached returns a cache before store.
func NewCached(store Store, now func() time.Time) *Cached { return &Cached{store: store, now: now} }

// Read returns the document, from memory while that is fresh. Errors are not kept.
func (c *Cached) Read(ctx context.Context) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.document.Empty() && c.now().Before(c.until) {
		return []byte(c.document.Reveal()), nil
	}
	document, err := c.store.Read(ctx)
	if err != nil {
		return nil, err
	}
	c.keep(document)
	return document, nil
}

// Write writes through.
func (c *Cached) Write(ctx context.Context, document []byte) error {
	return c.through(document, func() error { return c.store.Write(ctx, document) })
}

// Replace asks the store, whatever is in memory.
func (c *Cached) Replace(ctx context.Context, old, document []byte) error {
	return c.through(document, func() error { return c.store.Replace(ctx, old, document) })
}

// through keeps a document that is written.
func (c *Cached) through(document []byte, write func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Whether a failed write took effect is not known, so neither document may be trusted.
	c.document = redact.Text{}
	if err := write(); err != nil {
		return err
	}
	c.keep(document)
	return nil
}

// Forget makes the next Read ask the store: another process may have changed the secret.
func (c *Cached) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.document = redact.Text{}
}

// Format writes the type's name alone: the store behind may hold the document openly.
func (c *Cached) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "secret.Cached") }

func (c *Cached) keep(document []byte) {
	c.document, c.until = redact.NewText(string(document)), c.now().Add(CacheFor)
}
