package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// HashUnit returns what is kept of the id of an erased unit: its SHA-256, in hexadecimal. The id has to be as the dataset has it,
// without white space around it. The hash hides the id only because the vendor's ids have high entropy: whoever could try all
// ids would find it. It is not salted, so that a person who has an id can look whether it was erased.
func HashUnit(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// ErasedUnits are the units that must not come back, by [HashUnit].
type ErasedUnits map[string]bool

// Has reports whether a unit is among them.
func (e ErasedUnits) Has(id string) bool { return len(e) > 0 && e[HashUnit(id)] }

// Strip takes the ids of erased units out of a list of ids with spaces between them. Changed is false when none is in it.
func (e ErasedUnits) Strip(list string) (kept string, changed bool) {
	if len(e) == 0 {
		return list, false
	}
	ids := strings.Split(list, " ")
	left := slices.DeleteFunc(slices.Clone(ids), e.Has)
	if len(left) == len(ids) {
		return list, false
	}
	return strings.Join(left, " "), true
}

// Erasure is the order to erase one unit. It stays for ever: each later load leaves the unit out because of it.
type Erasure struct {
	// Unit is the [HashUnit] of its id. The id itself is nowhere.
	Unit      string    `json:"unit_sha256"`
	OrderedAt time.Time `json:"ordered_at"`
	// FinishedAt is when the newest certificate was written; zero before the first one.
	FinishedAt time.Time `json:"finished_at,omitzero"`
	// Certificates counts the certificates. There is a second one when a later run found the unit again, such as in a version of an
	// object that a person restored.
	Certificates int `json:"certificates"`
	// Version is the ledger's version of the record.
	Version int64 `json:"-"`
}

// ErasedKind says what an erasure changed.
type ErasedKind string

// The kinds of what an erasure changes.
const (
	ErasedDay     ErasedKind = "day"     // a published day
	ErasedHeld    ErasedKind = "held"    // a report that is held for a person
	ErasedStaged  ErasedKind = "staged"  // one file's share of a day
	ErasedMap     ErasedKind = "map"     // a version of a table of people's own data
	ErasedVersion ErasedKind = "version" // an older version that the bucket kept, removed whole
)

// ErasedObject is one object that an erasure changes. It is noted before the change, so that a run which is stopped in between loses
// count of nothing.
type ErasedObject struct {
	Kind ErasedKind `json:"kind"`
	Key  string     `json:"key"`
	// VersionID is of an older version.
	VersionID    string `json:"version_id,omitempty"`
	Subscription string `json:"subscription,omitempty"`
	Table        string `json:"table"`
	// Rows counts those that are left out, and of a table that names units in a list those from which the unit is taken out.
	Rows int64 `json:"rows"`
}

// ErasedTotal adds up the objects of one kind, subscription and table.
type ErasedTotal struct {
	Kind         ErasedKind `json:"kind"`
	Subscription string     `json:"subscription,omitempty"`
	Table        string     `json:"table"`
	Objects      int        `json:"objects"`
	Rows         int64      `json:"rows"`
}

// TotalErased adds up objects, in an order of their own.
func TotalErased(objects []ErasedObject) []ErasedTotal {
	totals := []ErasedTotal{}
	for _, o := range objects {
		i := slices.IndexFunc(totals, func(t ErasedTotal) bool {
			return t.Kind == o.Kind && t.Subscription == o.Subscription && t.Table == o.Table
		})
		if i < 0 {
			i = len(totals)
			totals = append(totals, ErasedTotal{Kind: o.Kind, Subscription: o.Subscription, Table: o.Table})
		}
		totals[i].Objects++
		totals[i].Rows += o.Rows
	}
	slices.SortFunc(totals, func(a, b ErasedTotal) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(a.Table, b.Table))
	})
	return totals
}

// ErasureCertificate is what a finished erasure proved. It names no unit, and is never changed.
type ErasureCertificate struct {
	Unit      string    `json:"unit_sha256"`
	OrderedAt time.Time `json:"ordered_at"`
	// FinishedAt is when the whole dataset, with all its older versions, was seen to be without the unit.
	FinishedAt time.Time     `json:"finished_at"`
	Changed    []ErasedTotal `json:"changed"`
}

// Finish returns the certificate of the erasure and of what it changed since the one before, and counts it.
func (e *Erasure) Finish(changed []ErasedObject, now time.Time) ErasureCertificate {
	e.FinishedAt = now.UTC()
	e.Certificates++
	return ErasureCertificate{Unit: e.Unit, OrderedAt: e.OrderedAt.UTC(), FinishedAt: e.FinishedAt, Changed: TotalErased(changed)}
}

// Seal returns what the chain keeps of the certificate.
func (c ErasureCertificate) Seal() Sealed {
	return Sealed{Erasure: c.Unit, VerifiedAt: c.FinishedAt.UTC(), SHA256: c.Hash()}
}

// Hash returns the SHA-256, in hexadecimal, of the certificate's JSON with its times in UTC.
func (c ErasureCertificate) Hash() string {
	c.OrderedAt, c.FinishedAt = c.OrderedAt.UTC(), c.FinishedAt.UTC()
	return hashOf(c)
}
