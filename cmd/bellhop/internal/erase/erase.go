// Package erase takes one unit out of a dataset for good: out of published days, held and staged reports, people's own data, and the
// older versions that the bucket keeps. It may be stopped anywhere and run again.
package erase

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
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

const (
	// maxPasses is how often the whole dataset is looked at: after the first time only what others do meanwhile can bring the unit back.
	maxPasses = 4
	// maxAttempts is how often one object is begun anew when it changes under our hands.
	maxAttempts = 8
	// pause is between two looks at what others are doing.
	pause = 5 * time.Second
)

// run is one run of a service.
type run struct {
	*Service
	units   report.ErasedUnits
	order   report.Erasure
	dryRun  bool
	changed map[string]report.ErasedObject
	sum     Summary
}

// Run erases a unit. The order is recorded first: each load that begins afterwards leaves the unit out. Loads that were begun before
// are waited for, and then the dataset is rewritten and looked at until it is without the unit. Only then is the certificate written.
// An object that cannot be rewritten stays as it is and is named, and the others go on.
func (s *Service) Run(ctx context.Context, id string, dryRun bool) (Summary, error) {
	id = convert.UnitID(id)
	if id == "" {
		return Summary{}, fault.New(fault.Poison, "that is no unit's id")
	}
	unit := report.HashUnit(id)
	r := &run{
		Service: s, units: report.ErasedUnits{unit: true}, dryRun: dryRun, changed: map[string]report.ErasedObject{},
		sum: Summary{Unit: unit, DryRun: dryRun, Changed: []report.ErasedTotal{}, Failed: []Failure{}},
	}
	err := r.run(ctx)
	objects := make([]report.ErasedObject, 0, len(r.changed))
	for _, o := range r.changed {
		objects = append(objects, o)
	}
	r.sum.Changed = report.TotalErased(objects)
	return r.sum, err
}

func (r *run) run(ctx context.Context) (err error) {
	if !r.dryRun {
		if r.order, err = r.Ledger.OrderErasure(ctx, r.sum.Unit, r.Now()); err != nil {
			return err
		}
	}
	loads, err := r.files(ctx)
	if err != nil {
		return err
	}
	if r.dryRun {
		_, err = r.pass(ctx)
		return err
	}
	if err := r.await(ctx, loads); err != nil {
		return err
	}
	for n := 0; ; n++ {
		changed, err := r.pass(ctx)
		switch {
		case err != nil || len(r.sum.Failed) > 0:
			return err
		case !changed:
			c, err := r.Ledger.FinishErasure(ctx, r.order, r.Now())
			if err == nil {
				r.sum.Certificate = &c
			}
			return err
		case n+1 == maxPasses:
			return fault.New(fault.Transient, "others have put the unit back %d times while it was being erased: run it again", n)
		}
	}
}

// files counts the raw files, and returns those that are being loaded: such a load may not know of the order.
func (r *run) files(ctx context.Context) (loads []report.File, err error) {
	for f, err := range r.Ledger.Files(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read the ledger's files: %w", err)
		}
		if f.Delivery == nil || !f.Status.HoldsObject() {
			continue
		}
		r.sum.Raw.Files++
		if f.Status == report.FileQuarantined {
			r.sum.Raw.Quarantined++
			if f.DueAt.After(r.sum.Raw.Until) {
				r.sum.Raw.Until = f.DueAt
			}
		}
		if f.Status == report.FileClaimed {
			loads = append(loads, f)
		}
	}
	return loads, nil
}

// await waits until these loads have come to an end, or their workers are dead: their leases are over. A load reads which units are
// erased after its claim, so one that is not among these knows of the order.
func (r *run) await(ctx context.Context, loads []report.File) error {
	for len(loads) > 0 {
		f, err := r.Ledger.File(ctx, loads[0].Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err != nil || f.Status != report.FileClaimed || f.Epoch != loads[0].Epoch || !f.DueAt.After(r.Now()) {
			loads = loads[1:]
			continue
		}
		if r.Waiting != nil {
			r.Waiting(len(loads))
		}
		if err := r.Pause(ctx, pause); err != nil {
			return err
		}
	}
	return nil
}

// pass looks at every object, and then at every older version: an object that was rewritten just now left one.
func (r *run) pass(ctx context.Context) (changed bool, err error) {
	before := len(r.changed)
	current, _, err := r.listed(ctx)
	if err != nil {
		return false, err
	}
	r.sum.Objects = len(current)
	rewritten, err := r.each(ctx, current, r.object)
	if err != nil {
		return false, err
	}
	_, older, err := r.listed(ctx)
	if err != nil {
		return false, err
	}
	r.sum.Versions = len(older)
	removed, err := r.each(ctx, older, r.version)
	return rewritten || removed || len(r.changed) > before, err
}

// listed returns the objects and the older versions in which units can be.
func (r *run) listed(ctx context.Context) (current, older []place, err error) {
	for v, err := range r.Dataset.ListVersions(ctx, "") {
		if err != nil {
			return nil, nil, fmt.Errorf("list the dataset: %w", err)
		}
		p, ok := placeOf(v.Key)
		switch {
		case !ok || v.Marker:
		case v.Latest:
			current = append(current, p)
		default:
			p.version = v.VersionID
			older = append(older, p)
		}
	}
	return current, older, nil
}

// each does the same with all places. What fails is noted.
func (r *run) each(ctx context.Context, places []place, do func(context.Context, place) (bool, error)) (changed bool, err error) {
	for i, p := range places {
		if r.Progress != nil {
			r.Progress(i, len(places))
		}
		one, err := r.persist(ctx, p, do)
		if ctx.Err() != nil {
			return changed, ctx.Err()
		}
		if err != nil {
			r.sum.Failed = append(r.sum.Failed, Failure{p.key, err.Error()})
		}
		changed = changed || one
	}
	return changed, nil
}

// persist begins anew when an object or its record has changed since it was read, and waits while a load has the day.
func (r *run) persist(ctx context.Context, p place, do func(context.Context, place) (bool, error)) (changed bool, err error) {
	for n := 0; n < maxAttempts; n++ {
		changed, err = do(ctx, p)
		if errors.Is(err, errFenced) {
			if err := r.Pause(ctx, pause); err != nil {
				return false, err
			}
			n = -1 // a fence has an end
			continue
		}
		if !fault.Is(err, fault.Conflict) {
			return changed, err
		}
	}
	return changed, err
}
