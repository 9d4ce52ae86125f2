package report

import "time"

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
