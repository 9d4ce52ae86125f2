package report

import "time"

// Verification is how far the dataset has been compared with the ledger. A round goes through all subscriptions by name,
// over as many runs as it takes.
type Verification struct {
	// BeganAt is when the present round began, or the last one when none is under way.
	BeganAt time.Time `json:"began_at,omitzero"`
	// After is the last subscription that the round has done; empty when no round is under way.
	After string `json:"after,omitempty"`
	// WholeAt is when the last round that came to its end began: what was published then was seen since, or is marked.
	WholeAt time.Time `json:"whole_at,omitzero"`
	// Version is the ledger's version of the record.
	Version int64 `json:"-"`
}
