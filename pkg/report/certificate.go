package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Certificate is what a deletion proved.
type Certificate struct {
	File      string `json:"file"`
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	ETag      string `json:"etag"`
	VersionID string `json:"version_id,omitempty"`
	Size      int64  `json:"size"`
	// SHA256 is of the delivered bytes. It is empty for an object that was never opened: a stray.
	SHA256       string `json:"sha256,omitempty"`
	Subscription string `json:"subscription,omitempty"`
	Job          string `json:"job,omitempty"`
	// Cause is the status in which the file was when it was deleted: LOADED, STRAY or QUARANTINED.
	Cause       FileStatus `json:"cause"`
	DeliveredAt time.Time  `json:"delivered_at"`
	LoadedAt    time.Time  `json:"loaded_at,omitzero"`
	DeletedAt   time.Time  `json:"deleted_at"`
	// VerifiedAt is when the object was found gone, with no version left.
	VerifiedAt time.Time `json:"verified_at"`
	// RequestID is S3's id of the delete request; empty when the object was already gone.
	RequestID string `json:"request_id,omitempty"`
	// OtherVersions are older versions with other content that were removed along with it, in a bucket that keeps versions.
	OtherVersions []RemovedVersion `json:"other_versions,omitempty"`
}

// RemovedVersion is an older version of the same key.
type RemovedVersion struct {
	VersionID  string    `json:"version_id"`
	ETag       string    `json:"etag"`
	Size       int64     `json:"size"`
	ModifiedAt time.Time `json:"modified_at"`
}

// Exposure is how long the object lay in the delivery bucket, as far as the certificate proves.
func (c Certificate) Exposure() time.Duration { return c.VerifiedAt.Sub(c.DeliveredAt) }

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
