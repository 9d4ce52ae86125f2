package janitor

import (
	"context"
	"iter"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Ledger is the record of files and published days.
type Ledger interface {
	// File returns the file with the given key, or NotFound.
	File(ctx context.Context, key string) (report.File, error)
	// Match returns the file that an object under key belongs to; its Status is empty when there is none.
	Match(ctx context.Context, key string) (report.File, error)
	// DueFiles returns files that are due, the longest overdue first.
	DueFiles(ctx context.Context, now time.Time, limit int) ([]report.File, error)
	// UpdateFile applies a transition to a file and settles it with its job. The transition's error is returned as it is.
	UpdateFile(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error)
	// Certify records a verified deletion with its certificate, all or nothing.
	Certify(ctx context.Context, key string, c report.Certificate, now time.Time) (report.File, error)
	// Seal adds the certificates that have none to the chain of seals, and returns how many.
	Seal(ctx context.Context, now time.Time) (int, error)
	// SweptTo returns the last key that a sweep without enough time has dealt with; empty when the last one saw everything.
	SweptTo(ctx context.Context) (string, error)
	NoteSweptTo(ctx context.Context, key string) error
	// Partitions returns the published days of a table within a window, in order.
	Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error)
}

// Deliveries reads and empties the delivery bucket.
type Deliveries interface {
	// ListAfter yields every object behind a key, in order of their keys. An error ends it: what was not yielded is not known
	// to be absent.
	ListAfter(ctx context.Context, key string) iter.Seq2[report.Object, error]
	// Stat returns what is there now, or NotFound. Any other error says nothing about the object.
	Stat(ctx context.Context, key string) (report.Object, error)
	// Delete removes the object on the condition that it still has the ETag, or the version when one is given. NotFound
	// when it is gone already, Conflict when it has changed.
	Delete(ctx context.Context, key, etag, versionID string) (requestID string, err error)
	// Versions returns all versions and delete markers under exactly this key.
	Versions(ctx context.Context, key string) ([]report.ObjectVersion, error)
	// AbortUploads ends every multipart upload that was begun before a time and never finished, and returns how many there
	// were. Their parts are in no listing and fire no event.
	AbortUploads(ctx context.Context, before time.Time) (int, error)
}

// Dataset looks at published slices.
type Dataset interface {
	// Stat returns the object with its metadata, or NotFound.
	Stat(ctx context.Context, key string) (report.Object, error)
}

// Queue starts the load of a delivery.
type Queue interface {
	Redeliver(ctx context.Context, d report.Delivery) error
}
