package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// OrderErasure records that a unit, named by the hash of its id, is erased from now on. Once more changes nothing: the order that
// is there is returned.
func (l *Ledger) OrderErasure(ctx context.Context, unit string, now time.Time) (report.Erasure, error) {
	e := report.Erasure{Unit: unit, OrderedAt: now.UTC(), Version: 1}
	key := erasureKey(unit)
	err := l.atomically(ctx, []Key{key}, func(t *tx) error {
		there, err := t.get(key, &e)
		if err != nil || there {
			e.Version = t.read[key].Version
			return err
		}
		return t.put(key, "", time.Time{}, e)
	})
	if err != nil {
		return e, fmt.Errorf("order an erasure: %w", err)
	}
	return e, nil
}

// Erasures returns the orders of all erasures, finished or not.
func (l *Ledger) Erasures(ctx context.Context) ([]report.Erasure, error) {
	records, err := l.store.Query(ctx, erasePrefix, "")
	if err != nil {
		return nil, fmt.Errorf("read which units are erased: %w", err)
	}
	all, err := decodeEach[report.Erasure](records)
	for i := range all {
		all[i].Version = records[i].Version
	}
	return all, err
}

// ErasedUnits returns the units that loads have to leave out: each from the moment of its order on. It is read consistently.
func (l *Ledger) ErasedUnits(ctx context.Context) (report.ErasedUnits, error) {
	all, err := l.Erasures(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	units := make(report.ErasedUnits, len(all))
	for _, e := range all {
		units[e.Unit] = true
	}
	return units, nil
}

// NoteErased writes down an object that the erasure is about to change. The same object again replaces the note. Conflict when the
// erasure was certified since it was read: what is changed then belongs into another certificate.
func (l *Ledger) NoteErased(ctx context.Context, e report.Erasure, o report.ErasedObject) error {
	order, key := erasureKey(e.Unit), erasedKey(e.Unit, e.Certificates+1, o)
	return l.atomically(ctx, []Key{key, order}, func(t *tx) error {
		var before report.ErasedObject
		there, err := t.get(key, &before)
		switch {
		case err != nil:
			return err
		case t.read[order].Version != e.Version:
			return fault.New(fault.Conflict, "another run has finished this erasure meanwhile: run it again")
		case there && before == o:
			return nil
		}
		// A filtered load may have come between the note and the change: then a second run finds less.
		o.Rows = max(o.Rows, before.Rows)
		t.writes = append(t.writes, Mutation{Record: Record{Key: order}, Expect: e.Version, Op: OpCheck})
		return t.put(key, "", time.Time{}, o)
	})
}

// FinishErasure writes the certificate of an erasure and lets it wait for its seal, all or nothing. An erasure that has a certificate
// and changed nothing since keeps it: the newest one is returned.
func (l *Ledger) FinishErasure(ctx context.Context, e report.Erasure, now time.Time) (report.ErasureCertificate, error) {
	var c report.ErasureCertificate
	order := erasureKey(e.Unit)
	err := l.atomically(ctx, []Key{order}, func(t *tx) error {
		var current report.Erasure
		if err := t.must(order, &current, "erasure"); err != nil {
			return err
		}
		records, err := l.store.Query(ctx, erasePrefix+e.Unit, erasedUnder(current.Certificates+1))
		if err != nil {
			return err
		}
		changed, err := decodeEach[report.ErasedObject](records)
		if err != nil {
			return err
		}
		if len(changed) == 0 && current.Certificates > 0 {
			all, err := l.ErasureCertificates(ctx, e.Unit)
			if err == nil && len(all) > 0 {
				c = all[len(all)-1]
			}
			return err
		}
		c = current.Finish(changed, now)
		if err := t.put(order, "", time.Time{}, current); err != nil {
			return err
		}
		if err := t.putAt(erasureCertKey(e.Unit, c.FinishedAt), 0, "", time.Time{}, c); err != nil {
			return err
		}
		return t.putAt(unsealedKey(erasePrefix+e.Unit, c.FinishedAt), 0, "", time.Time{}, c.Seal())
	})
	if err != nil {
		return c, fmt.Errorf("finish an erasure: %w", err)
	}
	return c, nil
}

// ErasureCertificates returns the certificates of the erasure of one unit, by the hash of its id, oldest first.
func (l *Ledger) ErasureCertificates(ctx context.Context, unit string) ([]report.ErasureCertificate, error) {
	records, err := l.store.Query(ctx, erasePrefix+unit, certPrefix)
	if err != nil {
		return nil, err
	}
	return decodeEach[report.ErasureCertificate](records)
}
