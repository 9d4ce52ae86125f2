package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Seal is one link of the chain of certificates. It has the hash of each certificate that it seals and that of the seal before
// it, so that no certificate can be changed, taken out or put in afterwards without changing every later seal. A person who
// has kept the hash of one seal elsewhere can prove all that came before it.
type Seal struct {
	// Number counts from 1, without gaps.
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	// Previous is the hash of the seal before; empty for the first.
	Previous     string   `json:"previous,omitempty"`
	Certificates []Sealed `json:"certificates"`
	// Hash is the SHA-256 of the seal's JSON without it, in hexadecimal.
	Hash string `json:"hash"`
}

// Sealed is what a seal keeps of one certificate.
type Sealed struct {
	File       string    `json:"file"`
	VerifiedAt time.Time `json:"verified_at"`
	// SHA256 is of the certificate; see [Certificate.Hash] and [ErasureCertificate.Hash].
	SHA256 string `json:"sha256"`
	// Erasure is the hash of the unit whose erasure the certificate is of, and File is empty then. A deletion has none, so that the
	// hash of a seal without erasures is what it was before there were any.
	Erasure string `json:"erasure,omitempty"`
}

// Names reports whether the seal is about this certificate, whatever its content.
func (s Sealed) Names(c Certificate) bool {
	return s.File == c.File && s.VerifiedAt.Equal(c.VerifiedAt)
}

// Seal returns what the chain keeps of the certificate.
func (c Certificate) Seal() Sealed {
	return Sealed{File: c.File, VerifiedAt: c.VerifiedAt.UTC(), SHA256: c.Hash()}
}

// Hash returns the SHA-256, in hexadecimal, of the certificate's JSON with its times in UTC.
func (c Certificate) Hash() string {
	for _, t := range []*time.Time{&c.DeliveredAt, &c.LoadedAt, &c.DeletedAt, &c.VerifiedAt} {
		*t = t.UTC()
	}
	c.OtherVersions = append([]RemovedVersion(nil), c.OtherVersions...)
	for i := range c.OtherVersions {
		c.OtherVersions[i].ModifiedAt = c.OtherVersions[i].ModifiedAt.UTC()
	}
	return hashOf(c)
}

// After returns the seal of certificates that follows on the one before, which is the zero Seal for the first.
func (s Seal) After(certificates []Sealed, now time.Time) Seal {
	next := Seal{Number: s.Number + 1, At: now.UTC(), Previous: s.Hash, Certificates: certificates}
	next.Hash = next.Computed()
	return next
}

// Computed returns the hash that the seal must have.
func (s Seal) Computed() string {
	s.Hash = ""
	return hashOf(s)
}

func hashOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("these types always have a JSON form: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
