package report

import (
	"io"
	"time"
)

// Object is what a bucket tells of one object.
type Object struct {
	Key string
	// ETag is without quotes.
	ETag string
	// VersionID is empty in a bucket that was never versioned.
	VersionID  string
	Size       int64
	ModifiedAt time.Time
	// Metadata is the user metadata, keys in lower case. A listing does not carry it.
	Metadata map[string]string
}

// Condition is what must hold for a write. The zero value demands nothing.
type Condition struct {
	// Absent: there must be no object under the key.
	Absent bool
	// ETag: the object under the key must have this ETag.
	ETag string
}

// Write is one object that is to be put whole.
type Write struct {
	Key string
	// Body is read from its start, wherever it stands.
	Body      io.ReadSeeker
	Condition Condition
	// Metadata is the user metadata, keys in lower case.
	Metadata    map[string]string
	ContentType string
}

// Names of the metadata that a published partition carries.
const (
	MetaGeneration = "generation" // submission time of the job, RFC 3339 with nanoseconds, UTC
	MetaJob        = "job"
	MetaSourceETag = "source-etag" // of the delivered object
	MetaRows       = "rows"
	MetaSHA256     = "sha256" // of the partition's own bytes
	MetaFormat     = "format" // [DatasetFormat]; an object of the first has none
	// MetaMigrated is the ETag of the object that bellhop migrate or an erasure made this one from: the same report in other bytes.
	MetaMigrated = "migrated-from"
)

// FormatGeneration returns the text form of a generation.
func FormatGeneration(g time.Time) string { return g.UTC().Format(time.RFC3339Nano) }

// Generation returns the generation in a published partition's metadata; the zero time when it carries none.
func (o Object) Generation() time.Time {
	g, err := time.Parse(time.RFC3339Nano, o.Metadata[MetaGeneration])
	if err != nil {
		return time.Time{}
	}
	return g
}

// ObjectVersion is one version of an object, or a delete marker.
type ObjectVersion struct {
	Key string
	// VersionID is "null" for an object that was put while the bucket was not versioned.
	VersionID string
	// ETag and Size are empty for a delete marker.
	ETag       string
	Size       int64
	ModifiedAt time.Time
	Latest     bool
	// Marker tells that the version is a delete marker: it has no content.
	Marker bool
}
