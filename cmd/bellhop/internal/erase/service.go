package erase

import (
	"context"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Dataset is the bucket of the dataset.
type Dataset interface {
	// ListVersions yields all versions and delete markers; in a bucket without versions, its objects.
	ListVersions(ctx context.Context, prefix string) iter.Seq2[report.ObjectVersion, error]
	// Stat returns the object with its metadata, or NotFound.
	Stat(ctx context.Context, key string) (report.Object, error)
	Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error)
	// Put writes a whole object on a condition; Conflict when it does not hold.
	Put(ctx context.Context, w report.Write) (report.Object, error)
	Delete(ctx context.Context, key, etag, versionID string) (requestID string, err error)
}

// Ledger is the record of erasures, days and files. *ledger.Ledger is one.
type Ledger interface {
	OrderErasure(ctx context.Context, unit string, now time.Time) (report.Erasure, error)
	NoteErased(ctx context.Context, e report.Erasure, o report.ErasedObject) error
	FinishErasure(ctx context.Context, e report.Erasure, now time.Time) (report.ErasureCertificate, error)
	Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error)
	Fence(ctx context.Context, f report.File, days []report.Partition, now, until time.Time) ([]report.Partition, error)
	ChangeDay(ctx context.Context, subscription, table string, d report.Date, change func(*report.Partition) error) error
	Job(ctx context.Context, id string) (report.Job, error)
	File(ctx context.Context, key string) (report.File, error)
	Files(ctx context.Context) iter.Seq2[report.File, error]
	UpdateFile(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error)
}

// Converter makes days without the unit.
type Converter interface {
	Merge(ctx context.Context, c report.Contract, d report.Date, parts []*io.SectionReader) (report.EncodedDay, error)
}

// Service erases units from one dataset. All fields but Progress and Waiting are required.
type Service struct {
	Dataset   Dataset
	Ledger    Ledger
	Converter Converter
	Now       func() time.Time
	// Pause lets time pass.
	Pause func(ctx context.Context, d time.Duration) error
	// Progress is told how many objects are looked at, and of how many; Waiting how many loads have to end first.
	Progress func(done, total int)
	Waiting  func(loads int)
}

// Summary is what one run did, or would do. It names no unit.
type Summary struct {
	Unit   string `json:"unit_sha256"`
	DryRun bool   `json:"dry_run"`
	// Objects counts what was looked at, and Versions the older ones of them.
	Objects  int `json:"objects"`
	Versions int `json:"older_versions"`
	// Changed is what this run changed. The certificate has what all runs did.
	Changed     []report.ErasedTotal       `json:"changed"`
	Certificate *report.ErasureCertificate `json:"certificate,omitempty"`
	Raw         Raw                        `json:"raw_files"`
	Failed      []Failure                  `json:"failed"`
}

// Raw counts the files in the delivery bucket, of which nobody has looked whether the unit is in them. They go as all files do.
type Raw struct {
	Files       int `json:"files"`
	Quarantined int `json:"quarantined"`
	// Until is when the last of the quarantined ones is deleted.
	Until time.Time `json:"until,omitzero"`
}

// Failure is an object that stays as it was, and why.
type Failure struct {
	Key string `json:"key"`
	Why string `json:"why"`
}

// run is one run of a service.
type run struct {
	*Service
	units   report.ErasedUnits
	order   report.Erasure
	dryRun  bool
	changed map[string]report.ErasedObject
	sum     Summary
}

// place is an object in which units can be, or an older version of it.
type place struct {
	kind                     report.ErasedKind
	key, version             string
	subscription, table, job string
	date                     report.Date
}

// placeOf tells from a key what lies there; ok is false for what has no units.
func placeOf(key string) (p place, ok bool) {
	p = place{key: key}
	if p.subscription, p.table, p.date, ok = report.ParsePartitionKey(key); ok {
		p.kind = report.ErasedDay
		return p, namesUnits(p.table)
	}
	if p.subscription, p.table, p.date, ok = report.ParseHeldKey(key); ok {
		p.kind = report.ErasedHeld
		return p, namesUnits(p.table)
	}
	if p.job, p.table, p.date, ok = report.ParseStagedKey(key); ok {
		p.kind = report.ErasedStaged
		p.subscription = p.job[:max(0, strings.LastIndexByte(p.job, '-'))]
		return p, namesUnits(p.table)
	}
	p.kind, p.subscription = report.ErasedMap, ""
	p.table, ok = own.TableOf(key)
	return p, ok
}

func namesUnits(table string) bool {
	d, known := dataset.Lookup(table)
	return known && (d.HasUnits() || slices.ContainsFunc(d.Columns, func(c dataset.Column) bool { return c.Units }))
}

// rest is an object without the unit.
type rest struct {
	body io.ReadSeeker
	gone int64             // rows that had the unit
	day  report.EncodedDay // but of people's own data
}
