package report

import "time"

// CredentialLWA names the credential of Login with Amazon. Every source that asks with it says so.
const CredentialLWA = "lwa"

// CredentialKhoros names the user of the Analytics Reports API of Khoros Care.
const CredentialKhoros = "khoros"

// Credential is what every run, function and tool shares of one credential at a vendor: when it may be used next. The
// credential itself is not here.
type Credential struct {
	ID string `json:"id"`
	// Worker is the name of the run that took the last turn. Two runs may take one at the same instant, and no two names are the
	// same: without it their records would be equal, and a store would take the second for the first one sent again.
	Worker string `json:"worker,omitempty"`
	// NotBefore is when the next request may begin, for the pace.
	NotBefore time.Time `json:"not_before,omitzero"`
	// QuietUntil is until when nothing is to be asked: the vendor said so, or an access token could not be had.
	QuietUntil time.Time `json:"quiet_until,omitzero"`
	// Failures counts how often in a row an access token could not be had, for a cause that passes.
	Failures int `json:"failures,omitempty"`
	// ShutSince is since when the credential is missing or refused, so that a person has to log in. Zero: it is not.
	ShutSince time.Time `json:"shut_since,omitzero"`
	Reason    string    `json:"reason,omitempty"`
	// ProbeAt is when one request may try a shut credential again.
	ProbeAt time.Time `json:"probe_at,omitzero"`
	// OpenedAt is when the credential last came back. No job is held to have been tried before that.
	OpenedAt time.Time `json:"opened_at,omitzero"`
}

// Shut reports whether the credential waits for a person.
func (c *Credential) Shut() bool { return !c.ShutSince.IsZero() }

// Next is when the next request may begin.
func (c *Credential) Next() time.Time {
	next := c.NotBefore
	for _, at := range []time.Time{c.QuietUntil, c.ProbeAt} {
		if at.After(next) {
			next = at
		}
	}
	return next
}

// Turn is one run's turn with a credential.
type Turn struct {
	Worker string
	// Pace is how long after it the next request may begin, and ProbeEvery how long after it a shut credential may be tried again.
	Pace, ProbeEvery time.Duration
}

// Take reserves the present moment for a request, if one may begin now.
func (c *Credential) Take(t Turn, now time.Time) bool {
	if c.Next().After(now) {
		return false
	}
	c.Worker, c.NotBefore = t.Worker, now.Add(t.Pace)
	if c.Shut() {
		c.ProbeAt = now.Add(t.ProbeEvery)
	}
	return true
}

// Quiet leaves the vendor alone until a time. It never shortens what was agreed before.
func (c *Credential) Quiet(until time.Time) bool {
	if !until.After(c.QuietUntil) {
		return false
	}
	c.QuietUntil = until
	return true
}

// Shutting records that the credential is missing or refused, and that it is not tried again before probeAt.
func (c *Credential) Shutting(now, probeAt time.Time, why string) {
	if !c.Shut() {
		c.ShutSince = now
	}
	c.Reason, c.ProbeAt = why, probeAt
}

// Open records that the credential works, or that a person has just put a new one in its place. It reports whether
// that is news.
func (c *Credential) Open(now time.Time) bool {
	if !c.Shut() && c.Failures == 0 {
		return false
	}
	if c.Shut() {
		c.OpenedAt = now
	}
	c.ShutSince, c.ProbeAt, c.Reason, c.Failures = time.Time{}, time.Time{}, "", 0
	return true
}
