package ingester

import (
	"context"
	"io"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Ledger is the record of files, jobs and published days.
type Ledger interface {
	// Arrive records an arrival and decides about it. A lost race that does not end is Transient.
	Arrive(ctx context.Context, d report.Delivery, c report.Claim, now time.Time) (report.File, report.Decision, error)
	// UpdateFile applies a transition to a file and settles it with its job. The transition's error is returned as it is.
	UpdateFile(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error)
	// Partitions returns the published days of a table within a window, in order.
	Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error)
	// Fence gives a claim the exclusive right to replace the objects of days. Transient while another claim has it;
	// Conflict when a day has changed since it was read.
	Fence(ctx context.Context, f report.File, days []report.Partition, now, until time.Time) ([]report.Partition, error)
	// Commit records a load, all or nothing. Conflict when the claim is over or a day has changed since it was read.
	Commit(ctx context.Context, l report.Load, now time.Time) (report.File, error)
	// ErasedUnits returns the units whose rows are left out. It is read consistently: whoever orders an erasure waits for the claims
	// that were there before, so that a load which reads after its claim cannot miss it.
	ErasedUnits(ctx context.Context) (report.ErasedUnits, error)
	// Job and File find the other files of a job.
	Job(ctx context.Context, id string) (report.Job, error)
	File(ctx context.Context, key string) (report.File, error)
}

// Deliveries reads the delivery bucket.
type Deliveries interface {
	// Open reads the object on the condition that it still has the ETag, or the version when one is given. NotFound
	// when it is gone, Conflict when it has changed. A body that ends early fails as Transient while it is read.
	Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error)
	// Stat returns what is there now, or NotFound.
	Stat(ctx context.Context, key string) (report.Object, error)
}

// Dataset writes the dataset bucket.
type Dataset interface {
	// Put writes a whole object, checksummed, on a condition. Conflict when it does not hold; NotFound when it names an ETag
	// and there is no object.
	Put(ctx context.Context, w report.Write) (report.Object, error)
	// Stat returns the object with its metadata, or NotFound.
	Stat(ctx context.Context, key string) (report.Object, error)
	// Open reads the object on the condition that it still has the ETag.
	Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error)
}

// Converter turns delivered bytes into encoded slices.
type Converter interface {
	// Convert reads one delivered CSV to its end. A file that breaks its contract is Poison, with a reason that holds no
	// value of any cell.
	Convert(ctx context.Context, csv io.Reader, c report.Contract) (report.Conversion, error)
	// Merge makes one partition of the parts of one date, in their order.
	Merge(ctx context.Context, c report.Contract, d report.Date, parts []*io.SectionReader) (report.EncodedDay, error)
}
