package erase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

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

// without reads an object or an older version, and makes what is left of it.
func (r *run) without(ctx context.Context, p place, etag string) (w rest, err error) {
	body, _, err := r.Dataset.Open(ctx, p.key, etag, p.version)
	if err != nil {
		return w, err
	}
	content, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		return w, fault.As(fault.Transient, fmt.Errorf("read it: %w", err))
	}
	if p.kind == report.ErasedMap {
		left, gone, err := own.Without(p.table, content, func(unit string) bool { return r.units.Has(convert.UnitID(unit)) })
		return rest{body: bytes.NewReader(left), gone: int64(gone)}, err
	}
	contract := report.Contract{Subscription: p.subscription, Table: p.table, Window: report.Window{From: p.date, To: p.date}, Erased: r.units}
	part := io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content)))
	w.day, err = r.Converter.Merge(ctx, contract, p.date, []*io.SectionReader{part})
	w.body, w.gone = w.day.Body, w.day.Erased+w.day.Stripped
	return w, err
}

// found counts an object with the unit, and notes it in the ledger before it is changed.
func (r *run) found(ctx context.Context, p place, w rest) error {
	o := report.ErasedObject{Kind: p.kind, Key: p.key, VersionID: p.version, Subscription: p.subscription, Table: p.table, Rows: w.gone}
	if p.version != "" {
		o.Kind = report.ErasedVersion
	}
	if !r.dryRun {
		if err := r.Ledger.NoteErased(ctx, r.order, o); err != nil {
			return err
		}
	}
	r.changed[p.key+"\n"+p.version] = o
	return nil
}

// version removes an older version that has the unit, as a whole: nobody reads it but to go back.
func (r *run) version(ctx context.Context, p place) (changed bool, err error) {
	w, err := r.without(ctx, p, "")
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil || w.gone == 0 {
		return false, err
	}
	if err := r.found(ctx, p, w); err != nil || r.dryRun {
		return false, err
	}
	_, err = r.Dataset.Delete(ctx, p.key, "", p.version)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return true, err
}

// object rewrites an object that has the unit, and brings its record up to date. Of one that has it no more, a run may have been
// stopped before the record.
func (r *run) object(ctx context.Context, p place) (changed bool, err error) {
	o, err := r.Dataset.Stat(ctx, p.key)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w, err := r.without(ctx, p, o.ETag)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if w.gone > 0 {
		if err := r.found(ctx, p, w); err != nil {
			return false, err
		}
	}
	if r.dryRun {
		return false, nil
	}
	switch p.kind {
	case report.ErasedDay:
		err = r.day(ctx, p, o, w)
	case report.ErasedHeld:
		err = r.held(ctx, p, o, w)
	case report.ErasedStaged:
		err = r.staged(ctx, p, o, w)
	case report.ErasedMap, report.ErasedVersion:
		if w.gone > 0 {
			_, err = r.put(ctx, o, w)
		}
	}
	return w.gone > 0, err
}

// put puts what is left in the object's place.
func (r *run) put(ctx context.Context, o report.Object, w rest) (report.Object, error) {
	write := report.Write{Key: o.Key, Body: w.body, Condition: report.Condition{ETag: o.ETag}, ContentType: "application/vnd.apache.parquet"}
	if w.day.Body != nil {
		write.Metadata = map[string]string{}
		maps.Copy(write.Metadata, o.Metadata)
		write.Metadata[report.MetaFormat], write.Metadata[report.MetaMigrated] = strconv.Itoa(report.DatasetFormat), o.ETag
		write.Metadata[report.MetaSHA256], write.Metadata[report.MetaRows] = w.day.SHA256, strconv.FormatInt(w.day.Rows, 10)
	}
	return r.Dataset.Put(ctx, write)
}

// remove deletes an object of which nothing is left.
func (r *run) remove(ctx context.Context, o report.Object) error {
	_, err := r.Dataset.Delete(ctx, o.Key, o.ETag, "")
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// fence is who replaces a day's object, as for a migration: each run has the same name, so that one which goes on after another was
// killed need not wait.
var fence = report.File{Key: "bellhop privacy erase", Epoch: -1}

// lease is how long one day is kept from loads at most.
const lease = 2 * time.Minute

// errFenced says that a load or a person's decision has the day just now.
var errFenced = errors.New("the day is being replaced by a load")

// record returns the ledger's record of a day, or nil when it has none.
func (r *run) record(ctx context.Context, p place) (*report.Partition, error) {
	found, err := r.Ledger.Partitions(ctx, p.subscription, p.table, report.Window{From: p.date, To: p.date})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// keep keeps loads and decisions away from a day.
func (r *run) keep(ctx context.Context, day report.Partition) error {
	now := r.Now()
	if day.Fenced(fence, now) {
		return errFenced
	}
	_, err := r.Ledger.Fence(ctx, fence, []report.Partition{day}, now, now.Add(lease))
	return err
}

// change changes a day's record, and lets loads come again.
func (r *run) change(ctx context.Context, p place, change func(*report.Partition)) error {
	err := r.Ledger.ChangeDay(ctx, p.subscription, p.table, p.date, func(s *report.Partition) error {
		change(s)
		if f := s.Fence; f != nil && f.File == fence.Key && f.Epoch == fence.Epoch {
			s.Fence = nil
		}
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil // the day was dropped meanwhile
	}
	return err
}
