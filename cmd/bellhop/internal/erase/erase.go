// Package erase takes one unit out of a dataset for good: out of published days, held and staged reports, people's own data, and the
// older versions that the bucket keeps. It may be stopped anywhere and run again.
package erase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const (
	// maxPasses is how often the whole dataset is looked at: after the first time only what others do meanwhile can bring the unit back.
	maxPasses = 4
	// maxAttempts is how often one object is begun anew when it changes under our hands.
	maxAttempts = 8
	// pause is between two looks at what others are doing.
	pause = 5 * time.Second
)

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
