package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Format is the number of the layout in which this code writes the ledger. One record of the ledger says it. A change that an older
// bellhop would misread or undo counts it up; the first format is also that of a ledger which says none.
const Format = 1

type formatDoc struct {
	Format int `json:"format"`
}

// Checked returns the store for one process: before its first call it makes sure that this code knows the ledger's format,
// and before its first write that the ledger says the format of this code. A newer format stops every call, with an error of kind
// Internal: no file and no job is to blame for it. It costs one read, and in the life of a format one write.
func Checked(store Store) Store { return &checked{store: store} }

type checked struct {
	store Store

	mu sync.Mutex
	// known is set once the format is known, numbered once the ledger says [Format].
	known, numbered bool
	version         int64
}

// look reads the format once.
func (c *checked) look(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read(ctx)
}

func (c *checked) read(ctx context.Context) error {
	if c.known {
		return nil
	}
	records, err := c.store.Get(ctx, formatKey)
	if err != nil {
		return fmt.Errorf("look at the ledger's format: %w", err)
	}
	doc := formatDoc{Format: 1}
	r, says := records[formatKey]
	if says {
		doc.Format = 0
		if err := json.Unmarshal(r.Doc, &doc); err != nil || doc.Format < 1 {
			return fault.New(fault.Internal, "the ledger's record %s does not say its format: put back {\"format\":%d}, if that is what it is", formatKey, Format)
		}
	}
	if doc.Format > Format {
		return fault.New(fault.Internal, "the ledger is of format %d, and this bellhop knows none after %d: use a newer bellhop", doc.Format, Format)
	}
	c.known, c.numbered, c.version = true, says && doc.Format == Format, r.Version
	return nil
}

// begin makes sure once that the ledger says the format, so that an older bellhop stops.
func (c *checked) begin(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.read(ctx); err != nil || c.numbered {
		return err
	}
	doc, err := json.Marshal(formatDoc{Format})
	if err != nil {
		panic(err) // a number always is JSON
	}
	err = c.store.Write(ctx, Mutation{Record: Record{Key: formatKey, Doc: doc}, Expect: c.version})
	if fault.Is(err, fault.Conflict) {
		// Another process began just now. It may be a newer bellhop's.
		c.known = false
		return c.read(ctx)
	}
	if err != nil {
		return fmt.Errorf("write the ledger's format: %w", err)
	}
	c.numbered = true
	return nil
}

func (c *checked) Get(ctx context.Context, keys ...Key) (map[Key]Record, error) {
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	return c.store.Get(ctx, keys...)
}

func (c *checked) Query(ctx context.Context, pk, prefix string) ([]Record, error) {
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	return c.store.Query(ctx, pk, prefix)
}

func (c *checked) Between(ctx context.Context, pk, first, last string) ([]Record, error) {
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	return c.store.Between(ctx, pk, first, last)
}

func (c *checked) Due(ctx context.Context, lane DueQueue, now time.Time, limit int) ([]Key, error) {
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	return c.store.Due(ctx, lane, now, limit)
}

func (c *checked) Write(ctx context.Context, mutations ...Mutation) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	return c.store.Write(ctx, mutations...)
}

func (c *checked) Scan(ctx context.Context, prefix string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if err := c.look(ctx); err != nil {
			yield(Record{}, err)
			return
		}
		c.store.Scan(ctx, prefix)(yield)
	}
}
