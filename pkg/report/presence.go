package report

import "time"

// Presence is how an object under a day's key stands to the ledger's record of the day.
type Presence int

// The presences.
const (
	// Foreign: it is something else, from another hand or from a load that never came to its end.
	Foreign Presence = iota
	// AsPublished: it is the recorded object, or what bellhop migrate or an erasure made of that.
	AsPublished
	// Uncommitted: a load has put a newer report there, and may still record it.
	Uncommitted
)

// committing is how long a load has for recording what it has put: the delivery bucket keeps no raw file for longer, so that
// nobody can finish the load afterwards.
const committing = 24 * time.Hour

// Presence tells for an object with its metadata what it is to the day. The record decides, in a deletion as in a
// verification: what an object says of its own generation stands for nothing until the ledger says the same.
func (s Partition) Presence(o Object, now time.Time) Presence {
	switch {
	case s.ETag != "" && (o.ETag == s.ETag || o.Metadata[MetaMigrated] == s.ETag):
		return AsPublished
	case o.Generation().After(s.Generation) && now.Sub(o.ModifiedAt) < committing:
		return Uncommitted
	default:
		return Foreign
	}
}

// Suspect reports whether a listing of the dataset speaks against what the day's record says of its object. A listing may be
// old and tells no metadata, so the object is to be looked at then.
func (s Partition) Suspect(listed string, there bool) bool {
	switch {
	case s.Key == "":
		return false
	case !there:
		return s.Vanished == nil
	default:
		return listed != s.ETag || s.Vanished != nil
	}
}

// Seen returns the day's record after a look at its object, nil when there is none: marked where the object is not the day's,
// without the mark where it is there again. LastSeen is when the dataset was last found whole; a day that was loaded later was
// last seen then.
func (s Partition) Seen(o *Object, now, lastSeen time.Time) Partition {
	presence := Foreign
	if o != nil {
		presence = s.Presence(*o, now)
	}
	switch {
	case presence == AsPublished:
		s.Vanished = nil
	case presence == Foreign && s.Vanished == nil:
		s.Vanished = &Vanished{At: now, LastSeen: s.LoadedAt, Replaced: o != nil}
		if lastSeen.After(s.LoadedAt) {
			s.Vanished.LastSeen = lastSeen
		}
	}
	return s
}

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
