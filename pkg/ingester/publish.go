package ingester

import (
	"context"
	"fmt"
	"strconv"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// step is what is to be done about one day of the file's window.
type step struct {
	day       *report.EncodedDay // nil when the file has no rows for it
	partition report.Partition   // as the ledger has it; Version 0 when it has none
	outcome   report.PartitionOutcome
	fell      []string // with PartitionHeld: what fell too far, and why that is so
	why       string

	// looked tells that the day's object was looked at, and there is what was found; nil when there is none. Else the ledger's
	// word is taken for what is there.
	looked bool
	there  *report.Object
}

// look looks at the day's object.
func (st *step) look(ctx context.Context, in Dataset, f report.File) error {
	o, err := in.Stat(ctx, report.PartitionKey(f.Subscription, f.Table, st.partition.Date))
	st.looked, st.there = true, nil
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for %s of %s: %w", st.partition.Date, f.Table, err)
	}
	st.there = &o
	return nil
}

// publish puts the file's days into the dataset. It returns what is to be committed of them, and their proofs in the load's
// receipt. Nothing it does is undone by doing it again. A day or an object that has changed since it was read is
// a Conflict: then the next attempt, again, looks at the objects before it decides.
func (s *Service) publish(ctx context.Context, f report.File, days []report.EncodedDay, again bool) (report.Load, error) {
	load := report.Load{File: f}
	steps, err := s.steps(ctx, f, days, again)
	if err != nil {
		return load, err
	}
	if err := s.fence(ctx, f, steps); err != nil {
		return load, err
	}
	for i := range steps {
		before := steps[i].partition
		proof, commit, err := s.perform(ctx, f, &steps[i])
		if err != nil {
			return load, err
		}
		load.Receipt.Partitions = append(load.Receipt.Partitions, proof)
		if !commit {
			continue
		}
		day := steps[i].partition
		load.Days = append(load.Days, day)
		if restated, ok := before.RestatedAs(day); ok {
			load.Restated = append(load.Restated, restated)
		}
	}
	return load, nil
}

// steps compares the file with the published days, and again with their objects.
func (s *Service) steps(ctx context.Context, f report.File, days []report.EncodedDay, again bool) ([]step, error) {
	published, err := s.Ledger.Partitions(ctx, f.Subscription, f.Table, f.Window)
	if err != nil {
		return nil, err
	}
	known := make(map[report.Date]report.Partition, len(published))
	for _, partition := range published {
		known[partition.Date] = partition
	}
	fresh := make(map[report.Date]*report.EncodedDay, len(days))
	for i := range days {
		fresh[days[i].Date] = &days[i]
	}
	now := s.Now()
	steps := make([]step, 0, f.Window.Len())
	for d := range f.Window.Days() {
		partition, ok := known[d]
		if !ok {
			partition = report.Partition{Subscription: f.Subscription, Table: f.Table, Date: d}
		}
		if partition.Fenced(f, now) {
			return nil, fault.New(fault.Transient, "%s of %s is being replaced by file %s", d, f.Table, partition.Fence.File)
		}
		st := step{day: fresh[d], partition: partition}
		st.outcome, st.fell, st.why = partition.Meet(st.day, f.Generation, s.ShrinkBelow(f.Table))
		if rewrites := st.outcome == report.PartitionWritten || st.outcome == report.PartitionUnchanged; rewrites && partition.Vanished != nil {
			// There is no object that a condition could name. A report with less than was there is held all the same.
			st.outcome, st.partition.Key, st.partition.ETag, st.partition.Vanished = report.PartitionWritten, "", "", nil
		}
		// Also an object that need not be written again has to be there: this load may have been asked for because somebody missed it.
		if unchanged := st.outcome == report.PartitionUnchanged; unchanged || again && st.outcome == report.PartitionWritten {
			if err := st.look(ctx, s.Dataset, f); err != nil {
				return nil, err
			}
			if st.there == nil || st.there.ETag != partition.ETag {
				st.outcome = report.PartitionWritten
			}
		}
		steps = append(steps, st)
	}
	return steps, nil
}

// fence takes the exclusive right to replace the objects that are there already.
func (s *Service) fence(ctx context.Context, f report.File, steps []step) error {
	var indices []int
	var replaced []report.Partition
	for i, st := range steps {
		if st.outcome == report.PartitionWritten && st.partition.Key != "" {
			indices = append(indices, i)
			replaced = append(replaced, st.partition)
		}
	}
	now := s.Now()
	fenced, err := s.Ledger.Fence(ctx, f, replaced, now, s.lease(ctx, now))
	if err != nil {
		return err
	}
	for i, partition := range fenced {
		steps[indices[i]].partition = partition
	}
	return nil
}

// perform does one step. It reports whether the day's record is to be committed.
func (s *Service) perform(ctx context.Context, f report.File, st *step) (report.PartitionProof, bool, error) {
	partition := &st.partition
	proof := report.PartitionProof{Date: partition.Date, Outcome: st.outcome, Key: partition.Key, ETag: partition.ETag}
	if st.day != nil {
		proof.Rows = st.day.Rows
	}
	switch st.outcome {
	case report.PartitionSuperseded:
		return proof, false, nil
	case report.PartitionHeld:
		held := &report.Held{Generation: f.Generation, Job: f.Job, File: f.Key, Rows: proof.Rows, Fell: st.fell, Why: st.why, At: s.Now()}
		proof.Key, proof.ETag = "", ""
		if st.day != nil {
			held.Figures = st.day.Figures
			if partition.Figures == nil {
				held.Sums = st.day.Sums
			}
			held.Key = report.HeldKey(f.Subscription, f.Table, partition.Date, f.Generation)
			o, err := put(ctx, s.Dataset, f, held.Key, *st.day, report.Condition{})
			if err != nil {
				return proof, false, fmt.Errorf("hold %s of %s: %w", partition.Date, f.Table, ofDataset(err))
			}
			proof.Key, proof.ETag = held.Key, o.ETag
		}
		partition.Held = held
		return proof, true, nil
	case report.PartitionZero:
	case report.PartitionUnchanged:
		partition.Figures = st.day.Figures // the record may be older than they are
	case report.PartitionWritten:
		newer, err := replace(ctx, s.Dataset, f, st)
		if err != nil {
			return proof, false, fmt.Errorf("publish %s of %s: %w", partition.Date, f.Table, err)
		}
		proof.Key, proof.ETag = partition.Key, partition.ETag
		if newer {
			proof.Outcome = report.PartitionSuperseded
			return proof, false, nil
		}
	case report.PartitionStaged:
		return proof, false, fault.New(fault.Internal, "a staged day is not published")
	}
	partition.Generation, partition.Job, partition.File, partition.LoadedAt = f.Generation, f.Job, f.Key, s.Now()
	if !partition.HoldsNewer(f.Generation) {
		partition.Held = nil
	}
	return proof, true, nil
}

// replace puts a day's object and notes it in the day's record. When a newer generation turns out to be there, it is
// left alone, and newer is true. An object that is not as it was known, or seen, to be is a Conflict.
func replace(ctx context.Context, in Dataset, f report.File, st *step) (newer bool, err error) {
	partition, day := &st.partition, st.day
	key := report.PartitionKey(f.Subscription, f.Table, partition.Date)
	condition := report.Condition{Absent: partition.Key == "", ETag: partition.ETag}
	var o report.Object
	if st.looked {
		// What is there may be the work of a run that was stopped before its commit, ours or another's.
		switch {
		case st.there == nil:
			condition = report.Condition{Absent: true}
		case st.there.Metadata[report.MetaSHA256] == day.SHA256 && st.there.Generation().Equal(f.Generation):
			o = *st.there
		case st.there.Generation().After(f.Generation):
			partition.Key, partition.ETag = key, st.there.ETag
			return true, nil
		default:
			// Equal bytes of an older generation are put again as well: a worker with a generation in between goes by that of
			// the object as long as the ledger has no record of the day.
			condition = report.Condition{ETag: st.there.ETag}
		}
	}
	if o.Key == "" {
		o, err = put(ctx, in, f, key, *day, condition)
		if fault.Is(err, fault.NotFound) {
			err = fault.As(fault.Conflict, err)
		}
		if err != nil {
			return false, err
		}
	}
	if partition.SHA256 != "" && partition.SHA256 != day.SHA256 {
		partition.Restated++
	}
	partition.Key, partition.ETag, partition.SHA256 = key, o.ETag, day.SHA256
	partition.Rows, partition.Sums, partition.Figures = day.Rows, day.Sums, day.Figures
	return false, nil
}

// ofDataset returns an error of the dataset as one that may pass. An object that is missing there says nothing about the
// delivery: as a NotFound the error would be taken for the news that the delivered file is gone.
func ofDataset(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.As(fault.Transient, err)
	}
	return err
}

func put(ctx context.Context, in Dataset, f report.File, key string, day report.EncodedDay, c report.Condition) (report.Object, error) {
	return in.Put(ctx, report.Write{Key: key, Body: day.Body, Condition: c, ContentType: "application/vnd.apache.parquet", Metadata: map[string]string{
		report.MetaGeneration: report.FormatGeneration(f.Generation),
		report.MetaJob:        f.Job,
		report.MetaSourceETag: f.Delivery.ETag,
		report.MetaRows:       strconv.FormatInt(day.Rows, 10),
		report.MetaSHA256:     day.SHA256,
		report.MetaFormat:     strconv.Itoa(report.DatasetFormat),
	}})
}
