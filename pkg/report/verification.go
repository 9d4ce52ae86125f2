package report

import "time"

// Verification is how far the dataset has been compared with the ledger. A round goes through the dataset in the order of its keys,
// over as many runs as it takes.
type Verification struct {
	// BeganAt is when the present round began, or the last one when none is under way.
	BeganAt time.Time `json:"began_at,omitzero"`
	// Key is the last key of the dataset that the round has done; empty when no round is under way.
	Key string `json:"key,omitempty"`
	// Subscription is the last one that was compared of what lies behind Key and up to Until, which is the end when it is empty;
	// itself empty when nothing there was.
	Until        string `json:"until,omitempty"`
	Subscription string `json:"subscription,omitempty"`
	// Gaps tells that something could not be looked at in the round.
	Gaps bool `json:"gaps,omitempty"`
	// WholeAt is when the last round that came to its end without gaps began: what was published then was seen since, or is marked.
	WholeAt time.Time `json:"whole_at,omitzero"`
	// Version is the ledger's version of the record.
	Version int64 `json:"-"`
}
