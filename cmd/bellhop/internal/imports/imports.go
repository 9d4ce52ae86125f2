// Package imports brings people's own files into a dataset by the way of every delivery: the ledger records a job with its
// files, the files are put into the delivery bucket, and from there ingester and janitor treat them as any other.
//
// A file is as old as a person says, or as its last day: it never outranks what the vendor made later. Everything here is safe to
// repeat. The same file of the same time has the same name, so that the ledger tells what became of it.
package imports

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
)

// Ledger is what an import reads and writes of the ledger. *ledger.Ledger is one.
type Ledger interface {
	// Snapshot, Job and File return a NotFound for what the ledger does not know.
	Snapshot(ctx context.Context, name string) (report.Snapshot, error)
	File(ctx context.Context, key string) (report.File, error)
	// Partitions returns the published days of a table within a window, in order.
	Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error)
	// Import records a job that awaits its files, all or nothing. Conflict when the snapshot is not the present one any more.
	Import(ctx context.Context, b report.Snapshot, in report.Import, now, deadline time.Time) (report.Job, error)
	// CertificatesOf returns the certificates of one file, oldest first.
	CertificatesOf(ctx context.Context, key string) ([]report.Certificate, error)
}

// Deliveries puts content for a job into the delivery bucket, under a key that the ledger expects. It is safe to repeat.
// *objects.Bucket is one.
type Deliveries interface {
	Deliver(ctx context.Context, job, key string, content io.Reader) error
}

// Service imports files, one at a time. All fields but Tell are required.
type Service struct {
	Ledger     Ledger
	Deliveries Deliveries
	// Converter reads delivered files as the ingester does.
	Converter *convert.Converter
	Now       func() time.Time
	// Pause lets time pass between two looks at what is under way. It ends early with ctx.
	Pause func(ctx context.Context, d time.Duration) error
	// Limit is the most bytes that are read of one file.
	Limit int64
	// Tell is told what is being done.
	Tell func(format string, args ...any)

	// days are those that files of this run bring, as they will be published.
	days map[cell]brought
}

// Order says what is wanted of a file.
type Order struct {
	Subscription report.Subscription
	// Tables are those that the subscription feeds. Table is the file's; it is told from the header when it is empty.
	Tables []string
	Table  string
	// Window is what the report was asked for: its days without rows are zero. When it is the zero window, the days are told from the rows,
	// and no day is zero.
	Window report.Window
	// AsOf is when the vendor made the file. When it is zero, that is the end of the window.
	AsOf time.Time
	// Root is the unit that every row must be of, or below; empty where that is not known.
	Root string
	// DryRun says what would happen, and does nothing.
	DryRun bool
}

// Root returns the unit that a subscription asks for, as the vendor's answers to it are bounded by; empty where its source has none.
func Root(sub report.Subscription) string {
	if sub.Source != report.SourceASPAnalytics {
		return ""
	}
	return sub.Params[asp.ParamUnitID]
}

// Verdict is what a file means for one day.
type Verdict string

// The verdicts.
const (
	New        Verdict = "new"        // the day is not there
	Replaced   Verdict = "replaced"   // it is there with other content, and older
	Unchanged  Verdict = "unchanged"  // it is there with the same content
	Zero       Verdict = "zero"       // the file has no rows for it
	Superseded Verdict = "superseded" // a newer report is there, or waits for a person
	Held       Verdict = "held"       // it would erase or shrink what is there, and waits for a person
)

// Day is what a file means for one day.
type Day struct {
	Date    report.Date `json:"date"`
	Verdict Verdict     `json:"verdict"`
	Rows    int64       `json:"rows"`
	Why     string      `json:"why,omitempty"`

	// changes tells that the ledger or the dataset will not be the same afterwards.
	changes bool
}

// State is how it stands with a part of a file.
type State string

// The states.
const (
	Planned     State = "planned"     // nothing is done yet
	Known       State = "known"       // there is nothing to do: it changes nothing
	Delivered   State = "delivered"   // it lies in the delivery bucket
	Loaded      State = "loaded"      // it is in the dataset, as its receipt says
	Certified   State = "certified"   // it is in the dataset, and the raw object is deleted with proof
	Quarantined State = "quarantined" // it cannot be loaded
	Lost        State = "lost"        // it did not arrive in time
)

// Part is one job's share of a file.
type Part struct {
	Window report.Window `json:"window"`
	AsOf   time.Time     `json:"as_of"`
	State  State         `json:"state"`
	Key    string        `json:"key"`
	Job    string        `json:"job,omitempty"`
	Why    string        `json:"why,omitempty"`
	Days   []Day         `json:"days"`
}

// changes reports whether the part is worth a job.
func (p Part) changes() bool {
	return slices.ContainsFunc(p.Days, func(d Day) bool { return d.changes })
}

// Result is what became of one file.
type Result struct {
	Table   string   `json:"table,omitempty"`
	Rows    int64    `json:"rows"`
	SHA256  string   `json:"sha256,omitempty"`
	Unknown []string `json:"unknown_columns,omitempty"`
	Parts   []Part   `json:"parts"`
}
