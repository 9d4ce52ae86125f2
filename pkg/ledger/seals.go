package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// maxSealed is how many certificates fit into one seal: its transaction takes each off the list of those that wait, and
// writes the seal and the end of the chain.
const maxSealed = MaxMutations - 2

// putCertificate writes a certificate, and puts it on the list of those that wait for their seal.
func (t *tx) putCertificate(file string, c report.Certificate) error {
	if err := t.putAt(certKey(file, c.VerifiedAt), 0, "", time.Time{}, c); err != nil {
		return err
	}
	return t.putAt(unsealedKey(file, c.VerifiedAt), 0, "", time.Time{}, c.Seal())
}

// Seal adds the certificates that wait to the chain, oldest first, and returns how many it sealed. A seal that another run
// writes at the same time is as good: then this run leaves the rest to that one.
func (l *Ledger) Seal(ctx context.Context, now time.Time) (sealed int, err error) {
	waiting, err := l.store.Query(ctx, unsealedPrefix, "")
	if err != nil {
		return 0, fmt.Errorf("read the certificates without a seal: %w", err)
	}
	for len(waiting) > 0 {
		some := waiting[:min(maxSealed, len(waiting))]
		waiting = waiting[len(some):]
		if err := l.seal(ctx, some, now); fault.Is(err, fault.Conflict) {
			return sealed, nil
		} else if err != nil {
			return sealed, fmt.Errorf("seal %d certificates: %w", len(some), err)
		}
		sealed += len(some)
	}
	return sealed, nil
}

func (l *Ledger) seal(ctx context.Context, waiting []Record, now time.Time) error {
	certificates := make([]report.Sealed, len(waiting))
	for i, r := range waiting {
		if err := decode(r, &certificates[i]); err != nil {
			return err
		}
	}
	return l.atomically(ctx, []Key{chainKey}, func(t *tx) error {
		var end chainDoc
		if _, err := t.get(chainKey, &end); err != nil {
			return err
		}
		next := report.Seal{Number: end.Number, Hash: end.Hash}.After(certificates, now)
		if err := t.put(chainKey, "", time.Time{}, chainDoc{next.Number, next.Hash}); err != nil {
			return err
		}
		if err := t.putAt(sealKey(next.Number), 0, "", time.Time{}, next); err != nil {
			return err
		}
		for _, r := range waiting {
			t.deleteAt(r.Key, r.Version)
		}
		return nil
	})
}

// chainDoc is the end of the chain: the newest seal.
type chainDoc struct {
	Number int    `json:"number"`
	Hash   string `json:"hash"`
}

// Chain is the whole chain of seals, with what waits for the next one.
type Chain struct {
	Seals []report.Seal
	// Number and Hash are of the seal that the ledger holds for the newest.
	Number int
	Hash   string
	// Waiting are the certificates without a seal, oldest first.
	Waiting []report.Sealed
}

// Chain reads the chain, for people and reports.
func (l *Ledger) Chain(ctx context.Context) (Chain, error) {
	var c Chain
	// What waits is read first: a certificate that is sealed meanwhile is then seen twice, and not nowhere.
	waiting, err := l.store.Query(ctx, unsealedPrefix, "")
	if err != nil {
		return c, err
	}
	if c.Waiting, err = decodeEach[report.Sealed](waiting); err != nil {
		return c, err
	}
	// The end of the chain is last in order, behind all numbers.
	records, err := l.store.Query(ctx, sealPrefix, "")
	if err != nil || len(records) == 0 {
		return c, err
	}
	last := len(records) - 1
	var end chainDoc
	if records[last].Key == chainKey {
		if err := decode(records[last], &end); err != nil {
			return c, err
		}
		records = records[:last]
	}
	c.Number, c.Hash = end.Number, end.Hash
	c.Seals, err = decodeEach[report.Seal](records)
	return c, err
}

func decodeEach[T any](records []Record) ([]T, error) {
	all := make([]T, len(records))
	for i, r := range records {
		if err := decode(r, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
