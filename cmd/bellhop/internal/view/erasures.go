package view

import (
	"context"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Erasure is what became of the order to erase one unit.
type Erasure struct {
	// Unit is the hash of its id; see [report.HashUnit].
	Unit      string    `json:"unit_sha256"`
	OrderedAt time.Time `json:"ordered_at"`
	// FinishedAt is zero while no run came to its end.
	FinishedAt time.Time `json:"finished_at,omitzero"`
	// Days counts the published days that were rewritten, and Rows those that they lost.
	Days int   `json:"days"`
	Rows int64 `json:"rows"`
}

// ShortHash is how the hash of a unit is shown to people.
func ShortHash(unit string) string { return unit[:min(12, len(unit))] }

// Erasures returns all erasures, in the order of their hashes.
func (v *View) Erasures(ctx context.Context) ([]Erasure, error) {
	orders, err := v.Ledger.Erasures(ctx)
	if err != nil {
		return nil, err
	}
	all := []Erasure{}
	for _, o := range orders {
		e := Erasure{Unit: o.Unit, OrderedAt: o.OrderedAt, FinishedAt: o.FinishedAt}
		certificates, err := v.Ledger.ErasureCertificates(ctx, o.Unit)
		if err != nil {
			return nil, err
		}
		for _, c := range certificates {
			for _, t := range c.Changed {
				if t.Kind == report.ErasedDay {
					e.Days += t.Objects
					e.Rows += t.Rows
				}
			}
		}
		all = append(all, e)
	}
	return all, nil
}
